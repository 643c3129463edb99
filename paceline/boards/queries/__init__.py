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
)

__all__ = [
    "CARDS_MAX",
    "BoardColumn",
    "Narrowing",
    "able_people",
    "card_page",
    "columns_of",
    "faced",
    "fields_of",
    "history_of",
    "labels_of",
    "lists_of",
    "members_of",
    "narrowed",
    "projects_for",
]
