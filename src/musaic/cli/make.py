"""Commands that make pictures: generate, refine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from musaic.cli.libraries import opened
from musaic.cli.making import MakeReport, engine_at, makes_more_than_drafts, print_plan
from musaic.cli.options import JsonOption, LibraryOption, WhereOption
from musaic.cli.output import errors_to_stderr, notice, stoppable
from musaic.errors import MusaicError

if TYPE_CHECKING:
    from musaic.library import Library
    from musaic.schemas import Generation, Plan

_RecipeOption = Annotated[str, typer.Option("--recipe", help="A prompt pattern; see `musaic recipes`.")]
_EngineOption = Annotated[
    str | None,
    typer.Option("--engine", help="gemini, openai-images or moodboard. Default: what is configured."),
]
_RefiningEngineOption = Annotated[
    str | None,
    typer.Option("--engine", help="gemini, openai-images or moodboard. Default: what made the picture."),
]
_RefiningModelOption = Annotated[
    str | None, typer.Option("--model", help="Image model. Default: what made the picture.")
]
_ModelOption = Annotated[str | None, typer.Option("--model", help="Image model. Default: the engine's.")]
_RatioOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ratio",
        help="E.g. 1:1,16:9,9:16, with commas: one picture in several formats. Default: the recipe's.",
    ),
]
_SizeOption = Annotated[str | None, typer.Option("--size", help="512, 1K, 2K or 4K. Default: the recipe's.")]
_RefiningSizeOption = Annotated[
    str | None, typer.Option("--size", help="512, 1K, 2K or 4K. Default: the picture's own.")
]
_VariantsOption = Annotated[
    int, typer.Option("--variants", min=1, max=200, help="How many pictures of each.")
]
_CostOption = Annotated[
    float | None, typer.Option("--max-cost", min=0, metavar="USD", help="Most that this may cost.")
]
_PriceOption = Annotated[
    bool, typer.Option("--allow-unknown-price", help="Send also what nobody can tell the price of.")
]
_DryOption = Annotated[
    bool, typer.Option("--dry-run", help="Print what would be sent and what it costs at most; send nothing.")
]
# A string, as Path would make "." of a shell variable that is not set.
_OutOption = Annotated[
    str | None, typer.Option("--out", metavar="FOLDER", help="Folder for copies to hand on.")
]
_OpenOption = Annotated[bool, typer.Option("--open", help="Show the result.")]


def generate(
    words: Annotated[list[str], typer.Argument(help="What the picture should show.", metavar="TEXT")],
    find: Annotated[
        list[str] | None,
        typer.Option(
            "--find",
            help="Search the library for a reference, WORDS[:ROLE]; may repeat. Default: TEXT itself.",
        ),
    ] = None,
    refs: Annotated[
        list[str] | None,
        typer.Option(
            "--ref",
            metavar="FILE|ID[:ROLE]",
            help="A reference by hand; may repeat, order kept. Roles: subject, product, garment, accessory, logo, "
            "style, setting, base.",
        ),
    ] = None,
    find_limit: Annotated[
        int | None,
        typer.Option(
            "--find-limit",
            min=0,
            max=14,
            help="References each --find brings. Default: 1; of TEXT itself as many as the recipe says.",
        ),
    ] = None,
    include: Annotated[
        Literal["generated"] | None,
        typer.Option(
            "--include", help="generated: pictures made earlier may be found too; drafts only for drafts."
        ),
    ] = None,
    where: WhereOption = None,
    recipe: _RecipeOption = "promo",
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="NAME=A,B", help="Make all combinations of these words; may repeat."),
    ] = None,
    ratio: _RatioOption = None,
    size: _SizeOption = None,
    variants: _VariantsOption = 1,
    engine: _EngineOption = None,
    model: _ModelOption = None,
    max_cost: _CostOption = None,
    allow_unknown_price: _PriceOption = False,
    dry_run: _DryOption = False,
    out: _OutOption = None,
    open_result: _OpenOption = False,
    json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Make a picture from words and references of the library.

    Without a key this makes a draft: an honest layout of the references. With GEMINI_API_KEY it asks Gemini.
    """
    with errors_to_stderr(), opened(library, generate=_flags(engine, model), hold=False) as found:
        brief = found.brief(
            " ".join(words),
            find=find or (),
            refs=refs or (),
            recipe=recipe,
            ratios=_listed(ratio),
            size=size,
            variants=variants,
            vary=_varied(vary),
            find_limit=find_limit,
            where=where,
            include_generated=include is not None,
        )
        _go(
            found,
            found.plan(brief),
            _Wanted(json, dry_run, out, open_result, max_cost, allow_unknown_price, library),
        )


def refine(
    generation: Annotated[str, typer.Argument(help="Id of the picture to go on from.", metavar="ID")],
    words: Annotated[list[str], typer.Argument(help="What to change.", metavar="TEXT")],
    ratio: Annotated[str | None, typer.Option("--ratio", help="Default: the picture's own.")] = None,
    size: _RefiningSizeOption = None,
    variants: _VariantsOption = 1,
    engine: _RefiningEngineOption = None,
    model: _RefiningModelOption = None,
    max_cost: _CostOption = None,
    allow_unknown_price: _PriceOption = False,
    dry_run: _DryOption = False,
    out: _OutOption = None,
    open_result: _OpenOption = False,
    json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Change a picture made earlier, with its references and its conversation."""
    with errors_to_stderr(), opened(library, generate=_flags(engine, model), hold=False) as found:
        plan = found.plan_refinement(generation, " ".join(words), ratio=ratio, size=size, variants=variants)
        _go(found, plan, _Wanted(json, dry_run, out, open_result, max_cost, allow_unknown_price, library))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to happen with a plan."""

    json: bool
    dry_run: bool
    out: str | None
    open_result: bool
    max_cost: float | None
    allow_unknown_price: bool
    library: Path | None


def _go(library: "Library", plan: "Plan", wanted: _Wanted) -> None:
    if not wanted.dry_run:
        library.check_engine(plan)
    for note in plan.notes:
        notice(note)
    engine = engine_at(plan.engine, library.settings.generate)
    if wanted.dry_run:
        library.check_references(plan)
        print_plan(plan, json=wanted.json, engine=engine)
        return
    report = MakeReport(
        plan,
        json=wanted.json,
        record_of=library.record,
        library=wanted.library,
        engine=engine,
        keyed=makes_more_than_drafts(library.settings.generate),
    )
    report.begin([library.thumbnail(each.asset_id) for each in plan.references])
    with stoppable("waiting for the pictures that were sent for, the rest is cancelled") as stop:
        made = library.make(
            plan,
            max_cost_usd=wanted.max_cost,
            allow_unknown_price=wanted.allow_unknown_price,
            out=wanted.out,
            stop=stop,
            on_done=report,
        )
    sheet = _grid(library, plan, made)
    if wanted.open_result:
        _show(sheet or next((Path(each.path) for each in made if each.path), None))
    report.finish(made, calls=[call for each in made for call in library.record(each.id).calls], sheet=sheet)


def _grid(library: "Library", plan: "Plan", made: "Sequence[Generation]") -> Path | None:
    if len(made) < 2 or not any(each.path for each in made):
        return None
    try:
        return library.grid(made, title=plan.prompt)
    except MusaicError as exc:
        notice(f"no contact sheet: {exc}")  # the pictures are there
        return None


def _show(result: Path | None) -> None:
    from musaic.cli.viewer import show_file

    if result is not None and not show_file(result):
        notice(f"no program here shows pictures (no display?); look at {result}")


def _flags(engine: str | None, model: str | None) -> dict[str, object]:
    return {name: value for name, value in (("engine", engine), ("model", model)) if value is not None}


def _listed(values: Sequence[str] | None) -> list[str]:
    return [part.strip() for value in values or () for part in value.split(",") if part.strip()]


def _varied(values: Sequence[str] | None) -> dict[str, list[str]]:
    varied: dict[str, list[str]] = {}
    for value in values or ():
        name, equals, words = value.partition("=")
        if not equals or not name.strip() or not words.strip():
            raise ValueError(
                f"--vary {value!r} cannot be used; write NAME=ONE,TWO, e.g. --vary colour=red,blue"
            )
        varied.setdefault(name.strip(), []).extend(_listed([words]))
    return varied
