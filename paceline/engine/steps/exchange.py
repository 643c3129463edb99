"""Exchange: from the currency of the line to the currency of the plan, exactly."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import COUNT, DATE, col, select, typed
from paceline.engine.plan.model import Plan
from paceline.engine.shape import Shape, arrow_type
from paceline.engine.steps.days import Days, anchor_day, sale_day

MACHINE_DIGITS = 18  # decimals with as many digits are whole numbers of 64 bits
Rates = dict[str, pa.Table]  # currency → its days and their rates to the plan's currency


def rates_of(plan: Plan, currencies: tuple[str, ...], rows: pa.Table | None) -> Rates:
    """The rates that the plan uses, `on_date` and `rate`, of the currencies that came in.

    Rates are not inverted, chained or carried over from another day.
    """
    kinds = {"on_date": DATE, "rate": c.EXCHANGE}
    nothing = pa.schema([(name, arrow_type(kind)) for name, kind in kinds.items()]).empty_table()
    if rows is None or not currencies:
        return dict.fromkeys(currencies, nothing)
    used = pc.and_(
        pc.equal(rows.column("to_currency"), plan.currency),
        pc.equal(rows.column("rate_type"), plan.policies.exchange_rate),
    )
    kept = rows.filter(used)
    found: Rates = {}
    for currency in currencies:
        own = kept.filter(pc.equal(kept.column("from_currency"), currency))
        found[currency] = own.select(["on_date", "rate"])
    return found


def rates_on(days: pa.Array, rates: pa.Table, kind: c.Kind) -> pa.ChunkedArray:
    """The rate of each day, empty where there is none."""
    rows = pc.index_in(days, rates.column("on_date").combine_chunks())
    return pc.cast(rates.column("rate").take(rows), arrow_type(kind))


def narrow_kinds(rates: Rates, largest: Decimal | None) -> tuple[c.Kind, c.Kind] | None:
    """The types of amounts and of rates whose products fit 18 digits, the widest that are computed
    as machine words; None where the amounts are too large for that, or not known.

    As many digits as the rates need are theirs, the rest is the amount's. A cast into these types
    refuses what does not fit, so that wrong statistics of a file cannot change a result.
    """
    parts = [chunk for one in rates.values() for chunk in one.column("rate").chunks]
    used = pa.chunked_array(parts, arrow_type(c.EXCHANGE))
    ends = pc.min_max(used).as_py()
    if largest is None or ends["min"] is None:
        return None
    decimals = _decimals(used)
    whole = max(1, *(ends[end].adjusted() + 1 for end in ("min", "max")))
    width = MACHINE_DIGITS - whole - decimals
    decimals_of_amount = c.STORED.scale or 0
    if width <= decimals_of_amount or largest >= Decimal(10) ** (width - decimals_of_amount):
        return None
    return (
        c.Kind(f"DECIMAL({width}, {decimals_of_amount})", decimals_of_amount),
        c.Kind(f"DECIMAL({whole + decimals}, {decimals})", decimals),
    )


def _decimals(rates: pa.ChunkedArray) -> int:
    """The most decimals that any of the rates needs, of those that rates may have."""
    enough, least = c.EXCHANGE.scale or 0, 0
    while least < enough:
        middle = (least + enough) // 2
        if pc.all(pc.equal(pc.round(rates, middle), rates)).as_py():
            enough = middle
        else:
            least = middle + 1
    return enough


def unrated() -> exp.Select:
    """How many credited shares of lines have no exchange rate."""
    return select({"lines": c.total(col("unrated"), COUNT)}).from_(c.source("credited"), copy=False)


def missing_rates(shape: Shape, days: Days) -> exp.Select:
    """The currencies and days for which a rate is missing."""
    policies = shape.plan.policies
    day: exp.Expr = sale_day(policies)
    if policies.exchange_date == "period-end":
        day = c.period_last_day()
    elif policies.exchange_date == "anchor-date":
        day = anchor_day(policies)
    query = select(
        {"currency": col("currency", "l"), "on_date": typed(day, DATE)}, distinct=True
    ).from_(c.source("in_order_lines", "l"), copy=False)
    days.join(query)
    query.where(c.within(anchor_day(policies), c.horizon(), c.period_ends()), copy=False)
    query.where(days.rate().is_(exp.null()), copy=False)
    return query.order_by(col("currency"), col("on_date"), copy=False)
