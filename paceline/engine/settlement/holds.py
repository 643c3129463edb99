"""Holds: what a hold covers stays owed and is paid when it ends (S12)."""

from __future__ import annotations

from decimal import Decimal

from paceline.engine.settlement.account import Account, Cause, Item
from paceline.engine.settlement.books import Books, holds_on
from paceline.engine.settlement.law import RulePack
from paceline.engine.settlement.opening import Row
from paceline.engine.settlement.splits import booked, lines_of_period

ZERO = Decimal(0)


def hold_and_release(books: Books, account: Account, pack: RulePack | None) -> None:
    """Release what no standing hold covers any more, then hold what one covers now.

    Which holds there are decides, not their order: a hold on the payee covers everything, one on a
    component that component, one on a line what was earned on that line.
    """
    standing = _standing(books, account, pack)
    for item in account.on("held"):
        if not any(_covers(hold, item) for hold in standing):
            account.move(item, item.amount, "due", Cause("released", item.place.origin))
    for hold in standing:
        if hold["line_id"]:
            _set_line_apart(books, account, hold)
    for hold in standing:
        covered = [item for item in account.on("due") if _covers(hold, item)]
        # Something below zero is held together with what it lowers, or not at all.
        if sum((item.amount for item in covered), ZERO) <= 0:
            continue
        for item in covered:
            cause = Cause("held", f"holds/{hold['hold_id']}", hold["reason"])
            account.move(item, item.amount, "held", cause)


def _standing(books: Books, account: Account, pack: RulePack | None) -> list[Row]:
    """The holds on the day of payment, the widest first."""
    rows = [row for row in books.of("holds", account.payee) if holds_on(row, books.pays_on)]
    rule = pack.agreement_for("holdback", books.pays_on) if pack is not None else None
    left = rule is not None and books.left_on(account.payee) is not None
    if rule is not None and left and books.agreement(account.payee, "holdback") is None:
        for row in rows:
            books.note(account.payee, "agreement_missing", row["hold_id"], rule.clause)
        return []
    return sorted(
        rows, key=lambda row: (bool(row["line_id"]), bool(row["component"]), row["hold_id"])
    )


def _covers(hold: Row, item: Item) -> bool:
    return hold["component"] in {"", item.place.component} and hold["line_id"] in {
        "",
        item.place.reference,
    }


def _set_line_apart(books: Books, account: Account, hold: Row) -> None:
    """Give what a line earned an item of its own where its component is due as one amount."""
    for item in account.on("due"):
        if item.place.reference or hold["component"] not in {"", item.place.component}:
            continue
        if item.place.since != books.period.starts_on:
            continue
        lines = lines_of_period(books, account.payee, item.place.component)
        for line in lines:
            amount = min(booked(books, item.place.component, line["earned"]), item.amount)
            if line["line_id"] != hold["line_id"] or amount <= 0:
                continue
            target = item.place._replace(reference=hold["line_id"])
            cause = Cause("held", f"holds/{hold['hold_id']}", hold["reason"])
            account.post(item.place, -amount, cause)
            account.post(target, amount, cause)
