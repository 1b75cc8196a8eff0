"""Hits as files, in every format by name."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from musaic.errors import ExportError
from musaic.export.files import write_file
from musaic.export.sheet import write_sheet
from musaic.export.tiles import Tile
from musaic.media.spoken import spoken_name
from musaic.schemas import Hit


class HitsWriter(Protocol):
    """Writes hits, best first, and returns where.

    Raises:
        ExportError: They cannot be written.
    """

    def __call__(self, hits: Sequence[Hit], path: Path, *, title: str) -> Path:
        """Write hits to a path under a title, for formats that show one."""
        ...


def _sheet(hits: Sequence[Hit], path: Path, *, title: str) -> Path:
    tiles = [Tile(Path(hit.path), spoken_name(hit.path), "") for hit in hits]
    return write_sheet(tiles, path, title=title)


def _json(hits: Sequence[Hit], path: Path, *, title: str) -> Path:  # noqa: ARG001 - shown by other formats
    rows = [hit.model_dump(mode="json") for hit in hits]
    return write_file(path, f"{json.dumps(rows, ensure_ascii=False, indent=2)}\n".encode())


def _csv(hits: Sequence[Hit], path: Path, *, title: str) -> Path:  # noqa: ARG001 - shown by other formats
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(Hit.model_fields))
    table.writeheader()
    for hit in hits:
        row = hit.model_dump(mode="json")
        table.writerow({**row, "metadata": json.dumps(row["metadata"], ensure_ascii=False)})
    return write_file(path, text.getvalue().encode())


def _sidecars(hits: Sequence[Hit], path: Path, *, title: str) -> Path:  # noqa: ARG001 - shown by other formats
    """Write a JSON file a hit into a folder, named by asset."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ExportError(f"the folder {path} cannot be made: {exc.strerror or exc}") from exc
    for hit in hits:
        write_file(path / f"{hit.asset_id}.json", f"{hit.model_dump_json(indent=2)}\n".encode())
    return path


FORMATS: Mapping[str, HitsWriter] = {"sheet": _sheet, "json": _json, "csv": _csv, "sidecar": _sidecars}
"""Name to writer. `sheet` is a picture or PDF by the path's ending, `sidecar` a folder of JSON files."""
