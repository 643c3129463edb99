"""Who does a step, and when they work."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from paceline.leads.queries import hours_of_people, hours_of_team
from paceline.org.models import (
    Employment,
    Leave,
    Person,
    ReportingLine,
    Role,
    RoleGrant,
    TeamMembership,
)
from paceline.sequences.days import AHEAD_MAX, Calendar
from paceline.sequences.models import RECORDS, Sequence, Step, Whom, Why


@dataclass(slots=True)
class Staff:
    """The people of sequences at a moment; what was asked once is kept."""

    at: datetime
    _calendars: dict[tuple[int, int], Calendar] = field(default_factory=dict)
    _here: dict[int, bool] = field(default_factory=dict)
    _leads: dict[int, Person | None] = field(default_factory=dict)
    _teams: dict[int, Calendar] = field(default_factory=dict)
    _firsts: dict[int, tuple[Any, Any]] = field(default_factory=dict)

    def calendar(self, person: Person, team_id: int) -> Calendar:
        """When somebody works: their own week, else the team's, in their zone; and their leave."""
        key = (person.pk, team_id)
        if key not in self._calendars:
            hours = hours_of_people([person.pk], team_id, self.at.date())[person.pk]
            since = self.at.date() - timedelta(days=AHEAD_MAX)
            rows = Leave.objects.filter(person=person).during(since, None)
            away = tuple(rows.order_by("starts_on").values_list("starts_on", "ends_before"))
            self._calendars[key] = Calendar(hours, away)
        return self._calendars[key]

    def calendar_of_team(self, team_id: int) -> Calendar:
        if team_id not in self._teams:
            self._teams[team_id] = Calendar(hours_of_team(team_id, self.at.date()))
        return self._teams[team_id]

    def first_of(self, sequence: Sequence) -> tuple[Any, Any]:
        """The version with which whoever enters begins, and its first step; nothing without one."""
        if sequence.pk not in self._firsts:
            version = sequence.versions.order_by("-number").first()
            first = None
            if version is not None:
                steps = version.steps.select_related("person", "template")
                first = steps.order_by("rank").first()
            self._firsts[sequence.pk] = (version, first)
        return self._firsts[sequence.pk]

    def is_here(self, person: Person, on: date) -> bool:
        """Whether somebody works here on a day."""
        if person.pk not in self._here:
            self._here[person.pk] = bool(Employment.objects.filter(person=person).on(on).exists())
        return self._here[person.pk]

    def lead_of(self, team_id: int) -> Person | None:
        """Who leads a team: a lead among its members, else whom most of them report to."""
        if team_id not in self._leads:
            self._leads[team_id] = _lead_of(team_id, self.at.date())
        return self._leads[team_id]

    def doer(self, step: Step, record: Any) -> tuple[Person | None, str]:
        """Who does a step with a record, and why another than the step says; nobody when no one
        of them is there or may see the record."""
        day = self.at.date()
        why = ""
        for person, otherwise in self._asked(step, record):
            if person is None or not self.is_here(person, day):
                why = why or str(otherwise)
                continue
            if not sees(person, record, day):
                why = why or str(Why.UNSEEN)
                continue
            return person, why
        return None, str(Why.NOBODY)

    def _asked(self, step: Step, record: Any) -> list[tuple[Person | None, Why]]:
        owner = (record.owner, Why.NO_OWNER if record.owner is None else Why.OWNER_LEFT)
        lead = (self.lead_of(record.team_id), Why.NOBODY)
        if step.whom == Whom.PERSON:
            return [(step.person, Why.PERSON_LEFT), owner, lead]
        return [lead, owner] if step.whom == Whom.LEAD else [owner, lead]


def sees(person: Person, record: Any, on: date) -> bool:
    """Whether somebody may see a record as they act on a day."""
    if record.owner_id == person.pk:
        return True
    person.acting_on = on
    model = RECORDS[str(record._meta.model_name)]
    return bool(model.objects.visible_to(person).filter(pk=record.pk).exists())


def _lead_of(team_id: int, on: date) -> Person | None:
    members = TeamMembership.objects.on(on).filter(team=team_id)
    ids = list(members.values_list("person", flat=True))
    grants = RoleGrant.objects.on(on).filter(role=Role.LEAD, person__in=ids).values("person")
    rows = Person.objects.employed_on(on).filter(pk__in=grants)
    found: Person | None = rows.order_by("name", "id").first()
    if found is not None:
        return found
    lines = ReportingLine.objects.on(on).filter(person__in=ids).order_by("manager")
    above = Counter(lines.values_list("manager", flat=True)).most_common(1)
    return Person.objects.employed_on(on).filter(pk=above[0][0]).first() if above else None
