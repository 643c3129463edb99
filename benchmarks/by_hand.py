"""The plan of `engine_year.py` written by hand, once for pandas and once for Polars.

What a careful analyst would write: whole numbers throughout (amounts in tenths of 0.0001, rates in
units of 10^-10), lines summed by payee, day and currency before anything is converted, Decimal for
the pay of each payee. It knows the one plan, refuses nothing, explains nothing and keeps no lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Sums = Iterable[tuple[str, date, str, int, int]]  # payee, day, currency, tenths of 0.0001, lines
Small = Mapping[str, pa.Table]
EXACT = Context(prec=60)
COLUMNS = ["line_id", "ordered_on", "payee_id", "category", "amount", "currency"]
NOT_PAID = "cat3"


def with_pandas(paths: list[Path], small: Small) -> dict[str, Decimal]:
    """What each payee is paid."""
    import pandas as pd

    words = ["payee_id", "category", "currency"]
    table = pq.read_table(paths, columns=COLUMNS, read_dictionary=words)
    whole = pc.cast(pc.multiply(table.column("amount"), Decimal(100_000)), pa.int64())
    table = table.set_column(table.column_names.index("amount"), "amount", whole)
    lines = table.to_pandas(types_mapper={pa.string(): pd.ArrowDtype(pa.string())}.get)
    lines = lines[lines["category"] != NOT_PAID]
    splits = small["credit_splits"].select(["line_id", "payee_id", "share"])
    tenths = pc.cast(pc.multiply(splits.column("share"), Decimal(10)), pa.int64())
    splits = splits.set_column(2, "share", tenths).to_pandas()
    splits["line_id"] = splits["line_id"].astype(pd.ArrowDtype(pa.string()))
    is_split = lines["line_id"].isin(splits["line_id"])
    shared = lines[is_split].drop(columns="payee_id").merge(splits, on="line_id")
    shared["amount"] = shared["amount"] * shared["share"] // 10
    found: list[tuple[str, date, str, int, int]] = []
    for part in (lines[~is_split], shared):
        groups = part.groupby(["payee_id", "ordered_on", "currency"], observed=True)["amount"]
        sums = groups.agg(["sum", "count"]).reset_index()
        found += zip(*(sums[name].tolist() for name in sums.columns), strict=True)
    return pay(found, small)


def with_polars(paths: list[Path], small: Small) -> dict[str, Decimal]:
    """What each payee is paid."""
    import polars as pl

    tenths = pl.col("share").cast(pl.Decimal(38, 8)) * 10
    splits = pl.from_arrow(small["credit_splits"])
    assert isinstance(splits, pl.DataFrame)
    splits = splits.select("line_id", "payee_id", tenths.cast(pl.Int64).alias("share"))
    amount = (pl.col("amount").cast(pl.Decimal(38, 4)) * 100_000).cast(pl.Int64)
    lines = pl.scan_parquet(paths).select(COLUMNS).filter(pl.col("category") != NOT_PAID)
    lines = lines.with_columns(amount.alias("amount"))
    shared = lines.drop("payee_id").join(splits.lazy(), on="line_id")
    shared = shared.with_columns((pl.col("amount") * pl.col("share") // 10).alias("amount"))
    found: list[tuple[str, date, str, int, int]] = []
    for part in (lines.join(splits.lazy(), on="line_id", how="anti"), shared):
        groups = part.group_by("payee_id", "ordered_on", "currency")
        sums = groups.agg(pl.col("amount").sum(), pl.len().alias("lines"))
        found += sums.collect(engine="streaming").iter_rows()
    return pay(found, small)


def pay(sums: Sums, small: Small) -> dict[str, Decimal]:
    """From the sums of lines to what each payee earned, and what is paid after clawbacks."""
    rates = {
        (row["from_currency"], row["on_date"]): int(row["rate"].scaleb(10))
        for row in small["exchange_rates"].to_pylist()
    }
    leaves = {row["payee_id"]: row["ends_before"] for row in small["reporting"].to_pylist()}
    manager = {row["payee_id"]: row["manager_id"] for row in small["reporting"].to_pylist()}
    quota = {row["payee_id"]: row["amount"] for row in small["quotas"].to_pylist()}
    changes = sorted({day for day in leaves.values() if day is not None})
    converted: dict[tuple[str, int], int] = defaultdict(int)
    orders: dict[str, int] = defaultdict(int)
    for payee, day, currency, amount, lines in sums:
        slot = sum(day >= change for change in changes)
        rate = 10**10 if currency == "USD" else rates[currency, day]
        converted[payee, slot] += amount * rate
        orders[payee] += lines
    sales: dict[str, int] = defaultdict(int)
    team: dict[str, int] = defaultdict(int)
    below: dict[str, int] = defaultdict(int)
    for (payee, slot), amount in converted.items():
        sales[payee] += amount
        level, at = 1, payee
        while at in manager and not (leaves[at] and slot and changes[slot - 1] >= leaves[at]):
            at = manager[at]
            below[at] += amount
            if level == 1:
                team[at] += amount
            level += 1
    members: dict[str, list[str]] = defaultdict(list)
    for row in small["teams"].to_pylist():
        members[row["team"]].append(row["payee_id"])
    pooled: dict[str, Decimal] = {}
    for payees in members.values():
        amount = _cents(sum((exact(sales[payee]) for payee in payees), Decimal(0)) / 1000)
        pooled |= share_out(amount, {payee: orders[payee] for payee in payees})
    owed: dict[str, Decimal] = defaultdict(Decimal)
    cancelled = {row["line_id"] for row in small["line_events"].to_pylist()}
    for row in small["line_earnings"].to_pylist():
        if row["line_id"] in cancelled:
            owed[row["payee_id"]] += row["earned"]
    earned = {
        payee: pooled[payee]
        + _earned(
            exact(sales[payee]), orders[payee], exact(team[payee]), exact(below[payee]), target
        )
        for payee, target in quota.items()
    }
    return {payee: max(amount - owed[payee], Decimal(0)) for payee, amount in earned.items()}


def share_out(amount: Decimal, weights: Mapping[str, int]) -> dict[str, Decimal]:
    """An amount in cents by weights; what cutting leaves goes to the largest remainders."""
    cents, total = int(amount * 100), sum(weights.values())
    parts = {payee: divmod(cents * weight, total) for payee, weight in weights.items()}
    left = cents - sum(part for part, _ in parts.values())
    first = sorted(parts, key=lambda payee: (-parts[payee][1], payee))[:left]
    return {
        payee: Decimal(part + (payee in first)).scaleb(-2) for payee, (part, _) in parts.items()
    }


def exact(amount: int) -> Decimal:
    """From units of 10^-15 to an amount with 12 decimals."""
    unit = Decimal("0.000000000001")
    return EXACT.scaleb(Decimal(amount), -15).quantize(unit, ROUND_HALF_UP, EXACT)


def _earned(sales: Decimal, orders: int, team: Decimal, below: Decimal, target: Decimal) -> Decimal:
    """The six components, each rounded to the cent."""
    commission = Decimal(0)
    bounds = [Decimal(0), Decimal("0.8") * target, target, None]
    for lower, upper, rate in zip(bounds, bounds[1:], ("0.02", "0.03", "0.05"), strict=False):
        part = (sales if upper is None else min(sales, upper)) - (lower or 0)
        commission += (part if lower == 0 else max(part, Decimal(0))) * Decimal(rate)
    volume = sales * Decimal("0.001" if sales < 1_000_000 else "0.002")
    parts = [
        min(_cents(commission), Decimal(500_000)),
        _cents(volume),
        _cents(orders * Decimal("0.25")),
        _cents(team * Decimal("0.005")),
        _cents(below * Decimal("0.0005")),
        Decimal(1000 if sales >= target else 0),
    ]
    return sum(parts, Decimal(0))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP, EXACT)
