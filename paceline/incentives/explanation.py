"""A statement taken apart for a reader: names, clauses in words, bounds and figures of each part.

The page and the PDF both show this, so they can never say different things.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import Component, Plan
from paceline.incentives.models import (
    LineThread,
    Statement,
    StatementComponent,
    StatementTier,
)
from paceline.incentives.models.plans import in_reader_language
from paceline.incentives.rejection_words import of_statement_component
from paceline.incentives.wording import anchor, in_words
from paceline.kernel import formats


@dataclass(frozen=True, slots=True)
class ExplainedTier:
    """A tier as read: its bounds, what lay in it, its rate, what it made, and its clause."""

    row: StatementTier
    bounds: str
    bounds_in_money: str
    base: str
    rate: str
    earned: Decimal
    clause: str
    is_reached: bool


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a condition, cap or floor took or gave after the tiers."""

    label: str
    amount: Decimal
    clause: str


@dataclass(frozen=True, slots=True)
class ExplainedComponent:
    """A component as read. ``measure`` and ``quota`` are worded in the unit of the measure."""

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
    rejected: tuple[str, ...] = ()

    @property
    def has_lines(self) -> bool:
        return bool(self.tiers)


def explain_statement(statement: Statement) -> tuple[ExplainedComponent, ...]:
    """Every component in plan order; the statement's parts must be there already (no query)."""
    threads: dict[int, list[LineThread]] = {}
    for thread in statement.threads.all():
        threads.setdefault(thread.component_id, []).append(thread)
    rows = list(statement.components.all())
    return tuple(
        replace(
            explain_component(row, statement, threads.get(row.pk, ())),
            rejected=of_statement_component(row, rows),
        )
        for row in rows
    )


def explain_component(
    row: StatementComponent, statement: Statement, threads: Iterable[LineThread] = ()
) -> ExplainedComponent:
    """One component in the reader's language, each figure with the clause that made it."""
    plan = documents.load(row.version.source)
    clause = plan.component(row.component)
    measure = None if clause.measure is None else plan.measure(clause.measure)
    quota = None if clause.quota is None else plan.quota(clause.quota)
    is_money = measure is None or measure.is_money
    return ExplainedComponent(
        row=row,
        name=in_reader_language(clause.name) or row.component,
        clause=in_words(plan, row.clause),
        plan_name=row.version.name,
        clause_url=clause_url(row, row.clause),
        measure=_quantity(row.measure, statement.currency, is_money=is_money),
        measure_clause="" if measure is None else in_words(plan, measure.clause),
        quota=_quantity(row.quota, statement.currency, is_money=is_money),
        quota_clause="" if quota is None else in_words(plan, quota.clause),
        tiers=tuple(
            explain_tier(tier, plan, clause, statement.currency) for tier in row.tiers.all()
        ),
        adjustments=tuple(_adjustments(row, plan, clause)),
        threads=tuple(threads),
        currency=statement.currency,
    )


def explain_tier(
    tier: StatementTier, plan: Plan, component: Component, currency: str
) -> ExplainedTier:
    """One tier with its bounds in the unit of the rate table, and in money for shares of quota."""
    rates = component.rates
    is_money = component.measure is None or plan.measure(component.measure).is_money
    by_share = rates is not None and rates.on == "attainment"

    def quantity(value: Decimal | None) -> str:
        return _quantity(value, currency, is_money=is_money)

    return ExplainedTier(
        row=tier,
        bounds=_span(
            formats.percent(tier.lower) if by_share else quantity(tier.lower),
            None
            if tier.upper is None
            else formats.percent(tier.upper)
            if by_share
            else quantity(tier.upper),
        ),
        bounds_in_money=_span(
            quantity(tier.lower_amount),
            None if tier.upper_amount is None else quantity(tier.upper_amount),
        )
        if by_share
        else "",
        base=quantity(tier.base),
        rate=formats.rate(tier.rate) if is_money else formats.money(tier.rate, currency),
        earned=tier.earned,
        clause=in_words(plan, tier.clause),
        is_reached=bool(tier.base),
    )


def clause_url(row: StatementComponent, clause: str) -> str:
    """The place in the plan's page where a clause stands."""
    version = row.version
    address = reverse("incentives:plan-version", args=[version.plan.code, version.number])
    return f"{address}#{anchor(clause)}"


def _adjustments(row: StatementComponent, plan: Plan, clause: Component) -> Iterable[Adjustment]:
    stated = (
        ("when", _("Condition not met"), row.condition_adjustment),
        ("cap", _("Cap"), row.cap_adjustment),
        ("floor", _("Floor"), row.floor_adjustment),
    )
    for key, label, amount in stated:
        if amount:
            yield Adjustment(label, amount, in_words(plan, f"{clause.clause}/{key}"))


def _quantity(value: Decimal | None, currency: str, *, is_money: bool) -> str:
    if value is None:
        return ""
    return formats.money(value, currency) if is_money else formats.number(value)


def _span(lower: str, upper: str | None) -> str:
    if upper is None:
        return _("from %(lower)s") % {"lower": lower}
    return f"{lower} – {upper}"
