"""Sources that come from work with customers: won deals, new customers, talks, complaints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models import (
    Activity,
    ContributorKind,
    Deal,
    DealContributor,
    Feedback,
    FeedbackKind,
    StageKind,
)
from paceline.goals import measures
from paceline.goals.measures import Fact, People, Source
from paceline.goals.measures.orders import ratio
from paceline.goals.measures.records import deals as opened
from paceline.goals.measures.records import talks as said
from paceline.goals.models.quotas import Unit
from paceline.goals.progress import divided


def _closed(first: date, before: date, people: People) -> QuerySet[Any]:
    rows = Deal.objects.kept().filter(closed_on__gte=first, closed_on__lt=before)
    return rows if people is None else rows.filter(owner__in=people)


def deals_won(first: date, before: date, people: People) -> Iterator[Fact]:
    won = _closed(first, before, people).filter(stage__kind=StageKind.WON)
    rows = won.order_by("closed_on", "owner").values_list("owner", "closed_on")
    for who, on, count in rows.annotate(n=Count("pk")):
        yield Fact(who, on, "", (Decimal(count),))


def deal_amounts(first: date, before: date, people: People) -> Iterator[Fact]:
    """What won deals were worth, by share; what counts on top of the whole is left out."""
    rows = DealContributor.objects.exclude(kind=ContributorKind.OVERLAY).filter(
        deal__archived_at__isnull=True,
        deal__stage__kind=StageKind.WON,
        deal__closed_on__gte=first,
        deal__closed_on__lt=before,
        deal__amount__isnull=False,
    )
    rows = rows if people is None else rows.filter(person__in=people)
    found = rows.order_by("deal__closed_on", "person", "deal__currency").values_list(
        "person", "deal__closed_on", "deal__currency"
    )
    for who, on, currency, amount in found.annotate(amount=Sum(F("deal__amount") * F("share"))):
        yield Fact(who, on, currency, (amount,))


def win_rates(first: date, before: date, people: People) -> Iterator[Fact]:
    rows = _closed(first, before, people).order_by("closed_on", "owner")
    counted = rows.values_list("owner", "closed_on").annotate(
        won=Count("pk", filter=Q(stage__kind=StageKind.WON)), n=Count("pk")
    )
    for who, on, won, count in counted:
        yield Fact(who, on, "", (Decimal(won), Decimal(count)))


def new_customers(first: date, before: date, people: People) -> Iterator[Fact]:
    """A customer is new on the day of the first deal that was won with them, for its owner."""
    won = Deal.objects.kept().filter(stage__kind=StageKind.WON, closed_on__isnull=False)
    for key in ("company", "contact"):
        rows = won.filter(**{f"{key}__isnull": False})
        rows = rows if key == "company" else rows.filter(company__isnull=True)
        began = rows.order_by().values(key).annotate(day=Min("closed_on"))
        new = {
            row[key]: row["day"]
            for row in began.filter(day__gte=first, day__lt=before).order_by("day", key)
        }
        owners: dict[int, int | None] = {}
        deals = rows.filter(**{f"{key}__in": new}).order_by("closed_on", "pk")
        for customer, owner in deals.values_list(key, "owner"):
            owners.setdefault(customer, owner)
        for customer, day in new.items():
            if people is None or owners[customer] in people:
                yield Fact(owners[customer], day, "", (Decimal(1),))


def talks(first: date, before: date, people: People) -> Iterator[Fact]:
    rows = Activity.objects.filter(kind__in=said.TALKS, **said.moments(first, before))
    rows = rows if people is None else rows.filter(created_by__in=people)
    yield from _counted(rows, "created_by")


def complaints(first: date, before: date, people: People) -> Iterator[Fact]:
    rows = Feedback.objects.filter(kind=FeedbackKind.COMPLAINT, **said.moments(first, before))
    rows = rows.annotate(who=Coalesce("assignee", "created_by"))
    yield from _counted(rows if people is None else rows.filter(who__in=people), "who")


def feedback(first: date, before: date, people: People) -> Iterator[Fact]:
    rows = Feedback.objects.filter(**said.moments(first, before))
    rows = rows.annotate(who=Coalesce("assignee", "created_by"))
    yield from _counted(rows if people is None else rows.filter(who__in=people), "who")


def feedback_hours(first: date, before: date, people: People) -> Iterator[Fact]:
    """How long feedback of the days took until it was settled; what is open is left out."""
    rows = Feedback.objects.filter(settled_at__isnull=False, **said.moments(first, before))
    rows = rows.annotate(who=Coalesce("assignee", "created_by"))
    rows = rows if people is None else rows.filter(who__in=people)
    found = rows.order_by("at").values_list("who", "at", "settled_at")
    for who, at, settled_at in found:
        seconds = Decimal(int((settled_at - at).total_seconds()))
        yield Fact(who, at.astimezone(UTC).date(), "", (seconds, Decimal(1)))


def _hours(parts: Sequence[Decimal]) -> Decimal | None:
    return divided(parts[0], parts[1] * 3600)


def _counted(rows: QuerySet[Any], who: str) -> Iterator[Fact]:
    days = rows.order_by().annotate(day=TruncDate("at", tzinfo=UTC))
    for person, on, count in days.values_list(who, "day").annotate(n=Count("pk")).order_by("day"):
        yield Fact(person, on, "", (Decimal(count),))


def register() -> None:
    """Let goals be measured by deals and talks; called once at start."""
    counts = (
        (
            "deals_won",
            _("Deals won"),
            _("Deals that were won in the days, each for its owner."),
            deals_won,
            opened.won,
        ),
        (
            "new_customers",
            _("New customers"),
            _("Customers with whom the first deal was won in the days, for its owner."),
            new_customers,
            opened.new_customers,
        ),
        (
            "talks",
            pgettext_lazy("measure", "Talks with customers"),
            _("Calls, mails, chats and meetings that somebody wrote down (days in UTC)."),
            talks,
            said.talks,
        ),
        (
            "complaints",
            pgettext_lazy("measure", "Complaints"),
            _("Complaints of customers, for whoever looks after them (days in UTC)."),
            complaints,
            said.complaints,
        ),
        (
            "feedback",
            _("Customer feedback"),
            _("What customers said of us, for whoever looks after it (days in UTC)."),
            feedback,
            said.feedback,
        ),
    )
    for key, label, definition, daily, records in counts:
        measures.register(Source(key, label, definition, Unit.QUANTITY, daily, records=records))
    measures.register(
        Source(
            key="feedback_hours",
            label=_("Hours until feedback is settled"),
            definition=_(
                "Mean hours from when feedback of the days came until it was settled, for whoever"
                " looks after it; open ones left out (days in UTC)."
            ),
            unit=Unit.QUANTITY,
            daily=feedback_hours,
            value=_hours,
            parts=2,
            is_level=True,
            records=said.settled,
        )
    )
    measures.register(
        Source(
            key="deal_amount",
            label=_("Value of deals won"),
            definition=_("Amounts of deals that were won in the days, by share."),
            unit=Unit.MONEY,
            daily=deal_amounts,
            money=(0,),
            records=opened.shares,
        )
    )
    measures.register(
        Source(
            key="win_rate",
            label=_("Win rate"),
            definition=_("Deals won, divided by deals won or lost in the days."),
            unit=Unit.PERCENT,
            daily=win_rates,
            value=ratio,
            parts=2,
            is_level=True,
            lowered_by=frozenset({"deals_won"}),
            records=opened.closed,
        )
    )
