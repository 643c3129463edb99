"""What a run keeps of one payee, without any line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from paceline.engine import windows
from paceline.engine.errors import PayeeUnknown
from paceline.engine.keyed import Keyed, sold_by_key
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.results import Results

Bases = tuple[Decimal, ...]  # what each tier holds


@dataclass(frozen=True)
class Windowed:
    """The measures that a component's rate table stands on, by id, in its window: by the period's
    end, and before the period began.
    """

    now: Mapping[str, Decimal | None]
    had: Mapping[str, Decimal | None]


@dataclass(frozen=True)
class Kept:
    """What a run keeps of one payee; amounts in plan currency, None where there is nothing.

    `bases` are what each tier of a component holds, needed where every line stands alone.
    `measured` is what each component's own measure comes to in the window of its rate table, and
    `reached` what each quota's measure comes to in the window of the quota. `keyed` is what was
    sold under each key of a component's table of rates, with the key's tiers. `windowed` are the
    measures of components whose window is longer than the period and is not told by these: they are
    counted from lines (`with_windows`), and so is what the tiers of a dated table hold there, by
    the period's end and before it (`dated`). `paid` is what each tier earns; `starts_on` and
    `ends_before` are the days of the period.
    """

    measures: Mapping[str, Decimal | None]
    targets: Mapping[str, Decimal | None]
    earned: Mapping[str, Decimal]
    bases: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)
    measured: Mapping[str, Decimal | None] = field(default_factory=dict)
    reached: Mapping[str, Decimal | None] = field(default_factory=dict)
    keyed: Mapping[str, tuple[Keyed, ...]] = field(default_factory=dict)
    windowed: Mapping[str, Windowed] = field(default_factory=dict)
    paid: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)
    starts_on: date | None = None
    ends_before: date | None = None
    dated: Mapping[str, tuple[Bases, Bases]] = field(default_factory=dict)


def kept_of(results: Results, payee_id: str, rates: pa.Table | None = None) -> Kept:
    """The kept figures of one payee out of a run's results; `rates` are the rows of the tables of
    rates, as the plan reads them. Raises PayeeUnknown.
    """
    rows = {
        name: _of_payee(results, name, payee_id)
        for name in ("earnings", "measures", "attainment", "tiers")
    }
    if not rows["earnings"]:
        raise PayeeUnknown(payee_id)
    bases: dict[str, tuple[Decimal, ...]] = {}
    paid: dict[str, tuple[Decimal, ...]] = {}
    held: dict[str, list[tuple[int, Decimal]]] = {}
    for row in rows["tiers"]:
        bases[row["component"]] = (*bases.get(row["component"], ()), row["base"])
        paid[row["component"]] = (*paid.get(row["component"], ()), row["earned"])
        held.setdefault(row["component"], []).append((row["tier"], row["base"]))
    return Kept(
        {row["measure"]: row["value"] for row in rows["measures"]},
        {row["quota"]: row["target"] for row in rows["attainment"]},
        {row["component"]: row["earned"] for row in rows["earnings"]},
        bases,
        {row["component"]: row["measure"] for row in rows["earnings"]},
        {row["quota"]: row["measure"] for row in rows["attainment"]},
        keyed_of(results.plan, rates, held, results.period),
        paid=paid,
        starts_on=results.period.starts_on,
        ends_before=results.period.ends_before,
    )


def keyed_of(
    plan: Plan,
    rates: pa.Table | None,
    held: Mapping[str, Sequence[tuple[int, Decimal]]],
    period: Period,
) -> dict[str, tuple[Keyed, ...]]:
    """What was sold under the keys of each component's table, from the number and the base of each
    row that holds something. In a window longer than the period the rows do not tell it.
    """
    return {
        component.id: sold_by_key(component.rates, rates, held[component.id], period)
        for component in plan.components
        if rates is not None
        and component.rates is not None
        and component.rates.imported is not None
        and component.id in held
        and not windows.is_longer(plan, windows.window_of(plan, component))
    }


def _of_payee(results: Results, name: str, payee_id: str) -> list[dict[str, Any]]:
    table = results.table(name)
    places = [
        place for place, one in enumerate(table.column("payee_id").to_pylist()) if one == payee_id
    ]
    rows = table.take(pa.array(places, pa.int64()))
    found: list[dict[str, Any]] = rows.to_pylist()
    return found
