"""What stops a sequence, and what does not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from paceline.crm import actions as crm
from paceline.crm.models import (
    Activity,
    ActivityKind,
    Contact,
    Direction,
)
from paceline.sequences import actions
from tests.crm.conftest import make_sales
from tests.crm.orders import follow, line
from tests.sequences.conftest import (
    at,
    begin,
    make_customer,
    make_sequence,
    trace,
)
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def _answer(world: World, contact: Contact) -> None:
    crm.add_activity(
        on=crm.On.record(contact), kind=ActivityKind.CHAT, by=world.priya,
        at=at("2026-07-18"), facts={"text": "Yes!", "direction": Direction.IN},
    )  # fmt: skip


def _order(world: World, contact: Contact, day: str = "2026-07-18") -> None:
    line(
        f"N-{day}", customer=contact.number, person=world.priya, ordered_on=date.fromisoformat(day)
    )
    follow()
    actions.end_met(at=at("2026-07-19"))


def _deal(world: World, contact: Contact) -> None:
    pipeline = make_sales(world).north
    crm.add_deal(pipeline=pipeline, owner=world.priya, by=world.priya, at=at("2026-07-18"),
                 facts={"title": "More", "contact": contact})  # fmt: skip
    actions.end_met(at=at("2026-07-19"))


def _archive(world: World, contact: Contact) -> None:
    crm.archive(record=contact, by=world.priya, at=at("2026-07-18"))
    actions.end_met(at=at("2026-07-19"))


def _erase(world: World, contact: Contact) -> None:
    crm.erase_contact(contact=contact, reason="asked", by=world.marco, at=at("2026-07-18"))


@pytest.mark.parametrize(
    ("happens", "why"),
    [(_answer, "replied"), (_order, "ordered"), (_deal, "deal"), (_archive, "archived"),
     (_erase, "erased")],
)  # fmt: skip
def test_what_stops_it(world: World, happens: Any, why: str) -> None:
    """An open task goes, and the trace says so; without the condition it goes on."""
    stubborn = make_sequence(world, stops=(), name="Stubborn")
    contact = make_customer(world, facts={"number": "C1"})
    other = begin(world, contact=make_customer(world, "Other"))
    enrolment = begin(world, other.sequence, contact=contact)
    unmoved = begin(world, stubborn, contact=contact)
    assert actions.walk(at=at("2026-07-17")) == 3
    happens(world, contact)
    enrolment.refresh_from_db()
    assert enrolment.ended_why == why
    assert trace(enrolment)[-2:] == [("taken_back", ""), ("ended", why)]
    unmoved.refresh_from_db()
    assert (unmoved.ended_at is None) == (why in {"replied", "ordered", "deal"})
    other.refresh_from_db()
    assert other.ended_at is None
    open_tasks = Activity.objects.filter(kind="task", erased_at=None)
    assert open_tasks.count() == (2 if unmoved.ended_at is None else 1)


def test_an_order_of_the_first_day_stops_nothing(world: World) -> None:
    """The order with which they entered is none that the sequence won."""
    contact = make_customer(world, facts={"number": "C1"})
    enrolment = begin(world, contact=contact)
    _order(world, contact, "2026-07-15")
    enrolment.refresh_from_db()
    assert enrolment.ended_at is None


def test_merged_customers_go_on_once(world: World) -> None:
    sequence = make_sequence(world)
    stays, goes, third = (make_customer(world, name) for name in ("Ann", "Anne", "Anna"))
    first, second = (begin(world, sequence, contact=one) for one in (stays, goes))
    only = begin(world, make_sequence(world, name="Other"), contact=third)
    merged = crm.merge(
        survivor=stays, others=[goes, third], choices={}, by=world.priya, at=NOW,
        seen={one.pk: one.version for one in (stays, goes, third)},
    )  # fmt: skip
    actions.end_met(at=NOW)
    for one in (first, second, only):
        one.refresh_from_db()
    assert (first.ended_why, second.ended_why, only.ended_why) == ("", "merged", "")
    assert only.contact == stays, "what only the other had goes on with the one that stays"
    crm.undo_merge(merged=merged, by=world.priya, at=NOW)
    actions.end_met(at=NOW)
    second.refresh_from_db()
    only.refresh_from_db()
    assert (second.ended_why, only.contact) == ("", third)
    assert trace(second)[-1] == ("resumed", "")
