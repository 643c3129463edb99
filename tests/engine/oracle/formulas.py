"""Formulas over one row, with what 1.6 says of the digits of each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from paceline.engine.formula.tree import Formula, Name, Node, Value

from .numbers import WIDE, cut, factor, held, product, twelve

Scalar = Decimal | date | str | bool
Row = Mapping[str, Scalar | None]


def value_of(formula: Formula, row: Row) -> Any:
    """The formula's value; KeyError for a number that the row leaves empty."""
    return _value(formula.root, row)


def _value(node: Node, row: Row) -> Any:
    if isinstance(node, Value):
        return node.value
    if isinstance(node, Name):
        return _read(node, row)
    first, *others = node.arguments
    match node.operation:
        case "given":
            is_missing = isinstance(first, Name) and row.get(first.name) is None
            return _value(others[0] if is_missing else first, row)
        case "if":
            return _value(others[0] if _value(first, row) else others[1], row)
        case "divide":
            return _divided(node.arguments, row)
    return _OPERATIONS[node.operation](*(_value(part, row) for part in node.arguments))


def _read(node: Name, row: Row) -> Scalar:
    value = row.get(node.name)
    if value is None:
        if node.type == "text":
            return ""
        raise KeyError(node.name)
    return value


def _divided(parts: tuple[Node, ...], row: Row) -> Any:
    first, second = (_value(part, row) for part in parts[:2])
    if second == 0:
        return _value(parts[2], row)
    return cut(Fraction(factor(first)) / Fraction(factor(second)), 12)


_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "and": lambda *parts: all(parts),
    "or": lambda *parts: any(parts),
    "not": lambda part: not part,
    "in": lambda first, *rest: first in rest,
    "=": lambda first, second: first == second,
    "!=": lambda first, second: first != second,
    "<": lambda first, second: first < second,
    "<=": lambda first, second: first <= second,
    ">": lambda first, second: first > second,
    ">=": lambda first, second: first >= second,
    "+": lambda first, second: held(WIDE.add(first, second), 12),
    "-": lambda first, second: held(WIDE.subtract(first, second), 12),
    "*": lambda first, second: twelve(product(first, second, 24)),
    "negative": lambda part: -part,
    "min": min,
    "max": max,
    "abs": abs,
}
