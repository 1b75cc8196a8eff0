"""The colours of a board: a quiet paper that lets the references speak, and the palette that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musaic.colors import Rgb, Swatch, chroma_hue, colours_in, from_lch, oklab, to_rgb
from musaic.generate.moodboard.naming import swatch_name
from musaic.generate.moodboard.pieces import Piece

_MOST_SWATCHES = 5
# What is less of a picture may be the blend of two colours at an edge.
_LEAST_SHARE = 0.02
_NEUTRAL_HUE = 78.0  # warm, as paper and linen are
# Papers by variant: lightness, chroma.
_PAPERS = ((0.975, 0.004), (0.30, 0.012), (0.895, 0.022), (0.945, 0.010), (0.84, 0.012))


@dataclass(frozen=True, slots=True)
class Scheme:
    """Colours of one board, sRGB.

    Attributes:
        paper: Behind everything.
        mat: Round a picture that does not fill its tile.
        ink: Of text.
        faint: Of what matters less.
        line: Of hairlines.
        palette: Of the references, the leading colour first; empty where there are none.
    """

    paper: Rgb
    mat: Rgb
    ink: Rgb
    faint: Rgb
    line: Rgb
    palette: tuple[Rgb, ...]

    def mat_of(self, piece: Piece) -> Rgb:
        """Return what lies behind a piece: never as light as what is transparent round it, which would be lost."""
        if not piece.cut or abs(piece.lightness - float(oklab(self.mat)[0])) > 0.2:
            return self.mat
        return to_rgb(from_lch(0.34 if piece.lightness > 0.6 else 0.96, 0.008, _NEUTRAL_HUE))


def scheme_of(pieces: Sequence[Piece], caption: str, variant: int) -> Scheme:
    """Choose the colours of a board: the paper by its variant and by a colour that is asked for, the rest for it."""
    styles = [piece for piece in pieces if piece.role == "style" and piece.swatches]
    palette = _palette(styles or pieces)
    lightness, tint = _PAPERS[(variant - 1) % len(_PAPERS)]
    asked = _asked_for(caption, alone=not pieces)
    chroma, hue = chroma_hue(asked or (palette[0] if palette else (128, 128, 128)))
    if asked:
        lightness = float(np.clip(0.55 + 0.4 * float(oklab(asked)[0]), 0.6, 0.93))
        tint = min(0.075, chroma)
    elif chroma < 0.035:
        hue = _NEUTRAL_HUE
    return _built(lightness, tint, hue, palette)


def _asked_for(caption: str, *, alone: bool) -> Rgb | None:
    """Return the colour that stands by itself between commas, as the words of a grid do; `alone`: any that is named."""
    words = (part.strip(" .;") for part in caption.split(",")[1:])
    found = [named[0] for word in words if (named := colours_in(word)) and len(word.split()) < 3]
    if found:
        return found[-1]
    return next(iter(colours_in(caption)), None) if alone else None


def _built(lightness: float, tint: float, hue: float, palette: tuple[Rgb, ...]) -> Scheme:
    dark = lightness < 0.6
    away = 1 if dark else -1
    return Scheme(
        paper=to_rgb(from_lch(lightness, tint, hue)), mat=to_rgb(from_lch(lightness + 0.035 * away, tint, hue)),
        ink=to_rgb(from_lch(0.96 if dark else 0.22, 0.010, hue)),
        faint=to_rgb(from_lch(0.76 if dark else min(0.48, lightness - 0.34), 0.012, hue)),
        line=to_rgb(from_lch(lightness + 0.09 * away, 0.8 * tint, hue)), palette=palette,
    )  # fmt: skip


def _palette(pieces: Sequence[Piece]) -> tuple[Rgb, ...]:
    """Return the colours that together say most about the pieces: common, strong, and unlike each other."""
    pool: list[Swatch] = [each for piece in pieces for each in piece.swatches if each.share > _LEAST_SHARE]
    if not pool:
        return ()
    labs = oklab([swatch.rgb for swatch in pool])
    worth = np.array([each.share for each in pool]) * (0.3 + 4 * np.hypot(labs[:, 1], labs[:, 2]))
    names = np.array([swatch_name(each.rgb) for each in pool])
    chosen: list[int] = []
    while len(chosen) < _MOST_SWATCHES:
        named = np.isin(names, [names[each] for each in chosen])
        gaps = np.min(
            [np.linalg.norm(labs - labs[each], axis=1) for each in chosen] or [np.ones(len(pool))], axis=0
        )
        value = np.where((gaps < 0.095) | named, 0, worth * np.minimum(1, gaps / 0.25))
        if value.max() <= 0:
            break
        chosen.append(int(value.argmax()))
    return tuple(pool[each].rgb for each in chosen)
