"""Leads find somebody: rules in order, in turn under a lock, leave, traces, and again when nobody
answers; and the clock of the first reply."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from paceline.crm import actions as crm
from paceline.crm.models import ActivityKind, Direction, Lead, LeadStatus, Source
from paceline.leads import actions, queries
from paceline.leads.models import Assignment, Cause, Inquiry, Method, RoutingRule, WorkingWeek
from paceline.notifications.models import Notification
from paceline.org import actions as org
from paceline.org.models import LeaveKind
from tests.leads.conftest import Desk, add_lead, make_desk
from tests.world import NOW, TODAY, World, build_world

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def at(name: str, *args: object) -> str:
    return reverse(f"leads:{name}", args=args)


def summarised(world: World, late: Any, morning: Any) -> list[Any]:
    """Half an hour after the morning, when the reply is overdue."""
    rows = queries.response_times(world.priya, late, morning, morning + MINUTE * 30)
    return queries.summary_of(rows)


def why(assignment: Assignment, place: int = 0) -> dict[int, str]:
    return {one["person"]: one["why"] for one in assignment.trace[place]["people"]}


def test_leads_go_in_turn_with_a_trace(world: World, desk: Desk, client_for) -> None:
    owners = [add_lead(world, f"L{n}").owner for n in range(3)]
    assert owners == [world.priya, desk.nina, world.priya]
    last = Assignment.objects.order_by("-pk")[0]
    assert (last.rule, last.cause) == (desk.rule, Cause.ARRIVED)
    assert why(last) == {world.priya.pk: "chosen", desk.nina.pk: "not_next"}
    assert Notification.objects.filter(recipient=world.priya, kind="crm_assigned").count() == 2
    # The page opens at a team that has rules, also for whoever oversees all.
    for person in (world.marco, world.erik):
        assert client_for(person).get(at("routing"))["Location"] == at("desk", world.north.pk)
    # On leave and gone: passed over, and the trace says so.
    org.enter_leave(
        person=desk.nina, kind=LeaveKind.PAID, starts_on=TODAY, ends_before=TODAY + timedelta(3),
        by=world.hana, at=NOW,
    )  # fmt: skip
    actions.change_rule(
        rule=desk.rule, facts={}, members=[world.priya, desk.nina, world.fred], by=world.marco,
        at=NOW,
    )  # fmt: skip
    again = add_lead(world)
    assert again.owner == world.priya
    made = again.assignments.get()
    assert why(made) == {
        world.priya.pk: "chosen", desk.nina.pk: "away", world.fred.pk: "left",
    }  # fmt: skip
    # Nobody of the rule is there: whoever gets the rest.
    actions.change_rule(rule=desk.rule, facts={}, members=[desk.nina], by=world.marco, at=NOW)
    rest = add_lead(world)
    assert rest.owner == world.marco
    assert (rest.assignments.get().rule, why(rest.assignments.get(), 1)) == (
        None, {world.marco.pk: "chosen"},
    )  # fmt: skip
    actions.set_desk(
        team=world.north, is_on=True, fallback=None, reply_minutes=60, again_minutes=None,
        by=world.marco, at=NOW,
    )  # fmt: skip
    nobodys = add_lead(world)
    assert nobodys.owner is None
    assert Notification.objects.filter(kind="lead_waits").get().recipient == world.marco
    actions.set_desk(
        team=world.north, is_on=False, fallback=None, reply_minutes=60, again_minutes=None,
        by=world.marco, at=NOW,
    )  # fmt: skip
    assert add_lead(world).assignments.count() == 0


def test_rules_are_tried_in_order(world: World, desk: Desk) -> None:
    chat = actions.add_rule(
        team=world.north, members=[desk.nina], by=world.marco, at=NOW,
        facts={"name": "Japanese chats", "method": Method.FIXED, "languages": ["ja"],
               "sources": [Source.CHAT]},
    )  # fmt: skip
    asked = {"languages": ["ja"], "source": Source.CHAT}
    assert add_lead(world, **asked).assignments.get().rule == desk.rule, "the first one fits"
    actions.place_rule(rule=chat, up=True, by=world.marco, at=NOW)
    made = add_lead(world, **asked).assignments.get()
    assert (made.rule, made.person) == (chat, desk.nina)
    other = add_lead(world, languages=["ja"]).assignments.get()
    assert other.trace[0] == {"rule": chat.pk, "name": "Japanese chats", "failed": "sources"}
    assert other.rule == desk.rule
    # Whoever has least to do; only who is at work at that moment.
    actions.change_rule(
        rule=chat, members=[world.priya, desk.nina], by=world.marco, at=NOW,
        facts={"languages": [], "sources": [], "method": Method.LEAST_BUSY, "deal_weight": 0},
    )  # fmt: skip
    counts = {
        one: Lead.objects.filter(owner=one).count() for one in (world.priya, desk.nina)
    }  # fmt: skip
    least = min(counts, key=lambda one: counts[one])
    assert add_lead(world).owner == least
    actions.change_rule(
        rule=chat, members=[world.priya, desk.nina], by=world.marco, at=NOW,
        facts={"at_work_only": True},
    )  # fmt: skip
    week = [[]] * 7
    actions.set_own_hours(person=least, week=week, by=least, at=NOW)
    made = add_lead(world).assignments.get()
    assert why(made)[least.pk] == "off"
    assert made.person not in {None, least}


@pytest.mark.django_db(transaction=True)
def test_two_leads_at_once_never_go_to_the_same_next_person() -> None:
    """Four connections add leads at the same time; everybody gets exactly as many."""
    world = build_world()
    made = make_desk(world)
    wait = threading.Barrier(4)

    def work() -> None:
        try:
            wait.wait(60)
            for n in range(4):
                add_lead(world, f"L{n}")
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    order = list(Assignment.objects.order_by("pk").values_list("person_id", flat=True))
    assert len(order) == 16
    assert all(one != two for one, two in pairwise(order)), order
    assert sorted(order).count(made.nina.pk) == 8


def test_unanswered_leads_go_to_another(world: World, desk: Desk) -> None:
    """NOW is noon in Taipei; two hours of work end at two."""
    lead = add_lead(world)
    assert lead.owner == world.priya
    assert actions.give_unanswered_again(at=NOW + 119 * MINUTE) == 0
    assert actions.give_unanswered_again(at=NOW + 120 * MINUTE) == 1
    lead.refresh_from_db()
    assert lead.owner == desk.nina
    second = lead.assignments.order_by("-pk")[0]
    assert (second.cause, why(second)[world.priya.pk]) == (Cause.UNANSWERED, "had_it")
    # Both had it: whoever gets the rest is next, and then it stays.
    assert actions.give_unanswered_again(at=NOW + 240 * MINUTE) == 1
    lead.refresh_from_db()
    assert lead.owner == world.marco
    assert actions.give_unanswered_again(at=NOW + timedelta(days=9)) == 0
    # What somebody gave by hand, or answered, stays where it is.
    by_hand, answered = add_lead(world), add_lead(world)
    crm.assign(record=by_hand, owner=world.marco, by=world.marco, at=NOW)
    crm.add_activity(
        on=crm.On.record(answered), kind=ActivityKind.CALL, facts={"subject": "Hello"},
        by=answered.owner, at=NOW + MINUTE,
    )  # fmt: skip
    owner = answered.owner
    assert actions.give_unanswered_again(at=NOW + timedelta(days=1)) == 0
    by_hand.refresh_from_db()
    answered.refresh_from_db()
    assert (by_hand.owner, answered.owner) == (world.marco, owner)


def test_the_clock_of_the_first_reply(world: World, desk: Desk) -> None:
    late = NOW + timedelta(hours=5, minutes=30)  # half past five in Taipei; work ends at six
    lead = add_lead(world, at=late, source=Source.FORM)
    inquiry = Inquiry.objects.get()
    assert inquiry.due_at == NOW + timedelta(hours=21, minutes=30), "half past nine next morning"
    assert queries.late_count(world.priya, inquiry.due_at + MINUTE) == 1
    assert queries.late_count(desk.nina, inquiry.due_at + MINUTE) == 0
    told: dict[str, Any] = {"by": world.priya, "on": crm.On.record(lead)}
    crm.add_activity(kind=ActivityKind.NOTE, facts={"text": "Who?"}, at=late, **told)
    crm.add_activity(
        kind=ActivityKind.MAIL, facts={"text": "Hi", "direction": Direction.IN}, at=late, **told
    )
    inquiry.refresh_from_db()
    assert inquiry.answered_at is None, "neither a note nor what the customer wrote is a reply"
    morning = late + timedelta(hours=15, minutes=45)
    reply = crm.add_activity(
        kind=ActivityKind.MAIL, facts={"text": "Hello", "direction": Direction.OUT}, at=morning,
        **told,
    )  # fmt: skip
    inquiry.refresh_from_db()
    assert (inquiry.worked_seconds, inquiry.is_within_target) == (45 * 60, True)
    assert inquiry.answered_by == world.priya
    rows = queries.response_times(world.priya, late, morning, morning)
    assert [(one.person, one.channel, one.seconds, one.is_late) for one in rows] == [
        ("Priya Nair", "form", 2700, False)
    ]
    assert queries.response_times(world.omar, late, morning, morning) == []
    # An answer that is taken back is none: the clock runs again.
    crm.remove_activity(activity=reply, by=world.priya, at=morning)
    inquiry.refresh_from_db()
    assert (inquiry.answered_at, inquiry.worked_seconds) == (None, None)
    (line,) = summarised(world, late, morning)
    assert (line.count, line.answered, line.median_seconds, line.share_in_time) == (1, 0, None, 0)
    crm.set_status(
        lead=lead, status=LeadStatus.UNQUALIFIED, why_not="Spam", by=world.priya, at=morning
    )
    assert not Inquiry.objects.waiting().exists()
    (line,) = summarised(world, late, morning)
    assert line.share_in_time is None, "given up without a reply: it counts nowhere"
    crm.set_status(lead=lead, status=LeadStatus.WORKING, by=world.priya, at=morning)
    assert Inquiry.objects.waiting().count() == 1
    # Whoever writes down their own lead has spoken to them already.
    crm.add_lead(
        team=world.north, facts={"name": "Mine"}, owner=world.priya, by=world.priya, at=NOW
    )
    assert Inquiry.objects.count() == 1


def test_pages_of_routing(
    world: World, desk: Desk, client_for, django_assert_max_num_queries
) -> None:
    lead: Client = client_for(world.marco)
    page = lead.get(at("desk", world.north.pk)).content.decode()
    assert "In turn" in page
    typed = {
        "name": "Taiwan", "method": "least_busy", "countries": "TW, Japan",
        "interests": "耳機，喇叭", "languages": ["zh-Hant"],
        "lead_weight": "1", "deal_weight": "0.5", "is_on": "on",
        f"place-{desk.nina.pk}": "1", f"place-{world.priya.pk}": "2",
    }  # fmt: skip
    nobody = {key: value for key, value in typed.items() if not key.startswith("place-")}
    assert lead.post(at("rule_new", world.north.pk), nobody).status_code == 422
    wrong = lead.post(at("rule_new", world.north.pk), {**typed, "countries": "Atlantis"})
    assert "No country is called “Atlantis”." in wrong.content.decode()
    assert lead.post(at("rule_new", world.north.pk), typed).status_code == 303
    rule = RoutingRule.objects.get(name="Taiwan")
    assert (rule.countries, rule.interests) == (["TW", "JP"], ["耳機", "喇叭"])
    assert [one.person for one in rule.members.all()] == [desk.nina, world.priya]
    assert lead.post(at("rule", rule.pk), {**typed, "name": "East"}).status_code == 303
    lead.post(at("rule_place", rule.pk), {"up": "1"})
    assert [one.name for one in queries.rules_of(world.north)] == ["East", "In turn"]
    # Trying gives nothing to anybody.
    tried = lead.get(
        at("try", world.north.pk), {"country": "JP", "language": "zh-Hant", "interest": "耳机"}
    ).content.decode()
    assert "<strong>Nina Chen</strong> would get it" in " ".join(tried.split())
    other = lead.get(at("try", world.north.pk), {"country": "DE"}).content.decode()
    assert "another language" in other
    assert Assignment.objects.count() == 0
    hours = {f"day{n}": "10:00-19:00" for n in range(5)} | {"closed_on": "2026-10-10"}
    assert lead.post(at("hours", world.north.pk), hours | {"day0": "19-10"}).status_code == 422
    assert lead.post(at("hours", world.north.pk), hours).status_code == 303
    assert WorkingWeek.objects.get().closed_on == [date(2026, 10, 10)]
    assert client_for(world.priya).post(at("own_hours"), hours).status_code == 303
    for n in range(12):
        add_lead(world, f"L{n}")
    client: Client = client_for(world.priya)
    with django_assert_max_num_queries(15):
        listed = client.get(at("inquiries")).content.decode()
    assert listed.count("L1") >= 1
    assert "Your next one" in listed
    add_lead(world, "Now", at=timezone.now())
    with django_assert_max_num_queries(15):
        assert "In time" in client.get(at("report")).content.decode()
    with django_assert_max_num_queries(15):
        lead.get(at("desk", world.north.pk))
    mine = Lead.objects.filter(owner=world.priya).first()
    assert mine is not None
    with django_assert_max_num_queries(15):
        shown = client.get(reverse("crm:lead", args=[mine.pk])).content.decode()
    assert "Give by rules" in shown
    assert client.post(at("give", mine.pk)).status_code == 303
    mine.refresh_from_db()
    assert mine.owner == desk.nina
    assert mine.assignments.order_by("-pk")[0].cause == Cause.ASKED
