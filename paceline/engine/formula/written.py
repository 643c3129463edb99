"""A formula, or a part of one, written as a person would write it; and why one does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from paceline.engine.formula.interpret import Scalar, interpret
from paceline.engine.formula.tree import Call, Node, Value

_LOOSENESS = {"or": 1, "and": 2, "not": 3, "in": 4, "+": 5, "-": 5, "*": 6, "negative": 7}
_LOOSENESS |= dict.fromkeys(("=", "!=", "<", "<=", ">", ">="), 4)
_TIGHTEST = 8


def written(node: Node) -> str:
    """The formula's text, with brackets only where they matter."""
    if isinstance(node, Value):
        return _literal(node)
    if not isinstance(node, Call):
        return node.name
    operation, parts = node.operation, node.arguments
    own = _LOOSENESS.get(operation)
    if own is None:
        return f"{operation}({', '.join(written(part) for part in parts)})"
    return _operation(operation, own, [_inside(part, own) for part in parts], parts)


def _operation(operation: str, own: int, texts: list[str], parts: tuple[Node, ...]) -> str:
    if operation in {"and", "or"}:
        return f" {operation} ".join(texts)
    if operation in {"not", "negative"}:
        return f"{'not ' if operation == 'not' else '-'}{texts[0]}"
    if operation == "in":
        listed = ", ".join(written(part) for part in parts[1:])
        return f"{_inside(parts[0], own + 1)} in ({listed})"
    return f"{texts[0]} {operation} {_inside(parts[1], own + 1)}"


def _inside(node: Node, least: int) -> str:
    text = written(node)
    loose = _LOOSENESS.get(node.operation, _TIGHTEST) if isinstance(node, Call) else _TIGHTEST
    return text if loose >= least else f"({text})"


def _literal(node: Value) -> str:
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    if isinstance(node.value, str):
        return f'"{node.value}"'
    if not isinstance(node.value, Decimal):
        return node.value.isoformat()
    if node.type == "percent":
        return f"{_digits(node.value.scaleb(2))}%"
    return f"{_digits(node.value)}{f' {node.currency}' if node.currency else ''}"


def _digits(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def failing(node: Node, row: Mapping[str, Scalar | None]) -> list[Node]:
    """The smallest parts of a condition that keep it from holding for a row.

    Of parts joined by `and` those that do not hold, of parts joined by `or` all of them. Empty when
    the condition holds. Raises KeyError for a number that the row leaves empty.
    """
    if interpret(node, row):
        return []
    if isinstance(node, Call) and node.operation in {"and", "or"}:
        return [found for part in node.arguments for found in failing(part, row)]
    return [node]
