"""Who works here at a moment, and which date it is for what they may."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.db.models import QuerySet

from paceline.kernel.periods import zone_named
from paceline.org.models import Employment, Person


def at_work(people: QuerySet[Person], at: datetime) -> tuple[Person, date] | None:
    """The first of some people who works here at a moment, acting on the date where they are
    employed, and that date; ``None`` when nobody of them does. Two queries, the roles included.

    The zone in which somebody reads times is theirs to choose, and moves no right: with it a right
    would begin a day early, and the last day would last two.
    """
    near = at.astimezone(UTC).date()
    rows = (
        Employment.objects.filter(person__in=people.order_by().values("pk"))
        .during(near - timedelta(days=1), near + timedelta(days=2))
        .select_related("person")
        .prefetch_related("person__role_grants")
        .order_by("person", "starts_on")
    )
    ended: tuple[int, date | None] | None = None
    for row in rows:
        today = at.astimezone(zone_named(row.time_zone)).date()
        if row.starts_on > today and ended == (row.person_id, row.starts_on):
            today = row.starts_on  # moved to a zone where that day has not begun yet
        if row.starts_on <= today and (row.ends_before is None or today < row.ends_before):
            person: Person = row.person
            person.acting_on = today
            return person, today
        ended = (row.person_id, row.ends_before)
    return None
