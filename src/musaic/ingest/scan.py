"""Walk folders: which files there are, and which are left out and why.

Nothing is opened here. One `Folder` a directory, so that a folder of 200,000 files and a tree of
200,000 folders both stay cheap; the walk runs in a thread of its own, a few folders ahead.
"""

import glob
import os
import queue
import stat
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from musaic.errors import ConfigError
from musaic.schemas import FileEvent

# How many folders the walk may be ahead of the work.
_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file. Size in bytes, time in nanoseconds since 1970."""

    folder: str
    name: str
    size_bytes: int
    mtime_ns: int

    @property
    def path(self) -> str:
        """The absolute path."""
        return os.path.join(self.folder, self.name)  # noqa: PTH118  this runs 200,000 times


@dataclass(slots=True)
class Folder:
    """What was found directly in one folder.

    `complete` says that the listing is all there is, so that a known file that is not in it is gone.
    """

    path: str
    files: list[Found] = field(default_factory=list)
    events: list[FileEvent] = field(default_factory=list)
    complete: bool = True


def expand(sources: Sequence[str | Path]) -> list[Path]:
    """Return the absolute files and folders that paths and globs name.

    Raises:
        ConfigError: A path does not exist, or a glob matches nothing.
    """
    found: dict[Path, None] = {}
    for source in sources:
        path = Path(source).expanduser()
        matches = [path] if os.path.lexists(path) else [Path(each) for each in _glob(str(path))]
        if not matches:
            raise ConfigError(
                f"nothing to ingest at {str(source)!r}: no such file or folder, and no glob that matches"
            )
        found.update(dict.fromkeys(Path(os.path.abspath(each)) for each in matches))  # noqa: PTH100  links stay
    return list(found)


def _glob(pattern: str) -> list[str]:
    return sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else []


def scan(roots: Sequence[Path], *, stop: threading.Event, skip: Path | None = None) -> Iterator[Folder]:
    """Yield every folder at or below the roots, the walk being a few folders ahead.

    Args:
        roots: From `expand`. A root named by hand is taken even when its name is hidden.
        stop: Ends the walk early.
        skip: A folder left out without a word: the library itself.
    """
    ahead: queue.Queue[Folder | None] = queue.Queue(_AHEAD)
    ended = threading.Event()

    def walk() -> None:
        try:
            for folder in _walk(roots, skip):
                while not (stop.is_set() or ended.is_set()):
                    try:
                        ahead.put(folder, timeout=0.1)
                        break
                    except queue.Full:
                        continue
                if stop.is_set() or ended.is_set():
                    break
        finally:
            # A consumer that has gone away leaves the queue full; it needs no end mark then.
            if not ended.is_set():
                ahead.put(None)

    thread = threading.Thread(target=walk, name="musaic-scan", daemon=True)
    thread.start()
    try:
        while (folder := ahead.get()) is not None:
            yield folder
    finally:
        ended.set()
        while thread.is_alive():
            try:
                ahead.get(timeout=0.05)
            except queue.Empty:
                continue


def _walk(roots: Sequence[Path], skip: Path | None) -> Iterator[Folder]:
    seen: set[tuple[int, int]] = set()
    alone: dict[str, Folder] = {}
    for root in roots:
        if root.is_dir():
            yield from _walk_folder(str(root), seen, None if skip is None else str(skip))
        else:
            folder = alone.setdefault(str(root.parent), Folder(str(root.parent), complete=False))
            _add(folder, root.name, str(root))
    yield from alone.values()


def _walk_folder(top: str, seen: set[tuple[int, int]], skip: str | None) -> Iterator[Folder]:
    waiting = [top]
    while waiting:
        path = waiting.pop()
        folder = Folder(path)
        below = _list(folder, seen, skip)
        waiting.extend(reversed(below))
        yield folder


def _list(folder: Folder, seen: set[tuple[int, int]], skip: str | None) -> list[str]:
    """Fill a folder; return the folders in it, in order."""
    below: list[str] = []
    try:
        status = os.stat(folder.path)  # noqa: PTH116  this and scandir run once a folder of a network drive
        if (status.st_dev, status.st_ino) in seen and status.st_ino:
            folder.events.append(_skipped(folder.path, "a link back to a folder that was scanned already"))
            folder.complete = False
            return below
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(folder.path) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as exc:
        reason = f"folder cannot be read: {exc.strerror or exc}"
        folder.events.append(FileEvent(event="failed", path=_printable(folder.path), reason=reason))
        folder.complete = False
        return below
    for entry in listed:
        if entry.path == skip:
            continue
        if entry.name.startswith("."):
            folder.events.append(_skipped(entry.path, "hidden"))
        elif _is_folder(entry):
            below.append(entry.path)
        else:
            _add(folder, entry.name, entry.path, entry)
    return below


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links; `_add` says so
        return False


def _add(folder: Folder, name: str, path: str, entry: os.DirEntry[str] | None = None) -> None:
    try:
        status = entry.stat() if entry is not None else os.stat(path)  # noqa: PTH116
    except OSError as exc:
        kind = "a link to nothing" if isinstance(exc, FileNotFoundError) else str(exc.strerror or exc)
        folder.events.append(_skipped(path, kind))
        return
    if not stat.S_ISREG(status.st_mode):
        folder.events.append(_skipped(path, "not a regular file (a device, pipe or socket)"))
    elif _printable(path) != path:
        reason = "its name is not valid UTF-8; rename it"
        folder.events.append(FileEvent(event="failed", path=_printable(path), reason=reason))
    else:
        folder.files.append(Found(folder.path, name, status.st_size, status.st_mtime_ns))


def _skipped(path: str, reason: str) -> FileEvent:
    return FileEvent(event="skipped", path=_printable(path), reason=reason)


def _printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
