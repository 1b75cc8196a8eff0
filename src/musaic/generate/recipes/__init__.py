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
            recipes[path.stem] = _read(path, shared=own[_SHARED])
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


def _read(path: Path, *, shared: Recipe | None) -> Recipe:
    row = _table(path)
    if not _NAME.fullmatch(path.stem):
        raise _bad(path, "the file name", "may hold small letters, digits and hyphens only")
    if row.setdefault("name", path.stem) != path.stem:
        raise _bad(path, "name", f"is {row['name']!r}; a recipe has the name of its file, {path.stem!r}")
    if shared is not None:
        row.setdefault("follow", shared.follow)
        own = row.get("sentences", {})
        shared_sentences: dict[str, JsonValue] = {str(role): text for role, text in shared.sentences.items()}
        row["sentences"] = {**shared_sentences, **own} if isinstance(own, dict) else own
    recipe = _recipe(path, row)
    for key, what in _faults(recipe):
        raise _bad(path, key, what)
    return recipe


def _table(path: Path) -> dict[str, JsonValue]:
    try:
        if not path.is_file():  # a pipe or device would never end
            raise UnknownRecipeError(f"recipe file {path} is no regular file")
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise UnknownRecipeError(f"recipe file {path} is larger than {_MOST_BYTES} bytes")
        return tomllib.loads(content.decode("utf-8"))
    except RecursionError as exc:
        raise UnknownRecipeError(f"recipe file {path} is nested too deeply") from exc
    except ValueError as exc:  # of TOML, of UTF-8, or a number of thousands of digits
        raise UnknownRecipeError(f"recipe file {path} is not valid TOML: {exc}") from exc
    except OSError as exc:
        raise UnknownRecipeError(f"recipe file {path} cannot be read: {exc.strerror or exc}") from exc


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
        raise _bad(path, key, f"cannot be used: {first['msg']}") from exc


def _faults(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Yield what the types let pass: a key, and what is wrong with it."""
    yield from _role_faults(recipe)
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
