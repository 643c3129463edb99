"""The keys of a table of rates one by one: the tiers of each as if the plan had written them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.money import EXACT
from paceline.engine.periods import Period
from paceline.engine.plan.model import Component, Plan, RateTable, Tier
from paceline.engine.rate_tables import TABLE, check_rate_tables, rate_rows

ZERO = Decimal(0)


@dataclass(frozen=True)
class Sold:
    """What a payee sold under a key in its window, and before the period; `began` where a line of
    the key was there before the period. `earns` is what rows that pay rates earn on it, exactly.
    """

    value: Decimal
    had: Decimal = ZERO
    began: bool = False
    earns: Decimal = ZERO


@dataclass(frozen=True)
class Keyed:
    """The tiers of one key, the number of the first row, and what was sold under the key.

    `ended` where the rows hold no more on the period's last day.
    """

    key: str
    first: int
    tiers: tuple[Tier, ...]
    sold: Sold = Sold(ZERO)
    ended: bool = False

    def of(self, rates: RateTable) -> RateTable:
        """The table as far as it is about this key, its tiers written out."""
        return dataclasses.replace(rates, tiers=self.tiers, imported=None)


def sold_by_key(
    rates: RateTable, rows: pa.Table, bases: Iterable[tuple[int, Decimal]], period: Period
) -> tuple[Keyed, ...]:
    """What a payee sold under each key, from what the rows of a table hold; keys in the order of
    their rows.
    """
    laid = rate_rows({TABLE: rows}, rates).rows
    entries, paid = laid.column("entry"), laid.column("paid")
    sold: dict[int, Sold] = {}
    for row, base in bases:
        entry = entries[row - 1].as_py()
        had = sold.get(entry, Sold(ZERO))
        earns = EXACT.add(had.earns, EXACT.multiply(base, paid[row - 1].as_py()))
        sold[entry] = Sold(had.value + base, earns=earns)
    return keys_sold(rates, rows, sold, period)


def keys_sold(
    rates: RateTable, rows: pa.Table, sold: Mapping[int, Sold], period: Period
) -> tuple[Keyed, ...]:
    """The keys under which a payee sold something, by the number of their entry; in the order of
    their rows.
    """
    laid = rate_rows({TABLE: rows}, rates).rows
    last = period.ends_before - timedelta(days=1)
    return tuple(
        dataclasses.replace(one, sold=sold[entry], ended=_ended(laid, one.first, last))
        for entry, one in _keys(rates, laid, sold).items()
    )


def _ended(laid: pa.Table, row: int, day: date) -> bool:
    ends = laid.column("ends_before")[row - 1].as_py()
    return ends is not None and ends <= day


def shown_keys(rates: RateTable, rows: pa.Table, most: int) -> tuple[Keyed, ...]:
    """Some keys to show a table by: those with several tiers first, else in order."""
    laid = rate_rows({TABLE: rows}, rates).rows
    several = laid.filter(pc.equal(laid.column("tier"), 2)).column("entry").slice(0, most)
    chosen = several.to_pylist()
    first = laid.filter(pc.equal(laid.column("tier"), 1)).column("entry").slice(0, 2 * most)
    chosen += [entry for entry in first.to_pylist() if entry not in chosen]
    return tuple(_keys(rates, laid, chosen[:most]).values())


def written(plan: Plan, component: Component, one: Keyed) -> Plan:
    """The plan with the tiers of one key in place of the component's table."""
    own = dataclasses.replace(component, rates=one.of(component.rate_table))
    parts = tuple(own if part.id == component.id else part for part in plan.components)
    return dataclasses.replace(plan, components=parts)


def _keys(rates: RateTable, laid: pa.Table, entries: Iterable[int]) -> dict[int, Keyed]:
    wanted = pc.is_in(laid.column("entry"), pa.array(sorted(entries), pa.int32()))
    grouped: dict[int, list[Mapping[str, object]]] = {}
    for row in laid.filter(wanted).to_pylist():
        grouped.setdefault(row["entry"], []).append(row)
    return {
        entry: Keyed(
            str(own[0]["key"]),
            int(own[0]["row"]),  # type: ignore[call-overload]
            tuple(
                Tier(row["lower"], row["upper"], row["paid"], rates.clause)  # type: ignore[arg-type]
                for row in own
            ),
        )
        for entry, own in grouped.items()
    }


def can_be_read(plan: Plan, rows: pa.Table) -> bool:
    """A run would take the rows."""
    return not check_rate_tables(plan, {TABLE: rows})
