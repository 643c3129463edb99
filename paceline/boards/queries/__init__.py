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
from paceline.boards.queries.pages import card_page, history_of
from paceline.boards.queries.projects import (
    able_people,
    fields_of,
    labels_of,
    lists_of,
    members_of,
    projects_for,
    recurrences_of,
    rules_of,
)
from paceline.boards.queries.views import (
    between,
    for_calendar,
    in_lists,
    listed,
    mine,
    overdue_of,
    unscheduled,
)

__all__ = [
    "CARDS_MAX",
    "BoardColumn",
    "Narrowing",
    "able_people",
    "between",
    "card_page",
    "columns_of",
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
    "overdue_of",
    "projects_for",
    "recurrences_of",
    "rules_of",
    "unscheduled",
]
