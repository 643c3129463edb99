"""The steps' expression trees in Spark's SQL, with DuckDB's meaning to the last digit.

A tree is rendered as it is, except for the few expressions below, each of which `columns` builds in
one place. With `decimalOperations.allowPrecisionLoss` off Spark gives decimals the types that
DuckDB gives them: a product keeps all decimals of both factors, and what no longer fits 38 digits
is an error in both.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import ErrorLevel, exp

from paceline.engine import columns as c
from paceline.engine.columns import WIDE_DECIMAL, col, typed

HALF = 20  # digits; the quotient of two numbers of 38 digits is found in two steps of at most 20


def render(expression: exp.Expr) -> str:
    """The SQL text. Raises sqlglot's UnsupportedError rather than leave something out."""
    tree = expression.copy()
    for node in reversed(list(tree.find_all(exp.IntDiv, exp.Anonymous))):  # the inner ones first
        if isinstance(node, exp.IntDiv):
            node.replace(_quotient(node.this, node.expression))
        elif node.name in _FUNCTIONS:
            node.replace(_FUNCTIONS[node.name](*node.expressions))
    for kind in list(tree.find_all(exp.DataType)):
        if kind.this is exp.DataType.Type.INT128:
            kind.replace(WIDE_DECIMAL.build().copy())
    return tree.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE)


def _quotient(first: exp.Expr, second: exp.Expr) -> exp.Expr:
    """Whole-number division, cut towards zero; a divisor of zero is an error, as in DuckDB.

    Spark's DIV is a BIGINT and its `/` keeps 20 digits before the point and 18 after. So the
    dividend is cut into its first 18 digits and its last 20, as one divides on paper, and only
    multiples of the divisor are ever divided, which is exact. A lambda names the operands, for each
    is read several times.
    """
    pair = c.call("named_struct", c.text("first"), first.copy(), c.text("second"), second.copy())
    whole, by = col("first", "pair"), col("second", "pair")
    unit = c.number(10**HALF, WIDE_DECIMAL)
    last = _modulo(whole, unit)
    tiny = exp.Literal.string(f"0.{'0' * (HALF - 1)}1")
    places = c.Kind(f"DECIMAL({HALF}, {HALF})", HALF)
    upper = c.times(c.minus(whole, last, WIDE_DECIMAL), typed(tiny, places), WIDE_DECIMAL)
    rest = _modulo(upper, by)
    lower = c.plus(c.times(rest, unit, WIDE_DECIMAL), last, WIDE_DECIMAL)
    high = _divide_multiple(c.minus(upper, rest, WIDE_DECIMAL), by)
    low = _divide_multiple(c.minus(lower, _modulo(lower, by), WIDE_DECIMAL), by)
    quotient = c.plus(c.times(high, unit, WIDE_DECIMAL), low, WIDE_DECIMAL)
    named = exp.Lambda(this=quotient, expressions=[exp.to_identifier("pair", quoted=True)])
    found = c.call("transform", c.call("array", pair), named)
    return c.call("element_at", found, c.whole(1))


def _modulo(first: exp.Expr, second: exp.Expr) -> exp.Cast:
    """The remainder, with the sign of the dividend."""
    return typed(exp.Mod(this=first.copy(), expression=second.copy()), WIDE_DECIMAL)


def _divide_multiple(first: exp.Expr, second: exp.Expr) -> exp.Cast:
    """The quotient of a multiple and its divisor."""
    division = exp.Div(this=first.copy(), expression=second.copy(), typed=True, safe=False)
    return typed(division, WIDE_DECIMAL)


def _cut(value: exp.Expr, digits: exp.Expr) -> exp.Expr:
    """Cut towards zero at so many decimals; Spark's TRUNC is for dates."""
    below = exp.LT(this=exp.Paren(this=value.copy()), expression=c.whole(0))
    upwards = c.call("CEIL", value.copy(), digits.copy())
    return c.when((below, upwards), otherwise=c.call("FLOOR", value, digits))


def _value_at_highest(value: exp.Expr, by: exp.Expr) -> exp.Expr:
    """The value where `by` is highest; rows without a value do not count, as in DuckDB."""
    there = exp.Not(this=exp.Is(this=value.copy(), expression=exp.null()))
    return c.call("MAX_BY", value.copy(), c.when((there, by), otherwise=exp.null()))


_FUNCTIONS: dict[str, Callable[..., exp.Expr]] = {
    "ROUND_EVEN": lambda value, digits: c.call("BROUND", value, digits),
    "TRUNC": _cut,
    "SUBTRACT": lambda day, first: c.call("DATEDIFF", day, first),
    "ARG_MAX": _value_at_highest,
}
