"""The area, and what its addresses share."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as lazy

from paceline.kernel.interface import Area

AREA = Area("goals", lazy("Goals, quotas and figures"), writes=True)
router = AREA.router()
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)
