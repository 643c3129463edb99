"""A board as Trello exports it: one JSON object.

Source: Trello's REST API, nested resources of a board (lists, cards, labels, members, checklists,
customFields, actions). An export holds the newest 1,000 actions only, so comments may be missing;
``badges.comments`` of a card tells how many there were.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from paceline.boards.intake.brought import (
    Brought,
    BroughtCard,
    BroughtComment,
    BroughtField,
    BroughtItem,
    BroughtLabel,
    BroughtList,
    NotSuchAFile,
    Someone,
)

BYTES_MAX = 256 * 1024**2
# Trello's colours by the nearest of ours; shades follow their colour.
COLOURS = {
    "green": "green", "yellow": "amber", "orange": "orange", "red": "red", "purple": "purple",
    "blue": "blue", "sky": "blue", "lime": "green", "pink": "purple", "black": "grey",
}  # fmt: skip
KINDS = {"text": "text", "number": "number", "date": "day", "checkbox": "yes_no", "list": "choice"}
Record = Mapping[str, Any]


def read(content: bytes, zone: ZoneInfo) -> Brought:
    """The board of an export. Times of day become those of ``zone``. Raises ``NotSuchAFile``."""
    board = _parsed(content)
    found = Brought(name=_text(board, "name"), description=_text(board, "desc"))
    lists = _records(board, "lists")
    found.lists = [
        BroughtList(_text(one, "id"), _text(one, "name"), is_archived=bool(one.get("closed")))
        for one in sorted(lists, key=_place)
    ]
    labels = _labels(board)
    found.fields, options = _fields(board)
    members = {
        _text(one, "id"): Someone(_text(one, "fullName"), _text(one, "email"))
        for one in _records(board, "members")
    }
    checklists = _checklists(board)
    comments = _comments(board, members)
    for one in sorted(_records(board, "cards"), key=_place):
        card = _card(one, members, zone, found.left)
        own = _labels(one)
        labels = own | labels
        card.labels = list(dict.fromkeys([*card.labels, *own]))
        card.checklists = checklists.pop(card.key, [])
        card.comments = comments.get(card.key, [])
        card.custom = _custom(one, {field.key: field for field in found.fields}, options)
        counted = _record(one, "badges").get("comments")
        missing = (counted if isinstance(counted, int) else 0) - len(card.comments)
        found.left["comments_cut"] += max(0, missing)
        found.cards.append(card)
    found.labels = list(labels.values())
    known = {one.key for one in found.lists}
    _adopt([card for card in found.cards if card.list_key not in known], found)
    _count_left(board, found.left)
    return found


def _labels(of: Record) -> dict[str, BroughtLabel]:
    """The labels of a board by their ids, or of one card: older files have those beside the card,
    some without an id."""
    found = {}
    for one in _records(of, "labels"):
        name, colour = _text(one, "name"), _text(one, "color")
        if name or colour:
            key = _text(one, "id") or f"{colour}/{name}"
            tone = COLOURS.get(colour.partition("_")[0], "grey")
            found[key] = BroughtLabel(key, name or colour, tone)
    return found


def _parsed(content: bytes) -> Record:
    try:
        board = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        if content.startswith(b"PK\x03\x04"):
            raise NotSuchAFile("sheet_not_json") from error
        raise NotSuchAFile("not_json") from error
    if not isinstance(board, dict) or not all(
        isinstance(board.get(name), list) for name in ("lists", "cards")
    ):
        raise NotSuchAFile("not_trello")
    return board


def _records(of: Record, name: str) -> list[Record]:
    """The records below a name; what is none of them is passed over."""
    rows = of.get(name)
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def _record(of: Record, name: str) -> Record:
    """The record below a name; an empty one where there is none."""
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _text(of: Record, name: str) -> str:
    value = of.get(name)
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _place(one: Record) -> Decimal:
    """Trello's place: a number, of which the order alone counts."""
    place = one.get("pos")
    return Decimal(place) if isinstance(place, int | Decimal) else Decimal(0)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _made_at(key: str) -> datetime | None:
    """When a thing was made: the first eight digits of its id are seconds, in hexadecimal."""
    try:
        return datetime.fromtimestamp(int(key[:8], 16), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _card(one: Record, members: Mapping[str, Someone], zone: ZoneInfo, left: Counter[str]) -> Any:
    card = BroughtCard(
        key=_text(one, "id"),
        list_key=_text(one, "idList"),
        title=_text(one, "name").strip() or "–",
        description=_text(one, "desc"),
        people=[members[key] for key in _keys(one, "idMembers") if key in members],
        labels=_keys(one, "idLabels"),
        is_archived=bool(one.get("closed")),
        is_done=bool(one.get("dueComplete")),
        created_at=_made_at(_text(one, "id")),
        links=[
            (_text(link, "name"), _text(link, "url"))
            for link in _records(one, "attachments")
            if _text(link, "url").startswith(("http://", "https://"))
        ],
    )
    due = _moment(_text(one, "due"))
    if due is not None:
        local = due.astimezone(zone)
        card.due_on, card.due_time = local.date(), local.time().replace(second=0, microsecond=0)
    start = _moment(_text(one, "start"))
    if start is not None:
        card.starts_on = start.astimezone(zone).date()
        if card.due_on and card.starts_on > card.due_on:
            card.notes.append(f"start: {card.starts_on.isoformat()}")
            card.starts_on = None
            left["start_after_due"] += 1
    for name, code in (("idMembersVoted", "votes"), ("stickers", "stickers")):
        rows = one.get(name)
        left[code] += len(rows) if isinstance(rows, list) else 0
    left["covers"] += bool(_record(one, "cover").get("idAttachment"))
    return card


def _keys(one: Record, name: str) -> list[str]:
    rows = one.get(name)
    return [key for key in rows if isinstance(key, str)] if isinstance(rows, list) else []


def _checklists(board: Record) -> dict[str, list[tuple[str, list[BroughtItem]]]]:
    """By card; in some files they lie beside the board, in others within their cards."""
    found: dict[str, list[tuple[str, list[BroughtItem]]]] = defaultdict(list)
    rows = [(_text(one, "idCard"), one) for one in _records(board, "checklists")]
    known = {_text(one, "id") for _card_key, one in rows}
    rows += [
        (_text(card, "id"), one)
        for card in _records(board, "cards")
        for one in _records(card, "checklists")
        if _text(one, "id") not in known
    ]
    for key, one in sorted(rows, key=lambda row: _place(row[1])):
        items = [
            BroughtItem(_text(item, "name"), item.get("state") == "complete")
            for item in sorted(_records(one, "checkItems"), key=_place)
            if _text(item, "name").strip()
        ]
        found[key].append((_text(one, "name"), items))
    return found


def _comments(board: Record, members: Mapping[str, Someone]) -> dict[str, list[BroughtComment]]:
    """What was said, oldest first, from the actions that the export still holds."""
    found: dict[str, list[BroughtComment]] = defaultdict(list)
    for one in _records(board, "actions"):
        if _text(one, "type") not in {"commentCard", "copyCommentCard"}:
            continue
        data = _record(one, "data")
        at = _moment(_text(one, "date"))
        text = _text(data, "text").strip()
        key = _text(_record(data, "card"), "id")
        if at is None or not text or not key:
            continue
        creator = _record(one, "memberCreator")
        author = members.get(_text(one, "idMemberCreator")) or Someone(_text(creator, "fullName"))
        found[key].append(BroughtComment(text, author, at))
    for rows in found.values():
        rows.sort(key=lambda row: row.at)
    return found


def _fields(board: Record) -> tuple[list[BroughtField], dict[str, str]]:
    """The board's own fields; and the words of options by their ids."""
    found, words = [], {}
    for one in _records(board, "customFields"):
        kind = KINDS.get(_text(one, "type"))
        if kind is None:
            continue
        options = []
        for option in _records(one, "options"):
            text = _text(_record(option, "value"), "text")
            words[_text(option, "id") or _text(option, "_id")] = text
            options.append(text)
        found.append(BroughtField(_text(one, "id"), _text(one, "name"), kind, options))
    return found, words


def _custom(
    one: Record, fields: Mapping[str, BroughtField], options: Mapping[str, str]
) -> dict[str, str]:
    found = {}
    for item in _records(one, "customFieldItems"):
        field = fields.get(_text(item, "idCustomField"))
        value = _record(item, "value")
        if field is None:
            continue
        if field.kind == "choice":
            text = options.get(_text(item, "idValue"), "")
        else:
            text = next((str(part) for part in value.values()), "")
        if text:
            found[field.key] = text
    return found


def _adopt(orphans: Iterable[BroughtCard], found: Brought) -> None:
    """Cards of a list that the file does not have come into one of their own."""
    rows = list(orphans)
    if not rows:
        return
    found.lists.append(BroughtList("without-list", ""))
    for card in rows:
        card.list_key = "without-list"
    found.left["list_missing"] += len(rows)


def _count_left(board: Record, left: Counter[str]) -> None:
    """What Trello knows of a board and Paceline does not, counted."""
    types = Counter(str(one.get("type")) for one in _records(board, "actions"))
    said = types.pop("commentCard", 0) + types.pop("copyCommentCard", 0)
    left["actions"] += sum(types.values())
    # Exactly as many as Trello writes at most; a file with more was not cut off there.
    left["actions_full"] += (said + sum(types.values())) == 1000
    left["power_ups"] += len(_records(board, "pluginData"))
