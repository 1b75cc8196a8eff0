"""The open file: transactions, and errors in words."""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ValidationError

from musaic.disk import holder_of, unwritable
from musaic.errors import LibraryError
from musaic.ledger import schema
from musaic.ledger.longpath import is_long, short_uri
from musaic.ledger.reading import connected, open_to_read

CLOSED = "this library is closed; open it again"
"""What is said to those who come after the end."""

Value = str | int | float | None
_Shape = TypeVar("_Shape", bound=BaseModel)
_Answer = TypeVar("_Answer")

_WAIT_S, _TELL_AFTER_S = 30, 0.3
_PAUSE_S = 0.02
_UNWRITABLE = "{} cannot be written ({}); free space or fix its rights, and run again"

_logger = logging.getLogger("musaic")


class Database:
    """The file under a `Ledger`.

    Attributes:
        unwritable: Why it can only be read, in the system's words; None where it can be written.
    """

    def __init__(self, path: Path, *, notify: Callable[[str], None] = _logger.warning) -> None:
        """Open the file, made if it is not there.

        Args:
            path: Of the file.
            notify: Told in plain words of another process that is waited for.
        """
        self.path, self._notify = path, notify
        # One connection has one transaction at a time, whatever thread began it.
        self._turn = threading.RLock()
        self._closed = False
        self.unwritable: str | None = None
        self._folder: int | None = None
        self._uri = f"{path.absolute().as_uri()}?"
        if is_long(path):
            self._uri, self._folder = short_uri(path)
        try:
            self._open_somehow()
        except BaseException:
            self._close_folder()
            raise

    def _open_somehow(self) -> None:
        try:
            self._open()
        except LibraryError:
            self.unwritable = unwritable(self.path.parent) if self.path.is_file() else None
            if self.unwritable is None:
                raise
            self._open_to_read()

    def _open(self) -> None:
        with self._errors():
            self._db = connected(self._uri, wait_s=_PAUSE_S)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _open_to_read(self) -> None:
        try:
            with self._errors():
                self._db = open_to_read(self.path, uri=self._uri, wait_s=_PAUSE_S)
        except OSError as exc:
            raise LibraryError(f"{self.path} cannot be read ({exc}); free space or fix its rights") from exc
        self._refuse_newer()

    def _refuse_newer(self) -> None:
        if schema.version_of(self._db) > schema.VERSION:
            raise LibraryError(f"{self.path} was written by a newer Musaic; update this one")

    def check_writable(self) -> None:
        """Refuse a file that can only be read.

        Raises:
            LibraryError: It is one; the message says why.
        """
        if self.unwritable is not None:
            raise LibraryError(_UNWRITABLE.format(self.path, self.unwritable))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            if self._closed:  # the file is as sound as it was
                raise LibraryError(CLOSED) from exc
            raise _explained(self.path, exc) from exc

    def _prepare(self) -> None:
        with self._errors():
            self._share()
            # A transaction survives kill -9; a power cut may cost the last ones, which are then done again.
            self._db.execute("PRAGMA synchronous = NORMAL")
            if self._patiently(lambda: schema.version_of(self._db)) < schema.VERSION:
                # Another process may be at it too, or be quicker.
                with self._transaction():
                    schema.upgrade(self._db)
            self._refuse_newer()

    def _share(self) -> None:
        """Let others read while one writes."""
        self._patiently(lambda: self._db.execute("PRAGMA journal_mode = WAL").fetchone())

    def _patiently(self, call: Callable[[], _Answer]) -> _Answer:
        """Return what a call returns, once no other process has the file.

        SQLite would wait by itself, but says nothing meanwhile and hears no Ctrl-C; and for the way to write it does
        not wait its turn (seen with 3.40): two that open a new file at once may be told that it is locked.
        """
        began, told = time.monotonic(), False
        while True:
            try:
                return call()
            except sqlite3.OperationalError as exc:
                waited_s = time.monotonic() - began
                if not exc.sqlite_errorname.startswith("SQLITE_BUSY"):
                    raise
                if waited_s > _WAIT_S:
                    raise LibraryError(
                        f"{self._in_use()}, also after {waited_s:.0f} s; run again when that is done"
                    ) from exc
            if not told and waited_s > _TELL_AFTER_S:
                told = True
                self._notify(f"{self._in_use()}; waiting for it, {_WAIT_S} s at most (Ctrl-C ends this)")
            time.sleep(_PAUSE_S)

    def _in_use(self) -> str:
        # Writers have a lock on the index of what was written last, in a file beside.
        return f"{self.path} is being written by {holder_of(Path(f'{self.path}-shm'))}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._turn:
            self._closed = True
            self._db.close()
            self._close_folder()

    def _close_folder(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            os.close(folder)

    @contextmanager
    def _transaction(self, survives: Literal["kill", "power cut"] = "kill") -> Iterator[None]:
        """Hold the file for writing: no other process writes between what is read and what is written here."""
        self.check_writable()
        with self._turn, self._errors(), self._synced(survives):
            self._patiently(lambda: self._db.execute("BEGIN IMMEDIATE"))
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already; and where Ctrl-C came before the block was
                # entered, this runs when the generator is collected, by when the file may be closed.
                with suppress(sqlite3.ProgrammingError):
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _synced(self, survives: Literal["kill", "power cut"]) -> Iterator[None]:
        if survives == "kill":
            yield
            return
        # macOS keeps what it calls synced in the drive's own memory unless told otherwise; elsewhere it is idle.
        self._db.execute("PRAGMA fullfsync = ON")
        self._db.execute("PRAGMA synchronous = FULL")
        try:
            yield
        finally:
            with suppress(sqlite3.ProgrammingError):  # closed, as above
                self._db.execute("PRAGMA synchronous = NORMAL")
                self._db.execute("PRAGMA fullfsync = OFF")

    def _rows(self, query: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        with self._turn, self._errors():
            return self._patiently(lambda: self._db.execute(query, values).fetchall())

    def _parsed(self, shape: type[_Shape], body: str, *, of: str) -> _Shape:
        try:
            return shape.model_validate_json(body)
        except ValidationError as exc:
            raise LibraryError(
                f"{self.path}: what is written of {of} cannot be read; it may come from a newer Musaic ({exc})"
            ) from exc

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


def _explained(path: Path, exc: sqlite3.Error) -> LibraryError:
    # SQLite's code for an error is new in Python 3.11 and absent from errors of the module itself.
    name = getattr(exc, "sqlite_errorname", "")
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return LibraryError(_UNWRITABLE.format(path, unwritable(path.parent) or exc))
    if name.startswith("SQLITE_BUSY"):
        return LibraryError(f"{path} is being written by another process; run again when that is done")
    return LibraryError(
        f"{path} cannot be used ({exc}); move it away and run `musaic ingest` again: files are read anew, "
        "and records of pictures made here come back from outputs/"
    )
