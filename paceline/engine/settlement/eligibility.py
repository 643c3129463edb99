"""Who is paid what was earned, although they left, are on probation or were on leave (S3)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal

from paceline.engine.settlement.account import Account, Cause, Item
from paceline.engine.settlement.books import Books

ZERO = Decimal(0)


def forfeit(books: Books, account: Account, earned: list[Item]) -> None:
    """Take away what the payee has no claim to, reason by reason.

    The days that count shrink with each reason; what a reason takes is what the days before it
    would have paid less what the days after it pay.
    """
    steps = _counting_days(books, account.payee)
    if not steps:
        return
    days = (books.period.ends_before - books.period.starts_on).days
    for item in earned:
        if item.amount <= 0:
            continue
        kept = item.amount
        for reason, counting in steps:
            left = books.rounding.share(item.amount, counting, days)
            cause = Cause("forfeited", f"{books.rules.eligibility.clause}/{reason}", reason)
            account.post(item.place, left - kept, cause)
            kept = left


def _counting_days(books: Books, payee: str) -> list[tuple[str, int]]:
    """For each reason how many days of the period still count after it."""
    rule, period = books.rules.eligibility, books.period
    days: AbstractSet[date] = books.days
    row, left = books.employment(payee), books.left_on(payee)
    steps: list[tuple[str, int]] = []
    if left is not None and rule.resignation != "pays":
        days = _up_to(days, left) if rule.resignation == "pro-rata" else set[date]()
        steps.append(("resignation", len(days)))
    until = row["probation_ends_before"] if row is not None else None
    if until is not None and until > period.starts_on and rule.probation != "pays":
        if rule.probation == "pro-rata":
            days = {day for day in days if day >= until}
        elif until >= period.ends_before:
            days = set[date]()
        steps.append(("probation", len(days)))
    if rule.leave == "pro-rata":
        for away in books.of("leave", payee):
            days = {day for day in days if not away["starts_on"] <= day < away["ends_before"]}
        steps.append(("leave", len(days)))
    return steps


def _up_to(days: AbstractSet[date], end: date) -> set[date]:
    return {day for day in days if day < end}
