"""A formula as a SQLGlot expression over the columns of one table.

Every number is DECIMAL(38, 12) from the leaves up and is brought back to that type after each
operation, so that the interpreter, which does the same with Decimal, gets the same value.
"""

from __future__ import annotations

from collections.abc import Callable
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


def compile_formula(
    node: Node, of: str | None = None, column: Callable[[str], exp.Expr] | None = None
) -> exp.Cast:
    """The expression; `of` names the table its columns come from, or `column` finds the expression
    of a name. NULL text reads as empty text.
    """
    find = column if column is not None else lambda name: col(name, of)
    kind = _KINDS[node.type]
    if isinstance(node, Value):
        return _literal(node, kind)
    if isinstance(node, Name):
        if node.type == "text":
            return columns.or_else(find(node.name), columns.text(""), TEXT)
        return typed(find(node.name), kind)
    if node.operation == "given" and isinstance(node.arguments[0], Name):
        first = typed(find(node.arguments[0].name), kind)
        return columns.or_else(first, compile_formula(node.arguments[1], of, column), kind)
    parts = [compile_formula(part, of, column) for part in node.arguments]
    return typed(_operate(node.operation, parts), kind)


def _literal(node: Value, kind: Kind) -> exp.Cast:
    if isinstance(node.value, bool):
        return typed(exp.Boolean(this=node.value), kind)
    if isinstance(node.value, Decimal):
        return number(node.value, kind)
    return typed(columns.text(str(node.value)), kind)


_BINARY: dict[str, type[exp.Binary]] = {**_COMPARE, "+": exp.Add, "-": exp.Sub, "*": exp.Mul}
_FUNCTIONS = {"min": "LEAST", "max": "GREATEST", "abs": "ABS"}


def _operate(operation: str, parts: list[exp.Cast]) -> exp.Expr:
    """One operation over compiled parts. Each part is a cast, so no brackets are needed.

    A product has 24 decimals, exact; the cast around it brings it back to 12, half away from zero.
    DuckDB multiplies up to 38 digits in all, which leaves 14 before the point.
    """
    if operation in _BINARY:
        return _BINARY[operation](this=parts[0], expression=parts[1])
    if operation in _FUNCTIONS:
        return columns.call(_FUNCTIONS[operation], *parts)
    makers: dict[str, Callable[..., exp.Expr]] = {
        "and": columns.both,
        "or": columns.either,
        "not": lambda part: exp.Not(this=part),
        "negative": lambda part: exp.Neg(this=part),
        "in": lambda first, *rest: exp.In(this=first, expressions=list(rest)),
        "if": lambda test, first, second: columns.when((test, first), otherwise=second),
        "given": lambda first, _: first,
        "divide": _divide,
    }
    return makers[operation](*parts)


def _divide(first: exp.Expr, second: exp.Expr, otherwise: exp.Expr) -> exp.Expr:
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
    return columns.when(
        (exp.EQ(this=second, expression=number(0, EXACT)), otherwise), otherwise=scaled
    )
