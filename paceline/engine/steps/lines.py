"""Order lines: what came in, what lies in the period, and the groups that all else is summed from.

This is the only step that reads every line. It multiplies only by the day's exchange rate, while
numbers are narrow, and sums by payee, currency, stretch of the period and matching rules. Shares of
quota and rates of tiers meet the sums; all of it is exact, so the order does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import (
    BOOLEAN,
    CONVERTED,
    COUNT,
    DATE,
    EXACT,
    EXCHANGE,
    MONEY,
    NARROW,
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

SLOTS = table("slots", "slot", {"slot": PLACE, "starts_on": DATE})
BASE_KEYS = ("payee_id", "currency", "slot", "is_overlay", "bits")


def group_keys(shape: Shape) -> tuple[str, ...]:
    """What lines are grouped by: only what somebody asks for makes more groups."""
    spans = ("span",) if shape.has_windows else ()
    lines = ("line_id",) if shape.by_line else ()
    return (*BASE_KEYS, *spans, *shape.instances, *lines)


def groups_contract(shape: Shape) -> c.Table:
    """Sums by payee and whatever decides who is credited.

    `bits` says which direct rules took the lines; `slot` numbers the stretches of days in which
    nobody's assignment, employment or reporting line changes, `span` those in which no window
    starts or ends. `day`, `week`, `month` … number the stretches in which a rate table begins anew,
    and `line_id` is there when each line stands alone.
    """
    kinds: dict[str, c.Kind] = {"payee_id": TEXT, "currency": TEXT, "slot": PLACE}
    kinds |= {"is_overlay": BOOLEAN, "bits": COUNT}
    kinds |= {key: TEXT if key == "line_id" else PLACE for key in group_keys(shape)[5:]}
    keys = " ".join(group_keys(shape))
    return table("line_groups", keys, {**kinds, **shape.sums}, nullable="payee_id")


@dataclass(frozen=True)
class Days:
    """What a line's day decides: its stretch of the period and the rates of that day.

    The table `calendar` has a row for each day of the period with its slot and, for each foreign
    currency that came in, the rate to the plan's currency. It is joined only if it says anything:
    with one stretch and one currency every line is in slot 0 at a rate of 1.
    """

    currencies: tuple[str, ...] = ()  # foreign ones, in order
    has_slots: bool = False
    has_spans: bool = False
    instances: tuple[str, ...] = ()
    has_holes: bool = False  # some day has no rate for some currency

    @property
    def is_needed(self) -> bool:
        return self.has_slots or self.has_spans or bool(self.currencies) or bool(self.instances)

    def join(self, query: exp.Select) -> None:
        """Join the calendar to the lines `l` as `k`."""
        if self.is_needed:
            day = exp.EQ(this=col("day", "k"), expression=col("ordered_on", "l"))
            c.join(query, "calendar", "k", day)

    def slot(self) -> exp.Expr:
        return col("slot", "k") if self.is_needed else typed(c.whole(0), PLACE)

    def column(self, name: str) -> exp.Expr:
        """The span, or the number of the day, week, month … that the line's day lies in."""
        return col(name, "k")

    def rate(self) -> exp.Expr:
        """The rate from the line's currency to the plan's; empty where there is none."""
        return self._by_currency(
            c.number(1, EXCHANGE),
            [typed(col(rate_name(currency), "k"), EXCHANGE) for currency in self.currencies],
            EXCHANGE,
        )

    def convert(self, value: exp.Expr, kind: c.Kind) -> exp.Expr:
        """A value of the line in the plan's currency; only foreign ones are multiplied."""
        rates = [typed(col(rate_name(currency), "k"), EXCHANGE) for currency in self.currencies]
        foreign: list[exp.Expr] = [c.times(value.copy(), rate, kind) for rate in rates]
        return self._by_currency(typed(value, kind), foreign, kind)

    def _by_currency(self, own: exp.Expr, foreign: list[exp.Expr], kind: c.Kind) -> exp.Expr:
        if not self.currencies:
            return own
        is_own = exp.EQ(this=col("currency", "l"), expression=c.plan_currency())
        branches = [(is_own, own)]
        for currency, value in zip(self.currencies, foreign, strict=True):
            test = exp.EQ(this=col("currency", "l"), expression=c.text(currency))
            branches.append((test, value))
        return typed(c.when(*branches, otherwise=c.null(kind)), kind)

    def unrated(self) -> exp.Expr:
        """How many lines of a group have no rate."""
        if not self.has_holes:
            return typed(c.whole(0), COUNT)
        return c.minus(c.count_rows(), exp.Count(this=self.rate()), COUNT)


def rate_name(currency: str) -> str:
    """The calendar's column of a currency's rates."""
    return f"rate {currency}"


Way = Literal["whole", "replaced", "shared"]


def line_groups(shape: Shape, days: Days, *, with_splits: bool) -> exp.Query:
    """One SELECT over all lines; split lines, which are few, are then taken out and shared out.

    Taking out is exact, and cheaper than asking of every line whether it is split.
    """
    if not with_splits:
        return _group(shape, days, "whole")
    parts = c.union_all([_group(shape, days, way) for way in get_args(Way)])
    names = group_keys(shape)
    keys = {key: col(key) for key in names}
    query = (
        c.conform(groups_contract(shape), {**keys, **add_up(shape)})
        .from_(parts.subquery("g", copy=False), copy=False)
        .group_by(*(col(key) for key in names), copy=False)
    )
    return query.having(exp.NEQ(this=exp.Sum(this=col("lines")), expression=c.whole(0)), copy=False)


def split_lines(shape: Shape) -> exp.Select:
    """The lines that have split rows, with the columns that crediting reads."""
    names = {"line_id", "ordered_on", "payee_id", "amount", "currency"} | columns_read(shape)
    query = select({name: col(name, "l") for name in sorted(names)}).from_(
        c.source("in_order_lines", "l"), copy=False
    )
    return c.join(query, "in_credit_splits", "s", c.same(["line_id"], "s", "l"), kind="semi")


def add_up(shape: Shape, of: str | None = None) -> dict[str, exp.Expr]:
    """The sums of a table's sums."""
    return {name: c.total(col(name, of), kind) for name, kind in shape.sums.items()}


def _group(shape: Shape, days: Days, way: Way) -> exp.Select:
    shared = way == "shared"
    payee = col("payee_id", "s" if shared else "l")
    keys: dict[str, exp.Expr] = {
        "payee_id": payee,
        "currency": col("currency", "l"),
        "slot": days.slot(),
        "is_overlay": col("is_overlay", "s") if shared else exp.false(),
        "bits": rule_bits(shape, "l"),
    }
    keys |= {
        key: col("line_id", "l") if key == "line_id" else days.column(key)
        for key in group_keys(shape)[5:]
    }
    share = col("share", "s") if shared else None
    amount: exp.Expr = col("amount", "l")
    sums: dict[str, exp.Expr] = {
        "lines": c.count_rows(),
        "unrated": days.unrated(),
        "amount": c.total(amount if share is None else share_of(amount, share), EXACT),
        **{
            name: c.total(value, CONVERTED)
            for name, value in converted_values(shape, days, share).items()
        },
    }
    if way == "replaced":
        sums = {
            name: c.minus(c.number(0, kind), sums[name], kind) for name, kind in shape.sums.items()
        }
    query = c.conform(groups_contract(shape), {**keys, **sums}).from_(
        c.source("in_order_lines" if way == "whole" else "split_lines", "l"), copy=False
    )
    days.join(query)
    query.where(c.within(col("ordered_on", "l"), c.horizon(), c.period_ends()), copy=False)
    if way == "shared":
        c.join(query, "in_credit_splits", "s", c.same(["line_id"], "l", "s"))
    elif way == "replaced":
        c.join(query, "base_splits", "s", c.same(["line_id"], "l", "s"))
    grouped = [key.copy() for key in keys.values() if key.find(exp.Column) is not None]
    return query.group_by(*grouped, copy=False)


def converted_values(shape: Shape, days: Days, share: exp.Expr | None) -> dict[str, exp.Expr]:
    """The values of one line that measures sum, in plan currency: its amount, then each formula.

    A whole amount times its rate stays narrow (14 decimals), because every line is multiplied here.
    """
    found: dict[str, exp.Expr] = {}
    for place in range(len(shape.values) + 1):
        value: exp.Expr = (
            typed(col("amount", "l"), MONEY)
            if place == 0
            else compile_formula(shape.values[place - 1].root, "l")
        )
        kind = NARROW if place == 0 and share is None else CONVERTED
        if share is not None:
            value = share_of(value, share)
        found[f"converted_{place}"] = (
            days.convert(value, kind) if shape.is_money(place) else typed(value, CONVERTED)
        )
    return found


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


def base_splits() -> exp.Select:
    """The lines whose split rows replace their own payee; overlays alone do not."""
    query = select({"line_id": col("line_id")}, distinct=True).from_(
        c.source("in_credit_splits"), copy=False
    )
    return query.where(exp.Not(this=col("is_overlay")), copy=False)


def outside_period() -> exp.Select:
    """The lines outside the period, by currency; the statistics of a file mostly settle it."""
    columns: dict[str, exp.Expr] = {
        "currency": col("currency"),
        "lines": c.count_rows(),
        "amount": c.total(col("amount"), EXACT),
    }
    outside = c.either(
        exp.LT(this=col("ordered_on"), expression=c.period_starts()),
        exp.GTE(this=col("ordered_on"), expression=c.period_ends()),
    )
    return (
        select(columns)
        .from_(c.source("in_order_lines"), copy=False)
        .where(outside, copy=False)
        .group_by(col("currency"), copy=False)
    )


def columns_read(shape: Shape) -> set[str]:
    """The line columns that the plan's formulas read."""
    formulas = [*shape.values, *(rule.when for rule in shape.rules if rule.when is not None)]
    read = set().union(*(names_in(formula.root) for formula in formulas)) if formulas else set()
    return read | set(shape.plan.policies.accumulation_order)


__all__ = [
    "SLOTS",
    "Days",
    "Name",
    "columns_read",
    "groups_contract",
    "line_groups",
    "outside_period",
    "select",
]
