"""What both sides say of a card, in one shape, and what follows when they differ.

A card is a mapping of plain values: ``name``, ``desc``, ``list`` (Trello's id), ``closed``,
``due`` and ``start`` (see :func:`due_of`), ``done``; and two sorted lists of Trello's ids,
``labels`` and ``members``, of those only that both sides know. What one side cannot hold is cut
alike on both, so that it is no difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

FIELDS = ("name", "desc", "list", "closed", "due", "start", "done")
SETS = ("labels", "members")
NAME_MAX, TEXT_MAX = 300, 16_384
# A day without a time of day: Trello always has one.
END_OF_DAY = time(23, 59)
Said = Mapping[str, Any]


def cut(text: str, most: int) -> str:
    """A text as both sides keep it."""
    return text.replace("\r\n", "\n").replace("\x00", "")[:most].strip()


def due_of(day: date | None, at: time | None, zone: ZoneInfo) -> str | None:
    """A due date as Trello takes it, in UTC to the minute."""
    if day is None:
        return None
    local = datetime.combine(day, (at or END_OF_DAY).replace(second=0, microsecond=0), tzinfo=zone)
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def moment(text: Any) -> datetime | None:
    """A moment as Trello writes it."""
    try:
        found = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day_and_time(text: str | None, zone: ZoneInfo) -> tuple[date | None, time | None]:
    """A due date of Trello's as a day and a time of day in a zone."""
    found = moment(text)
    if found is None:
        return None, None
    local = found.astimezone(zone)
    at = local.time().replace(second=0, microsecond=0)
    return local.date(), None if at == END_OF_DAY else at


@dataclass(slots=True)
class Outcome:
    """What has to change here and there so that both say the same; what both changed differently.

    ``same`` are fields on which both agree already.
    """

    here: dict[str, Any] = field(default_factory=dict)
    there: dict[str, Any] = field(default_factory=dict)
    clashes: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)


def compare(base: Said | None, here: Said, there: Said) -> Outcome:
    """Three-way comparison: who differs from ``base`` has changed. Without one, both have."""
    found = Outcome()
    for name in FIELDS:
        if here[name] == there[name]:
            found.same.append(name)
        elif base is not None and here[name] == base[name]:
            found.here[name] = there[name]
        elif base is not None and there[name] == base[name]:
            found.there[name] = here[name]
        else:
            found.clashes.append(name)
    for name in SETS:
        mine, theirs = set(here[name]), set(there[name])
        before = set(base[name]) if base is not None else mine & theirs
        # What either side added is added, what either side removed is removed: no conflict.
        joined = sorted((mine | theirs) - (before - mine) - (before - theirs))
        if joined != sorted(mine):
            found.here[name] = joined
        if joined != sorted(theirs):
            found.there[name] = joined
        if mine == theirs:
            found.same.append(name)
    return found
