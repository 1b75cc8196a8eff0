"""A library that cannot be written is searched all the same: on read-only and on full disks, and without rights."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from musaic.disk import unwritable
from musaic.errors import LibraryError, StoreError
from musaic.ledger import FileState, Ledger
from musaic.library import Library
from musaic.store import Store
from tests.shop import PROGRAM, Answer, Shop, call, environment
from tests.test_ingest_odd import without_rights

READING = [
    ("search", "red", "--paths", "-n", "1"), ("similar", "red.png", "--paths", "-n", "1"), ("show", "red.png"),
    ("lineage",), ("costs",), ("recipes",), ("doctor",), ("generate", "red", "--dry-run"),
]  # fmt: skip
WRITING = [("ingest", "."), ("reindex", "--model", "starter"), ("generate", "red", "--ref", "red.png")]
# A mount of our own, which ends with the process: in it the library is what `how` makes of it.
_READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
_FULL = (
    'cp -a "$0" "$0.away" && mount -t tmpfs -o size=1m none "$0" && cp -a "$0.away/." "$0" && '
    'dd if=/dev/zero of="$0/rest" bs=1k 2>/dev/null; exec "$@"'
)
DISKS = [
    pytest.param(_READ_ONLY, "read-only file system", id="read-only"),
    pytest.param(_FULL, "no space left on device", id="full"),
]
_AS_ROOT = ("unshare", "--map-root-user", "--mount")


def _can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(
            [*_AS_ROOT, "mount", "-t", "tmpfs", "none", folder], capture_output=True, check=False
        )
    return tried.returncode == 0  # fmt: skip


mounts = pytest.mark.skipif(not _can_mount(), reason="this user can mount nothing")


@pytest.fixture
def own(shop: Shop) -> Iterator[Path]:
    """A library with pictures and an encoder of its own, in a place that every user can reach."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        top.chmod(0o755)
        for part in (shop.pictures, shop.model):
            shutil.copytree(part, top / part.name)
        (top / "temporary").mkdir()
        with Library.open(top, create=True, embed={"model": str(top / shop.model.name)}) as library:
            library.ingest(top / "pictures")
        yield top
        subprocess.run(["chmod", "-R", "u+rwX", name], check=True)


def mounted(how: str, own: Path, *command: str) -> Answer:
    """Run a command on the library, as a mount of its own makes it."""
    more = {"TMPDIR": str(own / "temporary")}
    done = subprocess.run(
        [*_AS_ROOT, "sh", "-c", how, str(own / ".musaic"), *PROGRAM, *command],
        cwd=own / "pictures", env=environment(own / "temporary", **more), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)


def powerless(own: Path, monkeypatch: pytest.MonkeyPatch, *command: str) -> Answer:
    """Run a command in this process on the library, which nobody may write: as a user without rights, also for root."""
    monkeypatch.chdir(own / "pictures")
    monkeypatch.setattr(tempfile, "tempdir", str(own / "temporary"))
    for each in READING:  # what is imported late may lie where only root reads
        call(*each)
    subprocess.run(["chmod", "-R", "a+rX,a-w", str(own / ".musaic"), str(own / "pictures")], check=True)
    (own / "temporary").chmod(0o777)
    with without_rights():
        return call(*command)


def check_read(own: Path, answer: Answer, command: tuple[str, ...], why: str) -> None:
    told = f"note: the library {own / '.musaic'} cannot be written ({why}): it can be searched"
    assert answer.exit_code == 0, answer.stderr
    assert (told in answer.stderr) is (command != ("recipes",))
    assert "Traceback" not in answer.stderr
    if command[0] == "search":
        assert answer.stdout == f"{own / 'pictures/red.png'}\n"
    assert list((own / "temporary").glob("musaic-*")) == [], "what was made to read goes again"


def check_refused(answer: Answer, why: str) -> None:
    last = answer.stderr.splitlines()[-1]
    assert answer.exit_code == 2
    assert last.startswith("musaic: ")
    assert f"cannot be written ({why}); free space or fix its rights" in last
    assert "Traceback" not in answer.stderr


@mounts
@pytest.mark.parametrize("command", READING, ids=lambda words: words[0])
@pytest.mark.parametrize(("how", "why"), DISKS)
def test_what_only_reads_works_on_a_read_only_and_on_a_full_disk(
    own: Path, how: str, why: str, command: tuple[str, ...]
) -> None:
    check_read(own, mounted(how, own, *command), command, why)


@mounts
@pytest.mark.parametrize("command", WRITING, ids=lambda words: words[0])
@pytest.mark.parametrize(("how", "why"), DISKS)
def test_what_writes_ends_with_one_sentence_and_loses_nothing(
    own: Path, how: str, why: str, command: tuple[str, ...]
) -> None:
    before = {path: path.read_bytes() for path in (own / ".musaic").rglob("*") if path.is_file()}

    check_refused(mounted(how, own, *command), why)

    assert {path: path.read_bytes() for path in (own / ".musaic").rglob("*") if path.is_file()} == before


@pytest.mark.skipif(os.name == "nt", reason="rights are of another kind there")
@pytest.mark.parametrize("command", READING, ids=lambda words: words[0])
@pytest.mark.usefixtures("alone")
def test_what_only_reads_works_without_rights(
    own: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    check_read(own, powerless(own, monkeypatch, *command), command, "permission denied")


@pytest.mark.skipif(os.name == "nt", reason="rights are of another kind there")
@pytest.mark.parametrize("command", WRITING, ids=lambda words: words[0])
@pytest.mark.usefixtures("alone")
def test_what_writes_without_rights_says_so(
    own: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    check_refused(powerless(own, monkeypatch, *command), "permission denied")


@pytest.mark.skipif(os.name == "nt", reason="rights are of another kind there")
@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    "command", [("search", "red", "--paths"), ("similar",), ("show",)], ids=lambda words: words[0]
)
def test_originals_that_may_not_be_looked_at_are_found_all_the_same(
    own: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    red = str(own / "pictures/red.png")
    words = command if command[0] == "search" else (*command, red)
    call(*words, "--library", own)
    subprocess.run(["chmod", "-R", "a+rwX", str(own)], check=True)
    (own / "pictures").chmod(0)

    with without_rights():
        answer = call(*words, "--library", own)

    (own / "pictures").chmod(0o755)
    assert answer.exit_code == 0, answer.stderr
    assert str(own / "pictures") in answer.stdout


# --- the parts -----------------------------------------------------------------------------------
@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> str:
    """Let nothing be written, also by root: the file systems of tests can be."""
    monkeypatch.setattr("musaic.ledger.database.unwritable", lambda _: "read-only file system")
    monkeypatch.setattr("musaic.store.embedded.unwritable", lambda _: "read-only file system")
    return "read-only file system"


def test_a_log_beside_a_ledger_that_cannot_be_written_is_read_too(
    tmp_path: Path, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ledger.sqlite"
    with Ledger(file) as ledger:
        ledger.record([FileState("/p", "a.png", 1, 2, "a")])
        # As a process leaves it that was killed.
        for name in ("ledger.sqlite", "ledger.sqlite-wal"):
            shutil.copy(tmp_path / name, tmp_path / f"left-{name}")
    monkeypatch.setattr(Ledger, "_open", _refusing)

    with Ledger(tmp_path / "left-ledger.sqlite") as left:
        assert left.asset_ids() == {"a"}
        assert left.unwritable == nowhere
        with pytest.raises(LibraryError, match=r"cannot be written \(read-only file system\)"):
            left.remember("a", "b")
    assert (tmp_path / "left-ledger.sqlite-wal").stat().st_size


def test_an_older_ledger_that_cannot_be_written_is_read_as_if_it_had_been_brought_up_to_date(
    tmp_path: Path, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from musaic.ledger import schema

    with sqlite3.connect(tmp_path / "ledger.sqlite") as db:
        for statement in schema._FILES:
            db.execute(statement)
        db.execute("INSERT INTO files VALUES ('/p', 'a.png', 1, 2, 'a', NULL, NULL)")
        db.execute("PRAGMA user_version = 1")
    before = (tmp_path / "ledger.sqlite").read_bytes()
    monkeypatch.setattr(Ledger, "_open", _refusing)

    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert (ledger.asset_ids(), ledger.recent(5)) == ({"a"}, [])
    assert (tmp_path / "ledger.sqlite").read_bytes() == before


def test_a_damaged_ledger_in_a_place_that_can_be_written_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"no database at all, but long enough to be taken for one" * 40)

    with pytest.raises(LibraryError, match="cannot be used"):
        Ledger(tmp_path / "ledger.sqlite")


def test_rows_that_were_not_flushed_are_read_and_the_store_stays_as_it_is(
    shop: Shop, tmp_path: Path, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from musaic.config import StoreSettings
    from musaic.store import embedded

    folder = tmp_path / ".musaic"
    with Library.open(shop.library) as library, library._opened() as store:
        rows = [row for some in store.rows() for row in some]
        fingerprint = store.fingerprint()
        assert fingerprint is not None
    folder.mkdir()
    with Store.open(StoreSettings(), folder) as written:
        written.create(fingerprint)
        written.upsert(rows)
        shutil.copytree(folder, tmp_path / "left")  # as a process leaves it that was killed
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "left").rglob("*")}
    monkeypatch.setattr(embedded, "_open_to_write", _refusing)

    with Store.open(StoreSettings(), tmp_path / "left") as store:
        assert set(store.ids()) == {row.asset.id for row in rows}
        assert store.unwritable == nowhere
        for write in (lambda: store.upsert(rows), lambda: store.delete(["a"]), store.drop):
            with pytest.raises(StoreError, match=r"left/vectors\.db cannot be written"):
                write()
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "left").rglob("*")} == before


def _refusing(*_: object) -> None:
    raise (
        LibraryError("it cannot be opened") if isinstance(_[0], Ledger) else StoreError("it cannot be locked")
    )


def test_whether_a_folder_can_be_written_is_tried_and_leaves_nothing(tmp_path: Path) -> None:
    assert unwritable(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    assert unwritable(tmp_path / "gone") == "no such file or directory"
