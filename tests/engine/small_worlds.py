"""Small generated plans of direct and roll-up credits with tiers, and worlds that they pay in."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import duckdb
from hypothesis import settings
from hypothesis import strategies as st

from paceline.engine.periods import Period

STYLES = 12 if settings().max_examples < 1_000 else 100_000
PEOPLE = ["ana", "ben", "cho", "dai", "eve"]
START = date(2024, 1, 1)
QUARTER = Period(START, date(2024, 4, 1), "2024Q1", "quarter")
CURRENCIES = ["USD", "EUR", "JPY"]
TEXTS = ["web", "shop", ""]

days = st.integers(-10, 100).map(lambda offset: START + timedelta(days=offset))
amounts = st.one_of(
    st.sampled_from(["0", "0.005", "100", "1000", "50000", "99999.9999"]).map(Decimal),
    st.integers(-5_000_000, 50_000_000).map(lambda n: Decimal(n).scaleb(-4)),
    st.integers(-100_000, 500_000).map(Decimal),
)


@st.composite
def intervals(draw: st.DrawFn, key: str, name: str, extra: Any = None) -> list[dict[str, Any]]:
    """Rows of one payee that do not overlap, as the database guarantees."""
    cuts = sorted(draw(st.sets(st.integers(-40, 110), min_size=1, max_size=4)))
    rows = []
    for place, cut in enumerate(cuts):
        last = place + 1 == len(cuts)
        if not draw(st.booleans()) and not last:
            continue
        ends = (
            None
            if last and draw(st.booleans())
            else START + timedelta(days=cuts[place + 1] if not last else cut + 60)
        )
        row = {key: name, "starts_on": START + timedelta(days=cut), "ends_before": ends}
        rows.append(row | (draw(extra) if extra is not None else {}))
    return rows


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    lines = []
    for place in range(draw(st.integers(0, 14))):
        lines.append(  # noqa: PERF401 -- drawn in this order
            {
                "line_id": f"L{place:03d}",
                "order_id": f"O{place // 2}",
                "ordered_on": draw(days),
                "payee_id": draw(st.sampled_from([*PEOPLE, None])),
                "customer": draw(st.sampled_from(["x", None])),
                "product": None,
                "category": draw(st.sampled_from(["a", "b", None])),
                "channel": draw(st.sampled_from(TEXTS)),
                "territory": None,
                "kind": draw(st.sampled_from(["sale", "return"])),
                "quantity": draw(st.integers(-3, 9).map(Decimal)),
                "amount": draw(amounts),
                "cost": draw(st.one_of(st.none(), st.integers(0, 1000).map(Decimal))),
                "currency": draw(st.sampled_from(CURRENCIES)),
                "returns_line_id": None,
            }
        )
    rows: dict[str, list[dict[str, Any]]] = {"order_lines": lines}
    rows["assignments"] = [
        row
        for name in PEOPLE
        if draw(st.integers(0, 4))
        for row in draw(intervals("payee_id", name, st.just({"plan": "generated"})))
    ]
    reporting = []
    for place, name in enumerate(PEOPLE[:-1]):
        if draw(st.booleans()):
            above = st.sampled_from(PEOPLE[place + 1 :]).map(lambda boss: {"manager_id": boss})
            reporting += draw(intervals("payee_id", name, above))
    rows["reporting"] = reporting
    if draw(st.booleans()):
        rows["payees"] = [
            {
                "payee_id": name,
                "name": name,
                "currency": None,
                "starts_on": START + timedelta(days=draw(st.integers(-50, 40))),
                "ends_before": draw(st.sampled_from([None, date(2024, 3, 1), date(2025, 1, 1)])),
            }
            for name in PEOPLE
            if draw(st.integers(0, 5))
        ]
    rows["quotas"] = [
        {
            "quota": "target",
            "payee_id": name,
            "starts_on": START,
            "ends_before": date(2024, 4, 1),
            "amount": draw(st.sampled_from(["0", "1000", "50000", "100000.01"]).map(Decimal)),
            "currency": "USD",
        }
        for name in PEOPLE
        if draw(st.integers(0, 3))
    ]
    if draw(st.booleans()) and lines:
        rows["credit_splits"] = draw(splits(lines))
    rows["exchange_rates"] = [
        {
            "from_currency": currency,
            "to_currency": "USD",
            "on_date": START + timedelta(days=offset),
            "rate_type": "average",
            "rate": Decimal(base + offset * 13).scaleb(-6),
        }
        for currency, base in (("EUR", 1_100_123), ("JPY", 6_701))
        for offset in range(-10, 101)
    ]
    return rows


@st.composite
def splits(draw: st.DrawFn, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for line in draw(
        st.lists(st.sampled_from(lines), unique_by=lambda row: row["line_id"], max_size=4)
    ):
        shares = draw(
            st.sampled_from([["1"], ["0.6", "0.4"], ["0.33333333", "0.33333333", "0.33333334"], []])
        )
        for name, share in zip(PEOPLE, shares, strict=False):
            rows.append(
                {
                    "line_id": line["line_id"],
                    "payee_id": name,
                    "share": Decimal(share),
                    "is_overlay": False,
                }
            )
        if draw(st.booleans()):
            rows.append(
                {
                    "line_id": line["line_id"],
                    "payee_id": draw(st.sampled_from(PEOPLE)),
                    "share": draw(st.sampled_from(["0.5", "1"]).map(Decimal)),
                    "is_overlay": True,
                }
            )
    return rows


CONDITIONS = [
    'category != "b"',
    'channel in ("web", "shop")',
    "amount > 0",
    'kind = "sale" and quantity >= 2',
    "ordered_on >= 2024-02-01 or amount < 0",
    'not (customer = "x")',
    "given(cost, 0) * 2 < amount",
    "abs(amount) > max(given(cost, 0), 0)",
]
VALUES = [
    "amount",
    "amount - given(cost, 0)",
    "amount * 90%",
    "quantity",
    "if(quantity > 2, amount, amount * 50%)",
    "divide(amount, quantity, 0)",
    "min(amount, given(cost, 0)) * 12.5%",
]


@st.composite
def plans(draw: st.DrawFn) -> str:
    # Policies and formulas decide the text of the queries, which is made once for each style;
    # rates, bounds and conditions are drawn anew for every example.
    style = Random(draw(st.integers(1, STYLES)))
    transaction = style.randrange(4) == 0

    def pick(*options: str) -> str:
        return style.choice(options)

    text = f"""
paceline: 1
plan: generated
name: Generated
currency: USD
period: quarter
policies:
  boundary: {pick("upper", "lower")}
  rounding: {{mode: {pick("half-up", "half-even", "down")}, stage: component}}
  accumulation: {"transaction" if transaction else "period"}
  accumulation_order: {pick("[ordered_on, line_id]", "[channel, amount, line_id]")}
  hierarchy_date: {pick("order-date", "period-end")}
  exchange: {{date: {pick("order-date", "period-end")}, rate: average}}
  anchor: booking
  returns: own-day
  retroactivity: carry-forward
  precedence: all
  splits: overlays
credits:
  - {{id: own, kind: direct}}
  - {{id: some, kind: direct, when: '{pick(*CONDITIONS)}'}}
  - id: near
    kind: rollup
    of: {pick("own", "some", "[own, some]")}
    levels: {pick("1", "2", "all")}
  - {{id: far, kind: rollup, of: own, levels: {{from: 2}}}}
measures:
  - id: first
    kind: sum
    of: '{pick(*VALUES)}'
    credits: {pick("own", "some", "[own, some]", "[own, near]")}
  - id: second
    kind: sum
    of: '{pick(*VALUES)}'
    credits: {pick("near", "[near, far]", "[some, far]", "far")}
  - {{id: third, kind: count, credits: {pick("own", "[some, near]")}}}
quotas:
  - {{id: target, measure: first, name: target}}
components:
"""
    for place, measure in enumerate(["first", "second", "third"]):
        text += _component(draw, text, place, measure, transaction=transaction)
    return (
        text
        + """  - id: fixed
    name: Fixed
    kind: bonus
    pays: {amount: 250.00}
    when: {attainment: target, at_least: 80%}
"""
    )


def _component(draw: st.DrawFn, text: str, place: int, measure: str, *, transaction: bool) -> str:
    declared = text.split(f"id: {measure}\n    kind: sum\n    of: '")
    money = len(declared) > 1 and not declared[1].startswith("quantity'")
    by_quota = measure == "first" and not transaction and draw(st.booleans())
    starts = sorted(draw(st.sets(st.integers(1, 300), max_size=3)))
    tiers = ""
    for start in [0, *starts]:
        rate = draw(st.integers(0, 200_000))
        shown = (
            f"{Decimal(rate).scaleb(-4)}%"
            if money
            else f"{Decimal(rate).scaleb(-3).quantize(Decimal('0.01'))}"
        )
        begin = f"{start}%" if by_quota else str(start * (250 if money else 2))
        tiers += f"        - {{from: {begin}, rate: {shown}}}\n"
    on = "attainment\n      quota: target" if by_quota else "amount"
    bounds = draw(
        st.sampled_from(
            ["", "    cap: 100.00\n", "    floor: 10.00\n", "    cap: 900\n    floor: 1\n"]
        )
    )
    when = draw(
        st.sampled_from(
            [
                "",
                "    when: {measure: third, at_least: 2}\n",
                "    when: {attainment: target, at_least: 50%}\n",
            ]
        )
    )
    return f"""  - id: part-{place}
    name: Part
    kind: commission
    measure: {measure}
    rates:
      reading: {draw(st.sampled_from(["slice", "whole"]))}
      on: {on}
      tiers:
{tiers}{bounds}{when}"""


CONNECTION = duckdb.connect(":memory:", config={"threads": 1})  # a few rows
