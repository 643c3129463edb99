"""Sources that come from the clock of first replies: how soon customers are answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from paceline.goals import measures
from paceline.goals.measures import Fact, People, Record, Source
from paceline.goals.measures.orders import ratio
from paceline.goals.measures.records import address_of
from paceline.goals.models.quotas import Unit
from paceline.goals.progress import divided
from paceline.leads.models import Inquiry
from paceline.org.models import Person

MINUTE = 60
TENTH = Decimal("0.1")


def _arrived(first: date, before: date, people: People) -> Any:
    """Inquiries by the day on which they arrived (UTC), and whose each is: who answered, else who
    owns the lead or contact."""
    rows = Inquiry.objects.filter(
        arrived_at__gte=datetime.combine(first, time(), UTC),
        arrived_at__lt=datetime.combine(before, time(), UTC),
    ).annotate(
        who=Coalesce("answered_by", "lead__owner", "contact__owner"),
        day=TruncDate("arrived_at", tzinfo=UTC),
    )
    return rows if people is None else rows.filter(who__in=people)


def reply_times(first: date, before: date, people: People) -> Iterator[Fact]:
    rows = _arrived(first, before, people).filter(worked_seconds__isnull=False)
    counted = rows.order_by("day", "who").values_list("who", "day")
    for who, on, seconds, count in counted.annotate(s=Sum("worked_seconds"), n=Count("pk")):
        yield Fact(who, on, "", (Decimal(seconds), Decimal(count)))


def _minutes(parts: Sequence[Decimal]) -> Decimal | None:
    return divided(parts[0], parts[1] * MINUTE)


def _due(first: date, before: date, people: People) -> Any:
    """What was answered, and what waits past its time."""
    is_late = Q(
        worked_seconds__isnull=True, closed_at__isnull=True,
        due_at__lt=datetime.combine(before, time(), UTC),
    )  # fmt: skip
    return _arrived(first, before, people).filter(Q(worked_seconds__isnull=False) | is_late)


def replies_in_time(first: date, before: date, people: People) -> Iterator[Fact]:
    """What nobody answered counts once it is due, unless it was closed without a reply."""
    is_good = Q(worked_seconds__lte=F("target_minutes") * MINUTE)
    rows = _due(first, before, people)
    counted = rows.order_by("day", "who").values_list("who", "day")
    for who, on, good, count in counted.annotate(g=Count("pk", filter=is_good), n=Count("pk")):
        yield Fact(who, on, "", (Decimal(good), Decimal(count)))


def _answered(
    reader: Person, first: date, before: date, people: People, most: int
) -> Iterator[Record]:
    """The inquiries that were answered, the newest first."""
    rows = _arrived(first, before, people).filter(worked_seconds__isnull=False)
    yield from _records(reader, rows, most)


def _were_due(
    reader: Person, first: date, before: date, people: People, most: int
) -> Iterator[Record]:
    """The inquiries that were answered or wait past their time, the newest first."""
    yield from _records(reader, _due(first, before, people), most)


def _records(reader: Person, rows: Any, most: int) -> Iterator[Record]:
    """How many minutes each took, and whether that was in time."""
    seen = Inquiry.objects.visible_to(reader).filter(pk=OuterRef("pk"))
    rows = rows.annotate(is_seen=Exists(seen)).order_by("-arrived_at", "-pk")
    in_time, late = pgettext("a reply", "in time"), pgettext("a reply", "late")
    for shown, who, on, seconds, target, lead, lead_name, contact, name in rows.values_list(
        "is_seen", "who", "day", "worked_seconds", "target_minutes", "lead", "lead__name",
        "contact", "contact__name",
    )[:most]:  # fmt: skip
        if not shown:
            yield Record(who, on, is_seen=False)
            continue
        kind, pk = ("lead", lead) if lead is not None else ("contact", contact)
        is_good = seconds is not None and seconds <= target * MINUTE
        yield Record(
            who,
            on,
            str(lead_name or name),
            address_of(f"crm:{kind}", pk),
            figure=in_time if is_good else late,
            amount=None if seconds is None else (Decimal(seconds) / MINUTE).quantize(TENTH),
        )


def register() -> None:
    """Let goals be measured by replies; called once at start."""
    measures.register(
        Source(
            key="reply_minutes",
            label=_("Minutes until the first reply"),
            definition=_(
                "Mean minutes of the team's working time from when leads and questions of the days"
                " arrived until somebody answered, for who answered (days in UTC)."
            ),
            unit=Unit.QUANTITY,
            daily=reply_times,
            value=_minutes,
            parts=2,
            is_level=True,
            records=_answered,
        )
    )
    measures.register(
        Source(
            key="replies_in_time",
            label=_("Replies in time"),
            definition=_(
                "Of the leads and questions that arrived in the days, the share answered within the"
                " team's time; what waits longer counts as late (days in UTC)."
            ),
            unit=Unit.PERCENT,
            daily=replies_in_time,
            value=ratio,
            parts=2,
            is_level=True,
            records=_were_due,
        )
    )
