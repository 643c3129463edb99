"""What projects do by themselves: recurring cards, rules, ready projects, many at once, feeds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from paceline.boards import actions, wording
from paceline.boards.actions.many import What
from paceline.boards.blueprints import blueprints
from paceline.boards.feeds import as_icalendar
from paceline.boards.models import Card, Project, Reach, Recurrence, RuleRun, Trigger, Unit
from paceline.boards.schedule import Pattern
from paceline.notifications.models import Notification
from paceline.org import actions as org
from tests.boards.conftest import Work
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db


def pattern(unit: str, starts_on: date, zone: str = "Asia/Taipei", **more: Any) -> Pattern:
    given: dict[str, Any] = {"every": 1, "weekdays": (), "ends_before": None, "at_time": time(9)}
    return Pattern(unit=unit, starts_on=starts_on, zone=zone, **{**given, **more})


def first_days(found: Pattern, count: int, since: date | None = None) -> list[date]:
    days = found.days(since or found.starts_on)
    return [next(days) for _turn in range(count)]


def test_days_of_a_pattern() -> None:
    assert first_days(pattern(Unit.DAY, date(2026, 1, 1), every=3), 2, date(2026, 1, 5)) == [
        date(2026, 1, 7), date(2026, 1, 10),
    ]  # fmt: skip
    weekly = pattern(Unit.WEEK, date(2026, 7, 15), every=2, weekdays=(4, 0))
    assert first_days(weekly, 4) == [
        date(2026, 7, 17), date(2026, 7, 27), date(2026, 7, 31), date(2026, 8, 10),
    ]  # fmt: skip
    monthly = pattern(Unit.MONTH, date(2026, 1, 31))
    assert first_days(monthly, 4) == [
        date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30),
    ]  # fmt: skip
    yearly = pattern(Unit.YEAR, date(2024, 2, 29))
    assert first_days(yearly, 2, date(2027, 1, 1)) == [date(2027, 2, 28), date(2028, 2, 29)]
    assert pattern(Unit.DAY, date(2026, 1, 1), ends_before=date(2026, 1, 2)).after(NOW) is None


def test_daylight_saving_moves_no_card() -> None:
    """Nine o'clock stays nine o'clock; what is skipped comes late, what is doubled comes once."""
    berlin = pattern(Unit.DAY, date(2026, 3, 27), "Europe/Berlin")
    assert [berlin.moment(date(2026, 3, day)) for day in (28, 29)] == [
        datetime(2026, 3, 28, 8, tzinfo=UTC), datetime(2026, 3, 29, 7, tzinfo=UTC),
    ]  # fmt: skip
    skipped = pattern(Unit.DAY, date(2026, 3, 27), "Europe/Berlin", at_time=time(2, 30))
    assert skipped.moment(date(2026, 3, 29)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30
    twice = pattern(Unit.DAY, date(2026, 10, 23), "Europe/Berlin", at_time=time(2, 30))
    moments, at = [], datetime(2026, 10, 24, 12, tzinfo=UTC)
    for _turn in range(2):
        day, at = twice.after(at)  # type: ignore[misc]
        moments.append((day, at))
    assert moments == [
        (date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 10, 26), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
    ]


def test_recurring_cards_come_once_and_missed_ones_are_not_piled_up(
    world: World, work: Work
) -> None:
    facts = {
        "list": work.list("To do"), "title": "Weekly report", "executor": world.priya,
        "checklist": ["Sales", "Returns"], "due_after": 2, "unit": Unit.WEEK, "every": 1,
        "weekdays": [0], "at_time": time(9), "starts_on": date(2026, 7, 1),
    }  # fmt: skip
    told: dict[str, Any] = {"by": world.marco, "at": NOW}
    made = actions.add_recurrence(project=work.campaign, facts=facts, labels=[work.urgent], **told)
    monday = datetime(2026, 7, 20, 1, tzinfo=UTC)  # 09:00 in Taipei
    assert made.next_at == monday
    assert actions.make_recurring_cards(at=monday - timedelta(seconds=1)) == []
    (card,) = actions.make_recurring_cards(at=monday)
    assert (card.title, card.executor, card.due_on, card.created_by) == (
        "Weekly report", world.priya, date(2026, 7, 22), None,
    )  # fmt: skip
    assert card.labellings.get().label == work.urgent
    assert [one.text for one in card.checklists.get().items.all()] == ["Sales", "Returns"]
    assert actions.make_recurring_cards(at=monday) == []
    # Three weeks without a worker; meanwhile the executor has left and the list is gone.
    org.end_employment(
        person=world.priya, ends_before=date(2026, 7, 25), by=world.hana, at=NOW, reason="x"
    )
    actions.archive_list(cards=work.list("To do"), move_to=work.list("Doing"), **told)
    (late,) = actions.make_recurring_cards(at=monday + timedelta(days=22))
    assert (late.recurs_on, late.executor, late.list.name) == (date(2026, 8, 10), None, "Doing")
    assert Recurrence.objects.get().next_at == monday + timedelta(days=28)
    actions.stop_recurrence(recurrence=made, **told)
    assert actions.make_recurring_cards(at=monday + timedelta(days=60)) == []
    with pytest.raises(actions.FactsInvalid):
        actions.add_recurrence(
            project=work.campaign, facts={**facts, "ends_before": date(2026, 6, 1),
                                          "list": work.list("Doing"), "executor": None}, **told
        )  # fmt: skip
    with pytest.raises(actions.NotInProject):
        actions.add_recurrence(
            project=work.campaign, facts={**facts, "list": work.list("To do", work.foreign)},
            **told,
        )  # fmt: skip


def test_rules_do_what_they_say_and_end(world: World, work: Work, run_jobs) -> None:
    told: dict[str, Any] = {"project": work.campaign, "by": world.marco, "at": NOW}
    doing, done, todo = work.list("Doing"), work.list("Done"), work.list("To do")
    actions.add_rule(
        name="Begin", trigger=Trigger.MOVED, cards=doing, **told,
        steps=[{"do": "assign", "person": world.marco.pk}, {"do": "due", "days": 3},
               {"do": "notify", "text": "Under way"}],
    )  # fmt: skip
    rule = work.campaign.rules.get()
    for language, said in (("en", "(Doing)"), ("zh-hant", "（Doing）"), ("zh-hans", "（Doing）")):
        with translation.override(language):
            assert wording.rule_when(rule).endswith(said)
    card = work.add("ruled", world.priya)
    assert run_jobs() == 0  # no rule of new cards: no job
    actions.move_card(card=card, to=doing, by=world.priya, at=NOW)
    assert run_jobs() == 1
    card.refresh_from_db()
    assert card.executor == world.marco
    assert card.due_on is not None
    kinds = set(Notification.objects.filter(recipient=world.marco).values_list("kind", flat=True))
    assert {"boards_assigned", "boards_rule"} <= kinds
    # Two rules that answer each other: cut off, whatever they do.
    actions.add_rule(
        name="Back", trigger=Trigger.MOVED, cards=doing, **told,
        steps=[{"do": "move", "list": todo.pk}],
    )  # fmt: skip
    actions.add_rule(
        name="Forth", trigger=Trigger.MOVED, cards=todo, **told,
        steps=[{"do": "move", "list": doing.pk}],
    )  # fmt: skip
    other = work.add("loop", world.priya)
    actions.move_card(card=other, to=doing, by=world.priya, at=NOW)
    run_jobs()
    assert RuleRun.objects.filter(card=other, rule__name__in=["Back", "Forth"]).count() == 5
    # A step that cannot be done says so and keeps the others.
    actions.add_rule(
        name="Label", trigger=Trigger.LABELLED, label=work.urgent, **told,
        steps=[{"do": "assign", "person": world.omar.pk}, {"do": "finish"}],
    )  # fmt: skip
    third = work.add("third", world.priya)
    actions.set_labels(card=third, labels=[work.urgent], by=world.priya, at=NOW)
    run_jobs()
    third.refresh_from_db()
    assert (third.executor, third.done_at is not None) == (None, True)
    run = RuleRun.objects.get(card=third)
    assert [step.get("refused") for step in run.outcome] == ["PersonCannotSee", None]
    for steps in ([], [{"do": "move", "list": work.list("To do", work.foreign).pk}],
                  [{"do": "explode"}], [{"do": "due", "days": -1}]):  # fmt: skip
        with pytest.raises((actions.FactsInvalid, actions.NotInProject)):
            actions.add_rule(name="x", trigger=Trigger.CREATED, steps=steps, **told)
    with pytest.raises(actions.FactsInvalid):
        actions.add_rule(name="x", trigger=Trigger.DUE, steps=[{"do": "finish"}], **told)
    assert not done.cards.exists()


def test_a_recurring_card_across_daylight_saving_comes_once_a_day(world: World, work: Work) -> None:
    """02:30 in Berlin: missing on 29 March, there twice on 25 October; one card for each day."""
    told: dict[str, Any] = {"by": world.marco, "at": NOW}
    actions.change_project(project=work.campaign, facts={"time_zone": "Europe/Berlin"}, **told)
    work.campaign.refresh_from_db()
    for starts_on in (date(2027, 3, 27), date(2026, 10, 24)):
        facts = {
            "list": work.list("To do"), "title": f"Check {starts_on}", "unit": Unit.DAY, "every": 1,
            "at_time": time(2, 30), "starts_on": starts_on, "ends_before": starts_on + timedelta(4),
        }  # fmt: skip
        actions.add_recurrence(project=work.campaign, facts=facts, **told)
        at = datetime.combine(starts_on, time(0), tzinfo=UTC) - timedelta(days=1)
        for _half_hour in range(48 * 6):
            at += timedelta(minutes=30)
            actions.make_recurring_cards(at=at)
        made = Card.objects.filter(title=f"Check {starts_on}").order_by("recurs_on")
        assert [one.recurs_on for one in made] == [starts_on + timedelta(n) for n in range(4)]


def test_a_due_date_starts_a_rule_once(world: World, work: Work) -> None:
    actions.add_rule(
        project=work.campaign, name="Soon", trigger=Trigger.DUE, days_before=2, by=world.marco,
        steps=[{"do": "label", "label": work.urgent.pk}], at=NOW,
    )  # fmt: skip
    soon = work.add("soon", world.priya, due_on=TODAY + timedelta(days=2))
    later = work.add("later", world.priya, due_on=TODAY + timedelta(days=3))
    assert actions.run_due_rules(at=NOW) == 1
    assert actions.run_due_rules(at=NOW) == 0
    assert soon.labellings.exists()
    assert not later.labellings.exists()
    actions.change_card(
        card=soon, facts={"due_on": TODAY + timedelta(days=1)}, by=world.priya, at=NOW
    )
    assert actions.run_due_rules(at=NOW) == 1


def test_ready_projects_in_three_languages(world: World, work: Work) -> None:
    facts = {"name": "x", "team": world.north, "reach": Reach.TEAM}
    names = set()
    for language in ("en", "zh-hant", "zh-hans"):
        with translation.override(language):
            found = blueprints()
            names.add(found[2].cards[9].title)
            assert {one.key for one in found} == {
                "launch", "onboarding", "double_eleven", "content",
            }  # fmt: skip
    assert names == {"The great day", "大促當天", "大促当天"}
    for one in blueprints():
        made = actions.begin_project(
            blueprint=one, facts={**facts, "name": one.name}, day=date(2026, 11, 11),
            by=world.priya, at=NOW,
        )  # fmt: skip
        assert made.cards.count() == len(one.cards)
        assert made.lists.get(name=one.lists[-1]).ends_work
    season = Project.objects.get(name="11.11 preparation")
    assert season.cards.get(title="The great day").due_on == date(2026, 11, 11)
    assert season.cards.order_by("due_on")[0].due_on == date(2026, 9, 12)
    copy = actions.copy_project(
        project=season, facts={**facts, "name": "Next year"}, days=365, by=world.priya, at=NOW
    )
    assert copy.cards.get(title="The great day").due_on == date(2027, 11, 11)
    assert copy.labels.count() == season.labels.count()


def test_many_cards_change_and_come_back(world: World, work: Work) -> None:
    told: dict[str, Any] = {"project": work.campaign, "by": world.priya, "at": NOW}
    todo, done = work.list("To do"), work.list("Done")
    cards = actions.add_cards(
        cards=todo, titles=[f"c{n}" for n in range(6)], by=world.priya, at=NOW
    )
    actions.add_dependency(card=cards[0], on=cards[5], by=world.priya, at=NOW)
    batch = actions.change_many(cards=cards[:5], what=What(move_to=done), **told)
    assert (batch.count, batch.skipped) == (4, 1)  # one waits for another
    gave = actions.change_many(cards=cards, what=What(executor=world.marco), **told)
    assert gave.count == 6
    actions.change_card(card=cards[1], facts={"executor": None}, by=world.marco, at=NOW)
    assert actions.undo_batch(batch=gave, by=world.priya, at=NOW) == (5, 1)
    assert actions.undo_batch(batch=batch, by=world.priya, at=NOW) == (4, 0)
    assert Card.objects.filter(list=todo, project=work.campaign).count() == 7
    assert not Card.objects.filter(executor=world.marco).exists()
    with pytest.raises(actions.BatchUndone):
        actions.undo_batch(batch=batch, by=world.priya, at=NOW)
    with pytest.raises(actions.NothingToDo):
        actions.change_many(cards=[], what=What(archive=True), **told)
    with pytest.raises(actions.TooMany):
        actions.change_many(cards=cards * 100, what=What(archive=True), **told)


def test_a_calendar_is_read_by_its_secret_alone(world: World, work: Work, client_for) -> None:
    due = timezone.localdate() + timedelta(days=3)
    actions.change_card(
        card=work.card, facts={"due_on": due, "title": "Banner; red, big"}, by=None, at=NOW
    )
    work.add("timed", world.priya, executor=world.priya, due_on=due, due_time=time(18, 30))
    work.add("not mine", world.priya, executor=world.marco, due_on=due)
    client: Client = client_for(world.priya)
    page = client.post(reverse("boards:feed"), {"do": "make"}).content.decode()
    address = page.split('id="address" value="')[1].split('"')[0]
    assert address.split("/feed/")[1] not in client.get(reverse("boards:feed")).content.decode()
    answer = Client().get(address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    events = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    read = {str(one["SUMMARY"]): one.decoded("DTSTART") for one in events}
    assert read == {
        "Banner; red, big": due,
        "timed": datetime.combine(due, time(10, 30), tzinfo=UTC),  # 18:30 in Taipei
    }
    again = client.post(reverse("boards:feed"), {"do": "make"}).content.decode()
    newer = again.split('id="address" value="')[1].split('"')[0]
    assert (Client().get(address).status_code, Client().get(newer).status_code) == (404, 200)
    client.post(reverse("boards:feed"), {"do": "revoke"})
    assert Client().get(newer).status_code == 404
    assert Client().get(reverse("boards:calendar_feed", args=["x"])).status_code == 404


def test_a_calendar_keeps_to_the_standard(world: World, work: Work) -> None:
    """RFC 5545: lines of at most 75 octets (3.1), no letter cut in two, each ended by CRLF; times
    that are the same moment whatever the reader's zone, through daylight saving."""
    Project.objects.filter(pk=work.campaign.pk).update(time_zone="Europe/Berlin")
    title = "雙十一\\大促；預熱, 第一波" * 12
    # The clocks of Berlin go forward on 28 March 2027 and back on 31 October.
    days = (date(2027, 3, 27), date(2027, 3, 28), date(2027, 10, 30), date(2027, 10, 31))
    cards = [
        work.add(title if place == 0 else f"{place}", world.priya, due_on=day, due_time=time(18))
        for place, day in enumerate(days)
    ]
    rows = Card.objects.filter(pk__in=[one.pk for one in cards]).select_related("project")
    raw = as_icalendar(rows.order_by("due_on"), origin="https://paceline.example", at=NOW)
    lines = raw.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\n" in one or b"\r" in one for one in lines)
    assert max(map(len, lines)) <= 75
    for one in lines:
        one.decode()  # a letter in two lines would not be one
    events = icalendar.Calendar.from_ical(raw).walk("VEVENT")
    assert str(events[0]["SUMMARY"]) == title
    assert [one.decoded("DTSTART") for one in events] == [
        datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        for day, hour in zip(days, (17, 16, 16, 17), strict=True)
    ]
    assert len({str(one["UID"]) for one in events}) == 4
