"""Which tables and rows a plan's settlement needs: nothing that is left out reads as zero (S18)."""

from __future__ import annotations

from collections.abc import Iterator

from paceline.engine.money import round_to
from paceline.engine.settlement.books import Books


def check_tables(books: Books, given: set[str]) -> None:
    """Raises InputInvalid naming every table that is missing, and what cannot be settled again."""
    for table, reason in _needed(books):
        if table not in given:
            books.refuse("table_missing", table, table, reason)
    period, plan = books.period, books.plan
    if period.kind is not None:
        _check_period(books)
    if any(row["settled_on"] == period.starts_on for row in books.rows["earlier_earnings"]):
        books.refuse("settled_already", "earlier_earnings", period.key)
    for row in books.rows["balances"]:
        if row["currency"] != plan.currency:
            books.refuse("currency_differs", "balances", row["payee_id"], row["currency"])
    for name, columns in _MONEY.items():
        for row in books.rows[name]:
            if any(row[one] != round_to(row[one], plan.digits, "down") for one in columns):
                books.refuse("digits_too_many", name, row["payee_id"])
    books.stop_if_refused()


def _check_period(books: Books) -> None:
    """The period is of the plan's kind and calendar."""
    period, plan = books.period, books.plan
    if period.kind != plan.period:
        books.refuse("period_kind_differs", "period", period.key, plan.period)
    elif not plan.calendar.has(period):
        own = plan.calendar.nearest(plan.period, period.starts_on, period.ends_before)
        books.refuse("period_not_of_calendar", "period", period.key, own.key)


# Amounts of money in the plan's currency: they have its digits.
_MONEY: dict[str, tuple[str, ...]] = {
    "balances": ("original", "amount"),
    "earlier_earnings": ("earned", "counted"),
    "recalculated_earnings": ("earned",),
    "line_earnings": ("earned",),
    "rerated_earnings": ("before", "after"),
    "earlier_clawbacks": ("original", "amount"),
    "agreed_amounts": ("amount",),
}


def needs_employment(books: Books) -> bool:
    """Whether anything of the settlement depends on who is employed, where, or in what currency."""
    rules = books.rules
    return (
        rules.eligibility.needs_employment
        or rules.payment.currency == "payee"
        or rules.rule_packs == "by-country"
        or any({one.good_leaver, one.bad_leaver} != {"keeps"} for one in rules.payouts)
    )


def _needed(books: Books) -> Iterator[tuple[str, str]]:
    rules = books.rules
    if needs_employment(books):
        yield "employment", "who is employed, where, and in which currency they are paid"
    if rules.eligibility.leave == "pro-rata":
        yield "leave", "the days of leave"
    if rules.needs_lines:
        yield "line_earnings", "a payout is split by lines"
    if any(part.on == "cash" for payout in rules.payouts for part in payout.parts):
        yield "receipts", "a part is due on cash"
    if any(clause.amount is None for clause in rules.minimums):
        yield "agreed_amounts", "an amount is agreed by payee"
    if rules.payment.rounds_once:
        yield "unrounded_earnings", "payments are rounded once"
    day = books.period.starts_on
    first = books.plan.calendar.start_of("year", day) == day
    if any(limit.per == "year" for limit in rules.limits) and not first:
        yield "earlier_earnings", "a limit is per year"
    if books.rows["recalculated_earnings"] and rules.retroactivity == "carry-forward":
        yield "earlier_earnings", "earlier periods are recalculated"


def check_payee(books: Books, payee: str) -> None:
    """Note what is missing of one payee."""
    if needs_employment(books) and books.employment(payee) is None:
        when = f"who is settled for {books.period.key}"
        books.refuse("employment_missing", "employment", payee, when)
