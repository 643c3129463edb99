"""The types of formulas: which operation takes what, and what comes out."""

from __future__ import annotations

from decimal import Decimal

from paceline.engine.errors import FormulaInvalid
from paceline.engine.formula.tree import Call, Node, Type, Value, currencies_in

FUNCTIONS: dict[str, int] = {"min": 2, "max": 2, "abs": 1, "if": 3, "divide": 3, "given": 2}
_NUMERIC = {"money", "quantity", "percent"}
_ORDERED = _NUMERIC | {"date"}
_PRODUCTS: dict[tuple[str, str], Type] = {
    ("money", "quantity"): "money",
    ("money", "percent"): "money",
    ("quantity", "money"): "money",
    ("percent", "money"): "money",
    ("quantity", "quantity"): "quantity",
    ("quantity", "percent"): "quantity",
    ("percent", "quantity"): "quantity",
    ("percent", "percent"): "percent",
}
QUOTIENTS: dict[tuple[str, str], Type] = {
    ("money", "money"): "percent",
    ("money", "quantity"): "money",
    ("money", "percent"): "money",
    ("quantity", "quantity"): "quantity",
    ("quantity", "percent"): "quantity",
    ("percent", "quantity"): "percent",
    ("percent", "percent"): "percent",
}


def check_call(operation: str, arguments: tuple[Node, ...]) -> Call:
    """The typed node of an operation; FormulaInvalid when the types do not fit."""
    if operation in FUNCTIONS and len(arguments) != FUNCTIONS[operation]:
        raise FormulaInvalid(
            "arguments_miscounted",
            f"{operation} takes {FUNCTIONS[operation]} values, not {len(arguments)}",
            function=operation,
            expected=FUNCTIONS[operation],
            given=len(arguments),
        )
    if operation not in {"*", "divide", "if"}:
        arguments = _fit_zero(arguments)
    currencies = set().union(*(currencies_in(argument) for argument in arguments))
    if len(currencies) > 1:
        raise FormulaInvalid(
            "currencies_mixed",
            f"one formula cannot mix {' and '.join(sorted(currencies))}",
            currencies=", ".join(sorted(currencies)),
        )
    result = _result_type(operation, arguments)
    if result is None:
        given = ", ".join(argument.type for argument in arguments)
        raise FormulaInvalid(
            "types_do_not_fit",
            f"{operation} cannot be used on {given}",
            operation=operation,
            types=given,
        )
    if operation == "if":
        arguments = (arguments[0], *_fit_zero(arguments[1:]))
    if operation == "divide":
        arguments = (*arguments[:2], _zero_as(arguments[2], result))
    return Call(result, operation, arguments)


def _result_type(  # noqa: PLR0911 -- one return a kind of operation
    operation: str, arguments: tuple[Node, ...]
) -> Type | None:
    kinds = [argument.type for argument in arguments]
    first = kinds[0]
    alike = len(set(kinds)) == 1
    match operation:
        case "and" | "or" | "not":
            return "boolean" if set(kinds) == {"boolean"} else None
        case "=" | "!=" | "in":
            return "boolean" if alike else None
        case "<" | "<=" | ">" | ">=":
            return "boolean" if alike and first in _ORDERED else None
        case "+" | "-" | "min" | "max" | "negative" | "abs":
            return first if alike and first in _NUMERIC else None
        case "given":
            return first if alike else None
        case "*":
            return _PRODUCTS.get((kinds[0], kinds[1]))
        case "if":
            branches = _fit_zero(arguments[1:])
            return (
                branches[0].type
                if first == "boolean" and branches[0].type == branches[1].type
                else None
            )
        case "divide":
            result = QUOTIENTS.get((kinds[0], kinds[1]))
            fits = result is not None and _zero_as(arguments[2], result).type == result
            return result if fits else None
    return None


def _is_zero(node: Node) -> bool:
    return isinstance(node, Value) and node.type == "quantity" and node.value == Decimal(0)


def _zero_as(node: Node, kind: Type) -> Node:
    return Value(kind, Decimal(0)) if _is_zero(node) and kind in _NUMERIC else node


def _fit_zero(arguments: tuple[Node, ...]) -> tuple[Node, ...]:
    """A bare 0 beside money or a percentage is zero of that kind."""
    kinds = {argument.type for argument in arguments if not _is_zero(argument)}
    if len(kinds) != 1:
        return arguments
    kind = kinds.pop()
    return tuple(_zero_as(argument, kind) for argument in arguments)


def depth_of(root: Node) -> int:
    """Levels of nesting; a chain of one operation (a + b + c) counts as one level."""
    deepest = 0
    places = [(root, 1, "")]
    while places:
        node, depth, above = places.pop()
        deepest = max(deepest, depth)
        if isinstance(node, Call):
            for position, argument in enumerate(node.arguments):
                chained = (
                    position == 0
                    and isinstance(argument, Call)
                    and node.operation in "+-*"
                    and argument.operation in "+-*"
                )
                places.append((argument, depth if chained else depth + 1, above))
    return deepest
