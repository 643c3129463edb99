"""What payroll has not been given yet, and what it was given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, DecimalField, Exists, F, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from paceline.incentives.models import (
    PayPeriod,
    PayrollEntry,
    PayrollExport,
    PayrollPayment,
    Release,
    Shortfall,
    ShortfallRecovery,
    ShortfallTreatment,
)
from paceline.org.models import Person

NONE = Value(Decimal(0), output_field=DecimalField(max_digits=20, decimal_places=4))


def unpaid_releases(period: PayPeriod) -> QuerySet[Release]:
    """Releases that are in no payroll file, by employee number and currency."""
    return (
        Release.objects.filter(period=period, payroll_entry__isnull=True)
        .select_related("payee", "statement__run__period")
        .defer("statement__run__checks")
        .order_by("payee__number", "currency")
    )


def periods_waiting() -> list[tuple[PayPeriod, int]]:
    """Periods with releases in no payroll file, and how many; the oldest first."""
    waiting = Count("releases", filter=Q(releases__payroll_entry__isnull=True))
    rows = PayPeriod.objects.annotate(waiting=waiting).filter(waiting__gt=0)
    return [(period, period.waiting) for period in rows.order_by("starts_on")]


def short_releases() -> QuerySet[Release]:
    """Releases that wait for payroll and earned less than nothing, about which nobody decided.

    Runs that were settled are left out: nearly always their plans say what becomes of it. The
    preview of the file looks closely, at all of them.
    """
    return Release.objects.filter(
        payroll_entry__isnull=True, shortfall__isnull=True, statement__earned__lt=0
    ).exclude(statement__run__settlements__computed_at__isnull=False)


def exports_for(person: Person) -> QuerySet[PayrollExport]:
    return PayrollExport.objects.visible_to(person).select_related(
        "period", "exported_by", "csv_file", "xlsx_file"
    )


def payments_in(export: PayrollExport) -> QuerySet[PayrollPayment]:
    """The rows of a file that was made."""
    rows = PayrollPayment.objects.filter(entry__export=export)
    return rows.select_related("entry__payee", "entry__release__statement")


@dataclass(frozen=True, slots=True)
class OpenShortfall:
    """What was carried from a file that was made, and how much of it is still to be deducted."""

    shortfall: Shortfall
    left: Decimal


def carried_shortfalls() -> QuerySet[Shortfall]:
    """What was carried and is still to be deducted, the oldest first; ``left`` says how much."""
    return (
        Shortfall.objects.filter(
            treatment=ShortfallTreatment.CARRY,
            release__payroll_entry__isnull=False,
            closure__isnull=True,
        )
        .annotate(left=-F("amount") - Coalesce(Sum("recoveries__amount"), NONE))
        .filter(left__gt=0)
        .select_related("release__payee", "release__period")
        .order_by("release__period__starts_on", "pk")
    )


def carried_on(day: date) -> QuerySet[Shortfall]:
    """What is still to be deducted; ``is_employed`` says whether the payee is there on the day."""
    there = Person.objects.employed_on(day).filter(pk=OuterRef("release__payee"))
    return carried_shortfalls().annotate(is_employed=Exists(there))


def open_shortfalls(payees: Iterable[int]) -> dict[tuple[int, str], list[OpenShortfall]]:
    """By payee and currency what is still to be deducted, the oldest first. One query."""
    found: dict[tuple[int, str], list[OpenShortfall]] = defaultdict(list)
    for row in carried_shortfalls().filter(release__payee__in=set(payees)):
        key = row.release.payee_id, row.release.currency
        found[key].append(OpenShortfall(row, row.left))  # type: ignore[attr-defined]
    return found


def decisions_about(releases: Sequence[Release]) -> dict[int, Shortfall]:
    """By release what was decided about its pay below zero. One query."""
    rows = Shortfall.objects.filter(release__in=releases).select_related("decided_by")
    return {row.release_id: row for row in rows}


def recoveries_of(entry: PayrollEntry) -> QuerySet[ShortfallRecovery]:
    """What a payment was lessened by for earlier periods."""
    return entry.recoveries.select_related("shortfall__release__period").order_by("pk")
