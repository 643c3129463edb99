"""Order lines, returns and exchange rates for programs; owners to read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import Field

from paceline.imports.batch_schemas import RECORDS_MAX, BatchRecord, RecordIn, answer_batch
from paceline.kernel.interface import Area, Asked, Page, Picked, Record, answer_one, answer_page
from paceline.kernel.interface.days import Day
from paceline.orders import access
from paceline.orders.models import ExchangeRate, LineKind, OrderLine, Owner
from paceline.org.requests import TokenRequest

AREA = Area("orders", _("Order lines, returns, owners and rates"), writes=True)
router = AREA.router()

Amount = Decimal
LINE_ORDER = {"id": "pk", "ordered_on": "ordered_on"}
DAY = noop("From this day on.")
BEFORE = noop("Before this day.")
BATCH = noop("Write what is valid and leave the rest out; without it, all or nothing.")


def money(**options: Any) -> Any:
    """A figure as the tables keep it."""
    return Field(max_digits=20, decimal_places=4, **options)


class LineRecord(Record):
    """One line of an order, or of its return with negative amounts."""

    id: int
    line_id: str = Field("", description=noop("As statements name the line."))
    source: str
    order_number: str
    line_number: str
    kind: str
    returns_line: int | None = Field(None, alias="returns_line_id")
    ordered_on: date
    payee: str | None = Field(None, description=noop("Employee number."))
    customer: str
    product: str
    category: str
    channel: str
    territory: str
    quantity: Decimal
    amount: Decimal = Field(description=noop("Net of tax and discount."))
    cost: Decimal | None = None
    currency: str
    invoiced_on: date | None = None
    shipped_on: date | None = None
    paid_on: date | None = None
    final_on: date | None = None
    sold_on: date | None = None

    @staticmethod
    def resolve_payee(row: OrderLine) -> str | None:
        return row.person.number if row.person is not None else None


class LinesAsked(Asked):
    """Which lines are wanted."""

    sort: Literal["id", "-id", "ordered_on", "-ordered_on"] = "id"
    ordered_from: Day | None = Field(None, description=DAY)
    ordered_before: Day | None = Field(None, description=BEFORE)
    payee: str = Field("", max_length=40, description=noop("Employee number."))
    source: str = Field("", max_length=40, description=noop("Sales system."))
    order_number: str = Field("", max_length=60)
    currency: str = Field("", max_length=3)


def _lines(request: TokenRequest, asked: LinesAsked) -> QuerySet[OrderLine]:
    rows: QuerySet[OrderLine] = OrderLine.objects.visible_to(request.person)
    wanted = {
        "ordered_on__gte": asked.ordered_from,
        "ordered_on__lt": asked.ordered_before,
        "person__number": asked.payee,
        "source": asked.source,
        "order_number": asked.order_number,
        "currency": asked.currency,
    }
    given = {key: value for key, value in wanted.items() if value not in (None, "")}
    return rows.filter(**given).select_related("person")


@router.get("/order-lines", response=Page[LineRecord], summary=noop("List order lines"))
def list_order_lines(request: TokenRequest, asked: Query[LinesAsked]) -> HttpResponse:
    return answer_page(request, _lines(request, asked), asked, LineRecord, sort=LINE_ORDER)


@router.get("/order-lines/{int:pk}", response=LineRecord, summary=noop("Read an order line"))
def read_order_line(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    rows = OrderLine.objects.visible_to(request.person).select_related("person")
    return answer_one(request, get_object_or_404(rows, pk=pk), LineRecord, picked)


@router.get("/returns", response=Page[LineRecord], summary=noop("List returns"))
def list_returns(request: TokenRequest, asked: Query[LinesAsked]) -> HttpResponse:
    rows = _lines(request, asked).filter(kind=LineKind.RETURN)
    return answer_page(request, rows, asked, LineRecord, sort=LINE_ORDER)


class LineIn(RecordIn):
    """A line as it shall stand; one with the same source, order and line is changed."""

    source: str = Field(min_length=1, max_length=40)
    order_number: str = Field(min_length=1, max_length=60)
    line_number: str = Field(min_length=1, max_length=40)
    ordered_on: date
    payee: str | None = Field(
        None, max_length=200, description=noop("Employee number, e-mail address or name.")
    )
    customer: str | None = Field(None, max_length=200)
    product: str | None = Field(None, max_length=200)
    category: str | None = Field(None, max_length=120)
    channel: str | None = Field(None, max_length=80)
    territory: str | None = Field(None, max_length=80)
    quantity: Amount | None = money(default=None)
    amount: Amount = money(description=noop("Net of tax and discount."))
    cost: Amount | None = money(default=None)
    currency: str = Field(pattern="^[A-Z]{3}$")
    kind: Literal["sale", "return"] | None = None
    invoiced_on: date | None = None
    shipped_on: date | None = None
    paid_on: date | None = None
    final_on: date | None = None
    sold_on: date | None = None


class LinesIn(Schema):
    """Lines to write."""

    records: list[LineIn] = Field(min_length=1, max_length=RECORDS_MAX)
    keep_valid: bool = Field(default=False, description=BATCH)


class ReturnIn(RecordIn):
    """What came back of a line that was sold."""

    source: str = Field(min_length=1, max_length=40)
    order_number: str = Field(
        min_length=1, max_length=60, description=noop("The number of the return.")
    )
    line_number: str = Field(min_length=1, max_length=40)
    ordered_on: date = Field(description=noop("The day of the return."))
    original_order: str = Field(min_length=1, max_length=60)
    original_line: str = Field(min_length=1, max_length=40)
    quantity: Amount | None = money(default=None)
    amount: Amount = money()
    invoiced_on: date | None = None
    paid_on: date | None = None


class ReturnsIn(Schema):
    """Returns to write."""

    records: list[ReturnIn] = Field(min_length=1, max_length=RECORDS_MAX)
    keep_valid: bool = Field(default=False, description=BATCH)


@router.post("/order-lines", response=BatchRecord, summary=noop("Write order lines"))
def write_order_lines(request: TokenRequest, sent: LinesIn) -> HttpResponse:
    return answer_batch(
        request,
        kind="order_lines",
        records=sent.records,
        keep_valid=sent.keep_valid,
        may=access.may_import_lines,
    )


@router.post("/returns", response=BatchRecord, summary=noop("Write returns"))
def write_returns(request: TokenRequest, sent: ReturnsIn) -> HttpResponse:
    return answer_batch(
        request,
        kind="returns",
        records=sent.records,
        keep_valid=sent.keep_valid,
        may=access.may_import_lines,
    )


class RateRecord(Record):
    """Units of ``to_currency`` for one of ``from_currency`` on a day."""

    id: int
    from_currency: str
    to_currency: str
    on: date
    rate_type: str
    rate: Decimal


class RatesAsked(Asked):
    """Which rates are wanted."""

    from_currency: str = Field("", max_length=3)
    to_currency: str = Field("", max_length=3)
    on_from: Day | None = Field(None, description=DAY)
    on_before: Day | None = Field(None, description=BEFORE)


class RateIn(RecordIn):
    """A rate as it shall stand."""

    from_currency: str = Field(pattern="^[A-Z]{3}$")
    to_currency: str = Field(pattern="^[A-Z]{3}$")
    rate_date: date
    rate: Amount = Field(max_digits=18, decimal_places=10, gt=0)
    rate_type: str = Field("average", min_length=1, max_length=20)


class RatesIn(Schema):
    """Rates to write."""

    records: list[RateIn] = Field(min_length=1, max_length=RECORDS_MAX)
    keep_valid: bool = Field(default=False, description=BATCH)


@router.get("/exchange-rates", response=Page[RateRecord], summary=noop("List exchange rates"))
def list_exchange_rates(request: TokenRequest, asked: Query[RatesAsked]) -> HttpResponse:
    wanted = {
        "from_currency": asked.from_currency,
        "to_currency": asked.to_currency,
        "on__gte": asked.on_from,
        "on__lt": asked.on_before,
    }
    given = {key: value for key, value in wanted.items() if value not in (None, "")}
    rows = ExchangeRate.objects.visible_to(request.person).filter(**given)
    return answer_page(request, rows, asked, RateRecord)


@router.post("/exchange-rates", response=BatchRecord, summary=noop("Write exchange rates"))
def write_exchange_rates(request: TokenRequest, sent: RatesIn) -> HttpResponse:
    return answer_batch(
        request,
        kind="exchange_rates",
        records=sent.records,
        keep_valid=sent.keep_valid,
        may=access.may_import_rates,
    )


class OwnerRecord(Record):
    """Who owns what the order lines say in a column, from when until when."""

    id: int
    kind: str
    key: str
    payee: str = ""
    share: Decimal
    starts_on: date
    ends_before: date | None = None

    @staticmethod
    def resolve_payee(row: Owner) -> str:
        return row.person.number


class OwnersAsked(Asked):
    """Which owners are wanted."""

    kind: Literal["", "territory", "customer", "product", "category", "channel"] = ""
    key: str = Field("", max_length=200)
    on: Day | None = Field(None, description=noop("Who owned it on this day."))


@router.get("/owners", response=Page[OwnerRecord], summary=noop("List owners"))
def list_owners(request: TokenRequest, asked: Query[OwnersAsked]) -> HttpResponse:
    rows = Owner.objects.visible_to(request.person)
    if asked.on is not None:
        rows = rows.on(asked.on)
    given = {key: value for key, value in (("kind", asked.kind), ("key", asked.key)) if value}
    return answer_page(request, rows.filter(**given).select_related("person"), asked, OwnerRecord)
