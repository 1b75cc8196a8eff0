"""The library's SQLite file: what was ingested from where. The only module with SQL.

A file is written here only after its vector is in the store, so a run that is killed in between
does that file again, under the same id: nothing is lost and nothing is doubled.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from musaic.errors import LibraryError

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    asset_id TEXT,               -- NULL for a skipped file
    reason TEXT,                 -- why a file was skipped
    vanished_at INTEGER,         -- seconds since 1970; NULL while the file is there
    PRIMARY KEY (folder, name)
) WITHOUT ROWID;
CREATE INDEX files_by_asset ON files (asset_id) WHERE asset_id IS NOT NULL;
CREATE INDEX files_by_size ON files (size_bytes) WHERE asset_id IS NOT NULL;
"""
_VERSION = 1
_FILES = "INTO files VALUES (?, ?, ?, ?, ?, ?, NULL)"
# SQLite refuses statements with more variables than this in its older builds.
_MOST_VARIABLES = 900


@dataclass(frozen=True, slots=True)
class FileState:
    """What the ledger knows of one file. Times in nanoseconds since 1970."""

    folder: str
    name: str
    size_bytes: int
    mtime_ns: int
    asset_id: str | None
    reason: str | None = None
    vanished: bool = False

    @property
    def path(self) -> str:
        """The absolute path."""
        return str(Path(self.folder, self.name))


class Ledger:
    """An open ledger; use it as a context manager.

    Raises:
        LibraryError: From any method: the file is damaged, was written by a newer Musaic, is closed, or
            cannot be written to (a full disk, say).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._errors():
            # Threads take turns: SQLite is built to serialise them.
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise _explained(self.path, exc) from exc

    def _prepare(self) -> None:
        with self._errors():
            self._db.execute("PRAGMA journal_mode = WAL")
            self._check_version()

    def _check_version(self) -> None:
        # A transaction survives kill -9; a power cut may cost the last ones, which are then done again.
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self._transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise LibraryError(f"{self.path} was written by a newer Musaic; update this one")
            if version == 0:
                for statement in _SCHEMA.split(";\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {_VERSION}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, query: str, values: Sequence[str | int] = ()) -> list[tuple[Any, ...]]:
        with self._errors():
            return self._db.execute(query, values).fetchall()

    # --- meta ----------------------------------------------------------------------------------
    def note(self, key: str) -> str | None:
        """Return a remembered value."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def remember(self, key: str, value: str) -> None:
        """Keep a value under a key; nothing is written where it is there already."""
        if self.note(key) == value:
            return
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # --- files ---------------------------------------------------------------------------------
    def known_in(self, folder: str) -> dict[str, FileState]:
        """Return what is known of the files directly in a folder, by name."""
        return {state.name: state for state in self._states("WHERE folder = ?", (folder,))}

    def states_of(self, asset_ids: Iterable[str]) -> dict[str, list[FileState]]:
        """Return every known file of some assets, by asset, paths in order."""
        found: dict[str, list[FileState]] = {}
        for some in _chunks(list(asset_ids)):
            marks = ",".join("?" * len(some))
            for state in self._states(f"WHERE asset_id IN ({marks}) ORDER BY folder, name", some):
                found.setdefault(str(state.asset_id), []).append(state)
        return found

    def has_size(self, size_bytes: int) -> bool:
        """Say whether any ingested file has this size, so that its bytes may be known already."""
        query = "SELECT 1 FROM files WHERE size_bytes = ? AND asset_id IS NOT NULL LIMIT 1"
        return bool(self._rows(query, (size_bytes,)))

    def knows(self, path: str) -> bool:
        """Say whether a path was ever met and not forgotten."""
        return bool(self._rows("SELECT 1 FROM files WHERE folder = ? AND name = ?", os.path.split(path)))

    def folders_under(self, root: str) -> list[str]:
        """Return the known folders at or below a root."""
        query = "SELECT DISTINCT folder FROM files WHERE folder = ? OR (folder >= ? AND folder < ?)"
        return [str(row[0]) for row in self._rows(query, (root, *_below(root)))]

    def asset_ids(self) -> set[str]:
        """Return the ids of all ingested assets."""
        query = "SELECT DISTINCT asset_id FROM files WHERE asset_id IS NOT NULL"
        return {str(row[0]) for row in self._rows(query)}

    def counts(self) -> tuple[int, int, int]:
        """Return how many assets, files and vanished files there are."""
        query = """SELECT count(DISTINCT asset_id), count(asset_id),
                          count(CASE WHEN asset_id IS NOT NULL THEN vanished_at END) FROM files"""
        ((assets, files, vanished),) = self._rows(query)
        return int(assets), int(files), int(vanished)

    def record(self, states: Sequence[FileState]) -> None:
        """Write what is now known of some files, which are there: all of it or nothing."""
        with self._transaction():
            self._db.executemany(f"INSERT OR REPLACE {_FILES}", map(_values, states))

    def adopt(self, states: Sequence[FileState]) -> None:
        """Write what is known of those files that the ledger does not know; the others stay as they are."""
        with self._transaction():
            self._db.executemany(f"INSERT OR IGNORE {_FILES}", map(_values, states))

    def mark_vanished(self, states: Sequence[FileState], *, now: int) -> None:
        """Note that files are gone since `now`, in seconds since 1970."""
        with self._transaction():
            self._db.executemany(
                "UPDATE files SET vanished_at = ? WHERE folder = ? AND name = ?",
                [(now, state.folder, state.name) for state in states],
            )

    def forget(self, states: Sequence[FileState]) -> None:
        """Drop files."""
        with self._transaction():
            self._db.executemany(
                "DELETE FROM files WHERE folder = ? AND name = ?", [(s.folder, s.name) for s in states]
            )

    def forget_assets(self, asset_ids: Iterable[str]) -> None:
        """Drop every file of some assets, so that the next run does them again."""
        with self._transaction():
            self._db.executemany("DELETE FROM files WHERE asset_id = ?", [(each,) for each in asset_ids])

    def _states(self, where: str, values: Sequence[str]) -> Iterator[FileState]:
        columns = "folder, name, size_bytes, mtime_ns, asset_id, reason, vanished_at IS NOT NULL"
        for folder, name, size_bytes, mtime_ns, asset_id, reason, vanished in self._rows(
            f"SELECT {columns} FROM files {where}",  # noqa: S608  `where` is ours, values are bound
            values,
        ):
            yield FileState(folder, name, size_bytes, mtime_ns, asset_id, reason, bool(vanished))


def _explained(path: Path, exc: sqlite3.Error) -> LibraryError:
    # SQLite's code for an error is new in Python 3.11 and absent from errors of the module itself.
    name = getattr(exc, "sqlite_errorname", "")
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return LibraryError(f"{path} cannot be written ({exc}); free space or fix its rights, and run again")
    if name.startswith("SQLITE_BUSY"):
        return LibraryError(f"{path} is being written by another process; run again when that is done")
    return LibraryError(
        f"{path} cannot be used ({exc}); move it away and run `musaic ingest` again to rebuild it"
    )


def _values(state: FileState) -> tuple[str | int | None, ...]:
    return state.folder, state.name, state.size_bytes, state.mtime_ns, state.asset_id, state.reason


def _below(root: str) -> tuple[str, str]:
    """Return the bounds of all paths below a folder: "/a/" up to, not including, "/a0"."""
    prefix = root.rstrip(os.sep)
    return prefix + os.sep, prefix + chr(ord(os.sep) + 1)


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _MOST_VARIABLES):
        yield values[start : start + _MOST_VARIABLES]
