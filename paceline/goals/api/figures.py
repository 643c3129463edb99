"""Quotas and entered figures for programs: read, and set by whoever may."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.goals import access, actions
from paceline.goals.actions.figures import lock_figures
from paceline.goals.actions.quotas import lock_quotas
from paceline.goals.api.area import EARLIEST, LATEST, router
from paceline.goals.models import Figure, FigureKind, Quota
from paceline.imports.batch_schemas import RecordIn
from paceline.kernel.interface import (
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
    refuse_stale,
)
from paceline.kernel.interface.currencies import Currency
from paceline.kernel.interface.days import Day
from paceline.kernel.interface.problems import invalid
from paceline.kernel.interface.versions import tag_of_version
from paceline.org.models import Person
from paceline.org.requests import TokenRequest

REASON = noop("Why; kept in the audit trail. Needed where something is changed.")


class QuotaRecord(Record):
    """What a payee is asked to reach in a range of days. The range ends before its last member."""

    id: int
    payee: str | None = Field(None, description=noop("Employee number."))
    team: str | None = Field(None, description=noop("The code of a team asked as a whole."))
    measure: str
    amount: Decimal
    currency: str
    starts_on: date
    ends_before: date | None = None

    @staticmethod
    def resolve_payee(row: Quota) -> str | None:
        return row.person.number if row.person is not None else None

    @staticmethod
    def resolve_team(row: Quota) -> str | None:
        return row.team.code if row.team is not None else None


class QuotasAsked(Asked):
    """Which of the standing quotas are wanted."""

    payee: str = Field("", max_length=40, description=noop("Employee number."))
    measure: str = Field("", max_length=60)
    on: Day | None = Field(None, description=noop("Those that count on this day."))


class QuotaIn(RecordIn):
    """A quota as it shall stand; one that begins on the same day is replaced and kept."""

    payee: str = Field(min_length=1, max_length=40, description=noop("Employee number."))
    measure: str = Field("sales", min_length=1, max_length=60)
    starts_on: date = Field(ge=EARLIEST, lt=LATEST)
    ends_before: date = Field(gt=EARLIEST, le=LATEST)
    amount: Decimal = Field(ge=0, max_digits=20, decimal_places=4)
    currency: Currency
    reason: str = Field("", max_length=1000, description=REASON)


class FigureRecord(Record):
    """What was entered for a payee on a day; a share is a number (58% is 0.58)."""

    id: int
    payee: str = Field("", description=noop("Employee number."))
    figure: str = ""
    unit: str = ""
    on: date
    value: Decimal | None = None

    @staticmethod
    def resolve_payee(row: Figure) -> str:
        return row.person.number

    @staticmethod
    def resolve_figure(row: Figure) -> str:
        return row.kind.name

    @staticmethod
    def resolve_unit(row: Figure) -> str:
        return row.kind.unit


class FiguresAsked(Asked):
    """Which of the standing figures are wanted."""

    payee: str = Field("", max_length=40, description=noop("Employee number."))
    figure: str = Field("", max_length=60, description=noop("The name of its kind."))
    on_from: Day | None = Field(None, description=noop("From this day on."))
    on_before: Day | None = Field(None, description=noop("Before this day."))


class FigureIn(RecordIn):
    """A figure as it shall stand; no value takes back what was entered."""

    payee: str = Field(min_length=1, max_length=40, description=noop("Employee number."))
    figure: str = Field(min_length=1, max_length=60, description=noop("The name of its kind."))
    on: date = Field(ge=EARLIEST, lt=LATEST)
    value: Decimal | None = Field(max_digits=18, decimal_places=10)
    reason: str = Field("", max_length=1000, description=REASON)


def _payee(number: str) -> Person:
    person = Person.objects.filter(number=number).first()
    if person is None:
        raise invalid("payee", _("Nobody has this employee number."))
    return person


@router.get("/quotas", response=Page[QuotaRecord], summary=noop("List quotas"))
def list_quotas(request: TokenRequest, asked: Query[QuotasAsked]) -> HttpResponse:
    rows = Quota.objects.visible_to(request.person).standing()
    if asked.on is not None:
        rows = rows.on(asked.on)
    wanted = {"person__number": asked.payee, "measure": asked.measure}
    given = {key: value for key, value in wanted.items() if value}
    rows = rows.filter(**given).select_related("person", "team")
    return answer_page(request, rows, asked, QuotaRecord)


@router.get("/quotas/{int:pk}", response=QuotaRecord, summary=noop("Read a quota"))
def read_quota(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    rows = Quota.objects.visible_to(request.person).standing().select_related("person", "team")
    quota = get_object_or_404(rows, pk=pk)
    return answer_one(request, quota, QuotaRecord, picked, version=tag_of_version(quota.pk))


@router.post("/quotas", response=QuotaRecord, summary=noop("Set a quota"))
def set_quota(request: TokenRequest, sent: QuotaIn) -> HttpResponse:
    if not access.may_set_quota(request.person):
        raise Problem("forbidden")
    if sent.ends_before <= sent.starts_on:
        raise invalid("ends_before", _("The end must come after the start."))
    person = _payee(sent.payee)
    with transaction.atomic():
        lock_quotas()
        standing = (
            Quota.objects.standing()
            .filter(person=person, measure=sent.measure, starts_on=sent.starts_on)
            .first()
        )
        refuse_stale(request, standing and standing.pk, exists=standing is not None)
        try:
            quota = actions.set_quota(
                person=person,
                target=actions.Target(
                    sent.measure, sent.starts_on, sent.ends_before, sent.amount, sent.currency
                ),
                reason=sent.reason,
                by=request.person,
                at=request.now,
            )
        except actions.QuotaOverlaps as overlap:
            last = overlap.existing.ends_before
            shown = last - timedelta(days=1) if last else "…"
            detail = _("Another quota stands from %(first)s to %(last)s.")
            values = {"first": overlap.existing.starts_on, "last": shown}
            raise Problem("conflict", detail % values) from None
        except actions.QuotaUnchanged:
            assert standing is not None  # noqa: S101 - it says the same
            quota = standing
    return answer_one(request, quota, QuotaRecord, version=tag_of_version(quota.pk))


@router.get("/figures", response=Page[FigureRecord], summary=noop("List figures"))
def list_figures(request: TokenRequest, asked: Query[FiguresAsked]) -> HttpResponse:
    wanted = {
        "person__number": asked.payee,
        "kind__name": asked.figure,
        "on__gte": asked.on_from,
        "on__lt": asked.on_before,
    }
    given = {key: value for key, value in wanted.items() if value not in (None, "")}
    rows = Figure.objects.visible_to(request.person).standing().filter(**given)
    return answer_page(request, rows.select_related("person", "kind"), asked, FigureRecord)


@router.get("/figures/{int:pk}", response=FigureRecord, summary=noop("Read a figure"))
def read_figure(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    rows = Figure.objects.visible_to(request.person).standing().select_related("person", "kind")
    figure = get_object_or_404(rows, pk=pk)
    return answer_one(request, figure, FigureRecord, picked, version=tag_of_version(figure.pk))


@router.post("/figures", response=FigureRecord, summary=noop("Enter a figure"))
def enter_figure(request: TokenRequest, sent: FigureIn) -> HttpResponse:
    if not access.may_enter_figures(request.person):
        raise Problem("forbidden")
    person = _payee(sent.payee)
    kind = FigureKind.objects.filter(name=sent.figure).first()
    if kind is None:
        raise invalid("figure", _("There is no kind of figure with this name."))
    with transaction.atomic():
        lock_figures()
        rows = Figure.objects.standing().filter(person=person, kind=kind, on=sent.on)
        standing = rows.first()
        refuse_stale(request, standing and standing.pk, exists=standing is not None)
        if standing is None and sent.value is None:
            raise invalid("value", _("There is nothing to take back."))
        try:
            actions.enter_figures(
                entries=[actions.Entry(person, kind, sent.on, sent.value)],
                reason=sent.reason,
                by=request.person,
                at=request.now,
            )
        except actions.ReasonMissing:
            message = _("Say why: it was entered before.")
            raise invalid("reason", message) from None
        figure = rows.get()
    return answer_one(request, figure, FigureRecord, version=tag_of_version(figure.pk))
