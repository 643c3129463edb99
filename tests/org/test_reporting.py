"""Reporting lines: successions, circles, and the closure that rights are read from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from paceline.kernel.audit import AuditEntry
from paceline.kernel.rights import Relation
from paceline.org import access, actions, queries
from paceline.org.models import Person, ReportingLine, ReportingPath
from tests.world import TERMS, World

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


# A lead who has left


def leave(world: World, person: Person, ends_before: date) -> None:
    actions.end_employment(person=person, ends_before=ends_before, by=world.hana, at=world.now)


def rows_above(person: Person) -> set[tuple[str, int, date, date | None]]:
    """By first name: who stands above a person, how far, on which days."""
    rows = ReportingPath.objects.filter(descendant=person).values_list(
        "ancestor__name", "depth", "starts_on", "ends_before"
    )
    return {(name.split()[0], *rest) for name, *rest in rows}


def assert_rebuilds_alike() -> None:
    fields = ("ancestor_id", "descendant_id", "depth", "starts_on", "ends_before")
    kept = sorted(ReportingPath.objects.values_list(*fields), key=str)
    actions.rebuild_paths()
    assert sorted(ReportingPath.objects.values_list(*fields), key=str) == kept


def test_the_team_of_a_lead_who_left_stays_below_whoever_led_the_lead(world: World) -> None:
    before = queries.reporting(JULY, date(2027, 1, 1)).to_pylist()
    leave(world, world.marco, AUGUST)  # a day to come
    eve = AUGUST - timedelta(days=1)
    for day in (eve, AUGUST, date(2027, 8, 1)):
        assert access.relation(world.erik, world.priya, day) is Relation.INDIRECT_REPORT
    assert rows_above(world.priya) == {
        ("Marco", 1, world.founded, None),
        ("Erik", 2, world.founded, AUGUST),
        ("Erik", 2, AUGUST, None),
    }
    # The one who left is below nobody any more, and was.
    assert access.relation(world.erik, world.marco, AUGUST) is Relation.FORMER_REPORT
    assert rows_above(world.marco) == {("Erik", 1, world.founded, AUGUST)}
    assert access.relation(world.sofia, world.priya, AUGUST) is Relation.OTHER
    # Pay goes by the lines: they end as they did, and nothing takes their place.
    after = queries.reporting(JULY, date(2027, 1, 1)).to_pylist()
    ended = {"payee_id": "E002", "manager_id": "E009", "starts_on": world.founded}
    assert [row for row in after if row not in before] == [{**ended, "ends_before": AUGUST}]
    assert [row for row in before if row not in after] == [{**ended, "ends_before": None}]
    assert_rebuilds_alike()


def test_a_new_line_of_their_own_ends_it(world: World) -> None:
    leave(world, world.marco, JULY)
    set_line(world, world.priya, world.sofia, AUGUST)
    assert rows_above(world.priya) == {
        ("Marco", 1, world.founded, AUGUST),
        ("Erik", 2, world.founded, JULY),
        ("Erik", 2, JULY, AUGUST),
        ("Sofia", 1, AUGUST, None),
        ("Erik", 2, AUGUST, None),
    }
    actions.end_reporting_line(
        person=world.priya, ends_before=date(2026, 9, 1), by=world.hana, at=world.now
    )
    assert access.relation(world.erik, world.priya, date(2026, 9, 1)) is Relation.FORMER_REPORT
    assert_rebuilds_alike()


def test_the_next_in_the_chain_may_leave_too(world: World) -> None:
    set_line(world, world.marco, world.sofia, JULY)
    for first, second in ((world.marco, world.sofia), (world.sofia, world.marco)):
        sid = transaction.savepoint()
        leave(world, first, AUGUST)
        leave(world, second, date(2026, 9, 1))
        relation = access.relation(world.erik, world.priya, date(2026, 9, 1))
        assert relation is Relation.INDIRECT_REPORT
        depth = ReportingPath.objects.on(date(2026, 9, 1)).get(
            ancestor=world.erik, descendant=world.priya
        )
        assert depth.depth == 3
        for left in (world.marco, world.sofia):
            stands = access.relation(world.erik, left, date(2026, 9, 1))
            assert stands is Relation.FORMER_REPORT
        assert_rebuilds_alike()
        transaction.savepoint_rollback(sid)


def test_a_lead_who_comes_back_leads_again_and_stands_where_they_are_put(world: World) -> None:
    leave(world, world.marco, JULY)
    september, october = date(2026, 9, 1), date(2026, 10, 1)
    actions.employ(
        person=world.marco, terms=TERMS, starts_on=september, by=world.hana, at=world.now
    )
    assert access.relation(world.erik, world.priya, AUGUST) is Relation.INDIRECT_REPORT
    # Employed, and reporting to nobody: so does the team.
    assert access.relation(world.erik, world.priya, september) is Relation.FORMER_REPORT
    assert access.relation(world.marco, world.priya, september) is Relation.REPORT
    set_line(world, world.marco, world.sofia, october)
    assert access.relation(world.sofia, world.priya, october) is Relation.INDIRECT_REPORT
    assert access.relation(world.erik, world.priya, october) is Relation.INDIRECT_REPORT
    assert access.relation(world.sofia, world.priya, september) is Relation.OTHER
    assert_rebuilds_alike()


def test_a_line_that_was_ended_by_somebody_carries_nothing_on(world: World) -> None:
    actions.end_reporting_line(person=world.marco, ends_before=JULY, by=world.hana, at=world.now)
    leave(world, world.marco, AUGUST)
    assert access.relation(world.erik, world.priya, JULY) is Relation.FORMER_REPORT
    assert access.relation(world.erik, world.priya, AUGUST) is Relation.FORMER_REPORT


def test_changed_terms_are_no_leaving(world: World) -> None:
    actions.change_terms(
        person=world.marco, terms=TERMS, starts_on=AUGUST, by=world.hana, at=world.now
    )
    actions.end_reporting_line(person=world.marco, ends_before=AUGUST, by=world.hana, at=world.now)
    assert access.relation(world.erik, world.priya, AUGUST) is Relation.FORMER_REPORT


def test_nobody_stands_above_and_below_the_same_person(world: World) -> None:
    """Somebody of the team comes to lead the manager above: the line counts, the bridge ends."""
    leave(world, world.marco, JULY)
    set_line(world, world.erik, world.priya, AUGUST, date(2026, 9, 1))
    eve = AUGUST - timedelta(days=1)
    assert access.relation(world.erik, world.priya, eve) is Relation.INDIRECT_REPORT
    assert access.relation(world.priya, world.erik, AUGUST) is Relation.REPORT
    assert access.relation(world.erik, world.priya, AUGUST) is Relation.FORMER_REPORT
    later = date(2026, 9, 1)
    assert access.relation(world.erik, world.priya, later) is Relation.INDIRECT_REPORT
    assert_rebuilds_alike()
    actions.set_reporting_line(
        person=world.erik, manager=world.priya, starts_on=later, by=world.hana, at=world.now
    )
    assert access.relation(world.erik, world.priya, later) is Relation.FORMER_REPORT
    actions.end_reporting_line(
        person=world.erik, ends_before=date(2026, 10, 1), by=world.hana, at=world.now
    )
    october = date(2026, 10, 1)
    assert access.relation(world.erik, world.priya, october) is Relation.INDIRECT_REPORT
    assert_rebuilds_alike()


def test_whoever_left_sees_nothing(world: World, client_for: Callable[..., Client]) -> None:
    client = client_for(world.marco)
    leave(world, world.marco, JULY)
    answer = client.get(reverse("goals:mine"))
    assert answer.status_code == 302
    assert answer.url.startswith("/account/login")
