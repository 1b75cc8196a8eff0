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
from typing import Self

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
CREATE INDEX files_vanished ON files (folder) WHERE vanished_at IS NOT NULL;
"""
_VERSION = 1
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
        LibraryError: The file is damaged, or was written by a newer Musaic.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.Error as exc:
            raise LibraryError(
                f"{path} cannot be used ({exc}); move it away and run `musaic ingest` again to rebuild it"
            ) from exc

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
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
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # --- meta ----------------------------------------------------------------------------------
    def note(self, key: str) -> str | None:
        """Return a remembered value."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, key: str, value: str) -> None:
        """Keep a value under a key."""
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
        return self._db.execute(query, (size_bytes,)).fetchone() is not None

    def folders_under(self, root: str) -> list[str]:
        """Return the known folders at or below a root."""
        below = _below(root)
        query = "SELECT DISTINCT folder FROM files WHERE folder = ? OR (folder >= ? AND folder < ?)"
        return [str(row[0]) for row in self._db.execute(query, (root, *below))]

    def asset_ids(self) -> set[str]:
        """Return the ids of all ingested assets."""
        query = "SELECT DISTINCT asset_id FROM files WHERE asset_id IS NOT NULL"
        return {str(row[0]) for row in self._db.execute(query)}

    def vanished_under(self, root: str) -> list[FileState]:
        """Return the vanished files at or below a root (a folder, or one file's path)."""
        below = _below(root)
        single = Path(root)
        where = """WHERE vanished_at IS NOT NULL AND (
            folder = ? OR (folder >= ? AND folder < ?) OR (folder = ? AND name = ?))"""
        return list(self._states(where, (root, *below, str(single.parent), single.name)))

    def counts(self) -> tuple[int, int, int]:
        """Return how many assets, files and vanished files there are."""
        query = """SELECT count(DISTINCT asset_id), count(asset_id),
                          count(CASE WHEN asset_id IS NOT NULL THEN vanished_at END) FROM files"""
        assets, files, vanished = self._db.execute(query).fetchone()
        return int(assets), int(files), int(vanished)

    def record(self, states: Sequence[FileState]) -> None:
        """Write what is now known of some files, all or nothing."""
        rows = [(s.folder, s.name, s.size_bytes, s.mtime_ns, s.asset_id, s.reason) for s in states]
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, NULL)", rows)

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
        query = f"SELECT {columns} FROM files {where}"  # noqa: S608  `where` is ours, values are bound
        for folder, name, size_bytes, mtime_ns, asset_id, reason, vanished in self._db.execute(query, values):
            yield FileState(folder, name, size_bytes, mtime_ns, asset_id, reason, bool(vanished))


def _below(root: str) -> tuple[str, str]:
    """Return the bounds of all paths below a folder: "/a/" up to, not including, "/a0"."""
    prefix = root.rstrip(os.sep)
    return prefix + os.sep, prefix + chr(ord(os.sep) + 1)


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _MOST_VARIABLES):
        yield values[start : start + _MOST_VARIABLES]
