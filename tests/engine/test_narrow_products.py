"""Amounts times rates in 18 digits where they fit, in 38 where they do not: the same result."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from paceline import engine
from paceline.engine import layout
from paceline.engine.columns import DATE, EXCHANGE, Kind
from paceline.engine.shape import arrow_table
from paceline.engine.steps import exchange
from paceline.engine.steps.exchange import narrow_kinds

from .bad_input import ASSIGNED, QUARTER, SIMPLE
from .building import fill, tables_of
from .test_cases import merge, plan_of

FIRST = date(2024, 1, 1)


def rates_of(*rates: str) -> exchange.Rates:
    rows = [
        {"on_date": FIRST + timedelta(days=day), "rate": Decimal(rate)}
        for day, rate in enumerate(rates)
    ]
    return {"EUR": arrow_table({"on_date": DATE, "rate": EXCHANGE}, rows)}


@pytest.mark.parametrize(
    ("rates", "largest", "kinds"),
    [
        (("1.1234560000", "0.5"), "999999.9999", ((11, 4), (7, 6))),
        (("1.1234560000", "0.5"), "10000000", None),
        (("32.15",), "99999999", ((14, 4), (4, 2))),
        (("0.0067",), "9999999999", None),
        (("0.0067",), "999999999", ((13, 4), (5, 4))),
        (("1234567.0123456789",), "1", None),
    ],
)
def test_the_rates_take_their_digits_and_amounts_the_rest(
    rates: tuple[str, ...], largest: str, kinds: tuple[tuple[int, int], ...] | None
) -> None:
    found = narrow_kinds(rates_of(*rates), Decimal(largest))
    wanted = kinds and tuple(Kind(f"DECIMAL({width}, {scale})", scale) for width, scale in kinds)
    assert found == wanted


def test_nothing_is_narrow_without_bounds_or_rates() -> None:
    assert narrow_kinds(rates_of("1.1"), None) is None
    assert narrow_kinds(rates_of(), Decimal(1)) is None


@pytest.mark.parametrize("many", [1, 1_000_000], ids=["calendar kept", "calendar registered"])
@pytest.mark.parametrize("largest", ["1.2345", "9999999999999.9999"], ids=["narrow", "wide"])
def test_products_are_exact_whatever_their_types(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, largest: str, many: int
) -> None:
    monkeypatch.setattr(layout, "MANY_LINES", many)
    plan = plan_of(merge(SIMPLE, {}))
    rate = Decimal("1.2345678901")
    amounts = {"EUR": [largest, "-0.0001", "3"], "USD": ["7.25"]}
    lines = [
        {"line_id": f"{currency}{place}", "payee_id": "ana", "ordered_on": "2024-01-05"}
        | {"currency": currency, "amount": amount}
        for currency, given in amounts.items()
        for place, amount in enumerate(given)
    ]
    known = {"from_currency": "EUR", "to_currency": "USD", "rate_type": "average"}
    rows = {
        "order_lines": fill("order_lines", lines),
        "assignments": ASSIGNED,
        "exchange_rates": [{**known, "on_date": FIRST + timedelta(days=4), "rate": rate}],
    }
    sources = dict(tables_of(rows, plan).sources)
    path = tmp_path / "lines.parquet"
    pq.write_table(sources.pop("order_lines"), path)
    exact = rate * (Decimal(largest) + Decimal("2.9999")) + Decimal("7.25")
    for given in (path, pq.read_table(path)):
        tables = engine.Tables({**sources, "order_lines": given})
        results = engine.calculate(plan, tables, QUARTER, connection=duckdb.connect())
        values = {
            row["payee_id"]: row["value"]
            for row in results.rows("measures")
            if row["measure"] == "sales"
        }
        assert values["ana"] == exact.quantize(Decimal("1e-12"))
