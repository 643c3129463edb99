"""What a deal paid, in its timeline: the released statements that its orders were credited in."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from paceline.crm.models import Deal, DealContributor, Record
from paceline.crm.queries import Entry, contribute
from paceline.incentives.models import Statement
from paceline.incentives.pay_words import period_name
from paceline.org.models import Person

STATEMENTS_MAX = 20


def register() -> None:
    """Let pay stand in the timelines of deals; called once at start."""
    contribute(pay_entries)


def pay_entries(person: Person, record: Record, entries: list[Entry]) -> list[Entry]:
    """One entry a statement that the person may read, of those who share in the deal.

    One query, and none for a deal without credited orders.
    """
    days = [
        date.fromisoformat(one.facts["day"])
        for one in entries
        if one.source == "order" and one.facts["credited_at"] and one.facts["day"]
    ]
    if not days or not isinstance(record, Deal):
        return []
    covering = Q()
    for day in set(days):
        covering |= Q(period__starts_on__lte=day, period__ends_before__gt=day)
    sharing = DealContributor.objects.filter(deal=record).values("person")
    rows = Statement.objects.visible_to(person).filter(
        covering, payee__in=sharing, release__isnull=False
    )
    rows = rows.select_related("payee", "period", "release").order_by("-release__released_at")
    return [
        Entry(
            source="pay",
            pk=one.pk,
            at=one.release.released_at,
            who="",
            kind="pay",
            title=_("Credited in the statement of %(payee)s, %(period)s")
            % {"payee": one.payee.name, "period": period_name(one.period)},
            text="",
            facts={"url": reverse("incentives:statement", args=[one.pk])},
        )
        for one in rows[:STATEMENTS_MAX]
    ]
