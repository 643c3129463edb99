"""Split payment: which part of what is earned falls due when (S6), and its falling due (S7)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from paceline.engine.money import allocate
from paceline.engine.plan.settlement_model import Part, Payout
from paceline.engine.settlement.account import Account, Cause, Item, Place
from paceline.engine.settlement.books import Books
from paceline.engine.settlement.opening import Row

ZERO = Decimal(0)


@dataclass(frozen=True)
class Share:
    """A piece of what a component earned: of one line, or of the component as a whole."""

    amount: Decimal
    line: Row | None


def add_months(day: date, months: int) -> date:
    """The same day so many months later; where that month is shorter, its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def split(books: Books, account: Account, earned: Mapping[Place, Decimal]) -> None:
    """Put off what the plan pays later; what it pays on booking stays due.

    `earned` is what the run says of each component, before limits and eligibility changed it.
    """
    for place, amount in earned.items():
        payout = books.rules.payout_of(place.component)
        if payout is not None:
            for piece in _pieces(books, account, payout, (place, amount)):
                _split_piece(books, account, place, payout, piece)


def _split_piece(
    books: Books, account: Account, place: Place, payout: Payout, piece: Share
) -> None:
    amounts = allocate(
        piece.amount, [part.share for part in payout.parts], digits=books.plan.digits
    )
    line_id = piece.line["line_id"] if piece.line is not None else ""
    for part, amount in zip(payout.parts, amounts, strict=True):
        if part.on == "booking":
            continue
        due_on = _due_on(books, part, piece.line)
        basis = _basis(books, part, piece.line)
        # The rate is frozen here: from now on the item is what it is, whatever the plan becomes.
        cause = Cause("deferred", part.clause, part.on)
        target = place._replace(account="deferred", reference=line_id, origin=part.clause)
        account.post(place, -amount, cause)
        account.post(target, amount, cause, due_on=due_on, basis=basis)


def _pieces(
    books: Books, account: Account, payout: Payout, earned: tuple[Place, Decimal]
) -> Iterator[Share]:
    """What is split: the lines of the component where a part depends on them, else all of it.

    Where limits or eligibility changed what the component earns, its lines share the change in
    proportion, so that they still add up. Lines that add up to nothing can share nothing: then the
    change stays due.
    """
    place, stated = earned
    here = account.items.get(place)
    amount = here.amount if here is not None else ZERO
    if not payout.needs_lines:
        yield Share(amount, None)
        return
    lines = lines_of_period(books, account.payee, place.component)
    total = sum((line["earned"] for line in lines), ZERO)
    if total != stated:
        detail = f"{total:f}, the component earned {stated:f}"
        subject = f"{account.payee}, {place.component}"
        books.refuse("line_earnings_differ", "line_earnings", subject, detail)
        return
    amounts = [line["earned"] for line in lines]
    if total != amount and total:
        amounts = books.rounding.spread(amount, amounts)
    for line, part in zip(lines, amounts, strict=True):
        yield Share(part, line)


def lines_of_period(books: Books, payee: str, component: str) -> list[Row]:
    """The lines of the open period that the component earned on, in the order of their days."""
    period = books.period
    rows = [
        row
        for row in books.of("line_earnings", payee)
        if row["component"] == component
        and period.starts_on <= row["occurred_on"] < period.ends_before
    ]
    return sorted(rows, key=lambda row: (row["occurred_on"], row["line_id"]))


def booked(books: Books, component: str, earned: Decimal) -> Decimal:
    """What of an amount that a component earned is paid on booking."""
    payout = books.rules.payout_of(component)
    if payout is None:
        return earned
    amounts = allocate(earned, [part.share for part in payout.parts], digits=books.plan.digits)
    pairs = zip(payout.parts, amounts, strict=True)
    return sum((amount for part, amount in pairs if part.on == "booking"), ZERO)


def _due_on(books: Books, part: Part, line: Row | None) -> date | None:
    if part.on == "return-window" and line is not None:
        day: date = line["occurred_on"]
        return day + timedelta(days=part.days)
    if part.on in {"later", "vesting"}:
        return add_months(books.pays_on, part.months)
    return None


def _basis(books: Books, part: Part, line: Row | None) -> Decimal | None:
    """What is to be collected of the line before a part on cash is due in full."""
    if part.on != "cash" or line is None:
        return None
    if not line["line_amount"]:
        books.refuse("line_amount_missing", "line_earnings", line["line_id"])
        return Decimal(1)
    amount: Decimal = line["line_amount"]
    return amount


def fall_due(books: Books, account: Account, left: date | None = None) -> None:
    """Move what has come to its date, or to its receipts, to what is due.

    Of somebody who `left`, only what had come to its date by then: the clause on leaving decides
    what becomes of the rest, however late the settlement is that sees both.
    """
    reached = books.pays_on if left is None else min(books.pays_on, left)
    for item in account.on("deferred"):
        if item.due_on is not None:
            amount = item.amount if item.due_on <= reached else ZERO
            reason = "date"
        else:
            amount, reason = _collected(books, item), "receipt"
        if amount:
            account.move(item, amount, "due", Cause("fallen-due", item.place.origin, reason))


def _collected(books: Books, item: Item) -> Decimal:
    """What the receipts so far make due, rounded once, less what they made due before.

    A receipt that is reversed makes nothing due, and takes nothing back.
    """
    if item.basis is None:
        return ZERO
    received = sum(
        (
            row["amount"]
            for row in books.of("receipts", item.place.reference, "line_id")
            if row["received_on"] < books.period.ends_before
        ),
        ZERO,
    )
    share = Fraction(received) * Fraction(*reversed(item.basis.as_integer_ratio()))
    reached = books.rounding.of(Fraction(item.original) * min(max(share, Fraction(0)), Fraction(1)))
    now = reached - (item.original - item.amount)
    return now if now * item.original > 0 else ZERO
