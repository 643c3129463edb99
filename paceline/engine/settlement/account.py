"""A payee's account while it is settled: what is due, and what is open from one period to the next.

Amounts are seen from the payee: what is owed to the payee is above zero, what the payee owes below.
Every change is an entry; the entries of all accounts add up to what the payee came to own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal

Name = Literal["due", "deferred", "held", "carried", "clawback", "draw"]
Kind = Literal[
    "earned",
    "adjustment",
    "cap",
    "floor",
    "guarantee",
    "draw",
    "forgiven",
    "forfeited",
    "clawback",
    "deferred",
    "fallen-due",
    "held",
    "released",
    "recovered",
    "carried",
]
# What changes how much the payee owns; every other kind moves it from one account to another.
SOURCES: frozenset[Kind] = frozenset(
    {
        "earned",
        "adjustment",
        "cap",
        "floor",
        "guarantee",
        "draw",
        "forgiven",
        "forfeited",
        "clawback",
    }
)
DEBTS: tuple[Name, ...] = ("carried", "clawback", "draw")

ZERO = Decimal(0)


@dataclass(frozen=True)
class Place:
    """Where an amount stands: on which account, for what, made by which clause, since when."""

    account: Name
    component: str
    reference: str
    origin: str
    since: date

    def on(self, account: Name) -> Place:
        return replace(self, account=account)


@dataclass(frozen=True)
class Item:
    """An amount at its place.

    `original` is what it was when it began. It falls due on `due_on`; without a date it waits for
    receipts, in the proportion of which to `basis` it falls due.
    """

    place: Place
    amount: Decimal
    original: Decimal
    due_on: date | None = None
    basis: Decimal | None = None


@dataclass(frozen=True)
class Cause:
    """Why an entry is made: the clause, and the reason where there is a code for it."""

    kind: Kind
    clause: str
    reason: str = ""


@dataclass(frozen=True)
class Entry:
    cause: Cause
    place: Place
    amount: Decimal
    due_on: date | None


@dataclass
class Account:
    """One payee's items and the entries that changed them."""

    payee: str
    pays_on: date
    items: dict[Place, Item] = field(default_factory=dict[Place, Item])
    entries: list[Entry] = field(default_factory=list[Entry])
    opening: Decimal = ZERO

    def open_with(self, items: Iterable[Item]) -> None:
        """What earlier periods left behind; no entries are made for it."""
        for item in items:
            self.items[item.place] = item
            self.opening += item.amount

    def post(
        self,
        place: Place,
        amount: Decimal,
        cause: Cause,
        *,
        due_on: date | None = None,
        basis: Decimal | None = None,
    ) -> None:
        """Add to what stands at a place; nothing is posted for zero."""
        if not amount:
            return
        falls_due = self.pays_on if place.account == "due" else due_on
        here = self.items.get(place)
        if here is None:
            self.items[place] = Item(place, amount, amount, falls_due, basis)
        else:
            grown = here.amount + amount
            self.items[place] = replace(here, amount=grown)
        self.entries.append(Entry(cause, place, amount, falls_due))
        if not self.items[place].amount and place.account != "deferred":
            del self.items[place]

    def move(self, item: Item, amount: Decimal, account: Name, cause: Cause) -> None:
        """Part of an item goes to another account; it stays what it is."""
        self.post(item.place, -amount, cause, due_on=item.due_on)
        target = item.place.on(account)
        self.post(target, amount, cause, due_on=item.due_on, basis=item.basis)

    def lower(self, item: Item, amount: Decimal, cause: Cause) -> None:
        """Take away part of an item that has not fallen due, as if it had begun as less."""
        self.post(item.place, -amount, cause, due_on=item.due_on)
        left = self.items.get(item.place)
        if left is not None:
            self.items[item.place] = replace(left, original=left.original - amount)

    def on(self, account: Name) -> list[Item]:
        """The items of an account, in a fixed order."""
        found = [item for item in self.items.values() if item.place.account == account]
        return sorted(found, key=lambda item: sort_key(item.place))

    def due(self) -> Decimal:
        return sum((item.amount for item in self.on("due")), ZERO)

    def closing(self) -> Iterator[Item]:
        """What is left for later periods."""
        for item in sorted(self.items.values(), key=lambda item: sort_key(item.place)):
            if item.place.account != "due" and item.amount:
                yield item


def sort_key(place: Place) -> tuple[str, date, str, str, str]:
    return (place.account, place.since, place.component, place.reference, place.origin)
