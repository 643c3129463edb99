"""What comes out of a settlement: its tables, each sorted by its grain, and its promise (S17)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter
from typing import Any

import pyarrow as pa

from paceline.engine.columns import Table
from paceline.engine.errors import ResultsDisagree
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.settlement.account import SOURCES, Account
from paceline.engine.settlement.books import Books
from paceline.engine.settlement.clawbacks import TakenBack
from paceline.engine.settlement.recovery import Bounded
from paceline.engine.settlement.tables import (
    BALANCES,
    CONSERVATION,
    EARLIER_CLAWBACKS,
    EARLIER_EARNINGS,
    NOTES,
    PAYABLES,
    PAYMENTS,
    RULES,
)
from paceline.engine.shape import arrow_type

ZERO = Decimal(0)
Row = dict[str, Any]

# The column of the account that each kind of entry counts in, and its sign there.
_COUNTED: dict[str, tuple[str, int]] = {
    "earned": ("earned", 1),
    "adjustment": ("adjusted", 1),
    "cap": ("limited", 1),
    "floor": ("limited", 1),
    "guarantee": ("draws", 1),
    "draw": ("draws", 1),
    "forgiven": ("forgiven", 1),
    "forfeited": ("forfeited", -1),
    "clawback": ("clawed_back", -1),
}


@dataclass(frozen=True)
class Settlement:
    """All tables of a settlement.

    `balances`, `earlier_earnings` and `earlier_clawbacks` are what the next settlement is given:
    the first as it is, the two others added to their earlier rows.
    """

    plan: Plan
    period: Period
    fingerprint: str
    inputs: dict[str, list[str]]
    _tables: dict[str, pa.Table] = field(default_factory=dict[str, pa.Table], repr=False)

    def table(self, name: str) -> pa.Table:
        """One table; KeyError for an unknown name."""
        return self._tables[name]

    def tables(self) -> dict[str, pa.Table]:
        """Every table by name."""
        return dict(self._tables)

    def rows(self, name: str) -> list[Row]:
        """A table as Python values."""
        rows: list[Row] = self._tables[name].to_pylist()
        return rows


@dataclass
class Outcome:
    """What the payees' settlements left, on its way into tables."""

    accounts: list[Account]
    payments: list[Row]
    earnings: list[Row]
    clawbacks: list[TakenBack]
    bounded: list[Bounded]


def make_tables(books: Books, outcome: Outcome) -> dict[str, pa.Table]:
    """Every table, checked: nothing was lost and nothing appeared."""
    currency = books.plan.currency
    balances = [row for account in outcome.accounts for row in _balances(account, currency)]
    rows: dict[Table, list[Row]] = {
        PAYABLES: [row for account in outcome.accounts for row in _payables(account, currency)],
        PAYMENTS: outcome.payments,
        BALANCES: balances,
        EARLIER_EARNINGS: outcome.earnings,
        EARLIER_CLAWBACKS: [_clawback(one) for one in outcome.clawbacks],
        RULES: [_rule(one) for one in outcome.bounded],
        NOTES: [
            {
                "payee_id": note.payee,
                "code": note.code,
                "subject": note.subject,
                "clause": note.clause,
            }
            for note in books.notes
        ],
        CONSERVATION: [_conserve(outcome, balances, currency)],
    }
    return {contract.name: _table(contract, given) for contract, given in rows.items()}


def _table(contract: Table, rows: Iterable[Row]) -> pa.Table:
    """Rows in the order of their grain; empty text is an empty value where that is allowed."""
    ordered = _in_order(list(rows), contract.grain)
    arrays = {}
    for column in contract.columns:
        values = [row[column.name] for row in ordered]
        if not column.required:
            values = [None if value == "" else value for value in values]
        arrays[column.name] = pa.array(values, arrow_type(column.kind))
    return pa.table(arrays)


_AS_THEY_ARE = frozenset({str, int, bool})


def _in_order(rows: list[Row], grain: Sequence[str]) -> list[Row]:
    """The rows by their grain, numbers as numbers and all else as text; most come so."""
    columns = (
        [value if type(value) in _AS_THEY_ARE else str(value) for value in map(read, rows)]
        for read in map(itemgetter, grain)
    )
    keys = list(zip(*columns, strict=True))
    if all(first <= second for first, second in pairwise(keys)):
        return rows
    return [rows[place] for place in sorted(range(len(rows)), key=keys.__getitem__)]


def _payables(account: Account, currency: str) -> Iterable[Row]:
    for place, entry in enumerate(account.entries, start=1):
        yield {
            "payee_id": account.payee,
            "entry": place,
            "kind": entry.cause.kind,
            "account": entry.place.account,
            "component": entry.place.component,
            "amount": entry.amount,
            "currency": currency,
            "due_on": entry.due_on,
            "reference": entry.place.reference,
            "reason": entry.cause.reason,
            "clause": entry.cause.clause,
        }


def _balances(account: Account, currency: str) -> Iterable[Row]:
    for item in account.closing():
        yield {
            "payee_id": account.payee,
            "account": item.place.account,
            "component": item.place.component,
            "reference": item.place.reference,
            "origin": item.place.origin,
            "since": item.place.since,
            "due_on": item.due_on,
            "original": item.original,
            "amount": item.amount,
            "basis": item.basis,
            "currency": currency,
        }


def _clawback(one: TakenBack) -> Row:
    return {
        "event_id": one.event["event_id"],
        "line_id": one.event["line_id"],
        "payee_id": one.payee,
        "component": one.component,
        "original": one.original,
        "amount": one.amount,
        "clause": one.rule.clause,
    }


def _rule(one: Bounded) -> Row:
    return {
        "payee_id": one.payee,
        "country": one.country,
        "rule": one.rule.clause,
        "law": one.rule.law,
        "article": one.rule.article,
        "not_deducted": one.not_deducted,
    }


def _conserve(outcome: Outcome, balances: list[Row], currency: str) -> Row:
    """Opening and what was gained is paid, held, lost or still open: exactly, for each payee and
    in all.
    """
    account: dict[str, Decimal] = defaultdict(Decimal)
    paid = {row["payee_id"]: row["plan_amount"] for row in outcome.payments}
    for one in outcome.accounts:
        moved, gained = ZERO, one.opening
        for entry in one.entries:
            gained += entry.amount
            if entry.cause.kind in SOURCES:
                column, sign = _COUNTED[entry.cause.kind]
                account[column] += entry.amount if sign > 0 else -entry.amount
            else:
                moved += entry.amount
        left = sum((i.amount for i in one.items.values() if i.place.account != "due"), ZERO)
        if moved or gained != left + paid.get(one.payee, ZERO):
            raise ResultsDisagree(f"the account of {one.payee} does not add up")
        account["opening"] += one.opening
    account["paid"] = sum(paid.values(), ZERO)
    for left_over in balances:
        column = "held" if left_over["account"] == "held" else "closing"
        account[column] += left_over["amount"]
    row: Row = {name: account[name] for name in CONSERVATION.names if name != "currency"}
    gains = ("opening", "earned", "adjusted", "limited", "draws", "forgiven")
    losses = ("paid", "held", "forfeited", "clawed_back", "closing")
    if sum(row[name] for name in gains) != sum(row[name] for name in losses):
        raise ResultsDisagree("what was owed and earned is not what was paid and is still owed")
    return {"currency": currency, **row}
