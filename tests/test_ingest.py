"""What ingest promises of files and assets: identity is the content, sources are only read, nothing is lost."""

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from musaic.errors import ConfigError
from musaic.ingest import thumb_path
from musaic.ingest.thumbs import write_thumb
from tests.ingesting import LONG_AGO_NS, OpenLibrary, counts, draw, draw_many, id_of, listing
from tests.test_media_refusals import png_declaring
from tests.test_media_sniff import WRITERS, two_halves


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


def test_threads_that_decode_the_same_picture_write_one_whole_thumbnail(library: OpenLibrary) -> None:
    """Once they wrote to the same temporary file, and the run ended with an error."""
    picture = Image.effect_noise((384, 384), 100).convert("RGB")
    together = threading.Barrier(6)

    def write(number: int) -> None:
        together.wait()
        write_thumb(library.folder, f"{number:032}", picture, 384)

    for number in range(10):
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(write, [number] * 6))
        with Image.open(thumb_path(library.folder, f"{number:032}")) as thumb:
            thumb.load()
    assert not list(library.folder.rglob("*.part"))


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

    assert counts(done) == {"updated": 1, "unchanged": 2}, "nothing vanished: the picture is at its new path"
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

    assert counts(library.ingest(photos)) == {"unchanged": 3}
    assert library.ledger.counts() == (3, 4, 1)
    assert library.rows()[asset_id] == (str(photos / "a.png"),)
    (photos / "a.png").unlink()
    assert counts(library.ingest(photos)) == {"unchanged": 2, "vanished": 1}, "now the last path is gone"
    shutil.copy2(tmp_path / "away.png", photos / "a.png")

    (tmp_path / "away.png").rename(photos / "copy.png")
    assert counts(library.ingest(photos)) == {"unchanged": 4}
    assert library.rows()[asset_id] == (str(photos / "a.png"), str(photos / "copy.png"))
    assert library.encoded == 0


def test_prune_of_one_path_leaves_the_asset_to_the_other(library: OpenLibrary, photos: Path) -> None:
    shutil.copy(photos / "a.png", photos / "copy.png")
    library.ingest(photos)
    (photos / "a.png").unlink()

    assert counts(library.ingest(photos, prune=True)) == {"unchanged": 3}
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
