"""A payee's account while it is settled: what is due, and what is open from one period to the next.

Amounts are seen from the payee: what is owed to the payee is above zero, what the payee owes below.
Every change is an entry; the entries of all accounts add up to what the payee came to own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

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


class Place(NamedTuple):
    """Where an amount stands: on which account, for what, made by which clause, since when."""

    account: Name
    component: str
    reference: str
    origin: str
    since: date

    def on(self, account: Name) -> Place:
        return self._replace(account=account)


class Item(NamedTuple):
    """An amount at its place.

    `original` is what it was when it began. It falls due on `due_on`; without a date it waits for
    receipts, in the proportion of which to `basis` it falls due.
    """

    place: Place
    amount: Decimal
    original: Decimal
    due_on: date | None = None
    basis: Decimal | None = None


class Cause(NamedTuple):
    """Why an entry is made: the clause, and the reason where there is a code for it."""

    kind: Kind
    clause: str
    reason: str = ""


class Entry(NamedTuple):
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
        elif (grown := here.amount + amount) or place.account == "deferred":
            self.items[place] = here._replace(amount=grown)
        else:
            del self.items[place]
        self.entries.append(Entry(cause, place, amount, falls_due))

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
            self.items[item.place] = left._replace(original=left.original - amount)

    def on(self, *accounts: Name) -> list[Item]:
        """The items of some accounts, in a fixed order: those of one after those of another."""
        return _in_order([item for item in self.items.values() if item.place.account in accounts])

    def due(self) -> Decimal:
        return sum(
            (item.amount for item in self.items.values() if item.place.account == "due"), ZERO
        )

    def closing(self) -> list[Item]:
        """What is left for later periods."""
        open_items = (item for item in self.items.values() if item.place.account != "due")
        return _in_order([item for item in open_items if item.amount])


def _in_order(items: list[Item]) -> list[Item]:
    if len(items) > 1:
        items.sort(key=_sort_key)
    return items


def _sort_key(item: Item) -> tuple[str, date, str, str, str]:
    account, component, reference, origin, since = item.place
    return (account, since, component, reference, origin)
