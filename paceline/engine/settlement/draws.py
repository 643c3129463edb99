"""Guarantees and draws lift what is due to a minimum (S10, S11)."""

from __future__ import annotations

from decimal import Decimal

from paceline.engine.plan.settlement_model import Draw, Guarantee
from paceline.engine.settlement.account import Account, Cause, Item, Place
from paceline.engine.settlement.books import Books

ZERO = Decimal(0)


def agreed_amount(books: Books, clause: Draw | Guarantee, payee: str) -> Decimal | None:
    """The minimum of a payee: the same for all, or as agreed; None for whom nothing is agreed."""
    if clause.amount is not None:
        return clause.amount
    rows = [row for row in books.of("agreed_amounts", payee) if row["clause"] == clause.id]
    return rows[0]["amount"] if rows else None


def least_pay(books: Books, payee: str) -> Decimal:
    """The highest minimum that holds in the period: no recovery takes pay below it."""
    running = [
        agreed_amount(books, clause, payee)
        for clause in books.rules.minimums
        if clause.span.runs_in(books.period)
    ]
    return max((amount for amount in running if amount is not None), default=ZERO)


def guarantee(books: Books, account: Account) -> None:
    """Lift what is due to the guaranteed amount; nobody owes it back."""
    for clause in books.rules.guarantees:
        amount = agreed_amount(books, clause, account.payee)
        if amount is None or not clause.span.runs_in(books.period):
            continue
        missing = max(ZERO, amount - account.due())
        place = Place("due", "", clause.id, clause.clause, books.period.starts_on)
        account.post(place, missing, Cause("guarantee", clause.clause))


def owed_back(account: Account, clause: Draw) -> Item | None:
    """The one balance of a draw, whichever version of the plan began it."""
    items = (item for item in account.on("draw") if item.place.reference == clause.id)
    return next(items, None)


def draw(books: Books, account: Account) -> None:
    """Lift what is due to the draw. What is owed back stands against it as a debt."""
    for clause in books.rules.draws:
        amount = agreed_amount(books, clause, account.payee)
        if amount is None or not clause.span.runs_in(books.period):
            continue
        missing = max(ZERO, amount - account.due())
        if clause.limit is not None:
            owed = owed_back(account, clause)
            missing = min(missing, max(ZERO, clause.limit + (owed.amount if owed else ZERO)))
        place = Place("due", "", clause.id, clause.clause, books.period.starts_on)
        cause = Cause("draw", clause.clause)
        account.post(place, missing, cause)
        if clause.is_owed_back:
            owed = owed_back(account, clause)
            debt = Place("draw", "", clause.id, clause.clause, books.period.starts_on)
            account.post(owed.place if owed else debt, -missing, cause)


def forgive(books: Books, account: Account) -> None:
    """At the end of a draw that is forgiven, cancel what has not been recovered."""
    for clause in books.rules.draws:
        owed = owed_back(account, clause)
        if clause.kind == "forgiven" and owed is not None and clause.span.ends_with(books.period):
            account.post(owed.place, -owed.amount, Cause("forgiven", clause.clause))
