"""The Shapley value holds what it is known by, and is the one that its definition gives."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paceline.engine.plan.games import MAX_PLAYERS, faults, weights

from .oracle.games import Game, shapley

PLAYERS = ["ana", "ben", "cho", "dai"]


@st.composite
def games(draw: st.DrawFn, players: list[str]) -> Game:
    """Values that never fall when somebody joins."""
    game: Game = {frozenset(): Decimal(0)}
    for size in range(1, len(players) + 1):
        for members in combinations(players, size):
            team = frozenset(members)
            least = max(game[team - {one}] for one in team)
            game[team] = least + draw(st.sampled_from(["0", "0.01", "3", "500.5"]).map(Decimal))
    del game[frozenset()]
    return game


def shares(game: Game) -> dict[str, Decimal]:
    """Each player's share of what all are worth together."""
    found = weights(game)
    total = sum(found.values())
    worth = max(game.values())
    return {name: worth * weight / total if total else Decimal(0) for name, weight in found.items()}


@settings(max_examples=60)
@given(games(PLAYERS))
def test_weights_are_those_of_the_definition(game: Game) -> None:
    assert not list(faults(game.items()))
    found, expected = weights(game), shapley(game, PLAYERS)
    for name, value in zip(PLAYERS, expected, strict=True):  # the same proportions
        assert found[name] * sum(expected) == value * sum(found.values())


@settings(max_examples=60)
@given(games(PLAYERS), games(PLAYERS))
def test_two_games_played_as_one_pay_what_they_pay_apart(first: Game, second: Game) -> None:
    both = {members: value + second[members] for members, value in first.items()}
    apart = [shares(first), shares(second)]
    for name, share in shares(both).items():
        assert abs(share - sum(one[name] for one in apart)) < Decimal("1e-20")


def test_who_adds_nothing_gets_nothing_and_equals_get_the_same() -> None:
    game = {
        frozenset(team): Decimal("7.77") if {"ana", "ben"} <= set(team) else Decimal(0)
        for size in (1, 2, 3)
        for team in combinations(["ana", "ben", "cho"], size)
    }
    assert weights(game) == {"ana": 1, "ben": 1, "cho": 0}


def test_ten_players_are_shared_out_and_eleven_are_refused() -> None:
    names = [f"p{place:02d}" for place in range(MAX_PLAYERS + 1)]

    def game(players: list[str]) -> Game:
        return {
            frozenset(team): Decimal(len(team) ** 2)
            for size in range(1, len(players) + 1)
            for team in combinations(players, size)
        }

    assert set(weights(game(names[:-1])).values()) == {1}
    found = list(faults([(frozenset(names), Decimal(1))]))
    assert [code for code, _ in found] == ["coalition_too_large"]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("ana", 1), ("ana", 1)], "coalition_repeated"),
        ([("ana", 1), ("ana ben", 3)], "coalition_missing"),
        ([("ana", 1), ("ben", 4), ("ana ben", 3)], "coalition_falls"),
    ],
)
def test_values_that_are_no_game_are_refused(rows: list[tuple[str, int]], code: str) -> None:
    found = faults((frozenset(text.split()), Decimal(value)) for text, value in rows)
    assert [name for name, _ in found] == [code]
