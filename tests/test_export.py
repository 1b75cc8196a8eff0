import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from musaic import fonts
from musaic.errors import ExportError
from musaic.export import Tile, contact_sheet, write_sheet
from musaic.export import sheet as sheet_module
from tests.fakes.font import write_font

COLUMN = 388  # a tile and the gap after it, in pixels
PAPER, INK, TILE = (255, 255, 255), (26, 26, 30), (244, 244, 246)


@pytest.fixture
def red(tmp_path: Path) -> Path:
    Image.new("RGB", (300, 200), (250, 0, 0)).save(tmp_path / "red.png")
    return tmp_path / "red.png"


@pytest.fixture
def no_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which a program called fc-list finds what lies in the returned folder, nothing at first."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    program = tmp_path / "fc-list"
    program.write_text(
        f'#!/bin/sh\nfor f in {folder}/*.ttf; do [ -e "$f" ] && printf "%s\\t0\\t0\\t80\\n" "$f"; done\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    for remembered in (fonts._system_fonts, fonts._opened, fonts.has_letter):
        remembered.cache_clear()
    return folder


def tiles(picture: Path | None, count: int) -> list[Tile]:
    return [Tile(picture, f"{number}.png", "0.300") for number in range(count)]


def pixels(sheet: Image.Image) -> NDArray[np.uint8]:
    assert sheet.mode == "RGB"
    return np.asarray(sheet)


def red_tiles(sheet: Image.Image) -> list[tuple[int, int]]:
    """Return where pictures are, as left edge and middle, row by row."""
    red = (np.abs(pixels(sheet).astype(int) - (250, 0, 0)) < 12).all(axis=2)
    found, rows = [], np.flatnonzero(np.diff(red.any(axis=1).astype(int)))
    for start, end in zip(rows[::2], rows[1::2], strict=True):
        columns = np.flatnonzero(np.diff(red[(start + end) // 2].astype(int), prepend=0))
        found += [(int(left), int(start + end) // 2) for left in columns[::2]]
    return found


def ink_rows(sheet: Image.Image, colour: tuple[int, int, int]) -> NDArray[np.intp]:
    """Return the rows that have letters of a colour."""
    return np.flatnonzero((pixels(sheet) == colour).all(axis=2).any(axis=1))


# --- layout ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "columns", "rows"),
    [
        (1, 1, 1),
        (2, 2, 1),
        (3, 3, 1),
        (4, 4, 1),
        (5, 3, 2),
        (6, 3, 2),
        (7, 4, 2),
        (8, 4, 2),
        (12, 4, 3),
        (30, 6, 5),
        (50, 5, 10),
    ],
)
def test_up_to_four_pictures_stand_in_a_row_and_more_in_a_grid(
    red: Path, count: int, columns: int, rows: int
) -> None:
    sheet = contact_sheet(tiles(red, count), title="red")

    corners = red_tiles(sheet)
    assert len(corners) == count
    assert len({left for left, _ in corners}) == columns
    assert len({middle for _, middle in corners}) == rows
    assert sheet.width == 40 + columns * COLUMN - 28 + 40
    assert np.diff(sorted({left for left, _ in corners})).tolist() == [COLUMN] * (columns - 1)


def test_grid_has_the_columns_asked_for_and_is_filled_row_by_row(red: Path, tmp_path: Path) -> None:
    rows = [
        Tile(red if place % 3 else None, f"hair {place % 3}, colour {place // 3}", "") for place in range(6)
    ]

    corners = red_tiles(contact_sheet(rows, title="", columns=3))

    assert [round((left - 40) / COLUMN) for left, _ in corners] == [1, 2, 1, 2]
    assert contact_sheet(rows[:2], title="", columns=9).width == 40 + 2 * COLUMN - 28 + 40
    with Image.open(write_sheet(rows, tmp_path / "grid.png", title="", columns=1)) as written:
        assert (written.width, round(written.height / 450)) == (440, 6)
    for wrong in (0, -1, 101):
        with pytest.raises(ValueError, match="1 to 100 columns"):
            contact_sheet(rows, title="", columns=wrong)


def test_picture_is_centred_on_its_tile_and_keeps_its_shape(red: Path) -> None:
    sheet = contact_sheet(tiles(red, 1), title="")

    area = pixels(sheet)[40:400, 40:400]
    red_rows = np.flatnonzero((area[:, 180] == (250, 0, 0)).all(axis=1))
    assert (red_rows[0], red_rows[-1]) == (60, 299)  # 240 of 360 rows: three to two
    assert tuple(area[30, 180]) == TILE
    assert tuple(area[180, 180]) == (250, 0, 0)


@pytest.mark.parametrize(
    ("size", "drawn"), [((20, 10), (40, 20)), ((3000, 30), (358, 4)), ((1, 4000), (1, 358))]
)
def test_small_pictures_stay_small_and_long_ones_fit(
    tmp_path: Path, size: tuple[int, int], drawn: tuple[int, int]
) -> None:
    Image.new("RGB", size, (250, 0, 0)).save(tmp_path / "p.png")

    sheet = contact_sheet(tiles(tmp_path / "p.png", 1), title="")

    reddish = pixels(sheet)[:, :, 0].astype(int) - pixels(sheet)[:, :, 1] > 60  # not where the hairline is
    assert (np.count_nonzero(reddish.any(axis=0)), np.count_nonzero(reddish.any(axis=1))) == drawn


def test_no_pictures_is_a_sheet_that_says_so() -> None:
    sheet = contact_sheet([], title="a dog")

    assert len(ink_rows(sheet, (112, 114, 122))) > 5
    assert sheet.height < 400


@pytest.mark.parametrize("broken", [None, "gone.png", "broken.png", "."])
def test_picture_that_cannot_be_read_is_a_grey_tile_that_says_so(
    tmp_path: Path, red: Path, broken: str | None
) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 50)
    path = None if broken is None else tmp_path / broken

    sheet = contact_sheet([Tile(red, "a", "1"), Tile(path, "b", "2"), Tile(red, "c", "3")], title="")

    assert [round((left - 40) / COLUMN) for left, _ in red_tiles(sheet)] == [0, 2]
    tile = pixels(sheet)[45:395, COLUMN + 45 : COLUMN + 395]
    assert tuple(tile[20, 20]) == TILE
    assert (tile == (112, 114, 122)).all(axis=2).any()


def test_very_many_pictures_are_cut_off_with_a_line_that_says_how_many_more(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (250, 0, 0)).save(tmp_path / "p.png")

    sheet, full = (contact_sheet(tiles(tmp_path / "p.png", count), title="") for count in (1000, 240))

    assert sheet.width == full.width
    assert full.height < sheet.height < full.height + 60


# --- titles and names --------------------------------------------------------------------------------


def test_long_title_wraps_into_three_lines_at_most(red: Path) -> None:
    short, long, longest = (
        contact_sheet(tiles(red, 3), title=title)
        for title in ("words", "many words " * 10, "many words " * 500)
    )

    assert short.height + 46 == long.height
    assert short.height + 92 == longest.height
    assert (pixels(longest)[:, -38:] == PAPER).all()  # nothing runs into the margin


def test_title_without_spaces_wraps_too(red: Path) -> None:
    sheet = contact_sheet(tiles(red, 1), title="x" * 300)

    assert (pixels(sheet)[:, -38:] == PAPER).all()
    assert sheet.width == 40 + COLUMN - 28 + 40


def test_no_title_leaves_no_room_for_one(red: Path) -> None:
    assert red_tiles(contact_sheet(tiles(red, 1), title=" \n"))[0][1] in (219, 220)


def test_lines_that_no_picture_has_take_no_room(red: Path) -> None:
    both, name, none = (
        contact_sheet([Tile(red, name, caption)], title="").height
        for name, caption in (("cape", "0.3"), ("cape", ""), ("", ""))
    )

    assert none == 40 + 360 + 40
    assert both > name > none + 20


@pytest.mark.parametrize("words", ["золотые часы", "crème brûlée", "a — b"])
def test_a_sheet_is_set_in_one_typeface(red: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    families: list[str | None] = []
    written = ImageDraw.ImageDraw.text

    def text(self: ImageDraw.ImageDraw, xy: object, text: str, **how: object) -> None:
        families.append(how["font"].getname()[0])  # type: ignore[attr-defined]
        written(self, xy, text, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    contact_sheet([Tile(red, words, "0.300"), Tile(None, "cape", "0.200")], title="A golden watch")

    assert len(families) == 6
    assert len(set(families)) == 1


def test_long_name_is_cut_in_its_middle_and_stays_under_its_tile(red: Path) -> None:
    def caption(name: str) -> NDArray[np.uint8]:
        return pixels(contact_sheet([Tile(red, name, "0.3"), *tiles(red, 1)], title=""))[400:440]

    names = ("aaabbbccc", "aaaxxxccc", "zzzbbbccc", "aaabbbyyy")
    as_it_is, other_middle, other_start, other_end = (
        caption("".join(letter * (200 if 3 <= place < 6 else 20) for place, letter in enumerate(name)))
        for name in names
    )

    assert (as_it_is == other_middle).all()
    assert (as_it_is != other_start).any()
    assert (as_it_is != other_end).any()
    assert (as_it_is[:, 400:428] == PAPER).all()  # the gap between two tiles


@pytest.mark.parametrize(
    "name",
    [
        "new\nline.png",
        "bell\x07\x1b[2J.png",
        "שעון.png",
        "\u202egnp.exe",
        "👩‍👩‍👧.png",
        "\ud83d.png",
        "a\tb.png",
        "",
        "🇮🇹é",
    ],
)
def test_names_of_every_kind_are_drawn_in_one_line(red: Path, name: str) -> None:
    plain = contact_sheet(tiles(red, 2), title="x")

    sheet = contact_sheet([Tile(red, name, "0.3"), *tiles(red, 1)], title=name)

    assert sheet.height - plain.height < 100
    assert len(red_tiles(sheet)) == 2


def test_title_in_a_script_that_a_font_here_has_is_drawn_with_it(red: Path, no_fonts: Path) -> None:
    title = "\U0010f000\U0010f001"
    lacking = contact_sheet(tiles(red, 3), title=f"x {title}")
    write_font(no_fonts / "boxes-Sans.ttf", title)
    for remembered in (fonts._system_fonts, fonts._opened, fonts.has_letter):
        remembered.cache_clear()

    drawn = contact_sheet(tiles(red, 3), title=title)

    heading = (pixels(drawn)[:100] == INK).all(axis=2)
    # Two boxes, 0.6 wide and 0.3 high in letters of 36 pixels, are all there is.
    assert 2 * 20 * 9 < np.count_nonzero(heading) < 2 * 22 * 12
    assert lacking.height > drawn.height  # it needed no line of advice


@pytest.mark.parametrize("title", ["золотые часы", "金色手表"])
def test_script_that_no_font_has_gets_a_line_that_says_what_to_install(
    red: Path, no_fonts: Path, title: str
) -> None:
    plain = contact_sheet(tiles(red, 3), title="a golden watch")

    sheet = contact_sheet(tiles(red, 3), title=f"cape {title}")
    named = contact_sheet([Tile(red, f"{title}.png", "0.3"), *tiles(red, 2)], title="a golden watch")

    for each in (sheet, named):
        foot = pixels(each)[plain.height - 40 :]
        assert each.height > plain.height
        assert np.count_nonzero((foot == (112, 114, 122)).all(axis=2)) > 100


@pytest.mark.parametrize(
    ("title", "name", "what"),
    [
        ("手表", "a.png", "the title cannot"),
        ("gold 手表", "a.png", "part of the title cannot"),
        ("gold", "手表.png", "part of the names cannot"),
        ("手表", "手表.png", "the title and part of the names cannot"),
    ],
)
def test_what_no_font_can_draw_is_said_with_what_to_install(
    red: Path, no_fonts: Path, tmp_path: Path, title: str, name: str, what: str
) -> None:
    said: list[str] = []

    write_sheet([Tile(red, name, "0.3")], tmp_path / "s.png", title=title, notify=said.append)

    (sentence,) = said
    assert sentence == (
        f"on the contact sheet, {what} be drawn: no font here has all the letters; install a font for Chinese, "
        "on Debian: apt install fonts-noto-cjk fontconfig"
    )


def test_each_script_that_lacks_a_font_gets_a_sentence_and_none_twice(red: Path, no_fonts: Path) -> None:
    said: list[str] = []
    named = [Tile(red, name, "0.3") for name in ("часы.png", "手表.png", "платье.png")]

    contact_sheet(named, title="手表", notify=said.append)

    assert [each.partition(" cannot")[0] for each in said] == [
        "on the contact sheet, the title and part of the names",
        "on the contact sheet, part of the names",
    ]


def test_a_narrow_sheet_has_all_of_what_to_install(red: Path, no_fonts: Path) -> None:
    said: list[str] = []
    contact_sheet([Tile(red, "手表", "0.3")], title="手表", notify=said.append)
    sentence = said[0].removeprefix("on the contact sheet, ")

    lines = sheet_module._notes(1, [sentence], 360)

    assert len(lines) > 3
    assert " ".join(lines) == f"T{sentence[1:]}"


def test_sheet_that_is_not_written_says_nothing_of_its_letters(
    red: Path, no_fonts: Path, tmp_path: Path
) -> None:
    said: list[str] = []

    with pytest.raises(ExportError):
        write_sheet(tiles(None, 240), tmp_path / "s.webp", title="手表", notify=said.append)

    assert said == []


@pytest.mark.parametrize(
    ("apart", "composed"),
    [("cafe\u0301.jpg", "caf\xe9.jpg"), ("и\u0306 e\u0308", "й \xeb"), ("x\u0302y", "xy")],
)
def test_accents_kept_apart_from_their_letters_are_drawn_on_them_and_never_as_boxes(
    red: Path, no_fonts: Path, apart: str, composed: str
) -> None:
    first, second = (
        contact_sheet([Tile(red, text, text)], title=f"cape {text}") for text in (apart, composed)
    )

    assert np.array_equal(pixels(first), pixels(second))


def test_letters_that_no_font_has_are_left_out_of_the_title(red: Path, no_fonts: Path) -> None:
    known = contact_sheet(tiles(red, 3), title="cape")

    mixed = contact_sheet(tiles(red, 3), title="золотые cape 手表")

    assert np.array_equal(pixels(mixed)[:400], pixels(known)[:400])


# --- files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [("s.png", "PNG"), ("s.JPG", "JPEG"), ("s.jpeg", "JPEG"), ("s.webp", "WEBP"), ("s", "PNG")],
)
def test_ending_picks_the_format(red: Path, tmp_path: Path, name: str, kind: str) -> None:
    written = write_sheet(tiles(red, 2), tmp_path / name, title="red")

    assert written == tmp_path / (name if "." in name else f"{name}.png")
    with Image.open(written) as opened:
        assert opened.format == kind
        assert opened.size == contact_sheet(tiles(red, 2), title="red").size


def test_pdf_is_written_for_printing(red: Path, tmp_path: Path) -> None:
    assert write_sheet(tiles(red, 2), tmp_path / "s.pdf", title="red").read_bytes().startswith(b"%PDF-")


def test_failed_writing_leaves_the_old_file_and_nothing_else(red: Path, tmp_path: Path) -> None:
    # JPEG takes no side longer than 65,500 pixels, WebP none longer than 16,383.
    old = tmp_path / "s.webp"
    old.write_bytes(b"old")

    with pytest.raises(ExportError, match="cannot be written"):
        write_sheet(tiles(None, 240), old, title="red")

    assert old.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["red.png", "s.webp"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("s.docx", "none of png, jpg"), ("no/s.png", "no folder"), ("folder.png", "a folder")],
)
def test_place_that_cannot_be_written_to_is_refused_with_the_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "folder.png").mkdir()

    with pytest.raises(ExportError, match=reason):
        write_sheet([], tmp_path / name, title="red")
