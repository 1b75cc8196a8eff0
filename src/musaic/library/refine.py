"""Going on from a picture: with the engine's own conversation, or with the picture as a reference."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from musaic.errors import PlanError
from musaic.ledger import Ledger
from musaic.library.base import is_text
from musaic.lineage import record_of
from musaic.making.blobs import pictures_in, read_turns, words_in
from musaic.making.save import turns_of
from musaic.plan import make_plan
from musaic.schemas import Brief, ImageModel, Plan, Recipe, Record, Reference, Sent

_RECIPE = "refine"
_CONVERSING = {"gemini"}
_LOST = "its conversation cannot be read, so the picture itself is the reference"


def plan_refinement(
    parent: Record,
    text: str,
    *,
    library: Path,
    ledger: Ledger,
    recipes: dict[str, Recipe],
    model: ImageModel,
    ratio: str | None = None,
    size: str | None = None,
    variants: int = 1,
) -> Plan:
    """Return what would be sent to change an earlier picture.

    Args:
        parent: Its record.
        text: What to change.
        library: The library folder.
        ledger: Open.
        recipes: By name.
        model: What is to make it.
        ratio: By default the parent's.
        size: The same.
        variants: How many.

    Raises:
        PlanError: The model has no such ratio or size, or takes fewer references; or `text` says nothing.
    """
    if not text.strip() or not is_text(text):
        raise PlanError("say what to change, in words")
    brief = Brief(
        prompt=text,
        recipe=_RECIPE,
        ratios=(ratio or parent.ratio,),
        size=size or parent.size,
        variants=variants,
        parent=parent.id,
    )
    if parent.state != "picture" and parent.parent is not None:
        # A change that came to nothing: the picture that it was to change is there still.
        return plan_refinement(
            record_of(ledger, parent.parent), f"{parent.prompt}\n{text}", library=library, ledger=ledger,
            recipes=recipes, model=model, ratio=ratio or parent.ratio, size=size or parent.size, variants=variants,
        )  # fmt: skip
    if parent.state != "picture":
        return _once_more(parent, text, brief, recipes, model)
    turns = conversation(parent, library=library, model=model)
    if not turns:
        references = _with_picture(parent, ledger)
        planned = make_plan(
            brief.model_copy(update={"references": references}), recipe=recipes[_RECIPE], model=model
        )
        lost = (_LOST,) if _goes_on(parent, model) and _had_conversation(parent, library) else ()
        return planned.model_copy(update={"notes": (*lost, *planned.notes)})
    planned = make_plan(
        brief,
        recipe=recipes[_RECIPE],
        model=model,
        text=" " * words_in(turns),
        pictures=pictures_in(turns),
    )
    return planned.model_copy(update={"references": parent.references, "conversation": True})


def conversation(parent: Record, *, library: Path, model: ImageModel) -> Sequence[JsonValue]:
    """Return the turns that led to a picture; none where another model made it, or its engine keeps none."""
    if parent.state != "picture" or not _goes_on(parent, model):
        return ()
    return read_turns(library, turns_of(library, parent.id))


def _goes_on(parent: Record, model: ImageModel) -> bool:
    return (parent.engine, parent.model) == (model.engine, model.id)


def _had_conversation(parent: Record, library: Path) -> bool:
    """Return whether there should be one: its file is there, or its engine always keeps one."""
    return parent.engine in _CONVERSING or os.path.lexists(turns_of(library, parent.id))


def pictures_of(parent: Record) -> tuple[Sent, ...]:
    """Return the pictures in the conversation that led to a picture: what was sent, and the picture itself last."""
    assert parent.asset_id is not None
    assert parent.path is not None
    content = Path(parent.path).read_bytes() if os.path.isfile(parent.path) else b""  # noqa: PTH113
    if not content:
        return parent.sent
    own = Sent(
        number=len(parent.sent) + 1,
        role="base",
        asset_id=parent.asset_id,
        mime=parent.mime or "image/png",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return (*parent.sent, own)


def _once_more(
    parent: Record, text: str, brief: Brief, recipes: dict[str, Recipe], model: ImageModel
) -> Plan:
    """Ask anew for a picture that never came: its own words and references, and what is to change."""
    recipe = recipes.get(parent.recipe) or recipes["promo"]
    update = {
        "prompt": f"{parent.prompt}\n{text}",
        "recipe": recipe.name,
        "references": parent.references,
        "vary": {name: (word,) for name, word in parent.values.items()},
    }
    return make_plan(brief.model_copy(update=update), recipe=recipe, model=model)


def _with_picture(parent: Record, ledger: Ledger) -> tuple[Reference, ...]:
    """Return the picture as the base, and what it was made from; earlier pictures of the thread are in it."""
    assert parent.asset_id is not None
    assert parent.path is not None
    base = Reference(number=1, asset_id=parent.asset_id, path=parent.path, role="base")
    kept = [
        each for each in parent.references if not (each.role == "base" and ledger.makers_of(each.asset_id))
    ]
    # Only one picture can be the one to change.
    kept = [each.model_copy(update={"role": "subject"}) if each.role == "base" else each for each in kept]
    numbered = [each.model_copy(update={"number": number}) for number, each in enumerate(kept, 2)]
    return (base, *numbered)
