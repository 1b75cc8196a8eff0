"""The store inside a library folder: locked and opened, or, where nothing can be written there, opened to read."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from musaic.disk import unwritable
from musaic.errors import StoreError
from musaic.store.connection import Connection, open_embedded
from musaic.store.lock import FolderLock

DATABASE = "vectors.db"
# Milvus Lite writes these once and whole; everything else is small, and written over.
_LINKED = (".parquet", ".idx", ".arrow")
_MEMORY = "/dev/shm"  # noqa: S108  a place, and no name in it


def open_in(folder: Path) -> tuple[Connection, contextlib.ExitStack, str | None]:
    """Open the store in a library folder.

    Returns:
        The connection; what is to be closed after it; and why nothing can be written, None where it can.

    Raises:
        LibraryBusyError: Another process holds it.
        StoreError: It cannot be read.
    """
    try:
        return _open_to_write(folder)
    except StoreError:
        why = unwritable(folder) or _unwritable_below(folder / DATABASE)
        if why is None:
            raise
    return _open_to_read(folder, why)


def _unwritable_below(database: Path) -> str | None:
    return unwritable(database) if database.is_dir() else None


def _open_to_write(folder: Path) -> tuple[Connection, contextlib.ExitStack, None]:
    with contextlib.ExitStack() as stack:
        stack.enter_context(FolderLock(folder))
        connection = open_embedded(folder / DATABASE)
        return connection, stack.pop_all(), None


def _open_to_read(folder: Path, why: str) -> tuple[Connection, contextlib.ExitStack, str]:
    """Open a folder of links to the store's files: Milvus Lite wants to write beside them, and so does it there."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(FolderLock(folder, shared=True))
        links = stack.enter_context(_temporary(folder, why)) / DATABASE
        try:
            _link_all(folder / DATABASE, links)
        except OSError as exc:
            raise StoreError(
                f"the store {folder / DATABASE} cannot be read ({exc.strerror or exc}: {exc.filename})"
            ) from exc
        connection = open_embedded(links, shown=folder / DATABASE)
        return connection, stack.pop_all(), why


@contextlib.contextmanager
def _temporary(folder: Path, why: str) -> Iterator[Path]:
    """Give a folder of our own, also where the usual place is on the same full disk."""
    for place in (None, _MEMORY):
        try:
            made = tempfile.mkdtemp(prefix="musaic-", dir=place)
            break
        except OSError:
            continue
    else:
        raise StoreError(
            f"the library {folder} cannot be written ({why}), and nor can a temporary folder, which reading it takes; "
            "free space, or name a folder in TMPDIR"
        )
    try:
        yield Path(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _link_all(store: Path, links: Path) -> None:
    links.mkdir()
    for folder, _, names in os.walk(store, onerror=_raised):
        here = links / Path(folder).relative_to(store)
        here.mkdir(exist_ok=True)
        for name in names:
            if name != "LOCK":  # Milvus Lite's own, which it makes
                _link(Path(folder, name), here / name)


def _raised(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # an empty library
        raise error


def _link(file: Path, link: Path) -> None:
    if file.suffix in _LINKED:
        with contextlib.suppress(OSError, NotImplementedError):  # Windows wants a right for it
            link.symlink_to(file)
            return
    shutil.copyfile(file, link)
