"""What the programming interfaces of all apps share.

Each app may have an ``api.py`` beside its ``views.py``: a ``router`` of one :class:`Area`, schemas,
and functions that call the app's own queries and actions. The ``api`` app finds and mounts them
all; nothing else has to be registered. This layer knows no person: whoever asks, and what their
token may do, has been found out before (``paceline.api.middleware``).
"""

from __future__ import annotations

from paceline.kernel.interface.answers import (
    Asked,
    Page,
    Picked,
    Record,
    Turned,
    answer_numbered,
    answer_one,
    answer_page,
    refuse_other,
)
from paceline.kernel.interface.areas import Area
from paceline.kernel.interface.problems import Problem
from paceline.kernel.interface.versions import refuse_stale

__all__ = [
    "Area",
    "Asked",
    "Page",
    "Picked",
    "Problem",
    "Record",
    "Turned",
    "answer_numbered",
    "answer_one",
    "answer_page",
    "refuse_other",
    "refuse_stale",
]
