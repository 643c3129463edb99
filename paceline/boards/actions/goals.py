"""Next steps of goals that become cards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from paceline.boards.actions.cards import add_card
from paceline.boards.actions.talk import link_card
from paceline.boards.models import Card, CardList
from paceline.goals.actions import GoalIsClosed
from paceline.goals.models import Goal
from paceline.org.models import Person


@transaction.atomic
def add_card_for_goal(
    *, goal: Goal, cards: CardList, facts: Mapping[str, Any], by: Person, at: datetime
) -> Card:
    """A new card at the end of a list that works for a goal.

    Raises ``GoalIsClosed`` and what ``add_card`` raises.
    """
    if goal.closed_at is not None:
        raise GoalIsClosed(goal)
    made = add_card(cards=cards, facts=facts, by=by, at=at)
    link_card(card=made, to=goal, by=by, at=at)
    return made
