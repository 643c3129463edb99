"""Who leads whom where a lead has left: the nearest above who works here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.kernel.periods import EffectiveQuerySet
from paceline.kernel.shell import Attention
from paceline.kernel.waiting import Waiting
from paceline.org.models import (
    Employment,
    Person,
    PersonQuerySet,
    ReportingLine,
    ReportingPath,
    Role,
)

STRANDED_MAX = 200


@dataclass(frozen=True, slots=True)
class StrandedTeam:
    """People whose line leads to somebody who has left, and who works here next above, if any."""

    lead: Person
    people: list[Person]
    above: Person | None


def nearest_above(person: Person, on: date) -> Person | None:
    """Who leads a person on a day: their manager, else the next above who works here."""
    path = _working(on).filter(descendant=person).select_related("ancestor").first()
    return None if path is None else path.ancestor


def led_by(person: Person, on: date) -> PersonQuerySet:
    """Whom a person leads on a day: their reports, and those whose leads in between have left."""
    this = {"ancestor": person, "descendant": OuterRef("pk")}
    nearer = _working(on).filter(descendant=OuterRef("descendant"), depth__lt=OuterRef("depth"))
    return Person.objects.filter(Exists(_working(on).filter(~Exists(nearer), **this)))


def stranded_reports(on: date, below: Person | None = None) -> PersonQuerySet:
    """Employed people whose manager does not work here on a day; all, or those below somebody."""
    here = Employment.objects.filter(person=OuterRef("manager")).on(on)
    lines = ReportingLine.objects.filter(~Exists(here), person=OuterRef("pk")).on(on)
    rows = Person.objects.employed_on(on).filter(Exists(lines))
    if below is not None:
        paths = ReportingPath.objects.filter(ancestor=below, descendant=OuterRef("pk")).on(on)
        rows = rows.filter(Exists(paths))
    return rows


def stranded_for(reader: Person, on: date) -> PersonQuerySet:
    """Those whose lead has left, as far as they are the reader's: keepers of people know of all."""
    keeper = reader.has_role(Role.HR, Role.COMPENSATION, Role.ADMINISTRATOR)
    return stranded_reports(on, below=None if keeper else reader)


def stranded_teams(reader: Person, on: date) -> list[StrandedTeam]:
    """The same people by the lead who has left. Two queries."""
    people = stranded_for(reader, on).values("pk")
    lines = (
        ReportingLine.objects.filter(person__in=people).on(on).select_related("person", "manager")
    )
    by_lead: dict[Person, list[Person]] = defaultdict(list)
    for line in lines.order_by("manager__name", "person__name")[:STRANDED_MAX]:
        by_lead[line.manager].append(line.person)
    first = [people[0].pk for people in by_lead.values()]
    above: dict[int, Person] = {}
    paths = _working(on).filter(descendant__in=first).select_related("ancestor")
    for path in paths if first else ():
        above.setdefault(path.descendant_id, path.ancestor)
    return [StrandedTeam(lead, team, above.get(team[0].pk)) for lead, team in by_lead.items()]


def stranded_waiting(person: Person, as_of: date) -> Waiting:
    """For whoever keeps the company's people, and for whoever led a lead who has left."""
    keeps = person.has_role(Role.HR, Role.COMPENSATION)

    def say(count: int) -> Attention:
        text = ngettext(
            "%(count)d person reports to someone who has left",
            "%(count)d people report to someone who has left",
            count,
        )
        if keeps:
            detail = _("Give them another manager, or team credits will not reach anyone.")
        else:
            detail = _("HR gives them another manager; team credits reach nobody until then.")
        return Attention(
            text=text % {"count": count},
            url=reverse("org:people") + "?stranded=1",
            icon="sitemap",
            weight=40,
            detail=detail,
        )

    return Waiting(stranded_for(person, as_of), say)


def _working(on: date) -> EffectiveQuerySet:
    """What stands above whom on a day, the nearest first, without those who have left."""
    here = Employment.objects.filter(person=OuterRef("ancestor")).on(on)
    return ReportingPath.objects.on(on).filter(Exists(here)).order_by("depth")
