"""Questions that wait, and the people who answer them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Count, Max, QuerySet

from paceline.incentives.models import LineComment, LineThread
from paceline.org.models import Person, Role, RoleGrant


def pay_desk_of(thread: LineThread, *, on: date) -> Sequence[Person]:
    """Those of the pay desk who already talk in the thread; else every compensation manager."""
    payee = thread.statement.payee_id
    written = LineComment.objects.filter(thread=thread).exclude(author=payee).values("author")
    granted = RoleGrant.objects.on(on).filter(role=Role.COMPENSATION).values("person")
    talking = list(Person.objects.filter(pk__in=written))
    return talking or list(Person.objects.filter(pk__in=granted))


def threads_for(person: Person) -> QuerySet[LineThread]:
    """Threads the person may read, with what a list of them shows."""
    return (
        LineThread.objects.visible_to(person)
        .select_related(
            "statement__payee",
            "statement__period",
            "component__version",
            "opened_by",
            "resolution",
        )
        .annotate(said=Count("comments"), last_said_at=Max("comments__written_at"))
    )
