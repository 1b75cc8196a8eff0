"""Pictures as something to look at: the contact sheet."""

import math
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw

from musaic.errors import ExportError
from musaic.export.tiles import Tile, read_originals, read_waiting
from musaic.fonts import Font, Typeface, font_for

_TILE_PX, _GAP_PX, _MARGIN_PX, _CORNER_PX = 360, 28, 40, 10
_TITLE_PX, _NAME_PX, _CAPTION_PX, _NOTE_PX = 36, 19, 17, 16
# Under a picture: how far down the lines stand, and what the last one has below its baseline.
_NAME_BASELINE_PX, _CAPTION_STEP_PX, _BELOW_PX = 31, 24, 7
_TITLE_LINE_PX, _NOTE_LINE_PX = 46, 24
# Capitals are so much lower than their font: they begin at the margin.
_CAPITALS_PX = 26
_PAPER, _TILE, _EDGE = (255, 255, 255), (244, 244, 246), (222, 222, 226)
_INK, _FAINT = (26, 26, 30), (112, 114, 122)
_MOST_COLUMNS, _MOST_ASKED_COLUMNS = 6, 100
_MOST_TILES, _MOST_NOTE_LINES, _MOST_TITLE_LETTERS = 240, 8, 1000
# Of a title, on a sheet of one column and on a wider one.
_MOST_NARROW_LINES, _MOST_TITLE_LINES = 6, 3

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".pdf": "PDF"}

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

Colour = tuple[int, int, int]


def _say_nothing(note: str) -> None:
    """Take a note, and leave it to the sheet's foot to say it."""


def contact_sheet(
    tiles: Sequence[Tile],
    *,
    title: str,
    columns: int | None = None,
    notify: Callable[[str], None] = _say_nothing,
) -> Image.Image:
    """Return pictures in a row or grid, each with its name and caption, under a title.

    Args:
        tiles: Any number, also none; a picture that cannot be read becomes a grey tile that says so. After 240 tiles
            a line says how many more there are.
        title: In any script. Where no font has its letters, or those of a name, a line at the foot says what is
            missing and which font to install.
        columns: Tiles in a row, for a grid that is filled row by row; None: what looks well.
        notify: Takes what the foot says of missing letters, in a sentence of its own.

    Returns:
        RGB, about 400 pixels a column.

    Raises:
        ValueError: `columns` is not between 1 and 100.
    """
    if columns is not None and not 1 <= columns <= _MOST_ASKED_COLUMNS:
        raise ValueError(f"a sheet has 1 to {_MOST_ASKED_COLUMNS} columns, not {columns}")
    shown = tiles[:_MOST_TILES]
    columns = _columns(len(shown)) if columns is None else min(columns, max(1, len(shown)))
    face = Typeface(
        _plain(text) for text in (title, *(text for tile in shown for text in (tile.name, tile.caption)))
    )
    width = _span(columns)
    heading = _Heading.of(title, face, width, most=_MOST_TITLE_LINES if columns > 1 else _MOST_NARROW_LINES)
    top = _MARGIN_PX + heading.height
    cell = _TILE_PX + _room_below(shown)
    rows = math.ceil(len(shown) / columns)
    lacking = list(_lacking(shown, title, heading))
    notes = _notes(len(tiles), lacking, width)
    body = rows * cell + (rows - 1) * _GAP_PX if rows else _TILE_PX // 2
    bottom = top + body + sum(_NOTE_LINE_PX for _ in notes) + (_GAP_PX // 2 if notes else 0)
    sheet = Image.new("RGB", (width + 2 * _MARGIN_PX, bottom + _MARGIN_PX), _PAPER)
    heading.draw(sheet)
    originals = read_originals(shown, side_px=_TILE_PX)
    for index, tile in enumerate(shown):
        left = _MARGIN_PX + index % columns * (_TILE_PX + _GAP_PX)
        picture = originals.get(index) or read_waiting(tile, side_px=_TILE_PX)
        _draw_tile(sheet, face, tile, picture, (left, top + index // columns * (cell + _GAP_PX)))
    if not shown:
        _draw_nothing(sheet, face, (_MARGIN_PX, top, _MARGIN_PX + width, top + body))
    for number, note in enumerate(reversed(notes)):
        at = _MARGIN_PX, bottom - number * _NOTE_LINE_PX
        _draw_text(sheet, face, at, note, _NOTE_PX, _FAINT, width)
    for each in lacking:
        notify(f"on the contact sheet, {each}")
    return sheet


def sheet_path(path: Path) -> Path:
    """Return what a contact sheet will be called: PNG where there is no ending.

    Raises:
        ExportError: There is a folder of that name.
    """
    if path.is_dir():
        raise ExportError(f"the contact sheet {path} cannot be written: it is a folder; name a file")
    return path if path.suffix else path.with_suffix(".png")


def write_sheet(
    tiles: Sequence[Tile],
    path: Path,
    *,
    title: str,
    columns: int | None = None,
    notify: Callable[[str], None] = _say_nothing,
) -> Path:
    """Write a contact sheet and return where it is; the file's ending picks the format, PNG where there is none.

    A file that is there is replaced, and stays as it was when writing fails. The arguments are those of
    `contact_sheet`; `notify` is called when the file is written.

    Raises:
        ExportError: The file cannot be written, or its ending is none of png, jpg, webp, pdf.
        ValueError: `columns` is not between 1 and 100.
    """
    path = sheet_path(path)
    ending = path.suffix.lower()
    if ending not in _FORMATS:
        known = ", ".join(name.removeprefix(".") for name in _FORMATS)
        raise ExportError(f"the contact sheet {path} cannot be written: {ending!r} is none of {known}")
    if not path.parent.is_dir():
        raise ExportError(f"the contact sheet {path} cannot be written: there is no folder {path.parent}")
    said: list[str] = []
    sheet = contact_sheet(tiles, title=title, columns=columns, notify=said.append)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        sheet.save(partial, _FORMATS[ending])
        partial.replace(path)
    except (OSError, ValueError) as exc:
        raise ExportError(
            f"the contact sheet {path} cannot be written: {getattr(exc, 'strerror', None) or exc}"
        ) from exc
    finally:
        partial.unlink(missing_ok=True)
    for each in said:
        notify(each)
    return path


# --- what goes where ---------------------------------------------------------------------------------


def _columns(count: int) -> int:
    """Return a row of up to four, else a grid a little wider than high with few places left over."""
    if count <= 4:
        return max(1, count)
    wide = min(_MOST_COLUMNS, math.ceil(math.sqrt(1.5 * count)))
    near = (wide, wide - 1, min(_MOST_COLUMNS, wide + 1))
    return min(near, key=lambda columns: -count % columns)


def _span(columns: int) -> int:
    return columns * (_TILE_PX + _GAP_PX) - _GAP_PX


@dataclass(frozen=True, slots=True)
class _Heading:
    """A title, broken into lines."""

    font: Font
    lines: tuple[str, ...]

    @classmethod
    def of(cls, title: str, face: Typeface, width: int, *, most: int) -> "_Heading":
        """Break a title into lines of a width, some at most; letters that no font here has are left out."""
        text = _plain(" ".join(title.split()))[:_MOST_TITLE_LETTERS]
        font, text = face.lettered(text, _TITLE_PX)
        return cls(font, tuple(_wrap(font, text, width, most)) if text else ())

    @property
    def height(self) -> int:
        return (len(self.lines) - 1) * _TITLE_LINE_PX + _CAPITALS_PX + _GAP_PX if self.lines else 0

    def draw(self, sheet: Image.Image) -> None:
        draw = ImageDraw.Draw(sheet)
        for number, line in enumerate(self.lines):
            baseline = _MARGIN_PX + _CAPITALS_PX + number * _TITLE_LINE_PX
            draw.text((_MARGIN_PX, baseline), line, font=self.font, fill=_INK, anchor="ls")


def _lacking(tiles: Sequence[Tile], title: str, heading: _Heading) -> Iterator[str]:
    """Yield what cannot be drawn and which font to install for it, a sentence a font."""
    lacking: dict[str, list[str]] = {}
    if missing := font_for(_plain(title), _TITLE_PX).missing:
        lacking[missing] = ["part of the title" if heading.lines else "the title"]
    texts = (text for tile in tiles for text in (tile.name, tile.caption))
    advice = (font_for(_plain(text), _NAME_PX).missing for text in texts)
    for each in dict.fromkeys(filter(None, advice)):
        lacking.setdefault(each, []).append("part of the names")
    for each, what in lacking.items():
        yield f"{' and '.join(what)} cannot be drawn: no font here has all the letters; {each}"


def _notes(count: int, lacking: Sequence[str], width: int) -> list[str]:
    """Return the lines at the foot: how many tiles are left out, and letters that no font here has."""
    notes = [f"and {count - _MOST_TILES:,} more"] if count > _MOST_TILES else []
    font = font_for("", _NOTE_PX).font
    for each in lacking:
        notes += _wrap(font, each[0].upper() + each[1:], width, _MOST_NOTE_LINES)
    return notes


def _wrap(font: Font, text: str, width: int, most: int) -> list[str]:
    """Break at spaces, and inside words that are wider than a line (Chinese has no spaces), into some lines at most."""
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
    if len(lines) <= most:
        return lines
    last = " ".join(lines[most - 1 :])
    return [*lines[: most - 1], _fit(font, last, width, lambda keep: f"{last[:keep].rstrip()}…")]


# --- drawing -----------------------------------------------------------------------------------------


def _room_below(tiles: Sequence[Tile]) -> int:
    """Return what lines under the pictures take: none where no tile has any."""
    lines = max((bool(tile.name) + bool(tile.caption) for tile in tiles), default=0)
    return _NAME_BASELINE_PX + (lines - 1) * _CAPTION_STEP_PX + _BELOW_PX if lines else 0


def _draw_tile(
    sheet: Image.Image, face: Typeface, tile: Tile, picture: Image.Image | None, corner: tuple[int, int]
) -> None:
    left, top = corner
    ground = Image.new("RGB", (_TILE_PX, _TILE_PX), _TILE)
    if picture is None:
        _draw_centred(ground, face, "this picture cannot be shown")
    else:
        ground.paste(picture, ((_TILE_PX - picture.width) // 2, (_TILE_PX - picture.height) // 2))
    sheet.paste(ground, corner, _rounded())
    sheet.paste(_EDGE, corner, _outline())
    baseline = top + _TILE_PX + _NAME_BASELINE_PX
    for text, size_px, ink in ((tile.name, _NAME_PX, _INK), (tile.caption, _CAPTION_PX, _FAINT)):
        if text:
            _draw_text(sheet, face, (left, baseline), text, size_px, ink, _TILE_PX)
            baseline += _CAPTION_STEP_PX


def _draw_nothing(sheet: Image.Image, face: Typeface, box: tuple[int, int, int, int]) -> None:
    ground = Image.new("RGB", (box[2] - box[0], box[3] - box[1]), _TILE)
    _draw_centred(ground, face, "no hits")
    sheet.paste(ground, box[:2])


def _draw_centred(ground: Image.Image, face: Typeface, text: str) -> None:
    font, text = face.lettered(text, _CAPTION_PX)
    middle = (ground.width // 2, ground.height // 2)
    ImageDraw.Draw(ground).text(middle, text, font=font, fill=_FAINT, anchor="mm")


def _draw_text(
    sheet: Image.Image, face: Typeface, start: tuple[int, int], text: str, size_px: int, fill: Colour, width: int
) -> None:  # fmt: skip
    """Draw one line on a baseline, its middle cut out where it is too wide."""
    font, text = face.lettered(_plain(text), size_px)
    ImageDraw.Draw(sheet).text(start, _shorten(font, text, width), font=font, fill=fill, anchor="ls")


@lru_cache(maxsize=1)
def _rounded() -> Image.Image:
    """Return the shape of a tile, drawn four times as large for smooth corners."""
    side = 4 * _TILE_PX
    mask = Image.new("L", (side, side), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, side - 1, side - 1), 4 * _CORNER_PX, fill=255)
    return mask.resize((_TILE_PX, _TILE_PX), Image.Resampling.LANCZOS)


@lru_cache(maxsize=1)
def _outline() -> Image.Image:
    """Return the hairline round a tile, which gives a white picture an edge."""
    side = 4 * _TILE_PX
    mask = Image.new("L", (side, side), 0)
    box = (0, 0, side - 1, side - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, 4 * _CORNER_PX, outline=255, width=4)
    return mask.resize((_TILE_PX, _TILE_PX), Image.Resampling.LANCZOS)


# --- text --------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Compose letters, and write control characters, changes of direction and broken letters as escapes.

    File names from a Mac keep accents apart from their letters; fonts have both in one.
    """
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], unicodedata.normalize("NFC", text))


def _shorten(font: Font, text: str, width: int) -> str:
    """Cut the middle out of a text that is too wide: both ends of a file name say something."""
    if font.getlength(text) <= width:
        return text
    return _fit(font, text, width, lambda keep: _without_middle(text, keep))


def _without_middle(text: str, keep: int) -> str:
    return f"{text[: (keep + 1) // 2].rstrip()}…{text[len(text) - keep // 2 :].lstrip()}"


def _fit(font: Font, text: str, width: int, cut: Callable[[int], str]) -> str:
    """Return the longest cut of a text that is narrow enough; `cut` is given how many letters to keep."""
    low, high = 0, len(text)
    while low < high:
        keep = (low + high + 1) // 2
        low, high = (keep, high) if font.getlength(cut(keep)) <= width else (low, keep - 1)
    return cut(low)
