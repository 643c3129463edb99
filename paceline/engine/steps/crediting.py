"""Crediting: who is credited with which lines, directly or through the reporting line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import (
    BOOLEAN,
    COUNT,
    EXACT,
    PLACE,
    TEXT,
    col,
    select,
    table,
    typed,
)
from paceline.engine.plan.model import Credit, Measure, Plan
from paceline.engine.shape import TOP, Shape
from paceline.engine.steps.lines import group_keys

NOT_IN_PLAN = "payee_not_assigned"
RECEIVER = "receiver_id"
CHAIN = table(
    "chain",
    "payee_id slot level",
    {"payee_id": TEXT, "slot": PLACE, RECEIVER: TEXT, "level": PLACE},
)
"""Everyone above each payee in one hierarchy, with the level."""
REACHING = "reaching"
"""Whom the lines of each payee reach: in a slot one row for each receiver in the plan, with the
level of each hierarchy at which they arrive. Members of the plan reach themselves at level 0."""
FROM = "from_payee_id"  # whose share of a line it is that reaches somebody
NOWHERE = -1  # the level in a hierarchy through which a share does not arrive
PLACEMENTS = table(
    "placements",
    "reason is_overlay currency",
    {"reason": TEXT, "is_overlay": BOOLEAN, "currency": TEXT, "lines": COUNT, "amount": EXACT},
    nullable="reason",
)


def breakpoints(plan: Plan, tables: Mapping[str, pa.Table], first: date, end: date) -> list[date]:
    """The days between two days on which somebody's assignment, employment or manager changes."""
    found: set[date] = set()
    trees = pa.array([one.hierarchy for one in plan.credits if one.hierarchy], pa.string())
    for name in ("assignments", "payees", "reporting", "hierarchies", "teams", "owners"):
        rows = tables.get(name)
        if rows is None:
            continue
        if name == "assignments":
            rows = rows.filter(pc.equal(rows.column("plan"), plan.slug))
        elif name == "hierarchies":
            rows = rows.filter(pc.is_in(rows.column("hierarchy"), trees))
        for side in ("starts_on", "ends_before"):
            days = pc.unique(rows.column(side))
            inside = pc.and_(pc.greater(days, first), pc.less(days, end))
            found.update(days.filter(inside).to_pylist())
    return sorted(found)


def members(shape: Shape) -> exp.Select:
    """Payees assigned to the plan, and employed, in each slot: those whose lines reach them."""
    themselves = exp.EQ(this=col(shape.levels[0]), expression=c.whole(0))
    query = select({name: col(name) for name in ("payee_id", "slot")})
    return query.from_(c.source(REACHING), copy=False).where(themselves, copy=False)


def _join_members(query: exp.Select, shape: Shape, kind: str) -> exp.Select:
    """Join as `m` the members of the plan who are the payees of groups `g`."""
    whose = c.same(["payee_id", "slot"], "m", "g")
    people = members(shape).subquery("m", copy=False)
    return query.join(people, on=whose, join_type=kind, copy=False)


def reach(shape: Shape, groups: str = "line_groups", *, keyed: bool = False) -> exp.Query:
    """Line groups as they reach the payees they count for, as far as those are in the plan.

    Level 0 is the line's own payee, level 1 the manager above, and so on; where the plan names
    several hierarchies there is a level for each.
    """
    carried = ["currency", "bits", *group_keys(shape)[5:], *shape.sums]
    if shape.by_shares:
        carried += ["is_overlay", FROM]
    if keyed:
        carried = ["bits", *(["span"] if shape.has_windows else []), "value"]
    columns: dict[str, exp.Expr] = {"payee_id": col(RECEIVER, "r")}
    columns |= {name: col(name, "r") for name in shape.levels}
    for name in carried:
        columns[name] = col("payee_id" if name == FROM else name, "g")
    query = select(columns).from_(c.source(groups, "g"), copy=False)
    join_receivers(shape, query)
    return query.where(exp.NEQ(this=col("bits", "g"), expression=c.whole(0)), copy=False)


def join_receivers(shape: Shape, query: exp.Select) -> exp.Select:
    """Join as `r` those whom the lines or groups `g` reach. An overlay is credit on top of the
    whole line, so it does not roll up a second time.
    """
    c.join(query, REACHING, "r", c.same(["payee_id", "slot"], "r", "g"))
    if shape.rolls_up:
        is_own = exp.EQ(this=col(shape.levels[0], "r"), expression=c.whole(0))
        query.where(c.either(exp.Not(this=col("is_overlay", "g")), is_own), copy=False)
    return query


def placements(shape: Shape) -> exp.Query:
    """Every share of every line in the period, by why it is not credited; no reason means credited.

    Overlays are credit on top, told apart because they are not part of what was imported. Why a
    payee is not in the plan is for `strangers` to say.
    """
    reason = c.when(
        (col("payee_id", "g").is_(exp.null()), c.text("no_payee")),
        (col("payee_id", "m").is_(exp.null()), c.text(NOT_IN_PLAN)),
        (exp.EQ(this=col("bits", "g"), expression=c.whole(0)), c.text("rule_did_not_match")),
        otherwise=exp.null(),
    )
    query = _placed(shape, reason)
    return _join_members(query, shape, "left")


def strangers(shape: Shape, *, with_payees: bool) -> exp.Query:
    """The shares whose payee is not in the plan on the day, by the first reason that applies.

    What a manager in the plan is credited with counts as credited all the same.
    """
    reached: exp.Expr = exp.false()
    if shape.rolls_up:
        reached = exp.Not(this=col("payee_id", "u").is_(exp.null()))
    branches: list[tuple[exp.Expr, exp.Expr]] = []
    if with_payees:
        employed = c.within(col("starts_on", "s"), col("starts_on", "p"), col("ends_before", "p"))
        not_reached = exp.Not(this=exp.Paren(this=reached))
        branches = [
            (
                c.both(col("payee_id", "p").is_(exp.null()), not_reached),
                c.text("payee_unknown"),
            ),
            (
                c.both(exp.Not(this=exp.Paren(this=employed)), not_reached.copy()),
                c.text("payee_not_employed"),
            ),
        ]
    branches += [
        (exp.Not(this=exp.Paren(this=reached.copy())), c.text("payee_not_assigned")),
        (exp.EQ(this=col("bits", "g"), expression=c.whole(0)), c.text("rule_did_not_match")),
    ]
    query = _placed(shape, c.when(*branches, otherwise=exp.null()))
    _join_members(query, shape, "anti")
    if with_payees:
        c.join(query, "in_payees", "p", c.same(["payee_id"], "p", "g"), kind="left")
        c.join(query, "slots", "s", c.same(["slot"], "s", "g"))
    if shape.rolls_up:
        above = _credited_above(shape).subquery("u", copy=False)
        on = c.same(["payee_id", "slot", "bits"], "u", "g")
        query = query.join(above, on=on, join_type="left", copy=False)
    return query.where(exp.Not(this=col("payee_id", "g").is_(exp.null())), copy=False)


def _placed(shape: Shape, reason: exp.Expr) -> exp.Select:
    query = (
        c.conform(
            PLACEMENTS,
            {
                "reason": reason,
                "is_overlay": col("is_overlay", "g"),
                "currency": col("currency", "g"),
                "lines": exp.Sum(this=col("lines", "g")),
                "amount": c.total(col("amount", "g"), EXACT),
            },
        )
        .from_(c.source("line_groups", "g"), copy=False)
        .group_by(c.whole(1), c.whole(2), c.whole(3), copy=False)
    )
    if shape.has_windows:
        query = query.where(in_window(0, "g"), copy=False)
    remain = exp.NEQ(this=exp.Sum(this=col("lines", "g")), expression=c.whole(0))
    return query.having(remain, copy=False)  # what split rows take out is no share


def in_window(place: int, of: str | None) -> exp.Expr:
    """A group's days lie in a window; windows go by their place among those of the plan."""
    return exp.Between(
        this=col("span", of),
        low=c.parameter(f"window_{place}_from", PLACE),
        high=c.parameter(f"window_{place}_through", PLACE),
    )


def _credited_above(shape: Shape) -> exp.Select:
    """Groups whose payee is not in the plan but with which a manager in the plan is credited."""
    query = select(
        {name: col(name, "g") for name in ("payee_id", "slot", "bits")}, distinct=True
    ).from_(c.source("line_groups", "g"), copy=False)
    _join_members(query, shape, "anti")
    c.join(query, REACHING, "r", c.same(["payee_id", "slot"], "r", "g"))
    terms = [credit_term(shape, credit) for credit in shape.plan.credits if credit.kind == "rollup"]
    return query.where(taken_by(terms, col("bits", "g"), "r"), copy=False)


Term = tuple[int, int, int, str]  # rule bits, first level, last level, the column of the level


def credit_term(shape: Shape, credit: Credit) -> Term:
    """Which rules and which levels of which hierarchy a credit rule takes from."""
    through = TOP if credit.level_through is None else credit.level_through
    level = shape.levels[0]
    if credit.kind == "rollup":
        level = shape.levels[shape.trees.index(credit.hierarchy)]
    return (shape.bits(credit), credit.level_from, through, level)


def measure_terms(shape: Shape, measure: Measure) -> tuple[Term, ...]:
    """One term for each run of levels with the same rules, so that no share of a line counts
    twice.
    """
    bits_at = {column: [0] * (TOP + 1) for column in shape.levels}
    for name in measure.credits:
        bits, first, last, column = credit_term(shape, shape.plan.credit(name))
        for level in range(first, last + 1):
            bits_at[column][level] |= bits
    terms: list[Term] = []
    for column, at_level in bits_at.items():
        for level, bits in enumerate(at_level):
            if terms and terms[-1] == (bits, terms[-1][1], level - 1, column):
                terms[-1] = (bits, terms[-1][1], level, column)
            elif bits:
                terms.append((bits, level, level, column))
    return tuple(terms)


def taken_by(
    terms: Sequence[Term], bits: exp.Expr, of: str | None, *, matched: int = 0
) -> exp.Expr:
    """Whether one of the terms takes a share of a line, by the rules that it met and the levels at
    which it arrives, which are columns of `of`. Each of the shares is known to have met one of the
    rules `matched`, if these are told.
    """
    tests = []
    for rules, first, last, column in terms:
        level = col(column, of)
        at_level: exp.Expr = exp.EQ(this=level.copy(), expression=c.whole(first))
        if first != last:
            at_level = exp.Between(this=level.copy(), low=c.whole(first), high=c.whole(last))
        if matched and rules == matched:
            tests.append(at_level)
            continue
        met = exp.BitwiseAnd(this=bits.copy(), expression=typed(c.whole(rules), COUNT))
        tests.append(c.both(at_level, exp.NEQ(this=exp.Paren(this=met), expression=c.whole(0))))
    return c.either(*tests)
