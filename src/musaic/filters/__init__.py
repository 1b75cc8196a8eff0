r"""What `--where` says: parsed, checked against the schema, and written as a Milvus expression.

The grammar is a small part of Python's::

    kind == "image" and width > 800 and mime in ["image/png", "image/webp"]
    800 <= width < 2000                     metadata.transparent == true      not mime == "image/gif"
    startswith(filename, "cape")            "cape" in filename        filename.endswith(".jpg")
    captured_at >= "2026-03-01"             metadata["any key"] > 3           metadata.recipe != None
    width > height                          "x" in tags (nothing sets tags yet)

- A bare day stands for the whole day in UTC: `captured_at == "2026-03-01"` is any time of it,
  `<=` includes it, `>` starts after it.
- An asset without a value (its `captured_at` unknown, no such metadata key) matches no comparison
  with it, `!=` included; `== None` finds those assets, `!= None` the others.
- A text means itself, `_`, `%` and `\` too, and letter case counts. An accented letter of a file name
  or folder is found whether it was stored as one character or as two (macOS).

This is the only package that quotes what a user wrote.
"""

from dataclasses import dataclass, field

from musaic.filters.conditions import FIELDS, UNKNOWN_TIME, Condition, Known, Target, targets
from musaic.filters.grammar import read_condition
from musaic.filters.settle import Ask, settle
from musaic.filters.text import decode_text, encode_text, quote
from musaic.filters.writer import Dialect, Writer

__all__ = [
    "FIELDS",
    "UNKNOWN_TIME",
    "Ask",
    "Condition",
    "Dialect",
    "Filter",
    "decode_text",
    "encode_text",
    "has_key",
    "parse",
    "quote",
]


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was checked. Made by `parse` and `has_key`.

    Attributes:
        expression: As the user wrote it.
        condition: What it means.
        fields: Names of the fields it asks about, `metadata` among them.
        metadata_keys: The first keys below `metadata` that it asks about, so that a caller can warn
            where no asset has them.
    """

    expression: str
    condition: Condition
    fields: frozenset[str] = field(init=False)
    metadata_keys: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        found = list(targets(self.condition))
        object.__setattr__(self, "fields", frozenset(target.field for target in found))
        object.__setattr__(
            self, "metadata_keys", frozenset(target.keys[0] for target in found if target.keys)
        )

    def to_milvus(self, dialect: Dialect, ask: Ask | None = None) -> str:
        """Return the expression for a Milvus.

        Args:
            dialect: What this Milvus understands.
            ask: Asks it for rows, where it must be asked beforehand; without it that is an error.

        Raises:
            FilterError: This Milvus cannot do what the filter asks; the message says what it can do.
        """
        writer = Writer(dialect, self.expression)
        return writer.write(settle(self.condition, writer, ask))


def parse(expression: str) -> Filter:
    """Return the filter that an expression means; the grammar is at the top of this module.

    Raises:
        FilterError: It cannot be understood, names an unknown field, or compares what cannot be
            compared; the message says where, and what may have been meant.

    Example:
        >>> parse('width > 800 and metadata.season == "winter"').to_milvus(Dialect())
        '(width > 800 and metadata["season"] == "winter")'
    """
    return Filter(expression, read_condition(expression))


def has_key(key: str) -> Filter:
    """Return the filter that finds the assets which have a metadata key."""
    return Filter(f"metadata[{key!r}] != None", Known(Target("metadata", (key,))))
