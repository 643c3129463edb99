"""A project and a board in Trello say the same, whoever changes what, in whatever order it is
heard."""

from __future__ import annotations

import random
from datetime import date, time, timedelta
from typing import Any

import pytest

from paceline.boards import actions as boards
from paceline.boards.models import Card, CardChange, CardList, ChecklistItem, Colour, Label
from paceline.boards.trello.models import Conflict, Message, Twin
from paceline.notifications.models import Notification
from tests.trello.conftest import Sync

pytestmark = pytest.mark.django_db


def test_the_board_comes_and_the_project_goes(sync: Sync) -> None:
    said = sync.same()
    assert [(row[0], row[1]) for row in said] == [
        ("To do", "Write the banner"), ("To do", "Book the studio"), ("To do", "Second"),
        ("Ideas", "Idea"),
    ]  # fmt: skip
    studio = sync.card("Book the studio")
    assert (studio.executor, studio.description) == (sync.world.priya, "Ask **early**.")
    assert said[1][3:] == (
        "2026-07-20T10:30Z", "2026-07-16", False, ["Urgent"], ["Priya Nair"],
        [("Before", [("Lights", False), ("Sound", False)])],
    )  # fmt: skip
    assert [(one.author, one.text, one.by) for one in studio.comments.all()] == [
        ("Zoe Young", "When?", None)
    ]
    assert not Card.objects.filter(title="Old").exists()
    # A label without a name is called by its colour; those of the project are made there.
    assert set(Label.objects.filter(project=sync.project).values_list("name", flat=True)) == {
        "Urgent", "green",
    }  # fmt: skip
    # The first load tells nobody of cards that were theirs all along.
    assert (
        not Notification.objects.filter(recipient=sync.world.priya)
        .exclude(params__card="Write the banner")
        .filter(kind="boards_assigned")
        .exists()
    )


def test_what_changes_there_comes_here(sync: Sync) -> None:
    board = sync.board
    studio, second = sync.there("Book the studio")["id"], sync.there("Second")["id"]
    done = next(one["id"] for one in board.lists.values() if one["name"] == "Done")
    board.change(studio, name="Book it", desc="Now", due=None, start=None, idLabels=[],
                 idMembers=["5a0000000000000000000001"], idList=done, pos=1.5)  # fmt: skip
    board.change(second, closed=True)
    board.add_card("New there", done, due="2026-07-30T15:59:00.000Z")
    checklist = next(iter(board.checklists.values()))
    checklist["checkItems"][0]["state"] = "complete"
    checklist["checkItems"].pop(1)
    board.tell("updateCheckItemStateOnCard", card=studio)
    said = board.say(studio, "Soon")
    sync.settle()
    card = sync.card("Book it")
    assert (card.list.name, card.executor, card.due_on) == ("Done", sync.world.marco, None)  # type: ignore[union-attr]
    # A list here that ends work says so there too.
    assert card.done_at is not None
    assert sync.there("Book it")["dueComplete"]
    assert sync.card("Second").archived_at is not None
    # The last minute of a day is the day.
    new = sync.card("New there")
    assert (new.due_on, new.due_time) == (date(2026, 7, 30), None)
    assert [one.text for one in ChecklistItem.objects.filter(checklist__card=card)] == ["Lights"]
    assert card.comments.count() == 2
    # Zoe, whom nobody here is, was taken off there, not here.
    for action in board.actions:
        if action["id"] == said:
            action["data"]["text"] = "Tomorrow"
    board.tell("updateComment", card=studio)
    sync.settle()
    assert {one.text for one in card.comments.all()} == {"When?", "Tomorrow"}
    board.actions = [one for one in board.actions if one["id"] != said]
    board.tell("deleteComment", card=studio)
    board.change(second, closed=False)
    sync.settle()
    assert [one.text for one in card.comments.filter(removed_at__isnull=True)] == ["When?"]
    assert sync.card("Second").archived_at is None


def test_what_changes_here_goes_there(sync: Sync) -> None:
    told: dict[str, Any] = {"by": sync.world.priya, "at": sync.at}
    studio, second = sync.card("Book the studio"), sync.card("Second")
    facts = {
        "title": "Book it", "due_on": date(2026, 8, 1), "due_time": time(9), "starts_on": None,
        "executor": sync.world.marco, "description": "Now",
    }  # fmt: skip
    boards.change_card(card=studio, facts=facts, **told)
    item = ChecklistItem.objects.get(text="Sound")
    boards.tick(item=item, done=True, **told)
    boards.change_item(item=ChecklistItem.objects.get(text="Lights"), text="", **told)
    steps = boards.add_checklist(card=studio, name="Steps", items=["one"], **told)
    remark = boards.add_comment(card=studio, text="@[Marco Bianchi](7) look", **told)
    boards.move_card(card=second, to=sync.work.list("Done"), **told)
    blue = boards.add_label(project=sync.project, name="Blue", colour=Colour.BLUE, **told)
    boards.set_labels(card=second, labels=[blue], **told)
    new = boards.add_card(cards=sync.work.list("To do"), facts={"title": "New here"},
                          on_top=True, **told)  # fmt: skip
    boards.archive_card(card=sync.card("Idea"), **told)
    sync.settle()
    there = sync.there("Book it")
    assert (there["due"], there["desc"]) == ("2026-08-01T01:00:00.000Z", "Now")
    # Zoe is nobody here: she stays on the card.
    assert set(there["idMembers"]) == {"5a0000000000000000000001", "5a0000000000000000000003"}
    assert sync.there("Second")["dueComplete"]
    assert sync.there("Idea")["closed"]
    assert sync.says_there()[0][1] == "New here"
    assert "**Priya Nair:** @Marco Bianchi look" in [
        one["data"].get("text") for one in sync.board.actions
    ]
    # What comes back of it is no change.
    changes, asked = CardChange.objects.count(), len(sync.board.actions)
    sync.settle()
    assert sync.run(is_whole=True)
    assert (CardChange.objects.count(), len(sync.board.actions)) == (changes, asked)
    assert Card.objects.filter(title="New here").count() == 1
    # Changed and removed again, where it was written.
    boards.change_comment(comment=remark, text="Look", **told)
    sync.settle()
    texts = [one["data"].get("text") for one in sync.board.actions]
    assert "**Priya Nair:** Look" in texts
    boards.remove_comment(comment=remark, **told)
    boards.remove_checklist(checklist=steps, **told)
    boards.delete_label(label=blue, **told)
    boards.archive_card(card=new, **told)
    boards.delete_card(card=new, **told)
    sync.settle()
    assert "**Priya Nair:** Look" not in [one["data"].get("text") for one in sync.board.actions]
    assert "Blue" not in [one["name"] for one in sync.board.labels.values()]
    assert sync.there("New here")["closed"]  # never deleted there


def test_lists_and_places(sync: Sync) -> None:
    told: dict[str, Any] = {"by": sync.world.marco, "at": sync.at}
    board = sync.board
    ideas = next(one for one in board.lists.values() if one["name"] == "Ideas")
    ideas["name"] = "Dreams"
    later = board.add_list("Doing")  # a name that is taken here
    for n in range(6):
        board.add_card(f"c{n}", ideas["id"])
    boards.change_list(cards=sync.work.list("To do"), facts={"name": "Next"}, **told)
    boards.add_list(project=sync.project, new=boards.NewList("Ours"), **told)
    for _turn in range(3):
        sync.deliver()
        sync.run()
    assert set(CardList.objects.filter(project=sync.project).values_list("name", flat=True)) == {
        "Next", "Doing", "Done", "Dreams", "Doing (2)", "Ours",
    }  # fmt: skip
    assert [one["name"] for one in board.lists.values()].count("Doing") == 2
    boards.change_list(cards=sync.work.list("Doing (2)"), facts={"name": "Last"}, **told)
    sync.settle()
    # Moved within a list here, then there; then on both sides: Trello's order stands.
    dreams = sync.work.list("Dreams")
    boards.move_card(card=sync.card("c5"), to=dreams, **told)
    boards.move_card(card=sync.card("c3"), to=dreams, after=sync.card("c0"), **told)
    sync.settle()
    order = [row[1] for row in sync.same() if row[0] == "Dreams"]
    assert order == ["c5", "Idea", "c0", "c3", "c1", "c2", "c4"]
    board.change(sync.there("c4")["id"], pos=0.5)
    sync.settle()
    boards.move_card(card=sync.card("c1"), to=dreams, **told)
    board.change(sync.there("c2")["id"], pos=0.25)
    sync.settle()
    order = [row[1] for row in sync.same() if row[0] == "Dreams"]
    assert order == ["c2", "c4", "c5", "Idea", "c0", "c3", "c1"]
    # A list that is archived there takes its cards along, and brings them back.
    ideas["closed"] = True
    board.tell("updateList")
    sync.settle()
    assert sync.card("c1").archived_at is not None
    ideas["closed"] = False
    board.tell("updateList")
    sync.settle()
    assert sync.card("c1").archived_at is None
    # And one that is archived here, whose cards went elsewhere.
    boards.archive_list(cards=sync.work.list("Dreams"), move_to=sync.work.list("Ours"), **told)
    sync.settle()
    assert ideas["closed"]
    assert sync.card("c1").list.name == "Ours"  # type: ignore[union-attr]
    assert board.lists[later]["name"] == "Last"


@pytest.mark.parametrize("ours_is_later", [True, False])
def test_both_change_one_card_at_once(sync: Sync, *, ours_is_later: bool) -> None:
    board, card = sync.board, sync.card("Second")
    key = sync.there("Second")["id"]
    first, second = sync.at + timedelta(minutes=1), sync.at + timedelta(minutes=2)
    facts = {"title": "Ours", "description": "from here"}
    boards.change_card(card=card, facts=facts, by=sync.world.priya,
                       at=second if ours_is_later else first)  # fmt: skip
    board.now = first if ours_is_later else second
    board.change(key, name="Theirs", due="2026-07-20T10:30:00.000Z")
    red = next(one["id"] for one in board.labels.values() if one["name"] == "Urgent")
    board.change(key, idLabels=[red])
    sync.settle()
    card.refresh_from_db()
    stands, lost = ("Ours", "Theirs") if ours_is_later else ("Theirs", "Ours")
    assert (card.title, board.cards[key]["name"]) == (stands, stands)
    # What only one of them changed stays, whoever was later.
    assert (card.description, board.cards[key]["desc"]) == ("from here", "from here")
    assert (card.due_on, card.labellings.count()) == (date(2026, 7, 20), 1)
    conflict = Conflict.objects.get()
    assert (conflict.field, conflict.kept_here) == ("name", ours_is_later)
    assert {conflict.here, conflict.there} == {"Ours", "Theirs"}
    said = [row for change in CardChange.objects.filter(card=card)
            for row in (change.before.get("title"), change.after.get("title"))]  # fmt: skip
    assert {stands, lost} <= set(said)
    assert sync.run(is_whole=True)
    assert Conflict.objects.count() == 1


def _someone_acts(sync: Sync, chance: random.Random, turn: int) -> None:
    """One change by somebody here or in Trello."""
    board, told = sync.board, {"by": sync.world.priya, "at": sync.at}
    rows = list(Card.objects.kept().filter(project=sync.project, list__isnull=False))
    card = Card.objects.get(pk=chance.choice(rows).pk)
    key = chance.choice([row for row in board.cards.values() if not row["closed"]])["id"]
    lists = list(CardList.objects.filter(project=sync.project).exclude(name="Doing"))
    target, there = chance.choice(lists), chance.choice(list(board.lists))
    people = [sync.world.priya, sync.world.marco, None]
    acts: list[Any] = [
        lambda: boards.change_card(card=card, facts={"title": f"h{turn}"}, **told),
        lambda: boards.move_card(card=card, to=target, anyway=True, **told),
        lambda: boards.add_card(cards=target, facts={"title": f"n{turn}"}, **told),
        lambda: boards.change_card(card=card, facts={"executor": chance.choice(people)}, **told),
        lambda: boards.archive_card(card=card, **told),
        lambda: board.change(key, name=f"t{turn}", desc=f"d{turn}"),
        lambda: board.change(key, idList=there, pos=chance.random() * 10**6),
        lambda: board.change(key, idLabels=chance.sample(list(board.labels), 1)),
        lambda: board.add_card(f"a{turn}", there),
        lambda: board.change(key, closed=True),
        lambda: board.change(key, dueComplete=True, idMembers=[board.members[1]["id"]]),
    ]
    acts[
        chance.choice([turn for turn in range(len(acts)) if len(rows) > 5 or turn not in {4, 9}])
    ]()


def test_a_storm_in_any_order_ends_alike(sync: Sync) -> None:
    """Changes on both sides, messages shuffled, doubled and lost, with passes in between."""
    chance, board = random.Random(5), sync.board
    for turn in range(45):
        sync.at += timedelta(seconds=20)
        board.now = sync.at
        _someone_acts(sync, chance, turn)
        if chance.random() < 0.2:
            chance.shuffle(board.told)
            for body in board.told[: len(board.told) // 2]:
                for _again in range(2):
                    sync.post(body)
            board.told.clear()  # the rest is lost
            sync.run()
    board.told.clear()
    for _turn in range(4):
        sync.run(is_whole=True)
    assert len(sync.same()) > 4
    assert not Twin.objects.exclude(trouble="").exists()
    before = CardChange.objects.count(), len(board.actions)
    sync.run(is_whole=True)
    assert (CardChange.objects.count(), len(board.actions)) == before
    assert Message.objects.filter(taken_at__isnull=True).count() == 0
