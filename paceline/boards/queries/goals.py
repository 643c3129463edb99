"""Cards that work for goals, and where a card can be put: each through the rights of its reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Value, When

from paceline.boards.models import Card, CardLink, CardList, Project
from paceline.org.models import Person

CARDS_SHOWN, PROJECTS_MAX = 40, 60


@dataclass(slots=True)
class CardsOfGoal:
    """The cards of a goal that a reader sees, as far as they are shown, and how many there are.

    ``hidden`` are cards on boards that the reader does not see: nothing but their number is told.
    """

    cards: list[Any] = field(default_factory=list)
    open: int = 0
    done: int = 0
    late: int = 0
    hidden: int = 0


def cards_of_goals(
    reader: Person, goals: Iterable[int], on: date, shown: int = CARDS_SHOWN
) -> dict[int, CardsOfGoal]:
    """By goal, its cards that were not put away: overdue ones first, done ones last. Two queries at
    most."""
    ids = sorted(set(goals))
    found: dict[int, CardsOfGoal] = defaultdict(CardsOfGoal)
    if not ids:
        return found
    seen = Project.objects.visible_to(reader).filter(pk=OuterRef("card__project"))
    rows = CardLink.objects.filter(
        goal__in=ids, card__archived_at__isnull=True, card__project__archived_at__isnull=True
    ).annotate(is_seen=Exists(seen))
    done_last = Case(
        When(card__done_at__isnull=False, then=Value(1)), default=Value(0),
        output_field=IntegerField(),
    )  # fmt: skip
    wanted: list[int] = []
    places: list[tuple[int, int]] = []
    order = (done_last, F("card__due_on").asc(nulls_last=True), "card")
    for goal, card, is_seen, done_at, due_on in rows.order_by(*order).values_list(
        "goal", "card", "is_seen", "card__done_at", "card__due_on"
    ):
        one = found[goal]
        if not is_seen:
            one.hidden += 1
            continue
        one.done += done_at is not None
        one.open += done_at is None
        one.late += done_at is None and due_on is not None and due_on < on
        if one.done + one.open <= shown:
            wanted.append(card)
            places.append((goal, card))
    if wanted:
        cards = Card.objects.visible_to(reader).select_related("project", "list", "executor")
        known = cards.in_bulk(wanted)
        for goal, card in places:
            if card in known:
                found[goal].cards.append(known[card])
    return found


def places_for(person: Person, team_id: int | None = None) -> list[tuple[CardList, str]]:
    """Where a person can put a card: the first list in use of each project that they may edit,
    those of a team first. One query."""
    lists = CardList.objects.filter(
        project__in=Project.objects.editable_by(person).values("pk"),
        archived_at__isnull=True,
        ends_work=False,
    )
    first: dict[int, CardList] = {}
    for one in lists.select_related("project__team").order_by("project", "rank", "pk"):
        first.setdefault(one.project_id, one)
    own = sorted(first.values(), key=lambda one: (one.project.team_id != team_id, one.project_id))
    return [(one, f"{one.project.name} · {one.name}") for one in own[:PROJECTS_MAX]]
