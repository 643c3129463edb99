"""Who may use the addresses of figures."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from paceline.insights import actions
from paceline.insights.asked import asked
from paceline.insights.models import Sharing
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
