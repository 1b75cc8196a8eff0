"""Milvus Lite behind an address (`milvus-lite server`): the contract, and what only a shared store can do.

A real server process on loopback, so that what several machines do to one collection is tried in every run; the
same on a Milvus server is in tests/server.
"""

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from musaic.config import EmbedSettings, IngestSettings, StoreSettings
from musaic.embed import load_embedder
from musaic.embed.testing import tiny_model
from musaic.errors import LibraryError
from musaic.ingest import Pools, Reindex
from musaic.library import Library
from musaic.schemas import DoneEvent, FileEvent, Progress
from musaic.store import Row, Store
from tests.ingesting import draw, draw_many, id_of
from tests.store_contract import ENCODER, StoreContract, rows

_START_S = 100.0


class LiteServer:
    """A server process over a folder; it can be ended and started again with its rows."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.folder, self.uri = folder, f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # Its default is to listen on every interface.
        place = ["--data-dir", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "milvus_lite", "server", *place],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_S
        while not self._listens():
            assert self._process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.05)

    def end(self) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait(_START_S)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteServer]:
    started = LiteServer(tmp_path_factory.mktemp("server") / "rows")
    started.start()
    yield started
    started.end()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {name: tiny_model(folder / name, seed=seed) for seed, name in enumerate(("old", "new"))}


class TestOnServedMilvusLite(StoreContract):
    @pytest.fixture
    def settings(self, server: LiteServer) -> StoreSettings:
        return StoreSettings(uri=server.uri, collection="contract")


def test_a_server_that_was_started_anew_still_says_which_encoder(server: LiteServer, tmp_path: Path) -> None:
    """Milvus Lite drops descriptions, so a collection marked there could be used once only."""
    settings = StoreSettings(uri=server.uri, collection="again")
    with Store.open(settings, tmp_path) as store:
        store.create(ENCODER)
        store.upsert(rows(3))
    server.end()
    server.start()

    with Store.open(settings, tmp_path) as store:
        assert (store.fingerprint(), store.count()) == (ENCODER, 3)
        assert (store.capabilities.lite, store.capabilities.embedded, store.capabilities.shared) == (
            True, False, True,
        )  # fmt: skip
        assert "whoever reaches its files, or its address" in " ".join(store.capabilities.missing())
        store.drop()


# --- several machines ----------------------------------------------------------------------------
class Machines:
    """Libraries of several machines on one collection; pictures that are `away` can be read by nobody else."""

    def __init__(self, folder: Path, settings: StoreSettings, models: dict[str, Path]) -> None:
        self.folder, self.settings, self._models = folder, settings, models
        self.events: list[Progress] = []

    def photos(self, name: str, count: int = 0) -> Path:
        for number in range(count):
            draw(self.folder / name / "photos" / f"{number}.png", f"{name} {number}")
        return self.folder / name / "photos"

    def open(self, name: str, model: str) -> Library:
        return Library.open(
            self.folder / name,
            create=True,
            store=self.settings.model_dump(exclude_unset=True),
            embed={"model": str(self._models[model])},
            ingest={"settle_s": 0},
            notify=lambda words: None,
        )

    def away(self, name: str) -> None:
        (self.folder / name).rename(self.folder / f"{name} is away")

    def back(self, name: str) -> None:
        (self.folder / f"{name} is away").rename(self.folder / name)

    def reindex(self, name: str) -> DoneEvent:
        self.events = []
        with self.open(name, "new") as library:
            return library.reindex(on_progress=self.events.append)

    def paths(self) -> set[str]:
        with Store.open(self.settings, self.folder) as store:
            return {path for some in store.rows() for row in some for path in row.asset.paths}

    def built_with(self) -> str:
        with Store.open(self.settings, self.folder) as store:
            found = store.fingerprint()
            assert found is not None
            return found.model


@pytest.fixture
def machines(
    server: LiteServer, models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machines]:
    """Two libraries of four pictures each in one collection."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(models["old"] / "cache"))
    both = Machines(tmp_path, StoreSettings(uri=server.uri, collection="machines"), models)
    for name in ("a", "b"):
        with both.open(name, "old") as library:
            assert library.ingest(both.photos(name, 4)).added == 4
    yield both
    with Store.open(both.settings, tmp_path) as store:
        store.drop()


def test_reindex_takes_nothing_from_machines_whose_pictures_it_cannot_read(machines: Machines) -> None:
    before = machines.paths()
    machines.away("b")

    with pytest.raises(LibraryError, match=r"4 pictures of the shared collection .* on the machine that has"):
        machines.reindex("a")

    assert len([event for event in machines.events if isinstance(event, FileEvent)]) == 4
    assert (machines.built_with(), machines.paths()) == ("old", before)

    machines.back("b")
    machines.away("a")
    done = machines.reindex("b")

    assert (done.updated, done.unchanged, done.failed) == (4, 4, 0)
    assert (machines.built_with(), machines.paths()) == ("new", before)


def test_what_others_write_while_one_reindexes_is_taken_over(machines: Machines) -> None:
    draw_many(machines.photos("a") / "many", 300)
    with machines.open("a", "old") as library:
        library.ingest(machines.photos("a"))
    moved, late = machines.photos("b") / "moved.png", machines.photos("b") / "late.png"
    gone = machines.photos("b") / "1.png"

    def meanwhile(event: Progress) -> None:
        if gone.exists() and event.event == "progress" and event.done == event.total:
            (machines.photos("b") / "0.png").rename(moved)
            draw(late, "late")
            gone.unlink()
            with machines.open("b", "old") as library:
                library.ingest(machines.photos("b"), prune=True)

    with machines.open("a", "new") as library:
        done = library.reindex(on_progress=meanwhile)

    assert (done.failed, machines.built_with()) == (0, "new")
    expected = {str(path) for name in "ab" for path in machines.photos(name).rglob("*.*")}
    assert machines.paths() == expected


def test_rows_that_are_missing_from_a_shared_collection_are_made_again(machines: Machines) -> None:
    lost = id_of(machines.photos("b") / "2.png")
    with Store.open(machines.settings, machines.folder) as store:
        assert store.among([lost, "0" * 32]) == {lost}
        store.delete([lost])
    with machines.open("a", "old") as library:
        library.ingest(machines.photos("a", 9))  # so many rows that their number says nothing

    with machines.open("b", "old") as library:
        done = library.ingest(machines.photos("b"))

    assert (done.added, done.unchanged) == (1, 3)
    assert str(machines.photos("b") / "2.png") in machines.paths()


def test_paths_that_a_rebuild_elsewhere_brought_back_are_put_right(machines: Machines) -> None:
    """The other machine knew of these files what was written before it began."""
    old, new = machines.photos("b") / "0.png", machines.photos("b") / "moved.png"
    with Store.open(machines.settings, machines.folder) as store:
        stale = store.get([id_of(old)])
    old.rename(new)
    with machines.open("b", "old") as library:
        library.ingest(machines.photos("b"))
    machines.reindex("a")
    with Store.open(machines.settings, machines.folder) as store:
        (row,) = store.get([id_of(new)])
        store.upsert([Row(stale[0].asset, row.vector)])

    with machines.open("b", "new") as library:
        assert library.ingest(machines.photos("b")).unchanged == 4

    assert str(new) in machines.paths()
    assert str(old) not in machines.paths()


def test_pictures_that_nobody_has_can_be_let_go_by_hand(machines: Machines, models: dict[str, Path]) -> None:
    shutil.rmtree(machines.folder / "b")
    embedder = load_embedder(EmbedSettings(model=str(models["new"]))).embedder
    with Store.open(machines.settings, machines.folder) as store:
        new = store.beside(embedder.fingerprint)
        events = list(
            Reindex(
                machines.folder / "a" / ".musaic",
                old=store,
                new=new,
                embedder=embedder,
                settings=IngestSettings(),
                pools=Pools(batch_size=4, decoders=1, callers=1),
                stop=threading.Event(),
                drop_failed=True,
            ).run()
        )
        store.switch_to(new)

    done = events[-1]
    assert done.event == "done"
    assert (done.updated, done.failed) == (4, 4)
    assert {Path(path).parent for path in machines.paths()} == {machines.photos("a")}
