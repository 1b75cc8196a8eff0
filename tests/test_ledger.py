"""The ledger keeps what it was told, all of it or nothing, and says in words why it cannot."""

import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from musaic.errors import LibraryError
from musaic.ledger import FileState, Ledger
from tests.recording import finished, process


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


def state(
    path: str, asset_id: str | None = "a", *, size: int = 10, mtime: int = 1, reason: str | None = None
):
    folder, name = path.rsplit("/", 1)
    return FileState(folder, name, size, mtime, asset_id, reason)


def test_what_is_recorded_survives_closing(tmp_path: Path) -> None:
    written = [
        state("/p/a.png"),
        state('/p/it\'s "odd"\n🙂.png', "b"),
        state("/p/notes.txt", None, reason="is text"),
    ]
    with Ledger(tmp_path / "l") as ledger:
        ledger.record(written)
        ledger.remember("fingerprint", "x")

    with Ledger(tmp_path / "l") as ledger:
        assert sorted(ledger.known_in("/p").values(), key=str) == sorted(written, key=str)
        assert ledger.note("fingerprint") == "x"
        assert ledger.note("nothing") is None


def test_closed_ledger_is_said_to_be_closed_and_not_damaged(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.close()

    for use in (ledger.counts, lambda: ledger.remember("a", "b")):
        with pytest.raises(LibraryError, match=r"^this library is closed; open it again$"):
            use()


def test_a_path_has_one_state_and_an_asset_many_paths(ledger: Ledger) -> None:
    ledger.record([state("/p/b.png"), state("/p/a.png"), state("/p/c.png", "other")])
    ledger.record([state("/p/c.png", "a", size=11)])

    assert [each.path for each in ledger.states_of(["a", "other"])["a"]] == [
        "/p/a.png",
        "/p/b.png",
        "/p/c.png",
    ]
    assert ledger.asset_ids() == {"a"}
    assert ledger.counts() == (1, 3, 0)


def test_many_assets_are_looked_up_at_once(ledger: Ledger) -> None:
    ledger.record([state(f"/p/{number}", str(number)) for number in range(2_500)])

    assert len(ledger.states_of(str(number) for number in range(2_500))) == 2_500


def test_folders_under_a_root_are_not_those_beside_it(ledger: Ledger) -> None:
    ledger.record(
        [state(f"{folder}/x.png") for folder in ("/a", "/a/deep/er", "/ab", "/a b", "/b", "/a0", "/a.d")]
    )

    assert set(ledger.folders_under("/a")) == {"/a", "/a/deep/er"}
    assert set(ledger.folders_under("/")) == {"/a", "/a/deep/er", "/ab", "/a b", "/b", "/a0", "/a.d"}


def test_vanished_files_are_marked_and_recording_brings_them_back(ledger: Ledger) -> None:
    here, there = state("/p/a.png"), state("/p/b.png", "b")
    ledger.record([here, there])

    ledger.mark_vanished([there], now=1_700_000_000)

    assert ledger.known_in("/p")["b.png"].vanished
    assert not ledger.known_in("/p")["a.png"].vanished
    assert ledger.counts() == (2, 2, 1)
    ledger.record([there])
    assert ledger.counts() == (2, 2, 0)


def test_adopting_leaves_what_is_known_alone(ledger: Ledger) -> None:
    ledger.record([state("/p/a.png", "new"), state("/p/t.txt", None, reason="is text")])

    ledger.adopt([state("/p/a.png", "old"), state("/p/b.png", "old"), state("/p/t.txt", "old")])

    assert {name: each.asset_id for name, each in ledger.known_in("/p").items()} == {
        "a.png": "new",
        "b.png": "old",
        "t.txt": None,
    }


def test_forgetting_drops_files_or_whole_assets(ledger: Ledger) -> None:
    ledger.record([state("/p/a.png"), state("/q/a.png"), state("/p/b.png", "b")])

    ledger.forget([state("/p/b.png", "b")])
    assert ledger.asset_ids() == {"a"}
    assert not ledger.knows("/p/b.png")
    assert ledger.knows("/q/a.png")

    ledger.forget_assets(["a"])
    assert ledger.counts() == (0, 0, 0)


def test_sizes_of_ingested_files_only_are_known(ledger: Ledger) -> None:
    ledger.record([state("/p/a.png", size=10), state("/p/t.txt", None, size=20, reason="is text")])

    assert ledger.has_size(10)
    assert not ledger.has_size(20)


def test_a_write_is_all_or_nothing(ledger: Ledger) -> None:
    with pytest.raises(LibraryError):
        ledger.record([state("/p/a.png"), FileState("/p", "b.png", None, 1, "b")])  # type: ignore[arg-type]

    assert ledger.known_in("/p") == {}
    ledger.record([state("/p/a.png")])
    assert ledger.counts() == (1, 1, 0)


def test_threads_take_turns(ledger: Ledger) -> None:
    def write(number: int) -> None:
        for each in range(20):
            ledger.record([state(f"/p{number}/{each}", f"{number}-{each}")])
            ledger.known_in("/p0")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ledger.counts() == (60, 60, 0)


def test_a_damaged_file_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "l").write_bytes(b"not a database at all, but long enough to be taken for one" * 50)

    with pytest.raises(LibraryError, match=r"move it away and run `musaic ingest` again"):
        Ledger(tmp_path / "l")


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    Ledger(tmp_path / "l").close()
    db = sqlite3.connect(tmp_path / "l")
    db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(LibraryError, match="newer Musaic"):
        Ledger(tmp_path / "l")


def test_a_closed_ledger_says_so_in_our_words(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.close()
    ledger.close()

    with pytest.raises(LibraryError, match="closed"):
        ledger.known_in("/p")


def test_a_folder_that_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="cannot be written"):
        Ledger(tmp_path / "nowhere" / "l")


def test_a_full_disk_is_an_error_in_words_and_leaves_the_ledger_whole(tmp_path: Path) -> None:
    """The system refuses files beyond a size, in a process of its own, as a full disk would."""
    code = textwrap.dedent(f"""
        import resource, signal
        from pathlib import Path
        from musaic.errors import LibraryError
        from musaic.ledger import FileState, Ledger
        with Ledger(Path({str(tmp_path / "l")!r})) as ledger:
            ledger.record([FileState("/p", "first", 1, 1, "first")])
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
            try:
                ledger.record([FileState("/p", str(n), 1, 1, str(n)) for n in range(20_000)])
            except LibraryError as exc:
                print(exc)
    """)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert "cannot be written (" in done.stdout
    assert "free space" in done.stdout
    with Ledger(tmp_path / "l") as ledger:
        assert ledger.asset_ids() == {"first"}


# --- an older file ---------------------------------------------------------------------------------------
FIRST_VERSION = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    asset_id TEXT,               -- NULL for a skipped file
    reason TEXT,                 -- why a file was skipped
    vanished_at INTEGER,         -- seconds since 1970; NULL while the file is there
    PRIMARY KEY (folder, name)
) WITHOUT ROWID;
CREATE INDEX files_by_asset ON files (asset_id) WHERE asset_id IS NOT NULL;
CREATE INDEX files_by_size ON files (size_bytes) WHERE asset_id IS NOT NULL;
PRAGMA user_version = 1;
INSERT INTO meta VALUES ('fingerprint', 'x');
INSERT INTO files VALUES ('/p', 'a.png', 10, 1, 'a', NULL, NULL), ('/p', 'b.png', 10, 1, 'b', NULL, 7);
"""


def first_version(path: Path, *more: str) -> Path:
    """Write a ledger as Musaic 0.1 left it."""
    db = sqlite3.connect(path)
    db.executescript("PRAGMA journal_mode = WAL;" + FIRST_VERSION + ";".join(more))
    db.close()
    return path


def version_and_tables(path: Path) -> tuple[int, set[str]]:
    db = sqlite3.connect(path)
    ((version,),) = db.execute("PRAGMA user_version")
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    db.close()
    return version, tables


def test_an_older_file_gets_what_it_lacks_and_keeps_what_it_has(tmp_path: Path) -> None:
    with Ledger(first_version(tmp_path / "l")) as ledger:
        assert ledger.note("fingerprint") == "x"
        assert ledger.counts() == (2, 2, 1)
        ledger.wait_to_encode("a", "g-000000000001")

    with Ledger(tmp_path / "l") as ledger:
        assert ledger.waiting() == [("a", "g-000000000001")]
        assert ledger.known_in("/p")["b.png"].vanished
    with Ledger(tmp_path / "fresh"):
        pass
    assert version_and_tables(tmp_path / "l") == version_and_tables(tmp_path / "fresh")
    assert version_and_tables(tmp_path / "l")[0] == 2


def test_an_upgrade_that_fails_in_the_middle_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """The name of a later table is taken, so that the first ones can be made and it cannot."""
    path = first_version(tmp_path / "l", "CREATE TABLE settlements (mine)")
    before = version_and_tables(path)

    with pytest.raises(LibraryError, match="settlements already exists"):
        Ledger(path)

    assert version_and_tables(path) == before == (1, {"meta", "files", "settlements"})


def test_processes_that_open_an_older_file_at_once_upgrade_it_once(tmp_path: Path) -> None:
    path = first_version(tmp_path / "l")
    code = "import sys\nfrom pathlib import Path\nfrom musaic.ledger import Ledger\nsys.stdin.readline()\n"
    code += "with Ledger(Path(sys.argv[1])) as ledger:\n    print(ledger.counts(), ledger.waiting())"
    started = [process(code, path) for _ in range(4)]

    for each in started:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()

    assert [finished(each) for each in started] == [["(2, 2, 1) []"]] * 4


def test_a_newer_file_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = first_version(tmp_path / "l", "PRAGMA user_version = 3")

    with pytest.raises(LibraryError, match="newer Musaic"):
        Ledger(path)

    assert version_and_tables(path) == (3, {"meta", "files"})


def test_a_new_file_that_another_process_is_just_making_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself refuses at once to change how a file is kept that another one is writing to."""
    other = sqlite3.connect(tmp_path / "l", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    later = threading.Timer(0.2, other.execute, ["COMMIT"])
    later.start()

    with Ledger(tmp_path / "l") as ledger:
        assert ledger.counts() == (0, 0, 0)

    later.join()
    other.close()


def test_threads_that_write_at_once_never_meet_in_one_transaction(ledger: Ledger) -> None:
    """A transaction that is open in one thread keeps the others waiting, not failing."""
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for each in range(50):
                with ledger._transaction():
                    ledger.note(f"{number}")
                    threading.Event().wait(0.0001)
                ledger.remember(f"{number}", f"{each}")
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert [ledger.note(str(number)) for number in range(3)] == ["49"] * 3


def test_what_must_survive_a_power_cut_is_synced_and_the_rest_is_not(ledger: Ledger) -> None:
    statements: list[str] = []
    ledger._db.set_trace_callback(statements.append)
    levels = []
    for survives in ("power cut", "kill"):
        with ledger._transaction(survives):  # type: ignore[arg-type]
            levels.append(ledger._rows("PRAGMA synchronous")[0][0])

    assert levels == [2, 1]
    assert ledger._rows("PRAGMA synchronous") == [(1,)]
    assert statements.index("PRAGMA synchronous = FULL") < statements.index("BEGIN IMMEDIATE")
