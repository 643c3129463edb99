"""Findings about what a plan makes of values that may be missing, of one currency alone, or of a
target for other days.
"""

from __future__ import annotations

from collections.abc import Iterator

from paceline.engine.formula.tree import Formula, currencies_in, needed_names
from paceline.engine.lint.findings import Edit, Finding, Severity
from paceline.engine.lint.mends import tried
from paceline.engine.lint.messages import message
from paceline.engine.periods import MONTHS_OF
from paceline.engine.plan.model import Component, Measure, Plan
from paceline.engine.plan.scope import word
from paceline.engine.windows import PERIOD


def missing_as_zero(plan: Plan) -> Iterator[Finding]:
    """Rate tables read by a measure that some payees may not have: it then reads as zero
    (docs/calculation.md, 7.11), which may be the best value of all.
    """
    for component in plan.components:
        for measure, place in _read_by(plan, component):
            if not may_be_missing(plan, measure):
                continue
            rates = component.rate_table
            is_best = any(tier.rate < rates.tiers[0].rate for tier in rates.tiers)
            severity: Severity = "warning" if is_best else "note"
            params: dict[str, str | int] = {"component": component.id, "measure": measure.id}
            yield Finding(
                "missing_as_zero", severity, f"{rates.clause}/{place}",
                message("missing_as_zero", {}, params), params=params,
                basis=(measure.id, measure.kind),
            )  # fmt: skip


def _read_by(plan: Plan, component: Component) -> list[tuple[Measure, str]]:
    """The measures by which a component's tiers are found, other than sums over its lines."""
    rates = component.rates
    if rates is None:
        return []
    found = [(rates.subject, "by"), *((name, "across") for name in rates.across)]
    if rates.subject is None and rates.value != "rate" and rates.quota is None:
        found.append((component.measure, "tiers"))
    return [(plan.measure(name), place) for name, place in found if name is not None]


def may_be_missing(plan: Plan, measure: Measure) -> bool:
    """Whether a payee may have no value of a measure (docs/calculation.md, 5.6 to 5.10)."""
    if measure.kind in {"ratio", "figure", "min", "max"}:
        return True
    if measure.kind != "formula" or measure.of is None:
        return False
    needed = needed_names(measure.of.root)
    parts = (plan.measure(name) for name in measure.parts)
    return any(word(part.id) in needed and may_be_missing(plan, part) for part in parts)


def one_currency(plan: Plan) -> Iterator[Finding]:
    """Formulas over order lines with an amount in a currency: lines in any other refuse the run
    (docs/calculation.md, 5.5).
    """
    formulas: list[tuple[str, Formula | None]] = []
    for credit in plan.credits:
        formulas += [
            (f"{credit.clause}/when", credit.when),
            (f"{credit.clause}/share", credit.share),
        ]
    formulas += [(f"{one.clause}/of", one.of) for one in plan.measures if one.credits]
    for clause, formula in formulas:
        found = sorted(currencies_in(formula.root)) if formula is not None else []
        if formula is None or not found:
            continue
        params: dict[str, str | int] = {"formula": formula.text, "literal": ", ".join(found)}
        yield Finding(
            "one_currency", "note", clause, message("one_currency", {}, params), params=params,
            basis=(formula.text,),
        )  # fmt: skip


def quota_windows(plan: Plan) -> Iterator[Finding]:
    """Quotas of measures that look at other days than the target is for (docs/calculation.md, 6.4):
    three months of sales held against one month's target. A campaign may have a target of its own.
    """
    for quota in plan.quotas:
        measure = plan.measure(quota.measure)
        over = plan.period if quota.over == PERIOD else quota.over
        if measure.window is None or measure.window.kind == "campaign":
            continue
        if measure.window.kind == "to-date" and measure.window.unit == over:
            continue
        if measure.window.kind == "rolling" and measure.window.months == MONTHS_OF[over]:
            continue
        params: dict[str, str | int] = {"measure": measure.id, "quota": quota.id}
        yield Finding(
            "quota_window", "warning", f"{quota.clause}/measure",
            message("quota_window", {}, params), params=params,
            basis=(measure.id, measure.window.kind, measure.window.unit, over),
        )  # fmt: skip


def two_retroactivities(plan: Plan) -> Iterator[Finding]:
    """Policies and a settlement that differ over closed periods: the settlement acts, but whoever
    reads the policies believes otherwise (docs/settlement.md, S4).
    """
    if plan.settlement is None:
        return
    stated, acted = plan.policies.retroactivity, plan.settlement.retroactivity
    if stated == acted:
        return
    params: dict[str, str | int] = {"stated": stated, "acted": acted}
    mend = tried(plan, "as_settled", Edit("policies/retroactivity", acted))
    yield Finding(
        "two_retroactivities", "serious", "policies/retroactivity",
        message("two_retroactivities", {}, params), params=params, mend=mend,
        basis=(stated, acted),
    )  # fmt: skip
