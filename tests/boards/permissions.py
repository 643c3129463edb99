"""Who may use the addresses of projects and cards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from io import BytesIO
from typing import Any

from paceline.boards import actions
from paceline.boards.actions.many import What
from paceline.boards.models import Card, CardChange, IntakeKind, Trigger, Unit, ViewKind
from paceline.kernel.own_fields import FieldKind
from tests.boards.conftest import Work, make_work
from tests.permission_table import EVERYONE, Grounded, Url
from tests.world import NOW, World

SEES = {"priya", "marco", "erik"}
ARRANGES = {"marco"}
HIDDEN = dict.fromkeys(EVERYONE, 404)
SEEN = HIDDEN | dict.fromkeys(SEES, 403)


def _args(get: Callable[[World, Work], Any], name: str = "pk") -> Grounded:
    return Grounded(make_work, lambda world, work: {name: get(world, work).pk})


def _to_a_list(_world: World) -> dict[str, Any]:
    return {"to": Card.objects.earliest("pk").list_id}


def _card(_world: World, work: Work) -> Any:
    return work.card


def _project(_world: World, work: Work) -> Any:
    return work.campaign


def _goal(world: World) -> dict[str, Any]:
    from tests.goals.conftest import make_aims  # noqa: PLC0415

    make_work(world)
    return {"pk": make_aims(world).north.pk}


def _list(_world: World, work: Work) -> Any:
    return work.list("To do")


def _checklist(world: World, work: Work) -> Any:
    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    return actions.add_checklist(card=work.card, name="Steps", items=["one"], **told)


def _dependency(world: World, work: Work) -> Any:
    other = work.add("other", world.priya)
    return actions.add_dependency(card=work.card, on=other, by=world.priya, at=NOW)


def _comment(world: World, work: Work) -> Any:
    return actions.add_comment(card=work.card, text="hello", by=world.priya, at=NOW)


def _file(world: World, work: Work) -> Any:
    return actions.add_file(
        card=work.card, content=b"x", name="a.txt", media_type="", by=world.priya, at=NOW
    )


def _link(world: World, work: Work) -> Any:
    from tests.crm.conftest import make_sales  # noqa: PLC0415

    return actions.link_card(card=work.card, to=make_sales(world).deal, by=world.priya, at=NOW)


def _time(world: World, work: Work) -> Any:
    return actions.add_time(card=work.card, on=world.today, minutes=30, by=world.priya, at=NOW)


def _view(world: World, work: Work) -> Any:
    return actions.keep_view(
        project=work.campaign, kind=ViewKind.LIST, name="Ours", choices={}, is_shared=True,
        by=world.priya, at=NOW,
    )  # fmt: skip


def _change(world: World, work: Work) -> Any:
    actions.change_card(card=work.card, facts={"title": "x"}, by=world.priya, at=NOW)
    return CardChange.objects.get(card=work.card, act="card_changed")


def _batch(world: World, work: Work) -> Any:
    return actions.change_many(
        project=work.campaign, cards=[work.card], what=What(archive=True), by=world.priya, at=NOW
    )


def _field(world: World, work: Work) -> Any:
    return actions.add_field(
        project=work.campaign, label="Colour", kind=FieldKind.TEXT, by=world.marco, at=NOW
    )


def _recurrence(world: World, work: Work) -> Any:
    facts = {
        "list": work.list("To do"), "title": "Again", "unit": Unit.DAY, "at_time": time(9),
        "starts_on": world.today,
    }  # fmt: skip
    return actions.add_recurrence(project=work.campaign, facts=facts, by=world.marco, at=NOW)


def _rule(world: World, work: Work) -> Any:
    return actions.add_rule(
        project=work.campaign, name="Rule", trigger=Trigger.CREATED, by=world.marco, at=NOW,
        steps=[{"do": "finish"}],
    )  # fmt: skip


def _program(allow: dict[str, Any], sent: dict[str, Any], get: Any = None) -> Url:
    """An address that programs ask with a token."""
    return Url(
        args=None if get is None else _args(get), allow=allow, hidden=404 if get else 403,
        data=lambda _world: sent, anonymous="token",
    )  # fmt: skip


CARDS = {"GET": EVERYONE, "POST": EVERYONE}
READS = {"allow": {"GET": SEES}, "hidden": 404}
CHANGES = {"allow": {"POST": SEES}, "hidden": 404}
ARRANGED = {"allow": {"GET": ARRANGES, "POST": ARRANGES}, "hidden": SEEN}
ARRANGED_POST = {"allow": {"POST": ARRANGES}, "hidden": SEEN}


def _intake(world: World) -> dict[str, Any]:
    facts = {"name": "x", "description": "", "team": None, "reach": "members",
             "open_right": "edit", "time_zone": "UTC"}  # fmt: skip
    made = actions.request_intake(
        kind=IntakeKind.TRELLO, file=BytesIO(b"{}"), name="x.json", facts=facts, by=world.priya,
        at=NOW,
    )  # fmt: skip
    return {"pk": made.pk}


def _paste(world: World, work: Work) -> Any:
    return actions.request_paste(cards=work.list("To do"), titles=["a"], by=world.priya, at=NOW)


URLS = {
    "boards:paste": Url(args=_args(_paste), allow={"GET": {"priya"}}, hidden=404),
    "boards:intake_new": Url(
        allow={"GET": EVERYONE, "POST": EVERYONE}, data=lambda _world: {"kind": "trello"}
    ),
    "boards:intake": Url(args=_intake, allow={"GET": {"priya"}}, hidden=404),
    "boards:list_of_projects": Url(allow={"GET": EVERYONE}),
    "boards:new": Url(
        allow={"GET": EVERYONE, "POST": EVERYONE}, data=lambda _world: {"name": ""}
    ),
    "boards:board": Url(args=_args(_project), **READS),
    "boards:cards_new": Url(
        args=_args(_project), allow={"POST": set()}, hidden=HIDDEN  # no such list
    ),
    "boards:edit": Url(args=_args(_project), **ARRANGED),
    "boards:arrange": Url(
        args=_args(_project), allow={"GET": ARRANGES}, hidden=SEEN
    ),
    "boards:members": Url(
        args=_args(_project), data=lambda world: {"person": world.priya.pk, "right": "edit"},
        **ARRANGED_POST,
    ),
    "boards:archive": Url(args=_args(_project), **ARRANGED_POST),
    "boards:archived": Url(args=_args(_project), **READS),
    "boards:list_new": Url(
        args=_args(_project), data=lambda _world: {"name": "Later"}, **ARRANGED_POST
    ),
    "boards:list_edit": Url(args=_args(_list), **ARRANGED),
    "boards:list_place": Url(args=_args(_list), **ARRANGED_POST),
    "boards:list_archive": Url(args=_args(_list), **ARRANGED_POST),
    "boards:card": Url(args=_args(_card), **READS),
    "boards:card_edit": Url(args=_args(_card), allow={"GET": SEES, "POST": SEES}, hidden=404),
    "boards:card_move": Url(
        args=_args(_card), allow={"GET": SEES, "POST": SEES}, hidden=404, data=_to_a_list
    ),
    **{
        f"boards:{name}": Url(args=_args(_card), **CHANGES)
        for name in (
            "card_done", "card_archive", "card_labels", "card_people", "part_new",
            "checklist_new", "dependency_new", "comment_new", "file_new", "link_new", "time_new",
        )
    },
    "boards:next_step": Url(
        args=_goal, allow={"GET": EVERYONE, "POST": EVERYONE}, data=lambda _world: {}
    ),
    "boards:checklist": Url(args=_args(_checklist), **CHANGES),
    "boards:item": Url(
        args=_args(lambda world, work: _checklist(world, work).items.get()), **CHANGES
    ),
    "boards:dependency_remove": Url(args=_args(_dependency), **CHANGES),
    "boards:comment": Url(
        args=_args(_comment), allow={"POST": {"priya"}}, hidden=SEEN,
        data=lambda _world: {"text": "hello again"},
    ),
    "boards:file": Url(args=_args(_file), **READS),
    "boards:file_remove": Url(
        args=_args(lambda world, work: _file(world, work).attachment), **CHANGES
    ),
    "boards:link_remove": Url(args=_args(_link), **CHANGES),
    "boards:time_remove": Url(args=_args(_time), allow={"POST": {"priya"}}, hidden=SEEN),
    **{f"boards:{name}": Url(allow={"GET": EVERYONE}) for name in ("mine", "templates")},
    "boards:feed": Url(allow={"GET": EVERYONE, "POST": EVERYONE}),
    "boards:calendar_feed": Url(
        args=lambda world: {"secret": actions.make_feed(by=world.priya, at=NOW)},
        allow={"GET": EVERYONE}, anonymous="open",
    ),
    "boards:begin": Url(
        args=lambda _world: {"key": "launch"}, allow={"GET": EVERYONE, "POST": EVERYONE},
        data=lambda _world: {"name": ""},
    ),
    "boards:copy": Url(args=_args(_project), allow={"GET": SEES, "POST": SEES}, hidden=404),
    **{
        f"boards:{name}": Url(args=_args(_project), **READS)
        for name in ("list", "table", "calendar", "timeline")
    },
    "boards:view_keep": Url(
        args=_args(_project), allow={"POST": SEES}, hidden=404, data=lambda _world: {"name": ""}
    ),
    "boards:view_delete": Url(args=_args(_view), allow={"POST": {"priya", "marco"}}, hidden=SEEN),
    "boards:change_many": Url(args=_args(_project), **CHANGES),
    "boards:undo_many": Url(args=_args(_batch), allow={"POST": {"priya"}}, hidden=404),
    "boards:label_new": Url(args=_args(_project), **ARRANGED_POST),
    "boards:label": Url(args=_args(lambda _world, work: work.urgent), **ARRANGED_POST),
    "boards:field_new": Url(args=_args(_project), **ARRANGED_POST),
    "boards:field": Url(args=_args(_field), **ARRANGED_POST),
    "boards:recurrence_new": Url(args=_args(_project), **ARRANGED),
    "boards:recurrence_stop": Url(args=_args(_recurrence), **ARRANGED_POST),
    "boards:rule_new": Url(args=_args(_project), **ARRANGED),
    "boards:rule_stop": Url(args=_args(_rule), **ARRANGED_POST),
    "api:v1:list_projects": _program({"GET": EVERYONE}, {}),
    "api:v1:read_project": _program({"GET": SEES}, {}, _project),
    **{f"api:v1:{name}": _program(CARDS, {"title": "x", "in_list": 1}) for name in (
        "list_cards", "add_card")},
    **{f"api:v1:{name}": _program({"GET": SEES, "PATCH": SEES}, {"title": "x"}, _card)
       for name in ("read_card", "change_card")},
    "api:v1:place_card": _program({"POST": SEES}, {"to": 1}, _card),
    **{f"api:v1:{name}": _program({"GET": SEES, "POST": SEES}, {"text": "x"}, _card)
       for name in ("list_comments", "add_comment")},
    "boards:undo": Url(args=_args(_change), **CHANGES),
}  # fmt: skip
