"""A sheet or a page is never written over a picture that the library knows."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from musaic.errors import ExportError
from musaic.library import Library
from tests.ingesting import draw
from tests.shop import Shop, call

pytestmark = pytest.mark.usefixtures("alone")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    draw(tmp_path / "photos" / "a.jpg", "a")
    draw(tmp_path / "photos" / "b.png", "b")
    return tmp_path / "photos"


@pytest.fixture
def library(tmp_path: Path, photos: Path, model: Path) -> Iterator[Library]:
    with Library.open(
        tmp_path / "lib", create=True, embed={"model": str(model)}, ingest={"settle_s": 0}
    ) as opened:
        opened.ingest(photos)
        yield opened


def check_refused(library: Library, target: Path, original: Path) -> None:
    before = original.read_bytes()

    with pytest.raises(ExportError, match="is not written over"):
        library.sheet([], target)

    assert original.read_bytes() == before


def test_name_without_its_ending_is_that_of_the_original(library: Library, photos: Path) -> None:
    check_refused(library, photos / "b", photos / "b.png")


def test_original_is_known_through_a_link_to_its_folder_and_through_one_to_itself(
    library: Library, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "linked").symlink_to(photos)
    (tmp_path / "one.jpg").symlink_to(photos / "a.jpg")

    check_refused(library, tmp_path / "linked" / "a.jpg", photos / "a.jpg")
    check_refused(library, tmp_path / "one.jpg", photos / "a.jpg")


def test_original_that_was_ingested_through_a_link_is_known_by_its_own_name(
    library: Library, tmp_path: Path
) -> None:
    real = draw(tmp_path / "real" / "c.png", "c")
    (tmp_path / "linked").symlink_to(real.parent)
    library.ingest(tmp_path / "linked")
    draw(real, "changed since")  # so that its content tells nothing

    check_refused(library, real, real)


def test_hard_link_beside_an_original_that_was_changed_since_is_the_original(
    library: Library, photos: Path
) -> None:
    draw(photos / "a.jpg", "changed since")
    os.link(photos / "a.jpg", photos / "also.jpg")

    check_refused(library, photos / "also.jpg", photos / "a.jpg")


def test_original_that_was_moved_is_known_by_its_content(
    library: Library, photos: Path, tmp_path: Path
) -> None:
    moved = (photos / "a.jpg").rename(tmp_path / "moved.jpg")

    check_refused(library, moved, moved)


def test_other_files_and_earlier_sheets_are_written_over(library: Library, tmp_path: Path) -> None:
    stranger = draw(tmp_path / "stranger.png", "s")

    first = library.sheet(library.search("red"), tmp_path / "new")
    again = library.sheet([], tmp_path / "new")

    assert first == again == tmp_path / "new.png"
    assert library.sheet([], stranger) == stranger


def test_folder_of_the_library_is_closed_by_its_own_name_and_through_a_link(
    library: Library, tmp_path: Path
) -> None:
    (tmp_path / "inside").symlink_to(library.folder)

    for folder in (library.folder, tmp_path / "inside"):
        with pytest.raises(ExportError, match="the library's own folder"):
            library.sheet([], folder / "sheet.png")
        assert library.sheet([], folder / "outputs" / "sheet.png").is_file()


def test_command_refuses_too(shop: Shop) -> None:
    before = (shop.pictures / "red.png").read_bytes()

    answer = call("search", "red", "--sheet", shop.pictures / "red", "--library", shop.library)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "is a picture of this library and is not written over" in answer.stderr
    assert (shop.pictures / "red.png").read_bytes() == before
