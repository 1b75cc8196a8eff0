"""What a filter means, apart from how it was written and how Milvus wants it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

UNKNOWN_TIME = -(1 << 62)
"""What a row holds for a time that is not known: servers before 2.5 have no null."""

TEXT_FIELDS = ("id", "asset_id", "kind", "filename", "folder", "mime")
NUMBER_FIELDS = ("size_bytes", "width", "height")
TIME_FIELDS = ("captured_at", "modified_at", "ingested_at")
LIST_FIELDS = ("paths", "tags")
FIELDS = (*TEXT_FIELDS, *NUMBER_FIELDS, *TIME_FIELDS, *LIST_FIELDS, "metadata")

Operator = Literal["==", "!=", "<", "<=", ">", ">="]
OPPOSITE: dict[Operator, Operator] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
Value = str | int | float | bool
Place = Literal["start", "end", "inside"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a condition is about.

    Attributes:
        field: A name of `FIELDS`.
        keys: The way into `metadata`; empty for every other field.
    """

    field: str
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "".join(
            [self.field, *(f".{key}" if key.isidentifier() else f"[{key!r}]" for key in self.keys)]
        )


@dataclass(frozen=True, slots=True)
class Compare:
    """`target operator value`; the value may be another field."""

    target: Target
    operator: Operator
    value: Value | Target


@dataclass(frozen=True, slots=True)
class Contains:
    """A list holds a value."""

    target: Target
    value: Value


@dataclass(frozen=True, slots=True)
class Like:
    """A string starts with a text, ends with it, or holds it."""

    target: Target
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Known:
    """There is a value."""

    target: Target


@dataclass(frozen=True, slots=True)
class Among:
    """The asset is one of these ids: what was found out before, see `settle`. Nobody writes it in a filter."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Several:
    """All (`and`) or any (`or`) of at least two parts."""

    word: Literal["and", "or"]
    parts: tuple["Condition", ...]


Condition = Compare | Contains | Like | Known | Among | Not | Several


def targets(condition: Condition) -> Iterator[Target]:
    """Yield everything a condition is about."""
    match condition:
        case Several(parts=parts):
            for part in parts:
                yield from targets(part)
        case Not(part=part):
            yield from targets(part)
        case Compare(target=target, value=Target() as other):
            yield from (target, other)
        case Among():
            return
        case _:
            yield condition.target


def likes(condition: Condition) -> Iterator[Like]:
    """Yield every search for a text within a text."""
    match condition:
        case Several(parts=parts):
            for part in parts:
                yield from likes(part)
        case Not(part=part):
            yield from likes(part)
        case Like():
            yield condition
