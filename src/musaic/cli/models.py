"""Commands on encoders."""

from typing import Annotated, Literal

import typer

from musaic.cli.options import JsonOption
from musaic.cli.output import download_report, errors_to_stderr

app = typer.Typer(help="The encoders Musaic knows.", invoke_without_command=True, rich_markup_mode=None)


@app.callback()
def models(context: typer.Context, json: JsonOption = False) -> None:
    """List the encoders: id, vector length, size, languages, what each is good for."""
    if context.invoked_subcommand is not None:
        return
    with errors_to_stderr():
        from musaic.embed import MODELS, is_downloaded

        for spec in MODELS.values():
            if json:
                typer.echo(spec.model_dump_json())
                continue
            here = "on this machine" if is_downloaded(spec) else f"{spec.size_bytes / 1e6:.0f} MB to download"
            typer.echo(f"{spec.id:18} {spec.dim:5}  {here:22} {spec.good_for}")


@app.command("show")
def show(
    model: Annotated[str, typer.Argument(help="An id from `musaic models`.")],
    language: Annotated[
        Literal["en", "es", "it", "ru", "zh"] | None,
        typer.Option("--language", help="Words of one language only (starter)."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show one encoder; of the starter also every word it knows."""
    with errors_to_stderr():
        from musaic.embed import model_spec, words_of

        spec = model_spec(model)
        if json:
            typer.echo(spec.model_dump_json())
            return
        for name, value in spec.model_dump().items():
            typer.echo(f"{name:16} {', '.join(value) if isinstance(value, (list, tuple)) else value}")
        for heading, words in words_of(spec, language):
            typer.echo(f"\n{heading}: {', '.join(words)}")


@app.command("get")
def get(model: Annotated[str, typer.Argument(help="An id from `musaic models`.")]) -> None:
    """Download an encoder's weights now, so that later runs need no network."""
    with errors_to_stderr():
        from musaic.embed import fetch, model_spec

        typer.echo(fetch(model_spec(model), on_download=download_report()))
