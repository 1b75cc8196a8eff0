"""Files that move, grow or go away while a run looks at them are left out, each with what happened to it."""

import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from musaic.embed import Embedder
from musaic.ingest.plan import disturbed
from musaic.ingest.scan import Folder, Found, _add, _Walk
from musaic.schemas import DoneEvent, FileEvent
from tests.ingesting import LONG_AGO_NS, OpenLibrary, counts, draw, id_of

WENT_AWAY = "went away while the run was on (deleted, moved or renamed)"


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
    library.settings = library.settings.model_copy(update={"settle_s": 1.0})
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


@pytest.mark.parametrize("content", ["picture", "text", "broken"])
def test_a_file_replaced_between_scan_and_read_is_left_for_the_next_run(
    library: OpenLibrary, photos: Path, tmp_path: Path, content: str
) -> None:
    old = id_of(photos / "a.png")
    other = draw(tmp_path / "other.png", "other")
    if content != "picture":
        other.write_bytes(b"words" if content == "text" else other.read_bytes()[:60])

    def replace_then_load() -> object:
        # The encoder is asked for after the scan and before the first read.
        other.replace(photos / "a.png")
        return library.load()

    events = list(library.start(embedder=replace_then_load).run([photos]))

    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert counts(done) == {"added": 2, "skipped": 1}
    assert "still being written" in next(event.reason for event in events if isinstance(event, FileEvent))
    expected = {"picture": {"added": 1}, "text": {"skipped": 1}, "broken": {"failed": 1}}[content]
    assert counts(library.ingest(photos)) == {"unchanged": 2} | expected
    assert old not in library.rows()


def replaced_by_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("x")


AWAY: dict[str, tuple[Callable[[Path], object], str]] = {
    "deleted": (lambda folder: (folder / "b.png").unlink(), "b"),
    "renamed": (lambda folder: (folder / "b.png").rename(folder / "other.png"), "b"),
    "folder deleted": (shutil.rmtree, "abc"),
    "folder renamed": (lambda folder: folder.rename(folder.with_name("elsewhere")), "abc"),
    "folder replaced by a file": (replaced_by_a_file, "abc"),
}


@pytest.mark.parametrize("how", AWAY)
def test_files_that_go_away_between_scan_and_read_are_said_to_be_gone(
    library: OpenLibrary, photos: Path, how: str
) -> None:
    """Once they were said to be still being written, and to be ingested again when they are complete."""
    remove, gone = AWAY[how]

    def remove_then_load() -> Embedder:
        # The encoder is asked for after the scan and before the first read.
        remove(photos)
        return library.load()

    events = list(library.start(embedder=remove_then_load).run([photos]))

    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (done.added, done.skipped, done.failed) == (3 - len(gone), len(gone), 0)
    assert {(e.event, e.path, e.reason) for e in events if isinstance(e, FileEvent)} == {
        ("skipped", str(photos / f"{name}.png"), WENT_AWAY) for name in gone
    }


@pytest.mark.parametrize("held", [False, True], ids=["new", "bytes that are known"])
def test_a_fresh_file_that_goes_away_while_it_is_waited_for_is_said_to_be_gone(
    library: OpenLibrary, photos: Path, held: bool
) -> None:
    library.ingest(photos)
    fresh = photos / "fresh.png"
    if held:
        shutil.copyfile(photos / "a.png", fresh)
    else:
        draw(fresh, "fresh")
    library.settings = library.settings.model_copy(update={"settle_s": 0.3})

    remover = threading.Timer(0.1, fresh.unlink)
    remover.start()
    events = list(library.start().run([photos]))
    remover.join()

    assert FileEvent(event="skipped", path=str(fresh), reason=WENT_AWAY) in events


def test_a_known_file_that_changed_and_went_away_keeps_its_asset_until_the_next_run(
    library: OpenLibrary, photos: Path
) -> None:
    library.ingest(photos)
    old = id_of(photos / "a.png")
    draw(photos / "a.png", "new")

    def remove_then_load() -> Embedder:
        (photos / "a.png").unlink()
        return library.load()

    list(library.start(embedder=remove_then_load).run([photos]))

    assert old in library.rows()
    assert counts(library.ingest(photos)) == {"unchanged": 2, "vanished": 1}


def test_what_goes_away_while_it_is_listed_is_said_to_be_gone(tmp_path: Path) -> None:
    """A file between its folder's list and its own status, and a folder between its name and its list."""
    folder = Folder(str(tmp_path))
    _add(folder, "gone.png", str(tmp_path / "gone.png"))
    (tmp_path / "link.png").symlink_to(tmp_path / "nothing")
    _add(folder, "link.png", str(tmp_path / "link.png"))

    assert [event.reason for event in folder.events] == [WENT_AWAY, "a link to nothing"]

    (tmp_path / "sub").mkdir()
    walk = _Walk([tmp_path], None)._folders()
    next(walk)
    (tmp_path / "sub").rmdir()
    (gone,) = walk
    path = str(tmp_path / "sub")
    assert gone.events == [FileEvent(event="skipped", path=path, reason=WENT_AWAY)]
    assert gone.unseen == {path}, "what was known in it is not marked before it is looked for again"


def test_a_file_that_cannot_be_asked_about_any_more_fails_and_is_not_said_to_be_written(
    tmp_path: Path,
) -> None:
    event = disturbed(Found(str(tmp_path), "n" * 300, 5, LONG_AGO_NS))

    assert event is not None
    assert (event.event, event.reason) == ("failed", "cannot be read any more: file name too long")


def test_a_tree_removed_by_another_program_in_mid_run_is_told_file_by_file(
    library: OpenLibrary, tmp_path: Path
) -> None:
    for number in range(60):
        draw(tmp_path / "photos" / f"{number % 3}" / f"{number}.png", number)
    library.embedder.refuse = lambda pixels: time.sleep(0.02)

    events = []
    for event in library.start().run([tmp_path / "photos"]):
        events.append(event)
        if len(events) == 1:
            subprocess.run(["rm", "-rf", str(tmp_path / "photos" / "2")], check=True)

    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert done.added + done.skipped == 60
    assert {event.reason for event in events if isinstance(event, FileEvent)} <= {WENT_AWAY}
