"""What ingest promises of files and assets: identity is the content, sources are only read, nothing is lost."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from musaic.embed.testing import tiny_model
from musaic.errors import ConfigError, EmbedError, LibraryError
from musaic.ingest import Pools, thumb_path
from musaic.schemas import DoneEvent
from tests.ingesting import LONG_AGO_NS, OpenLibrary, draw, draw_many, id_of, listing
from tests.test_media_refusals import png_declaring
from tests.test_media_sniff import WRITERS, two_halves

SRC = Path(__file__).parents[1] / "src"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def library(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenLibrary]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(model / "cache"))
    opened = OpenLibrary(tmp_path / ".musaic", model)
    yield opened
    opened.close()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name in ("a", "b", "c"):
        draw(folder / f"{name}.png", name)
    return folder


def counts(done: DoneEvent) -> dict[str, int]:
    """The counts of a run that are not 0."""
    names = ("added", "updated", "unchanged", "failed", "skipped", "vanished", "pruned")
    return {name: getattr(done, name) for name in names if getattr(done, name)}


# --- what is taken -------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_is_known_by_its_content_in_any_letter_case(
    library: OpenLibrary, tmp_path: Path, kind: str
) -> None:
    content = WRITERS[kind][1](two_halves())
    for name in ("no ending", "WRONG.TXT", "wrong.Mp4"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    done = library.ingest(tmp_path / "photos")

    assert counts(done) == {"added": 1, "updated": 2}
    assert len(library.rows()[id_of(path)]) == 3


def test_one_bad_file_of_each_kind_never_stops_the_run(library: OpenLibrary, photos: Path) -> None:
    (photos / "empty.jpg").touch()
    (photos / "text.png").write_text("not a picture")
    (photos / "cut.png").write_bytes((photos / "a.png").read_bytes()[:60])
    (photos / "bomb.png").write_bytes(png_declaring(1_000_000, 1_000_000))
    (photos / ".hidden.png").write_bytes((photos / "a.png").read_bytes())
    (photos / "broken link.png").symlink_to(photos / "nowhere")
    os.mkfifo(photos / "pipe.png")
    (photos / "loop").symlink_to(photos)

    done = library.ingest(photos)

    assert counts(done) == {"added": 3, "failed": 2, "skipped": 6}
    assert {Path(path).name: reason for path, reason in library.reasons().items()} == {
        "empty.jpg": "skipped: is empty",
        "text.png": "skipped: is no picture but text",
        "cut.png": library.reasons()[str(photos / "cut.png")],
        "bomb.png": library.reasons()[str(photos / "bomb.png")],
        ".hidden.png": "skipped: hidden",
        "broken link.png": "skipped: a link to nothing",
        "pipe.png": "skipped: not a regular file (a device, pipe or socket)",
        "loop": "skipped: a link back to a folder that was scanned already",
    }
    assert library.reasons()[str(photos / "bomb.png")].startswith("failed: ")
    assert "pixels" in library.reasons()[str(photos / "bomb.png")]
    again = library.ingest(photos)
    assert counts(again) == {"unchanged": 3, "failed": 2, "skipped": 6}
    assert library.encoded == 0


def test_a_missing_source_is_an_error_before_anything_is_done(library: OpenLibrary, photos: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        library.ingest(photos, photos / "nowhere")

    assert library.rows() == {}


def test_names_of_every_kind_come_back_as_they_are(library: OpenLibrary, tmp_path: Path) -> None:
    names = ['quote".png', "it's.png", "new\nline.png", "🙂 красный 红.png", "%s {x}\\.png", "in [1]/ü.png"]
    paths = {str(draw(tmp_path / "photos" / name, name)) for name in names}

    library.ingest(tmp_path / "photos")

    assert {path for paths in library.rows().values() for path in paths} == paths
    assert counts(library.ingest(tmp_path / "photos")) == {"unchanged": len(names)}


def test_names_that_are_not_utf8_fail_alone(library: OpenLibrary, photos: Path) -> None:
    shutil.copy(photos / "a.png", os.fsencode(photos) + b"/\xe9.png")
    Path(os.fsdecode(os.fsencode(photos) + b"/\xff")).mkdir()
    shutil.copy(photos / "a.png", os.fsencode(photos) + b"/\xff/x.png")

    for _ in range(2):
        assert library.ingest(photos).failed == 2
    assert len(library.rows()) == 3
    bad = os.fsdecode(os.fsencode(photos) + b"/\xff/x.png")
    assert counts(library.ingest(bad)) == {"failed": 1}


def test_a_source_is_never_written_to(library: OpenLibrary, photos: Path) -> None:
    (photos / "deep").mkdir()
    (photos / "deep" / "notes.txt").write_text("x")
    (photos / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    before = listing(photos)

    for _ in range(2):
        library.ingest(photos, prune=True)

    assert listing(photos) == before


# --- identity ------------------------------------------------------------------------------------
def test_the_same_picture_twice_is_one_asset_with_two_paths(library: OpenLibrary, photos: Path) -> None:
    shutil.copy(photos / "a.png", photos / "copy.png")

    assert counts(library.ingest(photos)) == {"added": 3, "updated": 1}
    assert library.rows()[id_of(photos / "a.png")] == (str(photos / "a.png"), str(photos / "copy.png"))

    shutil.copy(photos / "a.png", photos / "later.png")
    assert counts(library.ingest(photos)) == {"updated": 1, "unchanged": 4}
    assert library.encoded == 0
    assert len(library.rows()[id_of(photos / "a.png")]) == 3


def test_many_copies_decoded_at_once_get_one_thumbnail(library: OpenLibrary, photos: Path) -> None:
    """Threads once wrote it to the same temporary file, and the run ended with an error."""
    for number in range(60):
        shutil.copy(photos / "a.png", photos / f"copy {number}.png")

    done = library.ingest(photos)

    assert (done.added, done.updated, done.failed) == (3, 60, 0)
    assert not list(library.folder.rglob("*.part"))
    with Image.open(thumb_path(library.folder, id_of(photos / "a.png"))) as thumb:
        thumb.load()


def test_more_copies_than_a_row_can_hold_do_not_stop_the_run(
    library: OpenLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("musaic.ingest.run._FLUSH_ROWS", 2_000)  # rarer, only to be quick
    (original,) = draw_many(tmp_path / "photos", 1)
    for number in range(4_100):
        os.link(original, tmp_path / "photos" / f"link {number}.bmp")

    done = library.ingest(tmp_path / "photos")

    assert counts(done) == {"added": 1, "updated": 4_100}
    (row,) = library.store.get([id_of(original)])
    assert len(row.asset.paths) == 4_096
    assert counts(library.ingest(tmp_path / "photos")) == {"unchanged": 4_101}


def test_a_moved_file_is_not_encoded_again(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    assert library.encoded == 3
    (photos / "new").mkdir()
    (photos / "a.png").rename(photos / "new" / "name.png")

    done = library.ingest(photos)

    assert counts(done) == {"updated": 1, "unchanged": 2, "vanished": 1}
    assert library.encoded == 0
    asset_id = id_of(photos / "new" / "name.png")
    assert library.rows()[asset_id] == (str(photos / "new" / "name.png"),)
    (row,) = library.store.get([asset_id])
    assert (row.asset.filename, row.asset.folder) == ("name.png", str(photos / "new"))


def test_a_changed_file_is_encoded_again_and_its_old_asset_is_gone(
    library: OpenLibrary, photos: Path
) -> None:
    library.ingest(photos)
    old = id_of(photos / "a.png")
    draw(photos / "a.png", "new")

    done = library.ingest(photos)

    assert counts(done) == {"updated": 1, "unchanged": 2}
    assert library.encoded == 1
    assert old not in library.rows()
    assert library.rows()[id_of(photos / "a.png")] == (str(photos / "a.png"),)
    assert not thumb_path(library.folder, old).exists()


def test_a_changed_file_leaves_its_old_asset_to_the_other_paths(library: OpenLibrary, photos: Path) -> None:
    shutil.copy(photos / "a.png", photos / "copy.png")
    library.ingest(photos)
    old = id_of(photos / "a.png")
    draw(photos / "a.png", "new")

    library.ingest(photos)

    assert library.rows()[old] == (str(photos / "copy.png"),)


def test_a_file_that_is_no_picture_any_more_loses_its_asset(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    (photos / "a.png").write_text("now it is text")

    assert counts(library.ingest(photos)) == {"unchanged": 2, "skipped": 1}
    assert len(library.rows()) == 2


def test_a_picture_that_is_broken_for_now_keeps_its_asset(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    whole = (photos / "a.png").read_bytes()
    (photos / "a.png").write_bytes(whole[:60])

    assert counts(library.ingest(photos)) == {"unchanged": 2, "failed": 1}
    assert len(library.rows()) == 3
    (photos / "a.png").write_bytes(whole)
    assert counts(library.ingest(photos)) == {"unchanged": 3}
    assert library.encoded == 0


@pytest.mark.parametrize("batch", [1, 128])
def test_swapped_contents_are_followed(
    library: OpenLibrary, photos: Path, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("musaic.ingest.run._FLUSH_ROWS", batch)
    library.ingest(photos)
    first, second = id_of(photos / "a.png"), id_of(photos / "b.png")
    (photos / "a.png").rename(photos / "t")
    (photos / "b.png").rename(photos / "a.png")
    (photos / "t").rename(photos / "b.png")

    done = library.ingest(photos)

    assert counts(done) == {"updated": 2, "unchanged": 1}
    assert library.encoded == 0
    rows = library.rows()
    assert rows[first] == (str(photos / "b.png"),)
    assert rows[second] == (str(photos / "a.png"),)


def test_a_touched_file_is_not_encoded_again(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    os.utime(photos / "a.png", ns=(LONG_AGO_NS, LONG_AGO_NS))

    assert counts(library.ingest(photos)) == {"unchanged": 3}
    assert library.encoded == 0
    (row,) = library.store.get([id_of(photos / "a.png")])
    assert row.asset.modified_at == LONG_AGO_NS // 10**9
    assert counts(library.ingest(photos)) == {"unchanged": 3}


# --- what is gone --------------------------------------------------------------------------------
def test_a_vanished_file_is_marked_and_still_found(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    gone = id_of(photos / "a.png")
    (photos / "a.png").unlink()

    assert counts(library.ingest(photos)) == {"unchanged": 2, "vanished": 1}
    assert library.ledger.counts() == (3, 3, 1)
    assert library.rows()[gone] == (str(photos / "a.png"),)
    assert counts(library.ingest(photos)) == {"unchanged": 2}


def test_prune_removes_row_ledger_entry_and_thumbnail(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    gone = id_of(photos / "a.png")
    (photos / "a.png").unlink()
    library.ingest(photos)

    assert counts(library.ingest(photos, prune=True)) == {"unchanged": 2, "pruned": 1}
    assert gone not in library.rows()
    assert not library.ledger.knows(str(photos / "a.png"))
    assert not thumb_path(library.folder, gone).exists()


def test_one_of_two_paths_vanishes_and_comes_back(library: OpenLibrary, photos: Path, tmp_path: Path) -> None:
    shutil.copy2(photos / "a.png", photos / "copy.png")
    library.ingest(photos)
    asset_id = id_of(photos / "a.png")
    (photos / "copy.png").rename(tmp_path / "away.png")

    assert counts(library.ingest(photos)) == {"unchanged": 3, "vanished": 1}
    assert library.rows()[asset_id] == (str(photos / "a.png"),)

    (tmp_path / "away.png").rename(photos / "copy.png")
    assert counts(library.ingest(photos)) == {"unchanged": 4}
    assert library.rows()[asset_id] == (str(photos / "a.png"), str(photos / "copy.png"))
    assert library.encoded == 0


def test_prune_of_one_path_leaves_the_asset_to_the_other(library: OpenLibrary, photos: Path) -> None:
    shutil.copy(photos / "a.png", photos / "copy.png")
    library.ingest(photos)
    (photos / "a.png").unlink()

    assert counts(library.ingest(photos, prune=True)) == {"unchanged": 3, "vanished": 1}
    assert library.rows()[id_of(photos / "copy.png")] == (str(photos / "copy.png"),)
    assert not library.ledger.knows(str(photos / "a.png"))


def test_a_whole_folder_vanishes_and_comes_back_without_being_read(
    library: OpenLibrary, photos: Path, tmp_path: Path
) -> None:
    draw_many(photos / "season" / "deep", 5)
    library.ingest(photos)
    (photos / "season").rename(tmp_path / "away")

    assert counts(library.ingest(photos)) == {"unchanged": 3, "vanished": 5}
    (tmp_path / "away").rename(photos / "season")
    assert counts(library.ingest(photos)) == {"unchanged": 8}
    assert library.encoded == 0
    assert library.ledger.counts() == (8, 8, 0)


def test_an_asset_of_a_changed_and_a_vanished_path_names_the_vanished_one(
    library: OpenLibrary, photos: Path
) -> None:
    shutil.copy(photos / "a.png", photos / "copy.png")
    library.ingest(photos)
    asset_id = id_of(photos / "a.png")
    draw(photos / "a.png", "new")
    (photos / "copy.png").unlink()

    library.ingest(photos)

    assert library.rows()[asset_id] == (str(photos / "copy.png"),)


def test_an_empty_root_is_not_believed(library: OpenLibrary, photos: Path, tmp_path: Path) -> None:
    """So looks a mount point whose drive is not there."""
    library.ingest(photos)
    photos.rename(tmp_path / "drive")
    photos.mkdir()
    (photos / ".keep").touch()

    done = library.ingest(photos, prune=True)

    assert counts(done) == {"failed": 1, "skipped": 1}
    assert "is the drive mounted?" in library.reasons()[str(photos)]
    assert library.ledger.counts() == (3, 3, 0)
    (photos / ".keep").unlink()
    photos.rmdir()
    (tmp_path / "drive").rename(photos)
    assert counts(library.ingest(photos)) == {"unchanged": 3}


def test_an_empty_root_is_believed_from_the_folder_above(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    for path in photos.iterdir():
        path.unlink()
    draw(photos.parent / "more" / "x.png", "x")

    assert counts(library.ingest(photos, photos.parent / "more")) == {"added": 1, "failed": 1}
    assert counts(library.ingest(photos.parent, prune=True)) == {"unchanged": 1, "vanished": 3, "pruned": 3}


def test_prune_keeps_to_the_given_roots(library: OpenLibrary, tmp_path: Path) -> None:
    for folder in ("a", "ab", "a/deep", "b"):
        draw(tmp_path / folder / "x.png", folder)
        draw(tmp_path / folder / "stays.png", f"{folder} stays")
    library.ingest(*(tmp_path / name for name in ("a", "ab", "b")))
    for folder in ("a", "ab", "a/deep", "b"):
        (tmp_path / folder / "x.png").unlink()

    assert counts(library.ingest(tmp_path / "a", prune=True)) == {"unchanged": 2, "vanished": 2, "pruned": 2}
    assert library.ledger.knows(str(tmp_path / "ab" / "x.png"))
    assert library.ledger.counts() == (6, 6, 0)


@pytest.mark.parametrize("source", ["b.png", "*.png", "b*"])
def test_a_file_or_glob_says_nothing_about_its_neighbours(
    library: OpenLibrary, photos: Path, source: str
) -> None:
    library.ingest(photos)
    (photos / "a.png").unlink()

    done = library.ingest(photos / source, prune=True)

    assert (done.vanished, done.pruned, done.added) == (0, 0, 0)
    assert library.ledger.counts() == (3, 3, 0)


def test_hidden_files_named_by_hand_are_not_taken_for_vanished(library: OpenLibrary, photos: Path) -> None:
    hidden = [draw(photos / ".hidden.png", "h"), draw(photos / ".folder" / "x.png", "x")]
    assert counts(library.ingest(*hidden)) == {"added": 2}

    done = library.ingest(photos, prune=True)

    assert counts(done) == {"added": 3, "skipped": 2}
    assert len(library.rows()) == 5


def test_what_was_skipped_and_is_gone_is_forgotten(library: OpenLibrary, photos: Path) -> None:
    (photos / "notes.txt").write_text("x")
    library.ingest(photos)
    assert library.ledger.knows(str(photos / "notes.txt"))
    (photos / "notes.txt").unlink()

    assert counts(library.ingest(photos)) == {"unchanged": 3}
    assert not library.ledger.knows(str(photos / "notes.txt"))


# --- files that move while they are looked at ----------------------------------------------------
def test_a_file_that_grows_is_skipped_and_taken_when_it_is_whole(library: OpenLibrary, photos: Path) -> None:
    """The writer is a real process that appends."""
    whole, target = (photos / "a.png").read_bytes(), photos / "growing.png"
    code = textwrap.dedent(f"""
        import sys, time
        with open({str(target)!r}, "wb", buffering=0) as out:
            out.write({whole!r})
            print("begun", flush=True)
            while not sys.stdin.closed and time.sleep(0.02) is None:
                out.write(b"x")
    """)
    library.settings = library.settings.model_copy(update={"settle_s": 0.2})
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            writer.stdout.readline()
            done = library.ingest(photos)
        finally:
            writer.kill()

    assert counts(done) == {"added": 3, "skipped": 1}
    assert library.reasons()[str(target)].startswith("skipped: still being written")
    target.write_bytes(whole)
    assert counts(library.ingest(photos)) == {"updated": 1, "unchanged": 3}


def test_a_file_replaced_between_scan_and_read_is_not_recorded_under_the_old_time(
    library: OpenLibrary, photos: Path, tmp_path: Path
) -> None:
    old = id_of(photos / "a.png")

    def replace_then_load() -> object:
        # The encoder is asked for after the scan and before the first read.
        draw(tmp_path / "other.png", "other").replace(photos / "a.png")
        return library.load()

    events = list(library.start(embedder=replace_then_load).run([photos]))

    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert counts(done) == {"added": 2, "skipped": 1}
    assert counts(library.ingest(photos)) == {"added": 1, "unchanged": 2}
    assert old not in library.rows()


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
