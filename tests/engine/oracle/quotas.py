"""Targets that are worked out month by month (6.5, 6.6)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from paceline.engine.money import DIGITS
from paceline.engine.plan.model import Plan, Quota

from .days import Calendar, Days, Row, holds, within


def worked_out(
    plan: Plan, calendar: Calendar, quota: Quota, payee: str, days: Days
) -> Decimal | None:
    """A payee's target in a window: each month's part of each row, times presence, times ramp."""
    whose = calendar.team(payee) if quota.per == "team" else payee
    rows = [
        row
        for row in calendar.rows.get("quotas", [])
        if row["quota"] == quota.name and row["payee_id"] == whose
    ]
    if not rows:
        return None
    exact = sum((_of_row(calendar, quota, payee, row, days) for row in rows), Fraction(0))
    digits = DIGITS[plan.currency] if plan.measure(quota.measure).is_money else 4
    half_up = (2 * exact * 10**digits + 1) // 2
    return Decimal(int(half_up)).scaleb(-digits)


def _of_row(calendar: Calendar, quota: Quota, payee: str, row: Row, days: Days) -> Fraction:
    months: dict[date, list[date]] = {}
    for n in range((row["ends_before"] - row["starts_on"]).days):
        day: date = row["starts_on"] + timedelta(days=n)
        months.setdefault(calendar.unit_start("month", day), []).append(day)
    parts = [
        calendar.month_weight(held[0], held[-1] + timedelta(days=1)) for held in months.values()
    ]
    found = Fraction(0)
    for place, (month, held) in enumerate(months.items()):
        if not within(held[0], days):
            continue
        part = parts[place] / sum(parts)
        if quota.weights:
            size = len(months) // len(quota.weights)
            alike = parts[place // size * size :][:size]
            part = Fraction(quota.weights[place // size]) * parts[place] / sum(alike)
        found += part * _there(calendar, quota, payee, held) * _asked(calendar, quota, payee, month)
    return found * Fraction(row["amount"])


def _there(calendar: Calendar, quota: Quota, payee: str, every: list[date]) -> Fraction:
    """How much of these days counts: all, if any is in the plan, or those in the plan."""
    if quota.proration in {None, "none"}:
        return Fraction(1)
    present = sum(_present(calendar, payee, day) for day in every)
    if quota.proration == "months":
        return Fraction(1 if present else 0)
    return Fraction(present, len(every))


def _present(calendar: Calendar, payee: str, day: date) -> bool:
    """In the plan and not on leave."""
    away = (row for row in calendar.rows.get("leaves", []) if row["payee_id"] == payee)
    return calendar.in_plan(payee, day) and not any(holds(row, day) for row in away)


def _asked(calendar: Calendar, quota: Quota, payee: str, month: date) -> Fraction:
    """The ramp: the share of the target asked in the months from that of hiring on."""
    hired = _hired(calendar, payee)
    since = calendar.months_since(hired, month)
    return Fraction(quota.ramp[since]) if 0 <= since < len(quota.ramp) else Fraction(1)


def _hired(calendar: Calendar, payee: str) -> date:
    """The day of employment; without a table of payees, the first day in the plan."""
    if "payees" in calendar.rows:
        return min(row["starts_on"] for row in calendar.rows["payees"] if row["payee_id"] == payee)
    return min(
        row["starts_on"]
        for row in calendar.rows["assignments"]
        if row["payee_id"] == payee and row["plan"] == calendar.plan.slug
    )


__all__ = ["worked_out"]
