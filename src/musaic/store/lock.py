"""One process at a time: a lock on a folder that names who holds it.

The lock is the operating system's and ends with the process, also after kill -9. What the file
says is believed only while the lock is held.
"""

import contextlib
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from musaic.errors import LibraryBusyError, StoreError

# Windows locks bytes against reading too, so the locked byte lies far behind the text.
_LOCKED_BYTE = 1 << 30
_MAX_NOTE_BYTES = 4096

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, shared: bool) -> None:
        if shared:  # there is none of this kind
            return
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    _HELD_ERRORS: tuple[type[OSError], ...] = (PermissionError, OSError)
else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool) -> None:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    _HELD_ERRORS = (BlockingIOError,)


class FolderLock:
    """Held from creation until `release`; also a context manager.

    Args:
        folder: An existing folder; the lock is its file `lock`.
        shared: Only to read, with others who do; nothing is written, and where no lock is there, nobody made one.

    Raises:
        LibraryBusyError: Another process, or this one, holds it.
        StoreError: The folder cannot be written to, or its file system has no locks.
    """

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        self.path = folder / "lock"
        self._descriptor: int | None = _acquire(self.path, folder, shared=shared)
        self._noted = not shared
        if self._descriptor is not None and self._noted:
            _write_note(self._descriptor)

    def release(self) -> None:
        """Give the folder back. Repeated calls do nothing."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        with contextlib.suppress(OSError):
            if self._noted:
                os.ftruncate(descriptor, 0)
        with contextlib.suppress(OSError):  # it ends with the file anyway
            _unlock(descriptor)
        os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _acquire(path: Path, folder: Path, *, shared: bool) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDONLY if shared else os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as exc:
        if shared:
            return None
        raise StoreError(f"the library {folder} cannot be locked: {path}: {exc.strerror}") from exc
    try:
        _lock(descriptor, shared=shared)
    except _HELD_ERRORS as exc:
        raise _busy(descriptor, folder) from exc
    except OSError as exc:
        os.close(descriptor)
        if shared:
            return None
        raise StoreError(
            f"the library {folder} cannot be locked ({exc.strerror}); its file system may not support locks: "
            "keep the library on a local disk"
        ) from exc
    return descriptor


def _busy(descriptor: int, folder: Path) -> LibraryBusyError:
    pid, since, command = _read_note(descriptor)
    os.close(descriptor)
    if pid == os.getpid():
        command = "this very program, which opened it before and has not closed it"
    return LibraryBusyError(path=folder, pid=pid, since=since, command=command)


def _write_note(descriptor: int) -> None:
    note = {
        "pid": os.getpid(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200],
    }
    # Escaped to ASCII, so that arguments that are not valid Unicode can be written too.
    with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps(note).encode("ascii"))


def _read_note(descriptor: int) -> tuple[int | None, str | None, str | None]:
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        note = json.loads(os.read(descriptor, _MAX_NOTE_BYTES))
        return int(note["pid"]), str(note["since"]), str(note["command"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, None, None  # the holder has not written it yet
