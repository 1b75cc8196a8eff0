"""Reading a file once: its bytes, its SHA-256, and the reason where that cannot be.

Nothing here blocks on pipes, devices or sockets, and nothing is ever written.
"""

import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from musaic.errors import FailedFileError, MediaError, SkippedFileError
from musaic.media.sniff import HEAD_BYTES

# Larger files stay on disk while they are decoded: several threads read at once, and memory is one.
_IN_MEMORY_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read and hashed.

    Attributes:
        stream: The bytes, to be read from anywhere; closed when the `opened` block ends.
        head: The first `HEAD_BYTES` bytes, or fewer.
        size_bytes: Length of the file.
        sha256: Hex digest of all bytes.
    """

    stream: BinaryIO
    head: bytes
    size_bytes: int
    sha256: str


def content_id(sha256: str) -> str:
    """Return the asset id of a file: the first 32 hex digits of its SHA-256.

    Example:
        >>> content_id("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
        '9f86d081884c7d659a2feaa0c55ad015'
    """
    return sha256[:32]


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file in hex, reading it in pieces.

    Raises:
        SkippedFileError: It is no regular file, is empty or is being written.
        FailedFileError: It cannot be read.
    """
    with _reading(path) as (raw, before):
        digest = hashlib.sha256()
        for chunk in _chunks(raw):
            digest.update(chunk)
        _refuse_if_changed(path, raw, before)
        return digest.hexdigest()


@contextmanager
def opened(path: Path, *, max_bytes: int) -> Iterator[Source]:
    """Read and hash a file once, and hand out its bytes.

    A small file is held in memory; of a large one (64 MiB) only the part being decoded is.

    Raises:
        SkippedFileError: It is no regular file, is empty or is being written.
        FailedFileError: It is larger than `max_bytes`, or cannot be read.
    """
    with _reading(path) as (raw, before):
        if before.st_size > max_bytes:
            sizes = f"{before.st_size / 1e6:,.1f} MB, more than the limit of {max_bytes / 1e6:,.1f} MB"
            raise FailedFileError(f"is {sizes}", path=path)
        yield _read(path, raw, before)


def _read(path: Path, raw: io.FileIO, before: os.stat_result) -> Source:
    stream: BinaryIO
    if before.st_size <= _IN_MEMORY_BYTES:
        content = b"".join(_chunks(raw, at_most=_IN_MEMORY_BYTES + 1))
        stream, sha256 = io.BytesIO(content), hashlib.sha256(content).hexdigest()
    else:
        digest = hashlib.sha256()
        for chunk in _chunks(raw):
            digest.update(chunk)
        raw.seek(0)
        stream, sha256 = io.BufferedReader(raw, _CHUNK_BYTES), digest.hexdigest()
    _refuse_if_changed(path, raw, before)
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    return Source(stream, head, before.st_size, sha256)


@contextmanager
def _reading(path: Path) -> Iterator[tuple[io.FileIO, os.stat_result]]:
    """Open a regular, non-empty file; whatever the system says against it becomes our error with words."""
    try:
        _refuse_odd(path, path.stat().st_mode)  # before open: opening a device can do something
        raw = io.FileIO(os.open(path, _FLAGS), "rb")
    except (OSError, ValueError) as exc:
        raise _unreadable(path, exc) from exc
    with raw:
        try:
            before = os.fstat(raw.fileno())
            _refuse_odd(path, before.st_mode)
            if not before.st_size:
                raise SkippedFileError("is empty", path=path)
            yield raw, before
        except OSError as exc:
            raise _unreadable(path, exc) from exc


def _chunks(raw: io.FileIO, *, at_most: int | None = None) -> Iterator[bytes]:
    left = at_most
    size = _CHUNK_BYTES
    while left is None or left > 0:
        chunk = raw.read(size if left is None else min(size, left))
        if not chunk:
            return
        yield chunk
        left = None if left is None else left - len(chunk)


def _refuse_odd(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise SkippedFileError("is a folder", path=path)
    if not stat.S_ISREG(mode):
        raise SkippedFileError("is a pipe, socket or device, not a file", path=path)


def _refuse_if_changed(path: Path, raw: io.FileIO, before: os.stat_result) -> None:
    after = os.fstat(raw.fileno())
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise SkippedFileError("is still being written", path=path)


def _unreadable(path: Path, exc: OSError | ValueError) -> MediaError:
    code = exc.errno if isinstance(exc, OSError) else None
    if code == errno.ELOOP:
        return SkippedFileError("is a link that leads back to itself", path=path)
    if code == errno.ENOENT:
        return FailedFileError("is a link to nothing" if path.is_symlink() else "is not there", path=path)
    if code in (errno.EACCES, errno.EPERM):
        return FailedFileError("may not be read (permission denied)", path=path)
    why = os.strerror(code).lower() if code else "its name cannot be used"
    return FailedFileError(f"cannot be read: {why}", path=path)
