"""What people are known to have sold under the keys of a table of rates.

Known lines are held against the rows that hold last for their key: the linter looks at what a table
is going to pay. Only lines of direct credits are known by payee.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine import windows
from paceline.engine.lint.history import History, Line
from paceline.engine.lint.subject import values_of
from paceline.engine.plan.model import Component, Measure, Plan
from paceline.engine.rate_tables import KEY, RateRows

ZERO = Decimal(0)
Key = tuple[str, ...]


@dataclass(frozen=True)
class Sold:
    """Where a payee stood in a past stretch with what the bounds of an entry are compared with."""

    payee: str
    entry: int
    value: Decimal
    target: Decimal | None = None
    period: date | None = None  # the first day of the period of pay, where it is known


@dataclass(frozen=True)
class Under:
    """What is known of the keys of a table: standings, the lines of each entry by their place, and
    lines without a row as payee, key in words and value.
    """

    sold: tuple[Sold, ...] = ()
    lines: Mapping[int, Sequence[int]] = field(default_factory=dict[int, Sequence[int]])
    gaps: tuple[tuple[str, str, Decimal], ...] = ()
    looked_at: int = 0


def sold_under(plan: Plan, component: Component, laid: RateRows, history: History | None) -> Under:
    """What the known past says of a component's table; nothing where it does not say enough."""
    rates = component.rate_table
    measure = plan.measure(component.measure or "")
    by = rates.rows.by
    if history is None or not _is_direct(plan, measure):
        return Under()
    lines = [
        (place, line, value)
        for place, line, value in values_of(plan, measure, history.lines)
        if all(name in line for name in by) and line.get("payee_id")
    ]
    keys = {_key_of(line, by) for _, line, _ in lines}
    entries = entries_of(laid, by, keys)
    found: dict[int, list[int]] = defaultdict(list)
    gaps: list[tuple[str, str, Decimal]] = []
    for place, line, value in lines:
        entry = entries.get(_key_of(line, by))
        if entry is not None:
            found[entry].append(place)
        elif value:
            told = KEY.join(one or "*" for one in _key_of(line, by))
            gaps.append((str(line["payee_id"]), told, value))
    if rates.on == "amount" and rates.rows.counts == "each":
        own = _sums(plan, component, history, lines, entries)
    else:
        own = _totals(plan, component, history, found)
    return Under(tuple(own), dict(found), tuple(gaps), len(lines))


def _is_direct(plan: Plan, measure: Measure) -> bool:
    """The line's own payee is the one who is credited."""
    rules = [plan.credit(one) for one in measure.credits]
    return all(rule.kind == "direct" and rule.to == "payee" for rule in rules)


def _key_of(line: Line, by: Iterable[str]) -> Key:
    return tuple(str(line.get(name) or "") for name in by)


def entries_of(laid: RateRows, by: Sequence[str], keys: Iterable[Key]) -> dict[Key, int]:
    """The entry that holds for each key: of several the one that states more, and of several days
    the last.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    columns = {f"key_{name}": pa.array([key[n] for key in wanted], pa.string())
               for n, name in enumerate(by)}  # fmt: skip
    asked = pa.table({**columns, "place": pa.array(range(len(wanted)), pa.int32())})
    rows = laid.rows
    starts = rows.filter(pc.equal(rows.column("tier"), 1))
    last = len(by) - 1
    found: dict[Key, int] = {}
    for pattern in laid.patterns:
        own = starts.filter(pc.equal(starts.column("pattern"), pattern))
        stated = [name for n, name in enumerate(by) if not pattern >> (last - n) & 1]
        own = own.select([*(f"by_{name}" for name in stated), "entry"])
        if stated:
            met = asked.join(
                own, [f"key_{name}" for name in stated], [f"by_{name}" for name in stated], "inner"
            )
            pairs = zip(*(met.column(name).to_pylist() for name in ("place", "entry")), strict=True)
        else:
            latest = max(own.column("entry").to_pylist())
            pairs = zip(range(len(wanted)), [latest] * len(wanted), strict=True)
        here: dict[Key, int] = {}
        for place, entry in pairs:
            key = wanted[place]
            if key not in found:
                here[key] = max(entry, here.get(key, entry))
        found |= here
    return found


def _sums(
    plan: Plan,
    component: Component,
    history: History,
    lines: Sequence[tuple[int, Line, Decimal]],
    entries: Mapping[Key, int],
) -> list[Sold]:
    """What each payee sold under a key in each stretch; of lines that were cut the first stretch
    is not whole and left out.
    """
    rates = component.rate_table
    unit = windows.window_of(plan, component)
    unit = plan.period if unit == windows.PERIOD else unit
    sums: dict[tuple[str, Hashable, int], Decimal] = defaultdict(Decimal)
    periods: dict[Hashable, date] = {}
    stretches: list[Hashable] = []
    for place, line, value in lines:
        entry = entries.get(_key_of(line, rates.rows.by))
        stretch = _stretch(plan, unit, line, place)
        if entry is None or stretch is None:
            continue
        stretches.append(stretch)
        if isinstance(day := line.get("ordered_on"), date):
            periods[stretch] = plan.calendar.start_of(plan.period, day)
        sums[str(line["payee_id"]), stretch, entry] += value
    days = [one for one in stretches if isinstance(one, date)]
    partial = min(days) if days and history.lines_cut else None
    return [
        Sold(payee, entry, value, period=periods.get(stretch))
        for (payee, stretch, entry), value in sums.items()
        if stretch != partial
    ]


def _stretch(plan: Plan, unit: str, line: Line, place: int) -> Hashable | None:
    """The stretch in which a line counts: the first day of it, or the line by itself."""
    day = line.get("ordered_on")
    if unit == "transaction":
        return place
    return windows.instance_of(plan, unit, day) if isinstance(day, date) else None


def _totals(
    plan: Plan, component: Component, history: History, lines: Mapping[int, Sequence[int]]
) -> list[Sold]:
    """Where payees stood with the whole measure, under each of the keys that they sold under."""
    rates = component.rate_table
    measure = plan.measure(rates.subject or component.measure or "")
    own: dict[str, set[int]] = defaultdict(set)
    for entry, places in lines.items():
        for place in places:
            own[str(history.lines[place].get("payee_id"))].add(entry)
    targets = history.target_of(plan.quota(rates.quota).name) if rates.quota else {}
    return [
        Sold(one.payee, entry, one.value, targets.get((one.payee, one.period)))
        for one in history.values_of(plan, measure)
        for entry in sorted(own.get(one.payee, ()))
        if rates.quota is None or targets.get((one.payee, one.period))
    ]
