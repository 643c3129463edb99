"""Generated plans over the whole language, with worlds of rows to run them on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from hypothesis import strategies as st

from paceline.engine.periods import Period, PeriodKind

from .generating_components import (
    LENGTHS,
    PLAYERS,
    STATED_GAME,
    Shape,
    components,
    is_longer,
)
from .generating_worlds import RATE_TYPES, Rows, worlds

CONDITIONS = [
    'category != "b"',
    'channel in ("web", "shop")',
    "amount > 0",
    'kind = "sale" and quantity >= 2',
    "ordered_on >= 2024-02-01 or amount < 0",
    'not (customer = "x")',
    "given(gift, false) or amount > 0",
    "given(promised_on, 2024-02-01) <= ordered_on",
    'brand not in ("p", "q")',
    'currency = "EUR" or order_id = "O1"',
    'product in ("p1", "p2") and given(discount, 0%) < 10%',
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
    "amount - given(tax, 0)",
    "amount * (100% - given(discount, 0%))",
    "if(given(gift, false), 0, amount)",
    "given(weight, 1)",
]
QUANTITIES = ("quantity", "given(weight, 1)")
# Further columns of order lines, of every type there is.
ATTRIBUTES = {
    "host_id": "text",
    "brand": "text",
    "tax": "money",
    "weight": "quantity",
    "discount": "percent",
    "promised_on": "date",
    "gift": "boolean",
}
# Figures made of figures; each may need one that is missing.
DERIVED = [
    ("percent", "divide(sales - last-year, last-year, 0)"),
    ("percent", "rating * 50% + given(margin, 10%)"),
    ("percent", "if(hours > 3, margin, rating)"),
    ("money", "max(sales, recent) - min(pay, sales)"),
    ("money", "if(given(rating, 0) >= 50%, pay, sales * 2)"),
    ("quantity", "orders + given(hours, orders) * 2"),
    ("percent", "divide(margin, rating, 100%)"),
]
WHOLE_PERIODS: list[tuple[PeriodKind, date, date, str]] = [
    ("month", date(2024, 2, 1), date(2024, 3, 1), "04-01"),
    ("month", date(2024, 1, 1), date(2024, 2, 1), "01-01"),
    ("quarter", date(2024, 1, 1), date(2024, 4, 1), "01-01"),
    ("quarter", date(2024, 4, 1), date(2024, 7, 1), "01-01"),
    ("quarter", date(2024, 1, 1), date(2024, 4, 1), "10-01"),
    ("quarter", date(2023, 11, 1), date(2024, 2, 1), "02-01"),
    ("half-year", date(2024, 1, 1), date(2024, 7, 1), "07-01"),
    ("year", date(2024, 1, 1), date(2025, 1, 1), "01-01"),
    ("year", date(2023, 7, 1), date(2024, 7, 1), "07-01"),
]
# The plan's year, and so its quarters, begin inside the period: many such plans are refused, so
# they are few.
STRADDLED_PERIODS: list[tuple[PeriodKind, date, date, str]] = [
    ("quarter", date(2024, 1, 1), date(2024, 4, 1), "02-01"),
    ("half-year", date(2024, 1, 1), date(2024, 7, 1), "04-01"),
    ("year", date(2024, 1, 1), date(2025, 1, 1), "10-01"),
]
# Years of weeks, as known: that of American retail from 2023-01-29 has 53.
RETAIL = {
    "pattern": "4-5-4",
    "year_ends": {"weekday": "saturday", "rule": "nearest", "month": "january"},
}
LAST_SATURDAY = {
    "pattern": "4-4-5",
    "year_ends": {"weekday": "saturday", "rule": "last", "month": "december"},
}
FRIDAY = {
    "pattern": "5-4-4",
    "year_ends": {"weekday": "friday", "rule": "nearest", "month": "september"},
}
WEEK_PERIODS: list[tuple[PeriodKind, date, date, dict[str, Any]]] = [
    ("month", date(2023, 12, 31), date(2024, 2, 4), RETAIL),
    ("quarter", date(2023, 10, 29), date(2024, 2, 4), RETAIL),
    ("quarter", date(2024, 2, 4), date(2024, 5, 5), RETAIL),
    ("year", date(2023, 1, 29), date(2024, 2, 4), RETAIL),
    ("half-year", date(2023, 12, 31), date(2024, 6, 30), LAST_SATURDAY),
    ("quarter", date(2023, 12, 31), date(2024, 3, 31), LAST_SATURDAY),
    ("month", date(2023, 9, 30), date(2023, 11, 4), FRIDAY),
]
PERIODS = [*WHOLE_PERIODS * 3, *STRADDLED_PERIODS, *WEEK_PERIODS]
# Days on which years of quotas begin; those of weeks are known by their patterns.
YEARS = {
    None: [date(year, 4, 1) for year in (2022, 2023, 2024, 2025)],
    "4-5-4": [date(2022, 1, 30), date(2023, 1, 29), date(2024, 2, 4), date(2025, 2, 2)],
    "4-4-5": [date(2021, 12, 26), date(2023, 1, 1), date(2023, 12, 31), date(2024, 12, 29)],
    "5-4-4": [date(2021, 10, 2), date(2022, 10, 1), date(2023, 9, 30), date(2024, 9, 28)],
}

ACCUMULATIONS = ["period", "period", "year", *LENGTHS]


@dataclass(frozen=True)
class Example:
    """A plan and the rows to run it on."""

    text: str
    rows: Rows
    period: Period


@st.composite
def examples(draw: st.DrawFn, styles: int) -> Example:
    # The style decides the text of the queries, which is made once for each; rates and bounds are
    # drawn anew for every example.
    style = Random(draw(st.integers(1, styles)))
    kind, starts, ends, year = style.choice(PERIODS)
    currency = style.choice(["USD", "USD", "JPY", "KWD"])
    plan = _plan(draw, style, kind, year, currency)
    period = Period(starts, ends, "p", kind)
    rows = draw(worlds_of(plan, period))
    return Example(json.dumps(plan), rows, period)


def worlds_of(plan: dict[str, Any], period: Period) -> st.SearchStrategy[Rows]:
    """Worlds that a generated plan can be run on."""
    stated = plan["policies"]
    games = [part["pool"].get("shapley") for part in plan["components"] if "pool" in part]
    return worlds(
        period,
        plan["currency"],
        two_days=stated["anchor"] != "booking" or stated["returns"] == "as-sold",
        overlays=stated["splits"] == "overlays",
        players=PLAYERS if STATED_GAME in games else (),
        years=YEARS[plan.get("fiscal_weeks", {}).get("pattern")],
    )


def _plan(
    draw: st.DrawFn, style: Random, kind: str, year: str | dict[str, Any], currency: str
) -> dict[str, Any]:
    accumulation = _known(style.choice(ACCUMULATIONS), year)
    measures = _measures(style, kind)
    types = {measure["id"]: measure.pop("type") for measure in measures}
    over = accumulation if is_longer(accumulation, kind) else "period"
    quotas = [
        {"id": "goal", "measure": "sales", "name": "goal", "over": over},
        {"id": "units-goal", "measure": "orders", "name": "units-goal"}
        | style.choice([{}, {"per": "payee"}, {"over": kind}]),
        {"id": "far-goal", "measure": style.choice(["net", "recent"]), "name": "goal"},
        {"id": "team-goal", "measure": "sales", "name": "team-goal", "per": "team"},
        {"id": "year-goal", "measure": style.choice(["sales", "orders"]), "name": "year-goal"}
        | _spread(style),
    ]
    targets = {one["id"]: (one["measure"], one.get("over", "period")) for one in quotas}
    shape = Shape(style, kind, currency, accumulation, types, targets)
    stage = style.choice(["component", "component", "tier", "line"])
    parts = components(draw, shape, fixed_window=stage == "line")
    for part in parts:
        if "accumulation" in part:
            part["accumulation"] = _known(part["accumulation"], year)
    if stage == "line" and accumulation != "transaction":
        stage = "tier"
    return {
        "paceline": 1,
        "plan": "generated",
        "name": "Generated",
        "currency": currency,
        "period": kind,
        ("year_starts" if isinstance(year, str) else "fiscal_weeks"): year,
        "attributes": ATTRIBUTES,
        "target_incentive": style.choice([{"amount": "6000.55"}, {"measure": "pay"}]),
        "policies": {
            "boundary": style.choice(["upper", "lower"]),
            "rounding": {"mode": style.choice(["half-up", "half-even", "down"]), "stage": stage},
            "accumulation": accumulation,
            "accumulation_order": style.choice(
                [["ordered_on", "line_id"], ["channel", "amount", "line_id"]]
            ),
            "hierarchy_date": style.choice(["order-date", "period-end", "anchor-date"]),
            "exchange": {
                "date": style.choice(["order-date", "order-date", "period-end", "anchor-date"]),
                "rate": style.choice(RATE_TYPES),
            },
            "anchor": style.choice(["booking", "booking", *ANCHORS]),
            "returns": style.choice(["own-day", "as-sold"]),
            "retroactivity": style.choice(["carry-forward", "ignore"]),
            "precedence": style.choice(["all", "all", "listed", "most-specific"]),
            "splits": style.choice(["overlays", "overlays", "exactly-100"]),
        },
        "credits": _credits(style),
        "measures": measures,
        "quotas": quotas,
        "components": parts,
    } | ({"settlement": ONCE} if style.randrange(3) == 0 else {})


# Paid in the payee's currency and rounded there alone: what components earn exactly is asked for.
ONCE = {
    "pay_date": {"days_after_period": 0},
    "below_zero": "carry-forward",
    "retroactivity": "ignore",
    "rule_packs": "none",
    "eligibility": {
        "employed_on": "period-end",
        "resignation": "pays",
        "probation": "pays",
        "leave": "pays",
    },
    "payment": {
        "currency": "payee",
        "exchange": {"rate": "payment", "date": "pay-date", "quote": "multiply"},
        "rounding": {"mode": "half-up", "stage": "once"},
    },
}
ANCHORS = ["invoice", "shipment", "cash", "return-window"]


def _known(window: str, year: str | dict[str, Any]) -> str:
    """A window that the years have: those of weeks have no half-months."""
    return "week" if window == "half-month" and not isinstance(year, str) else window


def _spread(style: Random) -> dict[str, Any]:
    """How a target is worked out month by month."""
    found: dict[str, Any] = {"proration": style.choice(["none", "months", "days"])}
    if style.randrange(2):
        halves = [["33.3%", "66.7%"], ["20%", "20%", "20%", "40%"], [*["8%"] * 11, "12%"]]
        found["spread"] = style.choice(halves)
    if style.randrange(2):
        found["ramp"] = style.choice([["25%", "50%", "75%"], ["33.333333%"]])
    return found


def _host(style: Random) -> dict[str, Any]:
    """A rule that credits somebody else than the line's own payee."""
    to: Any = style.choice(
        [{"column": "host_id"}, {"owner": "territory"}, {"owner": "category"}, "team"]
    )
    share = style.choice(["30%", "min(12.345678%, 20%)", "if(amount > 0, 50%, 0%)"])
    if to == "team":
        return {"to": to, "as": "overlay", "share": share}
    found = {"to": to, "as": style.choice(["share", "overlay"])}
    return found if "owner" in to else found | {"share": share}


def _credits(style: Random) -> list[dict[str, Any]]:
    host = {"id": "host", "kind": "direct", "when": style.choice(CONDITIONS)} | _host(style)
    direct = [
        {"id": "own", "kind": "direct"},
        {"id": "some", "kind": "direct", "when": style.choice(CONDITIONS)},
        host,
    ]
    return [
        *style.sample(direct, len(direct)),
        {
            "id": "near",
            "kind": "rollup",
            "of": style.choice(["own", "some", ["own", "some"], ["own", "host"]]),
            "levels": style.choice(["1", "2", "all", {"from": "1", "through": "2"}]),
        },
        {"id": "far", "kind": "rollup", "of": "own", "levels": {"from": "2"}}
        | style.choice([{}, {}, {"hierarchy": "region"}]),
        {"id": "side", "kind": "rollup", "of": "own", "levels": "all"}
        | style.choice([{}, {"hierarchy": "region"}, {"hierarchy": "brand"}]),
    ]


def _measures(style: Random, kind: str) -> list[dict[str, Any]]:
    def of(text: str) -> dict[str, str]:
        return {"of": text, "type": "quantity" if text in QUANTITIES else "money"}

    direct: list[Any] = ["own", "some", ["own", "some"], ["own", "near"], ["own", "host"]]
    window = style.choice(
        [
            {"to-date": "year"},
            {"to-date": style.choice(["month", "quarter", "half-year", kind])},
            {"rolling": style.choice(["1", "3", "14"])},
            {"from": "2024-01-20", "before": style.choice(["2024-03-05", "2025-06-01"])},
            "since-hire",
        ]
    )
    above = style.choice(["near", ["near", "far"], ["some", "far"], "far", ["near", "side"]])
    types = {"margin": "percent", "rating": "percent"}
    derived_type, derived = style.choice(DERIVED)
    return [
        {"id": "sales", "kind": "sum", "credits": style.choice(direct)}
        | of(style.choice([value for value in VALUES if value not in QUANTITIES])),
        {"id": "net", "kind": "sum", "credits": above} | of(style.choice(VALUES)),
        {
            "id": "orders",
            "kind": "count",
            "credits": style.choice(["own", ["some", "near"]]),
            "type": "quantity",
        },
        {"id": "profit", "kind": "sum", "credits": "own"} | of("amount - given(cost, 0)"),
        {"id": "margin", "kind": "ratio", "of": "profit", "over": "sales", "type": types["margin"]},
        {
            "id": "basis",
            "kind": "formula",
            "of": style.choice(["sales * 110% - profit", "max(sales, profit)"]),
            "type": "money",
        },
        {"id": "recent", "kind": "sum", "credits": "own", "window": window}
        | of(style.choice(VALUES[:2])),
        {"id": "last-year", "kind": "sum", "credits": "own", "window": "year-before"}
        | of("amount"),
        {
            "id": "buyers",
            "kind": "distinct",
            "of": style.choice(["customer", "channel"]),
            "credits": style.choice(["own", ["some", "near"]]),
            "type": "quantity",
        }
        | ({"window": window} if style.randrange(3) == 0 else {}),
        {
            "id": "largest",
            "kind": style.choice(["min", "max"]),
            "of": style.choice(VALUES[:3]),
            "credits": style.choice(["own", "near", "host"]),
            "type": "money",
        }
        | ({"window": window} if style.randrange(3) == 0 else {}),
        _figure("rating", style.choice(["sum", "last"]), "percent"),
        _figure("hours", style.choice(["sum", "last"]), "quantity"),
        _figure("pay", "last", "money"),
        {
            "id": "mixed",
            "kind": "formula",
            "of": derived.replace("-year", "_year"),
            "type": derived_type,
        },
    ]


def _figure(name: str, read: str, unit: str) -> dict[str, str]:
    return {"id": name, "kind": "figure", "name": name, "read": read, "unit": unit, "type": unit}
