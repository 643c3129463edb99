"""Reporting lines: successions, circles, and the closure that rights are read from."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from paceline.kernel.audit import AuditEntry
from paceline.kernel.rights import Relation
from paceline.org import access, actions, queries
from paceline.org.models import Person, ReportingLine, ReportingPath
from tests.world import World

JULY = date(2026, 7, 1)
AUGUST = date(2026, 8, 1)


def set_line(
    world: World, person: Person, manager: Person, starts_on: date, ends_before: date | None = None
) -> ReportingLine:
    return actions.set_reporting_line(
        person=person,
        manager=manager,
        starts_on=starts_on,
        ends_before=ends_before,
        by=world.hana,
        at=world.now,
    )


def test_relations_follow_the_lines(world: World) -> None:
    found = access.relations(world.marco, world.cast.values(), world.today)
    expected = {
        "marco": Relation.SELF,
        "priya": Relation.REPORT,
        "fred": Relation.FORMER_REPORT,
        "sofia": Relation.PEER,
        "ines": Relation.PEER,
        "dana": Relation.PEER,
        "hana": Relation.PEER,
        "omar": Relation.OTHER,
        "wen": Relation.OTHER,
        "erik": Relation.OTHER,
        "ada": Relation.OTHER,
    }
    assert {name: found[person.pk] for name, person in world.cast.items()} == expected


def test_far_reports_are_indirect(world: World) -> None:
    assert access.relation(world.erik, world.priya, world.today) is Relation.INDIRECT_REPORT
    assert access.relation(world.erik, world.marco, world.today) is Relation.REPORT
    assert access.relation(world.priya, world.marco, world.today) is Relation.PEER  # one team
    assert access.relation(world.priya, world.erik, world.today) is Relation.OTHER


def test_a_new_manager_follows_the_old_one(world: World) -> None:
    set_line(world, world.priya, world.sofia, AUGUST)
    lines = ReportingLine.objects.filter(person=world.priya).order_by("starts_on")
    assert [(line.manager, line.starts_on, line.ends_before) for line in lines] == [
        (world.marco, world.founded, AUGUST),
        (world.sofia, AUGUST, None),
    ]
    eve = AUGUST - timedelta(days=1)
    assert access.relation(world.marco, world.priya, eve) is Relation.REPORT
    assert access.relation(world.marco, world.priya, AUGUST) is Relation.FORMER_REPORT
    assert access.relation(world.sofia, world.priya, AUGUST) is Relation.REPORT
    assert list(queries.reports(world.sofia, AUGUST)) == [world.omar, world.priya]


def test_moving_a_lead_moves_everyone_below(world: World) -> None:
    set_line(world, world.marco, world.sofia, AUGUST)
    assert access.relation(world.sofia, world.priya, AUGUST) is Relation.INDIRECT_REPORT
    paths = ReportingPath.objects.filter(descendant=world.priya).on(AUGUST).order_by("depth")
    assert [path.ancestor for path in paths] == [world.marco, world.sofia, world.erik]


def test_the_same_line_twice_changes_nothing(world: World) -> None:
    entries = AuditEntry.objects.count()
    set_line(world, world.priya, world.marco, world.founded)
    assert ReportingLine.objects.filter(person=world.priya).count() == 1
    assert AuditEntry.objects.count() == entries


@pytest.mark.parametrize("name", ["erik", "marco", "priya"])
def test_a_circle_is_refused_and_named(world: World, name: str) -> None:
    before = list(ReportingLine.objects.values_list().order_by("id"))
    paths = list(ReportingPath.objects.values_list().order_by("id"))
    entries = AuditEntry.objects.count()
    with pytest.raises(actions.ReportingCircle) as refusal:
        set_line(world, world.erik, world.cast[name], JULY)
    people = refusal.value.people
    assert people[0] == people[-1] == world.erik
    assert list(ReportingLine.objects.values_list().order_by("id")) == before
    assert list(ReportingPath.objects.values_list().order_by("id")) == paths
    assert AuditEntry.objects.count() == entries


def test_a_line_that_ended_closes_no_circle(world: World) -> None:
    actions.end_reporting_line(person=world.marco, ends_before=JULY, by=world.hana, at=world.now)
    set_line(world, world.erik, world.marco, JULY)
    assert access.relation(world.marco, world.erik, JULY) is Relation.REPORT
    assert access.relation(world.erik, world.marco, JULY) is Relation.FORMER_REPORT


def test_a_later_line_is_never_overwritten(world: World) -> None:
    set_line(world, world.priya, world.sofia, AUGUST)
    with pytest.raises(actions.Overlaps) as refusal:
        set_line(world, world.priya, world.dana, JULY)
    assert refusal.value.existing.starts_on == AUGUST
    assert ReportingLine.objects.filter(person=world.priya).count() == 2
    assert queries.manager(world.priya, JULY) == world.marco


def test_the_closure_equals_a_full_rebuild(world: World) -> None:
    set_line(world, world.marco, world.sofia, AUGUST)
    set_line(world, world.priya, world.dana, date(2026, 9, 1))
    fields = ("ancestor_id", "descendant_id", "depth", "starts_on", "ends_before")
    kept = set(ReportingPath.objects.values_list(*fields))
    actions.rebuild_paths()
    assert set(ReportingPath.objects.values_list(*fields)) == kept
    assert len(kept) == ReportingPath.objects.count()


def test_tables_for_the_engine(world: World) -> None:
    payees = queries.payees(AUGUST).to_pylist()
    assert payees[0] == {
        "payee_id": "E001",
        "name": "Priya Nair",
        "starts_on": world.founded,
        "ends_before": None,
        "currency": "USD",
    }
    assert payees[10]["ends_before"] == date(2026, 4, 1)
    lines = queries.reporting(date(2026, 4, 1), AUGUST).to_pylist()
    assert {"payee_id": "E011", "manager_id": "E002"} not in [
        {"payee_id": line["payee_id"], "manager_id": line["manager_id"]} for line in lines
    ]
    assert lines[0] == {
        "payee_id": "E001",
        "manager_id": "E002",
        "starts_on": world.founded,
        "ends_before": None,
    }
    assert queries.payees(date(2020, 1, 1)).num_rows == 0
