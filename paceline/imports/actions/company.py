"""Writing people, teams and reporting lines from files, record by record, by org's own actions.

The check is a rehearsal: every record is really written and then rolled back, so that overlaps and
circles are found by the very rules that would refuse them later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from paceline.imports import checking
from paceline.imports.actions import pictures
from paceline.imports.kinds import Changes, Check, Commit, RecordRefused
from paceline.org import actions as org
from paceline.org.models import (
    Employment,
    Hierarchy,
    HierarchyLine,
    Leave,
    LeaveKind,
    Person,
    Position,
    PositionHolding,
    ReportingLine,
    Team,
    TeamMembership,
)

TABLES = (
    "org_person",
    "org_employment",
    "org_position",
    "org_positionholding",
    "org_team",
    "org_teammembership",
    "org_reportingline",
    "org_hierarchy",
    "org_hierarchyline",
    "org_leave",
)
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, when; as org's actions want it."""

    by: Person | None
    at: datetime

    @property
    def stamp(self) -> dict[str, Any]:
        return {"by": self.by, "at": self.at}


# Writes one record and says "new", "changed" or "same".
Write = Callable[[Record, Writer], str]


def rehearse(check: Check, records: Sequence[Record], write: Write, writer: Writer) -> Changes:
    """Write every record, note what is refused, and roll all of it back."""
    refused: list[tuple[int, str, str, dict[str, Any]]] = []
    counts = {"new": 0, "changed": 0, "same": 0}
    with transaction.atomic():
        for record in records:
            try:
                with transaction.atomic():
                    counts[_told(write, record, writer)] += 1
            except RecordRefused as error:
                refused.append((record["row"], error.field, error.code, error.params))
        transaction.set_rollback(True)
    checking.refuse_rows(check, refused)
    return Changes(**counts)


def perform(records: Sequence[Record], write: Write, commit: Commit) -> Changes:
    """Write every record and keep pictures of what changed. Raises ``RecordRefused``."""
    pictures.remember(TABLES)
    writer = Writer(commit.by, commit.at)
    counts = {"new": 0, "changed": 0, "same": 0}
    for done, record in enumerate(records):
        commit.step("writing", done)
        counts[_told(write, record, writer)] += 1
    pictures.keep_differences(TABLES, commit)
    return Changes(**counts)


def undo(commit: Commit) -> None:
    """Take an import of people, teams or reporting lines back."""
    pictures.take_back(TABLES, commit)
    org.rebuild_paths()


def _told(write: Write, record: Record, writer: Writer) -> str:
    with _named_refusals():
        return write(record, writer)


@contextmanager
def _named_refusals() -> Iterator[None]:
    try:
        yield
    except org.ReportingCircle as error:
        circle = " → ".join(person.name for person in error.people)
        raise RecordRefused("manager", "reporting_circle", circle=circle) from error
    except org.ReportingTooDeep as error:
        raise RecordRefused("manager", "reporting_too_deep") from error
    except org.HierarchyCircle as error:
        circle = " → ".join(person.name for person in error.people)
        raise RecordRefused("manager", "hierarchy_circle", circle=circle) from error
    except org.HierarchyTooDeep as error:
        raise RecordRefused("manager", "hierarchy_too_deep") from error
    except org.TeamCircle as error:
        raise RecordRefused("parent", "team_circle") from error
    except (org.Overlaps, org.AlreadyEmployed) as error:
        existing = error.existing
        params = {"starts_on": existing.starts_on, "ends_before": existing.ends_before}
        raise RecordRefused("starts_on", "days_taken", **params) from error
    except org.EndsBeforeStart as error:
        raise RecordRefused("last_day", "ends_before_start") from error
    except org.NotEmployed as error:
        raise RecordRefused("starts_on", "not_employed") from error


# --------------------------------------------------------------------------------------- people


def write_person(record: Record, writer: Writer) -> str:
    """Add or change a person with employment, position and team."""
    person = Person.objects.filter(number=record["number"]).first()
    told = "same"
    if person is None:
        told = "new"
        person = org.add_person(
            number=record["number"],
            name=record["name"],
            latin_name=record["latin_name"],
            email=record["email"],
            **writer.stamp,
        )
    else:
        given = {
            name: record[name]
            for name in ("name", "latin_name", "email")
            if record[name] and record[name] != getattr(person, name)
        }
        if given:
            org.change_person(person=person, **given, **writer.stamp)
            told = "changed"
    changed = [
        _write_employment(person, record, writer),
        _write_position(person, record, writer),
        _write_team(person, record, writer),
    ]
    return "changed" if told == "same" and any(changed) else told


def _write_employment(person: Person, record: Record, writer: Writer) -> bool:
    starts_on, ends_before = record["starts_on"], record["ends_before"]
    known = Employment.objects.filter(person=person).on(starts_on).first()
    last = record["probation_last_day"]
    # What a file does not say stays as it was.
    terms = org.Terms(
        country=record["country"],
        currency=record["currency"],
        language=record["language"],
        time_zone=record["time_zone"],
        region=record["region"] or ("" if known is None else known.region),
        probation_ends_before=_day_after(last)
        if last
        else (None if known is None else known.probation_ends_before),
    )
    if known is None:
        org.employ(
            person=person,
            terms=terms,
            starts_on=starts_on,
            ends_before=ends_before,
            **writer.stamp,
        )
        return True
    changed = False
    if any(getattr(known, name) != getattr(terms, name) for name in terms.__dataclass_fields__):
        since = record["since"] or starts_on
        org.change_terms(person=person, terms=terms, starts_on=since, **writer.stamp)
        changed = True
    if ends_before is not None and known.ends_before != ends_before:
        org.end_employment(person=person, ends_before=ends_before, **writer.stamp)
        changed = True
    return changed


def _write_position(person: Person, record: Record, writer: Writer) -> bool:
    title = record["position"]
    if not title:
        return False
    position = (
        Position.objects.filter(code__iexact=title).first()
        or Position.objects.filter(title__iexact=title).first()
        or org.add_position(
            code=title[:60],
            title=title,
            level=record["level"],
            job_family=record["job_family"],
            **writer.stamp,
        )
    )
    since = record["since"] or record["starts_on"]
    held = PositionHolding.objects.filter(person=person, position=position)
    if held.during(since, _day_after(since)).exists():
        return False
    org.hold_position(
        person=person,
        position=position,
        starts_on=since,
        ends_before=record["ends_before"],
        **writer.stamp,
    )
    return True


def _write_team(person: Person, record: Record, writer: Writer) -> bool:
    name = record["team"]
    if not name:
        return False
    team = _team(name, "team")
    since = record["since"] or record["starts_on"]
    if TeamMembership.objects.filter(person=person, team=team).on(since).exists():
        return False
    org.move_to_team(
        person=person,
        team=team,
        starts_on=since,
        ends_before=record["ends_before"],
        **writer.stamp,
    )
    return True


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _team(name: str, field: str) -> Team:
    team = Team.objects.filter(code__iexact=name).first()
    team = team or Team.objects.filter(name__iexact=name).first()
    if team is None:
        raise RecordRefused(field, "team_unknown", value=name)
    return team


# -------------------------------------------------------- teams, reporting lines, hierarchies


def write_team(record: Record, writer: Writer) -> str:
    """Add or change a team; its parent must be known or come earlier."""
    parent = _team(record["parent"], "parent") if record["parent"] else None
    team = Team.objects.filter(code=record["code"]).select_related("parent").first()
    if team is None:
        org.create_team(code=record["code"], name=record["name"], parent=parent, **writer.stamp)
        return "new"
    parent = parent or team.parent
    if (team.name, team.parent) == (record["name"], parent):
        return "same"
    if writer.by is None:
        raise RecordRefused("code", "team_known")
    org.change_team(team=team, name=record["name"], parent=parent, by=writer.by, at=writer.at)
    return "changed"


def write_reporting_line(record: Record, writer: Writer) -> str:
    """Let a person report to a manager from a day on."""
    person = Person.objects.get(pk=record["person_id"])
    manager = Person.objects.get(pk=record["manager_id"])
    starts_on, ends_before = record["starts_on"], record["ends_before"]
    lines = ReportingLine.objects.filter(person=person)
    known = lines.filter(manager=manager).on(starts_on).first()
    if known is not None and (ends_before is None or known.ends_before == ends_before):
        return "same"
    told = "changed" if lines.exists() else "new"
    org.set_reporting_line(
        person=person,
        manager=manager,
        starts_on=starts_on,
        ends_before=ends_before,
        **writer.stamp,
    )
    return told


def write_place(record: Record, writer: Writer) -> str:
    """Let a person stand below another in a hierarchy; a name that is not known makes one."""
    person = Person.objects.get(pk=record["person_id"])
    manager = Person.objects.get(pk=record["manager_id"])
    if writer.by in {person, manager}:
        raise RecordRefused("person", "own_place")
    name = record["hierarchy"]
    hierarchy = (
        Hierarchy.objects.filter(code__iexact=name).first()
        or Hierarchy.objects.filter(name__iexact=name).first()
        or org.add_hierarchy(code=name[:60], name=name, **writer.stamp)
    )
    starts_on, ends_before = record["starts_on"], record["ends_before"]
    lines = HierarchyLine.objects.filter(hierarchy=hierarchy, person=person)
    known = lines.filter(manager=manager).on(starts_on).first()
    if known is not None and (ends_before is None or known.ends_before == ends_before):
        return "same"
    told = "changed" if lines.exists() else "new"
    org.place_below(
        hierarchy=hierarchy,
        person=person,
        manager=manager,
        starts_on=starts_on,
        ends_before=ends_before,
        **writer.stamp,
    )
    return told


def write_leave(record: Record, writer: Writer) -> str:
    """Let a person be away; a leave with the same first day is changed."""
    person = Person.objects.get(pk=record["person_id"])
    if writer.by == person:
        raise RecordRefused("person", "own_leave")
    kind, starts_on = LeaveKind(record["kind"]), record["starts_on"]
    known = Leave.objects.filter(person=person, starts_on=starts_on).first()
    given = {"kind": kind, "starts_on": starts_on, "ends_before": record["ends_before"]}
    if known is None:
        org.enter_leave(person=person, **given, **writer.stamp)
        return "new"
    if (known.kind, known.ends_before) == (kind, record["ends_before"]):
        return "same"
    if writer.by is None:
        raise RecordRefused("starts_on", "days_taken", starts_on=starts_on)
    org.change_leave(leave=known, by=writer.by, at=writer.at, **given)
    return "changed"
