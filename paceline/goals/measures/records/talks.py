"""Talks with customers and what they said, behind a goal, as far as the reader sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce, Left, TruncDate
from django.utils.translation import pgettext

from paceline.crm.models import Activity, ActivityKind, Feedback, FeedbackKind
from paceline.goals.measures import People, Record
from paceline.goals.measures.records import address_of
from paceline.org.models import Person

TALKS = (ActivityKind.CALL, ActivityKind.MAIL, ActivityKind.CHAT, ActivityKind.MEETING)
HANGS_ON = ("deal", "lead", "contact", "company")
WORDS_MAX = 140
TENTH = Decimal("0.1")
SETTLED = {"settled_at__isnull": False}  # what tells how long it took


def moments(first: date, before: date) -> dict[str, datetime]:
    """The days as moments of universal time, in which they are counted everywhere alike."""
    return {
        "at__gte": datetime.combine(first, time(), UTC),
        "at__lt": datetime.combine(before, time(), UTC),
    }


def _record_address(ids: list[int | None]) -> str:
    """The page of the first record that something hangs on."""
    for kind, pk in zip(HANGS_ON, ids, strict=True):
        if pk is not None:
            return address_of(f"crm:{kind}", pk)
    return ""


def _shortened(text: str) -> str:
    """The beginning of what was said, on one line."""
    line = " ".join(text.split())
    return line if len(line) < WORDS_MAX else f"{line[: WORDS_MAX - 1]}…"


def talks(reader: Person, first: date, before: date, people: People, most: int) -> Iterator[Record]:
    """Calls, mails, chats and meetings."""
    seen = Activity.objects.visible_to(reader).filter(pk=OuterRef("pk"))
    rows = Activity.objects.filter(kind__in=TALKS, **moments(first, before))
    rows = rows if people is None else rows.filter(created_by__in=people)
    rows = rows.annotate(
        is_seen=Exists(seen),
        day=TruncDate("at", tzinfo=UTC),
        words=Left("text", WORDS_MAX),
        customer=Coalesce("deal__title", "lead__name", "contact__name", "company__name"),
    ).order_by("-at", "-pk")
    kinds = dict(ActivityKind.choices)
    for is_seen, who, on, kind, subject, words, customer, *ids in rows.values_list(
        "is_seen", "created_by", "day", "kind", "subject", "words", "customer", *HANGS_ON
    )[:most]:
        if not is_seen:
            yield Record(who, on, is_seen=False)
            continue
        said = _shortened(subject or words) or str(kinds[kind])
        yield Record(who, on, said, _record_address(ids), customer or "", str(kinds[kind]))


def _feedback(
    only: dict[str, Any], reader: Person, first: date, before: date,
    people: People, most: int,
) -> Iterator[Record]:  # fmt: skip
    seen = Feedback.objects.visible_to(reader).filter(pk=OuterRef("pk"))
    rows = Feedback.objects.filter(**only, **moments(first, before)).annotate(
        who=Coalesce("assignee", "created_by"),
        is_seen=Exists(seen),
        day=TruncDate("at", tzinfo=UTC),
        words=Left("text", WORDS_MAX),
        took=F("settled_at") - F("at"),
        customer=Coalesce("deal__title", "lead__name", "contact__name", "company__name"),
    )
    rows = rows if people is None else rows.filter(who__in=people)
    kinds = dict(FeedbackKind.choices)
    is_open, is_settled = pgettext("feedback", "open"), pgettext("feedback", "settled")
    for shown, who, on, kind, words, customer, took, *ids in rows.order_by(
        "-at", "-pk"
    ).values_list("is_seen", "who", "day", "kind", "words", "customer", "took", *HANGS_ON)[:most]:
        if not shown:
            yield Record(who, on, is_seen=False)
            continue
        hours = None
        if only == SETTLED and took is not None:
            hours = (Decimal(int(took.total_seconds())) / 3600).quantize(TENTH)
        detail = " · ".join(filter(None, (str(kinds[kind]), customer)))
        figure = is_open if took is None else is_settled
        yield Record(who, on, _shortened(words), _record_address(ids), detail, figure, hours)


complaints = partial(_feedback, {"kind": FeedbackKind.COMPLAINT})
feedback = partial(_feedback, {})
settled = partial(_feedback, SETTLED)
