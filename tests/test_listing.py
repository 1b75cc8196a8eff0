"""A library without a query: listed in an order, page by page; paths for other programs."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from musaic.embed.testing import tiny_model
from musaic.library import Library
from musaic.schemas import Order
from tests.shop import PROGRAM, Answer, age, environment, run

ODD = ("new\nline.png", "  spaces .png", "right\u202eto-left.png", "bell\x07.png", "quote'\".png", "-0.png")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of seven pictures; two have one time, and one was taken long before its file changed."""
    folder = tmp_path_factory.mktemp("listed")
    (folder / "p").mkdir()
    for number, name in enumerate(("c", "A", "b", "e", "d")):
        file = folder / "p" / f"{name}.png"
        Image.new("RGB", (20 + number, 20), (40 * number, 0, 0)).save(file)
        os.utime(file, (0, 1_500_000_000 + (number - number % 2) * 1000))
    exif = Image.Exif()
    exif[36867] = "2001:01:01 00:00:00"
    for year, name in ((2001, "old"), (2030, "new")):
        exif[36867] = f"{year}:01:01 00:00:00"
        Image.new("RGB", (30, 30), (0, year % 255, 9)).save(
            folder / "p" / f"{name}.jpg", exif=exif, quality=95
        )
        age(folder / "p" / f"{name}.jpg")
    model = {"model": str(tiny_model(folder / "model"))}
    with Library.open(folder, create=True, embed=model, ingest={"settle_s": 0}) as library:
        library.ingest(folder / "p")
    return folder


def names(place: Path, **arguments: object) -> list[str]:
    with Library.open(place) as library:
        return [Path(hit.path).stem for hit in library.search(limit=100, **arguments)]  # type: ignore[arg-type]


def test_without_a_query_all_are_listed_newest_first_by_when_they_were_taken(place: Path) -> None:
    assert names(place)[0] == "new"
    assert names(place)[-1] == "old"
    assert names(place, order="oldest")[0] == "old"
    assert names(place, order="name") == ["A", "b", "c", "d", "e", "new", "old"]
    sizes = [
        (place / "p").glob(f"{name}.*").__next__().stat().st_size for name in names(place, order="largest")
    ]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("order", ["newest", "oldest", "name", "largest"])
def test_pages_of_a_listing_hold_each_asset_once_also_over_ties(place: Path, order: Order) -> None:
    with Library.open(place) as library:
        pages = [library.search(order=order, limit=2, offset=start) for start in (0, 2, 4, 6, 8)]

        assert [len(page) for page in pages] == [2, 2, 2, 1, 0]
        assert [hit.asset_id for page in pages for hit in page] == [
            hit.asset_id for hit in library.search(order=order, limit=100)
        ]


def test_a_filter_alone_lists_what_fits_and_hits_have_no_scores(place: Path) -> None:
    with Library.open(place) as library:
        hits = library.search(where='mime == "image/jpeg"', limit=10)

    assert [Path(hit.path).stem for hit in hits] == ["new", "old"]
    assert {(hit.score, hit.cosine) for hit in hits} == {(None, None)}


def test_a_listing_of_the_command_line_is_printed_in_every_form(place: Path, tmp_path: Path) -> None:
    at = ("--library", place)
    table = run("search", "--where", "width > 20", "-n", 1, *at, here=tmp_path)
    (line,) = run("search", "-n", 1, "--json", *at, here=tmp_path).stdout.splitlines()
    sheet = run("search", "--order", "name", "--sheet", tmp_path / "s.png", *at, here=tmp_path)

    assert table.stdout.split() == ["1", str(place / "p/new.jpg")]
    assert json.loads(line)["cosine"] is json.loads(line)["score"] is None
    assert sheet.exit_code == 0
    assert (tmp_path / "s.png").stat().st_size > 1000


# --- paths for other programs ------------------------------------------------------------------------
@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of pictures whose names are hard to pass on."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "p").mkdir()
    for number, name in enumerate(ODD):
        Image.new("RGB", (20, 20), (0, 40 * number, 0)).save(folder / "p" / name, "PNG")
        age(folder / "p" / name)
    model = {"model": str(tiny_model(folder / "model"))}
    with Library.open(folder, create=True, embed=model, ingest={"settle_s": 0}) as library:
        assert library.ingest(folder / "p").added == len(ODD)
    return folder


def test_paths_that_end_with_nul_reach_another_program_as_they_are(odd: Path, tmp_path: Path) -> None:
    command = [*PROGRAM, "search", "--paths", "-0", "-n", "99", "--library", str(odd)]
    found = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment(tmp_path), check=True)
    listed = subprocess.run(
        ["xargs", "-0", "ls", "-1", "-N", "-d"], input=found.stdout, capture_output=True, check=True
    )

    assert sorted(found.stdout.split(b"\0")[:-1]) == sorted(os.fsencode(odd / "p" / name) for name in ODD)
    assert b"new\nline.png" in listed.stdout
    again: Answer = run("ingest", *(os.fsdecode(each) for each in found.stdout.split(b"\0")[:-1]), "--library", odd,
                        here=tmp_path)  # fmt: skip
    assert f"{len(ODD)} unchanged" in again.stdout


def test_paths_on_a_pipe_keep_their_bytes_and_a_newline_in_one_is_told(odd: Path, tmp_path: Path) -> None:
    command = [*PROGRAM, "search", "--paths", "-n", "99", "--library", str(odd)]
    found = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment(tmp_path), check=True)

    assert "right\u202eto-left.png\n".encode() in found.stdout
    assert b"bell\x07.png\n" in found.stdout
    assert b"  spaces .png\n" in found.stdout
    assert b"add -0" in found.stderr
