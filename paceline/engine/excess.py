"""Whose digits were too many: which clause of a plan makes a figure that 38 digits do not hold.

Nothing of it is asked while runs succeed. One that failed is gone through again step by step; where
it fails, what is calculated there is halved until one figure is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from sqlglot import exp

from paceline.engine import checks
from paceline.engine import columns as c
from paceline.engine.errors import Problem
from paceline.engine.executor import Workspace
from paceline.engine.formula.compile import compile_formula
from paceline.engine.formula.tree import Formula
from paceline.engine.kept import Step
from paceline.engine.ledger.compile import Ledger
from paceline.engine.ledger.sums import OWN
from paceline.engine.plan.model import Component, Measure, Plan
from paceline.engine.shape import COUNTED
from paceline.engine.steps import lines
from paceline.engine.steps.days import Days, anchor_day

Make = Callable[[], exp.Query]
_ADJUSTED = ("multiplied", "multiplier_adjustment", "unrounded")


def of_lines(workspace: Workspace, ledger: Ledger) -> Problem | None:
    """The first clause whose formula over order lines does not hold the value of one of them."""
    plan, read = ledger.plan, sorted(lines.columns_read(ledger.shape))
    if _fails(
        workspace, f"{plan.hash} lines", _greatest(plan, [c.col(name, "l") for name in read])
    ):
        return checks.problem("amount_too_large", "order_lines")
    for clause, formula in _over_lines(ledger):
        value = compile_formula(formula.root, "l")
        if _fails(workspace, f"{plan.hash} {clause}", _greatest(plan, [value])):
            return _problem(clause)
    return None


def of_steps(
    workspace: Workspace, ledger: Ledger, days: Days, steps: Sequence[Step]
) -> Problem | None:
    """The clause for which a step, or else the ledger, cannot hold a figure; None where it is the
    amounts of the lines.
    """
    for contract, make in steps:
        name = contract.name
        try:
            workspace.create(name, make, variant=f"{ledger.plan.hash} {days} again")
            workspace.rows(f"count {name}", partial(_count, name))
        except workspace.overflows:
            return _of_step(workspace, ledger, days, name)
    return _of_ledger(workspace, ledger)


def _count(table: str) -> exp.Query:
    """The rows of a table: a database that puts its work off does it for them."""
    return c.select({"rows": c.count_rows()}).from_(c.source(table), copy=False)


def _of_step(workspace: Workspace, ledger: Ledger, days: Days, step: str) -> Problem | None:
    plan, shape = ledger.plan, ledger.shape
    kind, _, name = step.partition("_")
    if kind in {"matched", "sold", "tabled"}:
        return _problem(f"components/{name}/rates")
    if kind == "values":
        return _problem(f"measures/{name}")
    if step == "line_groups":
        with_splits = "credit_splits" in workspace.tables

        def groups(values: int) -> Make:
            own = replace(shape, values=shape.values[:values])
            return lambda: lines.line_groups(own, days, with_splits=with_splits)

        value = _first(workspace, f"{plan.hash} {days} groups", groups, len(shape.values))
        return _of_value(ledger, value)
    names = list(ledger.sums.names.items())

    def sums(count: int) -> Make:
        return replace(ledger.sums, names=dict(names[:count])).credited

    found = _first(workspace, f"{plan.hash} sums", sums, len(names))
    return None if found == 0 else _of_value(ledger, names[found - 1][0][0])


def _of_ledger(workspace: Workspace, ledger: Ledger) -> Problem | None:
    """The clause of the first figure that some payee's 38 digits do not hold; None for none."""
    places = [f"measures/{one.id}" for one in ledger.plan.measures]
    places += [f"quotas/{one.id}" for one in ledger.plan.quotas]
    places += [f"components/{one.id}" for one in ledger.plan.components]
    order = {place: at for at, place in enumerate(places)}
    figures = [
        name
        for name in ledger.figures.in_order(ledger.wanted())
        if place_of(name) in order  # all others are names, and the sum of the components
    ]
    figures.sort(key=lambda name: order[place_of(name)])

    def some(count: int) -> Make:
        return lambda: ledger.query(figures[:count] or ["payee_id"])

    found = _first(workspace, f"{ledger.plan.hash} figures", some, len(figures))
    if found == 0:
        return None
    return _problem(_clause(ledger.plan, figures[found - 1]))


def _over_lines(ledger: Ledger) -> Iterator[tuple[str, Formula]]:
    """The formulas over order lines, by their clauses, in the order of the plan."""
    for credit in ledger.plan.credits:
        for key, formula in (("when", credit.when), ("share", credit.share)):
            if formula is not None:
                yield f"credits/{credit.id}/{key}", formula
    for measure in ledger.plan.measures:
        if measure.of is not None and (measure.is_summed or measure.is_keyed):
            yield f"measures/{measure.id}", measure.of


def _greatest(plan: Plan, values: Sequence[exp.Expr]) -> Make:
    """The greatest of each value over every line that a window looks at."""

    def make() -> exp.Query:
        columns = {f"value_{place}": exp.Max(this=one) for place, one in enumerate(values)}
        query = c.select(columns).from_(c.source("in_order_lines", "l"), copy=False)
        anchor = anchor_day(plan.policies)
        return query.where(c.within(anchor, c.horizon(), c.period_ends()), copy=False)

    return make


def _of_value(ledger: Ledger, value: int) -> Problem | None:
    """The first measure that adds up a value of lines; none where that is their amount."""
    if value in {0, OWN, COUNTED}:
        return None
    summed: Sequence[Measure] = [one for one in ledger.plan.measures if one.is_summed]
    measure = next(one for one in summed if ledger.shape.index_of(one) == value)
    return _problem(f"measures/{measure.id}")


def _first(workspace: Workspace, key: str, make: Callable[[int], Make], most: int) -> int:
    """The least count with which a query fails: it fails with all greater ones, too, and with
    `most` for certain.
    """
    least, enough = 0, most
    while least < enough:
        middle = (least + enough) // 2
        if _fails(workspace, f"{key} {middle}", make(middle)):
            enough = middle
        else:
            least = middle + 1
    return least


def _fails(workspace: Workspace, key: str, make: Make) -> bool:
    try:
        workspace.fetch(f"excess {key}", make, few=True)
    except workspace.overflows:
        return True
    return False


def place_of(figure: str) -> str:
    """The measure, quota or component that a figure of the ledger belongs to."""
    kind, _, rest = figure.partition("/")
    name = rest.partition("/")[0].partition("@")[0]
    kind = "components" if kind in {"parts", "spread", "tabled"} else kind
    return f"{kind}/{name}"


def _clause(plan: Plan, figure: str) -> str:
    """The clause that makes a figure."""
    place = place_of(figure)
    kind, _, name = place.partition("/")
    if kind != "components":
        return place
    component, last = plan.component(name), figure.rpartition("/")[2]
    if last == "holds":
        return f"{place}/when"
    if last in _ADJUSTED and component.multipliers:
        return f"{place}/times"
    return f"{place}/{_form(component)}"


def _form(component: Component) -> str:
    """The clause that says how a component pays."""
    forms = ("rates", "scorecard", "pool", "contest")
    return next((one for one in forms if getattr(component, one) is not None), "pays")


def _problem(clause: str) -> Problem:
    return checks.problem("figure_too_large", clause, clause)
