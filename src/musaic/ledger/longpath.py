"""Ledgers whose path is longer than SQLite takes.

SQLite's own limit is 512 bytes, with everything that it finds out of the path: links in it are followed first, and
what is relative is made absolute. So it is given a short name of the folder (Linux has one for each open folder), and
told, by a file system layer that is its own one but for this, to take the name as it is.
"""

import ctypes
import importlib
import os
from functools import cache
from pathlib import Path
from urllib.parse import quote

from musaic.errors import LibraryError

# SQLite adds up to 8 letters for the files beside, and wants two more.
_MOST_BYTES = 500
_NAME = b"musaic-short"
_OPEN_FOLDERS = Path("/proc/self/fd")


def is_long(path: Path) -> bool:
    """Say whether SQLite itself cannot open a file, since its path is too long."""
    return len(os.fsencode(path.absolute())) > _MOST_BYTES


def short_uri(path: Path) -> tuple[str, int]:
    """Return an address of a file that SQLite takes, without ``?`` and more, and the open folder that it goes by.

    Raises:
        LibraryError: This system has no short names, or the folder is not there.
    """
    try:
        _OPEN_FOLDERS.stat()
        _register()
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except (OSError, AttributeError, ImportError) as exc:
        raise LibraryError(
            f"the path {path} has {len(os.fsencode(path))} bytes, and SQLite takes {_MOST_BYTES} ({exc}); move the "
            "library to a shorter one"
        ) from exc
    return f"file:{_OPEN_FOLDERS}/{folder}/{quote(path.name)}?vfs={_NAME.decode()}", folder


class _Layer(ctypes.Structure):
    """SQLite's `sqlite3_vfs`, version 3: the same since 3.7.6."""

    _fields_ = [
        ("version", ctypes.c_int), ("file_bytes", ctypes.c_int), ("most_bytes", ctypes.c_int),
        ("following", ctypes.c_void_p), ("name", ctypes.c_char_p), ("finder", ctypes.c_void_p),
        ("open", ctypes.c_void_p), ("delete", ctypes.c_void_p), ("access", ctypes.c_void_p),
        ("full_path", ctypes.c_void_p), ("others", ctypes.c_void_p * 12),
    ]  # fmt: skip


_FULL_PATH = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p)
_CANNOT_OPEN = 14


@_FULL_PATH  # type: ignore[untyped-decorator]
def _as_it_is(_layer: int, name: bytes, room: int, out: int) -> int:
    if len(name) >= room:
        return _CANNOT_OPEN
    ctypes.memmove(out, name + b"\0", len(name) + 1)
    return 0


@cache
def _register() -> _Layer:
    """Make the layer known to the SQLite that Python uses; it stays for as long as the process lives."""
    library = ctypes.CDLL(importlib.import_module("_sqlite3").__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Layer)
    layer = _Layer.from_buffer_copy(library.sqlite3_vfs_find(b"unix").contents)
    layer.name, layer.full_path = _NAME, ctypes.cast(_as_it_is, ctypes.c_void_p)
    if library.sqlite3_vfs_register(ctypes.byref(layer), 0):
        raise OSError("SQLite takes no other layer")
    return layer
