"""A statement taken apart for a reader: names, clauses in words, bounds and figures of each part.

The page and the PDF both show this, so they can never say different things.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import Component, Plan, Tier
from paceline.incentives.models import (
    LineThread,
    Statement,
    StatementComponent,
    StatementTier,
)
from paceline.incentives.models.plans import in_reader_language
from paceline.incentives.rejection_words import of_statement_component
from paceline.incentives.statement_details import Details, details_of
from paceline.incentives.wording import (
    anchor,
    bound_of,
    days_of,
    in_type,
    in_unit,
    in_words,
    paid_by,
    policy_sentence,
)
from paceline.incentives.wording.rows import row_key
from paceline.kernel import formats


@dataclass(frozen=True, slots=True)
class ExplainedTier:
    """A tier as read: its bounds, what lay in it, its rate, what it made, and its clause.

    ``working`` says what was paid on what: a base and its rate, or the amount that is paid whole.
    """

    row: StatementTier
    bounds: str
    bounds_in_money: str
    base: str
    rate: str
    working: str
    earned: Decimal
    earned_text: str
    clause: str
    is_reached: bool


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What multipliers, a condition, cap or floor took or gave after the tiers."""

    label: str
    amount: str
    clause: str


@dataclass(frozen=True, slots=True)
class ExplainedDetail:
    """A row of the table under a scorecard, a pool or a contest, with its clause in words."""

    label: str
    cells: tuple[str, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class ExplainedDetails:
    """The table itself; without a ``head`` each row is a figure under its name."""

    head: tuple[str, ...]
    rows: tuple[ExplainedDetail, ...]


@dataclass(frozen=True, slots=True)
class ExplainedComponent:
    """A component as read. ``measure`` and ``quota`` are worded in the unit of the measure.

    ``days`` says on which days of the period the plan paid, when not on all of them; ``belongs``
    by which day a line belongs to a period, when not by that of the order.
    """

    row: StatementComponent
    name: str
    clause: str
    plan_name: str
    clause_url: str
    measure: str
    measure_clause: str
    quota: str
    quota_clause: str
    tiers: tuple[ExplainedTier, ...]
    adjustments: tuple[Adjustment, ...]
    threads: tuple[LineThread, ...]
    currency: str
    earned: str
    details: ExplainedDetails | None
    has_lines: bool
    days: str = ""
    belongs: str = ""
    belongs_url: str = ""
    rejected: tuple[str, ...] = ()
    folds: bool = False

    @property
    def is_money(self) -> bool:
        return self.row.unit == "money"

    @property
    def shown(self) -> tuple[ExplainedTier, ...]:
        """The tiers that are told at once: of grids and of tiers that change on a day those that
        took something, of other tables all.
        """
        return tuple(tier for tier in self.tiers if tier.is_reached or not self.folds)

    @property
    def folded(self) -> tuple[ExplainedTier, ...]:
        return tuple(tier for tier in self.tiers if self.folds and not tier.is_reached)

    @property
    def folded_text(self) -> str:
        count = len(self.folded)
        text = ngettext(
            "%(count)s other tier took nothing", "%(count)s other tiers took nothing", count
        )
        return text % {"count": formats.number(count)}


def explain_statement(statement: Statement) -> tuple[ExplainedComponent, ...]:
    """Every component in plan order, those of money first; the statement's parts must be there
    already (no query). What two plans call the same carries the name of its plan.
    """
    threads: dict[int, list[LineThread]] = {}
    for thread in statement.threads.all():
        threads.setdefault(thread.component_id, []).append(thread)
    rows = list(statement.components.all())
    found = [
        replace(
            explain_component(row, statement, threads.get(row.pk, ())),
            rejected=of_statement_component(row, rows),
        )
        for row in rows
    ]
    times = Counter(one.name for one in found)
    told_apart = (
        replace(one, name=f"{one.name} · {one.plan_name}") if times[one.name] > 1 else one
        for one in found
    )
    return tuple(sorted(told_apart, key=lambda one: not one.is_money))


def component_name(row: StatementComponent) -> str:
    """What the reader calls a component of a statement."""
    clause = documents.load(row.version.source).component(row.component)
    return in_reader_language(clause.name) or row.component


def explain_component(
    row: StatementComponent, statement: Statement, threads: Iterable[LineThread] = ()
) -> ExplainedComponent:
    """One component in the reader's language, each figure with the clause that made it."""
    plan = documents.load(row.version.source)
    clause = plan.component(row.component)
    details = details_of(plan, clause, list(row.details.all()), statement.payee)
    measure = None if clause.measure is None else plan.measure(clause.measure)
    quota = None if clause.quota is None else plan.quota(clause.quota)
    is_money = measure is None or measure.is_money
    day = plan.policies.anchor
    return ExplainedComponent(
        row=row,
        name=in_reader_language(clause.name) or row.component,
        clause=in_words(plan, row.clause),
        plan_name=row.version.name,
        clause_url=clause_url(row, row.clause),
        measure=""
        if row.measure is None or measure is None
        else in_type(plan, measure.type, row.measure),
        measure_clause="" if measure is None else in_words(plan, measure.clause),
        quota=_quantity(row.quota, statement.currency, is_money=is_money),
        quota_clause="" if quota is None else in_words(plan, quota.clause),
        folds=clause.rates is not None and bool(clause.rates.across or clause.rates.dated),
        tiers=tuple(
            explain_tier(tier, plan, clause, statement.currency) for tier in row.tiers.all()
        ),
        adjustments=tuple(_adjustments(row, plan, clause)),
        threads=tuple(threads),
        currency=statement.currency,
        earned=in_unit(plan, row.unit, row.earned),
        details=_in_sentences(plan, details),
        has_lines=clause.rates is not None and documents.is_followed(plan, clause),
        days=_days(statement, row.version.plan.code),
        belongs="" if day == "booking" else policy_sentence("anchor", day),
        belongs_url=clause_url(row, "policies/anchor"),
    )


def _days(statement: Statement, plan_code: str) -> str:
    """On which days the plan paid, out of how many."""
    ranges = [
        (date.fromisoformat(first), date.fromisoformat(before))
        for first, before in statement.days.get(plan_code, ())
    ]
    if not ranges:
        return ""
    count = sum((before - first).days for first, before in ranges)
    return _("Counts %(days)s: %(count)d of the %(all)d days of the period.") % {
        "days": " · ".join(formats.span_of_days(first, before) for first, before in ranges),
        "count": count,
        "all": (statement.period.ends_before - statement.period.starts_on).days,
    }


def _in_sentences(plan: Plan, details: Details | None) -> ExplainedDetails | None:
    if details is None:
        return None
    rows = (ExplainedDetail(row.label, row.cells, in_words(plan, row.path)) for row in details.rows)
    return ExplainedDetails(details.head, tuple(rows))


def explain_tier(
    tier: StatementTier, plan: Plan, component: Component, currency: str
) -> ExplainedTier:
    """One tier with its bounds in the unit of the rate table, and in money for shares of quota."""
    rates = component.rate_table
    measure = plan.measure(component.measure or "")
    if rates.imported is None:
        cell = rates.tiers[tier.tier - 1]
    else:
        cell = Tier(tier.lower, tier.upper, tier.rate, tier.clause)
    bound = formats.percent if rates.on == "attainment" else bound_of(plan, component, rates)

    def quantity(value: Decimal) -> str:
        return _quantity(value, currency, is_money=measure.is_money)

    bounds = _span(bound(tier.lower), None if tier.upper is None else bound(tier.upper))
    for name, (lower, upper) in zip(rates.across, cell.across, strict=True):
        across = plan.measure(name)
        end = None if upper is None else in_type(plan, across.type, upper)
        bounds = f"{bounds} · {_span(in_type(plan, across.type, lower), end)}"
    bounds = " · ".join(filter(None, [_row_of(tier), bounds, days_of(rates, cell)]))
    base, rate = quantity(tier.base), paid_by(plan, component, rates, cell)
    return ExplainedTier(
        row=tier,
        bounds=bounds,
        bounds_in_money=_span(
            quantity(tier.lower_amount),
            None if tier.upper_amount is None else quantity(tier.upper_amount),
        )
        if rates.on == "attainment" and tier.lower_amount is not None
        else "",
        base=base,
        rate=rate,
        working=f"{base} × {rate}" if rates.value == "rate" else rate,
        earned=tier.earned,
        earned_text=in_unit(plan, component.unit, tier.earned),
        clause=in_words(plan, tier.clause),
        is_reached=bool(tier.base) or bool(tier.earned),
    )


def _row_of(tier: StatementTier) -> str:
    """Which row of a table of rates a tier is; empty for tiers that the plan states."""
    if not tier.key:
        return ""
    return _("row %(row)s (%(key)s)") % {"row": formats.number(tier.tier), "key": row_key(tier.key)}


def clause_url(row: StatementComponent, clause: str) -> str:
    """The place in the plan's page where a clause stands."""
    version = row.version
    address = reverse("incentives:plan-version", args=[version.plan.code, version.number])
    return f"{address}#{anchor(clause)}"


def _adjustments(row: StatementComponent, plan: Plan, clause: Component) -> Iterable[Adjustment]:
    factors = " ".join(in_words(plan, one.clause) for one in clause.multipliers)
    stated = (
        (factors, _("Multipliers"), row.multiplier_adjustment),
        (in_words(plan, f"{clause.clause}/when"), _("Condition not met"), row.condition_adjustment),
        (in_words(plan, f"{clause.clause}/cap"), _("Cap"), row.cap_adjustment),
        (in_words(plan, f"{clause.clause}/floor"), _("Floor"), row.floor_adjustment),
    )
    for text, label, amount in stated:
        if amount:
            yield Adjustment(label, in_unit(plan, clause.unit, amount), text)


def _quantity(value: Decimal | None, currency: str, *, is_money: bool) -> str:
    if value is None:
        return ""
    return formats.money(value, currency) if is_money else formats.number(value)


def _span(lower: str, upper: str | None) -> str:
    if upper is None:
        return _("from %(lower)s") % {"lower": lower}
    return f"{lower} – {upper}"
