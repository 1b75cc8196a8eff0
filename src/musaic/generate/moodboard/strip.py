"""The words of a board: that it is a draft, the prompt, what is missing, and the palette of the references."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from musaic.colors import Rgb, hex_of
from musaic.fonts import Font, Typeface
from musaic.generate.moodboard.boxes import Box, shared
from musaic.generate.moodboard.lettering import draw_line, draw_lines, lettered, plain, wrapped
from musaic.generate.moodboard.naming import swatch_name
from musaic.generate.moodboard.scheme import Scheme

LABEL = "DRAFT moodboard"
# Lengths in ems, the height of the small text: the label with what is below it, a row of the palette, a swatch.
_LABEL, _LABEL_H, _ROW, _SWATCH, _GAP = 3.1, 1.85, 2.7, 2.1, 1.6
# How wide swatches are side by side, and how high they are with their words.
_ABREAST_W, _ABREAST_H = 6.0, 5.2
# From this width on, words and palette stand side by side.
_TWO_COLUMNS = 34.0
_SIDES = (12.0, 15.0, 19.0, 24.0, 30.0)
# Letters of the note, and of the prompt where it can have its way.
NOTE_EMS, _PROMPT, _LARGEST = 0.86, 1.8, 4.2
_MOST_CAPTION_LINES = 7
_LEADING = 1.36
# What is left free below the baseline of the prompt's last line, in its own size: letters reach down there.
_BELOW = 0.32
_FINER = 4


@dataclass(frozen=True, slots=True)
class Legend:
    """What the strip says.

    Attributes:
        caption: The user's words.
        note: What is to be known about them; may be empty.
        scheme: Colours, the palette among them.
        face: In which all of the board is set.
        em: Height of the small text, pixels.
    """

    caption: str
    note: str
    scheme: Scheme
    face: Typeface
    em: float


def foot_height(legend: Legend, width: int) -> float:
    """Return how high a strip of a width must be."""
    em, across = legend.em, _palette_width(legend, width)
    if across:
        return max(_words_height(legend, width - across - _GAP * em), _ABREAST_H * em)
    return _stack_height(legend, width)


def side_width(legend: Legend, height: int, most: int) -> float:
    """Return how wide a strip of a height must be; what does not fit will be cut off and ends in "…"."""
    widths = [ems * legend.em for ems in _SIDES if ems * legend.em < 0.5 * most] or [0.4 * most]
    return next((width for width in widths if _stack_height(legend, width) <= height), widths[-1])


def draw_strip(board: Image.Image, box: Box, legend: Legend) -> None:
    """Draw the words from the top of a box, and the palette down to its foot: right of the prompt, or below it."""
    em, palette = legend.em, legend.scheme.palette
    across = _palette_width(legend, box.w) if box.h < 0.8 * box.w else 0
    if across:
        draw_words(board, box.inset(0, 0, round(across + _GAP * em), 0), legend, low=not legend.note)
        high = round(_ABREAST_H * em)
        _draw_abreast(board, Box(round(box.right - across), box.bottom - high, round(across), high), legend)
        return
    rows = min(len(palette), max(0, int((box.h - (_LABEL + 1.5) * em) / (_ROW * em))))
    high = round(rows * _ROW * em)
    draw_words(board, box.inset(0, 0, 0, high + (round(_GAP * em) if rows else 0)), legend)
    _draw_listed(board, Box(box.x, box.bottom - high, box.w, high), legend, palette[:rows])


def _palette_width(legend: Legend, width: int) -> float:
    """Return how wide the palette is beside the words; 0 where it has no room there, or there is none."""
    across = _ABREAST_W * len(legend.scheme.palette) * legend.em
    return across if width >= _TWO_COLUMNS * legend.em and across < 0.66 * width else 0.0


def _stack_height(legend: Legend, width: float) -> float:
    rows = len(legend.scheme.palette)
    return _words_height(legend, width) + ((rows * _ROW + _GAP) * legend.em if rows else 0)


# --- words -------------------------------------------------------------------------------------------


def _words_height(legend: Legend, width: float) -> float:
    size = _PROMPT * legend.em
    lines = wrapped(legend.face, legend.caption, size, width, _MOST_CAPTION_LINES)[1]
    return _LABEL * legend.em + _text_height(len(lines), size) + _note_height(legend, width)


def _text_height(lines: int, size: float) -> float:
    """Return how high lines of a size are, with what letters have below the last baseline."""
    return (0.95 + _LEADING * (lines - 1) + _BELOW) * size if lines else 0.0


def note_lines(legend: Legend, width: float) -> tuple[Font, list[str]]:
    """Return the lines of the note, and their font."""
    return wrapped(legend.face, legend.note, NOTE_EMS * legend.em, width, 3)


def _note_height(legend: Legend, width: float) -> float:
    lines = len(note_lines(legend, width)[1]) if legend.note else 0
    return 0.5 * legend.em + _text_height(lines, NOTE_EMS * legend.em) if lines else 0.0


def draw_words(board: Image.Image, box: Box, legend: Legend, *, low: bool = False) -> None:
    """Draw the label, the prompt as large as fits below it or `low` at the foot of the box, and the note."""
    em, draw = legend.em, ImageDraw.Draw(board)
    draw_label(board, box, legend)
    note, room = _note_height(legend, box.w), box.h - _LABEL * em
    font, text, size = set_prompt(legend, box.w, room - note, min(_LARGEST, box.w / em / 7))
    below = room - note - _text_height(len(text), size) if low else 0.0
    top = box.y + _LABEL * em + max(0.0, below)
    draw_lines(draw, (box.x, box.right, top + 0.95 * size), text, font, _LEADING * size, legend.scheme.ink)
    if legend.note:
        top += _text_height(len(text), size) + (0.5 + 0.95 * NOTE_EMS) * em
        font, text = note_lines(legend, box.w)
        draw_lines(draw, (box.x, box.right, top), text, font, _LEADING * NOTE_EMS * em, legend.scheme.faint)


def set_prompt(legend: Legend, width: float, height: float, most_ems: float) -> tuple[Font, list[str], float]:
    """Return the prompt in the largest letters at which all of it fits, or cut off at the smallest."""
    ems = max(1.0, most_ems)
    while True:
        size = ems * legend.em
        lines = 1 + max(0, int((height - _text_height(1, size)) / (_LEADING * size)))
        most = lines if ems <= 1.3 else min(lines, _MOST_CAPTION_LINES)
        font, text = wrapped(legend.face, legend.caption, size, width, most)
        whole = sum(map(len, text)) + len(text) > len(lettered(legend.face, legend.caption, size)[1])
        fits = whole and _text_height(len(text), size) <= height + 0.01 and not _broken(text, legend.caption)
        text = _evened(legend, text, size, width) if fits else text
        if (fits and (ems < 1.6 or not _lost(font, text))) or ems <= 1.0:
            return font, text, size
        ems = max(1.0, 0.88 * ems)


def _evened(legend: Legend, lines: list[str], size: float, width: float) -> list[str]:
    """Return few lines as long as one another, as far as words allow."""
    if not 1 < len(lines) <= 4:
        return lines
    for part in (0.55, 0.62, 0.7, 0.78, 0.86, 0.93):
        narrower = wrapped(legend.face, legend.caption, size, part * width, len(lines))[1]
        if "".join(narrower).replace(" ", "") == "".join(lines).replace(" ", ""):
            return narrower if not _broken(narrower, legend.caption) else lines
    return lines


def _lost(font: Font, lines: list[str]) -> bool:
    """Say whether a short last line stands by itself below longer ones."""
    lengths = [font.getlength(line) for line in lines]
    return len(lines) > 1 and lengths[-1] < 0.4 * max(lengths)


def _broken(lines: Sequence[str], caption: str) -> bool:
    """Say whether a word with spaces round it had to be broken at the end of a line."""
    words = set(plain(caption).split())
    return any(line and line.split()[-1] not in words for line in lines[:-1])


def draw_label(board: Image.Image, box: Box, legend: Legend) -> None:
    """Draw the word that makes a draft a draft: small, and the darkest thing among the words."""
    em = legend.em
    font, text = lettered(legend.face, LABEL, 0.95 * em)
    width = min(box.w, font.getlength(text) + 1.5 * em)
    size = max(1, round(width)), max(1, round(_LABEL_H * em))
    fine = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    ImageDraw.Draw(fine).rounded_rectangle((0, 0, fine.width - 1, fine.height - 1), fine.height / 2, fill=255)
    board.paste(
        legend.scheme.ink, (box.x, box.y, box.x + size[0], box.y + size[1]), fine.resize(size, Image.Resampling.BOX)
    )  # fmt: skip
    middle = box.x + size[0] / 2, box.y + size[1] / 2
    ImageDraw.Draw(board).text(middle, text, font=font, fill=legend.scheme.paper, anchor="mm")


# --- palette -----------------------------------------------------------------------------------------


def _draw_abreast(board: Image.Image, box: Box, legend: Legend) -> None:
    """Draw swatches side by side with their words below, from the top of a box."""
    em, left = legend.em, box.x
    high = box.h - round(2.55 * em)
    for rgb, width in zip(
        legend.scheme.palette, shared(box.w, [1] * len(legend.scheme.palette)), strict=True
    ):
        _swatch(board, Box(left, box.y, width, high), rgb, legend)
        for below, text, ink in _words_of(rgb, legend):
            draw_line(
                board, legend.face, (left, box.y + high + below * em), text, 0.9 * em, ink, width - 0.3 * em
            )
        left += width  # fmt: skip


def _draw_listed(board: Image.Image, box: Box, legend: Legend, palette: Sequence[Rgb]) -> None:
    """Draw swatches one below the other, their words beside them."""
    em, side = legend.em, round(_SWATCH * legend.em)
    for number, rgb in enumerate(palette):
        # The last one ends at the foot of the box.
        top = box.bottom - side - round((len(palette) - 1 - number) * _ROW * em)
        _swatch(board, Box(box.x, top, 2 * side, side), rgb, legend)
        left = box.x + 2 * side + 0.7 * em
        for below, text, ink in _words_of(rgb, legend):
            at = left, top + (below - 0.45) * em
            draw_line(board, legend.face, at, text, 0.9 * em, ink, box.right - left)


def _words_of(rgb: Rgb, legend: Legend) -> tuple[tuple[float, str, Rgb], ...]:
    """Return the name and the number of a colour, each with its baseline and its own colour."""
    return (1.3, swatch_name(rgb), legend.scheme.ink), (
        2.45,
        hex_of(rgb).removeprefix("#"),
        legend.scheme.faint,
    )


def _swatch(board: Image.Image, box: Box, rgb: Rgb, legend: Legend) -> None:
    """Fill a box with a colour, with a hairline that gives one like the paper an edge."""
    board.paste(legend.scheme.line, box.edges)
    thin = max(1, round(legend.em / 15))
    board.paste(rgb, box.inset(thin, thin, thin, thin).edges)
