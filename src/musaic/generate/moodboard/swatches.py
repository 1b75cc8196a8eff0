"""The palette in the margin strip: chips in a column, or bars with hex and name in them."""

from PIL import Image, ImageDraw

from musaic.colors import Rgb, hex_of, oklab
from musaic.generate.moodboard.boxes import Box
from musaic.generate.moodboard.lettering import draw_line
from musaic.generate.moodboard.masks import disc_mask
from musaic.generate.moodboard.naming import swatch_name
from musaic.generate.moodboard.scheme import Scheme

# Lengths in ems, the height of the small text: a row of chips, and a bar as wide as the strip.
_CHIP, _BAR, _HIGHEST_BAR = 2.05, 1.9, 7.0
# A bar beside others, with its name below its hex, and how wide it must be.
_TILE, _HIGHEST_TILE, _NARROWEST_TILE = 3.3, 5.0, 6.0


def least_height(palette: tuple[Rgb, ...], width: float, em: float) -> float:
    """Return how high bars must be at a width."""
    return (_TILE if _abreast(palette, width, em) else _BAR * len(palette)) * em


def most_height(palette: tuple[Rgb, ...], width: float, em: float) -> float:
    """Return how high bars may become at a width."""
    return (_HIGHEST_TILE if _abreast(palette, width, em) else _HIGHEST_BAR * len(palette)) * em


def _abreast(palette: tuple[Rgb, ...], width: float, em: float) -> bool:
    """Say whether there is room for the bars side by side."""
    return width >= _NARROWEST_TILE * em * max(5, len(palette))


def draw_bars(board: Image.Image, box: Box, scheme: Scheme, em: float) -> None:
    """Draw the palette as bars that fill a box: side by side where there is room, else the leading colour highest."""
    if _abreast(scheme.palette, box.w, em):
        _draw_abreast(board, box, scheme, em)
        return
    least, count = _BAR * em, len(scheme.palette)
    spare = max(0.0, box.h - least * count)
    whole = sum(range(2, count + 2))
    top = box.y
    for number, rgb in enumerate(scheme.palette):
        bottom = top + least + spare * (count + 1 - number) / whole
        ink, draw = _filled(board, Box(box.x, top, box.w, bottom - top), rgb), ImageDraw.Draw(board)
        at = box.x + 0.7 * em, bottom - 0.62 * em
        draw_line(draw, at, hex_of(rgb), 0.95 * em, ink, 5.2 * em)
        draw_line(draw, (at[0] + 5.4 * em, at[1]), swatch_name(rgb), 0.95 * em, ink, box.w - 6.4 * em)
        top = bottom


def _draw_abreast(board: Image.Image, box: Box, scheme: Scheme, em: float) -> None:
    width = box.w / len(scheme.palette)
    for number, rgb in enumerate(scheme.palette):
        tile = Box(box.x + number * width, box.y, width, box.h)
        ink, draw = _filled(board, tile, rgb), ImageDraw.Draw(board)
        for above, text in ((1.75, hex_of(rgb)), (0.65, swatch_name(rgb))):
            at = tile.x + 0.6 * em, tile.bottom - above * em
            draw_line(draw, at, text, 0.9 * em, ink, width - 0.8 * em)


def _filled(board: Image.Image, box: Box, rgb: Rgb) -> Rgb:
    """Fill a box with a colour, and return one that can be read on it."""
    board.paste(rgb, (round(box.x), round(box.y), round(box.right), round(box.bottom)))
    return (24, 24, 26) if float(oklab(rgb)[0]) > 0.66 else (252, 252, 250)


def draw_chips(board: Image.Image, box: Box, scheme: Scheme, em: float) -> None:
    """Draw the palette as a column of round chips, each with hex and name beside it."""
    draw = ImageDraw.Draw(board)
    row = min(_CHIP * em, box.h / max(1, len(scheme.palette)))
    for number, rgb in enumerate(scheme.palette):
        top = box.y + number * row
        _chip(board, (round(box.x), round(top)), max(3, round(1.5 * em)), rgb)
        at = box.x + 2.1 * em, top + 1.1 * em
        draw_line(draw, at, hex_of(rgb), 0.95 * em, scheme.ink, 5.2 * em)
        left = box.x + 7.0 * em
        draw_line(draw, (left, at[1]), swatch_name(rgb), 0.95 * em, scheme.faint, box.right + 1.6 * em - left)


def _chip(board: Image.Image, at: tuple[int, int], side: int, rgb: Rgb) -> None:
    """Draw a swatch with a hairline that gives a white one an edge."""
    edge = tuple(round(0.86 * level) for level in rgb)
    board.paste(edge, (*at, at[0] + side, at[1] + side), disc_mask(side))
    inner = (at[0] + 1, at[1] + 1, at[0] + side - 1, at[1] + side - 1)
    board.paste(rgb, inner, disc_mask(side - 2))
