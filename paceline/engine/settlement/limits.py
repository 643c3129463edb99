"""Caps and floors on components and on the whole statement, per period and per year (S5).

They look at everything that counted so far. What a limit does now is what it does to all periods
together less what it did to the earlier ones, so that corrections loosen a cap again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from paceline.engine.calendars import JANUARY, Calendar
from paceline.engine.money import allocate
from paceline.engine.plan.settlement_model import STATEMENT, Limit

ZERO = Decimal(0)
Cell = tuple[date, str]  # the first day of a period, and a component ("" for the statement)
Amounts = Mapping[Cell, Decimal]


def effects(
    limits: Sequence[Limit],
    before: Amounts,
    now: Amounts,
    *,
    digits: int,
    calendar: Calendar = JANUARY,
) -> list[tuple[Limit, Cell, Decimal]]:
    """What each limit adds to or takes from each cell, given what counted earlier and what comes
    now.

    Limits act in the order: components per period, components per year, statement per period,
    statement per year.
    """
    if not limits:
        return []
    ordered = sorted(limits, key=_rank)
    earlier = _apply(ordered, before, digits, calendar)
    together = {cell: before.get(cell, ZERO) + now.get(cell, ZERO) for cell in {*before, *now}}
    later = _apply(ordered, together, digits, calendar)
    found: list[tuple[Limit, Cell, Decimal]] = []
    for limit in ordered:
        for cell in sorted({*earlier[limit.id], *later[limit.id]}):
            effect = later[limit.id].get(cell, ZERO) - earlier[limit.id].get(cell, ZERO)
            if effect:
                found.append((limit, cell, effect))
    return found


def _rank(limit: Limit) -> tuple[bool, bool, str]:
    return (limit.on == STATEMENT, limit.per == "year", limit.id)


def _apply(
    limits: Sequence[Limit], amounts: Amounts, digits: int, calendar: Calendar
) -> dict[str, dict[Cell, Decimal]]:
    """The effect of every limit, one after the other, on the amounts as they are after it."""
    current = dict(amounts)
    found: dict[str, dict[Cell, Decimal]] = {}
    for limit in limits:
        done: dict[Cell, Decimal] = {}
        for group in _groups(limit, current, calendar):
            for cell, effect in _limited(limit, group, current, digits):
                done[cell] = done.get(cell, ZERO) + effect
        for cell, effect in done.items():
            current[cell] = current.get(cell, ZERO) + effect
        found[limit.id] = done
    return found


def _groups(limit: Limit, amounts: Amounts, calendar: Calendar) -> list[list[date]]:
    """The periods that a limit sees together."""
    periods = sorted({day for day, _ in amounts})
    if limit.per == "period":
        return [[day] for day in periods]
    years: dict[date, list[date]] = {}
    for day in periods:
        years.setdefault(calendar.start_of("year", day), []).append(day)
    return list(years.values())


def _limited(
    limit: Limit, periods: Iterable[date], amounts: Amounts, digits: int
) -> Iterable[tuple[Cell, Decimal]]:
    """Period by period: what may count to date less what counted before."""
    total = allowed_before = ZERO
    for day in periods:
        cells = {
            cell: amount
            for cell, amount in amounts.items()
            if cell[0] == day and limit.on in {STATEMENT, cell[1]}
        }
        here = sum(cells.values(), ZERO)
        total += here
        bound = min if limit.kind == "cap" else max
        allowed = bound(total, limit.amount)
        effect = allowed - allowed_before - here
        allowed_before = allowed
        if effect:
            yield from _shared_out(limit, day, effect, cells, digits)


def _shared_out(
    limit: Limit, day: date, effect: Decimal, cells: Amounts, digits: int
) -> Iterable[tuple[Cell, Decimal]]:
    """A change of one component stays there; a raise of the statement is nobody's part; a cut is
    shared out over what it cuts, in proportion.
    """
    if limit.on != STATEMENT:
        yield (day, limit.on), effect
        return
    if limit.kind == "floor":
        yield (day, ""), effect
        return
    touched = sorted(cell for cell, amount in cells.items() if amount * effect < 0)
    weights = [abs(cells[cell]) for cell in touched]
    if not touched:
        yield (day, ""), effect
        return
    yield from zip(touched, allocate(effect, weights, digits=digits), strict=True)
