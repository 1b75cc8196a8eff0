"""Who waits for another process says for whom and how long, can be stopped, and goes on when it is free."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from musaic.config import StoreSettings
from musaic.disk import holder_of
from musaic.embed import Hub
from musaic.errors import LibraryError
from musaic.ledger import Ledger, database
from musaic.library import Library
from tests.shop import PROGRAM, Shop, environment, run

_STORE = """
import sys
from pathlib import Path
from musaic.store import FolderLock
lock = FolderLock(Path(sys.argv[1]))
"""
_LEDGER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("BEGIN IMMEDIATE")
"""
_LOCK = "import sys; from filelock import FileLock; lock = FileLock(sys.argv[1]); lock.acquire()"
told_by_the_system = pytest.mark.skipif(not Path("/proc/locks").exists(), reason="this system does not tell")


@contextmanager
def held(how: str, what: Path) -> Iterator["subprocess.Popen[str]"]:
    """Let another process hold something until its stdin is closed."""
    program = f"{how}\nprint('held', flush=True)\nsys.stdin.read()\n"
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(what)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(what.parent),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def let_go(process: "subprocess.Popen[str]") -> None:
    process.communicate()


@pytest.fixture
def own(shop: Shop, tmp_path: Path) -> Path:
    """A copy of the shop's library that a test may hold."""
    shutil.copytree(shop.library / ".musaic", tmp_path / "own/.musaic")
    return tmp_path / "own"


@pytest.fixture
def waiting(own: Path, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A search that has said that it waits. The library is held by the process `holder`."""
    more = {"MUSAIC_STORE__WAIT_S": "90"}
    with held(_STORE, own / ".musaic") as holder:
        searching = subprocess.Popen(
            [*PROGRAM, "search", "red", "--paths", "-n", "1", "--library", str(own)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(tmp_path, **more),
            # A shell that starts the tests in the background lets all below it ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        searching.holder = holder  # type: ignore[attr-defined]
        assert searching.stderr is not None
        line = searching.stderr.readline()
        assert f"is in use by process {holder.pid} (`-c {own / '.musaic'}`) since 20" in line
        assert "waiting for it, 90 s at most" in line
        try:
            yield searching
        finally:
            searching.kill()
            searching.communicate()


def test_a_search_that_waits_goes_on_when_the_library_is_free(waiting: "subprocess.Popen[str]") -> None:
    let_go(waiting.holder)  # type: ignore[attr-defined]

    out, err = waiting.communicate(timeout=90)

    assert (waiting.returncode, err) == (0, "")
    assert out.endswith("red.png\n")


def test_ctrl_c_ends_the_waiting(waiting: "subprocess.Popen[str]") -> None:
    waiting.send_signal(signal.SIGINT)

    _, err = waiting.communicate(timeout=90)

    assert (waiting.returncode, err) == (130, "\nmusaic: interrupted\n")


COMMANDS = [
    ("search", "red"),
    ("similar", "red.png"),
    ("show", "red.png"),
    ("ingest", "."),
    ("reindex",),
    ("doctor",),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_waits_says_for_whom_and_names_the_holder_at_the_end(
    shop: Shop, own: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    more = {"MUSAIC_STORE__WAIT_S": "1"}

    with held(_STORE, own / ".musaic") as holder:
        answer = run(*command, "--library", own, here=shop.pictures, more=more)

    waits, *rest = answer.stderr.splitlines()
    assert answer.exit_code == 2
    assert waits.startswith("note: the library")
    assert "1 s at most" in waits
    assert all(f"process {holder.pid}" in each for each in (waits, rest[-1] if rest else answer.stdout))
    assert "also after 1 s" in answer.stderr + answer.stdout


def test_a_library_that_this_very_process_holds_is_not_waited_for(own: Path) -> None:
    told: list[str] = []
    with Library.open(own, store={"wait_s": 3600}) as first:
        first.search("red")
        second = Library.open(own, store={"wait_s": 3600}, notify=told.append)
        with pytest.raises(LibraryError, match="this very program"):
            second.search("red")
        second.close()

    assert told == []


def test_how_long_to_wait_is_a_setting() -> None:
    assert StoreSettings().wait_s == 10
    assert StoreSettings(wait_s=0).wait_s == 0


# --- the ledger ----------------------------------------------------------------------------------
@told_by_the_system
def test_who_writes_the_ledger_is_named_and_waited_for(tmp_path: Path) -> None:
    told: list[str] = []
    with Ledger(tmp_path / "ledger.sqlite") as made:
        made.remember("a", "b")
    with held(_LEDGER, tmp_path / "ledger.sqlite") as holder:

        def notify(text: str) -> None:
            told.append(text)
            let_go(holder)

        with Ledger(tmp_path / "ledger.sqlite", notify=notify) as ledger:
            ledger.remember("a", "c")
            assert ledger.note("a") == "c"

    (text,) = told
    assert f"ledger.sqlite is being written by process {holder.pid} (`{sys.executable}" in text
    assert "waiting for it, 30 s at most" in text


@told_by_the_system
def test_a_ledger_that_stays_taken_says_by_whom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_WAIT_S", 0.1)
    with Ledger(tmp_path / "ledger.sqlite") as ledger, held(_LEDGER, tmp_path / "ledger.sqlite") as holder:
        assert ledger.note("a") is None, "reading waits for nobody"
        with pytest.raises(LibraryError, match=f"being written by process {holder.pid} "):
            ledger.remember("a", "c")


def test_sqlite_itself_waits_for_nothing_that_we_could_not_break_off(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ((milliseconds,),) = ledger._rows("PRAGMA busy_timeout")

    assert milliseconds < 100


# --- downloads -----------------------------------------------------------------------------------
@told_by_the_system
def test_who_fetches_the_same_weights_is_named_and_waited_for(tmp_path: Path) -> None:
    told: list[str] = []
    with held(_LOCK, tmp_path / "lock") as holder:

        def notify(text: str) -> None:
            told.append(text)
            let_go(holder)

        with Hub(notify=notify)._waiting(FileLock(tmp_path / "lock"), "model.onnx of vit-b-32"):
            pass

    (text,) = told
    assert text.startswith(f"model.onnx of vit-b-32 is being fetched by process {holder.pid} (`")


def test_a_file_that_nobody_holds_has_no_known_holder(tmp_path: Path) -> None:
    (tmp_path / "free").touch()
    with sqlite3.connect(tmp_path / "own") as db:
        db.execute("BEGIN IMMEDIATE")
        held_by_ourselves = holder_of(tmp_path / "own")

    assert {holder_of(tmp_path / "free"), holder_of(tmp_path / "gone"), held_by_ourselves} == {
        "another process"
    }
