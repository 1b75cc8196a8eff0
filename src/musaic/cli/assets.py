"""Commands on the assets of a library: ingest, search, similar, show, reindex."""

import os
import re
import shlex
import sys
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from musaic.cli.libraries import opened, say_what_was_used
from musaic.cli.making import print_record, state_of
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
from musaic.cli.output import (
    Report,
    errors_to_stderr,
    name_of,
    notice,
    only_our_words,
    plain,
    print_paths,
    program,
    short_lived,
    stoppable,
)

if TYPE_CHECKING:
    from musaic.library import Library
    from musaic.schemas import Asset, Hit

_GENERATION = re.compile("g-[0-9a-f]*")

# A text: as a path an empty one would be the current folder.
_SheetOption = Annotated[
    str | None,
    typer.Option("--sheet", metavar="<path>", help="Write a contact sheet of the hits (PNG)."),
]
_ScoresOption = Annotated[bool, typer.Option("--scores", help="Put the cosines on the contact sheet.")]
_OpenOption = Annotated[bool, typer.Option("--open", help="Show the contact sheet.")]
_PathsOption = Annotated[bool, typer.Option("--paths", help="Print only paths, for other programs.")]
_NulOption = Annotated[
    bool, typer.Option("-0", "--null", help="End each of the --paths with NUL, for `xargs -0`.")
]


def ingest(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or globs.", metavar="PATH")],
    library: LibraryOption = None,
    model: ModelOption = None,
    precision: PrecisionOption = None,
    provider: ProviderOption = None,
    prune: Annotated[bool, typer.Option("--prune", help="Forget files at PATH that have vanished.")] = False,
    json: JsonOption = False,
) -> None:
    """Bring pictures into the library.

    Run it again to bring the library up to date: what is unchanged costs next to nothing.
    """
    flags = embed_flags(model, precision, provider)
    with errors_to_stderr():
        from musaic.ingest.scan import expand

        expand(paths)  # a mistyped path must not leave an empty library behind
    with errors_to_stderr(), opened(library, flags, create=True) as found, _stoppable(found) as stop:
        with only_our_words(), Report(json=json, verb="ingest") as report:
            done = found.ingest(*paths, prune=prune, on_progress=report, stop=stop)
        if not json:
            say_what_was_used(found)
        report.finish(done, go_on=_this_command(), prune=prune)


def search(
    words: Annotated[
        list[str] | None, typer.Argument(help="What to look for, in words.", metavar="TEXT")
    ] = None,
    image: Annotated[
        Path | None, typer.Option("--image", help="Look for pictures like this file instead.")
    ] = None,
    limit: LimitOption = 3,
    offset: OffsetOption = 0,
    where: WhereOption = None,
    order: Annotated[
        Literal["newest", "oldest", "name", "largest"] | None,
        typer.Option("--order", help="Of a listing, without words or a picture.", show_default="newest"),
    ] = None,
    sheet: _SheetOption = None,
    scores: _ScoresOption = False,
    open_sheet: _OpenOption = False,
    paths: _PathsOption = False,
    nul: _NulOption = False,
    json: JsonOption = False,
    library: LibraryOption = None,
    model: ModelOption = None,
    provider: ProviderOption = None,
) -> None:
    """Print the assets nearest to words or a picture, or list what is there.

    Best first, each with its cosine: near 1 is alike, near 0 has nothing to do with it. Without words and picture all
    assets that fit `--where` are listed, newest first: by when they were taken or, where nothing says so, when their
    file was changed.
    """
    wanted = _Wanted(json=json, paths=paths, nul=nul, sheet=sheet, scores=scores, open_sheet=open_sheet)
    text = " ".join(words) if words else None  # without quotes, each word is an argument
    with errors_to_stderr(), short_lived():
        _check_query(text, image)
        _check_wanted(wanted)
        with opened(library, embed_flags(model, None, provider)) as found:
            hits = found.search(text, image=image, limit=limit, offset=offset, where=where, order=order)
            title = text or (f"like {image.name}" if image else where or order or "newest")
            _print_hits(found, hits, title=title, wanted=wanted)


def similar(
    asset: Annotated[
        str,
        typer.Argument(
            help="Id of an asset or of a picture made here, or a picture file.", metavar="FILE|ID"
        ),
    ],
    limit: LimitOption = 3,
    offset: OffsetOption = 0,
    where: WhereOption = None,
    sheet: _SheetOption = None,
    scores: _ScoresOption = False,
    open_sheet: _OpenOption = False,
    paths: _PathsOption = False,
    nul: _NulOption = False,
    json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Print the assets most like one picture.

    It may be one of the library, by id or path (which is left out of the hits), or any file.
    """
    wanted = _Wanted(json=json, paths=paths, nul=nul, sheet=sheet, scores=scores, open_sheet=open_sheet)
    with errors_to_stderr(), short_lived():
        _check_wanted(wanted)
        with opened(library, {}) as found:
            hits = found.similar(_asset_of(found, asset), limit=limit, offset=offset, where=where)
            _print_hits(found, hits, title=f"like {_asset_name(found, asset)}", wanted=wanted)


def show(
    asset: Annotated[
        str, typer.Argument(help="Id of an asset or of a picture made here, or a path.", metavar="ID")
    ],
    json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Print what the library knows of an asset, or of a picture made here."""
    made = _is_generation(asset)
    with errors_to_stderr(), opened(library, hold=not made) as found:
        if made:
            print_record(found.record(asset), json=json)
            return
        known = found.show(asset)
        if json:
            typer.echo(known.model_dump_json())
            return
        for name, value in _facts(known, found.thumbnail(known.asset_id)):
            typer.echo(f"{name:12} {name_of(value)}")


def reindex(
    model: ModelOption = None,
    precision: PrecisionOption = None,
    provider: ProviderOption = None,
    drop_failed: Annotated[
        bool,
        typer.Option(
            "--drop-failed",
            help="On a shared server: switch even if pictures cannot be read; they go, for everyone.",
        ),
    ] = False,
    json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Encode the whole library with another encoder.

    The new vectors are made beside the old ones, which answer until all is done. Run it again after a break.
    """
    flags = embed_flags(model, precision, provider)
    with errors_to_stderr(), opened(library, flags) as found, _stoppable(found) as stop:
        with only_our_words(), Report(json=json, verb="reindex") as report:
            done = found.reindex(drop_failed=drop_failed, on_progress=report, stop=stop)
        if not json:
            say_what_was_used(found)
        report.finish(done, go_on=_this_command())


def _stoppable(library: "Library") -> "AbstractContextManager[threading.Event]":
    """Let Ctrl-C finish the batch in hand, or end at once while the encoder is still asked for, fetched or loaded."""
    return stoppable(at_once=lambda: not library.has_encoder)


def _this_command() -> str:
    return f"{program()} {shlex.join(sys.argv[1:])}"


def _is_generation(name: str) -> bool:
    """Say whether a name is the id of a generation or its beginning; a file may be called like one too."""
    return _GENERATION.fullmatch(name) is not None and not os.path.lexists(name)


def _asset_of(library: "Library", name: str) -> str:
    """Return the asset that a picture made here has become; any other name stands for itself."""
    if not _is_generation(name):
        return name
    record = library.record(name)
    if record.asset_id is None:
        raise ValueError(
            f"{record.id} made no picture ({state_of(record)}), so nothing can be like it; "
            f"`{program()} lineage` lists what was made"
        )
    return record.asset_id


def _asset_name(library: "Library", asset: str) -> str:
    if _is_generation(asset):
        return library.record(asset).id
    there = os.path.exists(asset)  # noqa: PTH110  Path.exists raises where a folder may not be looked into
    return Path(asset).name if there else library.show(asset).filename


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How hits are to be shown."""

    json: bool
    paths: bool
    nul: bool
    sheet: str | None
    scores: bool
    open_sheet: bool


def _check_query(text: str | None, image: Path | None) -> None:
    if text is not None and image is not None:
        raise ValueError(
            f"both words ({text!r}) and --image are given; a search takes one of them, leave the other out"
        )


def _check_wanted(wanted: _Wanted) -> None:
    if wanted.json and wanted.paths:
        raise ValueError(
            "both --json and --paths are given; hits are printed as one of them, leave the other out"
        )
    if wanted.nul and not wanted.paths:
        raise ValueError("-0 ends paths with NUL, and goes with --paths")
    if wanted.sheet is not None and not wanted.sheet.strip():
        raise ValueError("--sheet needs a file name, and that is empty; name one, as in --sheet hits.png")
    if wanted.scores and wanted.sheet is None and not wanted.open_sheet:
        raise ValueError("--scores goes with a contact sheet; name its file, as in --sheet hits.png --scores")
    if wanted.sheet == "-":
        raise ValueError(
            "a contact sheet is not written to standard output; name a file, as in --sheet hits.png"
        )


def _print_hits(library: "Library", hits: "list[Hit]", *, title: str, wanted: _Wanted) -> None:
    if wanted.sheet is not None or wanted.open_sheet:
        _write_sheet(library, hits, title, wanted)
    if not hits:
        typer.echo("no hits", err=True)
    if wanted.json:
        for hit in hits:
            typer.echo(hit.model_dump_json())
    elif wanted.paths:
        print_paths([hit.path for hit in hits], nul=wanted.nul)
    else:
        _print_table(library, hits)


def _write_sheet(library: "Library", hits: "list[Hit]", title: str, wanted: _Wanted) -> None:
    from musaic.cli.viewer import show_file

    target = library.sheet(hits, wanted.sheet, title=title, scores=wanted.scores)
    if not (wanted.json or wanted.paths):
        typer.echo(plain(f"contact sheet: {target}"), err=True)
    if wanted.open_sheet and not show_file(target):
        notice(f"no program here shows pictures (no display?); the contact sheet is {target}")


def _print_table(library: "Library", hits: "list[Hit]") -> None:
    if hits:
        say_what_was_used(library)
    if hits and sys.stdout.isatty():
        from musaic.cli.pictures import show_inline
        from musaic.cli.table import print_hits

        show_inline([library.thumbnail(hit.asset_id) for hit in hits])
        print_hits(hits)
        return
    for number, hit in enumerate(hits, 1):
        made = "  (made here)" if hit.kind == "generated" else ""
        near = "" if hit.cosine is None else f"{hit.cosine:6.3f}  "
        typer.echo(f"{number:>3}  {near}{name_of(hit.path)}{made}")


def _facts(asset: "Asset", thumbnail: Path | None) -> list[tuple[str, str]]:
    """Return what is worth reading of an asset, in words."""
    facts = [("id", asset.asset_id), ("kind", asset.kind)]
    facts += [("file", _place(path)) for path in asset.paths]
    facts += [
        ("type", asset.mime),
        ("size", f"{asset.width} x {asset.height} pixels, {asset.size_bytes:,} bytes"),
        ("captured", "" if asset.captured_at is None else _time(asset.captured_at)),
        ("modified", _time(asset.modified_at)),
        ("ingested", _time(asset.ingested_at)),
        ("tags", ", ".join(asset.tags)),
        *((f"  {key}", str(value)) for key, value in asset.metadata.items()),
        ("thumbnail", "" if thumbnail is None else str(thumbnail)),
    ]
    return [(name, value) for name, value in facts if value]


def _place(path: str) -> str:
    there = os.path.exists(path)  # noqa: PTH110  Path.exists raises where a folder may not be looked into
    return path if there else f"{path} (not there now)"


def _time(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "seconds")
    except (ValueError, OverflowError, OSError):  # a file's time may lie beyond the years 1 to 9999
        return f"{seconds} seconds after 1970"
