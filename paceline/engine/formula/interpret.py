"""The same formula over one row of Python values: what the row-by-row calculator and the tests
use.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from paceline.engine.formula.tree import Name, Node, Value
from paceline.engine.money import EXACT

Scalar = Decimal | date | str | bool
_UNIT = Decimal("0.000000000001")


def interpret(node: Node, row: Mapping[str, Scalar | None]) -> Scalar:
    """The formula's value for one row. Raises KeyError for a number that the row leaves empty."""
    if isinstance(node, Value):
        return node.value
    if isinstance(node, Name):
        return _read(node, row)
    if node.operation == "given" and isinstance(node.arguments[0], Name):
        name = node.arguments[0]
        return interpret(node.arguments[1], row) if row.get(name.name) is None else _read(name, row)
    if node.operation == "if":
        return interpret(node.arguments[1 if interpret(node.arguments[0], row) else 2], row)
    return _operate(node.operation, [interpret(part, row) for part in node.arguments])


def _read(node: Name, row: Mapping[str, Scalar | None]) -> Scalar:
    value = row.get(node.name)
    if value is None:
        if node.type == "text":
            return ""
        raise KeyError(node.name)
    return value


def _operate(operation: str, parts: list[Any]) -> Scalar:  # noqa: C901, PLR0911, PLR0912 -- one case a sign
    match operation:
        case "and":
            return all(parts)
        case "or":
            return any(parts)
        case "not":
            return not parts[0]
        case "in":
            return parts[0] in parts[1:]
        case "=":
            return bool(parts[0] == parts[1])
        case "!=":
            return bool(parts[0] != parts[1])
        case "<":
            return bool(parts[0] < parts[1])
        case "<=":
            return bool(parts[0] <= parts[1])
        case ">":
            return bool(parts[0] > parts[1])
        case ">=":
            return bool(parts[0] >= parts[1])
        case "+":
            return EXACT.add(parts[0], parts[1])
        case "-":
            return EXACT.subtract(parts[0], parts[1])
        case "*":
            return EXACT.multiply(parts[0], parts[1]).quantize(_UNIT, ROUND_HALF_UP, EXACT)
        case "negative":
            return EXACT.minus(parts[0])
        case "min":
            return min(parts)  # type: ignore[no-any-return]
        case "max":
            return max(parts)  # type: ignore[no-any-return]
        case "abs":
            return abs(parts[0])  # type: ignore[no-any-return]
        case "given":
            return parts[0]  # type: ignore[no-any-return]
    return _divide(*parts)


def _divide(first: Decimal, second: Decimal, otherwise: Decimal) -> Decimal:
    if second == 0:
        return otherwise
    scaled = EXACT.multiply(first, Decimal(10) ** 24).to_integral_value()
    divisor = EXACT.multiply(second, Decimal(10) ** 12).to_integral_value()
    quotient = abs(int(scaled)) // abs(int(divisor))
    return Decimal(quotient if (first < 0) == (second < 0) else -quotient).scaleb(-12, EXACT)
