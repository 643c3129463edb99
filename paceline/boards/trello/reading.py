"""What Trello answers, as plain records.

Source: Trello's REST API: objects of boards, lists, labels, cards, checklists and actions.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from paceline.boards.trello import saying

CARD_FIELDS = (
    "name,desc,idList,idBoard,closed,due,dueComplete,start,pos,idLabels,idMembers,dateLastActivity"
)
COMMENTS = "commentCard,copyCommentCard"
ITEM_MAX, CHECKLIST_MAX = 500, 120
Record = Mapping[str, Any]


@dataclass(slots=True)
class Item:
    key: str
    text: str
    done: bool


@dataclass(slots=True)
class Checklist:
    key: str
    name: str
    items: list[Item]


@dataclass(slots=True)
class There:
    """A card as Trello has it. ``said`` lacks what depends on what is known here of labels and
    members: their keys stand in ``labels`` and ``members``."""

    key: str
    board: str
    said: dict[str, Any]
    labels: list[str]
    members: list[str]
    place: Decimal
    last_at: datetime
    checklists: list[Checklist] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment as Trello has it."""

    key: str
    card: str
    text: str
    author: str
    member: str
    at: datetime


def text(of: Record, name: str) -> str:
    value = of.get(name)
    return value.replace("\x00", "") if isinstance(value, str) else ""


def records(of: Any, name: str = "") -> list[Record]:
    """The records of an answer, or those below a name; what is none of them is passed over."""
    rows = of.get(name) if name and isinstance(of, dict) else of
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def place(of: Record) -> Decimal:
    """Trello's number for a place, rounded to what is kept of it."""
    try:
        found = Decimal(str(of.get("pos")))
    except InvalidOperation:
        return Decimal(0)
    return found.quantize(Decimal("1e-10")) if found.is_finite() else Decimal(0)


def made_at(key: str) -> datetime:
    """When a thing was made: the first eight digits of its id are seconds, in hexadecimal."""
    try:
        return datetime.fromtimestamp(int(key[:8], 16), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def card(one: Record, zone: ZoneInfo, closed_lists: Container[str]) -> There:
    """A card. One in a list that was archived counts as archived."""
    due = saying.moment(one.get("due"))
    start = saying.moment(one.get("start"))
    day = None if start is None else start.astimezone(zone).date()
    if day is not None and due is not None and day > due.astimezone(zone).date():
        day = None  # nothing here starts after it is due
    said = {
        "name": saying.cut(text(one, "name"), saying.NAME_MAX) or "–",
        "desc": saying.cut(text(one, "desc"), saying.TEXT_MAX),
        "list": text(one, "idList"),
        "closed": bool(one.get("closed")) or text(one, "idList") in closed_lists,
        "due": None if due is None else due.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "start": None if day is None else day.isoformat(),
        "done": bool(one.get("dueComplete")),
    }
    return There(
        key=text(one, "id"),
        board=text(one, "idBoard"),
        said=said,
        labels=keys(one, "idLabels"),
        members=keys(one, "idMembers"),
        place=place(one),
        last_at=saying.moment(one.get("dateLastActivity")) or made_at(text(one, "id")),
        checklists=[checklist(row) for row in sorted(records(one, "checklists"), key=place)],
    )


def checklist(one: Record) -> Checklist:
    items = [
        Item(
            text(row, "id"),
            saying.cut(text(row, "name"), ITEM_MAX) or "–",
            row.get("state") == "complete",
        )
        for row in sorted(records(one, "checkItems"), key=place)
    ]
    name = saying.cut(text(one, "name"), CHECKLIST_MAX) or "–"
    return Checklist(text(one, "id"), name, items)


def keys(one: Record, name: str) -> list[str]:
    rows = one.get(name)
    return [key for key in rows if isinstance(key, str)] if isinstance(rows, list) else []


def remark(one: Record) -> Remark | None:
    """A comment, from the action that Trello keeps of it."""
    data = one.get("data") or {}
    at = saying.moment(one.get("date"))
    said = saying.cut(text(data, "text"), saying.TEXT_MAX)
    of = text(data.get("card") or {}, "id")
    if at is None or not said or not of:
        return None
    creator = one.get("memberCreator") or {}
    author = text(creator, "fullName") or text(creator, "username") or "Trello"
    return Remark(text(one, "id"), of, said, author[:120], text(one, "idMemberCreator"), at)


def parsed(body: bytes) -> Record:
    """The action of a message; nothing when it has none."""
    try:
        found = json.loads(body, parse_float=str)
    except (ValueError, RecursionError):
        return {}
    action = found.get("action") if isinstance(found, dict) else None
    return action if isinstance(action, dict) else {}
