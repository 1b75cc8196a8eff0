"""Ingest into a real Milvus server: shared with other libraries, and gone in the middle of a run."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from musaic.config import StoreSettings
from musaic.embed.testing import tiny_model
from musaic.errors import LibraryError, StoreUnavailableError
from musaic.store import Store
from tests.ingesting import OpenLibrary, counts, draw, draw_many, id_of
from tests.server.conftest import Milvus
from tests.test_store_served import Machines

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tiny_model(tmp_path / "model")


@pytest.fixture
def library(tmp_path: Path, model: Path) -> Iterator[OpenLibrary]:
    """An embedded library with three photos."""
    for name in ("a", "b", "c"):
        draw(tmp_path / "photos" / f"{name}.png", name)
    opened = OpenLibrary(tmp_path / ".musaic", model)
    opened.ingest(tmp_path / "photos")
    yield opened
    opened.close()


def move_to(settings: StoreSettings, library: OpenLibrary) -> None:
    library.close()
    library.store_settings = settings
    library.open()


def paths(library: OpenLibrary, asset_id: str) -> tuple[str, ...]:
    (row,) = library.store.get([asset_id])
    return row.asset.paths


def test_libraries_share_a_collection_and_take_nothing_from_each_other(
    server_settings: StoreSettings, library: OpenLibrary, tmp_path: Path, model: Path
) -> None:
    settings = server_settings.model_copy(update={"collection": "libraries"})
    photos, copies = tmp_path / "photos", tmp_path / "copies"
    move_to(settings, library)
    assert counts(library.ingest(photos)) == {"added": 3}, "a library that moves to a server is filled there"
    other = OpenLibrary(tmp_path / "other", model, store=settings)
    shutil.copytree(photos, copies)
    draw(copies / "own.png", "own")
    shared, kept = id_of(photos / "a.png"), id_of(photos / "b.png")

    assert counts(other.ingest(copies)) == {"added": 4}
    assert library.store.count() == 4
    assert paths(library, shared) == (str(copies / "a.png"), str(photos / "a.png"))
    assert counts(library.ingest(photos)) == {"unchanged": 3}, "rows of others are no ghosts"

    (copies / "a.png").unlink()
    draw(copies / "b.png", "changed")
    assert counts(other.ingest(copies, prune=True)) == {
        "updated": 1, "unchanged": 2, "vanished": 1, "pruned": 1,
    }  # fmt: skip
    assert paths(library, shared) == (str(photos / "a.png"),)
    assert paths(library, kept) == (str(photos / "b.png"),)
    assert counts(library.ingest(photos)) == {"unchanged": 3}

    (photos / "a.png").unlink()
    library.ingest(photos, prune=True)
    assert library.store.get([shared]) == []
    library.store.drop()
    assert counts(library.ingest(photos)) == {"added": 2}, "a dropped collection is filled again"
    library.store.drop()
    other.close()


def test_reindex_on_one_machine_keeps_what_only_another_can_read(
    server_settings: StoreSettings, tmp_path: Path, model: Path
) -> None:
    settings = server_settings.model_copy(update={"collection": "machines"})
    machines = Machines(tmp_path, settings, {"old": model, "new": tiny_model(tmp_path / "new", seed=1)})
    for name in ("a", "b"):
        with machines.open(name, "old") as library:
            library.ingest(machines.photos(name, 2))
    before = machines.paths()
    machines.away("b")
    with pytest.raises(LibraryError, match="2 pictures of the shared collection"):
        machines.reindex("a")
    assert machines.paths() == before

    machines.back("b")
    done = machines.reindex("b")

    assert (done.updated, done.unchanged, done.failed) == (2, 2, 0)
    assert machines.paths() == before
    with machines.open("a", "new") as library:
        assert library.ingest(machines.photos("a")).unchanged == 2
        with library._opened() as store:
            store.drop()


def test_a_server_that_goes_in_mid_run_loses_nothing_that_was_safe(
    server_settings: StoreSettings, library: OpenLibrary, tmp_path: Path, milvus: Milvus
) -> None:
    settings = server_settings.model_copy(update={"collection": "gone"})
    draw_many(tmp_path / "photos", 400)
    # Made and loaded with all the time that a busy server takes for it.
    with Store.open(settings.model_copy(update={"timeout_s": 90.0}), library.folder) as store:
        store.create(library.embedder.fingerprint)
    # Short, as it is waited for; a server that reads its log again after a kill takes longer than that.
    move_to(settings.model_copy(update={"timeout_s": 8}), library)
    batches = 0

    def kill_it(pixels: object) -> None:
        nonlocal batches
        batches += 1
        if batches == 60:
            milvus.signal(signal.SIGKILL)

    library.embedder.refuse = kill_it
    with pytest.raises(StoreUnavailableError, match=r"start it, or correct store\.uri, and run again"):
        library.ingest(tmp_path / "photos")
    safe = library.ledger.counts()[0]
    assert 0 < safe < 403

    library.embedder.refuse = lambda pixels: None
    milvus.kill()
    milvus.start()
    move_to(settings, library)
    assert counts(library.ingest(tmp_path / "photos")) == {"unchanged": safe, "added": 403 - safe}
    assert library.store.count() == 403 == len(library.rows())
    library.store.drop()
