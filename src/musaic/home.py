"""Where a library lives: a ``.musaic`` folder, found as git finds its own, or made."""

import contextlib
import os
import shutil
from pathlib import Path

from musaic.errors import LibraryError, LibraryNotFoundError

FOLDER = ".musaic"

_FOLDERS = ("thumbs", "outputs")
# Any of these makes a folder a library: the settings may be deleted, they say nothing that cannot be done without.
_MARKS = ("config.toml", "ledger.sqlite")
# config.toml last: what was removed in part is still a library.
_OWN_FILES = ("lock", "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "config.toml")

_CONFIG_TEMPLATE = """\
# Settings of this library. A flag or a MUSAIC_* variable beats what is written here.
# [store]
# uri = "http://localhost:19530"   # a Milvus server instead of the embedded one
# collection = "musaic"
# The token belongs in the environment: MUSAIC_STORE__TOKEN
# [ingest]
# settle_s = 2.0                   # a file changed this recently may still be being written
"""


def find(path: Path | str | None = None) -> Path | None:
    """Return the library folder that a path names, or the one here or above; None if there is none.

    Args:
        path: A ``.musaic`` folder or the folder that holds it; None looks at MUSAIC_LIBRARY, then here
            and above.
    """
    named = path or os.environ.get("MUSAIC_LIBRARY")
    if named:
        candidates = [_folder(named)]
    else:
        here = _here()
        candidates = [each / FOLDER for each in (here, *here.parents)]
    return next((each for each in candidates if _is_library(each)), None)


def _is_library(folder: Path) -> bool:
    return any(os.path.isfile(folder / name) for name in _MARKS)  # noqa: PTH113  not raised for odd names


def find_or_make(path: Path | str | None = None, *, create: bool) -> Path:
    """Return the library folder that `find` finds, or else make an empty one there or here.

    Raises:
        LibraryNotFoundError: There is none, and `create` is False.
        LibraryError: It cannot be made.
    """
    found = find(path)
    if found is None and not create:
        named = path or os.environ.get("MUSAIC_LIBRARY")
        raise LibraryNotFoundError(start=Path(named or _here()), named=bool(named))
    return found or _make(place_of(path)[0])


def unmake(folder: Path, *, kept: Path) -> None:
    """Remove a library that was just made, and in which nothing was done; any other stays as it is.

    Args:
        folder: The ``.musaic`` folder.
        kept: The folder above it that was there before; empty ones between go too.
    """
    with contextlib.suppress(OSError):
        # Every picture has a thumbnail or is an output.
        used = any(any((folder / name).iterdir()) for name in _FOLDERS)
        if used or (folder / "config.toml").read_text(encoding="utf-8") != _CONFIG_TEMPLATE:
            return
        for name in _FOLDERS:
            (folder / name).rmdir()
        shutil.rmtree(folder / "vectors.db", ignore_errors=True)
        for name in _OWN_FILES:
            (folder / name).unlink(missing_ok=True)
        for each in (folder, *folder.parents):
            if each == kept:
                return
            each.rmdir()


def place_of(path: Path | str | None) -> tuple[Path, Path]:
    """Return which folder a library would be made in, and the nearest folder above it that is there.

    Raises:
        LibraryError: There can be no library.
    """
    folder = _folder(path or os.environ.get("MUSAIC_LIBRARY") or _here())
    return folder, next(each for each in folder.parents if each.exists())


def expanded(path: Path | str) -> Path:
    """Return a path with its ``~`` written out; as it is where nobody knows that home: a file may be called so."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  Path.expanduser raises then


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError as exc:
        raise LibraryError(f"the current folder is gone ({exc.strerror}); go to another one") from exc


def _folder(named: Path | str) -> Path:
    try:
        given = Path(os.path.abspath(Path(named).expanduser()))  # noqa: PTH100  links stay
    except (RuntimeError, OSError) as exc:  # "~nobody", or a current folder that is gone
        raise LibraryError(f"there can be no library at {str(named)!r} ({exc})") from exc
    return given if given.name == FOLDER else given / FOLDER


def _make(folder: Path) -> Path:
    """Make an empty library; its config.toml comes last and marks it whole."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FOLDERS:
            (folder / name).mkdir(exist_ok=True)
        (folder / "config.toml").write_text(_CONFIG_TEMPLATE, encoding="utf-8")
    except OSError as exc:
        raise LibraryError(
            f"a library cannot be made in {folder} ({exc.strerror or exc}); name another place with path=DIR"
        ) from exc
    return folder
