"""Thumbnails in the library folder: small WebP pictures, named by asset id."""

import contextlib
import os
import threading
from pathlib import Path

from PIL import Image

from musaic import media
from musaic.errors import LibraryError


def thumb_path(library: Path, asset_id: str) -> Path:
    """Return where an asset's thumbnail is; two letters a folder keep folders small."""
    return library / "thumbs" / asset_id[:2] / f"{asset_id}.webp"


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
    partial = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
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


def remove_thumb(library: Path, asset_id: str) -> None:
    """Remove a thumbnail, if there is one; one that cannot be removed does no harm."""
    with contextlib.suppress(OSError):
        thumb_path(library, asset_id).unlink()
