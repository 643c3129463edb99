"""Generated components: every way to pay, every reading of a rate table, every limit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import strategies as st

LENGTHS = ("transaction", "day", "week", "half-month", "month", "quarter", "half-year", "year")
WITH_PARTS = ("sales", "net", "orders", "profit", "margin", "basis")
KINDS = (
    *("commission", "bonus", "override", "spiff", "scorecard", "pool", "contest", "award"),
    "retention",
)
Clause = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """What the components of one generated plan may refer to."""

    style: Random
    period: str
    currency: str
    accumulation: str
    types: Mapping[str, str]
    targets: Mapping[str, tuple[str, str]]  # the measure of each quota, and over what

    def compared(self, window: str) -> int:
        """Below zero for a window shorter than the period, above for a longer one."""
        if window == "period":
            return 0
        return LENGTHS.index(window) - LENGTHS.index(self.period)

    def over(self, window: str) -> str:
        return window if self.compared(window) > 0 else "period"

    def attained(self, window: str, measures: Collection[str]) -> list[str]:
        """The quotas of some measures whose attainment a rate table of a window may ask for."""
        if self.compared(window) < 0:
            return []
        wanted = self.over(window)
        return [
            quota
            for quota, (measure, over) in self.targets.items()
            if measure in measures and over == wanted
        ]


def is_longer(window: str, period: str) -> bool:
    return window != "period" and LENGTHS.index(window) > LENGTHS.index(period)


def components(draw: st.DrawFn, shape: Shape, *, fixed_window: bool) -> list[Clause]:
    style = shape.style
    makers = [_rates, _rates, style.choice([_rates, _pays, _scorecard]), style.choice(_OTHERS)]
    if style.randrange(3) == 0:
        makers.append(style.choice(_OTHERS))
    found: list[Clause] = []
    for place, make in enumerate(makers):
        form = make(draw, shape) if make is not _rates else _rates(draw, shape, fixed_window)
        head = {"id": f"part-{place}", "name": "Part", "kind": style.choice(KINDS)}
        found.append(head | form | _limits(draw, shape, found))
    return found


# --- rate tables ----------------------------------------------------------------------------------


def _rates(draw: st.DrawFn, shape: Shape, fixed_window: bool = False) -> Clause:  # noqa: FBT001, FBT002
    style = shape.style
    window = shape.accumulation
    own = None
    if not fixed_window and style.randrange(3) == 0:
        own = style.choice(["period", *LENGTHS])
        window = own
    compared = shape.compared(window)
    if style.randrange(3) == 0:
        return _table(shape, window) | ({"accumulation": own} if own else {})
    names = list(WITH_PARTS) if compared else list(shape.types)
    on = style.choice(["amount", "attainment", "measure"])
    measure, on, quota = _paid_on(shape, window, names, on)
    by = style.choice(names) if on == "measure" else measure
    reading = style.choice(["slice", "whole", "whole", "interpolated"])
    by_shares = on == "measure" and reading == "slice"
    if by_shares:  # from line to line
        measure, by = (style.choice(["sales", "net", "orders", "profit"]) for _ in range(2))
    is_dated = style.randrange(4) == 0 and reading != "interpolated" and measure != "recent"
    by_last_day = not is_dated and not by_shares and style.randrange(5) == 0
    value = {"slice": "rate", "interpolated": style.choice(["amount", "target_share"])}.get(
        reading, style.choice(["rate", "rate", "amount", "target_share"])
    )
    value = "rate" if is_dated else value
    if is_dated and on != "attainment" and not by_shares:
        by = style.choice(WITH_PARTS) if on == "measure" else ""
        measure = style.choice(["sales", "net", "orders", "profit"])
        by = by or measure
    names = list(WITH_PARTS) if is_dated else names
    table: Clause = {"reading": reading, "on": on}
    if on == "attainment":
        table["quota"] = quota
    if on == "measure":
        table["by"] = by
    share = on == "attainment" or shape.types[by] == "percent"
    can_be_marginal = reading == "whole" and value == "rate" and on != "measure"
    columns: list[int] = []  # in each dimension
    if reading == "whole" and style.randrange(3 if is_dated else 5) == 0:
        steps = {"percent": ["0%", "7.5%", "40%"], "money": ["0", "3000"]}
        count = style.choice([1, 1, 2, 3])
        across = [
            {"by": name, "from": steps.get(shape.types[name], ["0", "2"])}
            for name in style.sample([*names], min(count, len(names)))
        ]
        columns = [len(one["from"]) for one in across]
        table["across"] = across if len(across) > 1 or style.randrange(4) == 0 else across[0]
        can_be_marginal = False
    plain = not (by_shares or is_dated or by_last_day or columns)
    is_bounded = compared < 0 and value == "rate" and plain and style.randrange(4) == 0
    if is_bounded:
        table["each"] = style.choice([{"floor": "5", "cap": "300"}, {"cap": "20"}, {"floor": "2"}])
    read = partial(
        _tiers,
        draw,
        columns=columns,
        one=is_bounded,
        unit="percent" if share else shape.types[by],
        value=value,
        paid="percent"
        if value == "target_share" or (value == "rate" and shape.types[measure] == "money")
        else "amount",
        marginal=can_be_marginal and style.randrange(2) == 0,
        ends=reading == "interpolated",
    )
    changes = ["last-day"] if by_last_day else ["carry-on", "anew"]
    days = is_dated or by_last_day
    table |= _dated(style, read, changes) if days else {"tiers": read()}
    return {"measure": measure, "rates": table} | ({"accumulation": own} if own else {})


def _dated(style: Random, read: Callable[[], list[Clause]], changes: list[str]) -> Clause:
    """Tiers that change on one, two or three days."""
    days = style.sample(["2023-12-05", "2024-01-17", "2024-02-10", "2024-03-01"], 3)
    change = style.choice(changes)
    lists: list[Clause] = [{"tiers": read()}]
    lists += [{"from": day, "tiers": read()} for day in sorted(days[: style.choice([1, 2, 3])])]
    if style.randrange(2):
        for one, following in pairwise(lists):
            one["before"] = following["from"]
    return {"change": change, "dated": lists}


def _paid_on(
    shape: Shape, window: str, measures: Collection[str], on: str
) -> tuple[str, str, str | None]:
    """The measure of a rate table, what its bounds are compared with, and the quota of that."""
    quotas = shape.attained(window, measures) if on == "attainment" else []
    if quotas:
        quota = shape.style.choice(quotas)
        return shape.targets[quota][0], on, quota
    measure = shape.style.choice(["sales", "sales", *measures])
    return measure, "amount" if on == "attainment" else on, None


RATE_TABLES = {
    "by-category": ["category"],
    "by-place": ["channel", "territory"],
    "by-person": ["payee_id", "category", "host_id"],
}


def _table(shape: Shape, window: str) -> Clause:
    """Tiers that are rows of a table of rates."""
    style = shape.style
    summed = ("sales", "net", "orders", "profit")
    on = style.choice(["amount", "amount", "attainment", "measure"])
    measure, on, quota = _paid_on(shape, window, summed, on)
    reading = style.choice(["slice", "whole"]) if on == "amount" else "whole"
    name = style.choice([*RATE_TABLES])
    missing = "refuse" if style.randrange(8) == 0 else "nothing"
    table: Clause = {"name": name, "by": RATE_TABLES[name], "missing": missing}
    table["pays"] = "rate" if reading == "slice" else style.choice(["rate", "rate", "amount"])
    if on == "amount":
        table["counts"] = "each" if reading == "slice" else style.choice(["each", "all"])
    rates: Clause = {"reading": reading, "on": on, "table": table}
    rates |= {"quota": quota} if on == "attainment" else {}
    rates |= {"by": style.choice(WITH_PARTS)} if on == "measure" else {}
    return {"measure": measure, "rates": rates}


def _tiers(
    draw: st.DrawFn,
    *,
    unit: str,
    value: str,
    paid: str,
    marginal: bool,
    ends: bool,
    columns: Sequence[int] = (),
    one: bool = False,
) -> list[Clause]:
    starts = [0, *sorted(draw(st.sets(st.integers(1, 300), min_size=1, max_size=3)))]
    starts = starts[:1] if one else starts
    found: list[Clause] = []
    for start in starts:
        tier: Clause = {"from": _bound(start, unit)}
        tier[value] = _cells(draw, value, paid, columns)
        if marginal and start and draw(st.booleans()):
            tier["marginal"] = "yes"
        elif marginal:
            tier["marginal"] = "no"
        found.append(tier)
    if len(found) > 1 and draw(st.integers(0, 3)) == 0:  # an end may be stated, and is checked
        for tier, following in pairwise(found):
            tier["to"] = following["from"]
    if ends:
        found[-1]["to"] = _bound(starts[-1] + draw(st.integers(1, 90)), unit)
    return found


def _cells(draw: st.DrawFn, value: str, paid: str, columns: Sequence[int]) -> Any:
    """What a tier pays, in a grid for each column of the first dimension a list by the next."""
    if not columns:
        return _cell(draw, value, paid)
    return [_cells(draw, value, paid, columns[1:]) for _ in range(columns[0])]


def _cell(draw: st.DrawFn, value: str, paid: str) -> str:
    """What a tier, or a cell of a grid, pays."""
    amount = Decimal(draw(st.integers(0, 200_000)))
    if paid == "percent" and draw(st.integers(0, 2)) == 0:
        return f"{(amount % 50) / 2:f}%"
    if paid == "percent":
        return f"{amount.scaleb(-4 if value == 'rate' else -3):f}%"
    return f"{amount.scaleb(-3).quantize(Decimal('0.01')):f}"


def _bound(start: int, unit: str) -> str:
    return {"percent": f"{start}%", "money": str(start * 250)}.get(unit, str(start))


# --- other ways to pay ----------------------------------------------------------------------------


def _pays(_draw: st.DrawFn, shape: Shape) -> Clause:
    money = f"100 {shape.currency}"
    return {
        "pays": shape.style.choice(
            [
                {"amount": "250"},
                {"target_share": "33.333333%"},
                {"formula": "sales * 1% + given(pay, 0) * rating"},
                {"formula": f"if(goal.attainment >= 80%, {money}, profit * 3.3%)"},
                {"formula": "divide(goal.target, hours, 0) * 2%"},
                {"formula": f"max({money}, sales * margin)"},
            ]
        )
    }


def _scorecard(draw: st.DrawFn, shape: Shape) -> Clause:
    style = shape.style
    values = [
        ("percent", "rating"),
        ("percent", "goal.attainment"),
        ("percent", "margin"),
        ("quantity", "hours"),
        ("money", "sales"),
        ("percent", "given(margin, 10%)"),
    ]
    weights = style.choice([["40", "25", "35"], ["33.3333", "33.3333", "33.3334"], ["100"]])
    indicators = []
    for place, weight in enumerate(weights):
        unit, value = style.choice(values)
        one: Clause = {"id": f"i{place}", "weight": f"{weight}%", "value": value}
        if unit != "percent" or style.randrange(2):
            one["steps"] = _tiers(
                draw, unit=unit, value="rate", paid="percent", marginal=False, ends=False
            )
        if style.randrange(3) == 0:
            one["gate"] = style.choice(["rating >= 50%", "hours > 0", "given(margin, 1%) > 0%"])
        indicators.append(one)
    target = style.choice([f"6000 {shape.currency}", "pay", "sales * 3.3%"])
    return {"scorecard": {"target": target, "indicators": indicators}}


# Who plays a game whose values stand in the plan, and what they are worth.
PLAYERS = ("ana", "ben")
STATED_GAME: list[Clause] = [
    {"of": "ana", "value": "100"},
    {"of": "ben", "value": "33.3333"},
    {"of": ["ana", "ben"], "value": "350"},
]


def _pool(_draw: st.DrawFn, shape: Shape) -> Clause:
    style = shape.style
    amount = style.choice(
        [
            "sales * 1.234567%",
            "pay * goal.attainment",
            "given(pay, 0) + profit * 1%",
            "goal.target * 0.5%",
            f"if(units_goal.attainment > 50%, sales, 100 {shape.currency}) * 10%",
        ]
    )
    if style.randrange(3) == 0:
        return {"pool": {"amount": amount, "shapley": style.choice(["game", STATED_GAME])}}
    return {
        "pool": {"amount": amount, "share": style.choice(["hours", "orders", "rating", "sales"])}
    }


def _contest(_draw: st.DrawFn, shape: Shape) -> Clause:
    style = shape.style
    score, least = style.choice(
        [("goal.attainment", "50%"), ("hours", "1"), ("sales", "100"), ("orders", "1")]
    )
    contest = {
        "score": score,
        "prizes": style.choice([["500", "300", "200"], ["100"], ["7", "5", "5", "1"]]),
        "ties": style.choice(["each", "shared"]),
        "among": style.choice(["plan", "team"]),
    }
    return {"contest": contest | ({"at_least": least} if style.randrange(2) else {})}


_OTHERS = (_pays, _scorecard, _pool, _contest)


# --- limits ---------------------------------------------------------------------------------------


def _condition(draw: st.DrawFn, shape: Shape, above: list[Clause]) -> Any:
    earned = [
        f"{part['id'].replace('-', '_')}.earned"
        for part in above
        if part.get("unit", "money") == "money"
    ]
    formulas = [
        "rating >= 50% or sales > 0",
        "not (mixed > 0)",
        "margin > 10% and hours >= 1",
        "given(rating, 100%) > 90%",
        *(f"{name} > 0" for name in earned),
    ]
    if shape.types["mixed"] == "percent":
        formulas.append("if(mixed > 10%, true, orders > 1)")
    return shape.style.choice(
        [
            {"measure": "orders", "at_least": str(draw(st.integers(0, 3)))},
            {"attainment": "goal", "at_least": f"{draw(st.integers(0, 120))}%"},
            {"attainment": "far-goal", "at_least": "50%"},
            {"measure": "rating", "at_least": "80%"},
            *formulas,
        ]
    )


def _limits(draw: st.DrawFn, shape: Shape, above: list[Clause]) -> Clause:
    style = shape.style
    found: Clause = {}
    if style.randrange(2) == 0:
        found["when"] = _condition(draw, shape, above)
    if style.randrange(3) == 0:
        found["times"] = [
            {"by": style.choice(["120%", "33.333333%", "margin", "given(rating, 50%)"])}
            | ({"when": _condition(draw, shape, above)} if style.randrange(2) else {})
            for _ in range(style.choice([1, 2]))
        ]
    found |= draw(
        st.sampled_from([{}, {}, {"cap": "100"}, {"floor": "10"}, {"cap": "900", "floor": "1"}])
    )
    if style.randrange(5) == 0:
        found["unit"] = style.choice(["points", "leave-days", "certificate", "money"])
    return found
