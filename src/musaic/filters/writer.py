"""From a condition to an expression of Milvus."""

import re
from dataclasses import dataclass
from typing import Literal

from musaic.errors import FilterError
from musaic.filters.conditions import (
    OPPOSITE,
    UNKNOWN_TIME,
    Among,
    Compare,
    Condition,
    Contains,
    Known,
    Like,
    Not,
    Several,
    Target,
    Value,
)
from musaic.filters.text import quote, quote_bounds

_WILD = re.compile(r"[%_\\]")
_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between the servers that an expression is written for.

    Attributes:
        server: Name and version, for error messages.
        like_infix: Whether it can look for text inside a string or at its end.
        like_escapes: Whether `_`, `%` and a backslash in such a text can be told to mean themselves: always,
            only as `settle` leaves them, or never.
    """

    server: str = "Milvus"
    like_infix: bool = True
    like_escapes: Literal["always", "settled", "never"] = "always"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes conditions for one dialect.

    `not` is moved down to the comparisons, so that an asset without a value matches neither a
    comparison nor its opposite. `exists` stands in its own brackets, which Milvus 2.3 needs.
    """

    dialect: Dialect
    expression: str

    def write(self, condition: Condition, *, negated: bool = False) -> str:
        """Return the expression of a condition or of its opposite."""
        match condition:
            case Not(part=part):
                return self.write(part, negated=not negated)
            case Several(word=word, parts=parts):
                joint = " and " if (word == "and") != negated else " or "
                return f"({joint.join(self.write(part, negated=negated) for part in parts)})"
            case Compare():
                return _compare(condition, negated=negated)
            case Contains(target=target, value=value):
                function = "json_contains" if target.keys else "array_contains"
                return _maybe_not(f"{function}({name(target)}, {literal(value)})", negated=negated)
            case Known(target=target):
                return _known(target, negated=negated)
            case Among(ids=ids):
                # No row has the empty id, so that the list is never empty.
                return f"id {'not in' if negated else 'in'} [{', '.join(map(quote, ids or ('',)))}]"
            case Like():
                return self._like(condition, negated=negated)

    def _like(self, like: Like, *, negated: bool) -> str:
        if like.place == "start":
            return _prefix(like.target, like.text, negated=negated)
        if not self.dialect.like_infix:
            raise FilterError(
                f"{self.dialect.server} finds text only at the start of {like.target}: use "
                f"startswith({like.target}, …), or Milvus 2.4 or newer",
                expression=self.expression,
            )
        if is_wild(like) and self.dialect.like_escapes == "never":
            raise FilterError(
                f"{self.dialect.server} takes _, % and \\ in {like.text[:_MOST_SHOWN]!r} for any character: use "
                f"startswith({like.target}, …), which is exact, or Milvus 2.5 or newer",
                expression=self.expression,
            )
        pattern = _pattern(like, _WILD.sub(r"\\\g<0>", like.text))
        return _with_value(like.target, _maybe_not(pattern, negated=negated)) if negated else pattern


def is_wild(like: Like) -> bool:
    """Tell whether Milvus' `like` would take a character of the text for more than itself."""
    return like.place != "start" and bool(_WILD.search(like.text))


def loosely(like: Like) -> str:
    """Return the expression that finds all that a search for a text should find, and perhaps more."""
    return _pattern(like, _WILD.sub("_", like.text))


def _pattern(like: Like, text: str) -> str:
    return f"{name(like.target)} like {quote(f'%{text}%' if like.place == 'inside' else f'%{text}')}"


def name(target: Target) -> str:
    """Return a field or a path into the metadata as Milvus writes it."""
    return target.field + "".join(f"[{quote(key)}]" for key in target.keys)


def literal(value: Value) -> str:
    """Return a value as Milvus writes it."""
    if isinstance(value, str):
        return quote(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _compare(compare: Compare, *, negated: bool) -> str:
    target, value = compare.target, compare.value
    operator = OPPOSITE[compare.operator] if negated else compare.operator
    right = name(value) if isinstance(value, Target) else literal(value)
    written = f"{name(target)} {operator} {right}"
    if isinstance(value, Target):
        return _with_value(target, _with_value(value, written))
    # Any value Milvus compares is above what stands for an unknown time, or `!=` would find it.
    needs_value = operator == "!=" if target.keys else operator in ("!=", "<", "<=")
    return _with_value(target, written) if needs_value else written


def _prefix(target: Target, prefix: str, *, negated: bool) -> str:
    """Compare with the bounds: exact, where `like` would take `_` and `%` of the prefix for wildcards."""
    low, high = quote_bounds(prefix)
    start, end = ("<", ">=") if negated else (">=", "<")
    parts = [f"{name(target)} {start} {low}", *([f"{name(target)} {end} {high}"] if high else [])]
    return f"({(' or ' if negated else ' and ').join(parts)})"


def _known(target: Target, *, negated: bool) -> str:
    if target.keys:
        return (
            _maybe_not(f"exists {name(target)}", negated=negated) if negated else f"(exists {name(target)})"
        )
    return f"{name(target)} {'==' if negated else '!='} {UNKNOWN_TIME}"


def _with_value(target: Target, written: str) -> str:
    """Leave out assets that have no value."""
    if not target.keys and target.field != "captured_at":
        return written
    return f"({_known(target, negated=False)} and {written})"


def _maybe_not(written: str, *, negated: bool) -> str:
    return f"(not ({written}))" if negated else written
