"""Limits, outages, revoked tokens, deleted things: a clear state, and nothing lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from paceline.boards import actions as boards
from paceline.boards.models import Card, CardList, Comment
from paceline.boards.trello import actions
from paceline.boards.trello.models import Connection, Message, Turned, Twin, TwinKind
from paceline.boards.trello.signing import signature
from paceline.kernel import jobs
from paceline.kernel.models import AuditEntry
from paceline.notifications.models import Notification
from tests.boards.conftest import Work, make_work
from tests.trello.conftest import ACCESS, Sync, connected
from tests.trello.server import Board, serving
from tests.world import World

pytestmark = pytest.mark.django_db


def test_who_is_heard(sync: Sync) -> None:
    """HEAD answers; POST is kept once when its signature over the raw bytes is right."""
    address = reverse("trello:receive", args=[sync.connection.key])
    assert sync.client.head(address).status_code == 200
    assert sync.client.head(reverse("trello:receive", args=["x"])).status_code == 404
    sync.board.change(sync.there("Second")["id"], name="Renamed")
    body = sync.board.told.pop()
    before = Message.objects.count()
    assert sync.post(body, secret="guessed").status_code == 401
    assert sync.post(body.replace(b"updateCard", b"deleteCard")).status_code == 200  # signed so
    wrong = {"X-Trello-Webhook": signature("hush", body, sync.connection.callback)}
    other = body.replace(b"Renamed", b"renamed") + b" "
    for headers in (wrong, {}):
        answer = sync.client.post(address, other, "application/json", headers=headers)
        assert answer.status_code == 401
    large = sync.client.post(address, b"x" * (1024**2 + 1), "application/json", headers=wrong)
    assert large.status_code == 413
    for _again in range(3):
        assert sync.post(body).status_code == 200
    assert Message.objects.count() == before + 1
    assert {one.code: one.count for one in Turned.objects.all()} == {
        "no_signature": 1, "too_large": 1, "wrong_signature": 2,
    }  # fmt: skip
    # Whatever a message says: what counts is what Trello answers.
    sync.settle()
    assert sync.card("Renamed").archived_at is None
    assert sync.post(b"no JSON").status_code == 200
    assert sync.run()
    told = sync.at + timedelta(days=8)
    assert actions.forget_old_messages(at=told) == Message.objects.count() + before + 2


def test_limits_are_respected(sync: Sync, settings: Any) -> None:
    board = sync.board
    waits = [(429, {"Retry-After": "7"}, {"error": "API_TOKEN_LIMIT_EXCEEDED"}),
             (429, {}, {"error": "API_KEY_LIMIT_EXCEEDED"}), (503, {}, "")]  # fmt: skip

    def fail(method: str, _path: str) -> tuple[int, dict[str, str], Any] | None:
        return waits.pop(0) if waits and method == "GET" else None

    board.fail = fail
    sync.paused.clear()
    assert sync.run()
    assert sync.paused == [8, 20, 4]
    # A hundred cards at once: never more than ninety requests without waiting for ten seconds.
    board.fail = lambda _method, _path: None
    titles = [f"c{n}" for n in range(100)]
    boards.add_cards(cards=sync.work.list("To do"), titles=titles, by=sync.world.priya, at=sync.at)
    sync.paused.clear()
    assert sync.run()
    assert sync.paused == [10]
    assert len(sync.same()) == 104
    # Trello that asks to wait too long is left alone until later.
    board.fail = lambda _method, _path: (429, {"Retry-After": "600"}, "")
    assert not sync.run()
    assert sync.connection.trouble == "too_busy"
    assert sync.connection.retry_at is not None


def test_an_outage_in_the_middle_doubles_nothing(sync: Sync) -> None:
    """Trello dies after it has made something and before anybody learns of it."""
    board, world = sync.board, sync.world
    told: dict[str, Any] = {"by": world.priya, "at": sync.at}
    for n in range(3):
        card = boards.add_card(cards=sync.work.list("To do"), facts={"title": f"n{n}"}, **told)
        boards.add_comment(card=card, text="Hello", **told)
        boards.add_checklist(card=card, name="Steps", items=["a", "b"], **told)
    lost = {"/cards": 1, "/checklists": 1, "comments": 1, "checkItems": 1}

    def lose(method: str, path: str) -> bool:
        part = next((one for one in lost if path.endswith(one)), "")
        if method != "POST" or not lost.get(part):
            return False
        lost[part] -= 1
        return True

    board.lose_answer = lose
    runs = 0
    while not sync.run():
        assert sync.connection.trouble == "unreachable"
        runs += 1
    assert runs == 4
    sync.settle()
    names = [one["name"] for one in board.cards.values()]
    assert sorted(names) == sorted(set(names))
    assert len(board.checklists) == 4
    said = [one["data"]["text"] for one in board.actions if one["type"] == "commentCard"]
    assert said.count("**Priya Nair:** Hello") == 3
    assert Comment.objects.filter(text__contains="Hello").count() == 3
    # A page that breaks off in the middle changes nothing that is compared again.
    board.fail = lambda method, path: (
        (500, {}, "") if "/cards/" in path and method == "PUT" else None
    )
    boards.change_card(card=sync.card("n0"), facts={"title": "later"}, **told)
    assert not sync.run()
    assert (sync.connection.trouble, sync.connection.trouble_params) == ("failed", {"status": 500})
    board.fail = lambda _method, _path: None
    sync.settle()
    assert sync.there("later")


def test_what_one_side_refuses_keeps_nobody(sync: Sync, client_for: Callable[..., Client]) -> None:
    board, world = sync.board, sync.world
    told: dict[str, Any] = {"by": world.marco, "at": sync.at}
    second = sync.there("Second")["id"]
    board.fail = lambda method, path: (
        (400, {}, "invalid value for name")
        if (method, path) == ("PUT", f"/cards/{second}")
        else None
    )
    boards.change_card(card=sync.card("Second"), facts={"title": "Refused"}, **told)
    boards.change_card(card=sync.card("Idea"), facts={"title": "Fine"}, **told)
    assert sync.run()
    assert sync.there("Fine")
    twin = Twin.objects.exclude(trouble="").get()
    assert twin.trouble_params == {"status": 400, "said": "invalid value for name"}
    page = client_for(world.marco).get(reverse("trello:connection", args=[sync.project.pk]))
    assert "Trello refuses it (400): invalid value for name" in page.content.decode()
    board.fail = lambda _method, _path: None
    actions.try_again(connection=sync.connection, **told)
    sync.settle()
    assert not Twin.objects.exclude(trouble="").exists()
    assert sync.there("Refused")
    # More lists than a project has room for: nothing goes on, and the page says why.
    for n in range(50):
        board.add_list(f"l{n}")
    assert not sync.run()
    assert sync.connection.trouble == "here_TooMany"
    assert sync.card("Fine").archived_at is None


def test_what_is_deleted_there_is_not_lost_here(sync: Sync) -> None:
    board = sync.board
    told: dict[str, Any] = {"by": sync.world.marco, "at": sync.at}
    board.remove_card(sync.there("Second")["id"])
    board.change(sync.there("Idea")["id"], idBoard="c" * 24)  # to another board
    sync.deliver()
    assert sync.run()
    assert sync.card("Second").archived_at is not None
    assert sync.card("Idea").archived_at is not None
    assert Twin.objects.filter(gone_at__isnull=False).count() == 2
    assert sync.run(is_whole=True)
    # One comes back to the board, the other is brought back here and made there again.
    board.change(sync.there("Idea")["id"], idBoard=board.board["id"])
    boards.restore_card(card=sync.card("Second"), **told)
    sync.settle()
    assert sync.card("Idea").archived_at is None
    assert sync.there("Second")
    assert Card.objects.filter(title="Second").count() == 1
    # A list that was deleted stays here; cards in it say so until it is made again.
    key = next(one["id"] for one in board.lists.values() if one["name"] == "Done")
    del board.lists[key]
    boards.move_card(card=sync.card("Second"), to=sync.work.list("Done"), **told)
    assert sync.run(is_whole=True)
    assert CardList.objects.get(project=sync.project, name="Done").archived_at is None
    assert set(Twin.objects.exclude(trouble="").values_list("kind", "trouble")) == {
        (TwinKind.LIST, "list_gone"), (TwinKind.CARD, "refused_there"),
    }  # fmt: skip
    actions.try_again(connection=sync.connection, **told)
    sync.settle()
    assert sync.there("Second")["idList"] != key


def test_a_revoked_token_and_a_deleted_board(sync: Sync, client_for: Callable[..., Client]) -> None:
    board, address = sync.board, reverse("trello:connection", args=[sync.project.pk])
    marco = client_for(sync.world.marco)
    boards.change_card(card=sync.card("Second"), facts={"title": "Waits"}, by=None, at=sync.at)
    board.has_token = False
    for _again in range(2):
        assert not sync.run()
    assert "Trello refuses the token" in marco.get(address).content.decode()
    assert Notification.objects.filter(kind="trello_stopped").count() == 1
    assert actions.wake_due(at=sync.at) == 0
    assert actions.wake_due(at=sync.at + timedelta(hours=1)) == 1
    board.has_token = True
    form = {"key": "key", "token": "token", "secret": "hush"}
    access = reverse("trello:access", args=[sync.project.pk])
    assert marco.post(access, {**form, "token": "wrong"}).status_code == 422
    assert marco.post(access, form).status_code == 303
    sync.settle()
    assert sync.there("Waits")
    assert len(board.webhooks) == 2  # one for the new token; that of the old one went with it
    for code in ("closed", "id"):
        before = board.board[code]
        board.board[code] = True if code == "closed" else "gone"
        assert not sync.run()
        board.board[code] = before
    assert sync.connection.trouble == "board_gone"
    assert "The board was deleted in Trello" in marco.get(address).content.decode()
    assert sync.card("Waits").archived_at is None
    boards.archive_project(project=sync.project, by=sync.world.marco, at=sync.at)
    assert not sync.run()
    assert sync.connection.trouble == "project_archived"


def test_disconnecting_keeps_the_cards_and_connecting_again_doubles_none(
    sync: Sync, client_for: Callable[..., Client]
) -> None:
    board = sync.board
    marco = client_for(sync.world.marco)
    said = sync.same()
    old = sync.connection
    assert marco.post(reverse("trello:disconnect", args=[sync.project.pk])).status_code == 303
    old.refresh_from_db()
    assert (old.sealed, board.webhooks) == (None, {})
    assert sync.client.head(reverse("trello:receive", args=[old.key])).status_code == 410
    assert sync.post(b"{}").status_code == 410
    assert sync.says_here() == said
    boards.change_card(card=sync.card("Second"), facts={"title": "Alone"}, by=None, at=sync.at)
    sync.connection = connected(sync.world, sync.work, board)
    sync.settle()
    assert sync.there("Alone")
    assert len(sync.same()) == len(said)
    assert Comment.objects.filter(text="When?").count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Connection.objects.create(
            project=sync.project, key="x", connected_by=sync.world.marco, connected_at=sync.at
        )


def test_setting_up_by_the_pages(
    world: World, settings: Any, client_for: Callable[..., Client],
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    work: Work = make_work(world)
    marco, pk = client_for(world.marco), work.campaign.pk

    def at(name: str) -> str:
        return reverse(f"trello:{name}", args=[pk])

    with serving() as board:
        settings.TRELLO_ADDRESS = board.address
        board.reaches = False
        todo = board.add_list("To do")
        board.add_card("There", todo)
        assert "Connect with Trello" in marco.get(at("connection")).content.decode()
        assert marco.post(at("access"), {**ACCESS, "token": "bad"}).status_code == 422
        kept = marco.post(at("access"), ACCESS)
        assert (kept.status_code, kept.headers["Location"]) == (303, at("board"))
        sealed = bytes(Connection.objects.get().sealed)
        assert b"hush" not in sealed
        assert "hush" not in str(list(AuditEntry.objects.values("before", "after", "reason")))
        assert "Launch" in marco.get(at("board")).content.decode()
        assert marco.post(at("board"), {"board": board.board["id"]}).status_code == 303
        form = marco.get(at("start")).content.decode()
        assert "Zoe Young" in form
        lists = {f"list-{todo}": work.list("To do").pk}
        zoe = f"member-{board.members[2]['id']}"
        twice = {zoe: world.marco.pk, f"member-{board.members[0]['id']}": world.marco.pk}
        assert marco.post(at("start"), {**lists, **twice}).status_code == 422
        assert marco.post(at("start"), {**lists, zoe: world.omar.pk}).status_code == 303
        connection = Connection.objects.get()
        assert actions.keep_in_step(connection=connection, at=connection.connected_at)
        assert work.campaign.members.filter(person=world.omar).exists()  # has cards: must see them
        assert {one.title for one in Card.objects.filter(project=work.campaign)} == {
            "Write the banner", "There",
        }  # fmt: skip
        assert {one["name"] for one in board.cards.values()} == {"Write the banner", "There"}
        assert "Trello cannot reach this address" in marco.get(at("connection")).content.decode()
        with django_assert_max_num_queries(15):
            page = marco.get(at("connection")).content.decode()
        assert "Trello cannot reach this address" in page
        assert "hush" not in page
        later = connection.connected_at + timedelta(minutes=10)
        assert actions.wake_due(at=later) == 1
        member = connection.members.get(name="Zoe Young")
        answer = marco.post(reverse("trello:member", args=[member.pk]), {"person": ""})
        assert answer.status_code == 303
        member.refresh_from_db()
        assert member.person is None
        # Somebody who may edit but not arrange neither sees nor changes it.
        assert client_for(world.priya).get(at("connection")).status_code == 403
        assert client_for(world.omar).post(at("disconnect")).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_change_here_wakes_the_job_once(settings: Any) -> None:
    """One job for each transaction and connection, none for projects without one."""
    from tests.world import build_world  # noqa: PLC0415

    with serving() as board:
        settings.TRELLO_ADDRESS = board.address
        board.add_list("To do")
        world = build_world()
        work = make_work(world)
        connected(world, work, board)
        jobs.run_waiting()
        told: dict[str, Any] = {"by": world.priya, "at": board.now}
        asked = len(board.asked)
        boards.add_card(
            cards=work.list("To do", work.foreign), facts={"title": "elsewhere"}, **told
        )
        jobs.run_waiting()
        assert len(board.asked) == asked
        with transaction.atomic():
            boards.add_card(cards=work.list("To do"), facts={"title": "new"}, **told)
            boards.change_card(card=work.card, facts={"title": "Banner"}, **told)
        assert jobs.run_waiting() == 1
        assert {one["name"] for one in board.cards.values()} == {"Banner", "new"}
        assert jobs.run_waiting() == 0  # what the job did itself wakes no other


def test_another_board_is_not_taken_twice(sync: Sync, board: Board) -> None:
    told: dict[str, Any] = {"by": sync.world.sofia, "at": sync.at}
    made = actions.connect(project=sync.work.foreign, access=ACCESS, **told)
    with pytest.raises(actions.BoardTaken):
        actions.choose_board(connection=made, board_id=board.board["id"], callback="", **told)
    with pytest.raises(actions.IsConnected):
        actions.connect(project=sync.work.foreign, access=ACCESS, **told)
