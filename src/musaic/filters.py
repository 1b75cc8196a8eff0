"""What `--where` says: parsed, checked against the schema, and written as a Milvus expression.

The grammar is a small part of Python's::

    kind == "image" and width > 800 and metadata.season in ["winter", "autumn"]
    800 <= width < 2000                     "sale" in tags            not (mime == "image/gif")
    startswith(filename, "cape")            "cape" in filename        filename.endswith("_01.jpg")
    captured_at >= "2026-03-01"             metadata["any key"] > 3   metadata.season != None

- A bare day stands for the whole day in UTC: `captured_at == "2026-03-01"` is any time of it,
  `<=` includes it, `>` starts after it.
- An asset that does not have a value (an unknown `captured_at`, no such metadata key) matches no
  comparison with it, `!=` included; `== None` finds those assets, `!= None` the others.
- Where text is looked for inside a string or at its end, each `_`, `%` and `\\` of the text matches
  any one character; `startswith` and `==` are exact.

This is the only module that quotes what a user wrote.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from musaic.errors import FilterError

UNKNOWN_TIME = -(1 << 62)
"""What a row holds for a time that is not known: servers before 2.5 have no null."""

TEXT_FIELDS = ("id", "asset_id", "kind", "filename", "folder", "mime")
NUMBER_FIELDS = ("size_bytes", "width", "height")
TIME_FIELDS = ("captured_at", "modified_at", "ingested_at")
LIST_FIELDS = ("paths", "tags")
FIELDS = (*TEXT_FIELDS, *NUMBER_FIELDS, *TIME_FIELDS, *LIST_FIELDS, "metadata")

Operator = Literal["==", "!=", "<", "<=", ">", ">="]
Value = str | int | float | bool

_ESCAPE = "\x1a"  # "substitute", which control characters call what stands for an invalid one
_UNSAFE = re.compile("[\ud800-\udfff\x1a]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")
_LITERAL = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_WILD = re.compile(r"[%_\\]")
_PLAIN_KEY = re.compile(r"""[^"'\[\]\\\n\r\t]+""")
_OPPOSITE: dict[Operator, Operator] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def encode_text(text: str) -> str:
    r"""Return text as it is stored: lone surrogates written as `\x1a` and four hex digits.

    Paths that are not valid UTF-8 hold lone surrogates (see `os.fsdecode`), which Milvus refuses.
    `decode_text` gives back exactly what went in.

    Example:
        >>> encode_text("caf\udce9")
        'caf\x1adce9'
    """
    return _UNSAFE.sub(lambda found: f"{_ESCAPE}{ord(found[0]):04x}", text)


def decode_text(text: str) -> str:
    """Return the text that `encode_text` was given."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def quote(text: str) -> str:
    """Return text as a string literal of a Milvus expression, which means that text and nothing else."""
    return f'"{encode_text(text).translate(_LITERAL)}"'


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between the Milvus that an expression is written for."""

    server: str = "milvus"
    like_infix: bool = True
    any_key: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """What a condition is about: a field, or a path into the metadata.

    Attributes:
        field: A name of `FIELDS`.
        keys: The way into `metadata`; empty for the other fields.
    """

    field: str
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "".join([self.field, *(f".{key}" if key.isidentifier() else f"[{key!r}]" for key in self.keys)])


@dataclass(frozen=True, slots=True)
class Compare:
    """`target operator value`; a value may be another field."""

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
    """A string starts or ends with a text, or holds it."""

    target: Target
    text: str
    where: Literal["start", "end", "inside"]


@dataclass(frozen=True, slots=True)
class Known:
    """There is a value at all."""

    target: Target


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Both:
    """All (`and`) or any (`or`) of the parts."""

    word: Literal["and", "or"]
    parts: tuple["Condition", ...]


Condition = Compare | Contains | Like | Known | Not | Both


@dataclass(frozen=True, slots=True)
class Filter:
    """A checked filter.

    Attributes:
        expression: As the user wrote it.
        condition: What it means.
        fields: Names of the fields it asks about, `metadata` among them.
        metadata_keys: First keys below `metadata` that it asks about, so that a caller can warn when
            no asset has them.
    """

    expression: str
    condition: Condition
    fields: frozenset[str] = field(default=frozenset())
    metadata_keys: frozenset[str] = field(default=frozenset())

    def to_milvus(self, dialect: Dialect) -> str:
        """Return the expression for a Milvus.

        Raises:
            FilterError: This Milvus cannot do what the filter asks; the message says what can be done.
        """
        return _Writer(dialect, self.expression).write(self.condition, negated=False)


def parse(expression: str) -> Filter:
    """Return the filter that an expression means; see the top of this module for the grammar.

    Raises:
        FilterError: It cannot be understood, names an unknown field, or compares what cannot be
            compared; the message says where, and what may have been meant.

    Example:
        >>> parse('width > 800 and metadata.season == "winter"').to_milvus(Dialect())
        '(width > 800 and metadata["season"] == "winter")'
    """
    from musaic.where import read_condition  # its grammar is needed by --where alone

    return _filter(expression, read_condition(expression))


def has_key(key: str) -> Filter:
    """Return the filter that finds assets which have a metadata key."""
    return _filter(f"metadata[{key!r}] != None", Known(Target("metadata", (key,))))


def _filter(expression: str, condition: Condition) -> Filter:
    targets = list(_targets(condition))
    return Filter(
        expression=expression,
        condition=condition,
        fields=frozenset(target.field for target in targets),
        metadata_keys=frozenset(target.keys[0] for target in targets if target.keys),
    )


def _targets(condition: Condition) -> Iterable[Target]:
    match condition:
        case Both(parts=parts):
            for part in parts:
                yield from _targets(part)
        case Not(part=part):
            yield from _targets(part)
        case Compare(target=target, value=Target() as other):
            yield from (target, other)
        case _:
            yield condition.target
