"""The Shapley value as its definition says it: the average over all orders of arrival (8.11)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from math import factorial, lcm

Game = dict[frozenset[str], Decimal]


def shapley(game: Game, team: list[str]) -> list[Decimal]:
    """The value of each member of a team, times one whole number that makes all of them whole."""
    players = sorted(frozenset().union(*game)) if game else []
    found = dict.fromkeys(players, Fraction(0))
    for order in permutations(players):
        there: frozenset[str] = frozenset()
        for player in order:
            with_player = there | {player}
            before = Fraction(game[there]) if there else Fraction(0)
            found[player] += (Fraction(game[with_player]) - before) / factorial(len(players))
            there = with_player
    unit = lcm(*(value.denominator for value in found.values())) if found else 1
    return [Decimal(int(found.get(member, Fraction(0)) * unit)) for member in team]
