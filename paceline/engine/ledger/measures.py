"""Measures and targets as figures of the payee."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import EXACT, MONEY, RATE, col, typed
from paceline.engine.formula.compile import compile_formula
from paceline.engine.formula.tree import Formula, needed_names
from paceline.engine.ledger.figures import Figures
from paceline.engine.plan.model import Measure, Plan, Quota
from paceline.engine.plan.scope import figures_of


def name_of(measure: str, window: str = windows.PERIOD) -> str:
    """The column of a measure in a window."""
    return f"measures/{measure}" if window == windows.PERIOD else f"measures/{measure}@{window}"


def counts_lines(name: str) -> bool:
    """A column counts the lines of a measure; a measure itself may be called `lines`."""
    head, _, last = name.rpartition("/")
    return last == "lines" and head.startswith("measures/")


def needed_measures(plan: Plan) -> dict[str, list[Measure]]:
    """The measures that are added up from lines, by the window in which somebody wants them."""
    found: dict[str, dict[str, Measure]] = {}

    def ask(name: str, window: str) -> None:
        measure = plan.measure(name)
        if measure.is_summed:
            own = windows.key_of(measure)
            key = window if own == windows.PERIOD else own
            found.setdefault(key, {})[name] = measure
        for part in measure.parts:
            ask(part, window)

    for measure in plan.measures:
        ask(measure.id, windows.PERIOD)
    for window, name in later_windows(plan):
        ask(name, window)
    return {window: list(measures.values()) for window, measures in found.items()}


def later_windows(plan: Plan) -> list[tuple[str, str]]:
    """The windows longer than the period in which a measure is wanted."""
    found: dict[tuple[str, str], None] = {}
    for component in plan.components:
        if component.rates is None or component.measure is None:
            continue
        unit = windows.window_of(plan, component)
        if windows.is_longer(plan, unit):
            rates = component.rates
            for name in (component.measure, *rates.read_by):
                found[windows.to_date(unit), name] = None
                found[windows.before(unit), name] = None
    for quota in plan.quotas:
        if windows.over(plan, quota.over) != windows.PERIOD:
            found[windows.over(plan, quota.over), quota.measure] = None
    return list(found)


def add_measures(
    figures: Figures, plan: Plan, window: str = windows.PERIOD, only: set[str] | None = None
) -> None:
    """The measures that are made of others, from those that the rows have; `only` some and what
    they are made of.
    """
    wanted = {measure.id for measure in plan.measures}
    if only is not None:
        wanted = set(only)
        for measure in reversed(plan.measures):
            if measure.id in wanted:
                wanted |= set(measure.parts)
    for measure in plan.measures:
        name = name_of(measure.id, window)
        if measure.id not in wanted or name in figures.kinds:
            continue
        if measure.kind == "ratio":
            first, second = (col(name_of(part, window)) for part in measure.parts)
            figures.add(name, quotient(first, second), EXACT)
        elif measure.kind == "formula":
            assert measure.of is not None  # noqa: S101 -- the plan was checked for it
            named = {
                word: name_of(column.removeprefix("measures/"), window)
                for word, column in figures_of(plan.measures).items()
            }
            figures.add(name, over_figures(measure.of, named), EXACT)
        elif name_of(measure.id) != name and name_of(measure.id) in figures.kinds:
            figures.add(name, col(name_of(measure.id)), EXACT)


def over_figures(formula: Formula, named: Mapping[str, str]) -> exp.Expr:
    """A formula over figures; where one that it needs is empty, so is the result."""
    value = compile_formula(formula.root, column=lambda name: col(named[name]))
    needed = sorted(needed_names(formula.root))
    if not needed:
        return value
    missing = c.either(*(col(named[name]).is_(exp.null()) for name in needed))
    return c.when((missing, exp.null()), otherwise=value)


def quotient(first: exp.Expr, second: exp.Expr) -> exp.Expr:
    """first ÷ second at twelve decimals, cut towards zero; empty where the second is zero."""
    lifted = exp.Mul(this=c.unscaled(first, EXACT), expression=typed(c.whole(10**12), c.WIDE))
    divisor = exp.Nullif(this=c.unscaled(second, EXACT), expression=typed(c.whole(0), c.WIDE))
    return c.rescaled(c.integer_quotient(typed(lifted, c.WIDE), divisor), EXACT)


def add_attainment(figures: Figures, plan: Plan, quota: Quota) -> None:
    """The ratio of measure and target. Without a target, or with one of zero, there is none.

    It is cut, not rounded, at eight decimals, so that 100 % is never shown before it is reached;
    decisions compare the exact amounts, never this figure.
    """
    target = col(f"quotas/{quota.id}/target")
    value = col(name_of(quota.measure, windows.over(plan, quota.over)))
    above = exp.GT(this=target.copy(), expression=c.number(0, MONEY))
    share = c.when((above, ratio(value, target)), otherwise=c.null(RATE))
    figures.add(f"quotas/{quota.id}/attainment", share, RATE)


def ratio(value: exp.Expr, target: exp.Expr) -> exp.Cast:
    """value / target at eight decimals, cut towards zero, by whole numbers: a value has 12 decimals
    and a target 4, so that their stored numbers divided are the ratio's.
    """
    divisor = exp.Nullif(
        this=c.unscaled(target.copy(), MONEY), expression=typed(c.whole(0), c.WIDE)
    )
    return c.rescaled(c.integer_quotient(c.unscaled(value, EXACT), divisor), RATE)
