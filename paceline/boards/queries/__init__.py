"""Reading projects and their cards."""

from __future__ import annotations

from paceline.boards.queries.cards import (
    CARDS_MAX,
    BoardColumn,
    Narrowing,
    columns_of,
    faced,
    narrowed,
)
from paceline.boards.queries.goals import CardsOfGoal, cards_of_goals, places_for
from paceline.boards.queries.pages import CardPage, CheckedList, card_page, detailed, history_of
from paceline.boards.queries.projects import (
    PEOPLE_MAX,
    able_people,
    fields_of,
    labels_of,
    lists_of,
    members_of,
    projects_for,
    recurrences_of,
    right_of_member,
    rules_of,
)
from paceline.boards.queries.views import (
    between,
    due_of,
    for_calendar,
    in_lists,
    listed,
    mine,
    unscheduled,
)

__all__ = [
    "CARDS_MAX",
    "PEOPLE_MAX",
    "BoardColumn",
    "CardPage",
    "CardsOfGoal",
    "CheckedList",
    "Narrowing",
    "able_people",
    "between",
    "card_page",
    "cards_of_goals",
    "columns_of",
    "detailed",
    "due_of",
    "faced",
    "fields_of",
    "for_calendar",
    "history_of",
    "in_lists",
    "labels_of",
    "listed",
    "lists_of",
    "members_of",
    "mine",
    "narrowed",
    "places_for",
    "projects_for",
    "recurrences_of",
    "right_of_member",
    "rules_of",
    "unscheduled",
]
