"""The margin strip of a board: that it is a draft, the prompt, the palette, and which reference is which."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from musaic.fonts import Font
from musaic.generate.moodboard.boxes import Box, fitted
from musaic.generate.moodboard.lettering import draw_line, draw_lines, lettered, plain, wrapped
from musaic.generate.moodboard.masks import rounded_mask
from musaic.generate.moodboard.pieces import Piece
from musaic.generate.moodboard.scheme import Scheme
from musaic.generate.moodboard.swatches import draw_bars, draw_chips, least_height, most_height

LABEL = "DRAFT — moodboard"
# Lengths in ems, the height of the small text.
_PAD, _GAP, _ROW, _CHIP = 1.7, 2.2, 2.75, 2.05
_ENTRY_W, _CHIPS_W, _PROMPT_W = 9.6, 12.4, 14.0
# What is left free below the baseline of the prompt's last line, in its own size: letters reach down there.
_BELOW = 0.32
# Letters of the note, and of the prompt where it can have its way, in ems.
_NOTE, _PROMPT = 0.86, 1.8
_MOST_CAPTION_LINES = 7
# Widths of a strip beside the stage, in ems, and the most of the board it may take.
_STACKS = (17.5, 24.5, 34.0)
_WIDEST_STACK, _WIDEST = 0.5, 0.48
_LEADING = 1.36


@dataclass(frozen=True, slots=True)
class Legend:
    """What the strip says.

    Attributes:
        caption: The user's words; empty where they stand on the stage already.
        note: What is to be known about the prompt, below it; may be empty.
        pieces: The references in the order of their numbers.
        scheme: Colours, the palette among them.
        em: Height of the small text, pixels.
    """

    caption: str
    note: str
    pieces: tuple[Piece, ...]
    scheme: Scheme
    em: float


@dataclass(frozen=True, slots=True)
class Division:
    """A board divided: the stage, and the strip with its way of writing."""

    stage: Box
    strip: Box
    columns: bool


def divide(size: tuple[int, int], legend: Legend) -> Division:
    """Give the strip the foot of a board, or the right side of a wide one, and no more than it needs."""
    width, height = size
    em = legend.em
    # Without the prompt there is too little to say for the side of a board.
    if width < (1.45 if legend.caption else 2.5) * height:
        columns = width >= 54 * em
        need = _columns_height(legend, width) if columns else _stack_height(legend, width)
        strip_h = round(min(need, (0.30 if columns else 0.42) * height))
        return Division(Box(0, 0, width, height - strip_h), Box(0, height - strip_h, width, strip_h), columns)
    strip_w, columns = _at_the_side(width, height, legend)
    strip_w = round(strip_w)
    return Division(Box(0, 0, width - strip_w, height), Box(width - strip_w, 0, strip_w, height), columns)


def _at_the_side(width: int, height: int, legend: Legend) -> tuple[float, bool]:
    """Return the width of a strip beside the stage, and whether it is in columns."""
    stacks = [ems * legend.em for ems in _STACKS if ems * legend.em < _WIDEST_STACK * width]
    whole = [across for across in stacks if _stack_height(legend, across) <= height]
    if whole:
        return whole[0], False
    columns = _columns_width(legend, height)
    if columns <= _WIDEST * width or not stacks:
        return min(columns, _WIDEST * width), True
    # Something will be left out and counted; squeezed columns would break words.
    return stacks[-1], False


def draw_strip(board: Image.Image, division: Division, legend: Legend) -> None:
    """Draw the strip onto a board."""
    box, em = division.strip, legend.em
    board.paste(legend.scheme.paper, (round(box.x), round(box.y), round(box.right), round(box.bottom)))
    inner = box.inset(_PAD * em, _PAD * em, _PAD * em, 0.9 * _PAD * em)
    (_draw_columns if division.columns else _draw_stack)(board, inner, legend)


# --- side by side ------------------------------------------------------------------------------------


def _entry_rows(height: float, em: float) -> int:
    return max(1, int((height + 0.3 * em) / (_ROW * em)))


def _columns_height(legend: Legend, width: float) -> float:
    """Return how high columns must be for the palette and for all references to fit beside the prompt."""
    em = legend.em
    least = max(len(legend.scheme.palette) * _CHIP, 9.0 if legend.caption else 5.0)
    room = width / em - 2 * _PAD - _PROMPT_W - _CHIPS_W - 2 * _GAP
    columns = max(1, int(room / _ENTRY_W))
    rows = math.ceil(len(legend.pieces) / columns)
    return (max(least, rows * _ROW) + 1.9 * _PAD) * em


def _columns_width(legend: Legend, height: float) -> float:
    em = legend.em
    inner = height - 1.9 * _PAD * em
    columns = math.ceil(len(legend.pieces) / _entry_rows(inner, em))
    references = columns * _ENTRY_W + _GAP if columns else 0
    return (2 * _PAD + 1.35 * _PROMPT_W + _GAP + _CHIPS_W + references) * em


def _draw_columns(board: Image.Image, inner: Box, legend: Legend) -> None:
    em = legend.em
    rows = _entry_rows(inner.h, em)
    columns = math.ceil(len(legend.pieces) / rows)
    most = max(0, int((inner.w / em - 10 - _CHIPS_W - 2 * _GAP) / _ENTRY_W))
    columns = min(columns, max(1, most))
    references = columns * _ENTRY_W * em
    left = inner.inset(0, 0, references + (_CHIPS_W + (2 if columns else 1) * _GAP) * em, 0)
    _draw_prompt(board, left, legend)
    chips = Box(left.right + _GAP * em, inner.y, _CHIPS_W * em, inner.h)
    draw_chips(board, chips, legend.scheme, em)
    if columns:
        box = Box(chips.right + _GAP * em, inner.y, references, inner.h)
        _draw_entries(board, box, legend, columns, rows)


# --- one below the other -----------------------------------------------------------------------------


def _stack_columns(width: float, em: float) -> int:
    return max(1, int((width / em - 2 * _PAD + 0.6) / _ENTRY_W))


def _stack_parts(legend: Legend, width: float) -> tuple[float, float, float]:
    """Return the heights of prompt, palette and references."""
    em = legend.em
    inner = width - 2 * _PAD * em
    size = _PROMPT * em
    lines = len(wrapped(legend.caption, size, inner, _MOST_CAPTION_LINES)[1])
    prompt = 2.9 * em + _text_height(lines, size) + _note_height(legend, inner)
    chips = least_height(legend.scheme.palette, inner, em)
    rows = math.ceil(len(legend.pieces) / _stack_columns(width, em))
    return prompt, chips, rows * _ROW * em


def _stack_height(legend: Legend, width: float) -> float:
    return sum(_stack_parts(legend, width)) + (1.9 * _PAD + 1.6) * legend.em


def _draw_stack(board: Image.Image, inner: Box, legend: Legend) -> None:
    em = legend.em
    width = inner.w + 2 * _PAD * em
    prompt, chips, references = _stack_parts(legend, width)
    spare = max(0.0, inner.h - prompt - chips - references - 1.6 * em)
    # The palette takes what is left: bars of colour fill a column better than paper does.
    bars = min(spare, max(0.0, most_height(legend.scheme.palette, inner.w, em) - chips))
    least = 2.9 * em + _text_height(1 if legend.caption else 0, em) + _note_height(legend, inner.w)
    prompt = max(inner.h - chips - bars - references - 1.6 * em, least)
    _draw_prompt(board, Box(inner.x, inner.y, inner.w, prompt), legend)
    top = inner.y + prompt + 0.8 * em
    draw_bars(board, Box(inner.x, top, inner.w, chips + bars), legend.scheme, em)
    columns = _stack_columns(width, em)
    top += chips + bars + 0.8 * em
    rows = _entry_rows(inner.bottom - top + 0.4 * em, em)
    _draw_entries(board, Box(inner.x, top, inner.w, inner.bottom - top), legend, columns, rows)


# --- blocks ------------------------------------------------------------------------------------------


def _text_height(lines: int, size: float) -> float:
    """Return how high lines of a size are, with what letters have below the last baseline."""
    return (0.95 + _LEADING * (lines - 1) + _BELOW) * size if lines else 0.0


def _note_lines(legend: Legend, width: float) -> tuple[Font, list[str]]:
    return wrapped(legend.note, _NOTE * legend.em, width, 3)


def _note_height(legend: Legend, width: float) -> float:
    lines = len(_note_lines(legend, width)[1]) if legend.note else 0
    return (0.5 * legend.em if lines else 0.0) + _text_height(lines, _NOTE * legend.em)


def _draw_prompt(board: Image.Image, box: Box, legend: Legend) -> None:
    em, draw = legend.em, ImageDraw.Draw(board)
    _draw_label(board, box, legend)
    top = box.y + 2.9 * em
    font, text, size = _set_prompt(legend, box.w, box.h - 2.9 * em - _note_height(legend, box.w))
    draw_lines(draw, (box.x, box.right, top + 0.95 * size), text, font, _LEADING * size, legend.scheme.ink)
    if legend.note:
        top += _text_height(len(text), size) + (0.5 + 0.95 * _NOTE) * em
        font, text = _note_lines(legend, box.w)
        draw_lines(draw, (box.x, box.right, top), text, font, _LEADING * _NOTE * em, legend.scheme.faint)


def _set_prompt(legend: Legend, width: float, height: float) -> tuple[Font, list[str], float]:
    """Return the prompt in the largest letters at which all of it fits, or cut off at the smallest."""
    for ems in (2.6, 2.3, 2.0, 1.75, 1.5, 1.3, 1.15, 1.0):
        size = ems * legend.em
        lines = 1 + max(0, int((height - _text_height(1, size)) / (_LEADING * size)))
        font, text = wrapped(legend.caption, size, width, min(lines, _MOST_CAPTION_LINES))
        whole = sum(map(len, text)) + len(text) > len(lettered(legend.caption, size)[1])
        if whole and _text_height(len(text), size) <= height + 0.01 and not _broken(text, legend.caption):
            break
    return font, text, size


def _broken(lines: Sequence[str], caption: str) -> bool:
    """Say whether a word with spaces round it had to be broken at the end of a line."""
    words = set(plain(caption).split())
    return any(line and line.split()[-1] not in words for line in lines[:-1])


def _draw_label(board: Image.Image, box: Box, legend: Legend) -> None:
    """Draw the word that makes a draft a draft: small, and the darkest thing in the strip."""
    em = legend.em
    font, text = lettered(LABEL, 0.95 * em)
    width = min(box.w, font.getlength(text) + 1.5 * em)
    size = max(1, round(width)), max(1, round(1.85 * em))
    corner = round(box.x), round(box.y)
    board.paste(
        legend.scheme.ink,
        (*corner, corner[0] + size[0], corner[1] + size[1]),
        rounded_mask(size, 0.5 * size[1]),
    )
    middle = corner[0] + size[0] / 2, corner[1] + size[1] / 2
    ImageDraw.Draw(board).text(middle, text, font=font, fill=legend.scheme.paper, anchor="mm")


def _draw_entries(board: Image.Image, box: Box, legend: Legend, columns: int, rows: int) -> None:
    """List the references column by column; where not all fit, the last line says how many are left out."""
    em, room = legend.em, columns * rows
    shown: Sequence[Piece] = legend.pieces if len(legend.pieces) <= room else legend.pieces[: room - 1]
    per_column = min(rows, max(1, math.ceil(len(legend.pieces) / columns)))
    for place, piece in enumerate(shown):
        left = box.x + place // per_column * (box.w / columns)
        _draw_entry(
            board,
            Box(left, box.y + place % per_column * _ROW * em, box.w / columns, _ROW * em),
            piece,
            legend,
        )
    if len(shown) < len(legend.pieces):
        left = box.x + len(shown) // per_column * (box.w / columns)
        at = left, box.y + (len(shown) % per_column * _ROW + 1.4) * em
        more = f"and {len(legend.pieces) - len(shown)} more"
        draw_line(ImageDraw.Draw(board), at, more, 0.9 * em, legend.scheme.faint, box.w / columns)


def _draw_entry(board: Image.Image, box: Box, piece: Piece, legend: Legend) -> None:
    em, draw = legend.em, ImageDraw.Draw(board)
    side = max(4, round(2.3 * em))
    board.paste(
        _thumb(piece, side, legend.scheme),
        (round(box.x), round(box.y)),
        rounded_mask((side, side), 0.16 * side),
    )
    left, width = box.x + side + 0.6 * em, box.w - side - 1.1 * em
    draw_line(
        draw, (left, box.y + 0.98 * em), f"{piece.number}  {piece.role}", 0.95 * em, legend.scheme.ink, width
    )
    said = "unreadable" if piece.look == "unreadable" else piece.asset
    draw_line(draw, (left, box.y + 2.05 * em), said, 0.82 * em, legend.scheme.faint, width)


def _thumb(piece: Piece, side: int, scheme: Scheme) -> Image.Image:
    tile = Image.new("RGB", (side, side), scheme.tiles[0])
    share = 0.84 if piece.look == "cut" else 1.0
    if piece.look == "cut":
        width, height = fitted(piece.aspect, side * side, share * side, share * side)
    else:
        width, height = max(side, side * min(piece.aspect, 8)), max(side, side / max(piece.aspect, 1 / 8))
    picture = piece.picture.resize((max(1, round(width)), max(1, round(height))), Image.Resampling.LANCZOS)
    tile.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2), picture)
    return tile
