"""Generated plans over the whole language, and worlds of rows to run them on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, product
from random import Random
from typing import Any

from hypothesis import strategies as st

from paceline.engine.periods import Period, PeriodKind

from .generating_components import LENGTHS, RATE_TABLES, Shape, components
from .oracle.days import holds

Row = dict[str, Any]
Rows = dict[str, list[Row]]
PEOPLE = ["ana", "ben", "cho", "dai", "eve"]
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
PERIODS: list[tuple[PeriodKind, date, date, str]] = [
    ("month", date(2024, 2, 1), date(2024, 3, 1), "04-01"),
    ("month", date(2024, 1, 1), date(2024, 2, 1), "01-01"),
    ("quarter", date(2024, 1, 1), date(2024, 4, 1), "01-01"),
    ("quarter", date(2024, 4, 1), date(2024, 7, 1), "01-01"),
    ("quarter", date(2024, 1, 1), date(2024, 4, 1), "10-01"),
    ("quarter", date(2023, 11, 1), date(2024, 2, 1), "02-01"),
    ("half-year", date(2024, 1, 1), date(2024, 7, 1), "07-01"),
    ("year", date(2024, 1, 1), date(2025, 1, 1), "01-01"),
    ("year", date(2023, 7, 1), date(2024, 7, 1), "07-01"),
    # The plan's year, and so its quarters, begin inside the period.
    ("quarter", date(2024, 1, 1), date(2024, 4, 1), "02-01"),
    ("half-year", date(2024, 1, 1), date(2024, 7, 1), "04-01"),
    ("year", date(2024, 1, 1), date(2025, 1, 1), "10-01"),
]

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
    stated = plan["policies"]
    two_days = stated["anchor"] != "booking" or stated["returns"] == "as-sold"
    period = Period(starts, ends, "p", kind)
    rows = draw(worlds(period, currency, two_days=two_days))
    return Example(json.dumps(plan), rows, period)


def _plan(draw: st.DrawFn, style: Random, kind: str, year: str, currency: str) -> dict[str, Any]:
    accumulation = style.choice(ACCUMULATIONS)
    measures = _measures(style, kind)
    shape = Shape(
        style,
        kind,
        currency,
        accumulation,
        {measure["id"]: measure.pop("type") for measure in measures},
    )
    quotas = [
        {"id": "goal", "measure": "sales", "name": "goal", "over": shape.over(accumulation)},
        {"id": "units-goal", "measure": "orders", "name": "units-goal"},
        {"id": "far-goal", "measure": style.choice(["net", "recent"]), "name": "goal"},
        {"id": "team-goal", "measure": "sales", "name": "team-goal", "per": "team"},
        {"id": "year-goal", "measure": style.choice(["sales", "orders"]), "name": "year-goal"}
        | _spread(style),
    ]
    stage = style.choice(["component", "component", "tier", "line"])
    parts = components(draw, shape, fixed_window=stage == "line")
    if stage == "line" and accumulation != "transaction":
        stage = "tier"
    return {
        "paceline": 1,
        "plan": "generated",
        "name": "Generated",
        "currency": currency,
        "period": kind,
        "year_starts": year,
        "attributes": {"host_id": "text"},
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
                "rate": "average",
            },
            "anchor": style.choice(["booking", "booking", *ANCHORS]),
            "returns": style.choice(["own-day", "as-sold"]),
            "retroactivity": "carry-forward",
            "precedence": style.choice(["all", "all", "listed", "most-specific"]),
            "splits": "overlays",
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
ANCHOR_DAYS = ["invoiced_on", "shipped_on", "paid_on", "final_on"]


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
    to: Any = style.choice([{"column": "host_id"}, {"owner": "territory"}, "team"])
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
            "levels": style.choice(["1", "2", "all"]),
        },
        {"id": "far", "kind": "rollup", "of": "own", "levels": {"from": "2"}}
        | style.choice([{}, {}, {"hierarchy": "region"}]),
        {"id": "side", "kind": "rollup", "of": "own", "levels": "all"}
        | style.choice([{}, {"hierarchy": "region"}, {"hierarchy": "brand"}]),
    ]


def _measures(style: Random, kind: str) -> list[dict[str, Any]]:
    def of(text: str) -> dict[str, str]:
        return {"of": text, "type": "quantity" if text == "quantity" else "money"}

    direct: list[Any] = ["own", "some", ["own", "some"], ["own", "near"], ["own", "host"]]
    window = style.choice(
        [
            {"to-date": "year"},
            {"to-date": kind},
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
        | of(style.choice([value for value in VALUES if value != "quantity"])),
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
        },
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


# --- worlds ---------------------------------------------------------------------------------------

amounts = st.one_of(
    st.sampled_from(["0", "0.005", "100", "1000", "50000", "99999.9999"]).map(Decimal),
    st.integers(-5_000_000, 50_000_000).map(lambda n: Decimal(n).scaleb(-4)),
    st.integers(-100_000, 500_000).map(Decimal),
)


@st.composite
def intervals(
    draw: st.DrawFn, ends: date, name: str, extra: Any = None, starts: str = "payee_id"
) -> list[Row]:
    """Rows of one payee that do not overlap, as the database guarantees."""
    cuts = sorted(
        draw(st.sets(st.sampled_from([-900, -400, -200, -70, -40, -20, -3, 5]), min_size=1))
    )
    rows: list[Row] = []
    for place, cut in enumerate(cuts):
        last = place + 1 == len(cuts)
        if not last and not draw(st.integers(0, 3)):
            continue
        after = None if last else ends + timedelta(days=cuts[place + 1])
        row = {starts: name, "starts_on": ends + timedelta(days=cut), "ends_before": after}
        rows.append(row | (draw(extra) if extra is not None else {}))
    return rows


@st.composite
def above(draw: st.DrawFn, ends: date, people: list[str]) -> list[Row]:
    """Who is above whom: always somebody later in the list, so never in a circle."""
    found: list[Row] = []
    for place, name in enumerate(people[:-1]):
        if draw(st.booleans()):
            bosses = st.sampled_from(people[place + 1 :]).map(lambda boss: {"manager_id": boss})
            found += draw(intervals(ends, name, bosses))
    return found


@st.composite
def worlds(draw: st.DrawFn, period: Period, currency: str, *, two_days: bool) -> Rows:
    ends = period.ends_before
    length = (ends - period.starts_on).days
    inside = st.integers(1, length)
    days = st.one_of(inside, inside, inside, st.integers(-8, 800))
    if not two_days:  # a line that was sold so long ago has no rate
        days = st.one_of(days, st.integers(3_695, 3_705))
    lines = [
        _line(draw, place, ends - timedelta(days=draw(days)))
        for place in range(draw(st.integers(0, 14)))
    ]
    rows: Rows = {"order_lines": lines}
    rows["assignments"] = [
        row
        for name in PEOPLE
        if draw(st.integers(0, 4))
        for row in draw(intervals(ends, name, st.just({"plan": "generated"})))
    ]
    rows["reporting"] = draw(above(ends, PEOPLE))
    rows["hierarchies"] = [
        {"hierarchy": tree} | row
        for tree, people in (("region", PEOPLE), ("brand", PEOPLE[::-1]))
        for row in draw(above(ends, people))
    ]
    if draw(st.booleans()):
        rows["payees"] = [
            {
                "payee_id": name,
                "name": name,
                "currency": None,
                "starts_on": ends - timedelta(days=draw(st.sampled_from([900, 300, 20]))),
                "ends_before": draw(st.sampled_from([None, ends - timedelta(days=9)])),
            }
            for name in PEOPLE
            if draw(st.integers(0, 5))
        ]
    rows["quotas"] = draw(quota_rows(period, currency))
    rows["figures"] = draw(figures(ends, length))
    rows["leaves"] = [row for name in PEOPLE[:2] for row in draw(intervals(ends, name))]
    rows["owners"] = [
        {"kind": "territory", "key": key, "share": Decimal(share)} | row
        for key, name, share in (
            ("north", "ana", "0.6"),
            ("north", "ben", "0.33333333"),
            ("south", "cho", "1"),
        )
        for row in draw(intervals(ends, name))
    ]
    teams = st.sampled_from(["east", "west"]).map(lambda team: {"team": team})
    rows["teams"] = [row for name in PEOPLE for row in draw(intervals(ends, name, teams))]
    rows["coalitions"] = draw(coalitions(rows, period))
    if draw(st.booleans()) and lines:
        rows["credit_splits"] = draw(splits(lines))
    rows["rate_tables"] = draw(rate_tables(ends))
    rows["exchange_rates"] = _exchange(lines, ends, currency)
    return rows


@st.composite
def coalitions(draw: st.DrawFn, rows: Rows, period: Period) -> list[Row]:
    """What some of each team are worth together, never less because somebody joins."""
    last = period.ends_before - timedelta(days=1)
    since = {"pool": "game", "starts_on": date(2020, 1, 1), "ends_before": None}
    found: list[Row] = []
    for team in ("east", "west"):
        here = [
            row["payee_id"] for row in rows["teams"] if row["team"] == team and holds(row, last)
        ]
        assigned = {
            row["payee_id"]
            for row in rows["assignments"]
            if row["starts_on"] < period.ends_before
            and (row["ends_before"] is None or row["ends_before"] > period.starts_on)
        }
        players = [name for name in here if name in assigned][: draw(st.integers(0, 4))]
        worth = {frozenset[str](): Decimal(0)}
        for size in range(1, len(players) + 1):
            for chosen in combinations(players, size):
                members = frozenset(chosen)
                least = max(worth[members - {one}] for one in members)
                worth[members] = least + draw(st.sampled_from(["0", "1", "333.3333"]).map(Decimal))
                row = {"team": team, "members": "+".join(chosen), "value": worth[members]}
                found.append(since | row)
    return found


@st.composite
def rate_tables(draw: st.DrawFn, ends: date) -> list[Row]:
    """Rows for some keys of every table of rates, with open ones, from some days on."""
    values = {
        "category": ["a", "b", None],
        "channel": ["web", None],
        "territory": ["north", None],
        "payee_id": ["ana", None],
        "host_id": ["ben", None],
    }
    empty = {"to": None, "currency": None} | dict.fromkeys(values)
    found: list[Row] = []
    for name, by in RATE_TABLES.items():
        for key in product(*(values[column] for column in by)):
            if found and found[-1]["rate_table"] == name and not draw(st.integers(0, 2)):
                continue
            days = draw(st.sampled_from([[None], [None, 40], [70, 20, 3], [20]]))
            starts = [day and ends - timedelta(days=day) for day in days]
            last = draw(st.sampled_from([None, ends - timedelta(days=2)]))
            for place, since in enumerate(starts):
                before = None if place + 1 < len(starts) else last
                bounds = draw(st.sampled_from(["0", "0 0.5 1.2", "0 2", "0 250 10000", "0 1"]))
                for lower in bounds.split():
                    paid = Decimal(draw(st.integers(0, 200_000))).scaleb(-6)
                    row = {"rate_table": name, "starts_on": since, "ends_before": before}
                    row |= empty | dict(zip(by, key, strict=True))
                    pay = paid.quantize(Decimal("1e-4")) * 1000
                    found.append(row | {"from": Decimal(lower), "rate": paid, "amount": pay})
    return found


def _line(draw: st.DrawFn, place: int, day: date) -> Row:
    return {
        "line_id": f"L{place:03d}",
        "order_id": f"O{place // 2}",
        "ordered_on": day,
        "payee_id": draw(st.sampled_from([*PEOPLE, *PEOPLE, None])),
        "customer": draw(st.sampled_from(["x", None])),
        "product": None,
        "category": draw(st.sampled_from(["a", "b", None])),
        "channel": draw(st.sampled_from(["web", "shop", ""])),
        "territory": draw(st.sampled_from(["north", "south", None])),
        "kind": draw(st.sampled_from(["sale", "return"])),
        "quantity": draw(st.integers(-3, 9).map(Decimal)),
        "amount": draw(amounts),
        "cost": draw(st.one_of(st.none(), st.integers(0, 1000).map(Decimal))),
        "currency": draw(st.sampled_from(["USD", "EUR", "JPY"])),
        "returns_line_id": None,
        "host_id": draw(st.sampled_from([*PEOPLE, None])),
        "sold_on": draw(st.sampled_from([None, None, day - timedelta(days=50)])),
        **dict.fromkeys(ANCHOR_DAYS, draw(st.sampled_from([day, day + timedelta(days=9), None]))),
    }


@st.composite
def quota_rows(draw: st.DrawFn, period: Period, currency: str) -> list[Row]:
    """Rows inside the period, which is inside every longer window; the year before is left out."""
    rows: list[Row] = []
    own: Row = {"amount": Decimal("12345.67"), "currency": currency}
    for team in ("east", "west") if draw(st.booleans()) else ():
        days = {"starts_on": period.starts_on, "ends_before": period.ends_before}
        rows.append({"quota": "team-goal", "payee_id": team} | days | own)
    for payee in PEOPLE if draw(st.booleans()) else ():
        for year in (2022, 2023, 2024):
            days = {"starts_on": date(year, 4, 1), "ends_before": date(year + 1, 4, 1)}
            rows.append({"quota": "year-goal", "payee_id": payee} | days | own)
    for name in ("goal", "units-goal"):
        for payee in PEOPLE:
            if draw(st.integers(0, 3)):
                amount = st.sampled_from(["0", "3", "1000", "50000", "100000.01"])
                ends = [period.ends_before - timedelta(days=9), period.ends_before]
                starts = [period.starts_on, ends[0]]
                for first, before in list(zip(starts, ends, strict=True))[
                    draw(st.integers(0, 1)) :
                ]:
                    rows.append(
                        {
                            "quota": name,
                            "payee_id": payee,
                            "starts_on": first,
                            "ends_before": before,
                            "amount": Decimal(draw(amount)),
                            "currency": currency if name == "goal" else None,
                        }
                    )
    return rows


@st.composite
def figures(draw: st.DrawFn, ends: date, length: int) -> list[Row]:
    values = {
        "rating": ["0.79", "0.8", "1.2345678901", "-0.1", "0", "0.5"],
        "hours": ["0", "1", "3.5", "-2", "7"],
        "pay": ["6000", "1234.56785", "0"],
    }
    return [
        {
            "figure": name,
            "payee_id": payee,
            "on_date": ends - timedelta(days=day),
            "value": Decimal(draw(st.sampled_from(choices))),
        }
        for name, choices in values.items()
        for payee in PEOPLE
        for day in draw(st.sets(st.sampled_from([0, 1, 10, length, length + 1]), max_size=2))
    ]


@st.composite
def splits(draw: st.DrawFn, lines: list[Row]) -> list[Row]:
    rows = []
    for line in draw(
        st.lists(st.sampled_from(lines), unique_by=lambda row: str(row["line_id"]), max_size=4)
    ):
        shares = draw(
            st.sampled_from([["1"], ["0.6", "0.4"], ["0.33333333", "0.33333333", "0.33333334"], []])
        )
        given = {"line_id": line["line_id"]}
        for name, share in zip(PEOPLE, shares, strict=False):
            rows.append(given | {"payee_id": name, "share": Decimal(share), "is_overlay": False})
        if draw(st.booleans()):
            payee, share = draw(st.sampled_from(PEOPLE)), draw(st.sampled_from(["0.5", "1"]))
            rows.append(given | {"payee_id": payee, "share": Decimal(share), "is_overlay": True})
    return rows


def _exchange(lines: list[Row], ends: date, currency: str) -> list[Row]:
    bases = {"USD": 1_000_000, "EUR": 1_100_123, "JPY": 6_701, "KWD": 3_250_000}
    names = ("ordered_on", "sold_on", *ANCHOR_DAYS)
    seen = {line[name] for line in lines for name in names if line[name] is not None}
    days = sorted(seen | {ends - timedelta(days=1)})
    return [
        {
            "from_currency": other,
            "to_currency": currency,
            "on_date": day,
            "rate_type": "average",
            "rate": Decimal(bases[other] + day.toordinal() % 97 * 13).scaleb(-6),
        }
        for other in ("USD", "EUR", "JPY")
        if other != currency
        for day in days
    ]
