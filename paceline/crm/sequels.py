"""What apps above do when something happened to a record, in the transaction in which it happened.

crm names the moments and calls; an app above registers its action once, at start. So a lead that
arrives by whatever door is given to somebody and its clock starts, and nothing of a person who is
erased stays in a table that crm does not know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from paceline.crm.models import Contact, Deal, Lead


class Moment(StrEnum):
    """``LEAD_ADDED`` and ``LEAD_MOVED`` (its status changed) name ``lead``, ``by`` and ``at``;
    ``ACTIVITY_WRITTEN`` and ``ACTIVITY_CHANGED`` name ``activity``, ``by`` and ``at``, the latter
    ``is_gone`` when it is taken back.
    """

    LEAD_ADDED = "lead_added"
    LEAD_MOVED = "lead_moved"
    ACTIVITY_WRITTEN = "activity_written"
    ACTIVITY_CHANGED = "activity_changed"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Whose data go: a contact with the leads that became it and the deals with it."""

    contact: Contact
    leads: Sequence[Lead]
    deals: Sequence[Deal]
    at: datetime


Sequel = Callable[..., None]
Forgetting = Callable[[Forgotten], dict[str, int]]

_sequels: dict[Moment, list[Sequel]] = defaultdict(list)
_forgetting: list[Forgetting] = []


def add(moment: Moment, sequel: Sequel) -> None:
    """Let an app above act at a moment."""
    _sequels[moment].append(sequel)


def follow(moment: Moment, **facts: Any) -> None:
    """Called by crm's actions: what apps above do at this moment."""
    for sequel in _sequels[moment]:
        sequel(**facts)


def add_forgetting(forget: Forgetting) -> None:
    """Let an app above delete what it keeps of people; it returns how much of each kind went."""
    _forgetting.append(forget)


def forget(forgotten: Forgotten) -> dict[str, int]:
    """What went of a person in the apps above, by kind."""
    removed: dict[str, int] = {}
    for one in _forgetting:
        removed |= one(forgotten)
    return removed
