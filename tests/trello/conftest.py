"""A project of North and a board in Trello, and both asked what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from paceline.boards.models import Card, CardList, Project
from paceline.boards.trello import actions, saying
from paceline.boards.trello.models import Connection
from paceline.boards.trello.signing import signature
from tests.boards.conftest import Work, make_work
from tests.trello.server import Board, serving
from tests.world import NOW, World

ACCESS = {"key": "key", "token": "token", "secret": "hush"}
CALLBACK = "https://paceline.example/boards/trello/in/"
DUE = "2026-07-20T10:30:00.000Z"


@dataclass
class Sync:
    """Both sides of a connection."""

    world: World
    work: Work
    board: Board
    connection: Connection
    at: datetime = NOW
    paused: list[int] = field(default_factory=list)
    client: Client = field(default_factory=Client)

    @property
    def project(self) -> Project:
        return self.work.campaign

    def run(self, **more: Any) -> bool:
        """One pass, a minute later."""
        self.at = max(self.at, self.board.now) + timedelta(minutes=1)
        self.board.now = self.at
        done = actions.keep_in_step(
            connection=self.connection, at=self.at, pause=self.paused.append, **more
        )
        self.connection.refresh_from_db()
        return done

    def post(self, body: bytes, secret: str = ACCESS["secret"]) -> HttpResponse:
        signed = signature(secret, body, self.connection.callback)
        return self.client.post(  # type: ignore[return-value]
            reverse("trello:receive", args=[self.connection.key]), body,
            content_type="application/json", headers={"X-Trello-Webhook": signed},
        )  # fmt: skip

    def deliver(self) -> None:
        """Everything that Trello wants to tell, in its order."""
        while self.board.told:
            assert self.post(self.board.told.pop(0)).status_code == 200

    def settle(self) -> None:
        """Deliver and carry until nobody has anything to say."""
        for turn in range(4):
            self.deliver()
            assert self.run()
            if turn and not self.board.told:
                break
        self.same()

    def card(self, title: str) -> Card:
        found: Card = Card.objects.get(project=self.project, title=title)
        return found

    def there(self, name: str) -> dict[str, Any]:
        return next(one for one in self.board.cards.values() if one["name"] == name)

    def same(self) -> list[Any]:
        """What both sides say of every open card, in order; they must say the same."""
        here, there = self.says_here(), self.says_there()
        assert here == there
        return here

    def says_here(self) -> list[Any]:
        zone = ZoneInfo(self.project.time_zone)
        people = {"Marco Bianchi", "Priya Nair"}
        rows = Card.objects.kept().filter(project=self.project, list__isnull=False)
        rows = rows.filter(list__archived_at__isnull=True)
        said = []
        for one in rows.order_by("list__rank", "rank"):
            who = {one.executor and one.executor.name}
            who |= {row.person.name for row in one.participants.select_related("person")}
            said.append((
                one.list.name, one.title, one.description,
                saying.due_of(one.due_on, one.due_time, zone),
                one.starts_on and one.starts_on.isoformat(), one.done_at is not None,
                sorted(row.label.name for row in one.labellings.select_related("label")),
                sorted(who & people),
                [(row.name, [(item.text, item.done_at is not None) for item in row.items.all()])
                 for row in one.checklists.all()],
            ))  # fmt: skip
        return said

    def says_there(self) -> list[Any]:
        board, zone = self.board, ZoneInfo(self.project.time_zone)
        names = {one["id"]: one["fullName"] for one in board.members}
        lists = sorted((one for one in board.lists.values() if not one["closed"]),
                       key=lambda one: one["pos"])  # fmt: skip
        said = []
        for each in lists:
            rows = [one for one in board.cards.values()
                    if one["idList"] == each["id"] and not one["closed"]]  # fmt: skip
            for one in sorted(rows, key=lambda row: row["pos"]):
                due, start = saying.moment(one["due"]), saying.moment(one["start"])
                said.append((
                    each["name"], one["name"], one["desc"],
                    due and due.strftime("%Y-%m-%dT%H:%MZ"),
                    start and start.astimezone(zone).date().isoformat(), one["dueComplete"],
                    sorted(board.labels[key]["name"] or board.labels[key]["color"]
                           for key in one["idLabels"]),
                    sorted({names[key] for key in one["idMembers"]} - {"Zoe Young"}),
                    [(row["name"], [(item["name"], item["state"] == "complete")
                                    for item in row["checkItems"]])
                     for row in board.checklists.values() if row["idCard"] == one["id"]],
                ))  # fmt: skip
        return said


@pytest.fixture
def board(settings: Any) -> Iterator[Board]:
    with serving() as found:
        settings.TRELLO_ADDRESS = found.address
        todo, doing = found.add_list("To do"), found.add_list("Ideas")
        red = found.add_label("Urgent", "red")
        found.add_label("", "green")
        first = found.add_card(
            "Book the studio", todo, desc="Ask **early**.", due=DUE, idLabels=[red],
            idMembers=["5a0000000000000000000002", "5a0000000000000000000003"],
            start="2026-07-15T16:00:00.000Z",
        )  # fmt: skip
        found.add_card("Second", todo)
        found.add_card("Idea", doing)
        found.add_card("Old", doing, closed=True)
        found.add_checklist(first, "Before", "Lights Sound")
        found.say(first, "When?")
        yield found


def connected(world: World, work: Work, board: Board) -> Connection:
    """Connected, begun and not carried yet: lists by their names, members by theirs."""
    told: dict[str, Any] = {"by": world.marco, "at": NOW}
    made = actions.connect(project=work.campaign, access=ACCESS, **told)
    actions.choose_board(
        connection=made, board_id=board.board["id"], callback=f"{CALLBACK}{made.key}", **told
    )
    by_name = {one.name: one for one in CardList.objects.filter(project=work.campaign)}
    here = {one.name: one for one in (world.marco, world.priya)}
    people = {one["id"]: here.get(one["fullName"]) for one in board.members}
    lists = {key: by_name.get(name) for key, name in made.choices["lists"]}
    actions.start(connection=made, lists=lists, people=people, **told)
    made.refresh_from_db()
    return made


@pytest.fixture
def sync(world: World, board: Board) -> Sync:
    """Both sides in step."""
    work = make_work(world)
    found = Sync(world, work, board, connected(world, work, board))
    assert found.run()
    found.settle()
    return found
