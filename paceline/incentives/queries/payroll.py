"""What payroll has not been given yet, and what it was given."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from paceline.incentives.models import PayPeriod, PayrollExport, PayrollPayment, Release
from paceline.org.models import Person


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


def exports_for(person: Person) -> QuerySet[PayrollExport]:
    return PayrollExport.objects.visible_to(person).select_related(
        "period", "exported_by", "csv_file", "xlsx_file"
    )


def payments_in(export: PayrollExport) -> QuerySet[PayrollPayment]:
    """The rows of a file that was made."""
    rows = PayrollPayment.objects.filter(entry__export=export)
    return rows.select_related("entry__payee", "entry__release__statement")
