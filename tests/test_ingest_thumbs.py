"""Thumbnails that were lost are made again, and what a killed run left half written is removed."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from musaic import media
from musaic.ingest import Made, take_in, thumb_path
from musaic.ingest.thumbs import tidy_thumbs
from tests.ingesting import OpenLibrary, counts, draw, id_of
from tests.recording import ended, generation, record


def thumbs_of(library: OpenLibrary) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (library.folder / "thumbs").rglob("*") if path.is_file()}


def test_deleted_thumbnails_come_back_and_nothing_is_encoded(library: OpenLibrary, photos: Path) -> None:
    shutil.copy(photos / "a.png", photos / "copy.png")
    library.ingest(photos)
    before = thumbs_of(library)
    shutil.rmtree(library.folder / "thumbs")

    assert counts(library.ingest(photos)) == {"unchanged": 4}

    assert library.encoded == 0
    assert thumbs_of(library) == before
    assert len(library.rows()) == 3


def test_only_the_thumbnail_that_is_missing_is_made_again(
    library: OpenLibrary, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(photos / "b.png", photos / "copy.png")
    library.ingest(photos)
    thumb_path(library.folder, id_of(photos / "b.png")).unlink()
    opened: list[str] = []
    real = media.open_picture

    def watched(path: Path, **limits: int) -> media.Picture:
        opened.append(str(path))
        return real(path, **limits)

    monkeypatch.setattr("musaic.media.open_picture", watched)

    assert counts(library.ingest(photos)) == {"unchanged": 4}
    assert opened == [str(photos / "b.png")]
    assert counts(library.ingest(photos)) == {"unchanged": 4}
    assert opened == [str(photos / "b.png")]


def test_a_file_that_holds_other_bytes_by_now_is_taken_as_what_it_is(
    library: OpenLibrary, photos: Path
) -> None:
    """Bytes that changed while size and time did not are seen only because the file is opened again."""
    path = photos / "a.bmp"
    draw(path, "old")
    library.ingest(photos)
    status, old = path.stat(), id_of(path)
    draw(path, "new")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    thumb_path(library.folder, old).unlink()

    assert counts(library.ingest(photos)) == {"updated": 1, "unchanged": 3}

    assert id_of(path) in library.rows()
    assert old not in library.rows()


def test_thumbnails_of_pictures_made_here_come_back_too(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    made = [draw(library.folder / "outputs" / name / "picture.png", name) for name in ("g-1", "g-2")]
    take_in(
        library.folder,
        [Made(path, {}) for path in made],
        ledger=library.ledger,
        store=library.store,
        embedder=lambda: library.embedder,
        settings=library.settings,
    )
    for number, path in enumerate(made):
        begun = record(generation(number), "run")
        library.ledger.begin(begun)
        library.ledger.end(ended(begun, id_of(path)), at=5.0)
    before = thumbs_of(library)
    assert len(before) == 5
    made[1].unlink()
    shutil.rmtree(library.folder / "thumbs")

    assert counts(library.ingest(photos)) == {"unchanged": 3}

    lost = f"{id_of(made[0])}.webp"
    assert set(before) - set(thumbs_of(library)) == set(before) - {lost} - {
        f"{id_of(path)}.webp" for path in photos.iterdir()
    }
    assert thumbs_of(library)[lost] == before[lost]


def half_written(library: Path, process: object, *, seconds_old: float = 0) -> Path:
    path = library / "thumbs" / "9d" / f"{'9d' * 16}.webp.{process}-140737.part"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF")
    os.utime(path, (time.time() - seconds_old,) * 2)
    return path


def test_what_a_killed_run_left_half_written_is_removed_by_the_next(
    library: OpenLibrary, photos: Path
) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as killed:
        left = half_written(library.folder, killed.pid)
        assert tidy_thumbs(library.folder) == set()
        assert left.exists(), "its process may still finish it"
        killed.kill()
    old = half_written(library.folder, os.getpid(), seconds_old=7200)
    odd = half_written(library.folder, "x", seconds_old=7200)
    ours, nobodys = half_written(library.folder, 1), half_written(library.folder, "9" * 30)

    library.ingest(photos)

    assert [path.exists() for path in (left, old, odd)] == [False] * 3
    assert [path.exists() for path in (ours, nobodys)] == [True] * 2, "fresh, and perhaps being written"


def test_thumbnails_that_cannot_be_listed_are_not_missed(library: OpenLibrary, photos: Path) -> None:
    library.ingest(photos)
    shutil.rmtree(library.folder / "thumbs")
    (library.folder / "thumbs").write_text("in the way")

    assert tidy_thumbs(library.folder) is None
    assert counts(library.ingest(photos)) == {"unchanged": 3}
