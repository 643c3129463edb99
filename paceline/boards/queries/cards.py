"""Cards as boards, lists and calendars show them: narrowed by the reader, with their counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, RowNumber

from paceline.boards.models import (
    Attachment,
    Card,
    CardList,
    ChecklistItem,
    Comment,
    Dependency,
    Labelling,
    Participant,
    Project,
)
from paceline.org.models import Person

# Cards of one list on a board; the rest stands in the table.
CARDS_MAX = 120
SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which cards a reader wants to see: whose, with which label, due when, called what."""

    whose: str = ""
    label: int = 0
    due: str = ""
    text: str = ""

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> Narrowing:
        label = str(query.get("label", ""))
        whose = str(query.get("whose", ""))
        return cls(
            whose=whose if whose in {"mine", "nobody"} or whose.isdecimal() else "",
            label=int(label[:18]) if label.isdecimal() else 0,
            due=str(query.get("due", "")),
            text=str(query.get("q", "")).strip()[:100],
        )

    @property
    def is_set(self) -> bool:
        return bool(self.whose or self.label or self.due or self.text)


def narrowed(rows: QuerySet[Any], by: Narrowing, person: Person, on: date) -> QuerySet[Any]:
    """Those of the cards that the reader asked for."""
    if by.whose == "mine":
        takes_part = Participant.objects.filter(card=OuterRef("pk"), person=person)
        rows = rows.filter(Q(executor=person) | Q(Exists(takes_part)))
    elif by.whose == "nobody":
        rows = rows.filter(executor__isnull=True)
    elif by.whose:
        rows = rows.filter(executor_id=int(by.whose[:18]))
    if by.label:
        bears = Labelling.objects.filter(card=OuterRef("pk"), label_id=by.label)
        rows = rows.filter(Exists(bears))
    if by.due == "overdue":
        rows = rows.filter(due_on__lt=on, done_at__isnull=True)
    elif by.due == "soon":
        last = on + timedelta(days=SOON_DAYS)
        rows = rows.filter(due_on__gte=on, due_on__lte=last, done_at__isnull=True)
    elif by.due == "none":
        rows = rows.filter(due_on__isnull=True)
    if by.text:
        rows = rows.filter(title__icontains=by.text)
    return rows


def _count(rows: QuerySet[Any], by: str = "card") -> Coalesce:
    grouped = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(n=Count("pk"))
    return Coalesce(Subquery(grouped.values("n"), output_field=IntegerField()), 0)


def faced(rows: QuerySet[Any], on: date) -> QuerySet[Any]:
    """The cards with what their faces show: labels, counts, whether they wait, who left."""
    items = ChecklistItem.objects.all()
    parts = Card.objects.kept()
    waits = Dependency.objects.filter(
        card=OuterRef("pk"), on__done_at__isnull=True, on__archived_at__isnull=True
    )
    at_work = Person.objects.employed_on(on).filter(pk=OuterRef("executor_id")).order_by()
    labels = Labelling.objects.filter(card=OuterRef("pk")).order_by("id").values("label_id")
    found: QuerySet[Any] = rows.select_related("executor").annotate(
        label_ids=ArraySubquery(labels),
        items_all=_count(items, "checklist__card"),
        items_done=_count(items.filter(done_at__isnull=False), "checklist__card"),
        parts_all=_count(parts, "parent"),
        parts_done=_count(parts.filter(done_at__isnull=False), "parent"),
        comments_all=_count(Comment.objects.filter(removed_at__isnull=True)),
        files_all=_count(Attachment.objects.filter(removed_at__isnull=True)),
        waits=Exists(waits),
        executor_works=Exists(at_work),
    )
    return found


@dataclass(slots=True)
class BoardColumn:
    """A list with the cards that the reader sees of it, and how many there are."""

    of: CardList
    cards: list[Any] = field(default_factory=list)
    count: int = 0
    open_count: int = 0

    @property
    def hidden(self) -> int:
        return self.count - len(self.cards)


def columns_of(project: Project, person: Person, on: date, by: Narrowing) -> list[BoardColumn]:
    """The lists of a project with their cards: three queries, however many cards there are."""
    lists = CardList.objects.filter(project=project, archived_at__isnull=True)
    columns = {one.pk: BoardColumn(one) for one in lists.order_by("rank", "id")}
    kept = Card.objects.kept().filter(list__in=list(columns))
    counts = kept.order_by().values("list_id").annotate(
        open=Count("pk", filter=Q(done_at__isnull=True))
    )  # fmt: skip
    for row in counts:
        columns[row["list_id"]].open_count = row["open"]
    place = Window(RowNumber(), partition_by=F("list_id"), order_by=[F("rank"), F("pk")])
    among = Window(Count("pk"), partition_by=F("list_id"))
    ranked = narrowed(kept, by, person, on).annotate(place=place, among=among)
    ids = {
        row[0]: row[1]
        for row in ranked.filter(place__lte=CARDS_MAX).order_by().values_list("pk", "among")
    }
    for card in faced(Card.objects.filter(pk__in=ids), on).order_by("rank", "pk"):
        column = columns[card.list_id]
        column.cards.append(card)
        column.count = ids[card.pk]
    return list(columns.values())
