"""The commands, put together."""

import gc
import os
import sys
from typing import Annotated

import typer

from musaic.cli import assets, demo, dev, doctor, make, models, records
from musaic.cli.output import errors_to_stderr

app = typer.Typer(
    name="musaic",
    help="Find the right asset, then make the next picture from it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(assets.ingest)
app.command()(assets.search)
app.command()(assets.similar)
app.command()(assets.show)
app.command()(make.generate)
app.command()(make.refine)
app.add_typer(records.recipes_app, name="recipes")
app.command()(records.lineage)
app.command()(records.costs)
app.command()(assets.reindex)
app.add_typer(models.app, name="models")
app.command()(doctor.doctor)
app.command()(demo.demo)
app.add_typer(dev.app, name="dev")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"musaic {doctor.own_version()}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _give_streams() -> None:
    """Stand in for streams that were closed before the start, as by ``>&-``."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  lives as long as the program


def main() -> None:
    """Run the command line; this is the `musaic` script."""
    # A name or title with letters the terminal lacks is printed as escapes, not as a crash.
    _give_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with errors_to_stderr():
            try:
                app(prog_name="musaic")
            finally:
                # Here, where an error still becomes a sentence: a full disk shows when results are written out.
                sys.stdout.flush()
    finally:
        # The interpreter would look through everything once more at its end: an eighth of a cold search.
        gc.freeze()
