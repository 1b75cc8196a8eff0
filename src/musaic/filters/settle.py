"""What Milvus Lite cannot say in an expression is found out beforehand, and said by ids.

In Milvus, `_` and `%` in a text of `like` stand for any characters, and a backslash before one lets it mean
itself. Milvus Lite 3.2 has two evaluators: a quick one, where that holds for `_` and `%`, and a slow one, where
it does not. One condition on a list or on metadata sends the whole expression to the slow one, where a list
of ids takes ages too. So where a filter has such a text, everything that needs the slow one is asked for first,
and its place is taken by the ids found. Source: `search/filter/eval` of milvus-lite 3.2.2.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from musaic.errors import FilterError
from musaic.filters.conditions import LIST_FIELDS, Among, Condition, Known, Like, Not, Several, likes, targets
from musaic.filters.text import decode_text, encode_text
from musaic.filters.writer import Writer, is_wild, loosely

MAX_SETTLED = 250_000
"""Most ids that are found out beforehand: Milvus Lite takes 7 s to read so many."""

Ask = Callable[[str, Sequence[str]], Sequence[Mapping[str, Any]]]
"""Returns the rows that match an expression of Milvus, as they are stored, with these fields."""


def settle(condition: Condition, writer: Writer, ask: Ask | None) -> Condition:
    """Return a condition that means the same, and that the writer can write.

    Args:
        condition: What is wanted.
        writer: Writes for the Milvus that is asked.
        ask: Asks it for rows. Called only where a text for `like` needs it.

    Raises:
        FilterError: That would take more than `MAX_SETTLED` ids, or `ask` is needed and None.
    """
    if writer.dialect.like_escapes != "settled" or not any(map(is_wild, likes(condition))):
        return condition
    if ask is None:
        raise FilterError(
            "its texts cannot be looked for without asking the store", expression=writer.expression
        )
    return _Settler(writer, ask).settle(condition, negated=False)


@dataclass(frozen=True, slots=True)
class _Settler:
    writer: Writer
    ask: Ask

    def settle(self, condition: Condition, *, negated: bool) -> Condition:
        """Return the condition, or its opposite, for the quick evaluator."""
        match condition:
            case Not(part=part):
                return self.settle(part, negated=not negated)
            case Like() if is_wild(condition):
                return self._text(condition, negated=negated)
            case Several(word=word, parts=parts) if any(map(is_wild, likes(condition))):
                joint = word if not negated else "or" if word == "and" else "and"
                return Several(joint, tuple(self.settle(part, negated=negated) for part in parts))
        wanted = Not(condition) if negated else condition
        return self._among(self.writer.write(wanted)) if _is_slow(condition) else wanted

    def _text(self, like: Like, *, negated: bool) -> Condition:
        # pyarrow takes a backslash for itself in some patterns and for an escape in others.
        if not like.target.keys and "\\" not in like.text:
            return Not(like) if negated else like
        if negated and like.target.keys:
            return self._among(self.writer.write(Known(like.target)), like, there=False)
        found = self._among(loosely(like), like)
        return Not(found) if negated else found

    def _among(self, expression: str, like: Like | None = None, *, there: bool = True) -> Among:
        """Return the ids of the rows that match; with a text, of those where it is really there, or is not."""
        rows = self.ask(expression, ["id", like.target.field] if like else ["id"])
        ids = tuple(str(row["id"]) for row in rows if like is None or _holds(row, like) is there)
        if len(ids) > MAX_SETTLED:
            raise FilterError(
                f"{len(ids):,} assets match a part of it, and where a text with _, % or \\ stands in a filter, "
                f"{self.writer.dialect.server} can go on with {MAX_SETTLED:,}; use startswith(), which has no such "
                "limit, or leave out conditions on lists and metadata",
                expression=self.writer.expression,
            )
        return Among(ids)


def _is_slow(condition: Condition) -> bool:
    return any(target.keys or target.field in LIST_FIELDS for target in targets(condition))


def _holds(row: Mapping[str, Any], like: Like) -> bool:
    value = row[like.target.field]
    for key in like.target.keys:
        value = value.get(encode_text(key)) if isinstance(value, Mapping) else None
    if not isinstance(value, str):
        return False
    text = decode_text(value)
    return text.endswith(like.text) if like.place == "end" else like.text in text
