"""Which file a sheet draws: the original while that is quick and it is still what was found, else the thumbnail."""

import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import musaic.export
from musaic import media
from musaic.export import Tile, contact_sheet, tiles
from musaic.library import Library
from musaic.schemas import Hit

RED, BLUE, GREY = (250, 0, 0), (0, 0, 250), (244, 244, 246)
Colour = tuple[int, int, int]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no slow drive."""
    monkeypatch.setattr(tiles, "_PATIENCE_S", 60.0)


@pytest.fixture
def original(tmp_path: Path) -> Path:
    Image.new("RGB", (900, 600), RED).save(tmp_path / "red.png")
    return tmp_path / "red.png"


@pytest.fixture
def thumbnail(tmp_path: Path) -> Path:
    Image.new("RGB", (320, 213), BLUE).save(tmp_path / "blue.png")
    return tmp_path / "blue.png"


@pytest.fixture
def dead_drive(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Files called dead.png do not open before the event is set, as on a drive that went away."""
    answers, opened = threading.Event(), media.open_picture

    def open_picture(path: Path, **wanted: int) -> media.Picture:
        if path.name == "dead.png":
            answers.wait(60)
        return opened(path, **wanted)

    monkeypatch.setattr(media, "open_picture", open_picture)
    yield answers
    answers.set()
    for thread in reading():
        thread.join(30)


def reading() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "musaic-sheet"]


def tile(original: Path | None, thumbnail: Path | None, asset_id: str | None = None) -> Tile:
    return Tile(original, "name", "0.300", thumbnail, asset_id)


def colours(sheet: Image.Image, count: int) -> list[Colour]:
    """Return the colour in the middle of each tile of a single row."""
    found = (sheet.getpixel((40 + 388 * place + 180, 40 + 180)) for place in range(count))
    return [colour for colour in found if isinstance(colour, tuple) and len(colour) == 3]


def test_original_is_drawn_where_it_is_what_was_found(original: Path, thumbnail: Path) -> None:
    own = media.content_id(media.hash_file(original))

    sheet = contact_sheet([tile(original, thumbnail), tile(original, thumbnail, own)], title="")

    assert colours(sheet, 2) == [RED, RED]
    assert not reading()


@pytest.mark.parametrize("case", ["gone", "broken", "folder", "changed", "too many bytes", "too many pixels"])
def test_thumbnail_is_drawn_where_the_original_is(
    original: Path, thumbnail: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset_id = "0" * 32 if case == "changed" else None
    if case in ("gone", "folder"):
        original.unlink()
    if case == "folder":
        original.mkdir()
    if case == "broken":
        original.write_bytes(original.read_bytes()[:60])
    if case == "too many bytes":
        monkeypatch.setattr(tiles, "_QUICK_BYTES", 100)
    if case == "too many pixels":
        monkeypatch.setattr(tiles, "_QUICK_PIXELS", 900 * 600 - 1)

    assert colours(contact_sheet([tile(original, thumbnail, asset_id)], title=""), 1) == [BLUE]


def test_many_pictures_are_all_drawn_from_thumbnails(original: Path, thumbnail: Path) -> None:
    few, many = (
        contact_sheet([tile(original, thumbnail)] * count, title="", columns=count) for count in (48, 49)
    )

    assert set(colours(few, 48)) == {RED}
    assert set(colours(many, 49)) == {BLUE}


def test_tile_without_thumbnail_waits_for_its_picture(
    original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "_PATIENCE_S", 0.0)

    assert colours(contact_sheet([tile(original, None), tile(None, None)], title=""), 2) == [RED, GREY]


def test_drive_that_does_not_answer_costs_a_second_and_no_other_tile(
    original: Path, thumbnail: Path, dead_drive: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "_PATIENCE_S", 3.0)
    dead, live = tile(original.with_name("dead.png"), thumbnail), tile(original, thumbnail)
    start = time.monotonic()

    sheet = contact_sheet([dead, live, dead, live], title="")

    assert colours(sheet, 4) == [BLUE, RED, BLUE, RED]
    assert time.monotonic() - start < 20
    assert len(reading()) == 2


def test_drives_that_never_answer_hold_so_many_threads_and_no_more(
    original: Path, thumbnail: Path, dead_drive: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "_PATIENCE_S", 0.2)
    dead = tile(original.with_name("dead.png"), thumbnail)

    for _ in range(4):
        assert colours(contact_sheet([dead] * 4, title=""), 4) == [BLUE] * 4
    assert len(reading()) == 8
    assert colours(contact_sheet([tile(original, thumbnail)], title=""), 1) == [BLUE]
    dead_drive.set()
    for thread in reading():
        thread.join(30)

    monkeypatch.setattr(tiles, "_PATIENCE_S", 60.0)
    assert colours(contact_sheet([tile(original, thumbnail)], title=""), 1) == [RED]


def test_program_ends_although_a_drive_does_not_answer(original: Path, thumbnail: Path) -> None:
    program = (
        "import sys, threading\n"
        "from pathlib import Path\n"
        "from musaic import media\n"
        "from musaic.export import Tile, tiles, write_sheet\n"
        "opened = media.open_picture\n"
        "media.open_picture = lambda path, **wanted: (\n"
        "    threading.Event().wait() if path.name == 'red.png' else opened(path, **wanted))\n"
        "tiles._PATIENCE_S = 0.1\n"
        "tile = Tile(Path(sys.argv[1]), 'n', 'c', Path(sys.argv[2]))\n"
        "print(write_sheet([tile], Path(sys.argv[3]), title='').name)\n"
    )
    target = original.with_name("sheet.png")

    ended = subprocess.run(
        [sys.executable, "-c", program, original, thumbnail, target],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "sheet.png\n", "")


def test_original_is_drawn_upright_and_on_white(tmp_path: Path, thumbnail: Path) -> None:
    turned = Image.new("RGB", (1200, 600), RED)
    turned.paste((0, 200, 0), (0, 0, 600, 600))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: what is left in the file is at the top
    turned.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    Image.new("RGBA", (600, 600), (0, 0, 0, 0)).save(tmp_path / "clear.png")

    sheet = contact_sheet(
        [tile(tmp_path / name, thumbnail) for name in ("turned.jpg", "clear.png")], title=""
    )

    upper, lower = sheet.getpixel((40 + 180, 80)), sheet.getpixel((40 + 180, 360))
    assert isinstance(upper, tuple)
    assert isinstance(lower, tuple)
    assert (upper[1] > 150, lower[0] > 200) == (True, True)
    assert sheet.getpixel((40 + 20, 220)) == GREY  # 180 pixels wide, 360 high
    assert colours(sheet, 2)[1] == (255, 255, 255)


def test_original_keeps_what_its_thumbnail_lost(tmp_path: Path) -> None:
    """A smooth gradient, which the blocks of a WebP thumbnail break into steps."""
    smooth = Image.linear_gradient("L").resize((720, 720), Image.Resampling.BICUBIC).convert("RGB")
    smooth.save(tmp_path / "smooth.png")
    (tmp_path / "thumb.webp").write_bytes(media.thumbnail(smooth, 320))
    exact = smooth.resize((360, 360), Image.Resampling.LANCZOS).convert("L")

    def worst(shown: Tile) -> int:
        drawn = contact_sheet([shown], title="").crop((50, 50, 390, 390)).convert("L")
        pairs = zip(drawn.tobytes(), exact.crop((10, 10, 350, 350)).tobytes(), strict=True)
        return max(abs(a - b) for a, b in pairs)

    assert worst(tile(tmp_path / "smooth.png", tmp_path / "thumb.webp")) <= 1
    assert worst(tile(None, tmp_path / "thumb.webp")) > 1


# --- of a library ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("alone")
def test_library_draws_originals_until_they_change_or_go(
    tmp_path: Path, original: Path, thumbnail: Path, model: Path
) -> None:
    def drawn(library: Library) -> Colour:
        with Image.open(library.sheet(hits)) as sheet:
            return colours(sheet, 1)[0]

    with Library.open(
        tmp_path / "lib", create=True, embed={"model": str(model)}, ingest={"settle_s": 0}
    ) as library:
        library.ingest(original)
        hits = library.search("red")
        own = library.thumbnail(hits[0].asset_id)
        assert own is not None
        own.write_bytes(thumbnail.read_bytes())  # so that it is told from the original

        as_it_was = drawn(library)
        Image.new("RGB", (900, 600), (0, 200, 0)).save(original)
        changed = drawn(library)
        original.unlink()
        gone = drawn(library)

    assert (as_it_was, changed, gone) == (RED, BLUE, BLUE)


@pytest.mark.usefixtures("alone")
def test_library_says_which_letters_its_sheet_lacks(tmp_path: Path, model: Path) -> None:
    said: list[str] = []
    with Library.open(
        tmp_path / "lib", create=True, embed={"model": str(model)}, notify=said.append
    ) as library:
        library.sheet([], title="a golden watch")
        library.sheet([], title="\U0010f000")

    (sentence,) = said
    assert sentence == (
        "on the contact sheet, the title cannot be drawn: no font here has all the letters; install a font that has "
        "U+10F000, on Debian perhaps: apt install fonts-noto-core fontconfig"
    )


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(("scores", "below"), [(False, ""), (True, "1.000")])
def test_a_sheet_of_a_library_has_names_and_scores_where_they_are_asked_for(
    tmp_path: Path, original: Path, model: Path, monkeypatch: pytest.MonkeyPatch, scores: bool, below: str
) -> None:
    nameless, named = tmp_path / f"{uuid.uuid4()}.png", tmp_path / "red_silk-cape.png"
    for path in (nameless, named):
        shutil.copy(original, path)
    shown: list[Tile] = []
    drawn = musaic.export.write_sheet

    def seen(tiles: Sequence[Tile], path: Path, **options: Any) -> Path:
        shown.extend(tiles)
        return drawn(tiles, path, **options)

    monkeypatch.setattr(musaic.export, "write_sheet", seen)
    with Library.open(
        tmp_path / "lib", create=True, embed={"model": str(model)}, ingest={"settle_s": 0}
    ) as library:
        hits = [
            Hit(asset_id="a" * 32, path=str(path), kind="image", score=1.0, cosine=1.0)
            for path in (nameless, named)
        ]
        library.sheet(hits, scores=scores)

    assert [(tile.name, tile.caption) for tile in shown] == [("", below), ("red silk cape", below)]
