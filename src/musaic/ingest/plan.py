"""Decide what each found file needs: nothing, a hash, or decoding and encoding."""

import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from musaic.ingest.scan import Folder, Found
from musaic.ledger import FileState, Ledger
from musaic.schemas import FileEvent


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read. `maybe_known`: its size is that of an ingested file, so hash it first."""

    found: Found
    prior: FileState | None
    maybe_known: bool


class Planner:
    """Turns folders into jobs; counts and collects what needs none.

    Attributes:
        total: Files and events seen so far.
        unchanged: Files that need nothing.
        vanished: Known files that are not where they were.
        scanning: Whether folders are still to come.
    """

    def __init__(self, ledger: Ledger, *, settle_s: float, stop: threading.Event) -> None:
        self._ledger, self._settle_s, self._stop = ledger, settle_s, stop
        self._fresh: list[tuple[Job, int]] = []
        self._visited: set[str] = set()
        self._unsure: list[str] = []
        self.total = self.unchanged = 0
        self.vanished: list[FileState] = []
        self.scanning = True

    def jobs(self, folders: Iterable[Folder]) -> Iterator[Job | FileEvent]:
        """Yield jobs and events, files that may still be being written last."""
        for folder in folders:
            self.total += len(folder.files) + len(folder.events)
            yield from folder.events
            yield from self._folder(folder)
        self.scanning = False
        yield from self._settled()

    def _folder(self, folder: Folder) -> Iterator[Job | FileEvent]:
        known = self._ledger.known_in(folder.path)
        self._visited.add(folder.path)
        if folder.complete:
            names = {found.name for found in folder.files}
            self.vanished += [s for name, s in known.items() if name not in names and s.asset_id]
        else:
            self._unsure.append(folder.path)
        for found in folder.files:
            yield from self._file(found, known.get(found.name))

    def _file(self, found: Found, prior: FileState | None) -> Iterator[Job | FileEvent]:
        if prior is not None and (prior.size_bytes, prior.mtime_ns) == (found.size_bytes, found.mtime_ns):
            if prior.reason is not None:
                yield FileEvent(event="skipped", path=found.path, reason=prior.reason)
            else:
                self._still_there(prior)
            return
        now_ns = time.time_ns()
        job = Job(found, prior, self._ledger.has_size(found.size_bytes))
        # A time in the future says nothing about when the file was written.
        if 0 <= now_ns - found.mtime_ns < self._settle_s * 1e9:
            self._fresh.append((job, now_ns))
        else:
            yield job

    def _still_there(self, prior: FileState) -> None:
        self.unchanged += 1
        if prior.vanished:
            self._ledger.record([prior])

    def _settled(self) -> Iterator[Job | FileEvent]:
        for job, seen_ns in self._fresh:
            wait_s = self._settle_s - (time.time_ns() - seen_ns) / 1e9
            if wait_s > 0 and self._stop.wait(wait_s):
                return
            yield job if unmoved(job.found) else still_being_written(job.found)

    def gone_under(self, root: str) -> list[FileState]:
        """Return known files in folders at or below a root that the scan did not meet at all."""
        folders = [each for each in self._ledger.folders_under(root) if each not in self._visited]
        sure = [each for each in folders if not any(_within(each, unsure) for unsure in self._unsure)]
        return [s for each in sure for s in self._ledger.known_in(each).values() if s.asset_id]


def unmoved(found: Found) -> bool:
    """Say whether a file still has the size and time it was found with."""
    try:
        status = os.stat(found.path)  # noqa: PTH116
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (found.size_bytes, found.mtime_ns)


def still_being_written(found: Found) -> FileEvent:
    """Return the event for a file whose size or time moved while it was looked at."""
    reason = "still being written (its size or time changed); run again when it is complete"
    return FileEvent(event="skipped", path=found.path, reason=reason)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
