"""Encode a whole library again with another encoder, beside the old vectors."""

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic import media
from musaic.config import IngestSettings
from musaic.embed.base import Embedder
from musaic.errors import LibraryError, MediaError
from musaic.ingest.pipeline import Pools, run
from musaic.ingest.thumbs import thumb_path
from musaic.schemas import Asset, DoneEvent, FileEvent, Progress, ProgressEvent
from musaic.store import Row, Store

_FLUSH_ROWS, _FLUSH_S = 128, 1.0


@dataclass(frozen=True, slots=True)
class _Again:
    """An asset to be encoded; with pixels once it was read."""

    asset: Asset
    pixels: NDArray[np.float32] | None = None

    @property
    def path(self) -> str:
        return self.asset.paths[0]


class Reindex:
    """Encodes every asset of one store into another; the caller switches after.

    An asset whose original cannot be reached, or holds other bytes by now, is encoded from its
    thumbnail; one without either fails. Assets that are in the new store already, from a run that was
    interrupted, are not encoded again; what the old store says of them by now is taken over.

    On a store that is shared, originals and thumbnails of some assets lie on other machines: one that
    fails here must not be lost there. So the run ends with an error before anything is switched, and the
    same rebuild on the machine that has them goes on with what was encoded here.

    Args:
        library: The library folder.
        old: Open, and only read.
        new: From `Store.beside`.
        embedder: The new one.
        settings: Limits.
        pools: How wide the pipeline is.
        stop: Set from outside to end early: what is in hand is finished.
        drop_failed: Let assets that fail go from a shared store all the same.

    Attributes:
        from_thumbnails: How many assets were encoded from their thumbnails.
    """

    def __init__(
        self,
        library: Path,
        *,
        old: Store,
        new: Store,
        embedder: Embedder,
        settings: IngestSettings,
        pools: Pools,
        stop: threading.Event,
        drop_failed: bool = False,
    ) -> None:
        self._library, self._old, self._new = library, old, new
        self._embedder, self._settings, self._pools, self._stop = embedder, settings, pools, stop
        self._drop_failed, self._shared = drop_failed, old.capabilities.shared
        self._ready: set[str] = set()
        self._rows: list[Row] = []
        self._tried: set[str] = set()
        self._total = self._done = self._unchanged = self._failed = 0
        self._from_thumbnails: set[str] = set()
        self._started = time.monotonic()

    @property
    def from_thumbnails(self) -> int:
        """How many assets were encoded from their thumbnails."""
        return len(self._from_thumbnails)

    def run(self) -> Generator[Progress, None, None]:
        """Yield progress, each asset that failed, and last a `DoneEvent`.

        Raises:
            StoreError: The store refused or went away; what was reported done stays done.
            EmbedError: The encoder fails on everything.
            LibraryError: The store is shared, and assets that failed would be lost to other machines.
        """
        self._started = time.monotonic()
        self._unchanged = self._new.count()
        yield from self._pass()
        if self._shared and not self._stop.is_set():
            # Other machines may have written to the old store meanwhile.
            self._new.delete(sorted(set(self._new.ids()) - set(self._old.ids())))
            yield from self._pass()
            if self._failed and not self._drop_failed:
                self._refuse_to_lose()
        yield self._sum()

    def _pass(self) -> Iterator[Progress]:
        """Bring what the old store holds into the new one."""
        flushed = time.monotonic()
        self._total, self._ready = self._old.count(), set(self._new.ids())
        outcomes = run(
            self._jobs(), self._decode, self._embedder.embed_prepared, pools=self._pools, stop=self._stop
        )
        with closing(outcomes):
            for outcome in outcomes:
                if isinstance(outcome, FileEvent):
                    self._failed += 1
                    yield outcome
                elif outcome.vector is not None:
                    self._rows.append(Row(outcome.ready.asset, outcome.vector))
                if len(self._rows) >= _FLUSH_ROWS or time.monotonic() - flushed > _FLUSH_S:
                    yield self._flush()
                    flushed = time.monotonic()
        yield self._flush()

    def _jobs(self) -> Iterator[_Again]:
        for rows in self._old.rows():
            assets = [row.asset for row in rows]
            self._refresh([asset for asset in assets if asset.id in self._ready])
            for asset in assets:
                if asset.id not in self._ready and asset.id not in self._tried:
                    self._tried.add(asset.id)
                    yield _Again(asset)

    def _refresh(self, assets: Sequence[Asset]) -> None:
        """Take over what changed of assets since they were encoded: a file was moved, say."""
        written = {row.asset.id: row for row in self._new.get([asset.id for asset in assets])}
        changed = [
            Row(asset, written[asset.id].vector)
            for asset in assets
            if asset.id in written and written[asset.id].asset != asset
        ]
        if changed:
            self._new.upsert(changed)

    def _decode(self, job: _Again) -> _Again | FileEvent:
        picture = self._original(job.asset) or self._thumbnail(job.asset)
        if picture is None:
            reason = "neither the original nor its thumbnail can be read"
            return FileEvent(event="failed", path=job.path, reason=reason)
        return _Again(job.asset, self._embedder.prepare(picture))

    def _original(self, asset: Asset) -> Image.Image | None:
        opened = (self._open(Path(path)) for path in asset.paths)
        # A path may hold other bytes by now.
        return next((p.image for p in opened if p and media.content_id(p.sha256) == asset.asset_id), None)

    def _thumbnail(self, asset: Asset) -> Image.Image | None:
        picture = self._open(thumb_path(self._library, asset.asset_id))
        if picture is None:
            return None
        self._from_thumbnails.add(asset.id)
        return picture.image

    def _open(self, path: Path) -> media.Picture | None:
        side_px, limits = self._embedder.image_size, self._settings
        try:
            return media.open_picture(
                path, min_side_px=side_px, max_pixels=limits.max_pixels, max_bytes=limits.max_bytes
            )
        except MediaError:
            return None

    def _flush(self) -> ProgressEvent:
        rows, self._rows = self._rows, []
        if rows:
            self._new.upsert(rows)
        self._done += len(rows)
        seconds = time.monotonic() - self._started
        rate = self._done / seconds if seconds > 0 else 0.0
        done = min(self._total, self._done + self._failed + self._unchanged)
        return ProgressEvent(
            done=done,
            total=self._total,
            failed=self._failed,
            rate_per_s=round(rate, 1),
            seconds_left=round(max(0, self._total - done) / rate, 1) if rate else None,
            scanning=False,
        )

    def _sum(self) -> DoneEvent:
        return DoneEvent(
            added=0,
            updated=self._done,
            unchanged=self._unchanged,
            failed=self._failed,
            skipped=0,
            interrupted=self._stop.is_set(),
            seconds=round(time.monotonic() - self._started, 3),
        )

    def _refuse_to_lose(self) -> None:
        lost = sorted((self._tried & set(self._old.ids())) - set(self._new.ids()))
        if self._stop.is_set() or not lost:
            return
        first = ", ".join(path for row in self._old.get(lost[:1]) for path in row.asset.paths[:1])
        raise LibraryError(
            f"{len(lost)} pictures of the shared collection can be read here neither from their files nor from "
            f"thumbnails ({first}), and switching would take them from everyone, so the old vectors stay; the new ones "
            "made here are kept: run the same reindex on the machine that has these files, or, where they are gone "
            "for good, add drop_failed=True to let them go"
        )
