"""Recipes: named prompt patterns, one TOML file each, beside this file and in a library's `recipes/` folder.

A pattern is text with names in braces. Nothing but a name may stand there, and putting words in is done by `plan`
without `str.format`, so that a recipe from anywhere can say things but do nothing.
"""

import difflib
import functools
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import get_args

from pydantic import JsonValue, ValidationError

from musaic.errors import UnknownRecipeError
from musaic.schemas import Recipe, Role

_HERE = Path(__file__).parent
_SHARED = "promo"  # its `follow` and `sentences` stand in where another recipe has none
_MOST_BYTES = 100_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_BRACES = re.compile(r"\{([^{}]*)\}")
_IMAGES = {f"{role}_images" for role in get_args(Role)}
_RATIO = re.compile(r"[1-9][0-9]{0,3}:[1-9][0-9]{0,3}")
_SIZE = re.compile(r"512|[1-9][0-9]?K")
# tomllib takes seconds for a key of thousands of words, and what it returns is nested as deep.
_DEEP = re.compile(rb"(?:[\w\"'-]+\s*\.\s*){40}")
_OWN = {"prompt", "references", "ratio", "number"} | _IMAGES


def load_recipes(
    folder: Path | None, *, on_broken: Callable[[str, UnknownRecipeError], None] | None = None
) -> dict[str, Recipe]:
    """Return all recipes by name: Musaic's own, and those of a library, which override them.

    Args:
        folder: A library's `recipes` folder; need not exist. The name of `figure.toml` is `figure`.
        on_broken: Told of a file that cannot be used, by its recipe's name; the recipe is then left out, also where
            it would override one of Musaic's own.

    Raises:
        UnknownRecipeError: A file cannot be used, and there is no `on_broken`; the message names the file and the key.
    """
    own = _own_recipes()
    found = folder.glob("*.toml") if folder is not None and folder.is_dir() else ()
    recipes = dict(own)
    for path in sorted(each for each in found if not each.name.startswith(".")):
        try:
            recipes[path.stem] = _read(path, shared=_stand_in(path.stem))
        except UnknownRecipeError as exc:
            if on_broken is None:
                raise
            recipes.pop(path.stem, None)
            on_broken(path.stem, exc)
    return recipes


def find_recipe(name: str, recipes: Mapping[str, Recipe]) -> Recipe:
    """Return a recipe by name.

    Raises:
        UnknownRecipeError: There is none; the message names the near ones, or else all.
    """
    if name in recipes:
        return recipes[name]
    near = difflib.get_close_matches(name.lower(), recipes, n=3, cutoff=0.5)
    way = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(recipes))}"
    raise UnknownRecipeError(f"no recipe {name!r}; {way}")


@functools.cache
def _own_recipes() -> Mapping[str, Recipe]:
    shared = _read(_HERE / f"{_SHARED}.toml", shared=None)
    paths = sorted(path for path in _HERE.glob("*.toml") if path.stem != _SHARED)
    return {_SHARED: shared, **{path.stem: _read(path, shared=shared) for path in paths}}


def _stand_in(name: str) -> Recipe:
    """Return what a library's recipe takes where it says nothing: the roles are those of the one it overrides."""
    own = _own_recipes()
    return own[_SHARED].model_copy(update={"roles": own.get(name, own[_SHARED]).roles})


def _read(path: Path, *, shared: Recipe | None) -> Recipe:
    row = _table(path)
    if not _NAME.fullmatch(path.stem):
        raise _bad(path, "the file name", "may hold small letters, digits and hyphens only")
    if row.setdefault("name", path.stem) != path.stem:
        raise _bad(path, "name", f"is {row['name']!r}; a recipe has the name of its file, {path.stem!r}")
    if shared is not None:
        _complete(row, path.stem, shared)
    recipe = _recipe(path, row)
    for key, what in _faults(recipe):
        raise _bad(path, key, what)
    return recipe


def _complete(row: dict[str, JsonValue], name: str, shared: Recipe) -> None:
    """Put in what a recipe may leave out; `shared` has its roles, follow-up and sentences."""
    row.setdefault("title", name.replace("-", " ").capitalize())
    row.setdefault("roles", [need.model_dump() for need in shared.roles])
    row.setdefault("example", {"prompt": row["title"]})
    row.setdefault("follow", shared.follow)
    own = row.get("sentences", {})
    sentences: dict[str, JsonValue] = {str(role): text for role, text in shared.sentences.items()}
    row["sentences"] = {**sentences, **own} if isinstance(own, dict) else own


def _table(path: Path) -> dict[str, JsonValue]:
    try:
        if not path.is_file():  # a pipe or device would never end
            raise UnknownRecipeError(f"recipe file {path} is no regular file")
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise UnknownRecipeError(f"recipe file {path} is larger than {_MOST_BYTES} bytes")
        return _parsed(content)
    except RecursionError as exc:
        raise UnknownRecipeError(f"recipe file {path} is nested too deeply") from exc
    except ValueError as exc:  # of TOML, of UTF-8, or a number of thousands of digits
        raise UnknownRecipeError(f"recipe file {path} is not valid TOML: {exc}") from exc
    except OSError as exc:
        raise UnknownRecipeError(f"recipe file {path} cannot be read: {exc.strerror or exc}") from exc


def _parsed(content: bytes) -> dict[str, JsonValue]:
    if _DEEP.search(content):
        raise RecursionError
    return tomllib.loads(content.decode("utf-8"))


def _recipe(path: Path, row: Mapping[str, JsonValue]) -> Recipe:
    """Check the types; TOML knows no tuples, hence the way through JSON, which is read strictly."""
    try:
        return Recipe.model_validate_json(json.dumps(row, default=str), strict=True)
    except ValidationError as exc:
        first = exc.errors()[0]
        key = ".".join(str(step) for step in first["loc"])
        near = difflib.get_close_matches(key, Recipe.model_fields, n=1)
        if first["type"] == "extra_forbidden":
            raise _bad(
                path, key, "is no key of a recipe" + (f"; did you mean {near[0]}?" if near else "")
            ) from exc
        what = "is missing" if first["type"] == "missing" else f"cannot be used: {first['msg']}"
        raise _bad(path, key, what) from exc


def _faults(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Yield what the types let pass: a key, and what is wrong with it."""
    yield from _role_faults(recipe)
    if not _RATIO.fullmatch(recipe.ratio):
        yield "ratio", f"is {recipe.ratio!r}; write width:height, as in 16:9"
    if not _SIZE.fullmatch(recipe.size.upper()):
        yield "size", f"is {recipe.size!r}; write 512, 1K, 2K or 4K"
    for key, text, needed in (
        ("pattern", recipe.pattern, {"prompt"}),
        ("follow", recipe.follow, {"ratio", "number"}),
        *((f"sentences.{role}", text, {"number"}) for role, text in recipe.sentences.items()),
    ):
        names = _BRACES.findall(text)
        for name in names:
            if not _WORD.fullmatch(name):
                yield key, f"holds {{{name}}}; only a name of small letters, digits and _ may stand in braces"
        for name in sorted(needed - set(names)):
            yield key, f"lacks {{{name}}}"
    if "number" in _BRACES.findall(recipe.pattern):
        yield "pattern", "holds {number}, which only `follow` and `sentences` have"
    for name in recipe.words:
        # Defaults are wanted for {setting_images}, where there is no such reference.
        if not _WORD.fullmatch(name) or name in _OWN - _IMAGES:
            yield f"words.{name}", "is a name that words cannot have"


def _role_faults(recipe: Recipe) -> Iterator[tuple[str, str]]:
    roles = [need.role for need in recipe.roles]
    for need in recipe.roles:
        if roles.count(need.role) > 1:
            yield "roles", f"names {need.role} twice"
        if need.least > need.most:
            yield "roles", f"wants at least {need.least} and at most {need.most} of {need.role}"


def _bad(path: Path, key: str, what: str) -> UnknownRecipeError:
    return UnknownRecipeError(f"recipe file {path}: {key} {what}")
