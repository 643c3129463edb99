"""Targets that are more than the sum of their rows: spread over a year, prorated, ramped, of teams.

These are few numbers and are worked out row by row, exactly, before the run; everything else about
quotas happens in the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from paceline.engine import windows
from paceline.engine.columns import MONEY, TEXT
from paceline.engine.money import DIGITS, round_to
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan, Quota
from paceline.engine.shape import arrow_table

Days = tuple[date, date]  # from a day up to, not including, another
FOREVER = date.max


def worked_out(plan: Plan) -> list[Quota]:
    """The quotas whose targets are worked out here."""
    return [quota for quota in plan.quotas if quota.is_worked_out]


def targets_of(plan: Plan, period: Period, tables: Mapping[str, pa.Table]) -> pa.Table:
    """The target of each payee for each such quota, as `quota`, `payee_id`, `target`."""
    rows: list[dict[str, object]] = []
    present = _presence(plan, tables)
    hired = _hired(plan, tables)
    teams = _teams(period, tables)
    for quota in worked_out(plan):
        by_name: dict[str, list[dict[str, object]]] = defaultdict(list)
        for row in _rows(tables, "quotas"):
            if row["quota"] == quota.name:
                by_name[str(row["payee_id"])].append(row)
        for payee, stretches in present.items():
            name = teams.get(payee) if quota.per == "team" else payee
            own = by_name.get(name or "", [])
            if own:
                exact = sum(
                    (_part(plan, period, quota, row, stretches, hired[payee]) for row in own),
                    Fraction(0),
                )
                target = _rounded(plan, quota, exact)
                rows.append({"quota": quota.id, "payee_id": payee, "target": target})
    return arrow_table({"quota": TEXT, "payee_id": TEXT, "target": MONEY}, rows)


def _rows(tables: Mapping[str, pa.Table], name: str) -> list[dict[str, object]]:
    table = tables.get(name)
    return [] if table is None else table.to_pylist()


def _presence(plan: Plan, tables: Mapping[str, pa.Table]) -> dict[str, list[Days]]:
    """The stretches in which each payee is in the plan, employed and not on leave."""
    employed: dict[str, list[Days]] = defaultdict(list)
    for row in _rows(tables, "payees"):
        employed[str(row["payee_id"])].append(_days(row))
    away: dict[str, list[Days]] = defaultdict(list)
    for row in _rows(tables, "leaves"):
        away[str(row["payee_id"])].append(_days(row))
    found: dict[str, list[Days]] = defaultdict(list)
    for row in _rows(tables, "assignments"):
        payee = str(row["payee_id"])
        if row["plan"] != plan.slug:
            continue
        stretches = [_days(row)]
        if "payees" in tables:
            stretches = [_both(one, other) for one in stretches for other in employed[payee]]
        for leave in away[payee]:
            stretches = [part for one in stretches for part in _without(one, leave)]
        found[payee] += [one for one in stretches if one[0] < one[1]]
    return dict(found)


def _hired(plan: Plan, tables: Mapping[str, pa.Table]) -> dict[str, date]:
    """The first day of employment, or, where nobody says it, in the plan."""
    found: dict[str, date] = {}
    for row in _rows(tables, "assignments"):
        if row["plan"] == plan.slug:
            payee, start = str(row["payee_id"]), _days(row)[0]
            found[payee] = min(found.get(payee, start), start)
    return found | {str(row["payee_id"]): _days(row)[0] for row in _rows(tables, "payees")}


def _days(row: Mapping[str, object]) -> Days:
    starts, ends = row["starts_on"], row["ends_before"]
    assert isinstance(starts, date)  # noqa: S101 -- the column is required
    return starts, ends if isinstance(ends, date) else FOREVER


def _both(one: Days, other: Days) -> Days:
    return max(one[0], other[0]), min(one[1], other[1])


def _without(one: Days, gap: Days) -> Iterator[Days]:
    yield one[0], min(one[1], gap[0])
    yield max(one[0], gap[1]), one[1]


def _teams(period: Period, tables: Mapping[str, pa.Table]) -> dict[str, str]:
    """Each payee's team on the last day of the period."""
    last = period.ends_before - timedelta(days=1)
    return {
        str(row["payee_id"]): str(row["team"])
        for row in _rows(tables, "teams")
        if _days(row)[0] <= last < _days(row)[1]
    }


def _part(
    plan: Plan,
    period: Period,
    quota: Quota,
    row: Mapping[str, object],
    stretches: Iterable[Days],
    hired: date,
) -> Fraction:
    """What a row of the quota sets as target for the quota's window, exactly."""
    window = windows.target_window(plan, period, quota.over)
    amount, days = row["amount"], _days(row)
    assert isinstance(amount, Decimal)  # noqa: S101 -- the column is required
    months = list(_months(plan, days))
    weights = _weights(plan, quota, months)
    total = Fraction(0)
    for weight, month in zip(weights, months, strict=True):
        if not window[0] <= month[0] < window[1]:
            continue
        total += weight * _there(quota, month, stretches) * _ramp(plan, quota, month[0], hired)
    return Fraction(amount) * total


def _months(plan: Plan, days: Days) -> Iterator[Days]:
    """The months of a row; of the first and the last what the row holds of them."""
    start = days[0]
    while start < days[1]:
        following = plan.calendar.end_of("month", start)
        yield start, min(following, days[1])
        start = following


def _weights(plan: Plan, quota: Quota, months: Sequence[Days]) -> list[Fraction]:
    """The share of a row's amount that falls to each of its months: all count evenly, a part of a
    month by its days; in a year of weeks all weeks do. Where there are weights, inside each part.
    """
    held = [plan.calendar.weight(start, end) for start, end in months]
    parts, size = quota.weights or (Decimal(1),), len(months) // max(len(quota.weights), 1)
    sums = [sum(held[place * size :][:size]) for place in range(len(parts))]
    return [
        Fraction(parts[place // size]) * Fraction(one, sums[place // size])
        for place, one in enumerate(held)
    ]


def _there(quota: Quota, month: Days, stretches: Iterable[Days]) -> Fraction:
    """How much a payee counts for of a month, or of the part of it that a row holds."""
    if quota.proration in {None, "none"}:
        return Fraction(1)
    shared = [_both(one, month) for one in stretches]
    present = sum((max((end - start).days, 0) for start, end in shared), 0)
    if quota.proration == "months":
        return Fraction(1 if present else 0)
    return Fraction(present, (month[1] - month[0]).days)


def _ramp(plan: Plan, quota: Quota, month: date, hired: date) -> Fraction:
    """The share of the target that is asked in a month after hiring; 1 when the ramp is over."""
    since = plan.calendar.months_between(hired, month)
    if 0 <= since < len(quota.ramp):
        return Fraction(quota.ramp[since])
    return Fraction(1)


def _rounded(plan: Plan, quota: Quota, exact: Fraction) -> Decimal:
    """Half up, to the digits of the currency, or to four decimals of a unit."""
    is_money = plan.measure(quota.measure).is_money
    digits = DIGITS[plan.currency] if is_money else 4
    scaled = exact * 10**digits * 10
    cut = Decimal(scaled.numerator // scaled.denominator).scaleb(-digits - 1)
    return round_to(cut, digits)
