"""What the tests of ingest share: pictures, a library that is open, and an encoder that counts."""

import hashlib
import os
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from musaic.config import EmbedSettings, IngestSettings, StoreSettings
from musaic.embed import Embedder, load_embedder
from musaic.embed.base import Understood
from musaic.ingest import Ingest, Pools, thumb_path
from musaic.ledger import Ledger
from musaic.media import content_id
from musaic.schemas import DoneEvent, FileEvent, Fingerprint, Progress, ProgressEvent
from musaic.store import Store

LONG_AGO_NS = 1_700_000_000_000_000_000


def draw(path: Path, seed: int | str, *, size: tuple[int, int] = (40, 30)) -> Path:
    """Write a picture that no other seed gives; the ending picks the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = random.Random(str(seed)).randbytes(48)
    Image.frombytes("RGB", (4, 4), noise).resize(size, Image.Resampling.NEAREST).save(path)
    return path


def draw_many(folder: Path, count: int, *, first: int = 0) -> list[Path]:
    """Write pictures that differ, as quickly as can be: tiny BMPs."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(first, first + count):
        paths.append(folder / f"{number:05}.bmp")
        Image.new("RGB", (2, 2), (number & 255, number >> 8 & 255, 77)).save(paths[-1])
    return paths


def id_of(path: Path) -> str:
    """The asset id of a file, by the book."""
    return content_id(hashlib.sha256(path.read_bytes()).hexdigest())


def listing(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything that can be seen of a tree: mode, time and content."""
    return {
        str(path): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


def counts(done: DoneEvent) -> dict[str, int]:
    """The counts of a run that are not 0."""
    names = ("added", "updated", "unchanged", "failed", "skipped", "vanished", "pruned")
    return {name: getattr(done, name) for name in names if getattr(done, name)}


class CountingEmbedder:
    """A real encoder that counts what it is asked, and can be told to fail.

    Attributes:
        rows: How many pictures were encoded.
        refuse: Given the prepared pictures of a batch; raises in order to refuse it.
    """

    def __init__(self, real: Embedder) -> None:
        self.real = real
        self.rows = 0
        self._adding = threading.Lock()  # batches are encoded side by side
        self.refuse: Callable[[NDArray[np.float32]], None] = lambda pixels: None

    @property
    def fingerprint(self) -> Fingerprint:
        return self.real.fingerprint

    @property
    def image_size(self) -> int:
        return self.real.image_size

    def prepare(self, picture: Image.Image) -> NDArray[np.float32]:
        return self.real.prepare(picture)

    def embed_prepared(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        self.refuse(pixels)
        with self._adding:
            self.rows += len(pixels)
        return self.real.embed_prepared(pixels)

    def embed_pictures(self, pictures: Sequence[Image.Image]) -> NDArray[np.float32]:
        return self.real.embed_pictures(pictures)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.real.embed_texts(texts)

    @property
    def kinds(self) -> tuple[str, ...]:
        return self.real.kinds

    def understand(self, text: str) -> Understood:
        return self.real.understand(text)


class OpenLibrary:
    """A library folder with ledger, store and encoder open, and `ingest` as `Library` calls it.

    Attributes:
        events: Of the last run.
        encoded: How many pictures the last run encoded.
    """

    def __init__(self, folder: Path, model: Path, *, store: StoreSettings | None = None) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.embedder = CountingEmbedder(load_embedder(EmbedSettings(model=str(model))).embedder)
        self.settings = IngestSettings(settle_s=0, batch_size=4)
        self.store_settings = store or StoreSettings()
        self.events: list[Progress] = []
        self.encoded = 0
        self.open()

    def open(self) -> None:
        self.ledger = Ledger(self.folder / "ledger.sqlite")
        self.store = Store.open(self.store_settings, self.folder)

    def close(self) -> None:
        self.store.close()
        self.ledger.close()

    def load(self) -> Embedder:
        self.store.create(self.embedder.fingerprint)
        return self.embedder

    def start(self, **changes: object) -> Ingest:
        arguments: dict[str, object] = {
            "ledger": self.ledger,
            "store": self.store,
            "place": self.store_settings.uri or "embedded",
            "embedder": self.load,
            "settings": self.settings,
            "pools": Pools(batch_size=self.settings.batch_size, decoders=2, callers=2),
        }
        return Ingest(self.folder, **(arguments | changes))  # type: ignore[arg-type]

    def ingest(self, *sources: Path | str, prune: bool = False) -> DoneEvent:
        """Run once; every run must count each file it met exactly once."""
        before = self.embedder.rows
        self.events = list(self.start().run(sources, prune=prune))
        self.encoded = self.embedder.rows - before
        done, progress = self.events[-1], [e for e in self.events if isinstance(e, ProgressEvent)][-1]
        assert isinstance(done, DoneEvent)
        met = done.added + done.updated + done.unchanged + done.failed + done.skipped
        drives_away = sum("is the drive mounted" in reason for reason in self.reasons().values())
        assert met == progress.total + drives_away == progress.done + drives_away
        return done

    def reasons(self) -> dict[str, str]:
        """The failed and skipped files of the last run, as `failed: why` or `skipped: why`."""
        return {e.path: f"{e.event}: {e.reason}" for e in self.events if isinstance(e, FileEvent)}

    def rows(self) -> dict[str, tuple[str, ...]]:
        """What the store says: asset id to paths. Row, ledger and thumbnail must agree."""
        if self.store.fingerprint() is None:
            return {}
        found = {row.asset.id: row.asset for rows in self.store.rows() for row in rows}
        assert len(found) == self.store.count()
        assert set(found) == self.ledger.asset_ids()
        for asset_id, asset in found.items():
            states = self.ledger.states_of([asset_id])[asset_id]
            living = [state for state in states if not state.vanished] or states
            assert asset.paths == tuple(sorted(state.path for state in living))
            assert os.path.join(asset.folder, asset.filename) == asset.paths[0]  # noqa: PTH118
            assert thumb_path(self.folder, asset_id).exists()
        return {asset_id: asset.paths for asset_id, asset in found.items()}


@pytest.fixture
def library(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenLibrary]:
    """An empty library that is open."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(model / "cache"))
    opened = OpenLibrary(tmp_path / ".musaic", model)
    yield opened
    opened.close()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three pictures beside the library."""
    folder = tmp_path / "photos"
    for name in ("a", "b", "c"):
        draw(folder / f"{name}.png", name)
    return folder
