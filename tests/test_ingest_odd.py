"""What ingest does when the world moves under it: growing files, failing encoders, full disks, lost stores."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from musaic.errors import ConfigError, EmbedError, LibraryError
from musaic.ingest import Pools
from musaic.ingest.plan import Planner
from musaic.ledger import FileState, Ledger
from musaic.schemas import DoneEvent
from musaic.store import Row, Store, vectors
from tests.ingesting import OpenLibrary, counts, draw, draw_many, id_of

SRC = Path(__file__).parents[1] / "src"


# --- the scan -------------------------------------------------------------------------------------
def test_the_plan_passes_on_that_the_list_is_slow(library: OpenLibrary) -> None:
    planner = Planner(library.ledger, settle_s=0, stop=threading.Event())

    assert list(planner.jobs([None, None])) == [None, None]


# --- the encoder ---------------------------------------------------------------------------------
def test_a_picture_the_encoder_refuses_fails_alone_and_is_tried_again(
    library: OpenLibrary, photos: Path
) -> None:
    black = photos / "black.png"
    Image.new("RGB", (40, 40)).save(black)

    def refuse_black(pixels: np.ndarray) -> None:
        if (pixels.max(axis=(1, 2, 3)) < 0).any():
            raise RuntimeError("black")

    library.embedder.refuse = refuse_black
    assert counts(library.ingest(photos)) == {"added": 3, "failed": 1}
    assert library.reasons()[str(black)] == "failed: could not be taken in (RuntimeError: black)"

    library.embedder.refuse = lambda pixels: None
    assert counts(library.ingest(photos)) == {"added": 1, "unchanged": 3}


def test_an_encoder_that_fails_on_everything_ends_the_run_and_nothing_is_recorded(
    library: OpenLibrary, photos: Path
) -> None:
    def refuse(pixels: np.ndarray) -> None:
        raise RuntimeError("no memory")

    library.embedder.refuse = refuse
    with pytest.raises(EmbedError, match="no memory"):
        library.ingest(photos)

    assert library.ledger.counts() == (0, 0, 0)
    library.embedder.refuse = lambda pixels: None
    assert counts(library.ingest(photos)) == {"added": 3}


def test_the_encoder_is_not_loaded_where_nothing_changed(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)

    def load() -> object:
        raise AssertionError("loaded")

    done = list(library.start(embedder=load).run([photos]))[-1]
    assert isinstance(done, DoneEvent)
    assert counts(done) == {"unchanged": 3}


# --- bounds --------------------------------------------------------------------------------------
def test_memory_is_bounded_by_the_pools_and_a_flush(library: OpenLibrary, tmp_path: Path) -> None:
    """Counted, not timed: pictures prepared and not yet encoded."""
    draw_many(tmp_path / "photos", 400)
    prepared, encoded, most = itertools.count(1), 0, 0
    real = library.embedder.prepare

    def prepare(picture: Image.Image) -> np.ndarray:
        nonlocal most
        most = max(most, next(prepared) - encoded)
        return real(picture)

    def slow(pixels: np.ndarray) -> None:
        nonlocal encoded
        time.sleep(0.002)
        encoded += len(pixels)

    library.embedder.prepare, library.embedder.refuse = prepare, slow  # type: ignore[method-assign]
    assert counts(library.ingest(tmp_path / "photos")) == {"added": 400}

    assert most <= Pools(batch_size=library.settings.batch_size, decoders=2, callers=2).in_flight


def test_a_stop_finishes_what_is_in_hand_and_the_next_run_goes_on(
    library: OpenLibrary, tmp_path: Path
) -> None:
    draw_many(tmp_path / "photos", 300)
    stop = threading.Event()
    library.embedder.refuse = lambda pixels: stop.set()

    events = list(library.start(stop=stop).run([tmp_path / "photos"], prune=True))

    first = events[-1]
    assert isinstance(first, DoneEvent)
    assert first.interrupted
    assert 0 < first.added < 100
    assert len(library.rows()) == first.added
    library.embedder.refuse = lambda pixels: None
    assert counts(library.ingest(tmp_path / "photos")) == {
        "added": 300 - first.added,
        "unchanged": first.added,
    }
    assert library.encoded == 300 - first.added


def test_an_unchanged_run_opens_no_file_and_writes_nothing(library: OpenLibrary, tmp_path: Path) -> None:
    files = draw_many(tmp_path / "photos", 100)
    library.ingest(tmp_path / "photos")
    # The other 9,900 are written into the ledger by hand, only to be quick.
    links = [(path, path.with_suffix(f".{number}")) for path in files for number in range(99)]
    states = library.ledger.known_in(str(tmp_path / "photos"))
    for path, link in links:
        os.link(path, link)
    library.ledger.record([replace(states[path.name], name=link.name) for path, link in links])
    opened: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and str(arguments[0]).startswith(str(files[0].parent)):
            opened.append(str(arguments[0]))

    sys.addaudithook(watch)
    statements: list[str] = []
    library.ledger._db.set_trace_callback(statements.append)
    started = time.monotonic()
    done = library.ingest(tmp_path / "photos")
    seconds = time.monotonic() - started
    watching = False

    assert counts(done) == {"unchanged": 10_000}
    assert opened == []
    assert len(statements) < 30, statements[:40]
    assert not any(statement.startswith(("INSERT", "UPDATE", "DELETE")) for statement in statements)
    assert seconds < 5
    shutil.copy(files[0], files[0].with_suffix(".new"))
    watching = True
    library.ingest(tmp_path / "photos")
    watching = False
    assert set(opened) == {str(files[0].with_suffix(".new"))}, "the watch sees what is opened"


# --- ledger and store drift apart ----------------------------------------------------------------
def test_rows_that_are_missing_come_back(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    library.store.delete([id_of(photos / "a.png")])

    assert counts(library.ingest(photos)) == {"added": 1, "unchanged": 2}
    assert len(library.rows()) == 3


def test_a_deleted_store_is_filled_again(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    library.close()
    shutil.rmtree(library.folder / "vectors.db")
    library.open()

    assert counts(library.ingest(photos)) == {"added": 3}
    assert len(library.rows()) == 3


def test_a_deleted_ledger_is_rebuilt_without_encoding(library: OpenLibrary, photos: Path) -> None:
    draw_many(photos.parent / "elsewhere", 2)
    shutil.copy(photos / "a.png", photos / "copy.png")
    library.ingest(photos, photos.parent / "elsewhere")
    rows = library.rows()
    library.close()
    for path in library.folder.glob("ledger.sqlite*"):
        path.unlink()
    library.open()

    assert counts(library.ingest(photos)) == {"unchanged": 4}
    assert library.encoded == 0
    assert library.rows() == rows, "what lies elsewhere is kept too"
    assert counts(library.ingest(photos)) == {"unchanged": 4}


def test_rows_of_files_that_are_known_to_be_others_are_removed(library: OpenLibrary, photos: Path) -> None:
    """As a run leaves them that was killed after it had replaced a file's content."""
    library.ingest(photos)
    (row,) = library.store.get([id_of(photos / "a.png")])
    ghost = row.asset.model_copy(update={"id": "f" * 32, "asset_id": "f" * 32})
    library.store.upsert([type(row)(ghost, row.vector)])

    assert counts(library.ingest(photos)) == {"unchanged": 3}
    assert "f" * 32 not in library.rows()


def test_another_store_is_filled_though_it_holds_as_many_rows(library: OpenLibrary, photos: Path) -> None:
    draw_many(photos.parent / "others", 3)
    library.ingest(photos)
    library.store.delete([id_of(path) for path in photos.iterdir()])
    library.ingest(photos.parent / "others")
    library.ledger.forget_assets([id_of(path) for path in (photos.parent / "others").iterdir()])
    library.ingest(photos.parent / "others")

    done = list(library.start(place="http://elsewhere musaic").run([photos]))[-1]

    assert isinstance(done, DoneEvent)
    assert done.added + done.unchanged == 3
    assert {id_of(path) for path in photos.iterdir()} <= set(library.rows())


# --- the library folder cannot be written to -----------------------------------------------------
def test_thumbnails_that_cannot_be_written_end_the_run_with_a_reason(
    library: OpenLibrary, photos: Path
) -> None:
    (library.folder / "thumbs").write_text("in the way")

    with pytest.raises(LibraryError, match=r"thumbs/.* cannot be written \(.*free space or fix its rights"):
        library.ingest(photos)

    (library.folder / "thumbs").unlink()
    assert counts(library.ingest(photos)) == {"added": 3}


def test_a_full_disk_is_said_in_words_and_the_next_run_completes(
    library: OpenLibrary, tmp_path: Path, model: Path
) -> None:
    """The system refuses files beyond a size, in a process of its own, as a full disk would."""
    for number in range(5):
        draw(tmp_path / "photos" / f"{number}.png", number, size=(400, 300))
    library.close()
    code = textwrap.dedent(f"""
        import resource, signal
        from musaic.library import Library
        from musaic.errors import MusaicError
        with Library.open({str(tmp_path)!r}, create=True, embed={{"model": {str(model)!r}}},
                          ingest={{"settle_s": 0}}) as library:
            library.ingest({str(tmp_path / "photos" / "0.png")!r})
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY))
            try:
                library.ingest({str(tmp_path / "photos")!r})
            except MusaicError as exc:
                print(exc)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    """)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert "cannot be written (File too large); free space or fix its rights" in done.stdout
    library.open()
    done = library.ingest(tmp_path / "photos")
    assert (done.failed, done.added + done.updated + done.unchanged) == (0, 5)
    assert len(library.rows()) == 5


# --- the rights of files -------------------------------------------------------------------------
@pytest.fixture
def nobody(model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenLibrary]:
    """A library with a folder `photos` beside it, both in the hands of a user without rights, also for root."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(model / "cache"))
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        top.chmod(0o755)
        opened = OpenLibrary(top / ".musaic", model)
        for path in ("a.png", "sub/b.png", "sub/deep/c.png"):
            draw(top / "photos" / path, path)
        opened.ingest(top / "photos")
        subprocess.run(["chmod", "-R", "a+rwX", str(opened.folder)], check=True)
        yield opened
        subprocess.run(["chmod", "-R", "u+rwX", name], check=True)
        opened.close()


@contextmanager
def without_rights() -> Iterator[None]:
    """Root may read and write everything; so it steps back for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_source_is_read_and_left_as_it_is(nobody: OpenLibrary) -> None:
    photos = nobody.folder.parent / "photos"
    draw(photos / "new.png", "new")
    draw(photos / "secret.png", "secret").chmod(0)
    for folder in (photos / "sub" / "deep", photos / "sub", photos):
        folder.chmod(0o555)
    times = {path: path.stat().st_mtime_ns for path in photos.rglob("*")}

    with without_rights():
        done = nobody.ingest(photos, prune=True)

    assert counts(done) == {"added": 1, "unchanged": 3, "failed": 1}
    assert nobody.reasons() == {str(photos / "secret.png"): "failed: may not be read (permission denied)"}
    assert {path: path.stat().st_mtime_ns for path in photos.rglob("*")} == times


@pytest.mark.parametrize("mode", [0, 0o444])
def test_files_of_an_unreadable_folder_are_not_taken_for_vanished(nobody: OpenLibrary, mode: int) -> None:
    photos = nobody.folder.parent / "photos"
    (photos / "sub").chmod(mode)

    with without_rights():
        done = nobody.ingest(photos, prune=True)

    assert (done.vanished, done.pruned) == (0, 0)
    assert done.failed >= 1
    assert all("permission denied" in reason for reason in nobody.reasons().values())
    assert len(nobody.rows()) == 3


def test_a_source_that_may_not_be_looked_at_is_said_so(nobody: OpenLibrary) -> None:
    photos = nobody.folder.parent / "photos"
    photos.chmod(0)

    with without_rights(), pytest.raises(ConfigError, match="may not be read"):
        nobody.ingest(photos / "a.png")


# --- numbers wider than a column -----------------------------------------------------------------
@pytest.mark.parametrize("year", [1500, 1677, 2262, 2400])
def test_a_file_time_that_nanoseconds_cannot_hold_is_taken_in_and_stays_unchanged(
    library: OpenLibrary, photos: Path, year: int
) -> None:
    seconds = int(datetime(year, 12, 31, tzinfo=UTC).timestamp())
    os.utime(photos / "a.png", ns=(0, seconds * 10**9))
    if (photos / "a.png").stat().st_mtime_ns // 10**9 != seconds:
        pytest.skip(f"this file system holds no time of {year}")

    assert counts(library.ingest(photos)) == {"added": 3}
    assert counts(library.ingest(photos)) == {"unchanged": 3}
    (photos / "a.png").unlink()
    assert counts(library.ingest(photos, prune=True)) == {"unchanged": 2, "vanished": 1, "pruned": 1}


def test_a_library_whose_rows_the_ledger_could_not_hold_heals(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    # As an older program left it: rows with a time whose nanoseconds no column holds, and a ledger without them.
    (row,) = library.store.get([id_of(photos / "a.png")])
    library.store.upsert([replace(row, asset=row.asset.model_copy(update={"modified_at": 13_569_465_600}))])
    library.ledger.forget_assets([row.asset.asset_id])

    assert counts(library.ingest(photos)) == {"unchanged": 3}
    assert library.encoded == 0
    assert library.ledger.counts()[0] == library.store.count() == 3


@pytest.mark.parametrize("trouble", [TypeError("nobody foresaw this"), OverflowError("too wide")])
def test_a_row_that_cannot_be_written_for_a_reason_nobody_foresaw_fails_alone(
    library: OpenLibrary, photos: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    upsert = type(library.store).upsert

    def refusing(self: Store, rows: Sequence[Row]) -> None:
        if any(row.asset.filename == "b.png" for row in rows):
            raise trouble
        upsert(self, rows)

    monkeypatch.setattr(Store, "upsert", refusing)
    assert counts(library.ingest(photos)) == {"added": 2, "failed": 1}
    assert str(trouble) in library.reasons()[str(photos / "b.png")]

    monkeypatch.undo()
    assert counts(library.ingest(photos)) == {"added": 1, "unchanged": 2}
    assert len(library.rows()) == 3


def test_a_value_that_milvus_refuses_is_the_rows_own_fault(
    library: OpenLibrary, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_record = vectors.to_record

    def unchecked(row: Row, *, dim: int) -> dict[str, object]:
        wrong = {"size_bytes": 1 << 63} if row.asset.filename == "b.png" else {}
        return to_record(row, dim=dim) | wrong

    monkeypatch.setattr(vectors, "to_record", unchecked)

    assert counts(library.ingest(photos)) == {"added": 2, "failed": 1}
    assert "move it away" not in library.reasons()[str(photos / "b.png")]


def test_a_file_that_the_ledger_cannot_hold_fails_alone(
    library: OpenLibrary, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = type(library.ledger).record

    def refusing(self: Ledger, states: Sequence[FileState]) -> None:
        if any(state.name == "b.png" for state in states):
            raise OverflowError("too wide")
        record(self, states)

    monkeypatch.setattr(type(library.ledger), "record", refusing)
    assert counts(library.ingest(photos)) == {"added": 2, "failed": 1}
    assert "too wide" in library.reasons()[str(photos / "b.png")]

    monkeypatch.undo()
    assert counts(library.ingest(photos)) == {"unchanged": 3}
