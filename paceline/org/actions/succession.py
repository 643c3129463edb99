"""How a new effective-dated fact takes the place of the one before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from paceline.kernel import audit
from paceline.kernel.periods import EffectiveDated, EffectiveQuerySet
from paceline.org.models import Person

Row = TypeVar("Row", bound=EffectiveDated)


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


@dataclass(frozen=True)
class Place(Generic[Row]):
    """What a person has one of at a time: a position, a team, a manager.

    ``model`` has a row for each, ``name`` is its field for what the person has; ``taken`` and
    ``left`` are the acts of the trail.
    """

    model: type[Row]
    name: str
    taken: str
    left: str

    def take(
        self,
        person: Person,
        what: Any,
        *,
        starts_on: date,
        ends_before: date | None,
        by: Person | None,
        at: datetime,
        reason: str,
        after_writing: Callable[[], None] = lambda: None,
    ) -> Row:
        """Give a person something from a day on; what they had before ends there.

        The same fact said twice changes nothing. Raises ``Overlaps`` if a later one is in the way.
        The caller holds the lock under which two changes follow one another.
        """
        rows = self._rows.filter(person=person)
        given = {self.name: what, "starts_on": starts_on, "ends_before": ends_before}
        same: Row | None = rows.filter(**given).first()
        if same is not None:
            return same
        former = make_room(rows.select_related(self.name), starts_on, ends_before)
        row: Row = self._rows.create(person=person, **given)
        after_writing()
        audit.record(
            self.taken,
            subject=person,
            by=by,
            at=at,
            before=None if former is None else {self.name: str(getattr(former, self.name))},
            after={self.name: str(what), **days(row)},
            reason=reason,
        )
        return row

    def leave(
        self,
        person: Person,
        *,
        ends_before: date,
        by: Person,
        at: datetime,
        reason: str,
        after_writing: Callable[[], None] = lambda: None,
    ) -> None:
        """End what a person has the day before ``ends_before``. Raises ``NothingToEnd``."""
        rows = self._rows.filter(person=person).during(ends_before, None)
        row = rows.select_for_update(of=("self",)).select_related(self.name).first()
        if row is None:
            raise NothingToEnd(person)
        before = {self.name: str(getattr(row, self.name)), **days(row)}
        end_row(row, ends_before)
        after_writing()
        audit.record(
            self.left,
            subject=person,
            by=by,
            at=at,
            before=before,
            after={"ends_before": ends_before},
            reason=reason,
        )

    @property
    def _rows(self) -> Any:
        return self.model.objects  # type: ignore[attr-defined]


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
