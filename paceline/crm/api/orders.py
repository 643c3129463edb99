"""Orders for programs: what was bought and came back, whose it is, and who sold it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import Field

from paceline.crm import queries
from paceline.crm.api.records import NUMBER, router
from paceline.crm.models import CustomerOrder
from paceline.crm.queries.sold import Sold, left_of, lines_of, sold_to, told_by_shop
from paceline.kernel.interface import Asked, Page, Picked, Record, answer_one, answer_page
from paceline.kernel.interface.days import Day
from paceline.orders.models import LineKind
from paceline.org.requests import TokenRequest


class OrderRecord(Record):
    """An order in one row: all lines under its number."""

    id: int
    source: str = Field(description=noop("Sales system."))
    order_number: str
    bought_on: date
    payee: str | None = Field(None, description=NUMBER)
    channel: str
    currency: str = Field(description=noop("Empty where lines have several."))
    amount: Decimal | None = Field(None, description=noop("Of the lines under its number."))

    @staticmethod
    def resolve_payee(row: Any) -> str | None:
        return None if row.person is None else str(row.person.number)


class SoldLine(Schema):
    """A line of an order, or what came back of one, with negative amounts."""

    order_number: str = Field(description=noop("A return may have a number of its own."))
    line_number: str
    kind: str
    product: str
    category: str
    quantity: Decimal
    amount: Decimal
    currency: str
    ordered_on: date
    shipped_on: date | None = None
    paid_on: date | None = None


class Holder(Schema):
    """Whose an order is, as far as the caller may see them."""

    kind: str = Field(description=noop("deal, contact or company."))
    id: int
    name: str


class Proposed(Holder):
    """Who may be the buyer of an order that is nobody's."""

    rules: list[str] = Field(description=noop("What both say: number, account, mail, phone, name."))


class OrderPage(OrderRecord):
    """An order as its page tells it. Of whoever the caller may not see nothing is said."""

    lines: list[SoldLine] = []
    left: Decimal | None = Field(
        None,
        description=noop("After all that came back; null where lines have several currencies."),
    )
    is_linked: bool = Field(default=False, description=noop("Whether it is a customer's."))
    holders: list[Holder] = []
    linked_rule: str = Field("", description=noop("By what it was recognised; empty: by a person."))
    linked_by: str | None = Field(None, description=NUMBER)
    linked_at: datetime | None = None
    credited_at: datetime | None = Field(None, description=noop("By the shares of its deal."))
    buyer: str = Field("", description=noop("What an order that is nobody's says of its buyer."))
    proposed: list[Proposed] = []
    shop: str = ""
    seller_basis: str = Field(
        "", description=noop("What decided who sold it, where a shop told it.")
    )
    seller_said: str = Field("", description=noop("What the order said of its seller."))


class OrdersAsked(Asked):
    """Which orders are wanted: of those that the caller, or people below them, sold."""

    source: str = Field("", max_length=40, description=noop("Sales system."))
    order_number: str = Field("", max_length=60)
    payee: str = Field("", max_length=40, description=NUMBER)
    bought_from: Day | None = Field(None, description=noop("From this day on."))
    bought_before: Day | None = Field(None, description=noop("Before this day."))


@router.get("/orders", response=Page[OrderRecord], summary=noop("List orders"))
def list_orders(request: TokenRequest, asked: Query[OrdersAsked]) -> HttpResponse:
    wanted = {
        "source": asked.source,
        "order_number": asked.order_number,
        "person__number": asked.payee,
        "bought_on__gte": asked.bought_from,
        "bought_on__lt": asked.bought_before,
    }
    given = {key: value for key, value in wanted.items() if value not in (None, "")}
    rows: QuerySet[Any] = CustomerOrder.objects.visible_to(request.person).filter(**given)
    return answer_page(request, rows.select_related("person"), asked, OrderRecord)


@router.get("/orders/{int:pk}", response=OrderPage, summary=noop("Read an order"))
def read_order(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    sold = sold_to(request.person, pk)
    if sold is None:
        raise Http404
    return answer_one(request, _told(request, sold), OrderPage, picked)


def _told(request: TokenRequest, sold: Sold) -> OrderPage:
    order, link = sold.order, sold.link
    shop_order = told_by_shop(order)
    decided = getattr(shop_order, "attribution", None)
    told = OrderPage.model_validate(order)
    lines = lines_of(order)
    left = left_of(lines)
    told.left = None if left is None else left[0]
    told.lines = [
        SoldLine(
            order_number=one.order_number,
            line_number=one.line_number,
            kind=LineKind(one.kind),
            product=one.product,
            category=one.category,
            quantity=one.quantity,
            amount=one.amount,
            currency=one.currency,
            ordered_on=one.ordered_on,
            shipped_on=one.shipped_on,
            paid_on=one.paid_on,
        )
        for one in lines
    ]
    told.shop = "" if shop_order is None else shop_order.shop.name
    if decided is not None:
        told.seller_basis, told.seller_said = decided.basis, decided.said
    if link is None:
        _tell_waiting(request, sold, told)
        return told
    told.is_linked = True
    told.holders = [Holder(kind=kind, id=one.pk, name=_name(kind, one))
                    for kind, one in sold.holders.items()]  # fmt: skip
    told.linked_rule, told.linked_at, told.credited_at = link.rule, link.linked_at, link.credited_at
    told.linked_by = None if link.linked_by is None else link.linked_by.number
    return told


def _tell_waiting(request: TokenRequest, sold: Sold, told: OrderPage) -> None:
    """What an order that is nobody's says of its buyer, and whom it may mean."""
    pk, waiting = sold.order.pk, getattr(sold.order, "waiting", None)
    if waiting is not None:
        is_left = waiting.left_at is not None
        row = queries.waiting_orders(request.person, left=is_left).filter(pk=pk).first()
        told.buyer = "" if row is None else queries.said_of_buyer(row)
    told.proposed = [
        Proposed(kind=one.kind, id=one.record.pk, name=one.record.name, rules=list(one.rules))
        for one in queries.candidates_of([pk], request.person).get(pk, [])
    ]


def _name(kind: str, record: Any) -> str:
    return str(record.title if kind == "deal" else record.name)
