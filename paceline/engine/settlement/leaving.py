"""What becomes of parts that have not fallen due when their payee leaves (S8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from paceline.engine.plan.settlement_model import Leaving, Payout
from paceline.engine.settlement.account import Account, Cause, Item
from paceline.engine.settlement.books import Books
from paceline.engine.settlement.law import RulePack

ZERO = Decimal(0)


def settle_leaver(books: Books, account: Account, pack: RulePack | None) -> None:
    """Keep, pay, forfeit or share by time each deferred part, as its payout clause says.

    Where a rule pack asks for an agreement to keep anything back from somebody who left, and there
    is none, what would be kept is paid.
    """
    left = books.left_on(account.payee)
    deferred = account.on("deferred")
    if left is None or not any(item.amount for item in deferred):
        return
    for item in deferred:
        if not item.amount:
            continue
        payout = _payout(books, item)
        if payout is None:
            books.note(account.payee, "clause_gone", item.place.reference, item.place.origin)
            outcome: Leaving = "keeps"
        else:
            outcome = _outcome(books, account.payee, payout)
        clause = f"{payout.clause}/leaving" if payout is not None else item.place.origin
        if outcome == "keeps":
            _keep(books, account, item, pack)
            continue
        paid = {
            "pays": item.amount,
            "forfeits": ZERO,
            "pro-rata": _vested(books, item, left) if outcome == "pro-rata" else ZERO,
        }[outcome]
        account.lower(item, item.amount - paid, Cause("forfeited", clause, "leaving"))
        rest = account.items.get(item.place)
        if rest is not None and paid:
            account.move(rest, paid, "due", Cause("fallen-due", clause, "leaving"))


def _payout(books: Books, item: Item) -> Payout | None:
    """The clause of the plan that put the item off; it may be gone in a later version."""
    clauses = {part.clause: payout for payout in books.rules.payouts for part in payout.parts}
    return clauses.get(item.place.origin)


def _outcome(books: Books, payee: str, payout: Payout) -> Leaving:
    row = books.employment(payee)
    leaver = row["leaver"] if row is not None else ""
    if payout.good_leaver == payout.bad_leaver:
        return payout.good_leaver
    if not leaver:
        books.refuse("leaver_missing", "employment", payee)
    return payout.bad_leaver if leaver == "bad" else payout.good_leaver


def _vested(books: Books, item: Item, left: date) -> Decimal:
    """The share of the time from booking to the due date that had passed on leaving."""
    if item.due_on is None:
        return ZERO
    whole = (item.due_on - item.place.since).days
    passed = (left - item.place.since).days
    if passed >= whole:
        return item.amount
    return books.rounding.share(item.amount, max(passed, 0), whole)


def _keep(books: Books, account: Account, item: Item, pack: RulePack | None) -> None:
    rule = pack.agreement_for("holdback", books.pays_on) if pack is not None else None
    if rule is None or books.agreement(account.payee, "holdback") is not None:
        return
    books.note(account.payee, "agreement_missing", item.place.reference, rule.clause)
    account.move(item, item.amount, "due", Cause("fallen-due", rule.clause, "no-agreement"))
