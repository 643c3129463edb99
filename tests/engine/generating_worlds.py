"""Generated worlds: people, what they sold, and all that a plan asks of a company."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, pairwise, product
from typing import Any

from hypothesis import strategies as st

from paceline.engine.periods import Period

from .generating_components import RATE_TABLES
from .oracle.days import holds

Row = dict[str, Any]
Rows = dict[str, list[Row]]
PEOPLE = ["ana", "ben", "cho", "dai", "eve"]
ANCHOR_DAYS = ["invoiced_on", "shipped_on", "paid_on", "final_on"]
RATE_TYPES = ["average", "closing"]

amounts = st.one_of(
    st.sampled_from(["0", "0.005", "100", "1000", "50000", "99999.9999"]).map(Decimal),
    st.integers(-5_000_000, 50_000_000).map(lambda n: Decimal(n).scaleb(-4)),
    st.integers(-100_000, 500_000).map(Decimal),
)
# A few percent and a half of whole amounts end in half a cent, which is where roundings differ.
whole_amounts = st.integers(-100, 3_000).map(Decimal)


# What lines say in the plan's attributes: nothing, all of it, or some.
SAID: list[Row] = [
    dict.fromkeys(["brand", "tax", "weight", "discount", "promised_on", "gift"]),
    {
        "brand": "p",
        "tax": Decimal("12.3456"),
        "weight": Decimal("2.5"),
        "discount": Decimal("0.12345678"),
        "promised_on": date(2024, 2, 10),
        "gift": True,
    },
    {
        "brand": "r",
        "tax": Decimal("-0.0001"),
        "weight": None,
        "discount": Decimal("0.05"),
        "promised_on": date(2023, 12, 31),
        "gift": False,
    },
]


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
def worlds(
    draw: st.DrawFn,
    period: Period,
    currency: str,
    *,
    two_days: bool,
    overlays: bool = True,
    players: Sequence[str] = (),
    years: Sequence[date],
) -> Rows:
    """Rows of every table. `overlays` says whether split rows may be on top of their line, and
    `players` are together in a team and in the plan; `years` are the days on which those of quotas
    begin.
    """
    ends = period.ends_before
    length = (ends - period.starts_on).days
    inside = st.integers(1, length)
    days = st.one_of(inside, inside, inside, st.integers(-8, 800))
    if not two_days:  # a line that was sold so long ago has no rate
        days = st.one_of(days, st.integers(3_695, 3_705))
    is_plain = draw(st.integers(0, 3)) == 0
    sold = whole_amounts if is_plain else amounts
    paid_in = st.just(currency) if is_plain else st.sampled_from(["USD", "EUR", "JPY"])
    lines = [
        _line(draw, place, ends - timedelta(days=draw(days)), sold, paid_in)
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
    rows["quotas"] = draw(quota_rows(period, currency, years))
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
    rows["owners"] += [
        {"kind": "category", "key": "a", "share": Decimal("0.5")} | row
        for row in draw(intervals(ends, "dai"))
    ]
    teams = st.sampled_from(["east", "west"]).map(lambda team: {"team": team})
    rows["teams"] = [row for name in PEOPLE for row in draw(intervals(ends, name, teams))]
    _put_together(rows, players, ends)
    rows["coalitions"] = draw(coalitions(rows, period))
    if draw(st.booleans()) and lines:
        rows["credit_splits"] = draw(splits(lines, overlays=overlays))
    rows["rate_tables"] = draw(rate_tables(ends))
    rows["exchange_rates"] = _exchange(lines, ends, currency)
    return rows


def _put_together(rows: Rows, players: Sequence[str], ends: date) -> None:
    since = {"starts_on": ends - timedelta(days=900), "ends_before": None}
    for name, more in (("assignments", {"plan": "generated"}), ("teams", {"team": "east"})):
        rows[name] = [row for row in rows[name] if row["payee_id"] not in players]
        rows[name] += [{"payee_id": one} | since | more for one in players]


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


def _line(
    draw: st.DrawFn,
    place: int,
    day: date,
    sold: st.SearchStrategy[Decimal],
    paid_in: st.SearchStrategy[str],
) -> Row:
    return {
        "line_id": f"L{place:03d}",
        "order_id": f"O{place // 2}",
        "ordered_on": day,
        "payee_id": draw(st.sampled_from([*PEOPLE, *PEOPLE, None])),
        "customer": draw(st.sampled_from(["x", None])),
        "product": draw(st.sampled_from(["p1", "p3", None])),
        "category": draw(st.sampled_from(["a", "b", None])),
        "channel": draw(st.sampled_from(["web", "shop", ""])),
        "territory": draw(st.sampled_from(["north", "south", None])),
        "kind": draw(st.sampled_from(["sale", "return"])),
        "quantity": draw(st.integers(-3, 9).map(Decimal)),
        "amount": draw(sold),
        "cost": draw(st.one_of(st.none(), st.integers(0, 1000).map(Decimal))),
        "currency": draw(paid_in),
        "returns_line_id": None,
        "host_id": draw(st.sampled_from([*PEOPLE, None])),
        **draw(st.sampled_from(SAID)),
        "sold_on": draw(st.sampled_from([None, None, day - timedelta(days=50)])),
        **dict.fromkeys(ANCHOR_DAYS, draw(st.sampled_from([day, day + timedelta(days=9), None]))),
    }


@st.composite
def quota_rows(draw: st.DrawFn, period: Period, currency: str, years: Sequence[date]) -> list[Row]:
    """Rows inside the period, which is inside every longer window; the year before is left out."""
    rows: list[Row] = []
    own: Row = {"amount": Decimal("12345.67"), "currency": currency}
    for team in ("east", "west") if draw(st.booleans()) else ():
        inside = period.starts_on + timedelta(days=10)  # a quota may change inside a month
        edges = [period.starts_on, *([inside] if draw(st.booleans()) else []), period.ends_before]
        for first, before in pairwise(edges):
            days = {"starts_on": first, "ends_before": before}
            rows.append({"quota": "team-goal", "payee_id": team} | days | own)
    for payee in PEOPLE if draw(st.booleans()) else ():
        for first, before in pairwise(years):
            days = {"starts_on": first, "ends_before": before}
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
def splits(draw: st.DrawFn, lines: list[Row], *, overlays: bool) -> list[Row]:
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
        if overlays and draw(st.booleans()):
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
            "rate_type": rate_type,
            "rate": Decimal(bases[other] + day.toordinal() % (97 - 60 * place) * 13).scaleb(-6),
        }
        for place, rate_type in enumerate(RATE_TYPES)
        for other in ("USD", "EUR", "JPY")
        if other != currency
        for day in days
    ]
