"""The company as an organisation: teams, people, who reports to whom, who may do what."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from paceline.accounts import actions as accounts
from paceline.org import actions as org
from paceline.org.models import Person, Position, Role, Team
from paceline.web.demo import papers
from paceline.web.demo.cast import POSITIONS, TEAMS, Member
from paceline.web.demo.papers import Paper
from paceline.web.demo.stage import BEGAN, Stage


@transaction.atomic
def found(stage: Stage) -> None:
    """The systems manager sets Paceline up and brings the organisation in."""
    at = stage.at(BEGAN)
    administrator = _first_administrator(stage, at)
    for code, (title, level, family) in POSITIONS.items():
        org.add_position(
            code=code, title=title, level=level, job_family=family, by=administrator, at=at
        )
    stage.bring_in("teams", _teams_file(stage), by=administrator, at=at)
    stage.bring_in("people", _people_file(stage), by=administrator, at=stage.at(BEGAN, 9, 20))
    lines = _reporting_file(stage)
    stage.bring_in("reporting_lines", lines, by=administrator, at=stage.at(BEGAN, 9, 40))
    _give_rights(stage, administrator, stage.at(BEGAN, 10))
    _open_accounts(stage, administrator, stage.at(BEGAN, 10, 15))
    _record_changes(stage, stage.at(BEGAN, 10, 40))


def _first_administrator(stage: Stage, at: datetime) -> Person:
    """Somebody has to be first: the installation itself adds them, and nobody else."""
    member = stage.cast.with_role(Role.ADMINISTRATOR)[0]
    person = org.add_person(
        number=member.number,
        name=member.name.own,
        latin_name=member.name.latin,
        email=member.email,
        by=None,
        at=at,
    )
    org.employ(person=person, terms=_terms(member), starts_on=member.starts_on, by=None, at=at)
    org.grant_role(
        person=person, role=Role.ADMINISTRATOR, starts_on=stage.day(BEGAN), by=None, at=at
    )
    return stage.person(member)


def _terms(member: Member) -> org.Terms:
    place = member.place
    return org.Terms(place.country, place.currency, place.language, place.time_zone)


def _teams_file(stage: Stage) -> Path:
    rows = ((team.code, team.name, team.parent) for team in TEAMS)
    return papers.write(Paper(), stage.folder / "teams", ("code", "name", "parent"), rows)


def _people_file(stage: Stage) -> Path:
    header = (
        "employee number",
        "name",
        "english name",
        "e-mail",
        "start date",
        "country",
        "currency",
        "language",
        "time zone",
        "position",
        "team",
    )
    rows = (
        (
            member.number,
            member.name.own,
            member.name.latin,
            member.email,
            member.starts_on,
            member.place.country,
            member.place.currency,
            member.place.language,
            member.place.time_zone,
            member.seats[0].position,
            member.seats[0].team,
        )
        for member in stage.cast.members.values()
    )
    return papers.write(Paper("utf-8-sig"), stage.folder / "people", header, rows)


def _reporting_file(stage: Stage) -> Path:
    rows = (
        (member.number, member.seats[0].manager, member.starts_on)
        for member in stage.cast.members.values()
        if member.seats[0].manager
    )
    header = ("person", "manager", "start date")
    return papers.write(Paper(), stage.folder / "reporting-lines", header, rows)


def _give_rights(stage: Stage, administrator: Person, at: datetime) -> None:
    """Roles by desk; whoever takes a team over leads from that day on."""
    for member in stage.cast.members.values():
        if member.role == Role.ADMINISTRATOR:
            continue
        org.grant_role(
            person=stage.person(member),
            role=member.role,
            starts_on=member.starts_on,
            by=administrator,
            at=at,
        )
    successor = stage.cast.successor
    org.grant_role(
        person=stage.person(successor),
        role=Role.LEAD,
        starts_on=successor.seats[-1].starts_on,
        by=administrator,
        at=at,
    )


def _open_accounts(stage: Stage, administrator: Person, at: datetime) -> None:
    """A way in for everyone who still works here, in the language and zone of their place."""
    for member in stage.cast.members.values():
        if not member.works_on(stage.calendar.as_of):
            continue
        user = accounts.open_account(email=member.email, by=administrator, at=at)
        accounts.change_preferences(
            user=user,
            language=member.place.language,
            time_zone=member.place.time_zone,
            at=at,
        )
        org.link_user(person=stage.person(member), user=user, by=administrator, at=at)


def _record_changes(stage: Stage, at: datetime) -> None:
    """What changed since people were hired: other seats, other leads, and who left."""
    by = stage.acting(Role.HR)
    positions = {position.code: position for position in Position.objects.all()}
    teams = {team.code: team for team in Team.objects.all()}
    for member in stage.cast.members.values():
        for before, seat in zip(member.seats, member.seats[1:], strict=False):
            change: dict[str, Any] = {
                "person": stage.person(member),
                "starts_on": seat.starts_on,
                "by": by,
                "at": at,
            }
            if seat.position != before.position:
                org.hold_position(position=positions[seat.position], **change)
            if seat.team != before.team:
                org.move_to_team(team=teams[seat.team], **change)
            if seat.manager != before.manager:
                manager = stage.cast.members[seat.manager]
                org.set_reporting_line(manager=stage.person(manager), **change)
    for member in stage.cast.members.values():
        if member.ends_before is not None:
            org.end_employment(
                person=stage.person(member), ends_before=member.ends_before, by=by, at=at
            )
