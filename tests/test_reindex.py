"""Another encoder: built beside the old vectors, from originals or thumbnails, and switched to when done."""

import threading
from pathlib import Path

import pytest

from musaic.embed.testing import tiny_model
from musaic.errors import EmbedError, LibraryError, ModelMismatchError
from musaic.library import Library
from musaic.schemas import DoneEvent, FileEvent, Progress
from tests.ingesting import draw, draw_many, id_of


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {
        name: tiny_model(folder / name, seed=seed, dim=32 + seed) for seed, name in enumerate(("old", "new"))
    }


@pytest.fixture
def photos(tmp_path: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of five pictures, ingested with the old encoder into the library beside it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(models["old"] / "cache"))
    for number in range(5):
        draw(tmp_path / "photos" / f"{number}.png", number, size=(600, 400))
    with opened(tmp_path, models["old"]) as library:
        library.ingest(tmp_path / "photos")
    return tmp_path / "photos"


def opened(folder: Path, model: Path | str = "auto", notices: list[str] | None = None) -> Library:
    return Library.open(
        folder,
        create=True,
        embed={"model": str(model)},
        ingest={"settle_s": 0},
        notify=(notices if notices is not None else []).append,
    )


def dim(folder: Path) -> int:
    with opened(folder) as library:
        built_with = library.built_with()
        assert built_with is not None
        return built_with.dim


def test_every_asset_is_encoded_again_and_the_library_answers_with_the_new_encoder(
    photos: Path, models: dict[str, Path]
) -> None:
    with opened(photos.parent, models["old"]) as library:
        before = library.show(photos / "3.png")
    events: list[Progress] = []
    notices: list[str] = []
    with opened(photos.parent, models["new"], notices) as library:
        done = library.reindex(on_progress=events.append)

    assert (done.updated, done.unchanged, done.failed, done.interrupted) == (5, 0, 0, False)
    assert events[-1] == done
    assert not any("thumbnail" in notice for notice in notices)
    with opened(photos.parent) as library:
        assert library.show(photos / "3.png") == before, "nothing but the vector changes"
        assert library.search(image=photos / "3.png")[0].cosine == pytest.approx(1, abs=1e-4)
        assert library.check_store()[2] == 5
        assert library.ingest(photos).unchanged == 5
    assert dim(photos.parent) == 33


def test_another_encoder_is_refused_with_the_way_out(photos: Path, models: dict[str, Path]) -> None:
    draw(photos / "more.png", "more")
    with opened(photos.parent, models["new"]) as library:
        for use in (lambda: library.ingest(photos), lambda: library.search("red")):
            with pytest.raises(ModelMismatchError, match=r"'old'.*'new'.*musaic reindex --model") as caught:
                use()
            assert "leave embed={'model': ...} out" in str(caught.value)
    with opened(photos.parent) as library:
        assert library.check_store()[2] == 5
        assert library.ingest(photos).added == 1


def test_a_model_folder_is_found_again_after_each_change(photos: Path, models: dict[str, Path]) -> None:
    """Once the path of the first folder was kept for good, and the library could not be opened any more."""
    for name in ("new", "old", "starter"):
        with opened(photos.parent, models.get(name, name)) as library:
            library.reindex()
        with opened(photos.parent) as library:
            built_with = library.built_with()
            assert built_with is not None
            assert built_with.model == name
            assert len(library.search("a red dress")) == 3


def test_the_same_encoder_has_nothing_to_do_and_says_so(photos: Path, models: dict[str, Path]) -> None:
    events: list[Progress] = []
    with opened(photos.parent, models["old"]) as library:
        done = library.reindex(on_progress=events.append)

    assert (done.unchanged, done.updated) == (5, 0)
    assert events == [done]


def test_an_empty_library_has_nothing_to_reindex(tmp_path: Path, models: dict[str, Path]) -> None:
    with opened(tmp_path, models["old"]) as library, pytest.raises(LibraryError, match="empty"):
        library.reindex()


def test_an_interrupted_run_is_gone_on_with(tmp_path: Path, models: dict[str, Path], photos: Path) -> None:
    draw_many(photos / "many", 300)
    with opened(tmp_path, models["old"]) as library:
        library.ingest(photos)
    stop = threading.Event()
    with opened(tmp_path, models["new"]) as library:
        first = library.reindex(on_progress=lambda event: stop.set(), stop=stop)
    assert first.interrupted
    assert 0 < first.updated < 305
    assert dim(tmp_path) == 32
    with opened(tmp_path) as library:
        assert len(library.search("red")) == 3

    with opened(tmp_path, models["new"]) as library:
        second = library.reindex()

    assert (second.unchanged, second.updated) == (first.updated, 305 - first.updated)
    assert dim(tmp_path) == 33


def test_what_was_ingested_and_pruned_in_between_is_taken_into_account(
    photos: Path, models: dict[str, Path]
) -> None:
    draw_many(photos / "many", 300)
    with opened(photos.parent, models["old"]) as library:
        library.ingest(photos)
    stop = threading.Event()
    with opened(photos.parent, models["new"]) as library:
        library.reindex(on_progress=lambda event: stop.set(), stop=stop)
    for path in sorted((photos / "many").iterdir())[:100]:
        path.unlink()
    draw(photos / "new.png", "new")
    with opened(photos.parent) as library:
        library.ingest(photos, prune=True)

    with opened(photos.parent, models["new"]) as library:
        library.reindex()

    with opened(photos.parent) as library:
        assert library.check_store()[2] == 206
        assert library.ingest(photos).unchanged == 206


def test_what_was_moved_while_a_run_was_interrupted_is_where_it_is_now(
    photos: Path, models: dict[str, Path]
) -> None:
    """Once rows that were there already kept the paths of the time before, for good."""
    draw_many(photos / "many", 300)
    with opened(photos.parent, models["old"]) as library:
        library.ingest(photos)
    stop = threading.Event()
    with opened(photos.parent, models["new"]) as library:
        first = library.reindex(on_progress=lambda event: stop.set(), stop=stop)
    assert 0 < first.updated < 305
    moved = photos.rename(photos.parent / "moved")
    with opened(photos.parent) as library:
        library.ingest(moved)

    with opened(photos.parent, models["new"]) as library:
        second = library.reindex()

    assert (second.unchanged, second.updated) == (first.updated, 305 - first.updated)
    with opened(photos.parent) as library:
        hits = library.search("red", limit=400)
        assert {hit.path for hit in hits} == {str(path) for path in moved.rglob("*.*")}
        assert library.search("red", limit=400, where=f'startswith(folder, "{photos}")') == []


def test_a_missing_or_changed_original_is_replaced_by_its_thumbnail_and_this_is_told(
    photos: Path, models: dict[str, Path]
) -> None:
    gone, changed = id_of(photos / "0.png"), id_of(photos / "1.png")
    (photos / "0.png").unlink()
    draw(photos / "1.png", "something else", size=(600, 400))
    notices: list[str] = []
    with opened(photos.parent, models["new"], notices) as library:
        done = library.reindex()

    assert (done.updated, done.failed) == (5, 0)
    assert [notice for notice in notices if "thumbnail" in notice] == [
        "2 pictures were encoded from their thumbnails, because their originals could not be read"
    ]
    with opened(photos.parent) as library:
        for asset_id in (gone, changed):
            thumbnail = library.thumbnail(asset_id)
            assert thumbnail is not None
            first = library.search(image=thumbnail, limit=1)[0]
            assert first.asset_id == asset_id
            assert first.cosine > 0.99


def test_an_asset_with_neither_original_nor_thumbnail_fails_alone(
    photos: Path, models: dict[str, Path]
) -> None:
    lost = photos / "0.png"
    asset_id = id_of(lost)
    events: list[Progress] = []
    with opened(photos.parent, models["new"]) as library:
        thumbnail = library.thumbnail(asset_id)
        assert thumbnail is not None
        thumbnail.unlink()
        lost.unlink()
        done = library.reindex(on_progress=events.append)

    assert (done.updated, done.failed) == (4, 1)
    assert [event.path for event in events if isinstance(event, FileEvent)] == [str(lost)]
    with opened(photos.parent) as library:
        assert library.check_store()[2] == 4
        draw(lost, 0, size=(600, 400))
        done = library.ingest(photos)
        assert isinstance(done, DoneEvent)
        assert (done.added, done.unchanged) == (1, 4)


def test_a_library_is_not_given_up_for_one_of_which_nothing_could_be_read(
    photos: Path, models: dict[str, Path]
) -> None:
    for path in [*photos.iterdir(), *(photos.parent / ".musaic" / "thumbs").rglob("*.webp")]:
        path.unlink()

    with opened(photos.parent, models["new"]) as library, pytest.raises(LibraryError) as caught:
        library.reindex()

    assert "not one of 5 pictures could be read; is the drive mounted?" in str(caught.value)
    assert dim(photos.parent) == 32
    with opened(photos.parent) as library:
        assert len(library.search("red")) == 3


def test_a_model_that_cannot_be_loaded_changes_nothing(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    with opened(tmp_path, tmp_path / "broken") as library, pytest.raises(EmbedError):
        library.reindex()

    assert dim(tmp_path) == 32
