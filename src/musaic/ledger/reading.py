"""A ledger that can only be read: on a disk that is full or read-only, or in somebody else's folder."""

import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from musaic.ledger import schema


def open_to_read(path: Path, *, uri: str, wait_s: float) -> sqlite3.Connection:
    """Return a connection that refuses to write.

    SQLite reads a file with a log beside it only where it can make an index of the log, or there is one. Where that
    fails, as with a file that an older Musaic wrote, what is read is a copy in memory.

    Args:
        path: Of the file.
        uri: The same as SQLite takes it, up to where further options come.
        wait_s: How long it waits by itself for another process.

    Raises:
        sqlite3.Error: It cannot be read either.
        OSError: Nor be copied.
    """
    log, index = Path(f"{path}-wal"), Path(f"{path}-shm")
    db = None
    if index.exists():
        db = _opened(f"{uri}&mode=ro", wait_s)
    elif not (log.exists() and log.stat().st_size):
        db = _opened(f"{uri}&mode=ro&immutable=1", wait_s)
    db = db or _copied(path, wait_s)
    db.execute("PRAGMA query_only = ON")
    return db


def _opened(uri: str, wait_s: float) -> sqlite3.Connection | None:
    """Return a connection; None where the file cannot be read so, or lacks tables of this version."""
    db = connected(uri, wait_s=wait_s)
    with suppress(sqlite3.Error):
        if schema.version_of(db) >= schema.VERSION:
            return db
    db.close()
    return None


def _copied(path: Path, wait_s: float) -> sqlite3.Connection:
    memory = connected(":memory:", wait_s=wait_s)
    with tempfile.TemporaryDirectory(prefix="musaic-") as folder:
        copy = Path(folder, path.name)
        shutil.copyfile(path, copy)
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{path}-wal", f"{copy}-wal")
        with closing(sqlite3.connect(copy)) as db:
            db.backup(memory)
    if schema.version_of(memory) < schema.VERSION:
        schema.upgrade(memory)
    return memory


def connected(name: str, *, wait_s: float) -> sqlite3.Connection:
    """Return a connection for all threads, whose transactions are begun by hand."""
    return sqlite3.connect(name, timeout=wait_s, isolation_level=None, check_same_thread=False, uri=True)
