"""Encode a whole library again with another encoder, beside the old vectors."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic import media
from musaic.config import IngestSettings
from musaic.embed.base import Embedder
from musaic.errors import MediaError
from musaic.ingest.pipeline import Pools, run
from musaic.ingest.thumbs import thumb_path
from musaic.schemas import Asset, DoneEvent, FileEvent, Progress, ProgressEvent
from musaic.store import Row, Store

_FLUSH_ROWS = 128


@dataclass(frozen=True, slots=True)
class _Again:
    asset: Asset
    pixels: NDArray[np.float32]


def reindex(
    library: Path,
    *,
    old: Store,
    new: Store,
    embedder: Embedder,
    settings: IngestSettings,
    stop: threading.Event,
) -> Iterator[Progress]:
    """Yield progress while every asset of `old` is encoded into `new`; the caller switches after.

    An asset whose original cannot be reached is encoded from its thumbnail; one without either
    fails. Assets that are in `new` already, from a run that was interrupted, are left as they are.
    """
    started = time.monotonic()
    ready = set(new.ids())
    total = old.count()
    counts = {"done": 0, "failed": 0}
    waiting: list[Row] = []

    def decode(asset: Asset) -> _Again | FileEvent:
        picture = _picture(library, asset, embedder.image_size, settings)
        if picture is None:
            reason = "neither the original nor its thumbnail can be read"
            return FileEvent(event="failed", path=asset.paths[0], reason=reason)
        return _Again(asset, embedder.prepare(picture))

    def progress() -> ProgressEvent:
        rate = counts["done"] / (time.monotonic() - started)
        done = counts["done"] + counts["failed"] + len(ready)
        return ProgressEvent(
            done=done,
            total=total,
            failed=counts["failed"],
            rate_per_s=round(rate, 1),
            seconds_left=round((total - done) / rate, 1) if rate else None,
            scanning=False,
        )

    cores = os.cpu_count() or 1
    pools = Pools(settings.batch_size, decoders=settings.decoders or cores, callers=cores)
    jobs = (row.asset for rows in old.rows() for row in rows if row.asset.id not in ready)
    for outcome in run(jobs, decode, embedder.embed_prepared, pools=pools, stop=stop):
        if isinstance(outcome, FileEvent):
            counts["failed"] += 1
            yield outcome
            continue
        assert outcome.vector is not None
        waiting.append(Row(outcome.ready.asset, outcome.vector))
        if len(waiting) >= _FLUSH_ROWS:
            new.upsert(waiting)
            counts["done"] += len(waiting)
            waiting = []
            yield progress()
    if waiting:
        new.upsert(waiting)
    counts["done"] += len(waiting)
    yield progress()
    yield DoneEvent(
        added=0,
        updated=counts["done"],
        unchanged=len(ready),
        failed=counts["failed"],
        skipped=0,
        interrupted=stop.is_set(),
        seconds=round(time.monotonic() - started, 3),
    )


def _picture(library: Path, asset: Asset, side_px: int, settings: IngestSettings) -> Image.Image | None:
    for path in (*map(Path, asset.paths), thumb_path(library, asset.id)):
        try:
            opened = media.open_picture(
                path, min_side_px=side_px, max_pixels=settings.max_pixels, max_bytes=settings.max_bytes
            )
        except MediaError:
            continue
        # A path may hold other bytes by now; only the thumbnail is ours whatever its bytes.
        if path.is_relative_to(library / "thumbs") or media.content_id(opened.sha256) == asset.id:
            return opened.image
    return None
