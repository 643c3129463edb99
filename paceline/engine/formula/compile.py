"""A formula as a SQLGlot expression over the columns of one table.

Every number is DECIMAL(38, 12) from the leaves up and is brought back to that type after each
operation, so that the interpreter, which does the same with Decimal, gets the same value.
"""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from paceline.engine import columns
from paceline.engine.columns import BOOLEAN, DATE, EXACT, TEXT, Kind, col, number, typed
from paceline.engine.formula.tree import Name, Node, Type, Value

_KINDS: dict[Type, Kind] = {
    "money": EXACT,
    "quantity": EXACT,
    "percent": EXACT,
    "date": DATE,
    "text": TEXT,
    "boolean": BOOLEAN,
}
_COMPARE: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


def compile_formula(node: Node, of: str | None = None) -> exp.Cast:
    """The expression; `of` names the table its columns come from. NULL text reads as empty text."""
    kind = _KINDS[node.type]
    if isinstance(node, Value):
        return _literal(node, kind)
    if isinstance(node, Name):
        column = col(node.name, of)
        if node.type == "text":
            return columns.or_else(column, columns.text(""), TEXT)
        return typed(column, kind)
    if node.operation == "given" and isinstance(node.arguments[0], Name):
        first = typed(col(node.arguments[0].name, of), kind)
        return columns.or_else(first, compile_formula(node.arguments[1], of), kind)
    return typed(_operate(node.operation, [compile_formula(part, of) for part in node.arguments]), kind)


def _literal(node: Value, kind: Kind) -> exp.Cast:
    if isinstance(node.value, bool):
        return typed(exp.Boolean(this=node.value), kind)
    if isinstance(node.value, Decimal):
        return number(node.value, kind)
    return typed(columns.text(str(node.value)), kind)


def _operate(operation: str, parts: list[exp.Cast]) -> exp.Expression:
    if operation in _COMPARE:
        return _COMPARE[operation](this=parts[0], expression=parts[1])
    match operation:
        case "and":
            return exp.and_(*parts)
        case "or":
            return exp.or_(*parts)
        case "not":
            return exp.Not(this=parts[0])
        case "in":
            return exp.In(this=parts[0], expressions=list(parts[1:]))
        case "+":
            return exp.Add(this=parts[0], expression=parts[1])
        case "-":
            return exp.Sub(this=parts[0], expression=parts[1])
        case "*":
            return _multiply(parts[0], parts[1])
        case "negative":
            return exp.Neg(this=parts[0])
        case "min":
            return columns.call("LEAST", *parts)
        case "max":
            return columns.call("GREATEST", *parts)
        case "abs":
            return exp.Abs(this=parts[0])
        case "if":
            return columns.when((parts[0], parts[1]), otherwise=parts[2])
        case "given":
            return parts[0]
    return _divide(*parts)


def _multiply(first: exp.Expression, second: exp.Expression) -> exp.Expression:
    """24 decimals are exact; the cast back to 12 rounds half away from zero.

    DuckDB multiplies two decimals only up to 38 digits in all, which leaves 14 before the point.
    """
    return exp.Mul(this=first, expression=second)


def _divide(first: exp.Expression, second: exp.Expression, otherwise: exp.Expression) -> exp.Expression:
    """Cut towards zero at 12 decimals, by whole numbers: `/` would turn decimals into DOUBLE."""
    wide = columns.typed(
        exp.Mul(
            this=columns.unscaled(first, EXACT),
            expression=typed(columns.whole(10**12), columns.WIDE),
        ),
        columns.WIDE,
    )
    quotient = columns.integer_quotient(wide, columns.unscaled(second.copy(), EXACT))
    scaled = columns.rescaled(quotient, EXACT)
    return columns.when((exp.EQ(this=second, expression=number(0, EXACT)), otherwise), otherwise=scaled)
