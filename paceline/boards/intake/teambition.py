"""A project as Teambition exports it: a spreadsheet with one task a row, heads in Chinese.

Columns are known by their heads, whatever their order; heads that mean nothing here are counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from paceline.boards.intake.brought import (
    Brought,
    BroughtCard,
    BroughtLabel,
    BroughtList,
    NotSuchAFile,
    Someone,
)
from paceline.imports.layout import FileUnreadable
from paceline.imports.reading import read_cells, recognise_file

# Several heads of the same meaning, from different years of the product.
HEADS: Mapping[str, tuple[str, ...]] = {
    "title": ("标题", "任务标题", "任务名称", "任务", "標題", "任務標題", "title", "task"),
    "list": ("列表", "任务列表", "所属列表", "状态", "任务状态", "看板列", "stage", "list"),
    "group": ("分组", "任务分组", "所属分组", "group"),
    "key": ("任务ID", "任务编号", "编号", "ID", "task id"),
    "parent": ("父任务", "所属父任务", "父级任务", "父任务标题", "parent", "parent task"),
    "executor": ("执行者", "负责人", "執行者", "executor", "assignee"),
    "participants": ("参与者", "参与人", "关注者", "參與者", "participants", "involved"),
    "starts": ("开始时间", "开始日期", "計劃開始時間", "start date", "start"),
    "due": ("截止时间", "截止日期", "到期时间", "due date", "due"),
    "done": ("是否完成", "完成状态", "完成情况", "is done", "done"),
    "done_at": ("完成时间", "完成日期", "completed at", "accomplished"),
    "labels": ("标签", "標籤", "tags", "labels"),
    "priority": ("优先级", "優先級", "priority"),
    "note": ("备注", "任务备注", "描述", "備註", "note", "description"),
    "created": ("创建时间", "创建日期", "created at", "created"),
    "project": ("项目", "项目名称", "所属项目", "project"),
}
DONE = {"是", "已完成", "完成", "yes", "true", "1", "done", "√"}
ORDINARY = {"普通", "较低", "normal", "low", ""}
MANY = re.compile(r"[,，、;；\n]+")
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")
TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")


def read(path: Path, zone: ZoneInfo) -> Brought:
    """The project of an export. Raises ``NotSuchAFile``."""
    known = frozenset(head for heads in HEADS.values() for head in heads)
    try:
        layout = recognise_file(path, known_names=known)
        table = read_cells(path, layout).table
    except FileUnreadable as unreadable:
        raise NotSuchAFile(unreadable.problem.code, **unreadable.problem.params) from unreadable
    places = _places(layout.columns)
    if "title" not in places:
        raise NotSuchAFile("not_teambition", columns=", ".join(layout.columns[:8]))
    found = Brought()
    found.left["columns"] = len(layout.columns) - len(places)
    lists: dict[str, BroughtList] = {}
    titles: dict[str, str] = {}
    for number, row in enumerate(table.to_pylist(), start=1):
        cells = {name: str(row[f"c{place}"] or "").strip() for name, place in places.items()}
        if not any(cells.values()):
            continue
        card = _card(cells, number, zone, found)
        found.name = found.name or cells.get("project", "")
        name = cells.get("list") or cells.get("group") or "?"
        card.list_key = lists.setdefault(name, BroughtList(name, name)).key
        found.cards.append(card)
        titles.setdefault(card.title, card.key)
    found.lists = list(lists.values())
    _place_parts(found, titles)
    return found


def _places(columns: tuple[str, ...]) -> dict[str, int]:
    """Where each meaning stands; the first of several heads counts."""
    plain = [re.sub(r"\s+", " ", one).strip().casefold() for one in columns]
    found: dict[str, int] = {}
    for name, heads in HEADS.items():
        for head in heads:
            if head.casefold() in plain and plain.index(head.casefold()) not in found.values():
                found[name] = plain.index(head.casefold())
                break
    return found


def _card(cells: Mapping[str, str], number: int, zone: ZoneInfo, found: Brought) -> BroughtCard:
    card = BroughtCard(
        key=cells.get("key") or f"row-{number}",
        list_key="",
        title=cells["title"] or "–",
        description=cells.get("note", ""),
        parent=cells.get("parent", ""),
    )
    names = [cells.get("executor", ""), *MANY.split(cells.get("participants", ""))]
    card.people = [Someone(name=name.strip()) for name in names if name.strip()]
    words = [word.strip() for word in MANY.split(cells.get("labels", "")) if word.strip()]
    if cells.get("priority", "").casefold() not in ORDINARY:
        words.append(cells["priority"])
    for word in words:
        if word not in {label.key for label in found.labels}:
            found.labels.append(BroughtLabel(word, word))
    card.labels = list(dict.fromkeys(words))
    due = _moment(cells.get("due", ""), found.left)
    if due is not None:
        card.due_on = due.date()
        card.due_time = due.time() if (due.hour, due.minute) != (0, 0) else None
    starts = _moment(cells.get("starts", ""), found.left)
    card.starts_on = starts.date() if starts else None
    if card.starts_on and card.due_on and card.starts_on > card.due_on:
        card.starts_on = None
        found.left["start_after_due"] += 1
    done_at = _moment(cells.get("done_at", ""), found.left)
    card.is_done = cells.get("done", "").casefold() in DONE or done_at is not None
    card.done_at = done_at.replace(tzinfo=zone) if done_at else None
    created = _moment(cells.get("created", ""), found.left)
    card.created_at = created.replace(tzinfo=zone) if created else None
    return card


def _moment(text: str, left: Counter[str]) -> datetime | None:
    if not text:
        return None
    for day in DAYS:
        for hours in TIMES:
            try:
                return datetime.strptime(text, day + hours)  # noqa: DTZ007 - the zone is the project's
            except ValueError:
                continue
    left["days_unread"] += 1
    return None


def _place_parts(found: Brought, titles: Mapping[str, str]) -> None:
    """Parents are named by key or by title; one that is not in the file is let go and counted."""
    known = {card.key: card for card in found.cards}
    for card in found.cards:
        if not card.parent:
            continue
        key = card.parent if card.parent in known else titles.get(card.parent, "")
        # A part of a part becomes a part of the card at the top; a circle is cut.
        seen = {card.key}
        while key and key not in seen and known[key].parent and known[key].parent != key:
            seen.add(key)
            above = known[key].parent
            key = above if above in known else titles.get(above, "")
        if not key or key in seen:
            found.left["parent_missing"] += 1
            key = ""
        card.parent = key
