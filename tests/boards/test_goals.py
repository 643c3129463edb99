"""Cards and goals: links both ways, next steps, cards as a measure, and who reads what of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from paceline.boards import actions, queries, wording
from paceline.boards.models import Card, CardChange, CardLink, Project, Right
from paceline.goals import actions as goals
from paceline.goals import measures
from paceline.goals.measures.reading import behind, read
from paceline.goals.models import Goal, Level, Unit
from paceline.incentives.my_plan import plan_of
from paceline.live.models import LiveEvent
from tests.boards.conftest import Work
from tests.goals.conftest import make_aims, propose
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db


def said(answer: Any) -> str:
    """What a page says, without the marks around figures."""
    return str(answer.content.decode().replace('<span class="figure">', "").replace("</span>", ""))


def at(day: int, hour: int = 4) -> datetime:
    return datetime(2026, 7, day, hour, tzinfo=UTC)


def test_a_goal_shows_the_cards_that_its_reader_sees(world: World, work: Work, client_for) -> None:
    aims = make_aims(world)
    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    page = reverse("goals:goal", args=[aims.priya.pk])
    link = reverse("boards:link_new", args=[work.card.pk])
    client = client_for(world.priya)
    # By its name; a goal that one may not see, or that was closed, is not found.
    client.post(link, {"kind": "goal", "what": "sell chairs"})
    assert CardLink.objects.get().goal == aims.priya
    erik = propose(world, period=aims.quarter, name="Own aim", level=Level.PERSON,
                   owner=world.erik, measured=goals.Measured(Decimal(0), Decimal(1)))  # fmt: skip
    client.post(link, {"kind": "goal", "what": "Own aim"})
    client.post(link, {"kind": "goal", "what": f"Own aim #{erik.pk}"})
    assert CardLink.objects.count() == 1
    late = work.add("Call ten shops", world.priya, executor=world.priya, due_on=date(2026, 7, 1))
    done = work.add("Ask Marco", world.priya)
    for card in (late, done):
        actions.link_card(card=card, to=aims.priya, **told)
    actions.finish_card(card=done, done=True, **told)
    actions.link_card(card=work.secret, to=aims.priya, by=world.hana, at=NOW)
    text = said(client.get(page))
    for one in ("3 open, 1 done", "1 overdue", "Call ten shops", "Write the banner"):
        assert one in text, one
    assert "Canary" in text  # Priya is a member of the secret project
    text = said(client_for(world.marco).get(page))
    assert "Canary" not in text
    assert "Secret plan" not in text
    assert "1 card of others, on a board that you do not see" in text
    # The other way: who sees the card and not the goal reads that there is more, not what.
    actions.set_member(
        project=work.campaign, person=world.omar, right=Right.SEE, by=world.marco, at=NOW
    )
    text = said(client_for(world.omar).get(reverse("boards:card", args=[work.card.pk])))
    assert "Sell chairs" not in text
    assert "1 more that you may not see" in text
    plan = plan_of(world.priya, TODAY)
    cards = [one.what for one in plan.steps if "/boards/" in one.url]
    # The one without a day comes last; it works for a goal of one's own.
    assert cards == ["Call ten shops", "Write the banner"]
    assert plan.goals[0].cards == "1 of 4 cards done · 1 overdue"


def test_the_next_step_of_a_goal_becomes_a_card(world: World, work: Work, client_for) -> None:
    aims = make_aims(world)
    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    page = reverse("goals:goal", args=[aims.priya.pk])
    client = client_for(world.priya)
    # On a board that one may edit and on no other.
    step = reverse("boards:next_step", args=[aims.priya.pk])
    assert step in said(client.get(page))
    assert "Campaign · To do" in said(client.get(step))
    assert "Secret plan" not in said(client.get(step))
    facts = {"title": "Visit Ikea", "executor": world.priya.pk, "due_on": "2026-07-20"}
    place = work.list("To do").pk
    foreign = {**facts, "place": work.list("To do", work.foreign).pk}
    assert client.post(step, foreign).status_code == 422
    assert not Card.objects.filter(title="Visit Ikea").exists()
    cannot_see = {**facts, "place": place, "executor": world.sofia.pk}
    assert client.post(step, cannot_see).status_code == 422
    assert not Card.objects.filter(title="Visit Ikea").exists()
    client.post(step, {**facts, "place": place})
    made = Card.objects.get(title="Visit Ikea")
    assert (made.list_id, made.executor, made.links.get().goal) == (place, world.priya, aims.priya)
    assert client_for(world.omar).get(step).status_code == 404
    goals.close_goal(
        goal=Goal.objects.get(pk=aims.priya.pk), value=Decimal(1), by=world.priya, at=NOW
    )  # fmt: skip
    assert client.get(step).status_code == 403
    assert step not in said(client.get(page))
    with pytest.raises(goals.GoalIsClosed):
        actions.add_card_for_goal(
            goal=Goal.objects.get(pk=aims.priya.pk), cards=work.list("To do"),
            facts={"title": "Late"}, **told,
        )  # fmt: skip
    assert not Card.objects.filter(title="Late").exists()


def test_editable_projects_are_those_of_the_right(world: World, work: Work) -> None:
    from paceline.boards import access  # noqa: PLC0415

    actions.set_member(
        project=work.foreign, person=world.priya, right=Right.EDIT, by=world.sofia, at=NOW
    )
    for person in world.cast.values():
        expected = [one for one in Project.objects.all() if access.may_edit(person, one)]
        assert list(Project.objects.editable_by(person).order_by("pk")) == sorted(
            expected, key=lambda one: one.pk
        ), person
        assert [one.project for one, _name in queries.places_for(person)] == sorted(
            expected, key=lambda one: one.pk
        )


def test_goals_are_measured_by_cards(world: World, work: Work, client_for) -> None:
    aims = make_aims(world)

    def goal(measure: str, unit: Unit = Unit.QUANTITY, **whose: Any) -> Goal:
        measured = goals.Measured(Decimal(0), Decimal(10), measure=measure, unit=unit)
        named = {"level": Level.PERSON, "owner": world.priya, "team": world.north, **whose}
        return propose(world, period=aims.quarter, name=measure, measured=measured, **named)

    def card(title: str, done: datetime | None, **facts: Any) -> Card:
        made = work.add(title, world.priya, **{"executor": world.priya, **facts})
        if done is not None:
            actions.finish_card(card=made, done=True, by=world.priya, at=done)
        return made

    # 30 June 18:00 in UTC is July in Taipei; 15 July 17:00 there is the 16th.
    card("first", datetime(2026, 6, 30, 18, tzinfo=UTC), due_on=date(2026, 7, 1))
    card("before", datetime(2026, 6, 30, 4, tzinfo=UTC), due_on=date(2026, 6, 30))
    card("after", at(15, 17), due_on=date(2026, 7, 14))
    shown = card("late", at(10), due_on=date(2026, 7, 9))
    actions.set_labels(card=shown, labels=[work.urgent], by=world.priya, at=NOW)
    card("not yet", None, due_on=date(2026, 7, 12))
    nobody = card("hers who finished it", at(8), executor=None)
    part = actions.add_part(card=nobody, facts={"title": "part"}, by=world.priya, at=NOW)
    actions.finish_card(card=part, done=True, by=world.priya, at=at(9))
    archived = card("put away", at(7), executor=world.marco)
    actions.archive_card(card=archived, by=world.priya, at=NOW)
    actions.finish_card(card=work.secret, done=True, by=world.hana, at=at(3))
    company = {"level": Level.COMPANY, "owner": world.erik, "team": None}
    found = {
        "own": goal("cards_done"),
        "team": goal("cards_done", level=Level.TEAM, owner=world.marco),
        "all": goal("cards_done", **company),
        "project": goal(f"cards_done:project.{work.campaign.pk}", **company),
        "label": goal(f"cards_done:label.{work.urgent.pk}"),
        "list": goal(f"cards_done:list.{work.list('To do').pk}"),
        "share": goal("cards_on_time", Unit.PERCENT),
        "share of": goal(f"cards_on_time:project.{work.campaign.pk}", Unit.PERCENT),
        "secret": goal(f"cards_done:project.{work.private.pk}", **company),
    }
    values = read(list(found.values()), TODAY)
    assert {name: values[one.pk].value for name, one in found.items()} == {
        "own": 3, "team": 4, "all": 5, "project": 4, "label": 1, "list": 3,
        "share": Decimal("0.25"), "share of": Decimal("0.25"), "secret": 1,
    }  # fmt: skip  # due 1, 9, 12 and 14 July: one in time
    # The records are those that count; of what the reader may not see only the number is told.
    for name, hidden in (("own", 0), ("team", 0), ("all", 1), ("project", 0), ("share", 0)):
        one, source = found[name], measures.find(found[name].measure)
        assert source is not None
        opened = behind(one, source, world.marco, TODAY)
        expected = 4 if name == "share" else values[one.pk].value
        assert (len(opened.seen) + opened.hidden, opened.hidden) == (expected, hidden), name
    address = reverse("goals:behind", args=[found["all"].pk])
    text = said(client_for(world.marco).get(address))
    assert "hers who finished it" in text
    assert "Canary" not in text
    assert "1 more record counts that you may not see" in text
    assert "Canary" in said(client_for(world.hana).get(address))
    assert client_for(world.marco).get(
        reverse("goals:behind", args=[goal("typed", **company).pk])
    ).status_code == 404  # fmt: skip  # what is typed at check-ins has no records
    # What a project is called is read by who sees it; others choose neither it nor its parts.
    page = reverse("goals:goal", args=[found["secret"].pk])
    text = said(client_for(world.marco).get(page))
    assert "Secret plan" not in text
    assert "Cards done of a project that you do not see" in text
    assert "Cards done: Secret plan" in said(client_for(world.hana).get(page))
    offered = {one.key for one in measures.offered(world.marco)}
    assert f"cards_done:list.{work.list('To do').pk}" in offered
    assert not {one for one in offered if str(work.private.pk) == one.rpartition("project.")[2]}
    form = client_for(world.erik).get(reverse("goals:goal_edit", args=[found["secret"].pk]))
    assert "Cards done of a project that you do not see" in form.content.decode()
    assert "Secret plan" not in form.content.decode()
    gone = [measures.find(key) for key in ("cards_done:project.999999", "cards_done:nothing.1")]
    assert gone == [None, None]
    assert replace(measures.find("cards_done"), label="x").label_for(world.omar) == "x"  # type: ignore[type-var]


def test_a_history_names_the_goal_to_those_who_see_it(world: World, work: Work, client_for) -> None:
    aims = make_aims(world)
    page = reverse("boards:card", args=[work.card.pk])
    actions.set_member(
        project=work.campaign, person=world.omar, right=Right.SEE, by=world.marco, at=NOW
    )
    link = actions.link_card(card=work.card, to=aims.priya, by=world.priya, at=NOW)
    assert "Link: – → Goal “Sell chairs”" in said(client_for(world.priya).get(page))
    actions.unlink_card(link=link, by=world.priya, at=NOW)
    text = said(client_for(world.priya).get(page))
    for one in ("Link: – → Goal “Sell chairs”", "Link: Goal “Sell chairs” → –"):
        assert one in text, one
    text = said(client_for(world.omar).get(page))
    assert "Link: Goal → –" in text
    assert "Sell chairs" not in text
    # What was kept once and is no link: a kind alone, and something that is gone.
    for version, gone in ((90, "goal"), (91, "goal:999999999"), (92, "deal:x")):
        CardChange.objects.create(
            card=work.card, version=version, act="card_linked", at=NOW, before={},
            after={"link": gone},
        )  # fmt: skip
    assert client_for(world.priya).get(page).status_code == 200


def test_links_are_taken_back_and_goals_follow_their_cards(
    world: World, work: Work, django_capture_on_commit_callbacks
) -> None:
    aims = make_aims(world)
    told: dict[str, Any] = {"by": world.priya, "at": NOW}

    def last(act: str) -> CardChange:
        return CardChange.objects.filter(card=work.card, act=act).order_by("-version")[0]

    link = actions.link_card(card=work.card, to=aims.priya, **told)
    actions.unlink_card(link=link, **told)
    actions.undo_change(change=last("card_unlinked"), **told)
    assert [one.goal for one in work.card.links.all()] == [aims.priya]
    again = last("card_linked")
    assert again.undoes == last("card_unlinked")
    actions.undo_change(change=again, **told)
    assert not work.card.links.exists()
    with pytest.raises(actions.CannotBeUndone):  # it was taken back before
        actions.undo_change(change=again, **told)
    # A change of old that does not say what the link led to, and a goal that is gone.
    old = CardChange.objects.create(
        card=work.card, version=90, act="card_unlinked", at=NOW, before={"link": ""}, after={}
    )
    with pytest.raises(actions.CannotBeUndone):
        actions.undo_change(change=old, **told)
    gone = CardChange.objects.create(
        card=work.card, version=91, act="card_unlinked", at=NOW, before={"link": "goal:9999999"},
        after={},
    )  # fmt: skip
    with pytest.raises(actions.CannotBeUndone):
        actions.undo_change(change=gone, **told)
    assert wording.change_lines(last("card_linked"), {}) == ["Link: – → Goal"]
    # A card that is finished, renamed or put away refreshes the page of its goal; a move does not.
    actions.link_card(card=work.card, to=aims.priya, **told)
    topic = f"goal:{aims.priya.pk}"

    def count() -> int:
        return LiveEvent.objects.filter(topic=topic).count()

    for what, follows in (
        (lambda: actions.finish_card(card=work.card, done=True, **told), True),
        (lambda: actions.change_card(card=work.card, facts={"title": "New"}, **told), True),
        (lambda: actions.change_card(card=work.card, facts={"estimate": 5}, **told), False),
        (lambda: actions.archive_card(card=work.card, **told), True),
        (lambda: actions.delete_card(card=work.card, **told), True),
    ):
        before = count()
        with django_capture_on_commit_callbacks(execute=True):
            what()
        assert (count() > before) == follows


def test_a_measure_of_a_project_is_named_as_the_reader_writes(world: World, work: Work) -> None:
    name = work.campaign.name
    for language, sign in (("en", ": "), ("zh-hant", "："), ("zh-hans", "：")):
        with translation.override(language):
            source = measures.find(f"cards_done:project.{work.campaign.pk}")
            assert source is not None
            assert source.label_for(world.priya).endswith(f"{sign}{name}")
