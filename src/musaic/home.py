"""Where a library lives: a ``.musaic`` folder, found as git finds its own, or made."""

import os
from pathlib import Path

from musaic.errors import LibraryError, LibraryNotFoundError

FOLDER = ".musaic"

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
    return next((each for each in candidates if os.path.isfile(each / "config.toml")), None)  # noqa: PTH113


def find_or_make(path: Path | str | None = None, *, create: bool) -> Path:
    """Return the library folder that `find` finds, or else make an empty one there or here.

    Raises:
        LibraryNotFoundError: There is none, and `create` is False.
        LibraryError: It cannot be made.
    """
    found, named = find(path), Path(path or os.environ.get("MUSAIC_LIBRARY") or _here())
    if found is None and not create:
        raise LibraryNotFoundError(start=named)
    return found or _make(_folder(named))


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
        for name in ("thumbs", "outputs"):
            (folder / name).mkdir(exist_ok=True)
        (folder / "config.toml").write_text(_CONFIG_TEMPLATE, encoding="utf-8")
    except OSError as exc:
        raise LibraryError(
            f"a library cannot be made in {folder} ({exc.strerror or exc}); name another place with --library DIR"
        ) from exc
    return folder
