"""Two changes at the same moment: never both halves of a circle, never the last administrator."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection

from paceline.org import actions
from paceline.org.models import ReportingLine, ReportingPath, RoleGrant
from tests.world import TERMS, World, build_world

JULY = date(2026, 7, 1)


@pytest.fixture
def company(transactional_db: None) -> World:
    return build_world()


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Run the acts in threads that start together; returns what went wrong in any of them."""
    wrong: list[BaseException] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            start.wait(timeout=60)
            act()
        except Exception as problem:  # noqa: BLE001 - the test looks at every kind
            wrong.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return wrong


def test_two_lines_never_close_a_circle(company: World) -> None:
    world = company

    def line(name: str, manager: str) -> Callable[[], object]:
        return lambda: actions.set_reporting_line(
            person=world.cast[name],
            manager=world.cast[manager],
            starts_on=JULY,
            by=world.hana,
            at=world.now,
        )

    wrong = at_once(line("marco", "omar"), line("sofia", "priya"))
    assert [type(problem) for problem in wrong] == [actions.ReportingCircle]
    assert ReportingLine.objects.filter(starts_on=JULY).count() == 1
    circles = [
        path for path in ReportingPath.objects.all() if path.ancestor_id == path.descendant_id
    ]
    assert circles == []


def test_two_managers_at_once_leave_one(company: World) -> None:
    world = company

    def line(manager: str) -> Callable[[], object]:
        return lambda: actions.set_reporting_line(
            person=world.priya,
            manager=world.cast[manager],
            starts_on=JULY,
            by=world.hana,
            at=world.now,
        )

    wrong = at_once(line("sofia"), line("dana"))
    assert [type(problem) for problem in wrong] == [actions.Overlaps]
    assert ReportingLine.objects.filter(person=world.priya, starts_on=JULY).count() == 1


def test_two_administrators_cannot_dismiss_each_other(company: World) -> None:
    world = company
    other = actions.add_person(number="A2", name="Bo", by=world.hana, at=world.now)
    actions.employ(person=other, terms=TERMS, starts_on=JULY, by=world.hana, at=world.now)
    actions.grant_role(
        person=other, role="administrator", starts_on=JULY, by=world.ada, at=world.now
    )

    def dismissal(of: object, by: object) -> Callable[[], object]:
        return lambda: actions.end_role(
            person=of,  # type: ignore[arg-type]
            role="administrator",
            ends_before=world.today,
            by=by,  # type: ignore[arg-type]
            at=world.now,
        )

    wrong = at_once(dismissal(other, world.ada), dismissal(world.ada, other))
    assert [type(problem) for problem in wrong] == [actions.LastAdministrator]
    assert RoleGrant.objects.filter(role="administrator").on(world.today).count() == 1
