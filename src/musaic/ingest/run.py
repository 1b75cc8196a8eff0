"""One run of ingest: the stages wired together, and what is left to do when files are gone."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musaic import media
from musaic.config import IngestSettings
from musaic.embed.base import Embedder
from musaic.errors import FailedFileError, SkippedFileError
from musaic.ingest.pipeline import Pools, run
from musaic.ingest.plan import Job, Planner, still_being_written, unmoved
from musaic.ingest.scan import Found, expand, scan
from musaic.ingest.thumbs import write_thumb
from musaic.ingest.write import Writer
from musaic.ledger import FileState, Ledger
from musaic.schemas import Asset, DoneEvent, FileEvent, Progress, ProgressEvent
from musaic.store import Store

# A flush makes work safe; rarer ones cost more when a run is killed, more frequent ones cost time.
_FLUSH_ROWS, _FLUSH_S = 128, 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked to do besides adding: `prune` forgets files that have vanished."""

    prune: bool = False
    callers: int | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file that was read: known bytes have neither `asset` nor pixels, new ones have both."""

    job: Job
    asset_id: str
    asset: Asset | None = None
    pixels: NDArray[np.float32] | None = None


class Ingest:
    """A run of ingest over a library that is open.

    Args:
        library: The library folder; never scanned.
        ledger: Open.
        store: Open.
        embedder: Called once, before the first vector is needed; makes the collection.
        settings: Batch size, threads, limits.
        stop: Set from outside to end early: what is in hand is finished.
    """

    def __init__(
        self,
        library: Path,
        *,
        ledger: Ledger,
        store: Store,
        embedder: Callable[[], Embedder],
        settings: IngestSettings,
        stop: threading.Event | None = None,
    ) -> None:
        self._library, self._ledger, self._settings = library, ledger, settings
        self._load = embedder
        self._embedder: Embedder | None = None
        self._lock = threading.Lock()
        self._stop = stop or threading.Event()
        self._writer = Writer(library, ledger=ledger, store=store)
        self._planner = Planner(ledger, settle_s=settings.settle_s, stop=self._stop)
        self._known: set[str] = set()
        self._failed = self._skipped = 0

    def run(self, sources: Sequence[str | Path], options: Options | None = None) -> Iterator[Progress]:
        """Yield progress, each failed and skipped file, and last a `DoneEvent`.

        Raises:
            ConfigError: A source does not exist.
            StoreError: The store refused or went away; what was reported done stays done.
        """
        options = options or Options()
        started = time.monotonic()
        roots = expand(sources)
        self._writer.reconcile()
        self._known = self._ledger.asset_ids()
        yield from self._files(roots, options, started)
        pruned = 0
        if not self._stop.is_set():
            yield from self._gone(roots)
            pruned = self._writer.prune([str(root) for root in roots]) if options.prune else 0
        yield self._done(pruned, time.monotonic() - started)

    def _files(self, roots: Sequence[Path], options: Options, started: float) -> Iterator[Progress]:
        cores = os.cpu_count() or 1
        pools = Pools(
            batch_size=self._settings.batch_size,
            decoders=self._settings.decoders or cores,
            callers=options.callers or cores,
        )
        jobs = self._planner.jobs(scan(roots, stop=self._stop, skip=self._library))
        flushed = time.monotonic()
        for outcome in run(jobs, self._decode, self._embed, pools=pools, stop=self._stop):
            if isinstance(outcome, FileEvent):
                self._count(outcome)
                yield outcome
            else:
                self._writer.add(outcome.ready, outcome.vector)
            if self._writer.waiting >= _FLUSH_ROWS or time.monotonic() - flushed > _FLUSH_S:
                self._writer.flush()
                flushed = time.monotonic()
                yield self._progress(flushed - started)
        self._writer.flush()
        yield self._progress(time.monotonic() - started)

    def _decode(self, job: Job) -> Decoded | FileEvent:
        found = job.found
        try:
            if (
                job.maybe_known
                and (asset_id := media.content_id(media.hash_file(Path(found.path)))) in self._known
            ):
                return Decoded(job, asset_id) if unmoved(found) else still_being_written(found)
            return self._open(job)
        except (SkippedFileError, FailedFileError) as exc:
            if not unmoved(found):
                return still_being_written(found)
            event = "skipped" if isinstance(exc, SkippedFileError) else "failed"
            if event == "skipped":
                self._writer.remember_skipped(_state(found, reason=exc.reason))
            return FileEvent(event=event, path=found.path, reason=exc.reason)

    def _open(self, job: Job) -> Decoded | FileEvent:
        embedder = self._encoder()
        settings = self._settings
        picture = media.open_picture(
            Path(job.found.path),
            min_side_px=embedder.image_size,
            max_pixels=settings.max_pixels,
            max_bytes=settings.max_bytes,
            thumbnail_px=settings.thumbnail_px,
        )
        if not unmoved(job.found):
            return still_being_written(job.found)
        asset_id = media.content_id(picture.sha256)
        write_thumb(self._library, asset_id, picture.image, settings.thumbnail_px)
        pixels = embedder.prepare(picture.image)
        # The decoded picture is large, and not kept.
        return Decoded(job, asset_id, _asset(job.found, asset_id, picture), pixels)

    def _embed(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._encoder().embed_prepared(pixels)

    def _encoder(self) -> Embedder:
        with self._lock:
            if self._embedder is None:
                self._embedder = self._load()
            return self._embedder

    def _gone(self, roots: Sequence[Path]) -> Iterator[Progress]:
        """Mark files that are no longer there; a root that is empty all at once is not believed."""
        gone = list(self._planner.vanished)
        for root in (str(each) for each in roots if each.is_dir()):
            below = self._planner.gone_under(root)
            known = [state for state in gone if _under(state, root)] + below
            if known and not any(os.scandir(root)):
                gone = [state for state in gone if not _under(state, root)]
                yield self._empty_root(root, len(known))
            else:
                gone += below
        self._writer.vanish(gone)

    def _empty_root(self, root: str, known: int) -> FileEvent:
        reason = (
            f"is empty, but the library knows {known} files in it; is the drive mounted? Nothing was marked as "
            "vanished (ingest the folder above it if they are really gone)"
        )
        self._failed += 1
        return FileEvent(event="failed", path=root, reason=reason)

    def _count(self, event: FileEvent) -> None:
        if event.event == "failed":
            self._failed += 1
        else:
            self._skipped += 1

    def _progress(self, seconds: float) -> ProgressEvent:
        worked = self._writer.worked
        done = worked + self._planner.unchanged + self._failed + self._skipped
        rate = worked / seconds if seconds > 0 else 0.0
        left = None if self._planner.scanning or not rate else (self._planner.total - done) / rate
        return ProgressEvent(
            done=done,
            total=self._planner.total,
            failed=self._failed,
            rate_per_s=round(rate, 1),
            seconds_left=None if left is None else round(max(0.0, left), 1),
            scanning=self._planner.scanning,
        )

    def _done(self, pruned: int, seconds: float) -> DoneEvent:
        return DoneEvent(
            added=self._writer.added,
            updated=self._writer.updated,
            unchanged=self._planner.unchanged + self._writer.touched,
            failed=self._failed,
            skipped=self._skipped,
            vanished=self._writer.vanished,
            pruned=pruned,
            interrupted=self._stop.is_set(),
            seconds=round(seconds, 3),
        )


def _state(found: Found, *, asset_id: str | None = None, reason: str | None = None) -> FileState:
    return FileState(found.folder, found.name, found.size_bytes, found.mtime_ns, asset_id, reason)


def _asset(found: Found, asset_id: str, picture: media.Picture) -> Asset:
    return Asset(
        id=asset_id,
        asset_id=asset_id,
        filename=found.name,
        folder=found.folder,
        paths=(found.path,),
        mime=picture.mime,
        size_bytes=picture.size_bytes,
        width=picture.width,
        height=picture.height,
        captured_at=picture.captured_at,
        modified_at=found.mtime_ns // 1_000_000_000,
        ingested_at=int(time.time()),
        metadata=picture.metadata,
    )


def _under(state: FileState, root: str) -> bool:
    return state.folder == root or state.folder.startswith(root.rstrip(os.sep) + os.sep)
