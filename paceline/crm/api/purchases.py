"""What a customer bought, for programs: the figures of their page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.crm import actions
from paceline.crm.api.records import router
from paceline.crm.models import MODELS, Purchases
from paceline.crm.queries.segments import bought_by, fifths_of, scores_of
from paceline.kernel.interface import Picked, Record, answer_one
from paceline.org.requests import TokenRequest


class PurchasesRecord(Record):
    """What one customer bought so far, returns taken off; docs/customers.md defines each figure."""

    orders: int
    value: Decimal = Field(description=noop("Lifetime value, in ``currency``."))
    currency: str = ""
    unvalued: int = Field(description=noop("Orders that lack a rate."))
    first_on: date | None = Field(None, description=noop("Of the first purchase."))
    last_on: date | None = Field(None, description=noop("Of the last purchase."))
    usual_gap: int | None = Field(
        None, description=noop("Days between days of purchase, the lower median.")
    )
    quiet_after: date | None = Field(
        None, description=noop("The last day on which silence is no longer than usual.")
    )
    channels: list[str]
    scores: dict[str, int] = Field(
        {}, description=noop("recency, frequency and value_score, from 1 to 5.")
    )


@router.get(
    "/companies/{int:pk}/purchases",
    response=PurchasesRecord,
    summary=noop("Read what a company bought"),
)
def read_company_purchases(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return _answer(request, "company", pk, picked)


@router.get(
    "/contacts/{int:pk}/purchases",
    response=PurchasesRecord,
    summary=noop("Read what a contact bought"),
)
def read_contact_purchases(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return _answer(request, "contact", pk, picked)


def _answer(request: TokenRequest, kind: str, pk: int, picked: Picked) -> HttpResponse:
    rows: Any = MODELS[kind].objects.visible_to(request.person).select_related("purchases")
    record = get_object_or_404(rows, pk=pk)
    bought = bought_by(record) or Purchases()
    told = PurchasesRecord(
        orders=bought.orders,
        value=bought.value,
        currency=actions.rules_in_force().currency,
        unvalued=bought.unvalued,
        first_on=bought.first_on,
        last_on=bought.last_on,
        usual_gap=bought.usual_gap,
        quiet_after=bought.quiet_after,
        channels=bought.channels,
        scores=scores_of(bought, fifths_of(kind)) if bought.orders else {},
    )
    return answer_one(request, told, PurchasesRecord, picked)
