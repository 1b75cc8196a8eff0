"""Hostile surroundings and arguments: nothing of the user's is written over, nothing ends in a traceback."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from musaic.errors import ConfigError, ExportError, LibraryError, PlanError
from musaic.ingest.scan import expand
from musaic.library import Library
from tests.shop import Shop, call, environment, run
from tests.studio import Studio


def run_shell(command: str, shop: Shop, tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    filled = command.format(python=shlex.quote(sys.executable), library=shlex.quote(str(shop.library)))
    return subprocess.run(
        ["/bin/sh", "-c", filled], capture_output=True, text=True, check=False, env=environment(tmp_path)
    )


def made_one(studio: Studio) -> str:
    (made,) = studio.open().generate("a red square", find=["red"])
    return made.id


# --- what is not ours to write over --------------------------------------------------------------------
@pytest.mark.parametrize(
    "target", ["{pictures}/red.png", "{library}/ledger.sqlite", "{library}/x.html", "page.txt", ""]
)
def test_page_is_written_over_nothing_else(studio: Studio, target: str) -> None:
    made = made_one(studio)
    path = target.format(pictures=studio.pictures, library=studio.library)
    before = Path(path).read_bytes() if target and Path(path).is_file() else None

    with pytest.raises(ExportError):
        studio.open().page(made, path)

    assert (Path(path).read_bytes() if before is not None else None) == before


def test_page_and_sheet_leave_devices_alone(studio: Studio, tmp_path: Path) -> None:
    made = made_one(studio)
    pipe = tmp_path / "pipe.html"
    os.mkfifo(pipe)

    with pytest.raises(ExportError, match="no regular file"):
        studio.open().page(made, pipe)
    with pytest.raises(ExportError, match="no regular file"):
        studio.open().sheet([], pipe)


def test_demo_leaves_a_folder_alone_that_holds_another_catalogue(tmp_path: Path) -> None:
    (tmp_path / "catalogue.csv").write_text("sku,price\n1,2\n")

    answer = call("demo", "--dir", tmp_path)

    assert answer.exit_code == 2
    assert "is not the demo's" in answer.stderr
    assert (tmp_path / "catalogue.csv").read_text() == "sku,price\n1,2\n"


# --- what was lost comes back --------------------------------------------------------------------------
def test_a_lost_ledger_is_read_back_with_lineage_and_costs(studio: Studio, shop: Shop) -> None:
    studio.fake.script("rate_limited", "ok", "prompt_blocked")
    first = made_one(studio)
    studio.open().generate("a red square", find=["red"])
    before = studio.open().costs(by="model")
    with studio.open() as library:
        tree = library.lineage(first)
    for file in studio.library.glob("ledger.sqlite*"):
        file.unlink()
    notes: list[str] = []

    library = studio.open(notes=notes)

    assert library.costs(by="model") == before
    assert [each.id for each in library.lineage(first).made_from] == [each.id for each in tree.made_from]
    assert any("2 pictures made here were read back" in note for note in notes)
    with Library.open(studio.folder, embed={"model": str(shop.model)}) as library:
        library.ingest(studio.pictures)
    assert {hit.kind for hit in studio.open().search("red", limit=20)} == {"image", "generated"}


def test_a_foreign_or_broken_sidecar_is_passed_over(studio: Studio) -> None:
    made = made_one(studio)
    outputs = studio.library / "outputs"
    shutil.copytree(outputs / made, outputs / "g-000000000000")  # says it is another
    (outputs / "g-111111111111").mkdir()
    (outputs / "g-111111111111" / "record.json").write_text("[" * 100_000)
    for file in studio.library.glob("ledger.sqlite*"):
        file.unlink()

    assert [record.id for record in studio.open().recent()] == [made]


# --- sentences instead of tracebacks -------------------------------------------------------------------
@pytest.mark.parametrize("source", ["", "~nobody-of-that-name/x"])
def test_a_path_that_cannot_be_one_is_refused(source: str) -> None:
    with pytest.raises(ConfigError):
        expand([source])


@pytest.mark.parametrize("text", ["x = " + "[" * 40_000, "a = " + "{a=" * 10_000])
def test_nested_settings_are_a_sentence(shop: Shop, tmp_path: Path, text: str) -> None:
    shutil.copytree(shop.library / ".musaic", tmp_path / ".musaic")
    (tmp_path / ".musaic" / "config.toml").write_text(text)

    answer = run("search", "red", "--library", tmp_path, here=tmp_path)

    assert answer.exit_code == 2
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("library", ["~nobody-of-that-name/x", "n" * 300])
def test_a_library_that_cannot_be_one_is_refused(library: str) -> None:
    answer = call("search", "red", "--library", library)

    assert answer.exit_code == 2
    assert answer.stderr.startswith("musaic: ")


def test_a_recipe_that_never_ends_is_refused(studio: Studio) -> None:
    (studio.library / "recipes").mkdir()
    os.mkfifo(studio.library / "recipes" / "pipe.toml")
    (studio.library / "recipes" / "zero.toml").symlink_to("/dev/zero")
    notes: list[str] = []

    recipes = studio.open(notes=notes).recipes()

    assert "promo" in recipes
    assert sum("no regular file" in note for note in notes) == 2


def test_a_current_folder_that_is_gone_is_a_sentence(
    tmp_path: Path, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from musaic.home import find

    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    with pytest.raises(LibraryError, match="current folder is gone"):
        find()


def test_a_full_disk_behind_stdout_is_a_sentence(shop: Shop, tmp_path: Path) -> None:
    command = "exec {python} -m musaic search red --library {library} > /dev/full"

    answer = run_shell(command, shop, tmp_path)

    assert answer.returncode == 2
    assert "No space left" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "Exception ignored" not in answer.stderr


def test_closed_streams_are_no_error(shop: Shop, tmp_path: Path) -> None:
    answer = run_shell("exec {python} -m musaic search red --library {library} >&-", shop, tmp_path)

    assert answer.returncode == 0
    assert "Traceback" not in answer.stderr


def test_a_filter_is_judged_as_it_was_typed(studio: Studio) -> None:
    with pytest.raises(Exception, match="x ==") as caught:
        studio.open().brief("a red square", where="x ==")

    assert "generated" not in str(caught.value)


def test_a_huge_reference_is_refused_unread(studio: Studio, tmp_path: Path) -> None:
    with open(tmp_path / "huge.png", "wb") as file:
        file.truncate(3_000_000_000)

    with pytest.raises(PlanError, match="too large"):
        studio.open().brief("a red square", refs=[str(tmp_path / "huge.png")])
