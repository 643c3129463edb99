"""Order lines: what came in, what lies in the period, and the groups that everything is summed
from.

This is the only step that reads every line, and it reads each once: it sums the narrow amounts by
payee, currency, stretch of the period and matching rules. Multiplying by shares, exchange rates and
tier rates comes later, on these sums; the sums are exact, so the order of the two does not matter.
"""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import (
    BOOLEAN,
    COUNT,
    DATE,
    EXACT,
    PLACE,
    SHARE,
    TEXT,
    col,
    select,
    table,
    typed,
)
from paceline.engine.formula.compile import compile_formula
from paceline.engine.formula.tree import Name, names_in
from paceline.engine.shape import Shape

CALENDAR = table("calendar", "day", {"day": DATE, "slot": PLACE})
SLOTS = table("slots", "slot", {"slot": PLACE, "starts_on": DATE})
GROUP_KEYS = ("payee_id", "currency", "slot", "rate_on", "is_overlay", "bits", "line_id")


def groups_contract(shape: Shape) -> c.Table:
    """Sums by payee and whatever decides who is credited and at which rate.

    `bits` says which direct rules took the lines; `slot` numbers the stretches of the period in
    which nobody's assignment, employment or reporting line changes; `line_id` is empty unless each
    line stands alone.
    """
    kinds = {
        "payee_id": TEXT,
        "currency": TEXT,
        "slot": PLACE,
        "rate_on": DATE,
        "is_overlay": BOOLEAN,
        "bits": COUNT,
        "line_id": TEXT,
        "lines": COUNT,
    }
    kinds |= dict.fromkeys(shape.value_names, EXACT)
    return table("line_groups", " ".join(GROUP_KEYS), kinds, nullable="payee_id line_id")


def line_groups(shape: Shape, *, with_splits: bool) -> exp.Query:
    """One SELECT over the lines; with split lines a second one over those alone."""
    unsplit = _group(shape, shared=False)
    if not with_splits:
        return unsplit
    c.join(unsplit, "base_splits", "s", c.same(["line_id"], "l", "s"), kind="anti")
    shared = _group(shape, shared=True)
    contract = groups_contract(shape)
    both = c.union_all([unsplit, shared]).subquery("g", copy=False)
    keys = {key: col(key) for key in GROUP_KEYS}
    sums = {name: c.total(col(name), EXACT) for name in shape.value_names}
    lines = {"lines": typed(exp.Sum(this=col("lines")), COUNT)}
    return (
        c.conform(contract, {**keys, **lines, **sums})
        .from_(both, copy=False)
        .group_by(*(col(key) for key in GROUP_KEYS), copy=False)
    )


def _group(shape: Shape, *, shared: bool) -> exp.Select:
    payee = col("payee_id", "s" if shared else "l")
    keys: dict[str, exp.Expr] = {
        "payee_id": payee,
        "currency": col("currency", "l"),
        "slot": col("slot", "k"),
        "rate_on": rate_day(shape),
        "is_overlay": col("is_overlay", "s") if shared else exp.false(),
        "bits": rule_bits(shape, "l"),
        "line_id": col("line_id", "l") if shape.by_line else c.null(TEXT),
    }
    share = col("share", "s") if shared else None
    sums = {
        name: c.total(value if share is None else share_of(value, share), EXACT)
        for name, value in zip(shape.value_names, line_values(shape, "l"), strict=True)
    }
    query = c.conform(groups_contract(shape), {**keys, "lines": c.count_rows(), **sums}).from_(
        c.source("in_order_lines", "l"), copy=False
    )
    c.join(query, "calendar", "k", exp.EQ(this=col("day", "k"), expression=col("ordered_on", "l")))
    query.where(c.within(col("ordered_on", "l"), c.period_starts(), c.period_ends()), copy=False)
    if shared:
        c.join(query, "in_credit_splits", "s", c.same(["line_id"], "l", "s"))
    grouped = [key.copy() for key in keys.values() if key.find(exp.Column) is not None]
    return query.group_by(*grouped, copy=False)


def line_values(shape: Shape, of: str) -> list[exp.Expr]:
    """The values of one line that are summed: its amount as stored, then each formula's value."""
    return [col("amount", of), *(compile_formula(value.root, of) for value in shape.values)]


def share_of(value: exp.Expr, share: exp.Expr) -> exp.Expr:
    """A share of a line's value: exact for stored amounts, else rounded at 12 decimals."""
    return typed(c.times(typed(value, EXACT), typed(share, SHARE), c.PRODUCT), EXACT)


def rule_bits(shape: Shape, of: str) -> exp.Expr:
    """A whole number with one bit for each direct rule whose condition the line meets."""
    result: exp.Expr = typed(c.whole(0), COUNT)
    for place, rule in enumerate(shape.rules):
        bit = typed(c.whole(1 << place), COUNT)
        if rule.when is not None:
            bit = typed(
                c.when(
                    (compile_formula(rule.when.root, of), bit), otherwise=typed(c.whole(0), COUNT)
                ),
                COUNT,
            )
        result = bit if place == 0 else c.plus(result, bit, COUNT)
    return result


def rate_day(shape: Shape) -> exp.Expr:
    """The day whose exchange rate a line takes; a line in plan currency needs none and has one
    day.
    """
    first = c.period_starts()
    if shape.plan.policies.exchange_date == "period-end":
        return first
    own = exp.EQ(this=col("currency", "l"), expression=c.plan_currency())
    return typed(c.when((own, first), otherwise=col("ordered_on", "l")), DATE)


def base_splits() -> exp.Select:
    """The lines whose split rows replace their own payee; overlays alone do not."""
    query = select({"line_id": col("line_id")}, distinct=True).from_(
        c.source("in_credit_splits"), copy=False
    )
    return query.where(exp.Not(this=col("is_overlay")), copy=False)


def census() -> exp.Select:
    """Every line that came in, by currency, inside and outside the period: what must be
    accounted for.
    """
    inside = typed(c.within(col("ordered_on"), c.period_starts(), c.period_ends()), BOOLEAN)
    columns: dict[str, exp.Expr] = {
        "currency": col("currency"),
        "inside": inside,
        "lines": c.count_rows(),
        "amount": c.total(col("amount"), EXACT),
    }
    return (
        select(columns)
        .from_(c.source("in_order_lines"), copy=False)
        .group_by(col("currency"), inside.copy(), copy=False)
    )


def columns_read(shape: Shape) -> set[str]:
    """The line columns that the plan's formulas read."""
    formulas = [*shape.values, *(rule.when for rule in shape.rules if rule.when is not None)]
    read = set().union(*(names_in(formula.root) for formula in formulas)) if formulas else set()
    return read | set(shape.plan.policies.accumulation_order)


__all__ = [
    "CALENDAR",
    "SLOTS",
    "Name",
    "census",
    "columns_read",
    "groups_contract",
    "line_groups",
    "select",
]
