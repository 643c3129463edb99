"""Who may use the addresses of figures."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from paceline.insights import actions
from paceline.insights.actions.dashboards import Layout, Put, Times
from paceline.insights.actions.reviews import NoteFacts
from paceline.insights.asked import asked
from paceline.insights.models import Cadence, EntryKind, NoteKind, Sharing, Tile
from tests.permission_table import Url
from tests.world import World

READERS = {"priya", "omar", "marco", "sofia", "dana", "wen", "ines", "erik"}


def _priyas(world: World) -> dict[str, Any]:
    kept = actions.keep_question(
        question=asked(QueryDict("measure=orders"), world.today),
        name="Mine",
        sharing=Sharing.OWN,
        by=world.priya,
        at=world.now,
    )
    return {"pk": kept.pk}


def _freds(world: World) -> dict[str, Any]:
    kept = actions.keep_question(
        question=asked(QueryDict("measure=orders"), world.today),
        name="Left behind",
        sharing=Sharing.ALL,
        by=world.fred,
        at=world.now,
    )
    return {"pk": kept.pk}


URLS = {
    "insights:explore": Url(allow={"GET": READERS}),
    "insights:records": Url(allow={"GET": READERS}),
    "insights:measures": Url(allow={"GET": READERS}),
    "insights:rule": Url(
        allow={"GET": {"ines"}, "POST": {"ines"}},
        data=lambda _world: {"currency": "EUR", "rate_type": "average"},
    ),
    "insights:question_keep": Url(
        allow={"POST": READERS},
        data=lambda _world: {"query": "measure=orders", "name": "Orders", "sharing": "own"},
    ),
    "insights:question": Url(args=_priyas, allow={"GET": {"priya"}}, hidden=404),
    "insights:question_put_away": Url(args=_priyas, allow={"POST": {"priya"}}, hidden=404),
    "insights:question_take_over": Url(
        args=_freds, allow={"POST": {"marco", "sofia", "dana", "wen", "ines", "erik"}}
    ),
}


def _dashboard(world: World) -> dict[str, Any]:
    kept = actions.keep_dashboard(
        layout=Layout("Mine", [Put("sales")]), by=world.priya, at=world.now
    )
    return {"pk": kept.pk}


def _tile(world: World) -> dict[str, Any]:
    pk = _dashboard(world)["pk"]
    return {"pk": pk, "tile_pk": Tile.objects.get(dashboard=pk).pk}


def _mailing(world: World) -> dict[str, Any]:
    kept = actions.keep_dashboard(
        layout=Layout("Mine", [Put("sales")]), by=world.priya, at=world.now
    )
    mailing = actions.mail_dashboard(
        dashboard=kept,
        recipient=world.marco,
        times=Times(Cadence.WEEKLY),
        site="https://example.com/",
        by=world.priya,
        at=world.now,
    )
    return {"pk": mailing.pk}


def _left_behind(world: World) -> dict[str, Any]:
    kept = actions.keep_dashboard(
        layout=Layout("Left behind", [Put("sales")], Sharing.ALL), by=world.fred, at=world.now
    )
    return {"pk": kept.pk}


_PLACES = {"name": "Mine", "sharing": "own", "tile-0": "chart:sales"}
URLS |= {
    "insights:home": Url(allow={"GET": READERS}),
    "insights:chart": Url(args=lambda _world: {"key": "sales"}, allow={"GET": READERS}),
    "insights:dashboard_new": Url(
        allow={"GET": READERS, "POST": READERS}, data=lambda _world: _PLACES
    ),
    "insights:dashboard": Url(args=_dashboard, allow={"GET": {"priya"}}, hidden=404),
    "insights:tile": Url(args=_tile, allow={"GET": {"priya"}}, hidden=404),
    "insights:dashboard_edit": Url(
        args=_dashboard,
        allow={"GET": {"priya"}, "POST": {"priya"}},
        hidden=404,
        data=lambda _world: _PLACES,
    ),
    "insights:dashboard_put_away": Url(args=_dashboard, allow={"POST": {"priya"}}, hidden=404),
    "insights:dashboard_take_over": Url(
        args=_left_behind, allow={"POST": {"marco", "sofia", "dana", "wen", "ines", "erik"}}
    ),
    "insights:dashboard_mail": Url(
        args=_dashboard,
        allow={"GET": {"priya"}, "POST": {"priya"}},
        hidden={"*": 404, "hana": 403, "ada": 403},
        data=lambda _world: {"cadence": "weekly", "weekday": "0", "hour": "8"},
    ),
    "insights:mailing_stop": Url(args=_mailing, allow={"POST": {"priya", "marco"}}, hidden=404),
}


def _entry(world: World) -> dict[str, Any]:
    entry = actions.write_entry(
        team=world.north, week=world.today, kind=EntryKind.GAP, text="Late", by=world.priya,
        at=world.now,
    )  # fmt: skip
    return {"pk": entry.pk}


def _note(world: World) -> dict[str, Any]:
    facts = NoteFacts(world.today, NoteKind.MARKET, "Holiday")
    return {"pk": actions.write_note(facts=facts, by=world.priya, at=world.now).pk}


def _week(world: World) -> dict[str, Any]:
    return {"team_id": world.north.pk, "week": "2026-07-13"}


_NORTH = {"priya", "marco", "dana", "wen", "ines", "erik"}
_MAY_NOT = {"*": 404, "hana": 403, "ada": 403, "dana": 403, "wen": 403, "ines": 403, "erik": 403}
URLS |= {
    "insights:reviews": Url(allow={"GET": READERS}),
    "insights:review": Url(
        args=_week, allow={"GET": _NORTH}, hidden={"*": 404, "hana": 403, "ada": 403}
    ),
    "insights:review_beside": Url(
        args=_week, allow={"GET": _NORTH}, hidden={"*": 404, "hana": 403, "ada": 403}
    ),
    "insights:review_write": Url(
        args=_week,
        allow={"POST": {"priya", "marco"}},
        hidden=_MAY_NOT,
        data=lambda _world: {"kind": "gap", "text": "Late"},
    ),
    "insights:review_task": Url(
        args=_week,
        allow={"POST": {"priya", "marco"}},
        hidden=_MAY_NOT,
        data=lambda _world: {"title": "Call"},
    ),
    "insights:entry_back": Url(
        args=_entry,
        allow={"POST": {"priya"}},
        hidden={"*": 404, "marco": 403, "dana": 403, "wen": 403, "ines": 403, "erik": 403},
    ),
    "insights:note_new": Url(
        allow={"POST": READERS},
        data=lambda _world: {"on": "2026-07-13", "kind": "market", "text": "Holiday"},
    ),
    "insights:note_back": Url(args=_note, allow={"POST": {"priya"}}, hidden=403),
}
