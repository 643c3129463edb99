"""One timeline for each record: everything that happened with it, the newest first, in one query.

An app above may add what it knows, such as pay, through ``contribute``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import (
    CharField,
    DateTimeField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce, JSONObject

from paceline.crm.models import (
    Activity,
    Attachment,
    Company,
    Contact,
    CustomerOrder,
    Deal,
    Feedback,
    Lead,
    OrderLink,
    Record,
    RecordChange,
    StageChange,
    scope_of,
)
from paceline.orders.models import OrderLine
from paceline.org.models import Person

SHOWN = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: what it is, of which row, when, who did it, and what it says."""

    source: str
    pk: int
    at: datetime
    who: str
    kind: str
    title: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timeline:
    entries: list[Entry]
    older: datetime | None


Contribution = Callable[[Person, Record, list[Entry]], list[Entry]]

_contributions: list[Contribution] = []


def contribute(more: Contribution) -> None:
    """Let an app above add entries: it is given the reader, the record and what was found."""
    _contributions.append(more)


def timeline_of(
    record: Record, viewer: Person, before: datetime | None = None, limit: int = SHOWN
) -> Timeline:
    """What happened with a record, as far as the viewer may see it."""
    parts = [one for one in _parts(record, viewer) if one is not None]
    if before is not None:
        parts = [one.filter(happened__lt=before) for one in parts]
    columns = ("source_", "pk", "happened", "who", "kind_", "title_", "text_", "facts")
    rows = [one.order_by().values_list(*columns) for one in parts]
    whole = rows[0].union(*rows[1:], all=True) if len(rows) > 1 else rows[0]
    found = [Entry(*row) for row in whole.order_by("-happened", "-pk")[: limit + 1]]
    for more in _contributions:
        found += [one for one in more(viewer, record, found) if before is None or one.at < before]
    found.sort(key=lambda one: (one.at, one.pk), reverse=True)
    older = found[limit - 1].at if len(found) > limit else None
    return Timeline(found[:limit], older)


def _parts(record: Record, viewer: Person) -> list[QuerySet[Any] | None]:
    kind = str(record._meta.model_name)
    deals = _deals_of(record, viewer)
    parts: list[QuerySet[Any] | None] = [_orders(record)]
    if deals is not None:
        parts.append(_moves(deals))
    if viewer_reads_talk(viewer):
        parts += [
            _activities(kind, record, viewer),
            _feedback(kind, record, viewer),
            _files(kind, record, viewer),
            _changes(kind, record),
        ]
    return parts


def viewer_reads_talk(viewer: Person) -> bool:
    scope = scope_of(viewer)
    return scope.sells or scope.oversees


def _deals_of(record: Record, viewer: Person) -> QuerySet[Any] | None:
    visible = Deal.objects.visible_to(viewer)
    if isinstance(record, Deal):
        return visible.filter(Q(pk=record.pk) | Q(merged_into=record))
    if isinstance(record, Company):
        return visible.filter(company=record)
    if isinstance(record, Contact):
        return visible.filter(contact=record)
    return None


def _text(value: Any) -> Any:
    return Cast(value, TextField())


def _shaped(rows: QuerySet[Any], source: str, **columns: Any) -> QuerySet[Any]:
    """Every part gives the same columns in the same order."""
    said = {
        "who": Value("", output_field=TextField()),
        "kind_": Value("", output_field=TextField()),
        "title_": Value("", output_field=TextField()),
        "text_": Value("", output_field=TextField()),
        **columns,
    }
    found: QuerySet[Any] = rows.annotate(source_=Value(source, output_field=TextField()), **said)
    return found


def _activities(kind: str, record: Record, viewer: Person) -> QuerySet[Any]:
    rows = Activity.objects.visible_to(viewer).filter(**{kind: record}, erased_at__isnull=True)
    return _shaped(
        rows,
        "activity",
        happened=F("at"),
        who=_text(Coalesce("created_by__name", Value(""))),
        kind_=_text("kind"),
        title_=_text("subject"),
        text_=_text("text"),
        facts=JSONObject(
            direction="direction",
            minutes="minutes",
            due_on="due_on",
            done_at="done_at",
            assignee="assignee__name",
            assignee_id="assignee_id",
            author_id="created_by_id",
            deal="deal_id",
            deal_title="deal__title",
            version="version",
        ),
    )


def _moves(deals: QuerySet[Any]) -> QuerySet[Any]:
    rows = StageChange.objects.filter(deal__in=deals.values("pk"))
    return _shaped(
        rows,
        "move",
        happened=F("at"),
        who=_text(Coalesce("by__name", Value(""))),
        kind_=_text("to_stage__kind"),
        title_=_text("to_stage__name"),
        text_=_text(Coalesce("from_stage__name", Value(""))),
        facts=JSONObject(deal="deal_id", deal_title="deal__title", left_at="left_at"),
    )


def _feedback(kind: str, record: Record, viewer: Person) -> QuerySet[Any]:
    rows = Feedback.objects.visible_to(viewer).filter(**{kind: record}).exclude(text="")
    return _shaped(
        rows,
        "feedback",
        happened=F("at"),
        who=_text(Coalesce("created_by__name", Value(""))),
        kind_=_text("kind"),
        title_=_text("severity"),
        text_=_text("text"),
        facts=JSONObject(
            settled_at="settled_at",
            outcome="outcome",
            due_on="due_on",
            assignee="assignee__name",
            settled_by="settled_by__name",
        ),
    )


def _files(kind: str, record: Record, viewer: Person) -> QuerySet[Any]:
    rows = Attachment.objects.visible_to(viewer).filter(**{kind: record}, removed_at__isnull=True)
    return _shaped(
        rows,
        "file",
        happened=F("added_at"),
        who=_text(Coalesce("added_by__name", Value(""))),
        title_=_text("name"),
        facts=JSONObject(size="file__size", author_id="added_by_id"),
    )


def _changes(kind: str, record: Record) -> QuerySet[Any]:
    """What was changed of the record itself; moves stand in the log of stages."""
    # What a merged record was changed before is part of the history of the one that stayed.
    own = Q(**{kind: record}) | Q(**{f"{kind}__merged_into": record})
    rows = RecordChange.objects.filter(own).exclude(Q(after__has_key="stage") | Q(after={}))
    return _shaped(
        rows,
        "change",
        happened=F("at"),
        who=_text(Coalesce("by__name", Value(""))),
        facts=JSONObject(before="before", after="after"),
    )


def _orders(record: Record) -> QuerySet[Any] | None:
    kind = str(record._meta.model_name)
    if isinstance(record, Lead):
        return None
    lines = OrderLine.objects.filter(
        source=OuterRef("source"), order_number=OuterRef("order_number")
    )
    summed = lines.order_by().values("order_number").annotate(total=Sum("amount"))
    first = lines.order_by("ordered_on", "id")
    known = CustomerOrder.objects.filter(
        source=OuterRef("source"), order_number=OuterRef("order_number")
    )
    theirs = Q(**{kind: record})
    if isinstance(record, Deal):  # what was paid by a merged deal stays with it
        theirs |= Q(deal__merged_into=record)
    rows = OrderLink.objects.filter(theirs).annotate(
        day=Subquery(first.values("ordered_on")[:1]),
        total=Subquery(summed.values("total")[:1]),
        paid_in=Subquery(first.values("currency")[:1], output_field=CharField()),
        order=Subquery(known.values("pk")[:1]),
    )
    return _shaped(
        rows,
        "order",
        happened=Coalesce(Cast("day", DateTimeField()), F("linked_at")),
        title_=_text("order_number"),
        facts=JSONObject(
            amount=_text("total"),
            currency="paid_in",
            source="source",
            credited_at="credited_at",
            day="day",
            order="order",
        ),
    )
