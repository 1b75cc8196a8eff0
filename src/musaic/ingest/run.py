"""One run of ingest: the stages wired together, and what is left to do when files are gone."""

import os
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musaic import media
from musaic.config import IngestSettings
from musaic.embed.base import Embedder
from musaic.errors import FailedFileError, SkippedFileError
from musaic.ingest.generated import picture_again
from musaic.ingest.pipeline import Pools, run
from musaic.ingest.plan import Job, Planner, disturbed
from musaic.ingest.scan import Folder, Found, expand, scan
from musaic.ingest.thumbs import tidy_thumbs, write_thumb
from musaic.ingest.write import Writer
from musaic.ledger import FileState, Ledger
from musaic.schemas import Asset, DoneEvent, FileEvent, Progress, ProgressEvent
from musaic.store import Store

# A flush makes work safe; rarer ones cost more when a run is killed, more frequent ones cost time.
_FLUSH_ROWS, _FLUSH_S = 128, 1.0


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file that was read: known bytes have neither `asset` nor pixels, new ones have both."""

    job: Job
    asset_id: str
    asset: Asset | None = None
    pixels: NDArray[np.float32] | None = None

    @property
    def path(self) -> str:
        """The absolute path."""
        return self.job.path


class Ingest:
    """A run of ingest over a library that is open.

    Args:
        library: The library folder; never scanned.
        ledger: Open.
        store: Open.
        place: Which store this is, in any words; another than in the last run is compared with the ledger.
        embedder: Called once, before the first file is read; makes the collection.
        settings: Batch size, threads, limits.
        pools: How wide the pipeline is.
        stop: Set from outside to end early: what is in hand is finished.
    """

    def __init__(
        self,
        library: Path,
        *,
        ledger: Ledger,
        store: Store,
        place: str,
        embedder: Callable[[], Embedder],
        settings: IngestSettings,
        pools: Pools,
        stop: threading.Event | None = None,
    ) -> None:
        self._library, self._ledger, self._settings = library, ledger, settings
        self._place, self._pools, self._load = place, pools, embedder
        self._embedder: Embedder | None = None
        self._stop = stop or threading.Event()
        self._writer = Writer(library, ledger=ledger, store=store)
        self._planner = Planner(ledger, settle_s=settings.settle_s, stop=self._stop)
        self._failed = self._skipped = self._pruned = 0
        self._started = time.monotonic()

    def run(self, sources: Sequence[str | Path], *, prune: bool = False) -> Generator[Progress, None, None]:
        """Yield progress, each failed and skipped file, and last a `DoneEvent`.

        Args:
            sources: Files, folders and globs.
            prune: Forget files in these folders that are gone.

        Raises:
            ConfigError: A source does not exist.
            StoreError: The store refused or went away; what was reported done stays done.
            LibraryError: The library folder cannot be written to; the same.
            EmbedError: The encoder cannot be loaded, or fails on everything.
        """
        self._started = time.monotonic()
        roots = expand(sources)
        self._writer.reconcile(self._place)
        self._look_for_thumbs()
        with closing(scan(roots, stop=self._stop, skip=self._library)) as folders:
            yield from self._files(folders)
        if not self._stop.is_set():
            yield from self._gone(roots, prune=prune)
        # The first run makes the collection, whose name was not known before.
        self._writer.remember(self._place)
        yield self._done()

    def _look_for_thumbs(self) -> None:
        """Learn which assets have no thumbnail; those of pictures made here, which no scan meets, are made at once."""
        thumbs = self._planner.thumbs = tidy_thumbs(self._library)
        missing = set() if thumbs is None else self._writer.held - thumbs
        if missing:
            made_here = missing & self._ledger.generated_ids()
            picture_again(self._library, made_here, ledger=self._ledger, settings=self._settings)

    def _files(self, folders: Iterator[Folder | None]) -> Iterator[Progress]:
        flushed = time.monotonic()
        outcomes = run(self._jobs(folders), self._decode, self._embed, pools=self._pools, stop=self._stop)
        with closing(outcomes):
            for outcome in outcomes:
                if isinstance(outcome, FileEvent):
                    yield self._counted(outcome)
                else:
                    ready = outcome.ready
                    self._writer.add(ready.job, ready.asset_id, asset=ready.asset, vector=outcome.vector)
                if self._writer.waiting >= _FLUSH_ROWS or time.monotonic() - flushed > _FLUSH_S:
                    yield from self._flush()
                    flushed = time.monotonic()
        yield from self._flush()

    def _jobs(self, folders: Iterator[Folder | None]) -> Iterator[Job | FileEvent | None]:
        for job in self._planner.jobs(folders):
            # Here, and not in a decoding thread: it may ask the user something.
            if self._embedder is None and isinstance(job, Job) and not job.returned:
                self._embedder = self._load()
            yield job

    def _decode(self, job: Job) -> Decoded | FileEvent:
        found = job.found
        if job.returned and job.prior is not None and job.prior.asset_id:
            return Decoded(job, job.prior.asset_id)
        try:
            return self._known(job) or self._open(job)
        except (SkippedFileError, FailedFileError) as exc:
            if event := disturbed(found):
                return event
            if isinstance(exc, FailedFileError):
                return FileEvent(event="failed", path=found.path, reason=exc.reason)
            self._writer.skip(job, exc.reason)
            return FileEvent(event="skipped", path=found.path, reason=exc.reason)

    def _known(self, job: Job) -> Decoded | FileEvent | None:
        """Return a file whose bytes the library holds; None for one that must be decoded."""
        if not job.maybe_known:
            return None
        asset_id = media.content_id(media.hash_file(Path(job.path)))
        if asset_id not in self._writer.held:
            return None
        return disturbed(job.found) or Decoded(job, asset_id)

    def _open(self, job: Job) -> Decoded | FileEvent:
        settings, embedder = self._settings, self._embedder
        assert embedder is not None
        picture = media.open_picture(
            Path(job.path),
            min_side_px=embedder.image_size,
            max_pixels=settings.max_pixels,
            max_bytes=settings.max_bytes,
            thumbnail_px=settings.thumbnail_px,
        )
        if event := disturbed(job.found):
            return event
        asset_id = media.content_id(picture.sha256)
        # Also of one that is held: its thumbnail may be all that is missing.
        write_thumb(self._library, asset_id, picture.image, settings.thumbnail_px)
        if asset_id in self._writer.held:
            return Decoded(job, asset_id)
        # The decoded picture is large, and not kept.
        return Decoded(job, asset_id, _asset(job.found, asset_id, picture), embedder.prepare(picture.image))

    def _embed(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        assert self._embedder is not None
        return self._embedder.embed_prepared(pixels)

    def _flush(self) -> Iterator[Progress]:
        for event in self._writer.flush():
            yield self._counted(event)
        yield self._progress()

    def _gone(self, roots: Sequence[Path], *, prune: bool) -> Iterator[Progress]:
        """Mark files that are no longer there; a root that is empty all at once is not believed."""
        gone: dict[str, FileState] = {}
        for root in (str(each) for each in roots if each.is_dir()):
            missing = [each for each in self._planner.gone_under(root) if not self._is_own(each)]
            known = sum(state.asset_id is not None for state in missing)
            if known and _is_empty(root):
                yield self._counted(_empty_root(root, known))
            else:
                gone |= {state.path: state for state in missing}
        self._writer.vanish(list(gone.values()))
        if prune:
            self._pruned = self._writer.prune(list(gone.values()))

    def _is_own(self, state: FileState) -> bool:
        """Say whether a file is one that was made here: it is in the library folder, which is never scanned."""
        return Path(state.folder).is_relative_to(self._library)

    def _counted(self, event: FileEvent) -> FileEvent:
        if event.event == "failed":
            self._failed += 1
        else:
            self._skipped += 1
        return event

    def _progress(self) -> ProgressEvent:
        seconds = time.monotonic() - self._started
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

    def _done(self) -> DoneEvent:
        return DoneEvent(
            added=self._writer.added,
            updated=self._writer.updated,
            unchanged=self._planner.unchanged + self._writer.touched,
            failed=self._failed,
            skipped=self._skipped,
            vanished=self._writer.vanished,
            pruned=self._pruned,
            interrupted=self._stop.is_set(),
            seconds=round(time.monotonic() - self._started, 3),
        )


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


def _is_empty(root: str) -> bool:
    """Say whether a folder holds nothing, as a mount point does whose drive is away; hidden names do not count."""
    try:
        return all(name.startswith(".") for name in os.listdir(root))
    except OSError:
        return True


def _empty_root(root: str, known: int) -> FileEvent:
    reason = (
        f"is empty, but the library knows {known} files in it; is the drive mounted? Nothing was marked as "
        "vanished (ingest the folder above it if they are really gone)"
    )
    return FileEvent(event="failed", path=root, reason=reason)
