"""Boards from Trello and Teambition: what comes, what is said not to come, what is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import date, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from django.test import Client
from django.urls import reverse

from paceline.boards import actions, intake_words
from paceline.boards.actions.intake import bring_in
from paceline.boards.intake import teambition, trello
from paceline.boards.intake.brought import NotSuchAFile, Someone
from paceline.boards.models import (
    Attachment,
    BoardIntake,
    Card,
    CardField,
    CardList,
    ChecklistItem,
    Comment,
    IntakeKind,
    Label,
    Member,
    Project,
)
from paceline.web.demo.teams import brought
from tests.world import NOW, World

TAIPEI = ZoneInfo("Asia/Taipei")
PRIYA, STRANGER = "5a0000000000000000000001", "5a0000000000000000000002"
FACTS: dict[str, Any] = {
    "name": "", "description": "", "team": None, "reach": "company", "open_right": "edit",
    "time_zone": "Asia/Taipei",
}  # fmt: skip


def board() -> dict[str, Any]:
    """An export as Trello's interface documents it, in small."""
    return {
        "name": "Double eleven",
        "desc": "All that is due before the day.",
        "lists": [
            {"id": "l2", "name": "Doing", "pos": 32768, "closed": False},
            {"id": "l1", "name": "To do", "pos": 16384, "closed": False},
            {"id": "l3", "name": "to do", "pos": 49152.5, "closed": True},
        ],
        "labels": [
            {"id": "b1", "name": "Ads", "color": "sky_dark"},
            {"id": "b2", "name": "", "color": "lime"},
            {"id": "b3", "name": "", "color": None},
        ],
        "members": [
            {"id": PRIYA, "fullName": "Priya Nair", "username": "priya"},
            {"id": STRANGER, "fullName": "Zoe Young", "username": "zoe"},
        ],
        "customFields": [
            {"id": "f1", "name": "Budget", "type": "number"},
            {"id": "f2", "name": "Channel", "type": "list",
             "options": [{"id": "o1", "value": {"text": "Live"}}]},
        ],
        "cards": [
            {"id": "66d3b6000000000000000001", "idList": "l1", "name": "Book the studio",
             "desc": "Ask **early**.", "pos": 2, "closed": False, "due": "2026-11-10T16:30:00.000Z",
             "dueComplete": True, "start": "2026-11-01T00:00:00.000Z", "idLabels": ["b1", "b2"],
             "idMembers": [STRANGER, PRIYA], "badges": {"comments": 3},
             "attachments": [{"name": "Plan", "url": "https://example.com/p"},
                             {"name": "bad", "url": "javascript:alert(1)"}],
             "customFieldItems": [{"idCustomField": "f1", "value": {"number": "1500.50"}},
                                  {"idCustomField": "f2", "idValue": "o1"}]},
            {"id": "66d3b6000000000000000002", "idList": "l1", "name": "First", "pos": 1,
             "start": "2026-11-20T00:00:00Z", "due": "2026-11-02T00:00:00Z"},
            {"id": "66d3b6000000000000000003", "idList": "gone", "name": "x" * 301, "pos": 3,
             "closed": True, "desc": "y" * 20_001},
        ],
        "checklists": [
            {"idCard": "66d3b6000000000000000001", "name": "Before", "pos": 1,
             "checkItems": [{"name": "Lights", "state": "complete", "pos": 2},
                            {"name": "Sound", "state": "incomplete", "pos": 1}]},
        ],
        "actions": [
            {"type": "commentCard", "date": "2026-10-02T00:00:00Z", "idMemberCreator": STRANGER,
             "data": {"text": "<b>When?</b>", "card": {"id": "66d3b6000000000000000001"}}},
            {"type": "updateCard", "date": "2026-10-01T00:00:00Z", "data": {}},
        ],
        "aFieldOfTomorrow": {"x": 1},
    }  # fmt: skip


def bring(
    world: World, content: bytes, kind: IntakeKind = IntakeKind.TRELLO, **facts: Any
) -> BoardIntake:
    return actions.request_intake(
        kind=kind, file=io.BytesIO(content), name="board.json", facts={**FACTS, **facts},
        by=world.marco, at=NOW,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_trello_board_comes_whole(
    world: World, run_jobs: Callable[[], int], client_for: Callable[..., Client]
) -> None:
    made = bring(world, json.dumps(board()).encode())
    run_jobs()
    made.refresh_from_db()
    project = Project.objects.get()
    assert made.project == project
    assert (project.name, project.created_by) == ("Double eleven", world.marco)
    names = CardList.objects.order_by("rank").values_list("name", "archived_at")
    assert [(name, archived is None) for name, archived in names] == [
        ("To do", True), ("Doing", True), ("to do (2)", False),
        ("Without a list", True),
    ]  # fmt: skip
    first = list(Card.objects.filter(list__name="To do").order_by("rank"))
    assert [card.title for card in first] == ["First", "Book the studio"]
    studio = first[1]
    assert (studio.due_on, studio.due_time) == (date(2026, 11, 11), time(0, 30))
    assert studio.starts_on == date(2026, 11, 1)
    assert studio.done_at is not None
    assert studio.executor == world.priya
    assert {one.name for one in Label.objects.filter(labellings__card=studio)} == {"Ads", "lime"}
    assert sorted(studio.custom.values()) == ["1500.5", "Live"]
    items = ChecklistItem.objects.order_by("rank").values_list("text", "done_at")
    assert [(text, done is not None) for text, done in items] == [
        ("Sound", False),
        ("Lights", True),
    ]
    said = Comment.objects.filter(card=studio).order_by("at")
    assert [(one.author, one.text) for one in said] == [
        ("Zoe Young", "<b>When?</b>"), ("", "@ Zoe Young"),
    ]  # fmt: skip
    assert [one.url for one in Attachment.objects.all()] == ["https://example.com/p"]
    long = Card.objects.get(list__name="Without a list")
    assert long.archived_at is not None
    assert sorted(len(one.text) for one in Comment.objects.filter(card=long)) == [1, 301]
    assert set(Member.objects.values_list("person__name", flat=True)) == {
        "Marco Bianchi", "Priya Nair",
    }  # fmt: skip
    assert made.strangers == ["Zoe Young"]
    assert made.left == {
        "actions": 1, "comments_cut": 2, "list_missing": 1, "start_after_due": 1, "titles_cut": 1,
    }  # fmt: skip

    page = client_for(world.marco).get(reverse("boards:intake", args=[made.pk])).content.decode()
    assert "Zoe Young" in page
    assert "Comments that the cards had and the file does not hold." in page
    card = client_for(world.marco).get(reverse("boards:card", args=[studio.pk])).content.decode()
    assert "<b>When?</b>" not in card
    # The job of a dead worker runs again and does nothing.
    made = BoardIntake.objects.select_related("file", "requested_by", "progress").get()
    bring_in(intake=made, at=NOW)
    assert Project.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"PK\x03\x04 a workbook", "sheet_not_json"),
        (b'{"name": "x"}', "not_trello"),
        (b'{"lists": {}, "cards": []}', "not_trello"),
    ],
)
def test_what_is_no_board_is_refused(
    world: World, run_jobs: Callable[[], int], content: bytes, code: str
) -> None:
    made = bring(world, content)
    run_jobs()
    made.refresh_from_db()
    assert made.failure["code"] == code
    assert not Project.objects.exists()
    assert intake_words.failure(made.failure)


def test_a_board_with_fifty_megabytes_of_actions_is_read() -> None:
    content = board()
    filler = {"type": "updateCard", "date": "2026-10-01T00:00:00Z", "data": {"old": "z" * 50_000}}
    content["actions"] += [filler] * (1000 - len(content["actions"]))
    found = trello.read(json.dumps(content).encode(), TAIPEI)
    assert len(found.cards) == 3
    assert found.left["actions_full"] == 1
    # A file that holds more was not cut off after the newest thousand.
    content["actions"] += [{**filler, "data": {}}]
    assert not trello.read(json.dumps(content).encode(), TAIPEI).left["actions_full"]


def test_a_file_of_another_version_keeps_labels_and_checklists_within_cards() -> None:
    steps = {"id": "k1", "name": "Steps", "pos": 2,
             "checkItems": [{"name": "Shoot", "state": "complete", "pos": 1}]}  # fmt: skip
    found = trello.read(
        json.dumps({
            "name": "Old", "lists": [{"id": "l", "name": "To do", "pos": 1}],
            "labels": [{"id": "b1", "name": "Ads", "color": "blue"}],
            "checklists": [{**steps, "idCard": "c2"}],
            "cards": [
                {"id": "c1", "idList": "l", "name": "One", "pos": 1,
                 "labels": [{"color": "green", "name": ""}, {"color": "red", "name": "Now"}, {}],
                 "checklists": [{**steps, "id": "k2"}, {"id": "k3", "name": "Then", "pos": 1}]},
                {"id": "c2", "idList": "l", "name": "Two", "pos": 2, "idLabels": ["b1"],
                 "labels": [{"id": "b1", "name": "Ads", "color": "blue"},
                            {"color": "green", "name": ""}], "checklists": [steps]},
            ],
        }).encode(), ZoneInfo("UTC"),
    )  # fmt: skip
    one, two = found.cards
    names = {label.key: (label.name, label.colour) for label in found.labels}
    assert sorted(names.values()) == [("Ads", "blue"), ("Now", "red"), ("green", "green")]
    assert [names[key][0] for key in one.labels] == ["green", "Now"]
    assert [names[key][0] for key in two.labels] == ["Ads", "green"]
    assert [name for name, _items in one.checklists] == ["Then", "Steps"]
    assert [(name, len(items)) for name, items in two.checklists] == [("Steps", 1)]


def test_odd_types_are_passed_over() -> None:
    content = {
        "name": 5,
        "lists": [{"id": "l", "name": None}, 7],
        "cards": [None, {"id": 4, "idList": "l", "name": None, "pos": "top", "due": "soon",
                         "idMembers": "no", "badges": None, "cover": None}],
        "members": "none",
    }  # fmt: skip
    found = trello.read(json.dumps(content).encode(), TAIPEI)
    (card,) = found.cards
    assert (card.title, card.due_on, card.people) == ("–", None, [])


def odd_boards() -> Iterator[tuple[str, Any]]:
    """The board of an export with each of its parts in turn of a type that it never has."""
    whole = json.dumps(board())

    def walk(part: Any, way: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        yield way
        if isinstance(part, dict | list):
            for key in part if isinstance(part, dict) else range(len(part)):
                yield from walk(part[key], (*way, key))

    for way in list(walk(board(), ()))[1:]:
        for odd in (None, -7, "x", [], {}, [None, {"id": 3}], {"id": [], "text": 5}, "9" * 400):
            changed = json.loads(whole)
            above = changed
            for key in way[:-1]:
                above = above[key]
            above[way[-1]] = odd
            yield f"{way} {odd!r:.20}", changed


def test_no_part_of_another_type_breaks_the_reader() -> None:
    """It is read without that part, or refused with words; never an unexpected error."""
    tried, refusals = 0, set()
    for name, content in odd_boards():
        tried += 1
        try:
            found = trello.read(json.dumps(content).encode(), TAIPEI)
        except NotSuchAFile as refused:
            refusals.add(refused.code)
            continue
        assert all(isinstance(card.title, str) for card in found.cards), name
    assert tried > 500
    assert refusals == {"not_trello"}


@pytest.mark.django_db
def test_cards_of_one_key_or_none_all_come(world: World, run_jobs: Callable[[], int]) -> None:
    content = {"lists": [{"id": "l", "name": "L"}], "cards": [
        {"id": "1", "idList": "l", "name": "one"}, {"id": "1", "idList": "l", "name": "twin"},
        {"idList": "l", "name": "none"}, {"id": 7, "idList": "l", "name": "number"},
    ]}  # fmt: skip
    bring(world, json.dumps(content).encode())
    run_jobs()
    assert list(Card.objects.order_by("rank").values_list("title", flat=True)) == [
        "one", "twin", "none", "number",
    ]  # fmt: skip


def test_a_teambition_sheet_is_read_by_its_heads(tmp_path: Path) -> None:
    path = tmp_path / "project.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    rows = [
        ["任务ID", "标题", "任务列表", "执行者", "参与者", "开始时间", "截止时间", "优先级", "标签",
         "备注", "是否完成", "父任务", "Storypoint"],
        ["1", "拍主图", "待处理", "Priya Nair", "Marco Bianchi，陌生人", "2026-11-01",
         "2026-11-08 18:00", "紧急", "主图、直播", "尽快", "否", "", "3"],
        ["2", "选模特", "待处理", "", "", "2026年11月9日", "2026-11-05", "普通", "", "", "是",
         "1", ""],
        ["3", "收尾", "待处理", "", "", "", "明天", "", "", "", "", "选模特", ""],
        ["4", "孤儿", "已完成", "", "", "", "", "", "", "", "已完成", "没有", ""],
        ["", "", "", "", "", "", "", "", "", "", "", "", ""],
    ]  # fmt: skip
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    found = teambition.read(path, TAIPEI)
    assert [one.name for one in found.lists] == ["待处理", "已完成"]
    first, second, third, orphan = found.cards
    assert [one.name for one in first.people] == ["Priya Nair", "Marco Bianchi", "陌生人"]
    assert (first.starts_on, first.due_on, first.due_time) == (
        date(2026, 11, 1), date(2026, 11, 8), time(18),
    )  # fmt: skip
    assert first.labels == ["主图", "直播", "紧急"]
    assert [one.colour for one in found.labels] == ["blue", "teal", "orange"]
    assert (second.parent, third.parent, orphan.parent) == ("1", "1", "")
    assert second.is_done
    assert orphan.is_done
    assert not first.is_done
    assert +found.left == {
        "start_after_due": 1, "days_unread": 1, "parent_missing": 1, "parts_deep": 1,
    }  # fmt: skip
    # What means nothing here, and the numbers by which people call tasks, stay as fields.
    assert [(one.name, one.kind) for one in found.fields] == [
        ("任务ID", "number"), ("Storypoint", "number"),
    ]  # fmt: skip
    assert first.custom == {found.fields[0].key: "1", found.fields[1].key: "3"}
    assert second.notes == ["开始时间: 2026年11月9日"]
    assert third.notes == ["截止时间: 明天", "父任务: 选模特"]
    assert orphan.notes == ["父任务: 没有"]


def odd_sheet() -> str:
    """As teams have them: a title above, remarks in the heads, rows too short and too long, numbers
    twice, a status beside the list."""
    return (
        "双十一筹备 任务导出\n\n"
        "任务ID,标题（必填）,任务列表,任务状态,执行者,截止时间 (年/月/日),工时\n"
        "T-1,拍主图,进行中,设计中,王小明(wang@example.com),2026/11/8 下午6:05,3.5\n"
        "T-1,编号重复,已完成,已完成,,46334.75,\n"
        "T-2,太短\n"
        ",,,,,,\n"
        "T-3,太长,搁置,已拒绝,,2026-11-08T10:00:00.000Z,8,多出来的\n"
    )


def test_an_odd_sheet_loses_no_row_and_no_cell(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(odd_sheet().encode("gb18030"))
    found = teambition.read(path, ZoneInfo("Asia/Shanghai"))
    first, twice, short, long = found.cards
    assert [card.title for card in found.cards] == ["拍主图", "编号重复", "太短", "太长"]
    assert [one.name for one in found.lists] == ["进行中", "已完成", "", "搁置"]
    assert [one.ends_work for one in found.lists] == [False, True, False, False]
    assert len({card.key for card in found.cards}) == 4
    assert first.people == [Someone("王小明", "wang@example.com")]
    assert (first.due_on, first.due_time) == (date(2026, 11, 8), time(18, 5))
    assert (twice.due_on, twice.due_time, twice.is_done) == (date(2026, 11, 8), time(18), True)
    assert (short.due_on, short.custom) == (None, {found.fields[0].key: "T-2"})
    assert (long.due_on, long.due_time, long.notes) == (date(2026, 11, 8), time(18), ["多出来的"])
    assert [(one.name, one.kind) for one in found.fields] == [
        ("任务ID", "text"), ("任务状态", "text"), ("工时", "number"),
    ]  # fmt: skip
    assert +found.left == {"rows_uneven": 2}


def test_tasks_on_the_second_page_of_a_workbook_are_found(tmp_path: Path) -> None:
    path = tmp_path / "pages.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("说明").write(0, 0, "导出说明")
        tasks = book.add_worksheet("任务")
        tasks.write_row(0, 0, ["标题", *(f"栏 {one}" for one in range(42))])
        tasks.write_row(1, 0, ["甲", *map(str, range(42))])
    found = teambition.read(path, TAIPEI)
    (card,) = found.cards
    assert len(found.fields) == 40
    assert card.notes == ["栏 40: 40", "栏 41: 41"]
    assert +found.left == {"columns": 2}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a,b\n1,2\n", "not_teambition"),
        ("标题,列表\n".encode(), "no_tasks"),
        (b' {"lists": []}', "json_not_sheet"),
        (b"", "file_empty"),
    ],
)
def test_a_sheet_of_something_else_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(content)
    with pytest.raises(NotSuchAFile) as refused:
        teambition.read(path, TAIPEI)
    assert refused.value.code == code
    assert intake_words.failure({"code": code, **refused.value.params})


@pytest.mark.django_db
def test_a_sheet_becomes_a_project_through_the_page(
    world: World, run_jobs: Callable[[], int], client_for: Callable[..., Client]
) -> None:
    client = client_for(world.priya)
    sheet = "标题,执行者,父任务,备注来源\n甲,Priya Nair,,%s\n乙,,甲,\n" % ("长" * 400)
    file = io.BytesIO(sheet.encode("gb18030"))
    file.name = "项目.csv"
    form = {**FACTS, "name": "双十一", "kind": "teambition", "file": file, "reach": "members"}
    form = {name: value for name, value in form.items() if value is not None}
    reply = client.post(reverse("boards:intake_new"), form)
    assert reply.status_code == 303
    run_jobs()
    project = Project.objects.get()
    assert project.name == "双十一"
    above, below = Card.objects.order_by("pk")
    assert (above.executor, below.parent) == (world.priya, above)
    (column,) = CardField.objects.all()
    assert (column.label, above.custom) == ("备注来源", {column.key: "长" * 300})
    assert [one.text for one in Comment.objects.all()] == [f"备注来源: {'长' * 400}"]
    assert CardList.objects.get().name == "Without a list"
    shown = reverse("boards:intake", args=[BoardIntake.objects.get().pk])
    assert client.get(shown).status_code == 200
    assert client_for(world.omar).get(shown).status_code == 404


def test_the_board_that_the_demonstration_brings(world: World) -> None:
    content = json.dumps(brought._export(world.priya, NOW.date())).encode()
    intake = bring(world, content)
    bring_in(intake=intake, at=NOW)
    intake.refresh_from_db()
    assert intake.failure == {}
    assert intake.counts["cards"] == len(brought.CARDS)
    assert intake.strangers == [brought.FORMER]
    assert intake.left  # what an export never holds whole, such as older comments
