"""Which files were ingested, under which content."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from musaic.ledger.database import Database

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1

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


def bounded(number: int) -> int:
    """Return the nearest number that a column of 64 bits holds: file times lie anywhere, nanoseconds in 1677 to 2262.

    Example:
        >>> bounded(10**20), bounded(-(10**20)), bounded(5)
        (9223372036854775807, -9223372036854775808, 5)
    """
    return min(max(number, _LEAST), _MOST)


class Files(Database):
    """The files of a `Ledger`."""

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


def _values(state: FileState) -> tuple[str | int | None, ...]:
    mtime_ns = bounded(state.mtime_ns)
    return state.folder, state.name, state.size_bytes, mtime_ns, state.asset_id, state.reason


def _below(root: str) -> tuple[str, str]:
    """Return the bounds of all paths below a folder: "/a/" up to, not including, "/a0"."""
    prefix = root.rstrip(os.sep)
    return prefix + os.sep, prefix + chr(ord(os.sep) + 1)


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _MOST_VARIABLES):
        yield values[start : start + _MOST_VARIABLES]
