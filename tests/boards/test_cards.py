"""Cards: who sees them, how they move, what is refused, and what is taken back."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.utils import translation

from paceline.boards import access, actions, wording
from paceline.boards.actions.ranks import GAP
from paceline.boards.models import Card, CardChange, CardList, Project, Reach, Right
from paceline.notifications.models import Notification
from tests.boards.conftest import Work
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def order(cards: CardList) -> list[str]:
    rows = Card.objects.kept().filter(list=cards).order_by("rank")
    return list(rows.values_list("title", flat=True))


def test_who_sees_and_who_may(world: World, work: Work) -> None:
    def seen(name: str) -> set[str]:
        rows = Project.objects.visible_to(world.cast[name])
        return set(rows.values_list("name", flat=True))

    assert seen("priya") == {"Campaign", "Secret plan"}
    assert seen("marco") == {"Campaign"}
    assert seen("omar") == {"South"}
    assert seen("erik") == {"Campaign", "South"}  # what is open to teams below, not what is private
    assert seen("hana") == {"Secret plan"}
    assert seen("ada") == set()
    rights = {name: access.right_in(world.cast[name], work.campaign) for name in world.cast}
    assert rights["priya"] == Right.EDIT
    assert rights["marco"] == Right.ARRANGE
    assert rights["erik"] == Right.EDIT  # above the team
    assert rights["omar"] is rights["hana"] is rights["ada"] is None
    assert not access.may_edit(world.priya, work.private)
    assert not Card.objects.visible_to(world.marco).filter(pk=work.secret.pk).exists()
    actions.change_project(
        project=work.private, facts={"reach": Reach.COMPANY, "open_right": Right.SEE},
        by=world.hana, at=NOW,
    )  # fmt: skip
    assert seen("ada") == {"Secret plan"}
    assert not access.may_edit(world.ada, Project.objects.get(pk=work.private.pk))


def test_somebody_stays_who_arranges(world: World, work: Work) -> None:
    told: dict[str, Any] = {"project": work.campaign, "by": world.marco, "at": NOW}
    with pytest.raises(actions.LastArranger):
        actions.set_member(person=world.marco, right=Right.SEE, **told)
    with pytest.raises(actions.LastArranger):
        actions.remove_member(person=world.marco, **told)
    with pytest.raises(actions.PersonHasLeft):
        actions.set_member(person=world.fred, right=Right.SEE, **told)
    actions.set_member(person=world.priya, right=Right.ARRANGE, **told)
    actions.remove_member(person=world.marco, **told)
    assert [one.person for one in work.campaign.members.all()] == [world.priya]


def test_cards_move_and_keep_their_order(world: World, work: Work) -> None:
    told: dict[str, Any] = {"by": world.priya, "at": LATER}
    todo, done = work.list("To do"), work.list("Done")
    b, c, d = (work.add(title, world.priya) for title in "bcd")
    assert order(todo) == ["Write the banner", "b", "c", "d"]
    version = CardList.objects.get(pk=todo.pk).version
    actions.move_card(card=d, to=todo, after=work.card, **told)
    actions.move_card(card=b, to=todo, at_end=True, **told)
    assert order(todo) == ["Write the banner", "d", "c", "b"]
    assert CardList.objects.get(pk=todo.pk).version == version + 2
    # Again and again between the same two: the gaps run out and are made anew.
    for _turn in range(15):
        actions.move_card(card=c, to=todo, after=work.card, **told)
        actions.move_card(card=d, to=todo, after=work.card, **told)
    assert order(todo) == ["Write the banner", "d", "c", "b"]
    assert GAP > 1
    moved = actions.move_card(card=work.card, to=done, seen_in=todo, **told)
    assert moved.done_at == LATER
    assert moved.done_by == world.priya
    with pytest.raises(actions.CardMovedMeanwhile) as clash:
        stale = Card.objects.get(pk=work.card.pk)
        actions.move_card(card=stale, to=work.list("Doing"), seen_in=todo, **told)
    assert (clash.value.to.name, clash.value.change.by) == ("Done", world.priya)
    back = actions.move_card(card=moved, to=todo, **told)
    assert back.done_at is None
    with pytest.raises(actions.NotInProject):
        actions.move_card(card=back, to=work.list("To do", work.foreign), **told)


def test_a_full_list_takes_no_more(world: World, work: Work) -> None:
    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    for title in "xyz":
        work.add(title, world.priya, "Doing")
    doing = work.list("Doing")
    for refused in (
        lambda: work.add("w", world.priya, "Doing"),
        lambda: actions.add_cards(cards=doing, titles=["w"], **told),
        lambda: actions.move_card(card=work.card, to=doing, **told),
    ):
        with pytest.raises(actions.ListIsFull):
            refused()
    assert order(doing) == ["x", "y", "z"]
    actions.move_card(card=work.card, to=doing, over_limit=True, **told)
    assert len(order(doing)) == 4


def test_nobody_overwrites_what_they_have_not_seen(world: World, work: Work) -> None:
    due = date(2026, 7, 20)
    card = actions.change_card(
        card=work.card, facts={"title": "Banner", "due_on": due}, seen=1, by=world.marco, at=LATER
    )
    assert card.version == 2
    # Another field: both stay. The same one: refused with who and what.
    actions.change_card(
        card=card, facts={"title": "Write the banner", "starts_on": date(2026, 7, 16)}, seen=1,
        by=world.priya, at=LATER,
    )  # fmt: skip
    card.refresh_from_db()
    assert (card.title, card.starts_on) == ("Banner", date(2026, 7, 16))
    with pytest.raises(actions.ChangedMeanwhile) as clash:
        actions.change_card(card=card, facts={"title": "Poster"}, seen=1, by=world.priya, at=LATER)
    (one,) = clash.value.conflicts
    assert (one.field, one.theirs, one.by) == ("title", "Banner", "Marco Bianchi")
    with pytest.raises(actions.FactsInvalid):
        actions.change_card(card=card, facts={"due_on": date(2026, 7, 1)}, by=None, at=LATER)
    with pytest.raises(actions.FactsInvalid):
        actions.change_card(
            card=card, facts={"due_on": None, "due_time": time(9)}, by=None, at=LATER
        )
    # Two rename one list.
    todo = work.list("To do")
    seen = {"name": "To do", "limit": None, "ends_work": False}
    actions.change_list(
        cards=todo, facts={**seen, "name": "Next"}, seen=seen, by=world.marco, at=LATER
    )
    with pytest.raises(actions.ChangedMeanwhile) as clash:
        actions.change_list(
            cards=todo, facts={**seen, "name": "Later"}, seen=seen, by=world.erik, at=LATER
        )
    assert clash.value.conflicts[0].by == "Marco Bianchi"
    # Who only sets the limit keeps the other's new name.
    actions.change_list(cards=todo, facts={**seen, "limit": 9}, seen=seen, by=None, at=LATER)
    todo.refresh_from_db()
    assert (todo.name, todo.limit) == ("Next", 9)
    with pytest.raises(actions.NameTaken):
        actions.change_list(cards=todo, facts={"name": "DOING"}, by=None, at=LATER)


def test_cards_are_given_to_those_who_can_do_them(world: World, work: Work) -> None:
    told: dict[str, Any] = {"card": work.card, "by": world.marco, "at": NOW}
    with pytest.raises(actions.PersonHasLeft):
        actions.change_card(facts={"executor": world.fred}, **told)
    with pytest.raises(actions.PersonCannotSee):
        actions.change_card(facts={"executor": world.omar}, **told)
    with pytest.raises(actions.PersonCannotSee):
        actions.set_participants(people=[world.priya, world.omar], **told)
    assert not work.card.participants.exists()
    Notification.objects.all().delete()
    actions.set_participants(people=[world.marco, world.priya], **told)
    actions.add_comment(
        text=f"Look, @[Priya Nair]({world.priya.pk}) and @[Omar]({world.omar.pk})", **told
    )
    told_to = [(one.recipient, one.kind) for one in Notification.objects.order_by("id")]
    assert told_to == [(world.priya, "boards_joined"), (world.priya, "boards_mentioned")]
    with pytest.raises(actions.NothingSaid):
        actions.add_comment(text="  ", **told)


def test_cards_never_wait_in_a_circle(world: World, work: Work) -> None:
    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    a, b, c = (work.add(title, world.priya) for title in "abc")
    actions.add_dependency(card=b, on=a, **told)
    actions.add_dependency(card=c, on=b, **told)
    for card, on in ((a, c), (a, b), (a, a)):
        with pytest.raises(actions.WaitsInACircle):
            actions.add_dependency(card=card, on=on, **told)
    with pytest.raises(actions.NotInProject):
        actions.add_dependency(card=a, on=work.secret, **told)
    with pytest.raises(actions.Waits) as waits:
        actions.move_card(card=b, to=work.list("Done"), **told)
    assert waits.value.others == ["a"]
    actions.change_card(card=b, facts={"executor": world.marco}, **told)
    Notification.objects.all().delete()
    actions.finish_card(card=a, **told)
    assert Notification.objects.get().kind == "boards_freed"
    assert actions.move_card(card=b, to=work.list("Done"), **told).done_at == NOW


def test_a_change_is_taken_back(world: World, work: Work) -> None:
    told: dict[str, Any] = {"by": world.priya, "at": LATER}

    def last(act: str) -> CardChange:
        return CardChange.objects.filter(card=work.card, act=act).order_by("-version")[0]

    actions.change_card(
        card=work.card, facts={"title": "Poster", "executor": None}, by=world.marco, at=LATER
    )
    actions.move_card(card=work.card, to=work.list("Done"), by=world.marco, at=LATER)
    actions.set_labels(card=work.card, labels=[], by=world.marco, at=LATER)
    actions.archive_card(card=work.card, by=world.marco, at=LATER)
    with pytest.raises(actions.CardIsArchived):
        actions.change_card(card=work.card, facts={"title": "x"}, **told)
    for act in ("card_archived", "card_labelled", "card_moved", "card_changed"):
        actions.undo_change(change=last(act), **told)
    card = Card.objects.get(pk=work.card.pk)
    assert (card.title, card.executor, card.list.name, card.done_at, card.archived_at) == (
        "Write the banner", world.priya, "To do", None, None,
    )  # fmt: skip
    assert [one.label for one in card.labellings.all()] == [work.urgent]
    first = CardChange.objects.get(card=card, act="card_changed", undoes=None)
    with pytest.raises(actions.CannotBeUndone):
        actions.undo_change(change=first, **told)
    actions.change_card(card=card, facts={"title": "A"}, **told)
    actions.change_card(card=card, facts={"title": "B"}, by=world.marco, at=LATER)
    older = CardChange.objects.get(card=card, after={"title": "A"})
    with pytest.raises(actions.ChangedMeanwhile) as clash:
        actions.undo_change(change=older, **told)
    assert clash.value.conflicts[0].by == "Marco Bianchi"


def test_lists_go_and_cards_stay(world: World, work: Work) -> None:
    told: dict[str, Any] = {"by": world.marco, "at": LATER}
    todo, done = work.list("To do"), work.list("Done")
    with pytest.raises(actions.ListHasCards):
        actions.archive_list(cards=todo, **told)
    assert actions.archive_list(cards=todo, move_to=work.list("Doing"), **told) == 1
    assert Card.objects.get(pk=work.card.pk).list.name == "Doing"
    with pytest.raises(actions.ListIsArchived):
        actions.move_card(card=work.card, to=todo, **told)
    order_now = actions.place_list(cards=done, before=work.list("Doing"), **told)
    assert order_now.index(done.pk) < order_now.index(work.list("Doing").pk)
    actions.restore_list(cards=todo, **told)
    with pytest.raises(actions.NotArchived):
        actions.delete_card(card=work.card, **told)
    part = actions.add_part(card=work.card, facts={"title": "part"}, **told)
    with pytest.raises(actions.IsAPart):
        actions.add_part(card=part, facts={"title": "part of a part"}, **told)
    actions.archive_card(card=work.card, **told)
    actions.delete_card(card=work.card, **told)
    assert not Card.objects.filter(pk__in=[work.card.pk, part.pk]).exists()
    with pytest.raises(actions.CardIsGone):
        actions.move_card(card=work.card, to=done, **told)
    actions.archive_project(project=work.campaign, **told)
    with pytest.raises(actions.ProjectIsArchived):
        work.add("late", world.marco)
    actions.restore_project(project=work.campaign, **told)
    assert work.add("back", world.marco).title == "back"


def test_a_change_is_told_as_the_reader_writes(world: World, work: Work) -> None:
    card = work.add("a", world.priya)
    actions.change_card(card=card, facts={"title": "b"}, by=world.priya, at=NOW)
    change = card.changes.latest("pk")
    told = {"en": "Title: a → b", "zh-hant": "標題：a → b", "zh-hans": "标题：a → b"}
    for language, line in told.items():
        with translation.override(language):
            assert wording.change_lines(change, {}) == [line]
