"""Sequences: when each step is due, who does it, what stops it, and the trace of why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from paceline.crm import actions as crm
from paceline.crm.models import (
    Activity,
    ConsentChannel,
)
from paceline.leads.hours import OFFICE, Hours
from paceline.mail.models import Mail
from paceline.org import actions as org
from paceline.org.models import LeaveKind, Person, Role
from paceline.sequences import actions, panels
from paceline.sequences.actions import NewStep
from paceline.sequences.days import Calendar
from paceline.sequences.models import Act, Enrolment, Line, Start, Version
from paceline.sequences.queries import figures
from tests.mail.permissions import make_server, make_template
from tests.sequences.conftest import (
    BERLIN,
    CALL,
    at,
    begin,
    make_customer,
    make_sequence,
    trace,
    usual_steps,
)
from tests.world import FOUNDED, NOW, World

pytestmark = pytest.mark.django_db


def test_days_and_moments_are_those_of_who_does_it() -> None:
    """Berlin changes its clocks on Sunday, 25 October 2026: nine o'clock stays nine o'clock."""
    hours = Hours(OFFICE, BERLIN, frozenset({date(2026, 10, 30)}))
    calendar = Calendar(hours, [(date(2026, 10, 27), date(2026, 10, 29))])
    friday = date(2026, 10, 23)
    due = {
        days: calendar.due_at(friday, days, "workdays", at("2026-10-23", 17, zone=BERLIN))
        for days in (0, 1, 2, 3)
    }
    assert due[0] == datetime(2026, 10, 23, 15, tzinfo=UTC), "at once, while they work"
    assert due[1] == datetime(2026, 10, 26, 8, tzinfo=UTC), "nine, an hour later than on Friday"
    assert due[2] == datetime(2026, 10, 29, 8, tzinfo=UTC), "27 and 28 are leave"
    assert due[3] == datetime(2026, 11, 2, 8, tzinfo=UTC), "30 is closed, then a weekend"
    assert calendar.due_on(friday, 4, "days") == date(2026, 10, 29)
    assert calendar.due_on(friday, 3, "days") == date(2026, 10, 26)
    evening = calendar.due_at(friday, 0, "days", at("2026-10-23", 18, zone=BERLIN))
    assert evening == datetime(2026, 10, 26, 8, tzinfo=UTC), "after work it is the next day of work"
    spring = Calendar(Hours(OFFICE, BERLIN))
    assert spring.due_at(date(2026, 3, 27), 1, "workdays", at("2026-03-27", 12, zone=BERLIN)) == (
        datetime(2026, 3, 30, 7, tzinfo=UTC)
    )
    never = Calendar(Hours(OFFICE, BERLIN), [(date(2026, 1, 1), None)])
    assert never.due_on(friday, 1, "workdays") is None


def test_steps_come_on_their_days_around_leave(world: World) -> None:
    """Begun on Wednesday, 15 July: two working days on is Friday. Leave entered meanwhile puts the
    step off to Tuesday; three days later is leave again, so it is Monday."""
    enrolment = begin(world)
    assert enrolment.next_at == at("2026-07-17")
    org.enter_leave(
        person=world.priya, kind=LeaveKind.PAID, starts_on=date(2026, 7, 17),
        ends_before=date(2026, 7, 21), by=world.hana, at=NOW,
    )  # fmt: skip
    assert actions.walk(at=at("2026-07-17", 8, 59)) == 0, "not before its moment"
    assert actions.walk(at=at("2026-07-17")) == 1
    enrolment.refresh_from_db()
    assert enrolment.next_at == at("2026-07-21"), "two days of work after the 15th: 16 and 21"
    org.enter_leave(
        person=world.priya, kind=LeaveKind.UNPAID, starts_on=date(2026, 7, 24),
        ends_before=date(2026, 7, 25), by=world.hana, at=NOW,
    )  # fmt: skip
    assert not Activity.objects.exists()
    assert actions.walk(at=at("2026-07-21", 9, 5)) == 1
    task = Activity.objects.get()
    assert (task.kind, task.subject, task.text) == (
        "task", "Ask Ming how it works", "Hello Ming, this is Priya Nair."
    )  # fmt: skip
    assert (task.due_on, task.assignee, task.created_by) == (date(2026, 7, 21), world.priya, None)
    enrolment.refresh_from_db()
    assert enrolment.next_at == at("2026-07-27"), "three days on is leave, then a weekend"
    assert actions.walk(at=at("2026-07-27")) == 1
    enrolment.refresh_from_db()
    assert (enrolment.ended_why, enrolment.next_step) == ("last", None)
    assert trace(enrolment) == [
        ("started", "hand"), ("put_off", "away"), ("made", ""), ("made", ""), ("ended", "last"),
    ]  # fmt: skip
    assert Activity.objects.filter(done_at=None).count() == 2, "what is left to do stays"
    told = [one.title for one in panels.entries(world.priya, enrolment.contact, [])]
    assert any("Put off" in one and "Ask Ming how it works" in one for one in told), told
    assert not any("{name}" in one for one in told)
    assert actions.walk(at=at("2026-09-01")) == 0


def _hire(world: World, name: str = "Nina Chen") -> Person:
    nina = org.add_person(number="E050", name=name, latin_name="", email="", by=None, at=NOW)
    given: dict[str, Any] = {"person": nina, "starts_on": FOUNDED, "by": None, "at": NOW}
    terms = org.Terms(country="DE", currency="EUR", language="zh-hant", time_zone="Europe/Berlin")
    org.employ(terms=terms, **given)
    org.move_to_team(team=world.north, **given)
    org.set_reporting_line(manager=world.marco, **given)
    org.grant_role(role=Role.SALESPERSON, **given)
    return nina


def test_who_does_it_follows_owner_and_leaving(world: World) -> None:
    """The owner leaves: their lead does it. A new owner gets the task that is open, and their hours
    and language count for the next step."""
    nina = _hire(world)
    sequence = make_sequence(
        world, [NewStep(Act.CALL, texts=CALL), NewStep(Act.CALL, 1, texts=CALL)]
    )
    contact = make_customer(world, owner=nina)
    enrolment = begin(world, sequence, contact=contact)
    assert enrolment.next_at == datetime(2026, 7, 15, 7, tzinfo=UTC), "nine in Berlin"
    assert actions.walk(at=datetime(2026, 7, 15, 7, tzinfo=UTC)) == 1
    task = Activity.objects.get()
    assert (task.subject, task.assignee) == ("詢問 Ming 的使用心得", nina)
    org.end_employment(person=nina, ends_before=date(2026, 7, 16), by=world.hana, at=NOW)
    assert actions.hand_over(at=at("2026-07-16")) == 1
    task.refresh_from_db()
    assert task.assignee == world.marco
    crm.assign(record=contact, owner=world.priya, by=world.marco, at=at("2026-07-16"))
    assert actions.hand_over(at=at("2026-07-16")) == 1
    assert actions.hand_over(at=at("2026-07-16")) == 0
    task.refresh_from_db()
    assert task.assignee == world.priya
    assert trace(enrolment)[-2:] == [("given", "owner_left"), ("given", "new_owner")]
    crm.change_activity(
        activity=task, facts={"assignee": world.marco}, by=world.priya, at=at("2026-07-16")
    )
    assert actions.hand_over(at=at("2026-07-16")) == 0, "given by hand, so it stays"
    assert actions.walk(at=at("2026-07-16", 16)) == 1
    assert Activity.objects.latest("pk").subject == "Ask Ming how it works"


def test_a_named_person_who_may_not_see_the_customer_is_passed_over(world: World) -> None:
    named = NewStep(Act.CALL, texts=CALL, whom="person", person=world.omar)
    enrolment = begin(world, make_sequence(world, [named]))
    assert actions.walk(at=NOW) == 1
    made = enrolment.lines.get(what="made")
    assert (made.person, made.why) == (world.priya, "unseen")


def test_mails_go_only_where_they_may(world: World) -> None:
    make_server(world)
    template = make_template(world)
    steps = [NewStep(Act.MAIL, template=template), NewStep(Act.CALL, 1, texts=CALL)]
    sequence = make_sequence(world, steps, stops=[])
    strict = make_sequence(world, steps, stops=["no_consent"], name="Strict")
    point = [crm.Point("email", "ming@aurora.example")]
    silent = make_customer(world, "Silent", points=[crm.Point("email", "s@aurora.example")])
    ming = make_customer(world, points=point)
    crm.record_consent(
        holder=ming, channel=ConsentChannel.EMAIL, purpose="Offers", source="form", given_at=NOW,
        by=world.priya, at=NOW,
    )  # fmt: skip
    nobody = begin(world, sequence, contact=make_customer(world, "No address"))
    left_out, written = begin(world, sequence, contact=silent), begin(world, sequence, contact=ming)
    ended = begin(world, strict, contact=silent)
    assert actions.walk(at=NOW) == 4
    mail = Mail.objects.get()
    assert (mail.contact, mail.person, mail.is_offer) == (ming, world.priya, True)
    assert written.lines.get(what="made").mail == mail
    assert nobody.lines.get(what="skipped").why == "no_address"
    assert left_out.lines.get(what="skipped").why == "no_consent"
    left_out.refresh_from_db()
    ended.refresh_from_db()
    assert (left_out.ended_why, ended.ended_why) == ("", "no_consent")
    assert left_out.next_at == at("2026-07-16"), "the next step is counted from the one left out"


def test_editing_makes_a_version(world: World) -> None:
    """Those under way finish on theirs, or move to the step after the last that they had."""
    sequence = make_sequence(world)
    first, second = (begin(world, sequence, name=one) for one in ("Ann", "Ben"))
    actions.walk(at=at("2026-07-17"))
    old = Version.objects.get()
    kept = old.steps.get(rank=0).key
    longer = [
        NewStep(Act.TASK, texts=CALL), NewStep(Act.CALL, 2, texts=CALL, key=kept),
        NewStep(Act.MEETING, 5, texts=CALL),
    ]  # fmt: skip
    told = {"sequence": sequence, "stops": [], "by": world.marco, "at": at("2026-07-17", 10)}
    actions.write_version(steps=longer, **told)
    first.refresh_from_db()
    assert (first.version, first.next_step.act) == (old, "chat")
    actions.write_version(steps=longer, moves=True, **told)
    for one in (first, second):
        one.refresh_from_db()
        assert (one.version.number, one.next_step.act, one.next_at) == (
            3,
            "meeting",
            at("2026-07-24"),
        )
    with pytest.raises(actions.NothingToDo):
        actions.write_version(steps=[NewStep(Act.CALL)], **told)
    assert Version.objects.count() == 3


def test_many_begin_from_a_list_and_are_taken_back(world: World, client_for, run_jobs) -> None:
    sequence = make_sequence(world)
    chosen = [make_customer(world, f"C{n}") for n in range(4)]
    foreign = make_customer(world, "Eve", team=world.south, owner=world.omar, by=world.omar)
    begin(world, sequence, contact=chosen[0])
    client: Client = client_for(world.priya)
    typed = {"what": "act:sequence", "chosen": [one.pk for one in (*chosen, foreign)]}
    begun = client.post("/crm/contacts/change", typed)
    start = Start.objects.get()
    assert begun.url == reverse("sequences:start", args=[start.pk])
    assert client.post(begun.url, {"sequence": sequence.pk}).status_code == 303
    run_jobs()
    start.refresh_from_db()
    assert (start.begun, start.skipped) == (3, {"gone": 1, "under_way": 1})
    assert "3 began" in client.get(begun.url).content.decode()
    start_at = Enrolment.objects.filter(start=start).earliest("pk").started_at
    later = start_at + timedelta(days=10)
    actions.walk(at=later.replace(hour=4))
    done = Activity.objects.filter(contact=chosen[1], kind="task").first()
    if done is not None:
        crm.finish_task(activity=done, by=world.priya, at=later)
    expected = (2, 1) if done is not None else (3, 0)
    assert actions.undo_start(start=start, by=world.priya, at=later) == expected
    assert Enrolment.objects.filter(start=start).count() == expected[1]
    with pytest.raises(actions.StartUndone):
        actions.undo_start(start=start, by=world.priya, at=later)


def test_pages_tell_and_hide(world: World, client_for, django_assert_max_num_queries) -> None:
    """Figures open their customers; a colleague's own customer is in nobody else's figures."""
    sequence = make_sequence(world)
    begun = [begin(world, sequence, name=f"C{n}") for n in range(12)]
    hidden = make_customer(
        world, "Canary", owner=world.marco, by=world.marco, facts={"reach": "own"}
    )
    actions.begin(sequence=sequence, record=hidden, by=world.marco, at=NOW)
    actions.walk(at=at("2026-07-17"))
    crm.finish_task(activity=Activity.objects.earliest("pk"), by=world.priya, at=NOW)
    told = figures.figures_of(sequence, sequence.versions.get(), world.priya, date(2026, 7, 20))
    assert (told.entered, told.running, told.ordered) == (12, 12, 0)
    assert [(one.made, one.done, one.overdue, one.waiting) for one in told.steps] == [
        (12, 1, 11, 0), (0, 0, 0, 12),
    ]  # fmt: skip
    client: Client = client_for(world.priya)
    with django_assert_max_num_queries(15):
        shown = client.get(reverse("sequences:sequence", args=[sequence.pk])).content.decode()
    assert "Ask {name} how it works" in shown
    with django_assert_max_num_queries(15):
        listed = client.get(
            f"{reverse('sequences:customers', args=[sequence.pk])}?what=done&step=1"
        )
    assert b"C0" in listed.content
    assert b"C5" not in listed.content
    everyone = client.get(reverse("sequences:customers", args=[sequence.pk])).content
    assert b"C5" in everyone
    assert b"Canary" not in everyone
    contact = begun[0].contact
    page = client.get(reverse("crm:contact", args=[contact.pk])).content.decode()
    assert "after 2 working days, counted from" in page
    assert client.post(reverse("sequences:stop", args=[begun[0].pk])).status_code == 303
    begun[0].refresh_from_db()
    assert begun[0].ended_why == "hand"
    assert (
        figures.narrowed(figures.enrolments_of(sequence, world.marco), "", None, NOW.date()).count()
        == 13
    )
    chinese: Client = client_for(world.marco)
    typed = {
        "step-0-act": "call", "step-0-days": "2", "step-0-counting": "workdays",
        "step-0-whom": "owner", "step-0-place": "2", "step-0-subject-en": "Call",
        "step-1-act": "task", "step-1-days": "0", "step-1-place": "1",
        "step-1-subject-zh-Hant": "準備資料", "stops": ["replied"],
    }  # fmt: skip
    assert chinese.post(reverse("sequences:steps", args=[sequence.pk]), typed).status_code == 303
    latest = Version.objects.earliest("-number")
    assert [(one.act, one.days) for one in latest.steps.all()] == [("task", 0), ("call", 2)]
    wrong = {**typed, "step-0-days": "x"}
    assert chinese.post(reverse("sequences:steps", args=[sequence.pk]), wrong).status_code == 422
    assert Line.objects.filter(Q(what="moved")).count() == 0
    assert usual_steps()
