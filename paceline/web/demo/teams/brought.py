"""A board that a team kept in Trello before: its export, and what came of it."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from typing import Any

from django.utils import translation

from paceline.boards import actions as boards
from paceline.boards.actions.intake import bring_in
from paceline.boards.models import IntakeKind, Reach
from paceline.org.models import Person, Team
from paceline.web.demo.cast import TEAMS
from paceline.web.demo.stage import Stage

LISTS = ("待辦", "進行中", "完成")
# List, title, label, days until due, whether it is done.
CARDS = (
    (0, "確認直播腳本", "直播", 6, False),
    (0, "挑選贈品", "採購", 9, False),
    (1, "拍攝開箱短片", "直播", 3, False),
    (1, "整理常見問題", "客服", 4, False),
    (2, "預訂攝影棚", "直播", -2, True),
)
LABELS = (("直播", "red"), ("採購", "orange"), ("客服", "sky"))
FORMER = "陳怡如（外包）"  # somebody of the export whom nobody here is


def bring_board(stage: Stage) -> None:
    """The first team brings its old board, with somebody who never worked here."""
    plan = next(one for one in TEAMS if one.seat)
    team = Team.objects.get(code=plan.code)
    lead = stage.person(stage.cast.lead_of(plan.code))
    seller = stage.person(stage.cast.sellers_of(plan.code, stage.calendar.as_of)[0])
    stage.say("a board from Trello")
    content = json.dumps(_export(seller, stage.calendar.as_of), ensure_ascii=False).encode()
    facts: dict[str, Any] = {
        "name": "", "description": "", "team": team.pk, "reach": str(Reach.TEAM),
        "open_right": "edit", "time_zone": plan.place.time_zone,
    }  # fmt: skip
    with translation.override(plan.place.language):
        intake = boards.request_intake(
            kind=IntakeKind.TRELLO, file=io.BytesIO(content), name="直播專案.json", facts=facts,
            by=lead, at=stage.at(4),
        )  # fmt: skip
        bring_in(intake=intake, at=stage.at(4, 9, 1))


def _export(seller: Person, today: date) -> dict[str, Any]:
    """The export as Trello's interface documents it, in small."""
    members = [{"id": "m1", "fullName": seller.name}, {"id": "m2", "fullName": FORMER}]
    return {
        "name": "直播專案", "desc": "雙十一前的直播準備。",
        "lists": [
            {"id": f"l{n}", "name": name, "pos": n + 1, "closed": False}
            for n, name in enumerate(LISTS)
        ],
        "labels": [
            {"id": f"b{n}", "name": name, "color": colour}
            for n, (name, colour) in enumerate(LABELS)
        ],
        "members": members,
        "customFields": [],
        "cards": [
            {
                "id": f"66d3b60000000000000000{n:02}", "idList": f"l{place}", "name": title,
                "desc": "", "pos": n + 1, "closed": False, "dueComplete": is_done,
                "due": f"{(today + timedelta(days=days)).isoformat()}T09:00:00.000Z",
                "idLabels": [f"b{[one for one, _colour in LABELS].index(label)}"],
                "idMembers": [members[n % 2]["id"]], "badges": {"comments": 3 if n == 0 else 0},
                "attachments": [{"name": "腳本", "url": "https://example.com/script"}]
                if n == 0 else [],
            }
            for n, (place, title, label, days, is_done) in enumerate(CARDS)
        ],
        "checklists": [
            {"idCard": "66d3b6000000000000000000", "name": "開播前", "pos": 1, "checkItems": [
                {"name": "燈光", "state": "complete", "pos": 1},
                {"name": "收音", "state": "incomplete", "pos": 2},
            ]},
        ],
        "actions": [
            {"type": "commentCard", "idMemberCreator": "m2",
             "date": f"{(today - timedelta(days=12)).isoformat()}T02:00:00Z",
             "data": {"text": "開場先講折扣碼。", "card": {"id": "66d3b6000000000000000000"}}},
        ],
    }  # fmt: skip
