"""Fifty people move the cards of one board at the same moment."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
from django.db import connection

from paceline.boards import actions
from paceline.boards.models import Card, CardList
from tests.boards.conftest import Work, make_work
from tests.world import NOW, build_world

PEOPLE = 50


@pytest.fixture
def work(transactional_db: None) -> Work:
    return make_work(build_world())


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Run the acts in threads that start together; returns what went wrong in any of them."""
    wrong: list[BaseException] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            start.wait(timeout=60)
            act()
        except Exception as problem:  # noqa: BLE001 - the test looks at every kind
            wrong.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return wrong


def test_fifty_people_move_cards_and_none_is_lost(work: Work) -> None:
    lists = [work.list(name) for name in ("To do", "Done")]
    doing = work.list("Doing")
    CardList.objects.filter(pk=doing.pk).update(limit=None)
    lists.append(doing)
    made = actions.add_cards(
        cards=lists[0], titles=[f"Card {n}" for n in range(20)], by=None, at=NOW
    )
    ids = {*(one.pk for one in made), work.card.pk}
    chance = random.Random(11)
    moved: list[int] = []

    def mover(seed: int) -> Callable[[], None]:
        own = random.Random(seed)

        def move() -> None:
            for _turn in range(3):
                card = Card.objects.get(pk=own.choice(made).pk)
                after = Card.objects.get(pk=own.choice(made).pk)
                try:
                    actions.move_card(card=card, to=own.choice(lists), after=after, by=None, at=NOW)
                except actions.CardMovedMeanwhile:
                    continue
                moved.append(card.pk)

        return move

    wrong = at_once(*(mover(chance.randrange(10**9)) for _person in range(PEOPLE)))
    assert wrong == []
    assert len(moved) > PEOPLE
    rows = list(Card.objects.filter(project=work.campaign).values_list("pk", "list_id", "rank"))
    assert {pk for pk, _list, _rank in rows} == ids
    assert len({(place, rank) for _pk, place, rank in rows}) == len(ids)


def test_two_dependencies_never_close_a_circle(work: Work) -> None:
    a, b = actions.add_cards(cards=work.list("To do"), titles=["a", "b"], by=None, at=NOW)
    wrong = at_once(
        lambda: actions.add_dependency(card=a, on=b, by=None, at=NOW),
        lambda: actions.add_dependency(card=b, on=a, by=None, at=NOW),
    )
    assert [type(one) for one in wrong] == [actions.WaitsInACircle]
