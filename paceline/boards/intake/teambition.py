"""A project as Teambition exports it: a spreadsheet with one task a row, heads in Chinese.

Columns are known by their heads, whatever their order. A column that means nothing here becomes a
field of the project's cards, so that nothing of the file is lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from paceline.boards.intake.brought import (
    Brought,
    BroughtCard,
    BroughtField,
    BroughtLabel,
    BroughtList,
    NotSuchAFile,
    Someone,
)
from paceline.boards.intake.moments import read_moment
from paceline.boards.intake.sheet import Sheet, first_heads, plain_head, read_sheet
from paceline.imports.layout import FileUnreadable

# Several heads of the same meaning, from different years of the product.
HEADS: Mapping[str, tuple[str, ...]] = {
    "title": ("标题", "任务标题", "任务名称", "任务内容", "任务", "標題", "任務標題", "title",
              "task"),
    "list": ("列表", "任务列表", "所属列表", "所属任务列表", "看板列", "stage", "list"),
    "status": ("状态", "任务状态", "狀態", "任務狀態", "status"),
    "group": ("分组", "任务分组", "所属分组", "所属任务分组", "group"),
    "key": ("任务ID", "任务编号", "编号", "ID", "taskid"),
    "parent": ("父任务", "所属父任务", "父级任务", "上级任务", "父任务ID", "父任务标题", "parent",
               "parenttask"),
    "executor": ("执行者", "负责人", "執行者", "executor", "assignee"),
    "participants": ("参与者", "参与人", "关注者", "协作人", "參與者", "participants", "involved"),
    "starts": ("开始时间", "开始日期", "计划开始时间", "計劃開始時間", "startdate", "start"),
    "due": ("截止时间", "截止日期", "到期时间", "计划完成时间", "duedate", "due"),
    "done": ("是否完成", "是否已完成", "完成状态", "完成情况", "isdone", "done"),
    "done_at": ("完成时间", "完成日期", "实际完成时间", "completedat", "accomplished"),
    "labels": ("标签", "標籤", "tags", "labels"),
    "priority": ("优先级", "優先級", "priority"),
    "note": ("备注", "任务备注", "描述", "任务描述", "備註", "note", "description"),
    "created": ("创建时间", "创建日期", "createdat", "created"),
    "project": ("项目", "项目名称", "所属项目", "project"),
    "number": ("序号", "序號", "#", "no."),
}  # fmt: skip
DONE = {"是", "已完成", "完成", "yes", "true", "1", "done", "√", "已关闭", "closed"}
ORDINARY = {"普通", "较低", "normal", "low", ""}
PRESSING = {"非常紧急": "red", "紧急": "orange", "非常緊急": "red", "緊急": "orange",
            "urgent": "red", "high": "orange"}  # fmt: skip
COLOURS = ("blue", "teal", "purple", "green", "amber", "grey")
MANY = re.compile(r"[,，、;；\n]+")
ADDRESS = re.compile(r"(.*?)\s*[(（<]\s*(\S+@\S+?)\s*[)）>]")
FIELDS_MAX, OPTIONS_MAX, OPTION_LETTERS_MAX = 40, 20, 80
NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each meaning stands (``known``), under which head, and the columns that are fields."""

    known: Mapping[str, int]
    heads: tuple[str, ...]
    fields: Mapping[int, BroughtField]
    noted: tuple[int, ...]

    def cells(self, row: Sequence[str]) -> dict[str, str]:
        return {name: row[place] for name, place in self.known.items()}

    def head(self, name: str) -> str:
        return self.heads[self.known[name]]


def read(path: Path, zone: ZoneInfo) -> Brought:
    """The project of an export. Raises ``NotSuchAFile``."""
    titles = frozenset(map(plain_head, HEADS["title"]))
    try:
        with path.open("rb") as stream:
            if stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
                raise NotSuchAFile("json_not_sheet")
        sheet = read_sheet(path, titles)
        if sheet is None:
            raise NotSuchAFile("not_teambition", columns=", ".join(first_heads(path)[:8]))
    except FileUnreadable as unreadable:
        raise NotSuchAFile(unreadable.problem.code, **unreadable.problem.params) from unreadable
    if not sheet.rows:
        raise NotSuchAFile("no_tasks")
    columns = _columns(sheet)
    found = Brought(fields=list(columns.fields.values()))
    found.left["rows_uneven"] = sheet.uneven
    found.left["columns"] = len(columns.noted)
    lists: dict[str, BroughtList] = {}
    for number, row in enumerate(sheet.rows, start=1):
        cells = columns.cells(row)
        card = _card(columns, row, number, zone, found)
        found.name = found.name or cells.get("project", "")
        name = cells.get("list") or cells.get("status") or cells.get("group") or ""
        card.list_key = lists.setdefault(name, BroughtList(name, name)).key
        found.cards.append(card)
    found.lists = list(lists.values())
    _end_work(found)
    _tell_apart(found.cards)
    _place_parts(found, columns)
    return found


def _columns(sheet: Sheet) -> Columns:
    """What each column is; the first of several heads of one meaning counts."""
    plain = [plain_head(one) for one in sheet.heads]
    known: dict[str, int] = {}
    for name, heads in HEADS.items():
        for head in map(plain_head, heads):
            if head in plain and plain.index(head) not in known.values():
                known[name] = plain.index(head)
                break
    # What names a list has its place; what stands beside it, and a task's number, stay readable.
    lists = [name for name in ("list", "status", "group") if name in known][1:]
    own = {known[name] for name in (*lists, "key") if name in known}
    if len({row[known["project"]] for row in sheet.rows} if "project" in known else ()) > 1:
        own.add(known["project"])
    own |= set(range(len(sheet.heads))) - set(known.values())
    fields: dict[int, BroughtField] = {}
    noted = []
    for place in sorted(own):
        values = [row[place] for row in sheet.rows if row[place]]
        if not values:
            continue
        if len(fields) == FIELDS_MAX:
            noted.append(place)
            continue
        fields[place] = _field(f"c{place}", sheet.heads[place] or str(place + 1), values)
    return Columns(known, sheet.heads, fields, tuple(noted))


def _field(key: str, name: str, values: Sequence[str]) -> BroughtField:
    """A number, a choice among few words that repeat, or a text."""
    if all(NUMBER.fullmatch(one) for one in values):
        return BroughtField(key, name, "number")
    words = list(dict.fromkeys(values))
    few = len(words) <= OPTIONS_MAX and 2 * len(words) <= len(values)
    if few and max(map(len, words)) <= OPTION_LETTERS_MAX:
        return BroughtField(key, name, "choice", words)
    return BroughtField(key, name, "text")


def _card(
    columns: Columns, row: Sequence[str], number: int, zone: ZoneInfo, found: Brought
) -> BroughtCard:
    cells = columns.cells(row)
    card = BroughtCard(
        key=cells.get("key") or f"row-{number}",
        list_key="",
        title=cells["title"] or "–",
        description=cells.get("note", ""),
        parent=cells.get("parent", ""),
        custom={one.key: row[place] for place, one in columns.fields.items() if row[place]},
        notes=[f"{columns.heads[place] or place + 1}: {row[place]}" for place in columns.noted
               if row[place]] + [cell for cell in row[len(columns.heads) :] if cell],
    )  # fmt: skip
    names = [*MANY.split(cells.get("executor", "")), *MANY.split(cells.get("participants", ""))]
    card.people = [_someone(name.strip()) for name in names if name.strip()]
    words = [word.strip() for word in MANY.split(cells.get("labels", "")) if word.strip()]
    if cells.get("priority", "").casefold() not in ORDINARY:
        words.append(cells["priority"])
    known = {label.key for label in found.labels}
    card.labels = list(dict.fromkeys(words))
    for word in card.labels:
        if word not in known:
            # The file has no colours: what is pressing gets the loud ones, the others take turns.
            turn = COLOURS[len(found.labels) % len(COLOURS)]
            found.labels.append(BroughtLabel(word, word, PRESSING.get(word, turn)))
    _set_days(card, columns, cells, zone, found.left)
    return card


def _someone(text: str) -> Someone:
    named = ADDRESS.fullmatch(text)
    return Someone(named[1], named[2]) if named else Someone(text)


def _set_days(
    card: BroughtCard, columns: Columns, cells: Mapping[str, str], zone: ZoneInfo,
    left: Counter[str],
) -> None:  # fmt: skip
    """Its days. What is none, or cannot be, stays with the card in words."""

    def moment(name: str) -> datetime | None:
        text = cells.get(name, "")
        found = read_moment(text, zone) if text else None
        if text and found is None:
            left["days_unread"] += 1
            card.notes.append(f"{columns.head(name)}: {text}")
        return found

    due, starts = moment("due"), moment("starts")
    if due is not None:
        card.due_on = due.date()
        card.due_time = due.time() if (due.hour, due.minute) != (0, 0) else None
    card.starts_on = starts.date() if starts else None
    if card.starts_on and card.due_on and card.starts_on > card.due_on:
        card.notes.append(f"{columns.head('starts')}: {cells['starts']}")
        card.starts_on = None
        left["start_after_due"] += 1
    done_at, created = moment("done_at"), moment("created")
    if cells.keys() & {"done", "done_at"}:
        card.is_done = cells.get("done", "").casefold() in DONE or done_at is not None
    else:
        card.is_done = any(cells.get(name, "").casefold() in DONE for name in ("status", "list"))
    card.done_at = done_at.replace(tzinfo=zone) if done_at else None
    card.created_at = created.replace(tzinfo=zone) if created else None


def _end_work(found: Brought) -> None:
    """A list that is called done, and whose cards all are, ends work here as well."""
    open_lists = {card.list_key for card in found.cards if not card.is_done}
    for one in found.lists:
        one.ends_work = one.name.casefold() in DONE and one.key not in open_lists


def _tell_apart(cards: Iterable[BroughtCard]) -> None:
    """Numbers that come twice: the first card keeps it, so that parts find it."""
    taken: set[str] = set()
    for place, card in enumerate(cards):
        if card.key in taken:
            card.key = f"{card.key} row-{place}"
        taken.add(card.key)


def _place_parts(found: Brought, columns: Columns) -> None:
    """Parents are named by key or by title; one that is not in the file is let go and counted."""
    known = {card.key: card for card in found.cards}
    titles: dict[str, str] = {}
    for card in found.cards:
        titles.setdefault(card.title, card.key)
    named = {card.key: card.parent for card in found.cards}

    def above(key: str) -> str:
        parent = named[key]
        return parent if parent in known else titles.get(parent, "")

    for card in found.cards:
        if not card.parent:
            continue
        # A part of a part becomes a part of the card at the top; a circle is cut.
        top, seen, deep = above(card.key), {card.key}, 0
        while top and top not in seen and above(top):
            seen.add(top)
            top, deep = above(top), deep + 1
        if not top or top in seen:
            found.left["parent_missing"] += 1
            card.notes.append(f"{columns.head('parent')}: {card.parent}")
            card.parent = ""
            continue
        if deep:
            found.left["parts_deep"] += 1
            card.notes.append(f"{columns.head('parent')}: {known[above(card.key)].title}")
        card.parent = top
    for card in found.cards:
        # Parts stand in no list of their own.
        if card.parent and "list" in columns.known and card.list_key != known[card.parent].list_key:
            card.notes.append(f"{columns.head('list')}: {card.list_key}")
