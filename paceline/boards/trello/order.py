"""Which of two orders stands, and the fewest moves that make one of the other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal

# The distance that Trello leaves between two places.
STEP = Decimal(65536)


def whose(base: Sequence[str], here: Sequence[str], there: Sequence[str]) -> str:
    """``""`` when both are in the same order; else whose order stands, ``there`` or ``here``.

    Whoever changed the order of what all three have. When both did, Trello's stands.
    """
    if list(here) == list(there):
        return ""
    known = set(base) & set(here) & set(there)
    old, mine, theirs = ([one for one in rows if one in known] for rows in (base, here, there))
    return "here" if theirs == old and mine != old else "there"


def moved(now: Sequence[str], wanted: Sequence[str]) -> set[str]:
    """The fewest of ``now`` that have to move so that it reads as ``wanted``: all but a longest
    increasing run."""
    places = {one: place for place, one in enumerate(wanted)}
    ends: list[int] = []
    tails: list[int] = []
    before: dict[int, int] = {}
    rows = [places[one] for one in now if one in places]
    for index, row in enumerate(rows):
        at = bisect_left(ends, row)
        before[index] = tails[at - 1] if at else -1
        if at == len(ends):
            ends.append(row)
            tails.append(index)
        else:
            ends[at], tails[at] = row, index
    kept: set[int] = set()
    index = tails[-1] if tails else -1
    while index >= 0:
        kept.add(rows[index])
        index = before[index]
    return {one for one, place in places.items() if place not in kept}


def between(above: Decimal | None, below: Decimal | None) -> Decimal:
    """A place between two others, either of which may be missing."""
    if above is None:
        return STEP if below is None else below / 2
    if below is None or below <= above:
        return above + STEP
    return (above + below) / 2
