"""The Shapley value: what each of several players adds to what they are worth together.

L. S. Shapley, A value for n-person games, in: Contributions to the Theory of Games II (Princeton,
1953). A player's value is what they add to a coalition, on average over all orders in which the
players may come together. All of it is whole numbers here; nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from math import factorial, gcd

MAX_PLAYERS = 10
JOIN = "+"  # between the members of a coalition, in the table
Values = Mapping[frozenset[str], Decimal]
Fault = tuple[str, str]  # a code, and the coalition that it is about
FAULTS: dict[str, str] = {
    "coalition_repeated": "this coalition is stated twice",
    "coalition_too_large": f"more than {MAX_PLAYERS} players share",
    "coalition_missing": "this coalition has no value",
    "coalition_falls": "this coalition is worth less than without one of its members",
    "coalition_stranger": "this player is not in the plan or not in the team",
}


def weights(values: Values) -> dict[str, int]:
    """The players' Shapley values, as the smallest whole numbers in the same proportion."""
    players = sorted(frozenset().union(*values))
    scaled = {members: int(value.scaleb(4)) for members, value in values.items()}
    scaled[frozenset()] = 0
    count = len(players)
    found: dict[str, int] = {}
    for player in players:
        found[player] = sum(
            factorial(len(members) - 1)
            * factorial(count - len(members))
            * (scaled[members] - scaled[members - {player}])
            for members in values
            if player in members
        )
    unit = gcd(*found.values()) or 1
    return {player: value // unit for player, value in found.items()}


@dataclass(frozen=True)
class Addition:
    """What a player adds on coming to some others, in `orders` of all `of` orders of coming."""

    to: frozenset[str]
    adds: Decimal
    orders: int
    of: int


def additions(values: Values, player: str) -> tuple[Addition, ...]:
    """What a player adds to each coalition without them, the smallest first. Weighted by the orders
    and divided by all of them, the additions are the player's Shapley value.
    """
    count = len(frozenset().union(*values))
    found = [
        Addition(
            members - {player},
            value - values.get(members - {player}, Decimal(0)),
            factorial(len(members) - 1) * factorial(count - len(members)),
            factorial(count),
        )
        for members, value in values.items()
        if player in members
    ]
    return tuple(sorted(found, key=lambda one: (len(one.to), sorted(one.to))))


def faults(rows: Iterable[tuple[frozenset[str], Decimal]]) -> Iterator[Fault]:
    """What is wrong with the stated values: one for every coalition of at most ten players, none
    below zero, and none lower because somebody joins.
    """
    values: dict[frozenset[str], Decimal] = {}
    for members, value in rows:
        if members in values:
            yield "coalition_repeated", said(members)
        values[members] = value
    players = sorted(frozenset().union(*values))
    if len(players) > MAX_PLAYERS:
        yield "coalition_too_large", said(players)
        return
    for size in range(1, len(players) + 1):
        for chosen in combinations(players, size):
            members = frozenset(chosen)
            if members not in values:
                yield "coalition_missing", said(members)
                return
            smaller = (values.get(members - {one}, Decimal(0)) for one in members)
            if values[members] < max(smaller):
                yield "coalition_falls", said(members)


def said(members: Iterable[str]) -> str:
    """A coalition as it is written."""
    return f" {JOIN} ".join(sorted(members))
