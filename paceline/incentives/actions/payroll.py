"""Handing released pay to payroll: each release once, in one file with count, totals and hash."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from paceline.files.actions import store_file
from paceline.files.models import StoredFile
from paceline.incentives.actions.runs import lock_period
from paceline.incentives.calculation.handover import Handover
from paceline.incentives.calculation.payments import (
    Amounts,
    Pay,
    payments_of,
)
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
from paceline.incentives.queries.payroll import unpaid_releases
from paceline.kernel import audit, sheets
from paceline.kernel.money import in_currency_digits, written_amount
from paceline.live.actions import publish
from paceline.org.models import Person
from paceline.webhooks.actions import announce

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = (
    "export_id",
    "period",
    "employee_number",
    "name",
    "currency",
    "amount",
    "statement",
    "run",
    "run_fingerprint",
)


class NotExported(Exception):
    """No file was made, for the reason that the kind of this exception names."""


class NothingToExport(Exception):
    """Every released statement of the period was handed over already."""


class ExportIdTaken(NotExported):
    """The id belongs to an export of another period."""


class ChangedSincePreview(NotExported):
    """What would be handed over is no longer what its reader saw and agreed to."""


class AmountNotPayable(Exception):
    """An amount has more digits than its currency; it would be paid wrong."""


class ShortfallsUndecided(NotExported):
    """Pay of ``releases`` is below zero under plans that do not settle, and nobody said what
    becomes of it.
    """

    def __init__(self, releases: Sequence[int]) -> None:
        super().__init__(f"{len(releases)} releases")
        self.releases = tuple(releases)


class RunNotSettled(NotExported):
    """What a run pays is not settled yet, or not as holds and earlier periods stand now."""


class EarlierPayUnsettled(NotExported):
    """Released pay of an earlier period is still to be settled, and could not be after this."""


class EarlierRunDiffers(NotExported):
    """Released pay of an earlier period is of another run than the one that this goes on from."""


@transaction.atomic
def export_payroll(
    *, period: PayPeriod, export_id: UUID, by: Person, at: datetime, seen: str | None = None
) -> PayrollExport:
    """Hand over every release of the period that was not handed over yet.

    The page makes ``export_id`` before it is sent: the same id gives the same export, so a double
    click exports once. ``seen`` is the ``mark_of`` the payments that were shown before: others are
    not handed over unseen. Plans that settle pay what is payable, all others what was earned, less
    what was carried from earlier files.
    Raises ``NothingToExport``, ``ExportIdTaken``, ``RunNotSettled``, ``ChangedSincePreview``,
    ``EarlierPayUnsettled``, ``EarlierRunDiffers``, ``ShortfallsUndecided`` and
    ``AmountNotPayable``.
    """
    period = lock_period(period)
    earlier = PayrollExport.objects.filter(export_id=export_id).first()
    if earlier is not None:
        if earlier.period_id != period.pk:
            raise ExportIdTaken(export_id)
        return earlier
    releases = list(unpaid_releases(period))
    if not releases:
        raise NothingToExport(period)
    handover = Handover(period, releases)
    if handover.unsettled():
        raise RunNotSettled(period)
    if handover.left_behind():
        raise EarlierPayUnsettled(period)
    if handover.built_on_others():
        raise EarlierRunDiffers(period)
    _lock_carried(releases)
    payments = payments_of(releases)
    if seen is not None and seen != mark_of(payments):
        raise ChangedSincePreview(period)
    undecided = [pk for pk, pay in payments.items() if pay.is_undecided]
    if undecided:
        raise ShortfallsUndecided(undecided)
    rows = [
        _row(release, export_id, period, amount, currency)
        for release in releases
        for currency, amount in payments[release.pk].amounts.items()
    ]
    csv_file, xlsx_file = _store(rows, f"payroll-{period.key}-{export_id}", by=by, at=at)
    export = PayrollExport.objects.create(
        export_id=export_id,
        period=period,
        count=len(rows),
        totals={key: str(total) for key, total in totals(payments.values()).items()},
        csv_file=csv_file,
        xlsx_file=xlsx_file,
        exported_by=by,
        exported_at=at,
    )
    entries = PayrollEntry.objects.bulk_create(
        PayrollEntry(export=export, release=release, payee=release.payee) for release in releases
    )
    PayrollPayment.objects.bulk_create(
        PayrollPayment(entry=entry, amount=amount, currency=currency)
        for entry in entries
        for currency, amount in payments[entry.release_id].amounts.items()
    )
    ShortfallRecovery.objects.bulk_create(
        ShortfallRecovery(shortfall=shortfall, entry=entry, amount=amount)
        for entry in entries
        for shortfall, amount in payments[entry.release_id].recovered
    )
    audit.record(
        "payroll_exported",
        subject=export,
        by=by,
        at=at,
        after={"count": export.count, "totals": export.totals, "sha256": csv_file.digest},
    )
    announce(kind="payroll.exported", data={"id": export.pk, "period": period.key}, at=at)
    publish("payroll", "exported", str(export.pk))
    publish("statements", "paid")
    return export


def _lock_carried(releases: Sequence[Release]) -> None:
    """Two periods that are handed over at once do not both deduct what was carried."""
    rows = Shortfall.objects.filter(
        treatment=ShortfallTreatment.CARRY,
        release__payee__in={release.payee_id for release in releases},
    )
    list(rows.order_by("pk").select_for_update(of=("self",)))


def mark_of(payments: Mapping[int, Pay]) -> str:
    """The same for the same payments, by release, whatever order they come in."""
    lines = [
        f"{release} {currency} {amount.normalize()}\n"
        for release, pay in sorted(payments.items())
        for currency, amount in sorted(pay.amounts.items())
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def totals(payments: Iterable[Pay]) -> Amounts:
    """What payments add up to, currency by currency."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for pay in payments:
        for currency, amount in pay.amounts.items():
            found[currency] += amount
    return {currency: payable_amount(total, currency) for currency, total in sorted(found.items())}


def payable_amount(amount: Decimal, currency: str) -> Decimal:
    """The amount in the digits of its currency; it must already have no more of them."""
    payable = in_currency_digits(amount, currency)
    if payable != amount:
        raise AmountNotPayable(amount, currency)
    return payable


def _row(
    release: Release, export_id: UUID, period: PayPeriod, amount: Decimal, currency: str
) -> tuple[object, ...]:
    statement = release.statement
    return (
        str(export_id),
        period.key,
        release.payee.number,
        release.payee.name,
        currency,
        written_amount(payable_amount(amount, currency), currency),
        statement.pk,
        statement.run.number,
        statement.run.fingerprint,
    )


def _store(
    rows: Sequence[Sequence[object]], name: str, *, by: Person, at: datetime
) -> tuple[StoredFile, StoredFile]:
    text = b"".join(sheets.csv_parts(HEADER, rows))
    sheet = sheets.xlsx_bytes(HEADER, rows)
    return (
        store_file(text, name=f"{name}.csv", media_type=CSV, by=by, at=at),
        store_file(sheet, name=f"{name}.xlsx", media_type=XLSX, by=by, at=at),
    )
