"""Who works here at a moment, and which date it is for what they may."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from django.db.models import F, QuerySet

from paceline.kernel.periods import zone_named
from paceline.org.models import Employment, Person


def at_work(people: QuerySet[Person], at: datetime) -> tuple[Person, date] | None:
    """The first of some people who works here at a moment, acting on the date where they are
    employed, and that date; ``None`` when nobody of them does. One query, account and roles
    included.

    The zone in which somebody reads times is theirs to choose, and moves no right: with it a right
    would begin a day early, and the last day would last two.
    """
    near = at.astimezone(UTC).date()
    rows = (
        Employment.objects.filter(person__in=people.order_by().values("pk"))
        .during(near - timedelta(days=1), near + timedelta(days=2))
        .select_related("person__user")
        .annotate(
            role=F("person__role_grants__role"),
            role_since=F("person__role_grants__starts_on"),
            role_until=F("person__role_grants__ends_before"),
        )
        .order_by("person", "starts_on", "pk")
    )
    ended: tuple[int, date | None] | None = None
    for _pk, group in groupby(rows, lambda one: one.pk):  # a row for each role that was ever given
        grants = list(group)
        row = grants[0]
        today = at.astimezone(zone_named(row.time_zone)).date()
        if row.starts_on > today and ended == (row.person_id, row.starts_on):
            today = row.starts_on  # moved to a zone where that day has not begun yet
        if row.starts_on <= today and (row.ends_before is None or today < row.ends_before):
            person: Person = row.person
            person.acting_on = today
            person.roles = frozenset(
                one.role
                for one in grants
                if one.role is not None
                and one.role_since <= today
                and (one.role_until is None or today < one.role_until)
            )
            return person, today
        ended = (row.person_id, row.ends_before)
    return None
