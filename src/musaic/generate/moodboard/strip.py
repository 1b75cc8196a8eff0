"""The margin strip of a board: that it is a draft, the prompt, the palette, and which reference is which."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from musaic.colors import Rgb, hex_of, oklab
from musaic.fonts import Font
from musaic.generate.moodboard.boxes import Box, fitted
from musaic.generate.moodboard.lettering import draw_line, lettered, wrapped
from musaic.generate.moodboard.masks import disc_mask, rounded_mask
from musaic.generate.moodboard.naming import swatch_name
from musaic.generate.moodboard.pieces import Piece
from musaic.generate.moodboard.scheme import Scheme

LABEL = "DRAFT — moodboard"
# Lengths in ems, the height of the small text.
_PAD, _GAP, _ROW, _CHIP = 1.7, 2.2, 2.75, 2.05
_ENTRY_W, _CHIPS_W, _PROMPT_W = 9.6, 12.4, 14.0
# A bar of the palette: how high at least, and at most.
_BAR, _HIGHEST_BAR = 1.9, 7.0
_MOST_CAPTION_LINES = 7
_LEADING = 1.36


@dataclass(frozen=True, slots=True)
class Legend:
    """What the strip says.

    Attributes:
        caption: The user's words.
        pieces: The references in the order of their numbers.
        scheme: Colours, the palette among them.
        em: Height of the small text, pixels.
    """

    caption: str
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
    if width < 1.45 * height:
        columns = width >= 54 * em
        need = _columns_height(legend, width) if columns else _stack_height(legend, width)
        strip_h = round(min(need, (0.30 if columns else 0.42) * height))
        return Division(Box(0, 0, width, height - strip_h), Box(0, height - strip_h, width, strip_h), columns)
    narrow = [ems * em for ems in (17.5, 24.5) if ems * em < 0.4 * width]
    stacks = [across for across in narrow if _stack_height(legend, across) <= height]
    strip_w, columns = (stacks[0], False) if stacks else (_columns_width(legend, height), True)
    strip_w = round(min(strip_w, 0.48 * width))
    return Division(Box(0, 0, width - strip_w, height), Box(width - strip_w, 0, strip_w, height), columns)


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
    least = max(len(legend.scheme.palette) * _CHIP, 9.0)
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
    _draw_chips_down(board, chips, legend)
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
    lines = len(wrapped(legend.caption, 1.3 * em, inner, _MOST_CAPTION_LINES)[1])
    prompt = (2.9 + 1.3 * _LEADING * lines + 0.9) * em
    chips = _BAR * em * len(legend.scheme.palette)
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
    bars = min(spare, max(0.0, _HIGHEST_BAR * em * len(legend.scheme.palette) - chips))
    prompt = max(inner.h - chips - bars - references - 1.6 * em, 5.2 * em)
    _draw_prompt(board, Box(inner.x, inner.y, inner.w, prompt), legend)
    top = inner.y + prompt + 0.8 * em
    _draw_bars(board, Box(inner.x, top, inner.w, chips + bars), legend)
    columns = _stack_columns(width, em)
    top += chips + bars + 0.8 * em
    rows = _entry_rows(inner.bottom - top + 0.4 * em, em)
    _draw_entries(board, Box(inner.x, top, inner.w, inner.bottom - top), legend, columns, rows)


# --- blocks ------------------------------------------------------------------------------------------


def _draw_prompt(board: Image.Image, box: Box, legend: Legend) -> None:
    em = legend.em
    _draw_label(board, box, legend)
    draw = ImageDraw.Draw(board)
    font, text, size = _set_prompt(legend, box.w, box.h - 2.9 * em)
    for number, line in enumerate(text):
        at = box.x, box.y + 2.9 * em + (0.95 + _LEADING * number) * size
        draw.text(at, line, font=font, fill=legend.scheme.ink, anchor="ls")


def _set_prompt(legend: Legend, width: float, height: float) -> tuple[Font, list[str], float]:
    """Return the prompt in the largest letters at which all of it fits, or cut off at the smallest."""
    for ems in (2.6, 2.3, 2.0, 1.75, 1.5, 1.3, 1.15, 1.0):
        size = ems * legend.em
        lines = max(1, int((height + 0.2 * size) / (_LEADING * size)))
        font, text = wrapped(legend.caption, size, width, min(lines, _MOST_CAPTION_LINES))
        if sum(map(len, text)) + len(text) > len(lettered(legend.caption, size)[1]):
            break
    return font, text, size


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


def _draw_chips_down(board: Image.Image, box: Box, legend: Legend) -> None:
    em, draw = legend.em, ImageDraw.Draw(board)
    row = min(_CHIP * em, box.h / max(1, len(legend.scheme.palette)))
    for number, rgb in enumerate(legend.scheme.palette):
        top = box.y + number * row
        _chip(board, (box.x, top), (1.5 * em, 1.5 * em), rgb)
        at = box.x + 2.1 * em, top + 1.1 * em
        draw_line(draw, at, hex_of(rgb), 0.95 * em, legend.scheme.ink, 5.2 * em)
        name = box.x + 7.0 * em, top + 1.1 * em
        draw_line(
            draw, name, swatch_name(rgb), 0.95 * em, legend.scheme.faint, box.right + 1.6 * em - name[0]
        )


def _draw_bars(board: Image.Image, box: Box, legend: Legend) -> None:
    """Draw the palette as bars with hex and name in them, the leading colour highest."""
    em, draw, palette = legend.em, ImageDraw.Draw(board), legend.scheme.palette
    least = _BAR * em
    spare = max(0.0, box.h - least * len(palette))
    whole = sum(range(2, len(palette) + 2))
    top = box.y
    for number, rgb in enumerate(palette):
        bottom = top + least + spare * (len(palette) + 1 - number) / whole
        board.paste(rgb, (round(box.x), round(top), round(box.right), round(bottom)))
        pale = float(oklab(rgb)[0]) > 0.66
        ink: Rgb = (24, 24, 26) if pale else (252, 252, 250)
        at = box.x + 0.7 * em, bottom - 0.62 * em
        draw_line(draw, at, hex_of(rgb), 0.95 * em, ink, 5.2 * em)
        draw_line(draw, (at[0] + 5.4 * em, at[1]), swatch_name(rgb), 0.95 * em, ink, box.w - 6.4 * em)
        top = bottom


def _chip(board: Image.Image, at: tuple[float, float], size: tuple[float, float], rgb: Rgb) -> None:
    """Draw a swatch with a hairline that gives a white one an edge."""
    whole = max(3, round(size[0])), max(3, round(size[1]))
    left, top = round(at[0]), round(at[1])
    round_one = abs(size[0] - size[1]) < 1
    mask = disc_mask(whole[0]) if round_one else rounded_mask(whole, 0.28 * whole[1])
    edge = tuple(round(0.86 * level) for level in rgb)
    board.paste(edge, (left, top, left + whole[0], top + whole[1]), mask.resize(whole))
    inner = whole[0] - 2, whole[1] - 2
    mask = disc_mask(inner[0]) if round_one else rounded_mask(inner, 0.28 * whole[1] - 1)
    board.paste(rgb, (left + 1, top + 1, left + 1 + inner[0], top + 1 + inner[1]), mask.resize(inner))


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
