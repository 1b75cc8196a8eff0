"""Going on from a picture: with the engine's own conversation, or with the picture as a reference."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pydantic import JsonValue

from musaic.errors import PlanError, UnknownRecipeError
from musaic.generate.recipes import find_recipe, load_recipes
from musaic.ledger import Ledger
from musaic.library.base import is_text
from musaic.library.choosing import DRAFTING
from musaic.library.conversation import conversation, is_lost, too_large
from musaic.library.places import find_asset, found_again, located
from musaic.lineage import thread_of
from musaic.making.blobs import pictures_in, words_in
from musaic.making.records import as_reference
from musaic.plan import make_plan
from musaic.schemas import Brief, ImageModel, Plan, Recipe, Record, Reference, Role

_RECIPE, _USUAL_RECIPE = "refine", "promo"
_LOST = "its conversation cannot be read, so the picture itself is the reference"
_DRAFT = "a draft is a layout, so its references are sent for a new picture and not the draft itself"
_NO_LEAD = "the picture in another ratio that it was to follow is gone, so it is a picture of its own"
# What a recipe's pattern calls pictures that a conversation holds, where it has no words of its own for them.
_IN_CONVERSATION = {f"{role}_images": "the picture" for role in get_args(Role)}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What going on from a picture looks at.

    Attributes:
        library: The library folder.
        ledger: Open.
        recipes: The library's, by name.
        model: What is to make it.
        inline_bytes: Most bytes of one picture in a conversation; None for no limit of its own.
    """

    library: Path
    ledger: Ledger
    recipes: Mapping[str, Recipe]
    model: ImageModel
    inline_bytes: int | None = None


def plan_refinement(
    parent: Record,
    text: str,
    *,
    among: Surroundings,
    ratio: str | None = None,
    size: str | None = None,
    variants: int = 1,
) -> Plan:
    """Return what would be sent to change an earlier picture.

    Args:
        parent: Its record.
        text: What to change.
        among: What is there to go on with.
        ratio: By default the parent's.
        size: The same.
        variants: How many.

    Raises:
        PlanError: The model has no such ratio or size, or takes no references; or `text` says nothing.
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
    if parent.state == "picture" and parent.engine != DRAFTING:
        return _changed(parent, brief, among)
    brief = brief.model_copy(update={"prompt": f"{parent.prompt}\n{text}"})
    if parent.engine == DRAFTING:
        planned = _once_more(parent, brief, among)
        return planned if planned.engine == DRAFTING else _noted(planned, _DRAFT)
    before = among.ledger.latest(parent.parent) if parent.parent is not None else None
    if before is None or before.state != "picture":
        return _once_more(parent, brief, among)
    # A change that came to nothing: the picture that it was to change is there still.
    return _changed(located(before, among.library), brief.model_copy(update={"parent": before.id}), among)


# --- from a picture ----------------------------------------------------------------------------------


def _changed(parent: Record, brief: Brief, among: Surroundings) -> Plan:
    turns = conversation(parent, library=among.library, model=among.model)
    if not turns:
        lost = is_lost(parent, library=among.library, model=among.model)
        return _from_picture(parent, brief, among, why=_LOST if lost else None)
    planned = _from_turns(parent, brief, turns, among)
    prompts = [shot.prompt for shot in planned.shots]
    why = too_large(turns, prompts, model=among.model, inline_bytes=among.inline_bytes)
    return planned if why is None else _from_picture(parent, brief, among, why=why)


def _from_turns(parent: Record, brief: Brief, turns: Sequence[JsonValue], among: Surroundings) -> Plan:
    recipe = _own_or_ours(among.recipes)
    # The pictures that the recipe asks for are in the conversation.
    recipe = recipe.model_copy(update={"roles": (), "words": {**_IN_CONVERSATION, **recipe.words}})
    planned = make_plan(
        brief, recipe=recipe, model=among.model, text=" " * words_in(turns), pictures=pictures_in(turns)
    )
    return planned.model_copy(update={"references": parent.references, "conversation": True})


def _from_picture(parent: Record, brief: Brief, among: Surroundings, *, why: str | None) -> Plan:
    recipe = _own_or_ours(among.recipes)
    references = _with_picture(parent, among.ledger)
    now, moved = found_again(references, ledger=among.ledger, library=among.library)
    fitting, dropped = _fitting(now, among.model, recipe)
    planned = make_plan(brief.model_copy(update={"references": fitting}), recipe=recipe, model=among.model)
    return _noted(planned, *([why] if why else ()), *moved, *dropped)


def _own_or_ours(recipes: Mapping[str, Recipe]) -> Recipe:
    """Return the recipe of refinements: the library's, or Musaic's where that cannot be used."""
    return find_recipe(_RECIPE, {**load_recipes(None), **recipes})


def _with_picture(parent: Record, ledger: Ledger) -> list[Reference]:
    """Return the picture as the base, and what it was made from; earlier pictures of the thread are in it."""
    base = as_reference(parent, number=1)
    kept = [
        each for each in parent.references if not (each.role == "base" and ledger.makers_of(each.asset_id))
    ]
    # Only one picture can be the one to change.
    kept = [each.model_copy(update={"role": "subject"}) if each.role == "base" else each for each in kept]
    return [base, *(each.model_copy(update={"number": number}) for number, each in enumerate(kept, 2))]


def _fitting(
    references: Sequence[Reference], model: ImageModel, recipe: Recipe, *, spare: int = 0
) -> tuple[tuple[Reference, ...], list[str]]:
    """Return the first references that a model and a recipe take, and what to say of those left out.

    Args:
        references: In order; a base is always kept.
        model: Its limits hold, in all and for each role.
        recipe: The same for each role.
        spare: Places to be left free.
    """
    most: dict[Role, int] = {need.role: need.most for need in recipe.roles}
    most |= {role: min(count, most.get(role, count)) for role, count in model.references_by_role.items()}
    room = model.references - spare - sum(each.role == "base" for each in references)
    kept, left, taken = [], [], Counter[Role]()
    for each in references:
        if each.role != "base":
            if taken.total() >= room or taken[each.role] >= most.get(each.role, room):
                left.append(f"{each.path} ({each.role})")
                continue
            taken[each.role] += 1
        kept.append(each)
    told = f"so many references do not fit into one request; left out: {', '.join(left)}"
    return tuple(kept), [told] if left else []


# --- once more ---------------------------------------------------------------------------------------


def _once_more(parent: Record, brief: Brief, among: Surroundings) -> Plan:
    """Ask anew for a picture that never came: its own words and references, and what is to change."""
    recipe, notes = _recipe_of(parent, among.recipes)
    added = _lead(parent, among.ledger)
    own = [each for each in parent.references if each is not added]
    own, moved = found_again(own, ledger=among.ledger, library=among.library)
    # A draft in another ratio is no picture to follow either.
    wanted = None if parent.engine == DRAFTING else added
    lead = None if wanted is None else _there(wanted, among)
    fitting, dropped = _fitting(own, among.model, recipe, spare=0 if lead is None else 1)
    asked = brief.model_copy(
        update={
            "recipe": recipe.name,
            "references": fitting,
            "vary": {name: (word,) for name, word in parent.values.items()},
        }
    )
    gone = [_NO_LEAD] if wanted is not None and lead is None else []
    if lead is None:
        planned = make_plan(asked, recipe=recipe, model=among.model)
    else:
        planned = _following(lead, asked, recipe, among.model)
    return _noted(planned, *notes, *gone, *moved, *dropped)


def _recipe_of(parent: Record, recipes: Mapping[str, Recipe]) -> tuple[Recipe, list[str]]:
    known = {**load_recipes(None), **recipes}
    try:
        return find_recipe(parent.recipe, known), []
    except UnknownRecipeError:
        note = f"there is no recipe {parent.recipe!r} any more; {_USUAL_RECIPE} takes its place"
        return find_recipe(_USUAL_RECIPE, known), [note]


def _lead(parent: Record, ledger: Ledger) -> Reference | None:
    """Return the reference that making added: the first ratio of the same picture, which the others follow."""
    last = parent.references[-1] if parent.references else None
    if last is None or last.role != "base":
        return None
    runs = {record.run for record in thread_of(ledger, parent.id)}
    makers = (ledger.latest(maker) for maker in ledger.makers_of(last.asset_id))
    # Nobody can have named a picture that was made in the very run that it was given to.
    return last if any(maker is not None and maker.run in runs for maker in makers) else None


def _there(lead: Reference, among: Surroundings) -> Reference | None:
    path = find_asset(lead.asset_id, ledger=among.ledger, library=among.library, recorded=lead.path)
    return None if path is None else lead.model_copy(update={"path": path})


def _following(lead: Reference, asked: Brief, recipe: Recipe, model: ImageModel) -> Plan:
    """Return a plan of the same picture in another ratio: the recipe's `follow` asks for it, the lead stands last."""
    number = len({(each.asset_id, each.role) for each in asked.references}) + 1
    words = {**recipe.words, "number": str(number)}
    follow = recipe.model_copy(update={"pattern": recipe.follow, "words": words})
    planned = make_plan(asked, recipe=follow, model=model, pictures=1)
    last = lead.model_copy(update={"number": number})
    return planned.model_copy(update={"references": (*planned.references, last)})


def _noted(plan: Plan, *notes: str) -> Plan:
    return plan.model_copy(update={"notes": (*notes, *plan.notes)})
