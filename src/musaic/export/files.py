"""Writing a file whole or not at all."""

import os
import threading
from pathlib import Path

from musaic.errors import ExportError


def write_file(path: Path, content: bytes) -> Path:
    """Put a file in its place; the one that is there stays as it was when writing fails.

    Raises:
        ExportError: It cannot be written; the message says why.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as exc:
        raise ExportError(f"{path} cannot be written: {exc.strerror or exc}") from exc
    finally:
        partial.unlink(missing_ok=True)
    return path


def read_file(path: Path, *, what: str) -> bytes:
    """Return a file's bytes.

    Args:
        path: Where it is.
        what: For the message: "the picture".

    Raises:
        ExportError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ExportError(f"{what} {path} cannot be read: {exc.strerror or exc}") from exc
