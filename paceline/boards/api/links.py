"""What a card is about: a customer, a deal or a goal, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.boards import access, actions
from paceline.boards.api.cards import ID_MAX, NUMBER, Sent, cards_of, editable, router, written
from paceline.boards.models import CardLink
from paceline.boards.queries.pages import MODELS
from paceline.kernel.interface import Asked, Page, Problem, Record, answer_one, answer_page
from paceline.kernel.interface.problems import unseen
from paceline.org.requests import TokenRequest

Id = Annotated[int, Field(ge=1, le=ID_MAX)]


class LinkRecord(Record):
    """That a card is about one thing. Things that the caller does not see are left out."""

    id: int
    card: int = Field(0, alias="card_id")
    company: int | None = Field(None, alias="company_id")
    contact: int | None = Field(None, alias="contact_id")
    deal: int | None = Field(None, alias="deal_id")
    goal: int | None = Field(None, alias="goal_id")
    by: str | None = Field(None, description=NUMBER)
    at: datetime

    @staticmethod
    def resolve_by(row: CardLink) -> str | None:
        return None if row.by is None else row.by.number


class LinksAsked(Asked):
    """Which links are wanted, from either end."""

    card: Id | None = None
    company: Id | None = None
    contact: Id | None = None
    deal: Id | None = None
    goal: Id | None = None


class LinkIn(Sent):
    """What a card is about."""

    card: Id
    kind: Literal["company", "contact", "deal", "goal"]
    to: Id = Field(description=noop("Id of the thing."))


def _links(request: TokenRequest) -> Any:
    seen = Q(pk__in=())
    for kind, model in MODELS.items():
        seen |= Q(**{f"{kind}__in": model.objects.visible_to(request.person).values("pk")})
    return CardLink.objects.visible_to(request.person).filter(seen).select_related("by", "card")


@router.get("/card-links", response=Page[LinkRecord], summary=noop("List what cards are about"))
def list_card_links(request: TokenRequest, asked: Query[LinksAsked]) -> HttpResponse:
    wanted = {name: getattr(asked, name) for name in ("card", *MODELS)}
    given = {key: value for key, value in wanted.items() if value is not None}
    return answer_page(request, _links(request).filter(**given), asked, LinkRecord)


@router.post("/card-links", response=LinkRecord, summary=noop("Say what a card is about"))
def link_card(request: TokenRequest, sent: LinkIn) -> HttpResponse:
    if not cards_of(request).filter(pk=sent.card).exists():
        raise unseen("card")
    card = editable(request, sent.card)
    rows = MODELS[sent.kind].objects.visible_to(request.person)
    kept = {"closed_at" if sent.kind == "goal" else "archived_at": None}
    to = rows.filter(pk=sent.to, **kept).first()
    if to is None:
        raise unseen("to")
    made = written(lambda: actions.link_card(card=card, to=to, by=request.person, at=request.now))
    return answer_one(request, made, LinkRecord)


@router.post("/card-links/{int:pk}/removal", response=LinkRecord, summary=noop("Unlink a card"))
def unlink_card(request: TokenRequest, pk: int) -> HttpResponse:
    link = get_object_or_404(_links(request), pk=pk)
    if not access.may_edit(request.person, link.card.project):
        raise Problem("forbidden")
    was = LinkRecord.model_validate(link)
    written(lambda: actions.unlink_card(link=link, by=request.person, at=request.now))
    return answer_one(request, was, LinkRecord)
