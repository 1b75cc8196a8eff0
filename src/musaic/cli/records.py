"""Commands on what was made: lineage, costs, recipes."""

import json as json_module
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from musaic.cli.libraries import opened
from musaic.cli.making import counted, usd
from musaic.cli.options import JsonOption, LibraryOption
from musaic.cli.output import errors_to_stderr, in_one_line, name_of, notice, plain, program
from musaic.errors import UnknownGenerationError

if TYPE_CHECKING:
    from musaic.library import Library
    from musaic.schemas import CostLine, Lineage, Recipe, Record

recipes_app = typer.Typer(
    help="Named prompt patterns: the uses of generating, as data.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


def lineage(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Id of a picture made here or of an asset, or an asset's path. Default: list the latest pictures.",
            metavar="ID",
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most pictures to list.")] = 20,
    page: Annotated[
        Path | None, typer.Option("--page", help="Write a page that shows how a picture was made (HTML).")
    ] = None,
    json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Print what a picture was made from, and what was made from it, all generations deep."""
    with errors_to_stderr(), opened(library, hold=False) as found:
        if name is None:
            if page is not None:
                raise ValueError(
                    f"--page shows how one picture was made, and none is named; `{program()} lineage` lists them"
                )
            _list_recent(found.recent(limit), json=json)
            return
        if page is not None:
            typer.echo(name_of(f"page: {_write_page(found, name, page)}"), err=True)
        tree = found.lineage(name)
        if json:
            typer.echo(tree.model_dump_json())
            return
        for line in _lines(tree):
            typer.echo(line)


def _write_page(library: "Library", name: str, page: Path) -> Path:
    try:
        return library.page(name, page)
    except UnknownGenerationError:
        if library.lineage(name).kind != "asset":
            raise
        raise ValueError(
            f"a page shows a picture that was made here (g-…), and {name!r} is an asset; "
            f"`{program()} lineage {shlex.quote(name)}` lists what was made from it"
        ) from None


def _list_recent(records: "list[Record]", *, json: bool) -> None:
    for record in records:
        if json:
            typer.echo(record.model_dump_json())
            continue
        state = "" if record.state == "picture" else f" [{record.state.replace('_', ' ')}]"
        when = datetime.fromtimestamp(record.created_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        words = in_one_line(record.prompt)
        typer.echo(name_of(f'{record.id}  {when}  {record.ratio:5} {record.engine:13}{state} "{words}"'))
    if not records:
        typer.echo("nothing was made yet", err=True)


def _lines(tree: "Lineage") -> Iterator[str]:
    from musaic.export import below_of

    yield _line(tree)
    for words, upwards in (("made from", True), ("made into", False)):
        yield words
        branches = list(_branches(below_of(tree, upwards=upwards), upwards=upwards))
        yield from branches or ["  nothing"]


def _branches(parts: "tuple[Lineage, ...]", *, upwards: bool) -> Iterator[str]:
    from musaic.export import below_of

    left: list[tuple[Lineage | str, int]] = [(part, 1) for part in reversed(_gathered(parts))]
    while left:
        part, depth = left.pop()
        if isinstance(part, str):
            yield "  " * depth + part
            continue
        yield "  " * depth + _line(part)
        left += [(each, depth + 1) for each in reversed(_gathered(below_of(part, upwards=upwards)))]


def _gathered(parts: "tuple[Lineage, ...]") -> "list[Lineage | str]":
    """Return parts with those that stand above already told in one line: each picture of a thread has the same."""
    again = [part for part in parts if part.seen_above]
    if len(again) < 2:
        return list(parts)
    first, told = parts.index(again[0]), f"{len(again)} more, shown above"
    fresh = [part for part in parts[first:] if not part.seen_above]
    return [*parts[:first], told, *fresh]


def _line(part: "Lineage") -> str:
    role = f"{part.role}: " if part.role else ""
    state = f" [{part.state.replace('_', ' ')}]" if part.state not in (None, "picture") else ""
    words = f' "{in_one_line(part.prompt)}"' if part.prompt else ""
    path = f"  {part.path}" if part.path else ""
    above = "  (shown above)" if part.seen_above else ""
    return name_of(f"{role}{part.id}{state}{words}{path}{above}")


def costs(
    by: Annotated[Literal["day", "model", "recipe"], typer.Option("--by", help="How to add up.")] = "day",
    json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Print what pictures have cost, by day (UTC), model or recipe."""
    with errors_to_stderr(), opened(library, hold=False) as found:
        lines = found.costs(by=by)
        if json:
            for line in lines:
                typer.echo(line.model_dump_json())
        else:
            for line in lines:
                typer.echo(_cost_line(line))
        if not lines and not json:
            typer.echo("nothing was made yet", err=True)
        budget = found.settings.generate.monthly_budget_usd
        if budget is not None:
            typer.echo(
                f"this month: {usd(found.spent_this_month())} of the budget of ${budget:.2f}", err=True
            )


def _cost_line(line: "CostLine") -> str:
    lost = f"  and {usd(line.unconfirmed_usd)} at most unconfirmed" if line.unconfirmed_usd else ""
    lost += f"  and {counted(line.unpriced, 'call')} of unknown price" if line.unpriced else ""
    pictures, calls = _column(line.pictures, "picture"), _column(line.calls, "call")
    # Nothing is reported of an unknown price, which is not the same as no cost.
    cost = usd(None if line.unpriced and not line.cost_usd else line.cost_usd)
    return f"{name_of(line.heading):28} {pictures} {calls}  {cost:>10}{lost}"


def _column(number: int, word: str) -> str:
    """Return a number of things as wide as any other number of them."""
    return f"{number:>5} {word}{' ' if number == 1 else 's'}"


@recipes_app.callback()
def recipes(context: typer.Context, json: JsonOption = False, library: LibraryOption = None) -> None:
    """List the recipes."""
    if context.invoked_subcommand is not None:
        return
    with errors_to_stderr():
        for recipe in _recipes(library).values():
            typer.echo(recipe.model_dump_json() if json else f"{recipe.name:12} {plain(recipe.title)}")


@recipes_app.command("show")
def show_recipe(
    name: Annotated[str, typer.Argument(help="As `musaic recipes` lists it.")],
    json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Print a recipe: what it is for, the roles it takes, its words, its prompt, and an example."""
    with errors_to_stderr():
        from musaic.generate.tables import find_recipe

        recipe = find_recipe(name, _recipes(library))
        if json:
            typer.echo(recipe.model_dump_json())
            return
        for line in _recipe_lines(recipe):
            typer.echo(plain(line))


def _recipes(library: object) -> "dict[str, Recipe]":
    from musaic.generate.tables import load_recipes
    from musaic.home import find

    # Also without a library: these are Musaic's own.
    folder = find(library if isinstance(library, Path) else None)
    return load_recipes(
        None if folder is None else folder / "recipes",
        on_broken=lambda _, error: notice(f"{error}; it is left out"),
    )


def _recipe_lines(recipe: "Recipe") -> Iterator[str]:
    yield f"{recipe.name}: {recipe.title}"
    yield from ("", recipe.description.strip(), "", "roles")
    for need in recipe.roles:
        least = f"at least {need.least}" if need.least else "if you like"
        yield f"  {need.role:10} {least:12} {need.what}"
    yield from ("", "words (--vary NAME=ONE,TWO)")
    yield from (f"  {name:10} {words}" for name, words in recipe.words.items())
    yield from ("", "prompt", *(f"  {line}" for line in recipe.pattern.strip().splitlines()))
    yield from ("", "example", f"  {example_command(recipe)}")
    for (role, what), name in zip(recipe.example.references, _example_files(recipe), strict=True):
        yield f"  {name}: {what} ({role})"


def _example_files(recipe: "Recipe") -> list[str]:
    return [f"{role}-{number}.jpg" for number, (role, _) in enumerate(recipe.example.references, 1)]


def example_command(recipe: "Recipe") -> str:
    """Return the recipe's example as a command line."""
    roles = [role for role, _ in recipe.example.references]
    refs = " ".join(f"--ref {name}:{role}" for name, role in zip(_example_files(recipe), roles, strict=True))
    words = json_module.dumps(recipe.example.prompt)
    return f"{program()} generate {words} --recipe {recipe.name} {refs}".rstrip()
