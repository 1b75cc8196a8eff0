"""The tree of what came from what, above and below one picture."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from musaic.errors import UnknownAssetError, UnknownGenerationError
from musaic.ledger import Ledger
from musaic.lineage.records import resolved
from musaic.schemas import Lineage, Role, State

# Pydantic reads JSON of at most 99 shapes inside one another, and people far fewer.
_DEEPEST = 64

_Kind = Literal["asset", "generation"]


@dataclass(frozen=True, slots=True)
class _Step:
    """A neighbour: what it is, and as what one was used in the making of the other."""

    id: str
    kind: _Kind
    role: Role | None = None


@dataclass(slots=True)
class _Node:
    step: _Step
    seen: bool = False
    below: "list[_Node]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Facts:
    path: str | None
    prompt: str | None = None
    state: State | Literal["open"] | None = None


def lineage_of(ledger: Ledger, name: str) -> Lineage:
    """Return what a picture was made from and what was made from it, all generations deep.

    Upwards, a generation stands on its references, by number, and then on the generation it goes on from;
    an asset that was made stands on every generation whose picture has these very bytes. Downwards, an
    asset or a generation leads to the generations it went into, and a generation to its picture. `role`
    is that of the asset in the step between two lines: of the line itself in `made_from`, of the line
    above in `made_into`.

    Each line is drawn out once; where it comes again it is marked `seen_above`. So is a line that would
    stand more than 64 deep: it is then drawn out as a further line of the top, after all others.

    Args:
        ledger: Open.
        name: An asset's id; or a generation's, or the first 6 characters or more of it.

    Raises:
        UnknownAssetError: Nothing is known by this name.
        UnknownGenerationError: The same, and it looks like the id of a generation.
        GenerateError: Several generations begin so.
    """
    top = _top(ledger, name)
    facts = _facts_of(ledger)
    up = _grown(top, lambda step: _above(ledger, step))
    down = _grown(top, lambda step: _below(ledger, step))
    line = _line(top, facts(top))
    return line.model_copy(
        update={"made_from": _drawn(up, facts, "made_from"), "made_into": _drawn(down, facts, "made_into")}
    )


def _top(ledger: Ledger, name: str) -> _Step:
    if name.isascii() and ledger.knows_asset(name):
        return _Step(name, "asset")
    try:
        return _Step(resolved(ledger, name), "generation")
    except UnknownGenerationError:
        if name.startswith("g-"):
            raise
        raise UnknownAssetError(asset=name) from None


def _above(ledger: Ledger, step: _Step) -> list[_Step]:
    if step.kind == "asset":
        return [_Step(maker, "generation") for maker in ledger.makers_of(step.id)]
    return [
        _Step(edge.parent, "asset" if edge.number else "generation", edge.role)
        for edge in ledger.made_from(step.id)
    ]


def _below(ledger: Ledger, step: _Step) -> list[_Step]:
    record = ledger.latest(step.id) if step.kind == "generation" else None
    own = [_Step(record.asset_id, "asset")] if record is not None and record.asset_id else []
    into: dict[str, _Step] = {}
    for edge in ledger.made_into(step.id):
        # One asset may have been two references of one picture.
        into.setdefault(edge.child, _Step(edge.child, "generation", edge.role))
    return [*own, *into.values()]


def _grown(top: _Step, neighbours: Callable[[_Step], list[_Step]]) -> _Node:
    """Return the tree below a line. No recursion: a chain may be thousands of generations long."""
    root = _Node(top)
    seen: set[str] = set()
    stack: deque[tuple[_Node, int]] = deque([(root, 0)])
    while stack:
        node, depth = stack.pop()
        if node.step.id in seen:
            node.seen = True
            continue
        seen.add(node.step.id)
        below = [(_Node(step), depth + 1) for step in neighbours(node.step)]
        if depth == _DEEPEST and below:
            node.seen = True
            node = _Node(_Step(node.step.id, node.step.kind))
            root.below.append(node)
            below = [(child, 2) for child, _ in below]
            stack.extendleft(below)
        else:
            stack.extend(reversed(below))
        node.below = [child for child, _ in below]
    return root


def _drawn(
    root: _Node, facts: Callable[[_Step], _Facts], way: Literal["made_from", "made_into"]
) -> tuple[Lineage, ...]:
    """Return the lines below the root of a tree, drawn from the leaves up."""
    order = [root]
    for node in order:
        order += node.below
    lines: dict[int, Lineage] = {}
    for node in reversed(order):
        line = _line(node.step, facts(node.step))
        below = tuple(lines.pop(id(child)) for child in node.below)
        lines[id(node)] = line.model_copy(update={way: below, "seen_above": node.seen})
    children: tuple[Lineage, ...] = getattr(lines[id(root)], way)
    return children


def _line(step: _Step, facts: _Facts) -> Lineage:
    return Lineage(
        id=step.id,
        kind=step.kind,
        role=step.role,
        path=facts.path,
        prompt=facts.prompt,
        state=facts.state,
    )


def _facts_of(ledger: Ledger) -> Callable[[_Step], _Facts]:
    """Return what looks a line's facts up, each once."""
    known: dict[str, _Facts] = {}

    def facts(step: _Step) -> _Facts:
        if step.id not in known:
            known[step.id] = _looked_up(ledger, step)
        return known[step.id]

    return facts


def _looked_up(ledger: Ledger, step: _Step) -> _Facts:
    if step.kind == "asset":
        return _Facts(_asset_path(ledger, step.id))
    record = ledger.latest(step.id)
    if record is None:  # a parent of another library
        return _Facts(None)
    return _Facts(record.path, record.prompt, record.state)


def _asset_path(ledger: Ledger, asset_id: str) -> str | None:
    """Return where an asset is, or else where it was."""
    first = None
    for path in _asset_paths(ledger, asset_id):
        if os.path.exists(path):  # noqa: PTH110
            return path
        first = first or path
    return first


def _asset_paths(ledger: Ledger, asset_id: str) -> Iterator[str]:
    """Yield the paths of an asset's files, then of results with its bytes, then those of references."""
    files = ledger.states_of([asset_id]).get(asset_id, [])
    yield from (file.path for file in sorted(files, key=lambda file: file.vanished))
    for maker in ledger.makers_of(asset_id):
        made = ledger.latest(maker)
        if made is not None and made.path:
            yield made.path
    for edge in ledger.made_into(asset_id):
        user = ledger.latest(edge.child)
        yield from (each.path for each in (user.references if user else ()) if each.asset_id == asset_id)
