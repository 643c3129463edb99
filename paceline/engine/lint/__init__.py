"""The linter: what a plan will do to people that its author may not have meant.

`lint(plan, history)` looks at a plan before it is published and lists what somebody should decide
on with open eyes, with exact amounts. docs/linter.md says what each finding is and what stands
behind it. Gaps, overlaps and missing policies never get here: such a text is no plan (`check_plan`
refuses it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext

import pyarrow as pa

from paceline.engine.lint.contests import contests, knows_scores
from paceline.engine.lint.costs import above_whole, caps, margin_of, margins, whole_amounts
from paceline.engine.lint.curves import cliffs, crowds, zones
from paceline.engine.lint.days import by_days
from paceline.engine.lint.findings import SEVERITIES, Edit, Finding, Mend, Severity
from paceline.engine.lint.grids import grids, is_grid
from paceline.engine.lint.history import (
    History,
    Measured,
    Target,
    columns_of,
    history_of,
    latest_lines,
    meaning_of,
)
from paceline.engine.lint.mends import apply_mend
from paceline.engine.lint.messages import message
from paceline.engine.lint.people import judges, unreachable_quotas
from paceline.engine.lint.pools import pools
from paceline.engine.lint.pulls import opposed
from paceline.engine.lint.rate_rows import (
    rates_of,
    refusal,
    refused_rows,
    tabled,
    unknown_of,
)
from paceline.engine.lint.readings import (
    missing_as_zero,
    one_currency,
    quota_windows,
    two_retroactivities,
)
from paceline.engine.lint.rules import compares, dead_rules, shadowed_rules
from paceline.engine.lint.scorecards import knows_gates, scorecards
from paceline.engine.lint.subject import Subject, not_followed, subject_of
from paceline.engine.money import EXACT
from paceline.engine.plan.model import Component, Plan

__all__ = [
    "MAX_FINDINGS",
    "Edit",
    "Finding",
    "History",
    "Measured",
    "Mend",
    "Severity",
    "Target",
    "apply_mend",
    "columns_of",
    "history_of",
    "latest_lines",
    "lint",
    "meaning_of",
    "rates_of",
]

MAX_FINDINGS = 200
MAX_COMPONENTS = 60
MAX_TURNS = 10_000  # the squares of the numbers of tiers, added up


def lint(
    plan: Plan, history: History | None = None, rates: pa.Table | None = None
) -> tuple[Finding, ...]:
    """Every finding, the grave ones first, each in the order of the plan.

    `rates` are the rows of the tables of rates that the plan asks, as `rates_of` gives them. What
    needs history and has none is said as a finding of severity `unseen`, so that silence always
    means that it was looked at.
    """
    with localcontext(EXACT):
        found = list(_findings(plan, history, rates))
    ranks = {severity: place for place, severity in enumerate(SEVERITIES)}
    places = _places(plan)
    found.sort(key=lambda one: (ranks[one.severity], places.get(_head(one.clause), len(places))))
    return tuple({one.key: one for one in found}.values())[:MAX_FINDINGS]


def _findings(plan: Plan, history: History | None, rates: pa.Table | None) -> Iterator[Finding]:
    refused = refused_rows(plan, rates) if rates is not None else {}
    subjects: list[Subject] = []  # those that are held against each other
    looked_at: list[Subject] = []
    orders: dict[str, Decimal | None] = {}
    turns = 0
    for place, component in enumerate(plan.components):
        turns += len(component.rates.tiers) ** 2 if component.rates is not None else 1
        too_many = turns > MAX_TURNS or place >= MAX_COMPONENTS
        *earlier, last = by_days(component)
        if not too_many and is_shared(last):
            for one in (*earlier, last):
                yield from _of_kind(plan, one, history)
            continue
        if component.rates is not None and component.rates.imported is not None:
            yield from _of_rows(plan, component, history, rates, refused)
            continue
        reason = "many" if too_many else not_followed(plan, last)
        if reason:
            yield _unseen("pay_curve", reason, component.clause, component=component.id)
            continue
        found = [subject_of(plan, one, history, orders) for one in (*earlier, last)]
        looked_at += [one for one in found if one is not None]
        subjects += [one for one in found[-1:] if one is not None]
    for subject in looked_at:
        others = [
            one
            for one in subjects
            if one.component.id != subject.component.id and one.measure.id == subject.measure.id
        ]
        yield from cliffs(subject)
        yield from zones(subject, others)
        yield from caps(subject)
        yield from whole_amounts(subject)
        yield from crowds(subject)
    yield from above_whole(plan)
    yield from margins(subjects, margin_of(plan, history))
    yield from dead_rules(plan, history)
    yield from shadowed_rules(plan)
    yield from opposed(tuple(subjects))
    yield from missing_as_zero(plan)
    yield from one_currency(plan)
    yield from quota_windows(plan)
    yield from two_retroactivities(plan)
    if history is not None:
        yield from unreachable_quotas(plan, history)
    yield from _not_looked_at(plan, history, subjects)


def is_shared(component: Component) -> bool:
    """The component has checks of its own instead of a run of pay along one measure."""
    parts = (component.scorecard, component.pool, component.contest)
    return is_grid(component) or any(one is not None for one in parts)


def _of_kind(plan: Plan, component: Component, history: History | None) -> Iterator[Finding]:
    """Grids, scorecards, pools and contests; what needs a past that is not known is said."""
    clause = component.clause
    unknown: list[str] = []
    if component.scorecard is not None:
        yield from scorecards(plan, component, history)
        unknown += [] if knows_gates(plan, component, history) else ["gates"]
    elif component.pool is not None:
        yield from pools(plan, component, history)
        unknown += [] if history is not None and history.teams else ["teams"]
    elif component.contest is not None:
        yield from contests(plan, component, history)
        unknown += [] if knows_scores(plan, component, history) else ["scores"]
    else:
        yield from grids(plan, component, history)
    reason = "history" if history is None else "measure"
    for check in unknown:
        why = "teams" if check == "teams" and history is not None else reason
        yield _unseen(check, why, clause, component=component.id)


def _of_rows(
    plan: Plan,
    component: Component,
    history: History | None,
    rates: pa.Table | None,
    refused: Mapping[str, Sequence[tuple[str, str, str, int]]],
) -> Iterator[Finding]:
    """A component whose tiers are rows; what of it cannot be looked at is said."""
    imported = component.rates.imported if component.rates is not None else None
    faults = refused.get(imported.name, ()) if imported is not None else ()
    if rates is None:
        yield _unseen("pay_curve", "rows", component.clause, component=component.id)
        return
    for code, subject, detail, count in faults:
        yield refusal(component, code, (subject, detail, count))
    if faults:
        return
    yield from tabled(plan, component, rates, history)
    for check, reason in unknown_of(plan, component, rates, history):
        yield _unseen(check, reason, component.clause, component=component.id)


def _not_looked_at(
    plan: Plan, history: History | None, subjects: list[Subject]
) -> Iterator[Finding]:
    """What could not be looked at because nothing, or too little, is known of the past."""
    reason = "history" if history is None else "measure"
    for subject in subjects:
        if not subject.observed:
            yield _unseen(
                "people", reason, subject.component.clause, component=subject.component.id
            )
    if margin_of(plan, history) is None and any(
        subject.component.rates is not None for subject in subjects
    ):
        yield _unseen("margin", "history" if history is None else "cost", "components")
    if any(credit.when for credit in plan.credits) and not (history and history.lines):
        yield _unseen("rules", "history" if history is None else "lines", "credits")
    if not compares(plan):
        yield _unseen("overlaps", "rules", "credits")
    for quota in plan.quotas:
        if history is None or not judges(plan, quota, history):
            yield _unseen(
                "quotas",
                "history" if history is None else "periods",
                quota.clause,
                quota=quota.id,
            )


REASONS = {
    "kind": "the linter does not know this kind of component yet",
    "rates": "the linter does not know this kind of rate table yet",
    "rows": "the rows of its table of rates are not at hand",
    "keys": "they hold for what all keys of its table of rates earn together",
    "condition": "the condition looks at another measure than the rates",
    "measure": "nothing is known of a measure with this meaning in past periods",
    "many": "the plan has more components and tiers than are looked at",
    "rules": "the rules are too many or too long to hold each against each",
    "history": "nothing is known of past periods",
    "cost": "no order line in the plan's currency has a known cost",
    "lines": "no order line is known",
    "teams": "nobody is known to be in a team",
    "periods": "fewer than two past periods of anybody with this quota are known",
}
CHECKS = {
    "pay_curve": "the run of pay",
    "limits": "cap, floor and condition",
    "gates": "whether anybody passes the gates",
    "teams": "how many share a pool",
    "scores": "how many compete, and how close they were",
    "people": "who stood near a boundary or a cap",
    "margin": "pay against contribution margin",
    "overlaps": "whether rules leave others nothing",
    "rules": "whether credit rules matched lines",
    "quotas": "whether the quota can be reached",
}


def _unseen(check: str, reason: str, clause: str, **params: str) -> Finding:
    said = {"check": CHECKS[check], "reason": REASONS[reason]}
    return Finding(
        "not_looked_at", "unseen", clause, message("not_looked_at", {}, said),
        params={"check": check, "reason": reason, **params}, basis=(check, reason),
    )  # fmt: skip


def _places(plan: Plan) -> dict[str, int]:
    clauses = [
        *(one.clause for one in plan.components),
        *(one.clause for one in plan.quotas),
        *(one.clause for one in plan.measures),
        *(one.clause for one in plan.credits),
    ]
    return {clause: place for place, clause in enumerate(clauses)}


def _head(clause: str) -> str:
    """The clause of the list member that a path leads into."""
    return "/".join(clause.split("/")[:2])
