"""Decide what each found file needs: nothing, a hash, or decoding and encoding."""

import errno
import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from musaic.ingest.scan import WENT_AWAY, Folder, Found
from musaic.ledger import FileState, Ledger, bounded
from musaic.schemas import FileEvent

_WAIT_S = 0.05
# A file of a network drive that another machine removed is "stale".
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)


@dataclass(frozen=True, slots=True)
class Job:
    """A file to look at.

    Attributes:
        found: Where it is.
        prior: What the ledger knows of its path.
        maybe_known: Its size is that of an ingested file, so hash it first.
        returned: It had vanished and is back as it was; it need not be read.
    """

    found: Found
    prior: FileState | None
    maybe_known: bool = False
    returned: bool = False

    @property
    def path(self) -> str:
        """The absolute path."""
        return self.found.path


class Planner:
    """Turns folders into jobs; counts and collects what needs none.

    Attributes:
        total: Files and events seen so far.
        unchanged: Files that need nothing.
        thumbs: Ids of the assets that have a thumbnail; None where nobody knows, so that none is missed.
    """

    def __init__(self, ledger: Ledger, *, settle_s: float, stop: threading.Event) -> None:
        self._ledger, self._settle_s, self._stop = ledger, settle_s, stop
        # Jobs with the time, by `time.monotonic`, from which their files count as settled.
        self._fresh: deque[tuple[Job, float]] = deque()
        self._visited: set[str] = set()
        self._unseen: set[str] = set()
        self._gone: list[FileState] = []
        self.total = self.unchanged = 0
        self.thumbs: set[str] | None = None
        self._now_in: Folder | None = None

    @property
    def scanning(self) -> bool:
        """Whether folders are still to come, so that `total` will grow."""
        return self._now_in is None or not self._now_in.last

    def jobs(self, folders: Iterable[Folder | None]) -> Iterator[Job | FileEvent | None]:
        """Yield jobs and events, files that may still be being written last; None where it must wait."""
        for folder in folders:
            if folder is None:
                yield None
            else:
                self._now_in = folder
                self.total += len(folder.files) + len(folder.events)
                yield from folder.events
                yield from self._folder(folder)
            yield from self._settled()
        while self._fresh and not self._stop.wait(_WAIT_S):
            yield None
            yield from self._settled()

    def _folder(self, folder: Folder) -> Iterator[Job | FileEvent]:
        listed = folder.complete and folder.path not in folder.unseen
        known = self._ledger.known_in(folder.path) if listed or folder.files else {}
        self._unseen |= folder.unseen
        if listed:
            self._visited.add(folder.path)
            names = {found.name for found in folder.files}
            self._gone += [s for s in known.values() if s.name not in names and s.path not in folder.unseen]
        for found in folder.files:
            yield from self._file(found, known.get(found.name))

    def _file(self, found: Found, prior: FileState | None) -> Iterator[Job | FileEvent]:
        if prior is not None and (prior.size_bytes, prior.mtime_ns) == (found.size_bytes, found.mtime_ns):
            if prior.reason is not None:
                yield FileEvent(event="skipped", path=found.path, reason=prior.reason)
            elif prior.vanished:
                yield Job(found, prior, returned=True)
            elif self._lacks_thumb(prior):
                yield Job(found, prior)
            else:
                self.unchanged += 1
            return
        job = Job(found, prior, maybe_known=self._ledger.has_size(found.size_bytes))
        # A time in the future says nothing about when the file was written.
        if 0 <= time.time_ns() - found.mtime_ns < self._settle_s * 1e9:
            self._fresh.append((job, time.monotonic() + self._settle_s))
        else:
            yield job

    def _lacks_thumb(self, prior: FileState) -> bool:
        """Say whether a file must be opened for its thumbnail; once an asset, which may lie at many paths."""
        if self.thumbs is None or prior.asset_id is None or prior.asset_id in self.thumbs:
            return False
        self.thumbs.add(prior.asset_id)
        return True

    def _settled(self) -> Iterator[Job | FileEvent]:
        while self._fresh and self._fresh[0][1] <= time.monotonic() and not self._stop.is_set():
            job, _ = self._fresh.popleft()
            yield disturbed(job.found) or job

    def gone_under(self, root: str) -> list[FileState]:
        """Return the known files at or below a root that the scan, being over, would have met and did not."""
        missed = (each for each in self._ledger.folders_under(root) if each not in self._visited)
        states = [state for each in missed if not self._is_unseen(each) for state in self._known(each)]
        return states + [state for state in self._gone if _within(state.folder, root)]

    def _known(self, folder: str) -> Iterable[FileState]:
        return self._ledger.known_in(folder).values()

    def _is_unseen(self, folder: str) -> bool:
        return any(str(each) in self._unseen for each in (Path(folder), *Path(folder).parents))


def disturbed(found: Found) -> FileEvent | None:
    """Return why a file is not to be taken as it was found: it is being written, or gone; None for one at rest."""
    try:
        status = os.stat(found.path)  # noqa: PTH116
    except OSError as exc:
        if exc.errno in _GONE:
            return FileEvent(event="skipped", path=found.path, reason=WENT_AWAY)
        reason = f"cannot be read any more: {(exc.strerror or str(exc)).lower()}"
        return FileEvent(event="failed", path=found.path, reason=reason)
    if (status.st_size, bounded(status.st_mtime_ns)) == (found.size_bytes, found.mtime_ns):
        return None
    reason = "still being written (its size or time changed); run again when it is complete"
    return FileEvent(event="skipped", path=found.path, reason=reason)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
