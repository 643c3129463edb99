"""Who may use the addresses of figures."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from paceline.insights import actions
from paceline.insights.actions.dashboards import Layout, Put, Times
from paceline.insights.asked import asked
from paceline.insights.models import Cadence, Sharing
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


URLS = {
    "insights:explore": Url(allow={"GET": READERS}),
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
}


def _dashboard(world: World) -> dict[str, Any]:
    kept = actions.keep_dashboard(
        layout=Layout("Mine", [Put("sales")]), by=world.priya, at=world.now
    )
    return {"pk": kept.pk}


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


_PLACES = {"name": "Mine", "sharing": "own", "tile-0": "chart:sales"}
URLS |= {
    "insights:home": Url(allow={"GET": READERS}),
    "insights:chart": Url(args=lambda _world: {"key": "sales"}, allow={"GET": READERS}),
    "insights:dashboard_new": Url(
        allow={"GET": READERS, "POST": READERS}, data=lambda _world: _PLACES
    ),
    "insights:dashboard": Url(args=_dashboard, allow={"GET": {"priya"}}, hidden=404),
    "insights:dashboard_edit": Url(
        args=_dashboard,
        allow={"GET": {"priya"}, "POST": {"priya"}},
        hidden=404,
        data=lambda _world: _PLACES,
    ),
    "insights:dashboard_put_away": Url(args=_dashboard, allow={"POST": {"priya"}}, hidden=404),
    "insights:dashboard_mail": Url(
        args=_dashboard,
        allow={"POST": {"priya"}},
        hidden={"*": 404, "hana": 403, "ada": 403},
        data=lambda _world: {"cadence": "weekly", "weekday": "0", "hour": "8"},
    ),
    "insights:mailing_stop": Url(args=_mailing, allow={"POST": {"priya", "marco"}}, hidden=404),
}
