"""The library as a whole: found, made, opened, held, and given back."""

import inspect
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musaic.embed.testing import tiny_model
from musaic.errors import (
    ConfigError,
    ExportError,
    InvalidArgumentError,
    LibraryBusyError,
    LibraryError,
    LibraryNotFoundError,
    MusaicError,
    StoreLimitError,
    UnknownAssetError,
)
from musaic.home import find
from musaic.library import Library
from musaic.schemas import Progress
from tests.ingesting import draw, id_of

SRC = Path(__file__).parents[1] / "src"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(autouse=True)
def clean_environment(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(model / "cache"))
    for name in [name for name in os.environ if name.startswith("MUSAIC_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("a", "b", "c", "d"):
        draw(tmp_path / "photos" / f"{name}.png", name)
    return tmp_path / "photos"


@pytest.fixture
def library(tmp_path: Path, photos: Path, model: Path) -> Iterator[Library]:
    with made(tmp_path, model) as opened:
        opened.ingest(photos)
        yield opened


def made(folder: Path, model: Path, notices: list[str] | None = None) -> Library:
    return Library.open(
        folder,
        create=True,
        embed={"model": str(model)},
        ingest={"settle_s": 0},
        notify=(notices if notices is not None else []).append,
    )


# --- found and made ------------------------------------------------------------------------------
def test_a_library_is_found_here_and_above_and_by_either_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find() is None
    with pytest.raises(LibraryNotFoundError):
        Library.open()

    Library.open(tmp_path, create=True).close()

    expected = tmp_path / ".musaic"
    assert find() == find(tmp_path) == find(expected) == find("../..") == expected
    assert sorted(path.name for path in expected.iterdir()) == [
        "config.toml", "ledger.sqlite", "outputs", "thumbs",
    ]  # fmt: skip
    assert find(below) is None, "a name given is not looked for above"
    monkeypatch.chdir("/")
    monkeypatch.setenv("MUSAIC_LIBRARY", str(tmp_path))
    assert find() == expected
    assert find(below) is None


def test_a_library_is_made_here_unless_there_is_one_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path)
    with Library.open(create=True) as first:
        assert first.folder == tmp_path / ".musaic"
    monkeypatch.chdir(tmp_path / "a")
    with Library.open(create=True) as second:
        assert second.folder == first.folder


def test_the_folder_that_was_looked_in_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSAIC_LIBRARY", str(tmp_path / "nowhere"))

    with pytest.raises(LibraryNotFoundError, match="nowhere"):
        Library.open()


def test_a_library_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LibraryError, match="Not a directory"):
        Library.open(tmp_path / "file", create=True)


def test_settings_are_read_from_the_library_and_flags_beat_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Library.open(tmp_path, create=True).close()
    (tmp_path / ".musaic" / "config.toml").write_text("[ingest]\nbatch_size = 3\nsettle_s = 1\n")
    monkeypatch.setenv("MUSAIC_INGEST__SETTLE_S", "7")

    with Library.open(tmp_path, ingest={"thumbnail_px": 64}) as library:
        wanted = library.settings.ingest
        assert (wanted.batch_size, wanted.settle_s, wanted.thumbnail_px) == (3, 7, 64)
    (tmp_path / ".musaic" / "config.toml").write_text("[ingest]\nbatch_sise = 3\n")
    with pytest.raises(ConfigError, match="batch_sise"):
        Library.open(tmp_path)


# --- ingest --------------------------------------------------------------------------------------
def test_events_end_with_done_which_is_the_answer(library: Library, photos: Path) -> None:
    (photos / "notes.txt").write_text("x")
    draw(photos / "e.png", "e")
    events: list[Progress] = []

    done = library.ingest(photos, on_progress=events.append)

    assert events[-1] == done
    assert [event.event for event in events].count("done") == 1
    assert (done.added, done.unchanged, done.skipped) == (1, 4, 1)
    assert library.counts() == (5, 5, 0)


def test_each_line_of_json_is_an_event_and_the_last_is_done(photos: Path, model: Path) -> None:
    (photos / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    (photos / "notes.txt").write_text("x")
    done = subprocess.run(
        [sys.executable, "-c", "from musaic.cli import main; main()", "ingest", str(photos / "*.*"), "--json",
         "--model", str(model), "--library", str(photos.parent)],
        env={**os.environ, "PYTHONPATH": str(SRC), "MUSAIC_INGEST__SETTLE_S": "0"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["event"] for event in events} == {"progress", "failed", "skipped", "done"}
    failed = next(event for event in events if event["event"] == "failed")
    assert failed["path"] == str(photos / "cut.jpg")
    assert failed["reason"]
    last = events[-1]
    assert last["event"] == "done"
    assert {name: last[name] for name in ("added", "updated", "unchanged", "failed", "skipped")} == {
        "added": 4, "updated": 0, "unchanged": 0, "failed": 1, "skipped": 1,
    }  # fmt: skip


def test_a_callback_that_raises_ends_the_run_and_its_threads(library: Library, photos: Path) -> None:
    for number in range(40):
        draw(photos / "more" / f"{number}.png", number)
    (photos / "0.txt").write_text("x")

    def hang_up(event: Progress) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        library.ingest(photos, on_progress=hang_up)
    assert library.ingest(photos).failed == 0
    assert library.counts()[0] == 44


def test_the_encoder_that_was_used_is_remembered(library: Library, model: Path) -> None:
    built_with = library.built_with()

    assert built_with is not None
    assert (built_with.model, built_with.revision) == (model.name, "local")
    library.close()
    with Library.open(library.folder) as again:
        assert len(again.search("red")) == 3


# --- what is asked of it -------------------------------------------------------------------------
def test_an_asset_is_shown_by_path_and_by_id(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset_id = id_of(photos / "a.png")
    monkeypatch.chdir(photos)

    shown = library.show(asset_id)

    assert shown == library.show(photos / "a.png") == library.show("a.png") == library.show("../photos/a.png")
    assert (shown.asset_id, shown.paths, shown.mime) == (asset_id, (str(photos / "a.png"),), "image/png")
    assert (shown.width, shown.height, shown.size_bytes) == (40, 30, (photos / "a.png").stat().st_size)


@pytest.mark.parametrize(
    "name", ["0" * 32, "nowhere.png", "/no/such/file.png", 'a name, with: odd "letters"', "x" * 500]
)
def test_what_is_not_held_is_unknown(library: Library, name: str) -> None:
    with pytest.raises(UnknownAssetError):
        library.show(name)
    with pytest.raises(UnknownAssetError):
        library.similar(name)


def test_similar_leaves_the_asset_itself_out_and_takes_strangers(library: Library, photos: Path) -> None:
    own = {hit.asset_id for hit in library.similar(photos / "a.png", limit=10)}
    assert own == {id_of(photos / f"{name}.png") for name in "bcd"}

    stranger = draw(photos.parent / "stranger.png", "b", size=(80, 60))
    assert library.similar(stranger, limit=1)[0].asset_id == id_of(photos / "b.png")


def test_a_row_that_the_store_lost_is_unknown_and_comes_back(library: Library, photos: Path) -> None:
    with library._opened() as store:
        store.delete([id_of(photos / "a.png")])

    with pytest.raises(UnknownAssetError):
        library.show(photos / "a.png")
    assert library.ingest(photos).added == 1
    assert library.show(photos / "a.png").filename == "a.png"


def test_an_empty_library_answers_with_nothing_and_says_so(tmp_path: Path, model: Path) -> None:
    notices: list[str] = []
    with made(tmp_path, model, notices) as library:
        assert library.search("red") == []
        assert library.check_store()[2] == 0
        with pytest.raises(UnknownAssetError):
            library.show("0" * 32)
    assert len(notices) == 1
    assert "is empty" in notices[0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"limit": 0}, "limit must be 1 or more, not 0"),
        ({"offset": -1}, "offset must be 0 or more, not -1"),
        ({"limit": "3"}, "limit is a whole number, 1 or more, not '3'"),
        ({"limit": 2.5}, "limit is a whole number, 1 or more, not float 2.5"),
        ({"offset": None}, "offset is a whole number, 0 or more, not NoneType"),
        ({"where": 3}, "where is a filter such as 'width > 800', not int 3"),
    ],
)
def test_argument_that_is_wrong_is_named(library: Library, photos: Path, wrong: Any, said: str) -> None:
    for ask in (lambda: library.search("red", **wrong), lambda: library.similar(photos / "a.png", **wrong)):
        with pytest.raises(InvalidArgumentError) as caught:
            ask()
        assert str(caught.value) == said


def test_whole_numbers_of_numpy_are_numbers(library: Library) -> None:
    assert len(library.search("red", limit=np.int64(2), offset=np.uint8(1))) == 2  # type: ignore[arg-type]


def test_query_that_is_none_is_refused(library: Library) -> None:
    queries: list[tuple[dict[str, Any], str]] = [
        ({"text": "red", "image": Path("x.png")}, "not both"),
        ({"order": "random"}, "order is one of newest"),
        ({"text": "red", "order": "name"}, "for a listing"),
        ({"text": "  "}, "empty"),
        ({"text": ["red", "cape"]}, "words in one string, not list"),
        ({"image": np.zeros((3, 3))}, "a path or an image of Pillow, not ndarray"),
    ]
    for query, said in queries:
        with pytest.raises(InvalidArgumentError, match=said):
            library.search(**query)
    with pytest.raises(ConfigError, match="no picture at"):
        library.search(image="nowhere.png")
    with pytest.raises(StoreLimitError):
        library.search("red", limit=20_000)


def test_asset_that_is_no_name_is_refused(library: Library) -> None:
    for ask in (library.show, library.similar, library.lineage):
        with pytest.raises(InvalidArgumentError, match="int 3"):
            ask(3)  # type: ignore[operator]


def test_sources_that_are_no_paths_are_refused_and_a_list_is_told_the_way(
    library: Library, photos: Path
) -> None:
    with pytest.raises(InvalidArgumentError, match=r"not list; pass paths .*: ingest\(\*paths\)"):
        library.ingest([photos / "a.png"])  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match=r"a source is a path, not NoneType$"):
        library.ingest(photos, None)  # type: ignore[arg-type]


def test_wrong_argument_is_an_error_of_ours_and_a_value_error() -> None:
    assert issubclass(InvalidArgumentError, MusaicError)
    assert issubclass(InvalidArgumentError, ValueError)


# --- held and given back -------------------------------------------------------------------------
def test_outside_a_with_block_the_store_is_held_only_while_a_method_runs(
    tmp_path: Path, photos: Path, model: Path
) -> None:
    first, second = made(tmp_path, model), made(tmp_path, model)
    first.ingest(photos)
    assert len(second.search("red")) == 3
    with first:
        assert len(first.search("red")) == 3
        with pytest.raises(LibraryBusyError) as caught:
            second.search("red")
        assert caught.value.pid == os.getpid()
    assert len(second.search("red")) == 3
    second.close()
    second.close()


_METHODS = [
    name
    for name, _ in inspect.getmembers(Library, inspect.isfunction)
    if not name.startswith("_") and name != "close"
]


@pytest.mark.parametrize("name", _METHODS)
def test_every_method_of_a_closed_library_says_so_before_it_looks_at_anything(
    tmp_path: Path, model: Path, name: str
) -> None:
    library = made(tmp_path, model)
    library.close()

    with pytest.raises(LibraryError) as caught:
        getattr(library, name)()

    assert str(caught.value) == "this library is closed; open it again"


def test_closed_library_does_nothing(tmp_path: Path, photos: Path, model: Path) -> None:
    with made(tmp_path, model) as library:
        library.ingest(photos)
        hits = library.search("red")
    draw(photos / "e.png", "e")
    before = _contents(tmp_path)

    for ask in (
        lambda: library.search("red"),
        lambda: library.ingest(photos),
        lambda: library.sheet(hits),
        lambda: library.generate("a red cape"),
        lambda: library.costs(),
    ):
        with pytest.raises(LibraryError, match=r"^this library is closed; open it again$"):
            ask()
    assert _contents(tmp_path) == before


def _contents(folder: Path) -> dict[Path, tuple[int, int]]:
    stats = ((path, path.stat()) for path in folder.rglob("*"))
    return {path: (status.st_size, status.st_mtime_ns) for path, status in stats}


def test_closed_library_cannot_be_entered_again_but_closed_once_more(tmp_path: Path, model: Path) -> None:
    library = made(tmp_path, model)
    library.close()

    library.close()
    with pytest.raises(LibraryError, match="closed; open it again"), library:
        pass


def test_method_goes_on_to_its_end_when_another_thread_closes_the_library(
    tmp_path: Path, photos: Path, model: Path
) -> None:
    library = made(tmp_path, model)

    def close(event: Progress) -> None:
        closing = threading.Thread(target=library.close)
        closing.start()
        closing.join(10)
        assert library.counts()[0] <= 4, "of the thread that is in"

    assert library.ingest(photos, on_progress=close).added == 4
    with pytest.raises(LibraryError, match="closed; open it again"):
        library.counts()
    with made(tmp_path, model) as again:
        assert again.counts()[0] == 4


def test_pictures_that_are_being_made_are_recorded_though_another_thread_closes_the_library(
    tmp_path: Path, photos: Path, model: Path
) -> None:
    settings = {"embed": {"model": str(model)}, "ingest": {"settle_s": 0}}
    library = Library.open(tmp_path, create=True, generate={"engine": "moodboard"}, **settings)  # type: ignore[arg-type]
    library.ingest(photos)
    plan = library.plan(library.brief("a square", refs=[str(photos / "a.png")], variants=3))

    made_pictures = library.make(plan, on_done=lambda each: library.close())

    assert [each.state for each in made_pictures] == ["picture"] * 3
    with made(tmp_path, model) as again:
        assert [record.state for record in again.recent()] == ["picture"] * 3
        assert len(again.search("red", limit=10)) == 7


def test_a_failed_run_gives_the_library_back(tmp_path: Path, photos: Path, model: Path) -> None:
    library = made(tmp_path, model)
    with pytest.raises(ConfigError):
        library.ingest(photos / "nowhere")

    assert library.ingest(photos).added == 4
    library.close()


def test_a_sheet_shows_thumbnails_where_originals_are_gone(library: Library, photos: Path) -> None:
    hits = library.search("red")
    for path in photos.iterdir():
        path.unlink()

    sheet = library.sheet(hits, title="red")

    assert sheet == library.folder / "outputs" / "sheet.png"
    assert sheet.stat().st_size > 1_000
    assert all(library.thumbnail(hit.asset_id) for hit in hits)


def test_sheet_is_not_written_over_a_picture_of_the_library(tmp_path: Path, model: Path) -> None:
    original = draw(tmp_path / "red.png", "red")
    before = original.read_bytes()
    with Library.open(tmp_path, create=True, embed={"model": str(model)}, ingest={"settle_s": 0}) as library:
        library.ingest(original)
        with pytest.raises(ExportError, match="not written over"):
            library.sheet([], original)

    assert original.read_bytes() == before
