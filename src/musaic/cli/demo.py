"""The demo command."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from musaic.cli.output import Report, errors_to_stderr, notice


def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where the demo goes.")] = Path("musaic-demo"),
) -> None:
    """Draw a sample catalogue, search it, and make a draft from what is found.

    Needs no key, download or server. A second run skips what is done.
    """
    with errors_to_stderr():
        from musaic.demo import tour

        with Report(json=False, verb="ingest") as report:
            done = tour.run(folder, on_drawn=_drawn, on_progress=report, notify=notice)
        typer.echo(
            f"\ncatalogue  {folder}/catalogue: {done.ingested.added + done.ingested.unchanged} pictures"
        )
        for answer in done.answers:
            typer.echo(f"\n  {answer.query}")
            for hit in answer.hits:
                typer.echo(f"    {hit.cosine:.3f}  {Path(hit.path).name}")
        typer.echo(f"\n  {tour.PROMPT}\n    a draft: {done.draft.path}")
        typer.echo(f"\nOpen {done.page} in a browser: searches, references, the draft and its record.")
        typer.echo(f"Look at the contact sheets in {folder}/sheets. Then try:\n")
        for line in tour.next_commands(folder, done.draft.id):
            typer.echo(f"  {line}")


def _drawn(done: int, total: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\rdrawing the catalogue: {done} of {total}", err=True, nl=done == total)
    elif done == total or done % 50 == 0:
        typer.echo(f"drawing the catalogue: {done} of {total}", err=True)
