"""The forms in which a component pays other than by tiers: amounts, formulas, scorecards, pools and
contests. Each gives what the component computes, before its condition, cap and floor.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import BOOLEAN, COUNT, EXACT, MONEY, PRODUCT, RATE, TEXT, col, typed
from paceline.engine.formula.tree import Formula, names_in
from paceline.engine.ledger.figures import Figures
from paceline.engine.ledger.measures import over_figures, ratio
from paceline.engine.ledger.rates import differences
from paceline.engine.ledger.rows import TEAM, weight_of
from paceline.engine.plan.model import Component, Indicator, Plan


def or_nothing(value: exp.Expr) -> exp.Cast:
    return c.or_else(typed(value, EXACT), c.number(0, EXACT), EXACT)


def in_plan_money(plan: Plan, value: exp.Expr) -> exp.Cast:
    """An exact amount rounded to the plan's currency, where and how the plan rounds."""
    return c.rounded(value, plan.digits, plan.policies.rounding_mode)


def incentive_of(plan: Plan) -> exp.Expr | None:
    """The payee's target incentive as it was entered; zero where nobody entered one."""
    target = plan.target_incentive
    if target is None:
        return None
    if target.amount is not None:
        return c.number(target.amount, EXACT)
    return or_nothing(col(f"measures/{target.measure}"))


# --- scorecards -----------------------------------------------------------------------------------


def add_scorecard(
    figures: Figures, plan: Plan, component: Component, named: Mapping[str, str]
) -> tuple[exp.Expr, exp.Expr]:
    """The target times the weighted scores, or nothing when a gate does not hold: rounded, and
    before.
    """
    card = component.scorecard
    assert card is not None  # noqa: S101 -- the caller looked
    path = f"components/{component.id}/indicators"
    target = or_nothing(over_figures(card.target, named))
    gates: list[exp.Expr] = []
    exact: exp.Expr | None = None
    pay: exp.Expr = c.number(0, EXACT)
    through: list[exp.Expr] = []
    for indicator in card.indicators:
        name = f"{path}/{indicator.id}"
        value = figures.add(f"{name}/value", over_figures(indicator.value, named), EXACT)
        score = figures.add(f"{name}/score", _score(plan, indicator, value), EXACT)
        weighted = typed(c.times(score.copy(), c.number(indicator.weight, RATE), PRODUCT), EXACT)
        exact = weighted if exact is None else c.plus(exact.copy(), weighted, EXACT)
        exact = figures.add(f"{name}/exact", exact, EXACT)
        pay = typed(c.times(target.copy(), exact.copy(), c.FORMULA_PRODUCT), EXACT)
        through.append(figures.add(f"{name}/through", in_plan_money(plan, pay), MONEY))
        if indicator.gate is not None:
            gates.append(
                exp.Coalesce(this=over_figures(indicator.gate, named), expressions=[exp.false()])
            )
    for indicator, amount in zip(card.indicators, differences(through), strict=True):
        figures.add(f"{path}/{indicator.id}/amount", amount, MONEY)
    if not gates:
        return through[-1].copy(), pay.copy()
    opened = figures.add(f"{path}/gates", c.both(*gates), BOOLEAN)
    return (
        c.when((opened, through[-1].copy()), otherwise=c.number(0, MONEY)),
        c.when((opened.copy(), pay.copy()), otherwise=c.number(0, EXACT)),
    )


def _score(plan: Plan, indicator: Indicator, value: exp.Expr) -> exp.Expr:
    """The score of the step that a value reaches, or the value itself; nothing without a value."""
    if not indicator.steps:
        return or_nothing(value.copy())
    at_least = exp.GTE if plan.policies.boundary == "upper" else exp.GT
    branches: list[tuple[exp.Expr, exp.Expr]] = []
    for step in reversed(indicator.steps[1:]):
        test = at_least(this=value.copy(), expression=c.number(step.lower, EXACT))
        branches.append((test, c.number(step.rate, EXACT)))
    lowest = exp.Not(this=value.copy().is_(exp.null()))
    branches.append((lowest, c.number(indicator.steps[0].rate, EXACT)))
    return c.when(*branches, otherwise=c.number(0, EXACT))


# --- pools ----------------------------------------------------------------------------------------


def add_pool(
    figures: Figures, plan: Plan, component: Component, named: Mapping[str, str]
) -> exp.Expr:
    """A team's amount, shared out to whole minor units: every share is cut, and what is left goes,
    one unit each, to the largest remainders; of equal ones the first payee wins.
    """
    pool = component.pool
    assert pool is not None  # noqa: S101 -- the caller looked
    path = f"components/{component.id}/pool"
    totals = _team_totals(figures, pool.amount, named, path)
    total = in_plan_money(plan, or_nothing(over_figures(pool.amount, totals)))
    amount = figures.add(f"{path}/amount", total, MONEY)
    own = col(weight_of(component))
    share = or_nothing(own if pool.share is None else over_figures(pool.share, named))
    weight = figures.add(f"{path}/weight", c.greatest(share, c.number(0, EXACT), EXACT), EXACT)
    whole = figures.add(f"{path}/weights", _over_team(exp.Sum(this=weight.copy())), EXACT)
    unit = typed(c.whole(10 ** (4 - plan.digits)), c.WIDE)
    counted = typed(exp.IntDiv(this=c.unscaled(amount.copy(), MONEY), expression=unit), c.WIDE)
    units = figures.add(f"{path}/units", exp.Abs(this=counted), c.WIDE)
    product = exp.Mul(this=units.copy(), expression=c.unscaled(weight.copy(), EXACT))
    divisor = exp.Nullif(this=c.unscaled(whole.copy(), EXACT), expression=c.whole(0))
    scaled = figures.add(f"{path}/scaled", product, c.WIDE)
    cut = figures.add(f"{path}/cut", c.integer_quotient(scaled.copy(), divisor), c.WIDE)
    taken = exp.Mul(this=cut.copy(), expression=c.unscaled(whole.copy(), EXACT))
    rest = figures.add(
        f"{path}/rest", exp.Sub(this=scaled.copy(), expression=exp.Paren(this=taken)), c.WIDE
    )
    handed_out = _over_team(exp.Sum(this=cut.copy()))
    left = figures.add(f"{path}/left", exp.Sub(this=units.copy(), expression=handed_out), c.WIDE)
    order = [
        exp.Ordered(this=rest.copy(), desc=True, nulls_first=False),
        exp.Ordered(this=col("payee_id")),
    ]
    turn = figures.add(f"{path}/turn", _over_team(exp.RowNumber(), order), COUNT)
    extra = c.when((exp.LTE(this=turn, expression=left), c.whole(1)), otherwise=c.whole(0))
    part = exp.Add(this=cut.copy(), expression=typed(extra, c.WIDE))
    money = c.rescaled(exp.Mul(this=exp.Paren(this=part), expression=unit.copy()), MONEY)
    negative = exp.LT(this=amount.copy(), expression=c.number(0, MONEY))
    signed = c.when((negative, c.minus(c.number(0, MONEY), money.copy(), MONEY)), otherwise=money)
    in_team = c.both(
        exp.Not(this=col(TEAM).is_(exp.null())),
        exp.GT(this=whole.copy(), expression=c.number(0, EXACT)),
    )
    return c.when((in_team, signed), otherwise=c.number(0, MONEY))


def _over_team(what: exp.Expr, order: list[exp.Ordered] | None = None) -> exp.Window:
    return exp.Window(
        this=what,
        partition_by=[col(TEAM)],
        order=exp.Order(expressions=list(order)) if order else None,
    )


def _team_totals(
    figures: Figures, formula: Formula, named: Mapping[str, str], path: str
) -> dict[str, str]:
    """The team's sums of the figures that a formula uses; attainment is that of the sums."""
    found: dict[str, str] = {}
    for name in sorted(names_in(formula.root)):
        subject, _, part = name.partition(".")
        if part == "attainment":
            target = _team_sum(figures, named[f"{subject}.target"], path)
            measured = _team_sum(figures, named[name] + "/of", path)
            above = exp.GT(this=target.copy(), expression=c.number(0, EXACT))
            value = c.when((above, typed(ratio(measured, target), EXACT)), otherwise=c.null(EXACT))
            column = f"{path}/team/{named[name]}"
            if column not in figures.kinds:
                figures.add(column, value, EXACT)
            found[name] = column
        else:
            found[name] = str(_team_sum(figures, named[name], path).name)
    return found


def _team_sum(figures: Figures, column: str, path: str) -> exp.Column:
    name = f"{path}/team/{column}"
    if name not in figures.kinds:
        total = _over_team(exp.Sum(this=typed(col(column), EXACT)))
        figures.add(name, or_nothing(total), EXACT)
    return col(name)


# --- contests -------------------------------------------------------------------------------------


def add_contest(
    figures: Figures,
    plan: Plan,
    component: Component,
    named: Mapping[str, str],
    holds: exp.Expr | None,
) -> exp.Expr:
    """The prize of the payee's rank among those who take part.

    Who has no score, less than `at_least`, or does not meet the component's condition takes no
    part. Of equal scores all get the better prize, or share the prizes that they cover together.
    """
    contest = component.contest
    assert contest is not None  # noqa: S101 -- the caller looked
    path = f"components/{component.id}/contest"
    score: exp.Expr = over_figures(contest.score, named)
    tests: list[exp.Expr] = [holds.copy()] if holds is not None else []
    if contest.among == TEAM:
        tests.append(exp.Not(this=col(TEAM).is_(exp.null())))
    score = figures.add(f"{path}/value", score, EXACT)
    if contest.at_least is not None:
        tests.append(exp.GTE(this=score.copy(), expression=c.number(contest.at_least, EXACT)))
    if tests:
        score = c.when((c.both(*tests), score.copy()), otherwise=c.null(EXACT))
    score = figures.add(f"{path}/score", score, EXACT)
    group: list[exp.Expr] = [col(TEAM)] if contest.among == TEAM else []
    best = [exp.Ordered(this=score.copy(), desc=True, nulls_first=False)]
    rank = figures.add(
        f"{path}/rank",
        exp.Window(this=exp.Rank(), partition_by=[*group], order=exp.Order(expressions=best)),
        COUNT,
    )
    equals = exp.Window(this=exp.Count(this=exp.Star()), partition_by=[*group, score.copy()])
    tied = figures.add(f"{path}/tied", equals, COUNT)
    prizes = [Decimal(0), *contest.prizes]
    if contest.ties == "each":
        prize = _by_rank(rank, [*prizes[1:]])
    else:
        prize = _shared(figures, plan, path, rank, tied, prizes, [*group, score.copy()])
    absent = score.copy().is_(exp.null())
    return c.when((absent, c.number(0, MONEY)), otherwise=prize)


def _by_rank(rank: exp.Expr, amounts: list[Decimal]) -> exp.Expr:
    """The amount at a rank counted from 1; nothing beyond the last."""
    branches = [
        (exp.EQ(this=rank.copy(), expression=c.whole(place)), c.number(amount, MONEY))
        for place, amount in enumerate(amounts, start=1)
    ]
    return typed(c.when(*branches, otherwise=c.number(0, MONEY)), MONEY)


def _shared(
    figures: Figures,
    plan: Plan,
    path: str,
    rank: exp.Expr,
    tied: exp.Expr,
    prizes: list[Decimal],
    group: list[exp.Expr],
) -> exp.Expr:
    """The prizes from a rank on that equal scores cover, shared out in whole minor units."""
    through: list[Decimal] = []
    for prize in prizes:
        through.append((through[-1] if through else Decimal(0)) + prize)
    last = len(prizes) - 1
    before = exp.Sub(this=rank.copy(), expression=c.whole(1))
    covers = exp.Add(this=exp.Paren(this=before), expression=tied.copy())
    end = c.call("LEAST", covers, c.whole(last))
    sums = [(place, amount) for place, amount in enumerate(through)]

    def total(place: exp.Expr) -> exp.Expr:
        branches = [
            (exp.EQ(this=place.copy(), expression=c.whole(at)), c.number(amount, MONEY))
            for at, amount in sums
        ]
        return typed(c.when(*branches, otherwise=c.number(through[-1], MONEY)), MONEY)

    amount = figures.add(
        f"{path}/covered",
        c.minus(total(exp.Paren(this=end)), total(exp.Paren(this=before.copy())), MONEY),
        MONEY,
    )
    unit = typed(c.whole(10 ** (4 - plan.digits)), c.WIDE)
    counted = typed(exp.IntDiv(this=c.unscaled(amount, MONEY), expression=unit), c.WIDE)
    units = figures.add(f"{path}/units", counted, c.WIDE)
    cut = figures.add(f"{path}/cut", c.integer_quotient(units.copy(), tied.copy()), c.WIDE)
    left = exp.Sub(
        this=units.copy(),
        expression=exp.Paren(this=exp.Mul(this=cut.copy(), expression=typed(tied.copy(), c.WIDE))),
    )
    turn = figures.add(
        f"{path}/turn",
        exp.Window(
            this=exp.RowNumber(),
            partition_by=[part.copy() for part in group],
            order=exp.Order(expressions=[exp.Ordered(this=col("payee_id"))]),
        ),
        COUNT,
    )
    extra = c.when((exp.LTE(this=turn, expression=left), c.whole(1)), otherwise=c.whole(0))
    part = exp.Add(this=cut.copy(), expression=typed(extra, c.WIDE))
    return c.rescaled(exp.Mul(this=exp.Paren(this=part), expression=unit.copy()), MONEY)


__all__ = ["TEXT", "add_contest", "add_pool", "add_scorecard", "incentive_of"]
