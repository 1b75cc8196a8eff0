"""Where a sheet or a page may be written: never over a picture that the library knows."""

import os
from pathlib import Path

from musaic import media
from musaic.errors import ExportError, FailedFileError, SkippedFileError
from musaic.ledger import Ledger


def check_target(path: Path | str, *, what: str, library: Path, ledger: Ledger) -> None:
    """Refuse to write over what is not ours to write over.

    Args:
        path: The file as it will be called, its ending included.
        what: For the message: "a page".
        library: The library folder.
        ledger: Knows its pictures.

    Raises:
        ExportError: The path is empty, a picture of the library by whatever name, in its folder, or a device.
    """
    if not str(path):
        raise ExportError(f"{what} needs a file name, and that is empty")
    target = Path(os.path.abspath(path))  # noqa: PTH100  links stay
    if _is_known(target, ledger):
        raise ExportError(f"{path} is a picture of this library and is not written over; name another file")
    if _is_inside(target, library):
        raise ExportError(
            f"{path} is in the library's own folder, where {what} has no place; name another file"
        )
    if os.path.lexists(target) and not (target.is_file() or target.is_dir()):
        raise ExportError(f"{path} is no regular file, so {what} is not written there; name another file")


def _is_inside(target: Path, library: Path) -> bool:
    """Say whether a file is in a library's folder, also by a link; outputs are written there by intent."""
    spellings = ((target, library), (Path(os.path.realpath(target)), Path(os.path.realpath(library))))
    return any(
        each.is_relative_to(folder) and not each.is_relative_to(folder / "outputs")
        for each, folder in spellings
    )


def _is_known(target: Path, ledger: Ledger) -> bool:
    if _is_noted(target, ledger):
        return True
    if not os.path.isfile(target):  # noqa: PTH113  Path.is_file raises for names that no file can have
        return False
    return _is_noted_otherwise(target, ledger) or _has_known_content(target, ledger)


def _is_noted(target: Path, ledger: Ledger) -> bool:
    state = ledger.known_in(str(target.parent)).get(target.name)
    return state is not None and state.asset_id is not None


def _is_noted_otherwise(target: Path, ledger: Ledger) -> bool:
    """Say whether a file is an original that was ingested under another name for it: a link, a mount, other case."""
    folders = (each for each in ledger.folders_under(target.anchor) if _is_same(each, target.parent))
    states = (state for folder in folders for state in ledger.known_in(folder).values())
    return any(state.asset_id is not None and _is_same(state.path, target) for state in states)


def _is_same(path: str, other: Path) -> bool:
    try:
        return Path(path).samefile(other)
    except (OSError, ValueError):  # gone, or a name that no file can have
        return False


def _has_known_content(target: Path, ledger: Ledger) -> bool:
    """Say whether a file holds a picture that was ingested, made here or used for one: it may have been moved."""
    try:
        return ledger.knows_asset(media.content_id(media.hash_file(target)))
    except SkippedFileError:  # empty
        return False
    except FailedFileError as exc:
        raise ExportError(
            f"{target} is there and cannot be read, so it may be a picture of this library ({exc.reason}); "
            "name another file"
        ) from exc
