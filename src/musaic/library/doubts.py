"""How sure an answer is: what speaks against a hit, and what the parts of a query would find alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from musaic.schemas import Hit


def near_of(hit: Hit) -> float:
    """Return the cosine of a hit of a search by words, which has one."""
    assert hit.cosine is not None
    return hit.cosine


@dataclass(frozen=True)
class Doubt:
    """A hit that is likely wrong.

    Attributes:
        hit: The hit.
        kind: What it looks like instead of what was asked for, if anything.
        is_far: Whether words and picture are so far apart that a hit is nearly always wrong.
    """

    hit: Hit
    kind: str | None
    is_far: bool

    @property
    def why(self) -> str:
        """What speaks against it, in words that follow "the nearest picture"."""
        return f"is not near ({near_of(self.hit):.2f})" if self.is_far else f"looks more like {self.kind!r}"


@dataclass(frozen=True)
class Part:
    """One thing of a query that names several, and what it would find alone; None: nothing near."""

    phrase: str
    hit: Hit | None


@dataclass(frozen=True)
class Near:
    """What is near to words.

    Attributes:
        hits: Those that may be right, best first.
        doubts: The others, best first.
        parts: What the parts of a query would find, where it names several things.
    """

    hits: list[Hit] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


def in_words(parts: Sequence[Part]) -> str:
    """Return a sentence of what each part would find, without a full stop."""
    found = (
        f"{part.phrase!r} finds {Path(part.hit.path).name} ({near_of(part.hit):.2f})"
        if part.hit
        else f"{part.phrase!r} finds nothing near"
        for part in parts
    )
    return f"this names {len(parts)} things, and one search answers for one: alone, {', '.join(found)}"
