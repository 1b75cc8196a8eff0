"""References named by hand: a file, an asset or an earlier picture, with a role if one is given."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

from musaic import media
from musaic.errors import PlanError, UnknownAssetError
from musaic.ledger import Ledger
from musaic.library.base import is_text
from musaic.library.places import find_asset, located
from musaic.lineage import record_of
from musaic.schemas import Recipe, Reference, Role

# As much as `media.outgoing` reads.
_MOST_BYTES = 500_000_000
_ROLES: tuple[str, ...] = get_args(Role)


def by_hand(names: Sequence[str], *, ledger: Ledger, library: Path, recipe: Recipe) -> list[Reference]:
    """Return references that were named as ``FILE|ID[:role]``, in order.

    One without a role gets the first that the recipe needs and nobody has yet, else the recipe's usual one.

    Args:
        names: As they were given.
        ledger: Open.
        library: The library folder.
        recipe: Says which roles it needs.

    Raises:
        UnknownAssetError: Neither a file, nor an asset, nor a picture made here.
        PlanError: A role does not exist, or a name cannot be written down.
    """
    if odd := next((name for name in names if not is_text(name)), None):
        raise PlanError(f"the name of {odd!a} is not valid UTF-8; rename the file")
    split = [_split(name, ledger) for name in names]
    taken = [role for _, role in split if role is not None]
    references = []
    for number, (name, role) in enumerate(split, 1):
        if role is None:
            role = _needed(recipe, taken)
            taken.append(role)
        asset_id, path = _found(name, ledger, library)
        if not is_text(path):
            raise PlanError(f"the name of {path!a} is not valid UTF-8; rename the file")
        references.append(Reference(number=number, asset_id=asset_id, path=path, role=role))
    return references


def _split(text: str, ledger: Ledger) -> tuple[str, Role | None]:
    name, colon, role = text.rpartition(":")
    if not colon or os.path.exists(text):  # noqa: PTH110  Path.exists raises for names that no file can have
        return text, None
    if role in _ROLES:
        return name, cast("Role", role)
    known = os.path.exists(name) or ledger.states_of([name]) or name.startswith("g-")  # noqa: PTH110
    if known and os.sep not in role:
        raise PlanError(f"there is no role {role!r}; use one of {', '.join(_ROLES)}")
    return text, None


def _needed(recipe: Recipe, taken: Sequence[Role]) -> Role:
    lacking = (need.role for need in recipe.roles if taken.count(need.role) < need.least)
    return next(lacking, recipe.find_role)


def _found(name: str, ledger: Ledger, library: Path) -> tuple[str, str]:
    """Return the asset id and the absolute path that a name stands for."""
    if os.path.isfile(name):  # noqa: PTH113  Path.is_file raises for names that no file can have
        path = Path(os.path.abspath(name))  # noqa: PTH100  links stay
        if path.stat().st_size > _MOST_BYTES:
            raise PlanError(f"{name} is larger than {_MOST_BYTES // 1_000_000} MB, too large for a reference")
        return media.content_id(media.hash_file(path)), str(path)
    path_now = find_asset(name, ledger=ledger, library=library)
    if path_now is not None:
        return name, path_now
    states = ledger.states_of([name]).get(name, [])
    if states:
        return name, states[0].path  # whoever reads it says that it is gone
    if name.startswith("g-"):
        record = located(record_of(ledger, name), library)
        if record.asset_id is None or record.path is None:
            raise PlanError(f"{record.id} came to no picture ({record.reason}), so it cannot be a reference")
        return record.asset_id, record.path
    if os.sep in name or "." in name:
        raise PlanError(
            f"there is no file {name!r}; refs=[...] takes a file, the id of an asset, or of a picture made here"
        )
    raise UnknownAssetError(asset=name)
