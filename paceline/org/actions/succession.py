"""How a new effective-dated fact takes the place of the one before it."""

from __future__ import annotations

from datetime import date
from typing import Any

from paceline.kernel.periods import EffectiveDated, EffectiveQuerySet


class Overlaps(Exception):
    """Another fact already counts on some of these days and is not simply followed by the new one.

    ``existing`` is the row in the way.
    """

    def __init__(self, existing: EffectiveDated) -> None:
        super().__init__(str(existing))
        self.existing = existing


class EndsBeforeStart(Exception):
    """The range of days is empty: its end does not come after its start."""


class NothingToEnd(Exception):
    """Nothing counts on that day that could be ended."""


def require_days(starts_on: date, ends_before: date | None) -> None:
    """Refuse an empty range."""
    if ends_before is not None and ends_before <= starts_on:
        raise EndsBeforeStart


def make_room(
    rows: EffectiveQuerySet, starts_on: date, ends_before: date | None
) -> EffectiveDated | None:
    """End the row that the new range follows; returns it with its old end still readable.

    The row that began earlier and lasts no longer than the new range is ended where the new one
    starts. Anything else in the way is refused, because guessing would rewrite history: a row that
    begins inside the range, or one that would have to be cut in two.
    """
    require_days(starts_on, ends_before)
    colliding = rows.during(starts_on, ends_before).select_for_update(of=("self",))
    in_the_way = list(colliding.order_by("starts_on"))
    if not in_the_way:
        return None
    first = in_the_way[0]
    outlasts = ends_before is not None and (
        first.ends_before is None or first.ends_before > ends_before
    )
    if len(in_the_way) > 1 or first.starts_on >= starts_on or outlasts:
        raise Overlaps(next((row for row in in_the_way if row.starts_on >= starts_on), first))
    end_row(first, starts_on)
    return first  # type: ignore[no-any-return]


def end_row(row: EffectiveDated, ends_before: date) -> None:
    """End one row on a day; a row that has not begun by then never counted and is removed."""
    if row.starts_on >= ends_before:
        row.delete()
        return
    row.ends_before = ends_before
    row.save(update_fields=["ends_before"])


def end_open_rows(rows: EffectiveQuerySet, ends_before: date) -> list[dict[str, Any]]:
    """End all rows that would count on or after a day; returns what was ended, for the audit."""
    ended = []
    for row in rows.during(ends_before, None).select_for_update():
        ended.append({"what": str(row), "ends_before": row.ends_before})
        end_row(row, ends_before)
    return ended


def days(row: EffectiveDated) -> dict[str, Any]:
    """The days of a row, for the audit."""
    return {"starts_on": row.starts_on, "ends_before": row.ends_before}
