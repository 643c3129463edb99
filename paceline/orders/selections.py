"""The lines behind a figure: the list narrowed by what its address says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from paceline.kernel import formats
from paceline.orders.models import OrderLine
from paceline.org.models import Person, Team, TeamMembership

COLUMNS = {
    "channel": _("Channel"),
    "category": _("Category"),
    "product": _("Product"),
    "territory": _("Territory"),
    "customer": _("Customer"),
    "currency": _("Currency"),
}
PARTS = ("from", "to", "payee", "team", *COLUMNS)


def select(
    rows: QuerySet[OrderLine], asked: Mapping[str, str]
) -> tuple[QuerySet[OrderLine], list[str]]:
    """The lines that the address asks for, and in words what it asked; what it says wrongly finds
    nothing rather than everything."""
    said: list[str] = []
    days = {part: asked[part] for part in ("from", "to") if asked.get(part)}
    if days:
        try:
            found = {part: date.fromisoformat(value) for part, value in days.items()}
        except ValueError:
            return rows.none(), [" – ".join(days.values())]
        if "from" in found:
            rows = rows.filter(ordered_on__gte=found["from"])
        if "to" in found:
            rows = rows.filter(ordered_on__lte=found["to"])
        said.append(" – ".join(formats.day(one) for one in found.values()))
    if asked.get("payee"):
        person = Person.objects.filter(number=asked["payee"]).first()
        rows = rows.filter(person=person) if person else rows.none()
        said.append(str(person or asked["payee"]))
    if asked.get("team"):
        team = Team.objects.filter(code=asked["team"]).first()
        rows = rows.filter(_of_team(team)) if team else rows.none()
        said.append(str(team or asked["team"]))
    for column, label in COLUMNS.items():
        if asked.get(column):
            rows = rows.filter(**{column: asked[column]})
            said.append(f"{label}{formats.colon()}{asked[column]}")
    return rows, said


def _of_team(team: Team) -> Any:
    """Lines of people who belonged to the team, or to one below it, on the day of the line."""
    codes, parents = {team.pk}, {team.pk}
    while parents:
        parents = set(
            Team.objects.filter(parent__in=parents)
            .exclude(pk__in=codes)
            .values_list("pk", flat=True)
        )
        codes |= parents
    members = TeamMembership.objects.filter(
        Q(ends_before__isnull=True) | Q(ends_before__gt=OuterRef("ordered_on")),
        team__in=codes,
        person=OuterRef("person"),
        starts_on__lte=OuterRef("ordered_on"),
    )
    return Exists(members)
