"""Exchange: from the currency of the line to the currency of the plan, exactly."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import gcd

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import COUNT, DATE, col, select, typed
from paceline.engine.plan.model import Plan
from paceline.engine.shape import Shape
from paceline.engine.steps.days import Days, anchor_day, sale_day

MACHINE_DIGITS = 18  # decimals with as many digits are whole numbers of 64 bits
Rates = dict[str, dict[date, Decimal]]  # currency → day → rate to the plan's currency


def rates_of(plan: Plan, currencies: tuple[str, ...], rows: pa.Table | None) -> Rates:
    """The rates that the plan uses, of the currencies that came in.

    Rates are not inverted, chained or carried over from another day.
    """
    found: Rates = {currency: {} for currency in currencies}
    if rows is None or not currencies:
        return found
    used = pc.and_(
        pc.and_(
            pc.equal(rows.column("to_currency"), plan.currency),
            pc.equal(rows.column("rate_type"), plan.policies.exchange_rate),
        ),
        pc.is_in(rows.column("from_currency"), pa.array(currencies, pa.string())),
    )
    kept = rows.filter(used)
    for currency, day, rate in zip(
        *(kept.column(name).to_pylist() for name in ("from_currency", "on_date", "rate")),
        strict=True,
    ):
        found[currency][day] = rate
    return found


def narrow_kinds(rates: Rates, largest: Decimal | None) -> tuple[c.Kind, c.Kind] | None:
    """The types of amounts and of rates whose products fit 18 digits, the widest that are computed
    as machine words; None where the amounts are too large for that, or not known.

    As many digits as the rates need are theirs, the rest is the amount's. A cast into these types
    refuses what does not fit, so that wrong statistics of a file cannot change a result.
    """
    used = {rate for by_day in rates.values() for rate in by_day.values()}
    if largest is None or not used:
        return None
    decimals = _decimals(used)
    whole = max(1, *(rate.adjusted() + 1 for rate in used))
    width = MACHINE_DIGITS - whole - decimals
    decimals_of_amount = c.STORED.scale or 0
    if width <= decimals_of_amount or largest >= Decimal(10) ** (width - decimals_of_amount):
        return None
    return (
        c.Kind(f"DECIMAL({width}, {decimals_of_amount})", decimals_of_amount),
        c.Kind(f"DECIMAL({whole + decimals}, {decimals})", decimals),
    )


def _decimals(rates: set[Decimal]) -> int:
    """The most decimals that any of the rates needs, of those that rates may have."""
    most = c.EXCHANGE.scale or 0
    common = gcd(*(int(rate.scaleb(most)) for rate in rates))
    while most and common % 10 == 0:
        common, most = common // 10, most - 1
    return most


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
