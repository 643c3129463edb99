"""The linter over the product's own past: what is known of a plan, and what is found in a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import pyarrow as pa

from paceline.engine import Tables
from paceline.engine.lint.history import MAX_LINES
from paceline.goals.queries import targets_within
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import Finding, History, Measured, Target
from paceline.incentives.calculation.periods import containing
from paceline.incentives.calculation.rate_tables import imported_tables
from paceline.incentives.models import Plan, PlanVersion
from paceline.incentives.queries import plan_history as queries
from paceline.incentives.queries.rate_rows import rate_rows_mark, rate_rows_table
from paceline.orders.queries import latest_lines
from paceline.org.queries import teams

TARGETS_MAX = 2_000


def findings_of(
    version: PlanVersion,
    on: date,
    source: str | None = None,
    siblings: Iterable[PlanVersion] = (),
) -> tuple[Finding, ...]:
    """All that is found in a version's text, or in a text that is to become its own.

    ``on`` is the day of looking: only order lines before it are known. ``siblings``: versions of
    the plan that are at hand and need not be fetched again. Raises ``PlanInvalid``.
    """
    plan = documents.load(version.source if source is None else source)
    texts = {one.pk: one.source for one in siblings}
    past = history_for(version.plan, plan, version.effective_from, on, texts)
    return documents.lint(plan, past, rates_for(plan))


def open_serious(version: PlanVersion, on: date) -> list[Finding]:
    """Serious findings that nobody has accepted."""
    accepted = set(version.acceptances.values_list("key", flat=True))
    return [
        one
        for one in findings_of(version, on)
        if one.severity == "serious" and one.key not in accepted
    ]


def mended(version: PlanVersion, source: str, key: str, on: date) -> str | None:
    """The text with the mend of one of its findings made; None when there is none such."""
    try:
        found = findings_of(version, on, source)
    except documents.PlanInvalid:
        return None
    mend = next((one.mend for one in found if one.key == key), None)
    return None if mend is None else documents.apply_mend(source, mend)


def history_for(
    plan: Plan,
    document: documents.Plan,
    effective_from: date,
    on: date,
    texts: Mapping[int, str],
) -> History:
    """Past measures and quotas of the plan's last four periods, the quotas of the period that the
    text is for (the running one when it counts already), and the latest order lines of those
    concerned. ``texts`` has those of the plan's versions that are known. Four queries at most, six
    where there is a pool, each bounded.
    """
    figures = queries.past_figures(plan)
    measured, targets = _past(figures, texts)
    period = containing(max(effective_from, on), document.period, document.calendar)
    people = queries.concerned(plan, {one.payee_id for one in figures}, on)
    lines = latest_lines(people, on, MAX_LINES + 1, documents.columns_of(document))
    names = {quota.name for quota in document.quotas}
    coming = [
        Target(payee, period.key, name, amount)
        for name, payee, amount in targets_within(
            names, document.currency, period.starts_on, period.ends_before, TARGETS_MAX
        )
    ]
    known = {one.payee for one in figures}
    return History(
        tuple(measured),
        tuple(targets),
        tuple(one for one in coming if one.payee in known or not known),
        tuple(lines[:MAX_LINES]),
        len(lines) > MAX_LINES,
        _teams(plan, document, known, period.starts_on),
    )


def rates_for(document: documents.Plan) -> pa.Table | None:
    """The rows of the tables of rates that a text asks, read once while they stay what they are."""
    asked = tuple(sorted(imported_tables(document)))
    if not asked:
        return None
    key = (asked, rate_rows_mark({name for name, _by in asked}))
    if key not in _READ:
        rows = documents.rates_of(document, Tables({"rate_tables": rate_rows_table(asked)}))
        while len(_READ) >= TABLES_READ:
            _READ.pop(next(iter(_READ)))
        _READ[key] = rows
    return _READ[key]


_Key = tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[int, int, int]]
TABLES_READ = 2
_READ: dict[_Key, pa.Table | None] = {}


def _teams(
    plan: Plan, document: documents.Plan, known: set[str], on: date
) -> tuple[tuple[str, str], ...]:
    """Who of those whom the plan pays is in which team; only where a pool asks for it."""
    if not any(component.pool is not None for component in document.components):
        return ()
    paid = known | set(queries.paid_on(plan, on))
    rows = teams(on, on + timedelta(days=1)).to_pylist()
    return tuple(sorted((row["payee_id"], row["team"]) for row in rows if row["payee_id"] in paid))


def _past(
    figures: Sequence[queries.PastFigure], texts: Mapping[int, str]
) -> tuple[list[Measured], list[Target]]:
    """Each figure as what its own version meant by it."""
    used = {one.version_id for one in figures}
    unknown = used - texts.keys()
    known = {**texts, **queries.sources_of(unknown)} if unknown else texts
    plans = {pk: documents.load(known[pk]) for pk in used}
    meanings: dict[tuple[int, str], tuple[str, str]] = {}
    for pk, plan in plans.items():
        for component in plan.components:
            measure = plan.measure_of(component)
            quota = plan.quota(component.quota).name if component.quota else ""
            meaning = documents.meaning_of(plan, measure) if measure is not None else ""
            meanings[pk, component.id] = (meaning, quota)
    measured: dict[tuple[str, str, str], Measured] = {}
    targets: dict[tuple[str, str, str], Target] = {}
    for one in figures:
        meaning, quota = meanings.get((one.version_id, one.component), ("", ""))
        if meaning and one.measure is not None:
            key = (one.payee, one.period, meaning)
            measured[key] = Measured(one.payee, one.period, meaning, one.measure)
        if quota and one.quota is not None:
            targets[one.payee, one.period, quota] = Target(one.payee, one.period, quota, one.quota)
    return list(measured.values()), list(targets.values())
