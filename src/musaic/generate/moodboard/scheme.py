"""The colours of a board: a quiet ground that lets the references speak, and the palette that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musaic.colors import Lab, Rgb, Swatch, chroma_hue, colours_in, from_lch, oklab, to_rgb
from musaic.generate.moodboard.naming import swatch_name
from musaic.generate.moodboard.pieces import Piece

_MOST_SWATCHES = 5
_NEUTRAL_HUE = 78.0  # warm, as paper and linen are
# Grounds by variant: lightness, chroma, and how far round the colour circle from the leading colour.
_GROUNDS = (
    (0.885, 0.020, 180.0),
    (0.855, 0.030, 8.0),
    (0.905, 0.012, None),
    (0.935, 0.008, 0.0),
    (0.745, 0.045, 168.0),
    (0.800, 0.034, 30.0),
    (0.430, 0.040, 190.0),
)


@dataclass(frozen=True, slots=True)
class Scheme:
    """Colours of one board.

    Attributes:
        wall: Behind the references, OKLab.
        floor: Below them, OKLab.
        prop: Of discs, arches and podiums, OKLab.
        accent: The strongest colour of the references, sRGB.
        tiles: Quiet tints for the cells of a grid, sRGB.
        paper: Of the margin strip, sRGB.
        ink: Of its text, sRGB.
        faint: Of what matters less, sRGB.
        palette: Shown as chips, the leading colour first.
    """

    wall: Lab
    floor: Lab
    prop: Lab
    accent: Rgb
    tiles: tuple[Rgb, ...]
    paper: Rgb
    ink: Rgb
    faint: Rgb
    palette: tuple[Rgb, ...]


def scheme_of(pieces: Sequence[Piece], caption: str, variant: int) -> Scheme:
    """Choose the colours of a board; a style reference leads, then the hero, then words of the prompt."""
    styles = [piece for piece in pieces if piece.role == "style" and piece.swatches]
    shown = [piece for piece in pieces if piece.role not in ("style", "setting") and piece.swatches]
    if not styles and not shown:
        # A place by itself is what the board shows.
        shown = [piece for piece in pieces if piece.swatches]
    palette = _palette([*styles, *shown]) or colours_in(caption)[:_MOST_SWATCHES]
    leading = _leading(styles or shown) or (palette[0] if palette else None)
    chroma, hue = chroma_hue(leading) if leading else (0.0, _NEUTRAL_HUE)
    lightness, tint, turn = _GROUNDS[(variant - 1) % len(_GROUNDS)]
    asked = _asked_for(caption)
    if asked:
        grey, hue = chroma_hue(asked)[0] < 0.03, chroma_hue(asked)[1]
        light = float(np.clip(0.55 + 0.4 * float(oklab(asked)[0]), 0.6, 0.93))
        return _built(_apart(light, shown), 0.006 if grey else 0.075, hue, leading, palette)
    if styles or not shown:
        turn = None if turn is None else 0.0
        tint = min(0.045, 1.7 * tint)
    if chroma < 0.035 or turn is None:
        hue, tint, turn = (_NEUTRAL_HUE if chroma < 0.035 else hue), min(tint, 0.014), 0.0
    return _built(_apart(lightness, shown), tint, (hue + turn) % 360, leading, palette)


def _asked_for(caption: str) -> Rgb | None:
    """Return the colour that stands by itself between commas, as the words of a grid of variants do."""
    words = (part.strip(" .;") for part in caption.split(",")[1:])
    alone = [found[0] for word in words if (found := colours_in(word)) and len(word.split()) < 3]
    return alone[-1] if alone else None


def _built(
    lightness: float, tint: float, hue: float, leading: Rgb | None, palette: tuple[Rgb, ...]
) -> Scheme:
    wall = from_lch(lightness, tint, hue)
    dark = lightness < 0.6
    floor = from_lch(lightness - 0.055, tint * 1.15, hue)
    prop = from_lch(lightness + (0.07 if dark else -0.065), min(0.05, tint * 1.7 + 0.006), hue)
    accent = leading or to_rgb(from_lch(0.5, 0.03, hue))
    palette = palette or tuple(to_rgb(each) for each in (wall, prop, from_lch(0.35, 0.02, hue)))
    tiles = tuple(_tile(rgb, lightness) for rgb in (accent, *palette))
    return Scheme(
        wall=wall, floor=floor, prop=prop, accent=accent, tiles=tuple(dict.fromkeys(tiles)),
        paper=to_rgb(from_lch(0.982, 0.004, hue)), ink=to_rgb(from_lch(0.25, 0.012, hue)),
        faint=to_rgb(from_lch(0.55, 0.012, hue)), palette=palette,
    )  # fmt: skip


def _tile(rgb: Rgb, lightness: float) -> Rgb:
    chroma, hue = chroma_hue(rgb)
    return to_rgb(from_lch(lightness - 0.04, min(0.038, 0.35 * chroma + 0.004), hue))


def _apart(lightness: float, shown: Sequence[Piece]) -> float:
    """Move a ground away from the lightness of what stands on it: white on white is lost."""
    cut = [piece for piece in shown if piece.look == "cut"]
    if not cut:
        return lightness
    pale = sum(piece.weight for piece in cut if piece.lightness > 0.80) / sum(piece.weight for piece in cut)
    dim = sum(piece.weight for piece in cut if piece.lightness < 0.48) / sum(piece.weight for piece in cut)
    if pale > 0.3:
        return min(lightness, 0.74)
    return max(lightness, 0.78) if dim > 0.2 else lightness


def _leading(pieces: Sequence[Piece]) -> Rgb | None:
    """Return the strongest colour of the first piece that has one, else its commonest."""
    for piece in sorted(pieces, key=lambda each: each.rank):
        vivid = max(piece.swatches, key=_vivid)
        if chroma_hue(vivid.rgb)[0] > 0.05:
            return vivid.rgb
    return pieces[0].swatches[0].rgb if pieces else None


def _vivid(swatch: Swatch) -> float:
    return chroma_hue(swatch.rgb)[0] * float(np.sqrt(min(swatch.share, 0.3)))


def _palette(pieces: Sequence[Piece]) -> tuple[Rgb, ...]:
    """Return the colours that together say most about the pieces: common, strong, and unlike each other."""
    styles = [piece for piece in pieces if piece.role == "style"]
    pool = [
        (swatch.rgb, swatch.share * piece.weight) for piece in styles or pieces for swatch in piece.swatches
    ]
    if not pool:
        return ()
    labs = oklab([rgb for rgb, _ in pool])
    worth = np.array([share for _, share in pool]) * (0.3 + 4 * np.hypot(labs[:, 1], labs[:, 2]))
    names = np.array([swatch_name(rgb) for rgb, _ in pool])
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
    return tuple(pool[each][0] for each in chosen)
