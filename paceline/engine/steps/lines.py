"""Order lines: what came in, what lies in the period, and the groups that all else is summed from.

This is the only step that reads every line. It multiplies only by the day's exchange rate, while
numbers are narrow, and sums by payee, currency, stretch of the period and matching rules. Shares of
quota and rates of tiers meet the sums; all of it is exact, so the order does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import (
    BOOLEAN,
    CONVERTED,
    COUNT,
    DATE,
    EXACT,
    MONEY,
    NARROW,
    PLACE,
    SHARE,
    SHARED,
    TEXT,
    col,
    select,
    table,
    typed,
)
from paceline.engine.formula.compile import compile_formula
from paceline.engine.formula.tree import names_in
from paceline.engine.plan.model import Measure
from paceline.engine.plan.policies import ANCHORS, Policies
from paceline.engine.shape import Shape
from paceline.engine.split_rows import IS_REPLACED, LINE, NUMBER, SPLIT_IDS
from paceline.engine.steps.days import Days, anchor_day, has_two_days
from paceline.engine.steps.portions import Way, join_way, portion, ways

SLOTS = table("slots", "slot", {"slot": PLACE, "starts_on": DATE})
BASE_KEYS = ("payee_id", "currency", "slot", "is_overlay", "bits")


def group_keys(shape: Shape) -> tuple[str, ...]:
    """What lines are grouped by: only what somebody asks for makes more groups."""
    spans = ("span",) if shape.has_windows else ()
    lines = ("line_id",) if shape.by_line else ()
    looked_up = (*shape.key_columns, *shape.held)
    return (*BASE_KEYS, *spans, *shape.instances, *shape.versions, *looked_up, *lines)


def key_kind(key: str) -> c.Kind:
    """The type of a column that lines are grouped by for somebody who asked."""
    return TEXT if key == "line_id" or key.startswith("by_") else PLACE


def key_of_line(days: Days, key: str) -> exp.Expr:
    """Such a column's value for the line `l`; a text that is missing is empty."""
    if key == "line_id":
        return col("line_id", "l")
    if key.startswith("by_"):
        return c.or_else(col(key.removeprefix("by_"), "l"), c.text(""), TEXT)
    return days.column(key)


def groups_contract(shape: Shape) -> c.Table:
    """Sums by payee and whatever decides who is credited.

    `bits` says which direct rules took the lines; `slot` numbers the stretches of days in which
    nobody's assignment, employment or reporting line changes, `span` those in which no window
    starts or ends. `day`, `week`, `month` … number the stretches in which a rate table begins anew,
    `version_0` … say which tiers of dated rate tables hold, `by_product` … and `held_0` … by what
    and when tables of rates are asked, and `line_id` is there when each line stands alone.
    """
    kinds: dict[str, c.Kind] = {"payee_id": TEXT, "currency": TEXT, "slot": PLACE}
    kinds |= {"is_overlay": BOOLEAN, "bits": COUNT}
    kinds |= {key: key_kind(key) for key in group_keys(shape)[5:]}
    keys = " ".join(group_keys(shape))
    return table("line_groups", keys, {**kinds, **shape.sums}, nullable="payee_id")


def line_groups(shape: Shape, days: Days, *, with_splits: bool) -> exp.Query:
    """One SELECT over all lines; split lines, which are few, are then taken out and shared out.

    Taking out is exact, and cheaper than asking of every line whether it is split. Lines that rules
    credit to others are further parts.
    """
    handed = ways(shape, with_splits=with_splits)
    return _together(shape, [_group(shape, days, way, with_splits=with_splits) for way in handed])


WHOLE = "whole_groups"


def whole_stand_alone(shape: Shape) -> bool:
    """Whether the first part of the groups can be made before anything is known of split rows, and
    split lines are all that follows.
    """
    return all(rule.to == "payee" for rule in shape.rules)


def whole_groups(shape: Shape, days: Days) -> exp.Query:
    """The first part: every line as if it were its own payee's, split or not."""
    return _group(shape, days, Way("whole"), with_splits=True)


def groups_over_whole(shape: Shape, days: Days, *, laid: bool) -> exp.Query:
    """The groups, where the table of the first part was made before; `laid` says that split rows
    are beside their lines.
    """
    made = {name: col(name) for name in groups_contract(shape).names}
    split = (Way("replaced"), Way("shared", laid=laid))
    return _together(
        shape,
        [
            select(made).from_(c.source(WHOLE), copy=False),
            *(_group(shape, days, way, with_splits=True) for way in split),
        ],
    )


def _together(shape: Shape, parts: list[exp.Select]) -> exp.Query:
    """Parts are added up where something looks at single groups; else whoever reads them adds them
    up anyway, and a group may have a row from each part.
    """
    names = group_keys(shape)
    if len(parts) == 1 or names == BASE_KEYS:
        return c.union_all(parts)
    keys = {key: col(key) for key in names}
    query = (
        c.conform(groups_contract(shape), {**keys, **add_up(shape)})
        .from_(c.union_all(parts).subquery("g", copy=False), copy=False)
        .group_by(*(col(key) for key in names), copy=False)
    )
    return query.having(exp.NEQ(this=exp.Sum(this=col("lines")), expression=c.whole(0)), copy=False)


def over_files(shape: Shape, contract: c.Table, kept: str, names: Sequence[str]) -> exp.Select:
    """The sums of several files as one: exact, so it does not matter which file a line was in."""
    sums = add_up(shape) if contract.columns else {"lines": c.total(col("lines"), COUNT)}
    keys = {name: col(name) for name in names if name not in sums}
    columns = {**keys, **sums}
    query = c.conform(contract, columns) if contract.columns else select(columns)
    return query.from_(c.source(kept), copy=False).group_by(
        *(key.copy() for key in keys.values()), copy=False
    )


def keyed_groups(shape: Shape, days: Days, measure: Measure, *, with_splits: bool) -> exp.Query:
    """The different values that a measure sees, by payee and whatever decides who is credited."""
    handed = ways(shape, with_splits=with_splits)
    names = [*group_keys(shape)[:5], *(("span",) if shape.has_windows else ())]
    names = [name for name in names if name != "currency"]
    groups: list[exp.Query] = []
    for way in handed:
        whose = portion(shape, way)
        columns: dict[str, exp.Expr] = {
            "payee_id": whose.payee,
            "slot": days.slot(),
            "is_overlay": whose.is_overlay,
            "bits": whose.bits,
        }
        if shape.has_windows:
            columns["span"] = days.column("span")
        columns["value"] = _value_seen(days, measure)
        count: exp.Expr = c.count_rows()
        if way.kind == "replaced":
            count = c.minus(c.number(0, COUNT), count, COUNT)
        split = way.kind in {"replaced", "shared"}
        query = select({**columns, "lines": count}).from_(
            c.source("split_lines" if split else "in_order_lines", "l"), copy=False
        )
        days.join(query)
        anchor = anchor_day(shape.plan.policies)
        query.where(c.within(anchor, c.horizon(), c.period_ends()), copy=False)
        join_way(query, shape, days, way, with_splits=with_splits)
        grouped = [one.copy() for one in columns.values() if one.find(exp.Column) is not None]
        groups.append(query.group_by(*grouped, copy=False))
    keys = {name: col(name) for name in (*names, "value")}
    lines = typed(exp.Sum(this=col("lines")), COUNT)
    return (
        select({**keys, "lines": lines})
        .from_(c.union_all(groups).subquery("g", copy=False), copy=False)
        .group_by(*(key.copy() for key in keys.values()), copy=False)
        .having(exp.GT(this=exp.Sum(this=col("lines")), expression=c.whole(0)), copy=False)
    )


def _value_seen(days: Days, measure: Measure) -> exp.Expr:
    """The value of a whole line, in plan currency where it is money."""
    assert measure.of is not None  # noqa: S101 -- the plan was checked for it
    value = compile_formula(measure.of.root, "l")
    if measure.kind == "distinct":
        return typed(exp.Nullif(this=value, expression=c.text("")), TEXT)
    if measure.is_money:
        return typed(days.convert(value, CONVERTED), EXACT)
    return typed(value, EXACT)


def split_lines(shape: Shape, *, marked: bool = False) -> exp.Select:
    """The lines that have split rows, numbered, with the columns that crediting reads; looked for
    among all lines, or among those that their files mark.
    """
    columns: dict[str, exp.Expr] = {
        name: col(name, "l") for name in sorted(columns_credited(shape))
    }
    columns |= {NUMBER: col(LINE, "s"), IS_REPLACED: col("is_replaced", "s")}
    query = select(columns).from_(
        c.source("in_marked_lines" if marked else "in_order_lines", "l"), copy=False
    )
    return c.join(query, SPLIT_IDS.name, "s", c.same(["line_id"], "s", "l"))


def add_up(shape: Shape, of: str | None = None) -> dict[str, exp.Expr]:
    """The sums of a table's sums."""
    return {name: c.total(col(name, of), kind) for name, kind in shape.sums.items()}


def _group(shape: Shape, days: Days, way: Way, *, with_splits: bool) -> exp.Select:
    handed = portion(shape, way)
    keys: dict[str, exp.Expr] = {
        "payee_id": handed.payee,
        "currency": col("currency", "l"),
        "slot": days.slot(),
        "is_overlay": handed.is_overlay,
        "bits": handed.bits,
    }
    keys |= {key: key_of_line(days, key) for key in group_keys(shape)[5:]}
    amount: exp.Expr = col("amount", "l")
    if handed.share is not None:
        amount = share_of_amount(handed.share)
    sums: dict[str, exp.Expr] = {
        "lines": c.count_rows(),
        "unrated": days.unrated(),
        "amount": c.total(amount, EXACT),
        **converted_sums(shape, days, handed.share),
    }
    if way.kind == "replaced":
        sums = {
            name: c.minus(c.number(0, kind), sums[name], kind) for name, kind in shape.sums.items()
        }
    split = way.kind in {"replaced", "shared"}
    source = "shared_lines" if way.laid else "split_lines" if split else "in_order_lines"
    query = c.conform(groups_contract(shape), {**keys, **sums}).from_(
        c.source(source, "l"), copy=False
    )
    days.join(query)
    anchor = anchor_day(shape.plan.policies)
    query.where(c.within(anchor, c.horizon(), c.period_ends()), copy=False)
    join_way(query, shape, days, way, with_splits=with_splits)
    grouped = [key.copy() for key in keys.values() if key.find(exp.Column) is not None]
    return query.group_by(*grouped, copy=False)


def converted_sums(shape: Shape, days: Days, share: exp.Expr | None) -> dict[str, exp.Expr]:
    """The sums of a group in plan currency: what is in it already is added up before it is given
    its decimals, and only foreign values are multiplied one by one; unless the products of whole
    amounts are so narrow that multiplying all of them costs less than telling them apart.
    """
    found: dict[str, exp.Expr] = {}
    for place in range(len(shape.values) + 1):
        value = value_of_line(shape, place, share)
        name = f"converted_{place}"
        if place == 0 and share is None:
            product = days.convert_narrowly(col("amount", "l"))
            if product is not None:
                found[name] = c.total(product, CONVERTED)
                continue
        if not shape.is_money(place):
            found[name] = c.total(typed(value, CONVERTED), CONVERTED)
            continue
        if share is not None and days.currencies:  # few lines: one choice of a rate costs less
            found[name] = c.total(c.times(value, days.rate(), CONVERTED), CONVERTED)
            continue
        own = c.total(col("amount", "l") if place == 0 and share is None else value, EXACT)
        kind = NARROW if place == 0 and share is None else CONVERTED
        foreign = days.convert_foreign(value, kind)
        found[name] = typed(own, CONVERTED)
        if foreign is not None:
            is_own = exp.EQ(this=col("currency", "l"), expression=c.plan_currency())
            exchanged = c.total(foreign, CONVERTED)
            found[name] = typed(
                c.when((is_own, typed(own, CONVERTED)), otherwise=exchanged), CONVERTED
            )
    return found


def value_of_line(shape: Shape, place: int, share: exp.Expr | None) -> exp.Expr:
    """A value that measures sum, in the currency of the line: its amount, or a formula."""
    if place == 0:
        return typed(col("amount", "l"), MONEY) if share is None else share_of_amount(share.copy())
    value = compile_formula(shape.values[place - 1].root, "l")
    return value if share is None else share_of(value, share.copy())


def converted_values(shape: Shape, days: Days, share: exp.Expr | None) -> dict[str, exp.Expr]:
    """The values of one line that measures sum, in plan currency: its amount, then each formula.

    A whole amount times its rate stays narrow (14 decimals), because every line is multiplied here.
    """
    found: dict[str, exp.Expr] = {}
    for place in range(len(shape.values) + 1):
        value = value_of_line(shape, place, share)
        kind = NARROW if place == 0 and share is None else CONVERTED
        found[f"converted_{place}"] = (
            days.convert(value, kind) if shape.is_money(place) else typed(value, CONVERTED)
        )
    return found


def share_of(value: exp.Expr, share: exp.Expr) -> exp.Expr:
    """A share of a line's value, rounded at 12 decimals."""
    return typed(c.times(typed(value, EXACT), typed(share, SHARE), c.PRODUCT), EXACT)


def share_of_amount(share: exp.Expr) -> exp.Expr:
    """A share of a line's amount: 4 decimals and 8 make 12, so there is nothing to round.

    DuckDB holds the product of two decimals of at most 18 digits to 18 digits, whatever it is cast
    to afterwards: a million would be too large. With a digit more it has room.
    """
    return c.times(typed(col("amount", "l"), SHARED), typed(share, SHARE), EXACT)


def outside_period(policies: Policies) -> exp.Select:
    """The lines outside the period, by reason and currency; the statistics of a file mostly settle
    it.
    """
    day = anchor_day(policies)
    columns: dict[str, exp.Expr] = {
        "reason": typed(c.text("outside_period"), TEXT),
        "currency": col("currency", "l"),
        "lines": c.count_rows(),
        "amount": c.total(col("amount", "l"), EXACT),
    }
    outside = c.either(
        exp.LT(this=day, expression=c.period_starts()),
        exp.GTE(this=day.copy(), expression=c.period_ends()),
    )
    if policies.anchor != "booking":
        waiting = day.copy().is_(exp.null())
        reason = c.when((waiting, c.text("anchor_missing")), otherwise=c.text("outside_period"))
        columns["reason"] = typed(reason, TEXT)
        outside = c.either(outside, waiting.copy())
    return (
        select(columns)
        .from_(c.source("in_order_lines", "l"), copy=False)
        .where(outside, copy=False)
        .group_by(c.whole(1), col("currency", "l"), copy=False)
    )


def columns_read(shape: Shape) -> set[str]:
    """The line columns that the plan's formulas read, and those that put its lines in order."""
    return _columns_asked(shape) | set(shape.plan.policies.accumulation_order)


def columns_credited(shape: Shape) -> set[str]:
    """The line columns that crediting reads."""
    by_line = {"line_id"} if shape.by_line else set()
    return {"ordered_on", "payee_id", "amount", "currency"} | by_line | _columns_asked(shape)


def _columns_asked(shape: Shape) -> set[str]:
    """The line columns that the plan's clauses ask for."""
    formulas = [*shape.values, *(rule.when for rule in shape.rules if rule.when is not None)]
    formulas += [one.of for one in shape.plan.measures if one.is_keyed and one.of is not None]
    formulas += [rule.share for rule in shape.rules if rule.share is not None]
    read = set().union(*(names_in(formula.root) for formula in formulas)) if formulas else set()
    read |= {key.removeprefix("by_") for key in shape.key_columns}
    read |= {rule.to for rule in shape.rules if rule.to not in {"payee", "owner", "team"}}
    read |= {rule.owner_of for rule in shape.rules if rule.owner_of}
    if has_two_days(shape.plan.policies):
        read |= {"sold_on", ANCHORS[shape.plan.policies.anchor]}
    return read
