"""Walk folders: which files there are, and which are left out and why.

Nothing is opened here. One `Folder` a directory, so that a folder of 200,000 files and a tree of
200,000 folders both stay cheap; the walk runs in a thread of its own, a few folders ahead.
"""

import contextlib
import errno
import glob
import os
import queue
import stat
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from musaic.errors import ConfigError
from musaic.ledger import bounded
from musaic.schemas import FileEvent

# How many folders the walk may be ahead of the work, and how long either waits for the other at a time.
_AHEAD, _WAIT_S = 8, 0.05
_BAD_NAME = "its name is not valid UTF-8; rename it"
# The reason for a file or folder that was there when it was listed, and is not any more.
WENT_AWAY = "went away while the run was on (deleted, moved or renamed)"


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file. Size in bytes, time in nanoseconds since 1970, `bounded`."""

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

    Attributes:
        path: Absolute.
        files: What may be a picture.
        events: What was left out, and why.
        unseen: Absolute paths, of files and folders, that were not looked into, the folder itself where
            it cannot be listed: nobody knows whether what was in them is still there.
        complete: Whether this is the whole folder, so that a known file that is neither found nor unseen
            is gone; False for files that were named one by one.
        last: No folder comes after this one; set by the walk as soon as it knows, which may be later.
    """

    path: str
    files: list[Found] = field(default_factory=list)
    events: list[FileEvent] = field(default_factory=list)
    unseen: set[str] = field(default_factory=set)
    complete: bool = True
    last: bool = False


def expand(sources: Sequence[str | Path]) -> list[Path]:
    """Return the absolute files and folders that paths and globs name, without those inside others.

    Raises:
        ConfigError: A path does not exist, or a glob matches nothing.
    """
    found: dict[Path, None] = {}
    for source in sources:
        path = _expanded(source)
        matches = [path] if _exists(path) else _glob(path)
        if not matches:
            raise ConfigError(
                f"nothing to ingest at {str(source)!r}: no such file or folder, and no glob that matches"
            )
        found.update(dict.fromkeys(Path(os.path.abspath(each)) for each in matches))  # noqa: PTH100  links stay
    return [
        path for path in found if not any(_walk_meets(path, each) for each in path.parents if each in found)
    ]


def _expanded(source: str | Path) -> Path:
    if not str(source):
        raise ConfigError("one of the paths to ingest is empty; is a variable unset?")
    try:
        return Path(source).expanduser()
    except RuntimeError as exc:
        raise ConfigError(f"nothing to ingest at {str(source)!r}: {exc}") from exc


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except PermissionError as exc:
        raise ConfigError(f"{str(path)!r} may not be read ({exc.strerror})") from exc
    except (OSError, ValueError):
        return False
    return True


def _glob(pattern: Path) -> list[Path]:
    """Return what a glob matches. ``**`` follows no links; hidden names match only a pattern that begins with a dot."""
    steps = pattern.parts
    fixed = next((at for at, step in enumerate(steps) if glob.has_magic(step)), len(steps))
    if fixed == len(steps):
        return []
    wanted = Path(*steps[fixed:])
    hidden_too = any(step.startswith(".") for step in wanted.parts)
    start = Path(*steps[:fixed])
    try:
        matches = sorted(start.glob(str(wanted)))
    except ValueError as exc:
        raise ConfigError(f"the glob {str(pattern)!r} cannot be used: {exc}") from exc
    return [
        each
        for each in matches
        if hidden_too or not any(part.startswith(".") for part in each.parts[len(start.parts) :])
    ]


def _walk_meets(path: Path, root: Path) -> bool:
    """Say whether the walk of a root comes across a path below it: it leaves hidden names out, unless named."""
    return not any(part.startswith(".") for part in path.relative_to(root).parts)


def scan(
    roots: Sequence[Path], *, stop: threading.Event, skip: Path | None = None
) -> Generator[Folder | None, None, None]:
    """Yield every folder at or below the roots, the walk being a few folders ahead.

    None is yielded now and then while a slow drive is still listing, so that the caller can go on with
    what it has. Links are followed, after everything that can be reached without them.

    Args:
        roots: From `expand`. A root named by hand is taken even when its name is hidden.
        stop: Ends the walk early, also while a drive does not answer.
        skip: A folder left out without a word: the library itself.

    Raises:
        Exception: What the walk met and did not expect; the list would not be whole.
    """
    walk = _Walk(roots, None if skip is None else str(skip))
    threading.Thread(target=walk.run, name="musaic-scan", daemon=True).start()
    try:
        while not stop.is_set():
            try:
                folder = walk.ahead.get(timeout=_WAIT_S)
            except queue.Empty:
                yield None
                continue
            if isinstance(folder, BaseException):
                raise folder
            if folder is None:
                return
            yield folder
    finally:
        walk.ended.set()


class _Walk:
    """The thread ahead: puts folders, then None, or the error that ended it."""

    def __init__(self, roots: Sequence[Path], skip: str | None) -> None:
        self._roots, self._skip = roots, skip
        self._seen: set[tuple[int, int]] = set()
        self._links: deque[str] = deque()
        self.ahead: queue.Queue[Folder | BaseException | None] = queue.Queue(_AHEAD)
        self.ended = threading.Event()

    def run(self) -> None:
        try:
            folder = None
            for folder in self._folders():
                self._put(folder)
                if self.ended.is_set():
                    return
            if folder is not None:
                folder.last = True
            self._put(None)
        except BaseException as exc:
            self._put(exc)

    def _put(self, folder: Folder | BaseException | None) -> None:
        while not self.ended.is_set():
            try:
                self.ahead.put(folder, timeout=_WAIT_S)
            except queue.Full:
                continue
            return

    def _folders(self) -> Iterator[Folder]:
        alone: dict[str, Folder] = {}
        for root in self._roots:
            if os.path.isdir(root):  # noqa: PTH112  Path.is_dir raises where this says no
                yield from self._below(str(root))
            else:
                folder = alone.setdefault(str(root.parent), Folder(str(root.parent), complete=False))
                _add(folder, root.name, str(root))
        while self._links:
            yield from self._below(self._links.popleft())
        yield from alone.values()

    def _below(self, top: str) -> Iterator[Folder]:
        waiting = [top]
        while waiting:
            folder = Folder(waiting.pop())
            below = [entry for entry in self._entries(folder) if _add_entry(folder, entry)]
            self._links.extend(entry.path for entry in below if entry.is_symlink())
            waiting.extend(entry.path for entry in reversed(below) if not entry.is_symlink())
            yield folder

    def _entries(self, folder: Folder) -> list[os.DirEntry[str]]:
        """List a folder in order, or say in it why that cannot be."""
        if _printable(folder.path) != folder.path:
            folder.unseen.add(folder.path)
            folder.events.append(_failed(folder.path, _BAD_NAME))
            return []
        try:
            if self._is_skipped(folder):
                return []
            with os.scandir(folder.path) as entries:
                return sorted((e for e in entries if e.path != self._skip), key=lambda entry: entry.name)
        except FileNotFoundError:
            folder.unseen.add(folder.path)
            folder.events.append(_skipped(folder.path, WENT_AWAY))
        except OSError as exc:
            folder.unseen.add(folder.path)
            folder.events.append(_failed(folder.path, f"folder cannot be read: {_words(exc)}"))
        return []

    def _is_skipped(self, folder: Folder) -> bool:
        """Say whether a folder was scanned already, by another way, or is the library."""
        status = os.stat(folder.path)  # noqa: PTH116  this and scandir run once a folder of a network drive
        identity = (status.st_dev, status.st_ino)
        if identity in self._seen and status.st_ino:
            folder.unseen.add(folder.path)
            folder.events.append(_skipped(folder.path, "a link back to a folder that was scanned already"))
            return True
        self._seen.add(identity)
        return folder.path == self._skip


def _add_entry(folder: Folder, entry: os.DirEntry[str]) -> bool:
    """Put a file into a folder, or say in it why not; return whether the entry is a folder to walk."""
    if entry.name.startswith("."):
        folder.unseen.add(entry.path)
        folder.events.append(_skipped(entry.path, "hidden"))
        return False
    with contextlib.suppress(OSError):  # a loop of links; `_add` says so
        if entry.is_dir():
            return True
    _add(folder, entry.name, entry.path, entry)
    return False


def _add(folder: Folder, name: str, path: str, entry: os.DirEntry[str] | None = None) -> None:
    if _printable(path) != path:
        folder.events.append(_failed(path, _BAD_NAME))
        return
    try:
        status = entry.stat() if entry is not None else os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        reason = "a link to nothing" if os.path.islink(path) else WENT_AWAY  # noqa: PTH114
        folder.events.append(_skipped(path, reason))
    except OSError as exc:
        if exc.errno == errno.ELOOP:
            folder.events.append(_skipped(path, "a link that leads back to itself"))
            return
        folder.unseen.add(path)
        folder.events.append(_failed(path, f"cannot be read: {_words(exc)}"))
    else:
        if stat.S_ISREG(status.st_mode):
            folder.files.append(Found(folder.path, name, status.st_size, bounded(status.st_mtime_ns)))
        else:
            folder.events.append(_skipped(path, "not a regular file (a device, pipe or socket)"))


def _words(exc: OSError) -> str:
    return (exc.strerror or str(exc)).lower()


def _skipped(path: str, reason: str) -> FileEvent:
    return FileEvent(event="skipped", path=_printable(path), reason=reason)


def _failed(path: str, reason: str) -> FileEvent:
    return FileEvent(event="failed", path=_printable(path), reason=reason)


def _printable(path: str) -> str:
    """Return a path with escapes for bytes that are not UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
