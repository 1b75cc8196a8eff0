"""Commands on models: encoders, and image models."""

import shutil
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from musaic.cli.options import JsonOption, LibraryOption
from musaic.cli.output import download_report, errors_to_stderr, notice

if TYPE_CHECKING:
    from musaic.embed import ModelSpec
    from musaic.schemas import ImageModel

app = typer.Typer(
    help="List, show and download encoders; list image models.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_IMAGE_ROW = "{:32} {:14} {:22} {:14} {:>10}  {}"
_ROW = "{:17} {:>4}  {:14} {:16} {}"


@app.callback()
def models(context: typer.Context, json: JsonOption = False) -> None:
    """List, show and download encoders; alone, it lists them."""
    if context.invoked_subcommand is not None:
        return
    with errors_to_stderr():
        from musaic.embed import MODELS, is_downloaded

        if not json:
            typer.echo(_ROW.format("id", "dim", "languages", "weights", "good for"))
        for spec in MODELS.values():
            if json:
                typer.echo(spec.model_dump_json())
                continue
            here = "on this machine" if is_downloaded(spec) else f"{spec.size_bytes / 1e6:,.0f} MB to get"
            typer.echo(_ROW.format(spec.id, spec.dim, " ".join(spec.languages), here, spec.good_for))


@app.command("images")
def images(json: JsonOption = False, library: LibraryOption = None) -> None:
    """List the image models that `musaic generate --model` takes, with what a 1K picture costs."""
    with errors_to_stderr():
        from musaic import config
        from musaic.generate.tables import load_models
        from musaic.home import find

        folder = find(library)
        settings = config.load(None if folder is None else folder / "config.toml").generate
        rows = load_models(settings.models).values()
        if not json:
            typer.echo(_IMAGE_ROW.format("id", "engine", "state", "sizes", "references", "a 1K picture"))
        for row in rows:
            typer.echo(row.model_dump_json() if json else _image_row(row))


def _image_row(row: "ImageModel") -> str:
    state = f"{row.state} {row.retired_on}" if row.retired_on and row.state != "current" else row.state
    sizes = " ".join(row.sizes) or "unknown"
    return _IMAGE_ROW.format(row.id, row.engine, state, sizes, row.references, _price(row)).rstrip()


def _price(row: "ImageModel") -> str:
    if row.call_usd is not None:
        return f"${row.call_usd:.4f}" if row.call_usd else "nothing"
    tokens = row.tokens_per_picture.get("1K")
    if tokens is None or row.output_image_usd is None:
        return "price unknown"
    return f"${tokens * row.output_image_usd / 1e6:.4f} and tokens"


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
        for name, value in _facts(spec):
            typer.echo(f"{name:10} {value}")
        for heading, words in words_of(spec, language):
            typer.echo("\n" + _wrapped(f"{heading}: {', '.join(words)}"))


@app.command("get")
def get(model: Annotated[str, typer.Argument(help="An id from `musaic models`.")]) -> None:
    """Download an encoder's weights now, so that later runs need no network; print their folder."""
    with errors_to_stderr():
        from musaic.embed import Hub, fetch, model_spec

        typer.echo(fetch(model_spec(model), on_download=download_report(), hub=Hub(notify=notice)))


def _facts(spec: "ModelSpec") -> Iterator[tuple[str, str]]:
    from musaic.embed import is_downloaded

    yield "id", spec.id
    yield "good for", spec.good_for
    yield "languages", " ".join(spec.languages)
    yield (
        "weights",
        "bundled with Musaic" if spec.repository is None else f"{spec.repository} on the model hub",
    )
    yield "size", f"{spec.size_bytes / 1e6:,.0f} MB{', on this machine' if is_downloaded(spec) else ''}"
    yield "licence", spec.licence
    yield "vectors", f"{spec.dim} numbers"
    yield "texts", f"up to {spec.context_length} tokens"


def _wrapped(text: str) -> str:
    width = min(120, shutil.get_terminal_size((100, 24)).columns)
    return "\n".join(textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False))
