"""The tables that generating reads: image models and recipes, as data, each of which a library can override."""

import difflib
import functools
import json
import math
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pydantic import JsonValue, ValidationError

from musaic.errors import ConfigError, RetiredModelError, UnknownEngineError
from musaic.generate.recipes import find_recipe, load_recipes
from musaic.schemas import ImageModel

__all__ = ["check_model", "default_model", "find_recipe", "load_models", "load_recipes", "model_warnings"]

_FILE = Path(__file__).with_name("models.toml")
_OFFLINE = "moodboard"
_SIZE = re.compile(r"512|[1-9][0-9]?K")
_RATIO = re.compile(r"[1-9][0-9]{0,3}:[1-9][0-9]{0,3}")


def load_models(overrides: Mapping[str, Mapping[str, JsonValue]]) -> dict[str, ImageModel]:
    """Return the table of image models by id, Musaic's own first.

    Args:
        overrides: Rows of `[generate.models."id"]`. Keys of a known id change that row, of `references_by_role`
            and `tokens_per_picture` only the entries named; another id is a new row and needs at least `engine`.

    Raises:
        ConfigError: A key or value cannot be used; the message names it.
    """
    rows: dict[str, dict[str, JsonValue]] = {name: dict(row) for name, row in _own_rows().items()}
    for name, changes in overrides.items():
        rows[name] = _merged(rows.get(name, {}), changes)
    return {name: _model(name, row) for name, row in rows.items()}


def default_model(engine: str, models: Mapping[str, ImageModel]) -> str:
    """Return the id of the model that an engine takes when none is named.

    Raises:
        UnknownEngineError: No model of the table that is still in service belongs to it; the message lists the engines.
    """
    named = _defaults().get(engine)
    living = [row.id for row in models.values() if row.engine == engine and row.state != "retired"]
    if named is not None and named in living:
        return named
    if living:
        return living[0]
    raise UnknownEngineError(f"no engine {engine!r}; there are {', '.join(_engines(models))}")


def check_model(
    model: str, models: Mapping[str, ImageModel], *, today: date, engine: str | None = None
) -> ImageModel:
    """Return the row of a model that may be asked for pictures.

    An id that is not in the table is allowed, since ids come faster than releases: its row has no prices, sizes or
    ratios, so that nothing is checked and no cost is known. `model_warnings` says so.

    Args:
        model: Id, as the service names it.
        models: As `load_models` gave it.
        today: Decides whether a day of retirement has come.
        engine: The model must belong to it; None: the engine of the row, or for an unknown id the one of its likes.

    Raises:
        RetiredModelError: Its maker has switched it off; names the successor.
        UnknownEngineError: The model belongs to another engine, or nothing tells to which.
    """
    row = models.get(model)
    if row is None:
        if engine == _OFFLINE:
            raise UnknownEngineError(
                f"the moodboard engine has no model {model!r}; leave the model out, or name the engine it belongs to "
                "with generate={'engine': ...}"
            )
        return ImageModel(id=model, engine=engine or _engine_like(model, models))
    if engine is not None and row.engine != engine:
        raise UnknownEngineError(
            f"the model {model!r} belongs to the engine {row.engine}, not {engine}; "
            f"use generate={{'engine': '{row.engine}'}}"
        )
    if row.state != "retired":
        return row
    gone = str(row.retired_on)  # checked: a retired row has its day
    if today.isoformat() >= gone:
        raise RetiredModelError(model=model, retired_on=gone, successor=_living(row, models))
    return row.model_copy(update={"state": "deprecated"})


def model_warnings(model: ImageModel, models: Mapping[str, ImageModel]) -> tuple[str, ...]:
    """Return what to warn of that a plan cannot know: an id that is not in the table, with the near ones."""
    if model.id in models:
        return ()
    near = difflib.get_close_matches(
        model.id, [each for each in models if models[each].state != "retired"], n=2
    )
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    return (f"the model {model.id!r} is not in the table, so its limits and price are unknown{meant}",)


@functools.cache
def _defaults() -> Mapping[str, str]:
    """Return the model that each engine takes when none is named."""
    defaults: dict[str, str] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["defaults"]
    return defaults


@functools.cache
def _own_rows() -> Mapping[str, Mapping[str, JsonValue]]:
    rows: dict[str, dict[str, JsonValue]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["models"]
    return rows


def _merged(row: Mapping[str, JsonValue], changes: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    merged = {**row, **changes}
    for key, value in changes.items():
        before = row.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[key] = {**before, **value}
    return merged


def _model(name: str, row: Mapping[str, JsonValue]) -> ImageModel:
    """Check one row; TOML knows no tuples, hence the way through JSON, which is read strictly."""
    given = row.get("id", name)
    if given != name:
        raise _bad(name, "id", f"is {given!r}; a model's id is the name of its table")
    if "engine" not in row:
        raise _bad(name, "engine", "is missing; a new model needs it: gemini, openai-images or moodboard")
    try:
        model = ImageModel.model_validate_json(json.dumps({**row, "id": name}), strict=True)
    except ValidationError as exc:
        first = exc.errors()[0]
        raise _bad(name, ".".join(str(step) for step in first["loc"]), _plain(first["type"], first)) from exc
    _check_values(model)
    return model


def _plain(kind: str, error: Mapping[str, object]) -> str:
    if kind != "extra_forbidden":
        return f"cannot be {error.get('input')!r}: {error['msg']}"
    loc = error["loc"]
    assert isinstance(loc, tuple)
    near = difflib.get_close_matches(str(loc[0]), ImageModel.model_fields, n=1)
    return "is no key of a model" + (f"; did you mean {near[0]}?" if near else "")


def _check_values(model: ImageModel) -> None:
    """Refuse what the types let pass.

    Raises:
        ConfigError: Names the key.
    """
    if model.engine not in _defaults():
        raise _bad(model.id, "engine", f"is {model.engine!r}; there are {', '.join(_defaults())}")
    for key in ("input_usd", "output_text_usd", "output_image_usd", "call_usd"):
        if not math.isfinite(getattr(model, key) or 0):
            raise _bad(model.id, key, "is no amount of money")
    for key in ("reference_bytes", "request_bytes", "text_tokens", "tokens_per_reference"):
        if (getattr(model, key) or 0) < 0:
            raise _bad(model.id, key, "is less than 0")
    _check_lists(model)
    _check_retirement(model)


def _check_lists(model: ImageModel) -> None:
    for key, names, form in (
        ("sizes", model.sizes, _SIZE),
        ("tokens_per_picture", tuple(model.tokens_per_picture), _SIZE),
        ("ratios", model.ratios, _RATIO),
    ):
        wrong = [name for name in names if not form.fullmatch(name)]
        if wrong:
            example = "16:9" if form is _RATIO else "512, 1K, 2K or 4K"
            raise _bad(model.id, key, f"holds {wrong[0]!r}; write {example}")
    for key, counts in (
        ("tokens_per_picture", model.tokens_per_picture),
        ("references_by_role", model.references_by_role),
    ):
        if any(count < 0 for count in counts.values()):
            raise _bad(model.id, key, "holds a number less than 0")


def _check_retirement(model: ImageModel) -> None:
    if model.state == "retired" and not model.retired_on:
        raise _bad(model.id, "retired_on", "is missing; a retired model needs the day, as in 2026-10-02")
    try:
        # fromisoformat takes weeks and dates without hyphens too, which do not compare as text.
        day = date.fromisoformat(model.retired_on or "2000-01-01").isoformat()
    except ValueError:
        day = ""
    if model.retired_on not in (None, day):
        raise _bad(model.id, "retired_on", f"is {model.retired_on!r}; write a day, as in 2026-10-02")


def _bad(model: str, key: str, what: str) -> ConfigError:
    return ConfigError(f'generate.models."{model}".{key} {what}')


def _engines(models: Mapping[str, ImageModel]) -> list[str]:
    return list(dict.fromkeys([*_defaults(), *(row.engine for row in models.values())]))


def _engine_like(model: str, models: Mapping[str, ImageModel]) -> str:
    """Return the engine whose models share an id's first word: gemini-…, gpt-…."""
    family = model.split("-")[0]
    likes = {row.engine for row in models.values() if row.id.split("-")[0] == family}
    if len(likes) == 1:
        return likes.pop()
    raise UnknownEngineError(
        f"nothing tells which engine runs the model {model!r}; name it with generate={{'engine': ...}}: "
        f"{' or '.join(_engines(models))}"
    )


def _living(row: ImageModel, models: Mapping[str, ImageModel]) -> str | None:
    """Follow the successors to one that is not retired itself; None where there is none."""
    seen = {row.id}
    successor = row.successor
    while (
        successor and successor not in seen and successor in models and models[successor].state == "retired"
    ):
        seen.add(successor)
        successor = models[successor].successor
    return None if successor in seen else successor
