"""Bringing the lines of one order to what its shop says they are.

The natural key decides, as with imports. Lines of closed days neither come, change nor go: they are
named to the caller, and everything else is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from paceline.imports.actions import staging
from paceline.orders.actions.days import LOCK, raise_revisions
from paceline.orders.actions.lines import FACTS
from paceline.orders.models import (
    ANCHOR_DAYS,
    ORDERED_ON,
    ClosedDays,
    LineKind,
    LineShare,
    OrderLine,
)

DAYS = ANCHOR_DAYS[1:]
# Of the company's own attributes a shop says nothing.
NAMES = tuple(name for name in dict.fromkeys((*FACTS, *DAYS)) if name != "attributes")


@dataclass(frozen=True, slots=True)
class Placing:
    """One line as it should stand: an unsaved row, and for a return the number of its sale."""

    line: OrderLine
    takes_back: str = ""


@dataclass(slots=True)
class Placed:
    """What was done: lines written or removed, and lines of closed days that stand as they were."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    closed: dict[str, date] = field(default_factory=dict)

    @property
    def is_change(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def place_order(*, source: str, order_number: str, placings: Sequence[Placing]) -> Placed:
    """Write the lines of one order, inside the transaction of the action that knows why.

    Lines of the order that are no longer wanted go; one in which people share stays with nothing in
    it. The month of every touched day gets a new revision. Doing it again changes nothing.
    """
    staging.lock_target(LOCK)
    known = {
        line.line_number: line
        for line in OrderLine.objects.filter(source=source, order_number=order_number)
    }
    closed = list(ClosedDays.objects.all())
    done, touched = Placed(), set[date]()
    wanted = {one.line.line_number for one in placings}
    for takes_back in (False, True):  # sales first: returns refer to them
        for one in placings:
            if bool(one.takes_back) == takes_back:
                _place(one, known, closed, done, touched)
    gone = [line for number, line in known.items() if number not in wanted]
    for line in sorted(gone, key=lambda one: one.kind != LineKind.RETURN):
        _remove(line, closed, done, touched)
    if done.is_change:
        # A return takes its days from its sale: its month is new, too.
        touched |= {line.ordered_on for line in known.values() if line.returns_line_id is not None}
        raise_revisions("SELECT unnest(%s::date[])", [sorted(touched)])
    return done


def _place(
    one: Placing,
    known: dict[str, OrderLine],
    closed: Sequence[ClosedDays],
    done: Placed,
    touched: set[date],
) -> None:
    line = one.line
    if one.takes_back:
        sale = known.get(one.takes_back)
        if sale is None:  # its sale could not come because its day is closed
            done.closed[line.line_number] = done.closed[one.takes_back]
            return
        line.returns_line = sale
    was = known.get(line.line_number)
    if was is not None and _facts(was) == _facts(line):
        return
    day = closed_day(line, was, closed)
    if day is not None:
        done.closed[line.line_number] = day
        return
    touched.add(line.ordered_on)
    if was is None:
        line.save(force_insert=True)
        known[line.line_number] = line
        done.added += 1
        return
    touched.add(was.ordered_on)
    changed = [name for name in NAMES if getattr(was, name) != getattr(line, name)]
    for name in changed:
        setattr(was, name, getattr(line, name))
    was.imported_by = None
    was.save(update_fields=[*changed, "imported_by"])
    done.changed += 1


def _remove(
    line: OrderLine, closed: Sequence[ClosedDays], done: Placed, touched: set[date]
) -> None:
    is_nothing = not line.amount and not line.quantity
    is_needed = LineShare.objects.filter(line=line).exists() or line.return_lines.exists()
    if is_nothing and is_needed:
        return
    day = closed_day(None, line, closed)
    if day is not None:
        done.closed[line.line_number] = day
        return
    touched.add(line.ordered_on)
    if is_needed:
        line.amount, line.quantity, line.cost = Decimal(0), Decimal(0), None
        line.save(update_fields=["amount", "quantity", "cost"])
    else:
        line.delete()
    done.removed += 1


def _facts(line: OrderLine) -> tuple[object, ...]:
    return tuple(getattr(line, name) for name in NAMES)


def closed_day(
    now: OrderLine | None, was: OrderLine | None, closed: Iterable[ClosedDays]
) -> date | None:
    """The first closed day that such a change would touch, as ``days.closed_days`` finds it."""
    both = [one for one in (now, was) if one is not None]
    is_fact = len(both) == 1 or any(
        getattr(both[0], name) != getattr(both[1], name) for name in FACTS
    )
    is_return = any(one.kind == LineKind.RETURN for one in both)
    days = {
        (name, getattr(one, name))
        for name in ANCHOR_DAYS
        if is_fact or getattr(both[0], name) != getattr(both[-1], name)
        for one in both
        if getattr(one, name) is not None
    }
    found = [
        day
        for name, day in days
        for one in closed
        if one.starts_on <= day < one.ends_before
        and (name in one.dates or (name == ORDERED_ON and is_return))
    ]
    return min(found, default=None)


def first_open_day(on: date, *, name: str = ORDERED_ON, is_return: bool = True) -> date:
    """The first day from ``on`` that no final run has used."""
    for one in ClosedDays.objects.order_by("starts_on"):
        if one.starts_on <= on < one.ends_before and (name in one.dates or is_return):
            return first_open_day(one.ends_before, name=name, is_return=is_return)
    return on
