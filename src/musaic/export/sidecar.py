"""The record of a picture as a file beside it."""

from pathlib import Path

from musaic.export.files import write_file
from musaic.schemas import Record


def write_sidecar(record: Record, path: Path) -> Path:
    """Write everything known of a generation as JSON, in UTF-8, for people to read as well.

    It is the one exported file that holds the prompt and the names of the user's files.

    Raises:
        ExportError: It cannot be written.
    """
    return write_file(path, f"{record.model_dump_json(indent=2)}\n".encode())
