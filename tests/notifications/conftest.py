from __future__ import annotations

from datetime import datetime

import pytest
from django.utils.translation import gettext_lazy as _

from paceline.notifications import actions, wording
from paceline.notifications.models import Notification
from tests.world import World


@pytest.fixture
def told(world: World) -> Notification:
    """Priya is told that a lesson about quarters is ready."""
    wording.register("lesson_ready", _("Page %(page)s"), icon="bell")
    (notification,) = actions.notify(
        recipients=[world.priya],
        kind="lesson_ready",
        params={"page": 7},
        url="/account/preferences/",
        at=datetime.fromisoformat("2026-07-15T02:00:00+00:00"),
    )
    return notification
