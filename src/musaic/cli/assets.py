"""Commands on the assets of a library: ingest, search, similar, show, reindex."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from musaic.cli.options import (
    JsonOption,
    LibraryOption,
    LimitOption,
    ModelOption,
    OffsetOption,
    PrecisionOption,
    ProviderOption,
    WhereOption,
    embed_flags,
)
from musaic.cli.output import Report, download_report, errors_to_stderr, notice, on_terminal, stoppable

if TYPE_CHECKING:
    from musaic.library import Library
    from musaic.schemas import Hit

_SheetOption = Annotated[
    Path | None, typer.Option("--sheet", help="Write a contact sheet of the hits (PNG).")
]
_OpenOption = Annotated[bool, typer.Option("--open", help="Show the contact sheet.")]
_PathsOption = Annotated[bool, typer.Option("--paths", help="Print only paths, for other programs.")]


def ingest(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or globs.", metavar="PATH...")],
    library: LibraryOption = None,
    model: ModelOption = None,
    precision: PrecisionOption = None,
    provider: ProviderOption = None,
    prune: Annotated[bool, typer.Option("--prune", help="Forget files at PATH that have vanished.")] = False,
    json: JsonOption = False,
) -> None:
    """Bring pictures into the library; run it again to bring it up to date."""
    report = Report(json=json, verb="ingest")
    flags = embed_flags(model, precision, provider)
    with errors_to_stderr(), _opened(library, flags, create=True) as opened, stoppable() as stop:
        done = opened.ingest(*paths, prune=prune, on_progress=report, stop=stop)
        built_with = opened.built_with()
        if not json and built_with is not None:
            typer.echo(f"library {opened.folder}, encoder {built_with.model}", err=True)
        report.finish(done, go_on=_this_command())


def search(
    text: Annotated[str | None, typer.Argument(help="What to look for, in words.", metavar="[TEXT]")] = None,
    image: Annotated[
        Path | None, typer.Option("--image", help="Look for pictures like this file instead.")
    ] = None,
    limit: LimitOption = 3,
    offset: OffsetOption = 0,
    where: WhereOption = None,
    sheet: _SheetOption = None,
    open_sheet: _OpenOption = False,
    paths: _PathsOption = False,
    json: JsonOption = False,
    library: LibraryOption = None,
    model: ModelOption = None,
    provider: ProviderOption = None,
) -> None:
    """Print the assets nearest to TEXT, or to a picture, best first."""
    with errors_to_stderr(), _opened(library, embed_flags(model, None, provider)) as opened:
        hits = opened.search(text, image=image, limit=limit, offset=offset, where=where)
        title = text if text is not None else f"like {image.name if image else ''}"
        _print_hits(opened, hits, title=title, json=json, paths=paths, sheet=sheet, open_sheet=open_sheet)


def similar(
    asset: Annotated[
        str, typer.Argument(help="An asset id of the library, or a picture file.", metavar="FILE|ID")
    ],
    limit: LimitOption = 3,
    offset: OffsetOption = 0,
    where: WhereOption = None,
    sheet: _SheetOption = None,
    open_sheet: _OpenOption = False,
    paths: _PathsOption = False,
    json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Print the assets that look most like one of the library, or like any picture."""
    with errors_to_stderr(), _opened(library, {}) as opened:
        hits = opened.similar(asset, limit=limit, offset=offset, where=where)
        title = f"like {Path(asset).name}"
        _print_hits(opened, hits, title=title, json=json, paths=paths, sheet=sheet, open_sheet=open_sheet)


def show(
    asset: Annotated[str, typer.Argument(help="An asset id, or a path.", metavar="ID")],
    json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Print what the library knows of an asset."""
    with errors_to_stderr(), _opened(library, {}) as opened:
        found = opened.show(asset)
        if json:
            typer.echo(found.model_dump_json())
            return
        for name, value in found.model_dump().items():
            if value not in (None, (), {}):
                typer.echo(f"{name:12} {', '.join(value) if isinstance(value, tuple) else value}")
        thumbnail = opened.thumbnail(found.asset_id)
        if thumbnail is not None:
            typer.echo(f"{'thumbnail':12} {thumbnail}")


def reindex(
    model: ModelOption = None,
    precision: PrecisionOption = None,
    provider: ProviderOption = None,
    json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Encode the whole library with another encoder, beside the old vectors; switch when done."""
    report = Report(json=json, verb="reindex")
    with (
        errors_to_stderr(),
        _opened(library, embed_flags(model, precision, provider)) as opened,
        stoppable() as stop,
    ):
        done = opened.reindex(on_progress=report, stop=stop)
        report.finish(done, go_on=_this_command())


def _opened(library: Path | None, embed: dict[str, object], *, create: bool = False) -> "Library":
    from musaic.library import Library

    return Library.open(
        library,
        create=create,
        embed=embed,
        notify=notice,
        ask=_ask if on_terminal() else None,
        on_download=download_report(),
    )


def _ask(question: str) -> bool:
    return typer.confirm(question, default=True, err=True)


def _this_command() -> str:
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _print_hits(
    library: "Library",
    hits: "list[Hit]",
    *,
    title: str,
    json: bool,
    paths: bool,
    sheet: Path | None,
    open_sheet: bool,
) -> None:
    if sheet is not None or open_sheet:
        target = library.sheet(hits, sheet, title=title)
        if not (json or paths):
            typer.echo(f"contact sheet: {target}", err=True)
        if open_sheet:
            typer.launch(str(target))
    if json:
        for hit in hits:
            typer.echo(hit.model_dump_json())
    elif paths:
        for hit in hits:
            typer.echo(hit.path)
    else:
        _table(library, hits)


def _table(library: "Library", hits: "list[Hit]") -> None:
    from musaic.cli.pictures import show_inline

    if not hits:
        typer.echo("no hits: nothing in this library fits", err=True)
    show_inline([library.thumbnail(hit.asset_id) for hit in hits])
    for number, hit in enumerate(hits, 1):
        gone = "" if Path(hit.path).exists() else "  (the file is not there now)"
        typer.echo(f"{number:>3}  {hit.cosine:.3f}  {hit.path}{gone}")
