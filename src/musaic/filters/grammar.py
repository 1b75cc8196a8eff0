"""From the tree of an expression to a condition: only what a filter may say gets through."""

import ast
import difflib

from musaic.filters.conditions import (
    FIELDS,
    LIST_FIELDS,
    NUMBER_FIELDS,
    TEXT_FIELDS,
    TIME_FIELDS,
    Compare,
    Condition,
    Contains,
    Known,
    Like,
    Not,
    Operator,
    Place,
    Several,
    Target,
)
from musaic.filters.source import Source
from musaic.filters.spelling import in_any_spelling
from musaic.filters.times import compare_time
from musaic.filters.values import Given, fitting, is_literal, read_literal, read_text

MAX_DEPTH = 40

_OPERATORS: dict[type[ast.cmpop], Operator] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "==",
    ast.IsNot: "!=",
}
_FLIPPED: dict[Operator, Operator] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_PLACES: dict[str, Place] = {"startswith": "start", "endswith": "end", "contains": "inside"}


def read_condition(expression: str) -> Condition:
    """Return what an expression means.

    Raises:
        FilterError: It is no filter; the message says why and where.
    """
    source = Source(expression)
    return _Reader(source).condition(source.tree(), depth=0)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source

    def condition(self, node: ast.expr, *, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise self.source.failure(f"it is nested more than {MAX_DEPTH} deep")
        match node:
            case ast.BoolOp(op=op, values=values):
                parts = tuple(self.condition(value, depth=depth + 1) for value in values)
                return Several("and" if isinstance(op, ast.And) else "or", parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.condition(operand, depth=depth + 1))
            case ast.Compare(left=left, ops=operators, comparators=rights):
                return self._chain([left, *rights], operators)
            case ast.Call():
                return self._call(node)
            case ast.Name() | ast.Attribute() | ast.Subscript() if not is_literal(node):
                raise self.source.refused(node, f"compare it with something, like {self._target(node)} == …")
        raise self.source.refused(node, "here must be a comparison, like width > 800")

    def _chain(self, sides: list[ast.expr], operators: list[ast.cmpop]) -> Condition:
        steps = zip(sides, operators, sides[1:], strict=False)
        parts = tuple(self._comparison(*step) for step in steps)
        return parts[0] if len(parts) == 1 else Several("and", parts)

    def _comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Condition:
        if isinstance(operator, ast.In | ast.NotIn):
            inside = self._membership(left, right)
            return Not(inside) if isinstance(operator, ast.NotIn) else inside
        sign = _OPERATORS[type(operator)]
        if is_literal(left):
            if is_literal(right):
                raise self.source.refused(left, "one side of a comparison must be a field")
            left, right, sign = right, left, _FLIPPED[sign]
        target = self._target(left)
        if not is_literal(right):
            return self._fields(target, sign, right)
        return self._compare(target, sign, read_literal(self.source, right), right)

    def _compare(self, target: Target, sign: Operator, value: Given, node: ast.expr) -> Condition:
        if target.field in LIST_FIELDS:
            raise self.source.refused(node, f'{target} is a list; write "…" in {target}')
        if value is None:
            return self._known(target, sign, node)
        if target.field in TIME_FIELDS and isinstance(value, str):
            try:
                return compare_time(target, sign, value)
            except (ValueError, OverflowError) as exc:
                raise self.source.refused(
                    node, f'{value!r} is no time; times look like "2026-03-01" or "2026-03-01T10:00"'
                ) from exc
        fit = fitting(self.source, node, target, sign, value)
        if isinstance(fit, str) and sign in ("==", "!="):
            same = in_any_spelling(target, fit, lambda text: Compare(target, "==", text))
            return same if sign == "==" else Not(same)
        return Compare(target, sign, fit)

    def _known(self, target: Target, sign: Operator, node: ast.expr) -> Condition:
        if sign not in ("==", "!="):
            raise self.source.refused(node, "None has no order; write == None or != None")
        if not target.keys and target.field != "captured_at":
            raise self.source.refused(node, f"every asset has {target}")
        return Known(target) if sign == "!=" else Not(Known(target))

    def _fields(self, target: Target, sign: Operator, right: ast.expr) -> Condition:
        other = self._target(right)
        for fields in (NUMBER_FIELDS, TIME_FIELDS):
            if target.field in fields and other.field in fields:
                return Compare(target, sign, other)
        raise self.source.refused(
            right, f"{target} and {other} cannot be compared; two sizes can, and two times"
        )

    def _membership(self, left: ast.expr, right: ast.expr) -> Condition:
        if isinstance(right, ast.List | ast.Tuple | ast.Set):
            return self._one_of(self._target(left), right)
        if is_literal(right) or not is_literal(left):
            raise self.source.refused(right, 'after in there must be a list, like ["winter", "autumn"]')
        target = self._target(right)
        if target.field in TEXT_FIELDS:
            return _within(target, read_text(self.source, left), "inside")
        if target.field in LIST_FIELDS:
            return _holds(target, read_text(self.source, left))
        value = read_literal(self.source, left)
        if not target.keys or value is None:
            raise self.source.refused(right, f"{target} is no list; write {target} == …")
        return Contains(target, value)

    def _one_of(self, target: Target, node: ast.List | ast.Tuple | ast.Set) -> Condition:
        if not node.elts:
            raise self.source.refused(node, "the list is empty, so nothing would match")
        values = [(read_literal(self.source, element), element) for element in node.elts]
        parts = tuple(self._compare(target, "==", value, element) for value, element in values)
        return parts[0] if len(parts) == 1 else Several("or", parts)

    def _call(self, node: ast.Call) -> Condition:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[about, text], keywords=[]):
                pass
            case ast.Call(func=ast.Attribute(attr=name, value=about), args=[text], keywords=[]):
                pass
            case _:
                raise self.source.refused(node, 'a function is called like startswith(filename, "cape")')
        if name not in _PLACES:
            near = difflib.get_close_matches(name, _PLACES)
            raise self.source.refused(node, f"there is no function {name}", near or tuple(_PLACES))
        target, wanted = self._target(about), read_text(self.source, text)
        if target.field in LIST_FIELDS and name == "contains":
            return _holds(target, wanted)
        if target.field not in (*TEXT_FIELDS, "metadata"):
            raise self.source.refused(about, f"{name}() looks into text, and {target} is none")
        return _within(target, wanted, _PLACES[name])

    def _target(self, node: ast.expr) -> Target:
        whole, keys = node, list[str]()
        while isinstance(node, ast.Attribute | ast.Subscript):
            keys.insert(0, node.attr if isinstance(node, ast.Attribute) else self._key(node.slice))
            node = node.value
        if not isinstance(node, ast.Name) or is_literal(node):
            raise self.source.refused(whole, "here must be a field")
        target = Target(node.id, tuple(keys))
        if target.field not in FIELDS:
            near = difflib.get_close_matches(target.field.lower(), FIELDS, n=2)
            meant = Target("metadata", (target.field, *target.keys))
            raise self.source.refused(whole, f"there is no field {target.field}", [*near, str(meant)])
        if (target.field == "metadata") != bool(keys):
            wrong = (
                f"{target.field} has nothing below it"
                if keys
                else "metadata needs a key, like metadata.season"
            )
            raise self.source.refused(whole, wrong)
        return target

    def _key(self, node: ast.expr) -> str:
        if not is_literal(node):
            raise self.source.refused(node, 'a key is a text, like metadata["season"]')
        return read_text(self.source, node)


def _within(target: Target, text: str, place: Place) -> Condition:
    return in_any_spelling(target, text, lambda spelled: Like(target, spelled, place))


def _holds(target: Target, text: str) -> Condition:
    return in_any_spelling(target, text, lambda spelled: Contains(target, spelled))
