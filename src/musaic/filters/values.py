"""Literals of a filter, and whether one fits the field it is compared with."""

import ast
import difflib
import math
from typing import get_args

from musaic.filters.conditions import TEXT_FIELDS, TIME_FIELDS, Operator, Target, Value
from musaic.filters.source import Source
from musaic.schemas import Kind

_INT64 = 1 << 63
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "none": None}
_KINDS: tuple[str, ...] = get_args(Kind)

Given = Value | None
"""A value, or None for "no value"."""


def is_literal(node: ast.expr) -> bool:
    """Tell whether a node is a value, not a field."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        node = node.operand
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id.lower() in _WORDS)


def read_literal(source: Source, node: ast.expr) -> Given:
    """Return the value of a node for which `is_literal` holds."""
    match node:
        case ast.Name(id=word) if word.lower() in _WORDS:
            return _WORDS[word.lower()]
        case ast.Constant(value=str() as text):
            return source.literal(text)
        case ast.Constant(value=(bool() | None) as value):
            return value
        case ast.Constant(value=(int() | float()) as number):
            return _finite(source, node, number)
        case ast.UnaryOp(op=op, operand=ast.Constant(value=(int() | float()) as number)) if not isinstance(
            number, bool
        ):
            return _finite(source, node, -number if isinstance(op, ast.USub) else number)
    raise source.refused(node, "here must be a text, a number, true or false")


def read_text(source: Source, node: ast.expr) -> str:
    """Return the value of a node that must be a text with something in it."""
    value = read_literal(source, node)
    if not isinstance(value, str) or not value:
        raise source.refused(node, "here must be a text that is not empty")
    return value


def fitting(source: Source, node: ast.expr, target: Target, operator: Operator, value: Value) -> Value:
    """Return a value as the field wants it, or refuse it."""
    if target.keys:
        if isinstance(value, bool) and operator not in ("==", "!="):
            raise source.refused(node, "true and false have no order; write == or !=")
        return value
    if target.field in TEXT_FIELDS:
        return _fitting_text(source, node, target, operator, value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        what = "a time" if target.field in TIME_FIELDS else "a whole number"
        raise source.refused(node, f"{target} is {what}, and {value!r} is not")
    return value


def _fitting_text(source: Source, node: ast.expr, target: Target, operator: Operator, value: Value) -> str:
    if not isinstance(value, str):
        raise source.refused(node, f'{target} is text; write {target} {operator} "{value}"')
    if target.field == "kind" and value not in _KINDS:
        near = difflib.get_close_matches(value, _KINDS, n=1)
        meant = f'kind {operator} "{near[0]}"' if near else f'metadata.kind {operator} "{value}"'
        raise source.refused(node, f"kind is one of {', '.join(_KINDS)}, not {value!r}", [meant])
    return value


def _finite(source: Source, node: ast.expr, number: float) -> int | float:
    # Servers read the digits before the sign, so the lowest int64 is out of their reach.
    if not math.isfinite(number) or (isinstance(number, int) and abs(number) >= _INT64):
        raise source.refused(node, "the number is too large")
    return number
