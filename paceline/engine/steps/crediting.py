"""Crediting: who is credited with which lines, directly or through the reporting line."""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import (
    BOOLEAN,
    COUNT,
    DATE,
    EXACT,
    PLACE,
    TEXT,
    col,
    select,
    table,
    typed,
)
from paceline.engine.shape import TOP, Shape
from paceline.engine.steps.lines import add_up

MEMBERS = table("members", "payee_id slot", {"payee_id": TEXT, "slot": PLACE})
HIERARCHY = table(
    "hierarchy",
    "payee_id slot level",
    {"payee_id": TEXT, "slot": PLACE, "level": PLACE, "manager_id": TEXT},
)
REACH_KEYS = ("payee_id", "level", "currency", "is_overlay", "bits", "line_id")
PLACEMENTS = table(
    "placements",
    "reason is_overlay currency",
    {"reason": TEXT, "is_overlay": BOOLEAN, "currency": TEXT, "lines": COUNT, "amount": EXACT},
    nullable="reason",
)


def reach_contract(shape: Shape) -> c.Table:
    """Sums by credited payee: level 0 is the line's own payee, level 1 the manager above, and so
    on.
    """
    kinds = {
        "payee_id": TEXT,
        "level": PLACE,
        "currency": TEXT,
        "is_overlay": BOOLEAN,
        "bits": COUNT,
        "line_id": TEXT,
        **shape.sums,
    }
    return table("reach", " ".join(REACH_KEYS), kinds, nullable="line_id")


def breakpoints() -> exp.Query:
    """The days inside the period on which somebody's assignment, employment or manager changes."""
    days = []
    for name in ("in_assignments", "in_payees", "in_reporting"):
        for end in ("starts_on", "ends_before"):
            query = select({"day": typed(col(end), DATE)}, distinct=True).from_(
                c.source(name), copy=False
            )
            inside = c.both(
                exp.GT(this=col(end), expression=c.period_starts()),
                exp.LT(this=col(end), expression=c.period_ends()),
            )
            if name == "in_assignments":
                inside = c.both(inside, _of_plan())
            days.append(query.where(inside, copy=False))
    return (
        select({"day": col("day")}, distinct=True)
        .from_(c.union_all(days).subquery("d", copy=False), copy=False)
        .order_by(col("day"), copy=False)
    )


def _of_plan(of: str | None = None) -> exp.Expr:
    return exp.EQ(this=col("plan", of), expression=c.plan_slug())


def members(*, with_payees: bool) -> exp.Query:
    """Payees assigned to the plan, and employed, in each stretch of the period."""
    starts = col("starts_on", "s")
    query = c.conform(MEMBERS, {"payee_id": col("payee_id", "a"), "slot": col("slot", "s")}).from_(
        c.source("slots", "s"), copy=False
    )
    valid = c.within(starts, col("starts_on", "a"), col("ends_before", "a"))
    c.join(query, "in_assignments", "a", c.both(_of_plan("a"), valid))
    if with_payees:
        employed = c.within(starts, col("starts_on", "p"), col("ends_before", "p"))
        c.join(query, "in_payees", "p", c.both(c.same(["payee_id"], "p", "a"), employed))
    return query


def links(shape: Shape) -> exp.Query:
    """Each payee's manager in each stretch: as of the order, or as of the period's last day."""
    as_of: exp.Expr = col("starts_on", "s")
    if shape.plan.policies.hierarchy_date == "period-end":
        as_of = c.period_last_day()
    query = c.conform(
        table("links", "payee_id slot", {"payee_id": TEXT, "slot": PLACE, "manager_id": TEXT}),
        {
            "payee_id": col("payee_id", "r"),
            "slot": col("slot", "s"),
            "manager_id": col("manager_id", "r"),
        },
    ).from_(c.source("slots", "s"), copy=False)
    return c.join(
        query, "in_reporting", "r", c.within(as_of, col("starts_on", "r"), col("ends_before", "r"))
    )


def hierarchy() -> exp.Query:
    """Everyone above each payee, with the level; stops one level past TOP, where a circle is
    certain.
    """
    first = c.conform(
        HIERARCHY,
        {
            "payee_id": col("payee_id"),
            "slot": col("slot"),
            "level": c.whole(1),
            "manager_id": col("manager_id"),
        },
    ).from_(c.source("links"), copy=False)
    above = c.conform(
        HIERARCHY,
        {
            "payee_id": col("payee_id", "h"),
            "slot": col("slot", "h"),
            "level": exp.Add(this=col("level", "h"), expression=c.whole(1)),
            "manager_id": col("manager_id", "k"),
        },
    ).from_(c.source("chain", "h"), copy=False)
    higher = c.both(
        exp.EQ(this=col("payee_id", "k"), expression=col("manager_id", "h")),
        c.same(["slot"], "k", "h"),
    )
    c.join(above, "links", "k", higher)
    above.where(exp.LTE(this=col("level", "h"), expression=c.whole(TOP)), copy=False)
    query = select({name: col(name) for name in HIERARCHY.names}).from_(
        c.source("chain"), copy=False
    )
    return query.with_("chain", as_=c.union_all([first, above]), recursive=True, copy=False)


def circles() -> exp.Select:
    """Payees whose chain of managers does not end, with the first day on which it does not."""
    return (
        select({"payee_id": col("payee_id", "h"), "day": exp.Min(this=col("starts_on", "s"))})
        .from_(c.source("hierarchy", "h"), copy=False)
        .join(c.source("slots", "s"), on=c.same(["slot"], "s", "h"), copy=False)
        .where(exp.GT(this=col("level", "h"), expression=c.whole(TOP)), copy=False)
        .group_by(col("payee_id", "h"), copy=False)
        .order_by(col("payee_id", "h"), copy=False)
    )


def reach(shape: Shape) -> exp.Query:
    """Line groups handed to the payees they count for, as far as those are in the plan."""
    carried = {name: col(name, "g") for name in ("currency", "is_overlay", "bits", "line_id")}
    sums = {name: col(name, "g") for name in shape.sums}
    matched = exp.NEQ(this=col("bits", "g"), expression=c.whole(0))
    direct = c.conform(
        reach_contract(shape),
        {"payee_id": col("payee_id", "g"), "level": c.whole(0), **carried, **sums},
    ).from_(c.source("line_groups", "g"), copy=False)
    c.join(direct, "members", "m", c.same(["payee_id", "slot"], "m", "g"))
    parts: list[exp.Query] = [direct.where(matched, copy=False)]
    if shape.rolls_up:
        parts.append(_rolled_up(shape, carried, sums).where(matched.copy(), copy=False))
    keys = {key: col(key) for key in REACH_KEYS}
    return (
        c.conform(reach_contract(shape), {**keys, **add_up(shape)})
        .from_(c.union_all(parts).subquery("g", copy=False), copy=False)
        .group_by(*keys.values(), copy=False)
    )


def _rolled_up(
    shape: Shape, carried: dict[str, exp.Column], sums: dict[str, exp.Column]
) -> exp.Select:
    """An overlay is credit on top of the whole line, so it does not roll up a second time."""
    query = c.conform(
        reach_contract(shape),
        {"payee_id": col("manager_id", "h"), "level": col("level", "h"), **carried, **sums},
    ).from_(c.source("line_groups", "g"), copy=False)
    c.join(query, "hierarchy", "h", c.same(["payee_id", "slot"], "h", "g"))
    in_plan = c.both(
        exp.EQ(this=col("payee_id", "m"), expression=col("manager_id", "h")),
        c.same(["slot"], "m", "g"),
    )
    c.join(query, "members", "m", in_plan)
    return query.where(exp.Not(this=col("is_overlay", "g")), copy=False)


def placements(shape: Shape, *, with_payees: bool) -> exp.Query:
    """Every share of every line in the period, by why it is not credited; no reason means credited.

    Overlays are credit on top, told apart because they are not part of what was imported.
    """
    query = select(
        {
            "reason": _reason(shape, with_payees=with_payees),
            "is_overlay": col("is_overlay", "g"),
            "currency": col("currency", "g"),
            "lines": col("lines", "g"),
            "amount": col("amount", "g"),
        }
    ).from_(c.source("line_groups", "g"), copy=False)
    c.join(query, "members", "m", c.same(["payee_id", "slot"], "m", "g"), kind="left")
    if with_payees:
        c.join(query, "in_payees", "p", c.same(["payee_id"], "p", "g"), kind="left")
        c.join(query, "slots", "s", c.same(["slot"], "s", "g"))
    if shape.rolls_up:
        query = query.join(
            _reached().subquery("u", copy=False),
            on=c.same(["payee_id", "slot", "bits"], "u", "g"),
            join_type="left",
            copy=False,
        )
    return (
        c.conform(
            PLACEMENTS,
            {
                "reason": col("reason"),
                "is_overlay": col("is_overlay"),
                "currency": col("currency"),
                "lines": exp.Sum(this=col("lines")),
                "amount": c.total(col("amount"), EXACT),
            },
        )
        .from_(query.subquery("g", copy=False), copy=False)
        .group_by(col("reason"), col("is_overlay"), col("currency"), copy=False)
    )


def _reached() -> exp.Select:
    """Groups that a manager in the plan is credited with, whether or not their own payee is in
    it.
    """
    query = select(
        {name: col(name, "g") for name in ("payee_id", "slot", "bits")}, distinct=True
    ).from_(c.source("line_groups", "g"), copy=False)
    c.join(query, "hierarchy", "h", c.same(["payee_id", "slot"], "h", "g"))
    in_plan = c.both(
        exp.EQ(this=col("payee_id", "n"), expression=col("manager_id", "h")),
        c.same(["slot"], "n", "g"),
    )
    c.join(query, "members", "n", in_plan)
    return c.join(query, "plan_credit_terms", "t", takes("t", "g", col("level", "h")))


def takes(term: str, group: str, level: exp.Expr) -> exp.Expr:
    """A term of the plan takes a group when their rules and levels meet."""
    shared = exp.BitwiseAnd(this=col("bits", term), expression=col("bits", group))
    return c.both(
        exp.Between(this=level, low=col("level_from", term), high=col("level_through", term)),
        exp.NEQ(this=exp.Paren(this=shared), expression=c.whole(0)),
    )


def _reason(shape: Shape, *, with_payees: bool) -> exp.Expr:
    """The first reason that applies, in the order of docs/calculation.md, clause 3.6."""
    no_match = exp.EQ(this=col("bits", "g"), expression=c.whole(0))
    reached = exp.Not(this=col("payee_id", "u").is_(exp.null())) if shape.rolls_up else exp.false()
    branches: list[tuple[exp.Expr, exp.Expr]] = [
        (col("payee_id", "g").is_(exp.null()), c.text("no_payee"))
    ]
    if with_payees:
        employed = c.within(col("starts_on", "s"), col("starts_on", "p"), col("ends_before", "p"))
        unknown = c.both(col("payee_id", "p").is_(exp.null()), exp.Not(this=reached.copy()))
        branches.append((unknown, c.text("payee_unknown")))
        branches.append(
            (
                c.both(exp.Not(this=exp.Paren(this=employed)), exp.Not(this=reached.copy())),
                c.text("payee_not_employed"),
            )
        )
    unassigned = c.both(col("payee_id", "m").is_(exp.null()), exp.Not(this=reached))
    branches.append((unassigned, c.text("payee_not_assigned")))
    branches.append((no_match, c.text("rule_did_not_match")))
    return typed(c.when(*branches, otherwise=exp.null()), TEXT)
