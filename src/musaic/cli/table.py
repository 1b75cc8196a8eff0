"""Hits as a table on a terminal."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musaic.cli.output import name_of

if TYPE_CHECKING:
    from musaic.schemas import Hit


def print_hits(hits: "Sequence[Hit]") -> None:
    """Print rank, cosine, file name and folder of each hit, as wide as the terminal is."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("#", justify="right", no_wrap=True)
    scored = any(hit.cosine is not None for hit in hits)
    if scored:
        table.add_column("cosine", justify="right", no_wrap=True)
    table.add_column("file", overflow="fold", ratio=None)
    table.add_column("folder", style="dim", overflow="fold")
    for number, hit in enumerate(hits, 1):
        path = Path(hit.path)
        name = Text(name_of(path.name), style=f"link {path.as_uri()}")
        if hit.kind == "generated":
            name.append("  (made here)", style="dim")
        if not os.path.exists(path):  # noqa: PTH110  Path.exists raises where a folder may not be looked into
            name.append("  (not there now)", style="yellow")
        near = [f"{hit.cosine:.3f}"] if hit.cosine is not None else []
        table.add_row(str(number), *near, name, Text(name_of(_near(path.parent))))
    Console(highlight=False).print(table)


def _near(folder: Path) -> str:
    """Return a folder as seen from here, where it lies below."""
    here = Path.cwd()
    return f"{folder.relative_to(here)}/" if folder.is_relative_to(here) else f"{folder}/"
