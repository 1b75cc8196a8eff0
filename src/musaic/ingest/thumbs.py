"""Thumbnails in the library folder: small WebP pictures, named by asset id."""

import contextlib
import os
import threading
import time
from pathlib import Path

from PIL import Image

from musaic import media
from musaic.errors import LibraryError

_ENDING, _PARTIAL = ".webp", ".part"
_LEFT_OVER_S = 3600.0


def thumb_path(library: Path, asset_id: str) -> Path:
    """Return where an asset's thumbnail is; two letters a folder keep folders small."""
    return library / "thumbs" / asset_id[:2] / f"{asset_id}{_ENDING}"


def write_thumb(library: Path, asset_id: str, picture: Image.Image, size_px: int) -> None:
    """Write a thumbnail whole or not at all; an existing one is kept.

    Raises:
        LibraryError: The library folder cannot be written to.
    """
    path = thumb_path(library, asset_id)
    if path.exists():
        return
    content = media.thumbnail(picture, size_px)
    # Two threads may be at the same picture, which lies at two paths.
    partial = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}{_PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as exc:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise LibraryError(
            f"{path} cannot be written ({exc.strerror or exc}); free space or fix its rights"
        ) from exc


def tidy_thumbs(library: Path) -> set[str] | None:
    """Remove what killed runs left half written, and return the ids of the assets that have a thumbnail.

    Returns:
        None where the folder cannot be listed.
    """
    ids: set[str] = set()
    try:
        for folder in _listed(library / "thumbs"):
            for entry in _listed(Path(folder.path)) if folder.is_dir() else ():
                if entry.name.endswith(_ENDING):
                    ids.add(entry.name.removesuffix(_ENDING))
                elif entry.name.endswith(_PARTIAL) and _is_left_over(entry):
                    with contextlib.suppress(OSError):
                        Path(entry.path).unlink()
    except FileNotFoundError:
        return ids
    except OSError:
        return None
    return ids


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)


def _is_left_over(entry: os.DirEntry[str]) -> bool:
    """Say whether nobody will finish a file: its process is gone, or it is far older than the writing takes."""
    process = entry.name.removesuffix(_PARTIAL).rpartition(".")[2].partition("-")[0]
    if time.time() - entry.stat().st_mtime > _LEFT_OVER_S:
        return True
    return process.isdecimal() and not _is_alive(int(process))


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # where asking would interrupt it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is another user's, or no number of a process
        return True
    return True


def remove_thumb(library: Path, asset_id: str) -> None:
    """Remove a thumbnail, if there is one; one that cannot be removed does no harm."""
    with contextlib.suppress(OSError):
        thumb_path(library, asset_id).unlink()
