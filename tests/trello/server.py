"""Trello on this machine: a board, its lists, labels, cards, checklists, comments and webhooks.

They answer over HTTP as its REST API describes them. What it would send to webhooks waits in
``told``, so that a test can deliver it late, twice, in another order or never.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

Row = dict[str, Any]
ME = "5a0000000000000000000001"


class NoSuch(Exception):
    """404."""


@dataclass
class Board:
    """The state of Trello: one board. ``now`` is its clock; ``fail`` says what a request meets."""

    address: str = ""
    now: datetime = datetime(2026, 7, 14, 4, tzinfo=UTC)
    board: Row = field(
        default_factory=lambda: {
            "id": "b" * 24, "name": "Launch", "closed": False, "url": "https://trello.com/b/x",
        }
    )  # fmt: skip
    members: list[Row] = field(
        default_factory=lambda: [
            {"id": ME, "fullName": "Marco Bianchi", "username": "marco"},
            {"id": "5a0000000000000000000002", "fullName": "Priya Nair", "username": "priya"},
            {"id": "5a0000000000000000000003", "fullName": "Zoe Young", "username": "zoe"},
        ]
    )
    lists: dict[str, Row] = field(default_factory=dict)
    labels: dict[str, Row] = field(default_factory=dict)
    cards: dict[str, Row] = field(default_factory=dict)
    checklists: dict[str, Row] = field(default_factory=dict)
    actions: list[Row] = field(default_factory=list)
    webhooks: dict[str, Row] = field(default_factory=dict)
    told: list[bytes] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    fail: Callable[[str, str], tuple[int, dict[str, str], Any] | None] = lambda _m, _p: None
    lose_answer: Callable[[str, str], bool] = lambda _m, _p: False
    has_token: bool = True
    reaches: bool = True
    ids: Any = field(default_factory=lambda: count(1))

    def key(self) -> str:
        return f"{int(self.now.timestamp()):08x}{next(self.ids):016x}"

    def later(self, minutes: int = 1) -> None:
        self.now += timedelta(minutes=minutes)

    # What people do in Trello

    def add_list(self, name: str) -> str:
        key = self.key()
        self.lists[key] = {
            "id": key, "name": name, "closed": False, "pos": 65536 * (len(self.lists) + 1),
        }  # fmt: skip
        return key

    def add_label(self, name: str, color: str) -> str:
        key = self.key()
        self.labels[key] = {"id": key, "name": name, "color": color}
        return key

    def add_card(self, name: str, in_list: str, **more: Any) -> str:
        key = self.key()
        last = max((one["pos"] for one in self.cards.values()), default=0)
        self.cards[key] = {
            "id": key, "idBoard": self.board["id"], "idList": in_list, "name": name, "desc": "",
            "closed": False, "due": None, "dueComplete": False, "start": None,
            "pos": last + 65536, "idLabels": [], "idMembers": [],
            "dateLastActivity": self._date(), **more,
        }  # fmt: skip
        self.tell("createCard", card=key)
        return key

    def change(self, key: str, **more: Any) -> None:
        card = self.cards[key]
        old = {name: card[name] for name in more if card[name] != more[name]}
        if old:
            card.update(more)
            card["dateLastActivity"] = self._date()
            self.tell("updateCard", card=key, old=old)

    def say(self, key: str, text: str, member: str = "5a0000000000000000000003") -> str:
        return str(self.tell("commentCard", card=key, member=member, text=text)["id"])

    def remove_card(self, key: str) -> None:
        del self.cards[key]
        self.tell("deleteCard", card=key)

    def tell(self, kind: str, *, card: str = "", member: str = ME, **data: Any) -> Row:
        who = next(one for one in self.members if one["id"] == member)
        said: Row = {"board": {"id": self.board["id"]}, **data}
        if card:
            said["card"] = {"id": card}
        action = {
            "id": self.key(), "type": kind, "date": self._date(), "data": said,
            "idMemberCreator": member, "memberCreator": who,
        }  # fmt: skip
        self.actions.append(action)
        if any(one["active"] for one in self.webhooks.values()):
            self.told.append(json.dumps({"action": action, "model": self.board}).encode())
        return action

    def _date(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    # Its API

    def answer(self, method: str, path: str, given: Row) -> Any:
        for verb, pattern, act in self._ways():
            match = re.fullmatch(pattern, path)
            if verb == method and match:
                try:
                    return act(*match.groups(), given)
                except KeyError as error:
                    raise NoSuch from error
        raise AssertionError((method, path))

    def _ways(self) -> list[tuple[str, str, Callable[..., Any]]]:
        return [
            ("GET", "/members/me", lambda _g: self.members[0]),
            ("GET", "/members/me/boards", lambda _g: [self.board]),
            ("GET", "/boards/(\\w+)", self._get_board),
            ("GET", "/boards/(\\w+)/cards/all", self._get_cards),
            ("GET", "/boards/(\\w+)/actions", lambda _key, g: self._get_actions("", g)),
            ("POST", "/lists", self._post_list),
            ("PUT", "/lists/(\\w+)", lambda key, g: self._update(self.lists[key], g)),
            ("PUT", "/lists/(\\w+)/closed",
             lambda key, g: self._update(self.lists[key], {"closed": g["value"]})),
            ("PUT", "/lists/(\\w+)/pos",
             lambda key, g: self._update(self.lists[key], {"pos": g["value"]})),
            ("POST", "/labels", lambda g: self.labels[self.add_label(g["name"], g["color"])]),
            ("PUT", "/labels/(\\w+)", lambda key, g: self._update(self.labels[key], g)),
            ("DELETE", "/labels/(\\w+)", self._delete_label),
            ("POST", "/cards", self._post_card),
            ("GET", "/cards/(\\w+)", lambda key, _g: self._with_checklists(self.cards[key])),
            ("PUT", "/cards/(\\w+)", self._put_card),
            ("GET", "/cards/(\\w+)/actions", self._get_actions),
            ("POST", "/cards/(\\w+)/actions/comments", self._post_comment),
            ("PUT", "/cards/(\\w+)/actions/(\\w+)/comments", self._put_comment),
            ("DELETE", "/cards/(\\w+)/actions/(\\w+)/comments", self._delete_comment),
            ("POST", "/checklists", self._post_checklist),
            ("DELETE", "/checklists/(\\w+)", lambda key, _g: self.checklists.pop(key)),
            ("POST", "/checklists/(\\w+)/checkItems", self._post_item),
            ("PUT", "/cards/(\\w+)/checkItem/(\\w+)", self._put_item),
            ("DELETE", "/cards/(\\w+)/checkItem/(\\w+)", self._delete_item),
            ("POST", "/webhooks", self._post_webhook),
            ("GET", "/webhooks/(\\w+)", lambda key, _g: self.webhooks[key]),
            ("PUT", "/webhooks/(\\w+)", lambda key, g: self._update(self.webhooks[key], g)),
            ("DELETE", "/webhooks/(\\w+)", lambda key, _g: self.webhooks.pop(key)),
        ]  # fmt: skip

    @staticmethod
    def _update(row: Row, given: Row) -> Row:
        for name, value in given.items():
            if name in {"closed", "active", "dueComplete"}:
                row[name] = value == "true"
            elif name == "pos":
                row[name] = float(value)
            else:
                row[name] = value
        return row

    def _get_board(self, key: str, given: Row) -> Row:
        if key != self.board["id"]:
            raise NoSuch
        lists = [one for one in self.lists.values() if given["lists"] == "all" or not one["closed"]]
        return {**self.board, "lists": lists, "labels": list(self.labels.values()),
                "members": self.members}  # fmt: skip

    def _with_checklists(self, card: Row) -> Row:
        mine = [one for one in self.checklists.values() if one["idCard"] == card["id"]]
        return {**card, "checklists": mine}

    def _get_cards(self, _key: str, given: Row) -> list[Row]:
        rows = sorted(self.cards.values(), key=lambda one: one["id"], reverse=True)
        rows = [one for one in rows if one["id"] < given.get("before", "g")]
        return [self._with_checklists(one) for one in rows[: int(given["limit"])]]

    def _get_actions(self, key: str, given: Row) -> list[Row]:
        kinds = given["filter"].split(",")
        rows = [
            one for one in self.actions
            if one["type"] in kinds and (not key or one["data"]["card"]["id"] == key)
            and one["id"] < given.get("before", "g")
        ]  # fmt: skip
        return sorted(rows, key=lambda one: one["id"], reverse=True)[: int(given["limit"])]

    def _post_list(self, given: Row) -> Row:
        return self.lists[self.add_list(given["name"])]

    def _delete_label(self, key: str, _given: Row) -> Row:
        for card in self.cards.values():
            card["idLabels"] = [one for one in card["idLabels"] if one != key]
        return self.labels.pop(key)

    def _fields(self, given: Row) -> Row:
        found: Row = {}
        for name, value in given.items():
            if name in {"idLabels", "idMembers"}:
                found[name] = value.split(",") if value else []
            elif name in {"closed", "dueComplete"}:
                found[name] = value == "true"
            elif name == "pos":
                places = [one["pos"] for one in self.cards.values()] or [65536]
                ends = {"top": min(places) / 2, "bottom": max(places) + 65536}
                found[name] = ends[value] if value in ends else float(value)
            else:
                found[name] = value
        return found

    def _post_card(self, given: Row) -> Row:
        fields = self._fields(given)
        return self.cards[self.add_card(fields.pop("name"), fields.pop("idList"), **fields)]

    def _put_card(self, key: str, given: Row) -> Row:
        self.cards[key]
        self.change(key, **self._fields(given))
        return self.cards[key]

    def _post_comment(self, key: str, given: Row) -> Row:
        self.cards[key]
        return self.tell("commentCard", card=key, text=given["text"])

    def _comment(self, key: str) -> Row:
        return next(one for one in self.actions if one["id"] == key)

    def _put_comment(self, _card: str, key: str, given: Row) -> Row:
        self._comment(key)["data"]["text"] = given["text"]
        return self._comment(key)

    def _delete_comment(self, _card: str, key: str, _given: Row) -> None:
        self.actions.remove(self._comment(key))

    def _post_checklist(self, given: Row) -> Row:
        return self.checklists[self.add_checklist(given["idCard"], given["name"])]

    def add_checklist(self, card: str, name: str, items: str = "") -> str:
        key = self.key()
        self.checklists[key] = {
            "id": key, "idCard": card, "name": name, "pos": len(self.checklists) + 1,
            "checkItems": [
                {"id": self.key(), "name": text, "state": "incomplete", "pos": place}
                for place, text in enumerate(items.split())
            ],
        }  # fmt: skip
        self.tell("addChecklistToCard", card=card)
        return key

    def _post_item(self, key: str, given: Row) -> Row:
        rows = self.checklists[key]["checkItems"]
        state = "complete" if given["checked"] == "true" else "incomplete"
        rows.append({"id": self.key(), "name": given["name"], "state": state, "pos": len(rows)})
        return rows[-1]

    def _item(self, key: str) -> tuple[list[Row], Row]:
        for one in self.checklists.values():
            for item in one["checkItems"]:
                if item["id"] == key:
                    return one["checkItems"], item
        raise NoSuch

    def _put_item(self, _card: str, key: str, given: Row) -> Row:
        return self._update(self._item(key)[1], given)

    def _delete_item(self, _card: str, key: str, _given: Row) -> None:
        rows, item = self._item(key)
        rows.remove(item)

    def _post_webhook(self, given: Row) -> Row:
        if not self.reaches:
            raise ValueError
        key = self.key()
        self.webhooks[key] = {"id": key, "active": True, **given}
        return self.webhooks[key]


@contextmanager
def serving() -> Iterator[Board]:
    """Trello on a free port of the loopback address."""
    board = Board()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            given = {**query, **(json.loads(body) if body else {})}
            path = parts.path.removeprefix("/1")
            board.asked.append((self.command, path))
            status, more, content = self._answer(path, given)
            if board.lose_answer(self.command, path):
                self.close_connection = True
                self.connection.close()
                return
            sent = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def _answer(self, path: str, given: Row) -> tuple[int, dict[str, str], Any]:
            proof = self.headers.get("Authorization", "")
            if not board.has_token or 'oauth_token="token"' not in proof:
                return 401, {}, "invalid token"
            failure = board.fail(self.command, path)
            if failure is not None:
                return failure
            try:
                return 200, {}, board.answer(self.command, path, given)
            except NoSuch:
                return 404, {}, "The requested resource was not found."
            except ValueError:
                return 400, {}, "URL did not return 200 status code"

        do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815 - their own names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
            """A test's output is its own."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    board.address = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield board
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
