"""All that the page of one card shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Prefetch, Q, Sum

from paceline.boards.models import (
    LINKED,
    Attachment,
    Card,
    CardChange,
    CardLink,
    Checklist,
    ChecklistItem,
    Comment,
    Dependency,
    FileVersion,
    Participant,
    TimeEntry,
)
from paceline.boards.queries.cards import faced
from paceline.crm.models import Company, Contact, Deal
from paceline.goals.models import Goal
from paceline.org.models import Person

COMMENTS_MAX = 100
CHANGES_MAX = 100
MODELS: dict[str, Any] = {"company": Company, "contact": Contact, "deal": Deal, "goal": Goal}


@dataclass(slots=True)
class CardPage:
    """A card with what hangs on it; links only as far as the reader sees them."""

    participants: list[Person]
    checklists: list[Any]
    parts: list[Any]
    waits_for: list[Dependency]
    holds_up: list[Dependency]
    comments: list[Comment]
    files: list[Any]
    links: list[CardLink]
    hidden_links: int
    times: list[TimeEntry]
    changes: list[CardChange] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return sum(one.minutes for one in self.times)


def card_page(card: Card, person: Person, on: date) -> CardPage:
    """About a dozen queries, whatever hangs on the card."""
    items = ChecklistItem.objects.select_related("done_by").order_by("rank", "id")
    versions = FileVersion.objects.select_related("file", "added_by").order_by("-number")
    checklists = Checklist.objects.filter(card=card).prefetch_related(Prefetch("items", items))
    files = Attachment.objects.filter(card=card, removed_at__isnull=True)
    links, hidden = _links(card, person)
    depends = Dependency.objects.filter(Q(card=card) | Q(on=card)).order_by("id")
    rows = list(depends.select_related("card", "on"))
    return CardPage(
        participants=[
            one.person
            for one in Participant.objects.filter(card=card).select_related("person")
        ],
        checklists=list(checklists.order_by("rank", "id")),
        parts=list(faced(Card.objects.kept().filter(parent=card), on).order_by("rank", "pk")),
        waits_for=[one for one in rows if one.card_id == card.pk],
        holds_up=[one for one in rows if one.on_id == card.pk],
        comments=list(
            Comment.objects.filter(card=card, removed_at__isnull=True)
            .select_related("by").order_by("-at", "-id")[:COMMENTS_MAX]
        ),
        files=list(
            files.select_related("added_by").prefetch_related(Prefetch("versions", versions))
        ),
        links=links,
        hidden_links=hidden,
        times=list(
            TimeEntry.objects.filter(card=card, removed_at__isnull=True).select_related("person")
        ),
        changes=history_of(card),
    )  # fmt: skip


def _links(card: Card, person: Person) -> tuple[list[CardLink], int]:
    """The links whose other end the reader sees, and how many there are besides."""
    rows = list(CardLink.objects.filter(card=card).select_related(*LINKED))
    seen = []
    allowed: dict[str, set[int]] = {}
    for kind in LINKED:
        ids = [getattr(one, f"{kind}_id") for one in rows if getattr(one, f"{kind}_id")]
        if ids:
            found = MODELS[kind].objects.visible_to(person).filter(pk__in=ids)
            allowed[kind] = set(found.values_list("pk", flat=True))
    for one in rows:
        kind = next((name for name in LINKED if getattr(one, f"{name}_id")), "")
        if not kind or getattr(one, f"{kind}_id") in allowed[kind]:
            seen.append(one)
    return seen, len(rows) - len(seen)


def history_of(card: Card) -> list[CardChange]:
    """What changed, the newest first."""
    rows = CardChange.objects.filter(card=card).select_related("by", "undone_by")
    return list(rows.order_by("-version")[:CHANGES_MAX])


def minutes_of(project: int) -> int:
    """The minutes written down on a project's cards."""
    rows = TimeEntry.objects.filter(card__project=project, removed_at__isnull=True)
    return rows.aggregate(all=Sum("minutes"))["all"] or 0
