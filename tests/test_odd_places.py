"""A library may lie anywhere: in paths that are long, and in folders with odd names."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from musaic.errors import LibraryError
from musaic.ledger import Ledger, longpath
from tests.shop import Shop, call, environment

pytestmark = pytest.mark.usefixtures("alone")
short_names = pytest.mark.skipif(not longpath._OPEN_FOLDERS.is_dir(), reason="this system has no short names")
NAMES = [
    "with space", "ünï写真", "nfde\u0301", "a#b", "a%41b%", "quote'\"s", "new\nline", "what?x=1&vfs=none", "-dash", "~",
    "$HOME", "*[1]", "store.db", "back\\slash", "x" * 250,
]  # fmt: skip


def long_folder(top: Path, *, most: int) -> Path:
    """Make a folder whose path has so many bytes."""
    while most - len(str(top)) > 220:
        top = top / ("d" * 100)
    folder = top / ("e" * (most - len(str(top)) - 1))
    folder.mkdir(parents=True)
    assert len(str(folder)) == most
    return folder


def check_works(folder: Path, shop: Shop) -> None:
    commands = [
        ("ingest", shop.pictures, "--model", shop.model), ("search", "red", "--paths", "-n", "1"),
        ("generate", "red", "--ref", shop.pictures / "red.png"), ("lineage",), ("doctor",),
    ]  # fmt: skip
    answers = [call(*words, "--library", folder) for words in commands]

    assert [answer.exit_code for answer in answers] == [0] * len(commands), [each.stderr for each in answers]
    assert answers[1].stdout == f"{shop.pictures / 'red.png'}\n"
    assert answers[3].stdout.startswith("g-")


@pytest.mark.skipif(sys.platform == "win32", reason="most of these can be no name there")
@pytest.mark.parametrize("name", NAMES)
def test_a_library_works_in_a_folder_of_any_name(shop: Shop, tmp_path: Path, name: str) -> None:
    (tmp_path / "at" / name).mkdir(parents=True)

    check_works(tmp_path / "at" / name, shop)


@short_names
@pytest.mark.parametrize("length", [485, 500, 505, 3000])
def test_a_library_works_at_a_long_path(shop: Shop, tmp_path: Path, length: int) -> None:
    check_works(long_folder(tmp_path, most=length), shop)


@short_names
def test_processes_share_a_ledger_at_a_long_path_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    file = long_folder(tmp_path, most=600) / "ledger.sqlite"
    program = (
        "import os, sys; from pathlib import Path; from musaic.ledger import Ledger\n"
        "ledger = Ledger(Path(sys.argv[1])); ledger.remember('a', 'b'); os._exit(9)"
    )
    with Ledger(file) as ledger:
        done = subprocess.run([sys.executable, "-c", program, file], env=environment(tmp_path), check=False)

        assert done.returncode == 9
        assert ledger.note("a") == "b"
    assert [path.name for path in file.parent.iterdir()] == ["ledger.sqlite"]
    moved = file.rename(tmp_path / "ledger.sqlite")
    with sqlite3.connect(moved) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_where_there_are_no_short_names_a_path_that_is_too_long_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(longpath, "_OPEN_FOLDERS", tmp_path / "none")
    file = long_folder(tmp_path, most=600) / "ledger.sqlite"

    with pytest.raises(
        LibraryError, match=r"has 614 bytes, and SQLite takes 500 .*move the library to a shorter one"
    ):
        Ledger(file)
