"""Hits as something to look at: the contact sheet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from musaic.errors import ExportError
from musaic.fonts import Font, font_for

_TILE_PX, _GAP_PX, _TITLE_PX, _CAPTION_PX = 320, 24, 34, 18
_PAPER, _INK, _FAINT, _EMPTY = (255, 255, 255), (24, 24, 28), (110, 112, 118), (236, 236, 239)
_MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a sheet: where to read it, its name, and a line under the name."""

    picture: Path | None
    name: str
    caption: str


def contact_sheet(tiles: Sequence[Tile], *, title: str) -> Image.Image:
    """Return pictures in a row or grid, each with its name and caption, under a title.

    Args:
        tiles: Any number, also none; a picture that cannot be read becomes a grey square that says so.
        title: Any script; one for which no font is found gets a line that says which to install.
    """
    columns = _columns(len(tiles))
    rows = math.ceil(len(tiles) / columns)
    width = _GAP_PX + columns * (_TILE_PX + _GAP_PX)
    heading, lines = _heading(title, width - 2 * _GAP_PX)
    top = _GAP_PX + len(lines) * round(1.3 * _TITLE_PX) + _GAP_PX
    cell = _TILE_PX + 3 * _CAPTION_PX + _GAP_PX
    sheet = Image.new("RGB", (width, top + max(rows * cell, 3 * _CAPTION_PX + _GAP_PX)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        draw.text((_GAP_PX, _GAP_PX + number * round(1.3 * _TITLE_PX)), line, font=heading, fill=_INK)
    if not tiles:
        _text(draw, (_GAP_PX, top), "no hits: nothing in this library fits", _FAINT, width)
    for index, tile in enumerate(tiles):
        left = _GAP_PX + (index % columns) * (_TILE_PX + _GAP_PX)
        _draw_tile(sheet, draw, tile, (left, top + index // columns * cell))
    return sheet


def write_sheet(tiles: Sequence[Tile], path: Path, *, title: str) -> Path:
    """Write a contact sheet; the file's ending picks the format (PNG where there is none).

    Raises:
        ExportError: The file cannot be written.
    """
    path = path if path.suffix else path.with_suffix(".png")
    try:
        contact_sheet(tiles, title=title).save(path)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise ExportError(f"the contact sheet {path} cannot be written: {reason}") from exc
    return path


def _columns(count: int) -> int:
    """Return a row of up to four, else a grid a little wider than high."""
    return max(2, count) if count <= 4 else min(_MOST_COLUMNS, math.ceil(math.sqrt(1.5 * count)))


def _heading(title: str, width: int) -> tuple[Font, list[str]]:
    text = " ".join(title.split()) or "(no title)"
    found = font_for(text, _TITLE_PX)
    lines = _wrap(found.font, text, width, most=3)
    if found.missing:
        lines.append(f"(no font for this script here; {found.missing})")
    return found.font, lines


def _wrap(font: Font, text: str, width: int, *, most: int) -> list[str]:
    """Break at spaces, and inside words that are wider than a line (Chinese has no spaces)."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}".strip()
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        lines.append("")
        for letter in word:
            if font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    lines = [line for line in lines if line]
    return (
        lines
        if len(lines) <= most
        else [*lines[: most - 1], _shorten(font, " ".join(lines[most - 1 :]), width)]
    )


def _draw_tile(sheet: Image.Image, draw: ImageDraw.ImageDraw, tile: Tile, corner: tuple[int, int]) -> None:
    left, top = corner
    picture = _read(tile.picture)
    if picture is None:
        draw.rectangle((left, top, left + _TILE_PX, top + _TILE_PX), fill=_EMPTY)
        _text(draw, (left + _GAP_PX, top + _TILE_PX // 2), "this picture cannot be shown", _FAINT, _TILE_PX)
    else:
        offset = ((_TILE_PX - picture.width) // 2, (_TILE_PX - picture.height) // 2)
        sheet.paste(picture, (left + offset[0], top + offset[1]))
    below = top + _TILE_PX + _CAPTION_PX // 2
    _text(draw, (left, below), tile.name, _INK, _TILE_PX)
    _text(draw, (left, below + round(1.35 * _CAPTION_PX)), tile.caption, _FAINT, _TILE_PX)


def _read(path: Path | None) -> Image.Image | None:
    from musaic import media
    from musaic.errors import MediaError

    if path is None:
        return None
    try:
        opened = media.open_picture(
            path, min_side_px=_TILE_PX, max_pixels=400_000_000, max_bytes=1_000_000_000
        )
    except MediaError:
        return None
    return ImageOps.contain(opened.image, (_TILE_PX, _TILE_PX), Image.Resampling.LANCZOS)


def _text(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, fill: tuple[int, int, int], width: int
) -> None:
    font = font_for(text, _CAPTION_PX).font
    draw.text(corner, _shorten(font, text, width), font=font, fill=fill)


def _shorten(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str, width: int) -> str:
    """Cut the middle out of a text that is too wide: both ends of a file name say something."""
    if font.getlength(text) <= width:
        return text
    keep = len(text)
    while keep > 2 and font.getlength(_cut(text, keep)) > width:
        keep -= 1
    return _cut(text, keep)


def _cut(text: str, keep: int) -> str:
    return f"{text[: (keep + 1) // 2]}…{text[len(text) - keep // 2 :]}"
