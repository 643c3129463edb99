"""Statements and what is shown beside them."""

from __future__ import annotations

from django.db.models import Count, F, Prefetch, QuerySet

from paceline.incentives.models import (
    LineThread,
    Run,
    Statement,
    StatementComponent,
    StatementDetail,
    StatementTier,
)
from paceline.org.models import Person

HISTORY = 24
SIBLINGS = 100


def statements_for(person: Person) -> QuerySet[Statement]:
    """Statements the person may read, with whom and when they are about.

    What their runs checked is long, the same for each of them, and read by the run's page alone.
    """
    rows = Statement.objects.visible_to(person)
    return rows.select_related("payee", "period", "run", "release__payroll_entry").defer(
        "run__checks"
    )


def released_for(person: Person) -> QuerySet[Statement]:
    """Released statements the person may read: of a payee their own, of a lead the team's."""
    return statements_for(person).filter(release__isnull=False)


def statement_with_components(person: Person, pk: int) -> QuerySet[Statement]:
    """The statement with components and tiers: three queries."""
    tiers = StatementTier.objects.order_by("tier")
    components = (
        StatementComponent.objects.select_related("version__plan")
        .order_by("version__plan__code", "position")
        .prefetch_related(Prefetch("tiers", tiers))
    )
    rows = statements_for(person).filter(pk=pk)
    return rows.prefetch_related(Prefetch("components", components))


def statement_in_full(person: Person, pk: int) -> QuerySet[Statement]:
    """The statement with components, tiers, details and questions, for its page: five queries."""
    details = StatementDetail.objects.order_by("id")
    threads = LineThread.objects.visible_to(person).select_related("resolution", "component")
    return (
        statement_with_components(person, pk)
        .select_related(
            "run__requested_by",
            "release__released_by",
            "release__payroll_entry__export",
            "release__shortfall__closure",
        )
        .prefetch_related(
            Prefetch("components__details", details),
            Prefetch("threads", threads.annotate(said=Count("comments"))),
        )
    )


def beside(statement: Statement, person: Person) -> list[Statement]:
    """The payee's other statements in this currency that the person may read, of this period and of
    earlier ones, the latest first. One query.
    """
    rows = statements_for(person).filter(
        payee=statement.payee_id,
        currency=statement.currency,
        period__starts_on__lte=statement.period.starts_on,
    )
    latest = rows.exclude(pk=statement.pk).order_by("-period__starts_on", "-run__number")
    return list(latest[:SIBLINGS])


def history(statement: Statement, others: list[Statement]) -> list[Statement]:
    """The payee's released statements up to this one, of the statements beside it, oldest first.

    Only periods of the same length, so that the trend compares like with like. The statement
    itself always stands at the end.
    """
    first, kind = statement.period.starts_on, len_of(statement)
    earlier = [
        one
        for one in others
        if is_released(one) and one.period.starts_on < first and len_of(one) == kind
    ]
    return [*reversed(earlier[:HISTORY]), statement]


def is_released(statement: Statement) -> bool:
    """Whether the payee may read it."""
    return hasattr(statement, "release")


def len_of(statement: Statement) -> int:
    """Months in the statement's period."""
    period = statement.period
    first, before = period.starts_on, period.ends_before
    return (before.year - first.year) * 12 + before.month - first.month


def run_before(statement: Statement, person: Person) -> Statement | None:
    """The payee's statement of the run before, of the same period; if the person may read it."""
    earlier = statements_for(person).filter(
        payee=statement.payee_id,
        period=statement.period_id,
        currency=statement.currency,
        run__number__lt=statement.run.number,
    )
    return earlier.order_by("-run__number").first()


def may_be_compared(statement: Statement, others: list[Statement]) -> bool:
    """Whether the statements beside it hold one of the run before or of the period before."""
    kind = len_of(statement)
    return any(
        one.run.number < statement.run.number
        if one.period_id == statement.period_id
        else one.period.ends_before <= statement.period.starts_on and len_of(one) == kind
        for one in others
    )


def period_before(statement: Statement, person: Person) -> Statement | None:
    """The payee's statement of the period before: the released one, else of the latest run."""
    earlier = statements_for(person).filter(
        payee=statement.payee_id,
        period__ends_before=statement.period.starts_on,
        currency=statement.currency,
    )
    by_release = earlier.order_by(F("release__id").desc(nulls_last=True), "-run__number")
    kind = len_of(statement)
    return next((one for one in by_release[:6] if len_of(one) == kind), None)


def released_instead(statement: Statement, others: list[Statement]) -> Statement | None:
    """Another run's released statement of the same period, of the statements beside it."""
    same = (one for one in others if one.period_id == statement.period_id)
    return next((one for one in same if is_released(one)), None)


def statements_of(run: Run, person: Person) -> QuerySet[Statement]:
    """The statements of a run that the person may read."""
    return statements_for(person).filter(run=run)
