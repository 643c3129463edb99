"""Reading customers, leads and deals: lists, pages, boards and timelines."""

from __future__ import annotations

from paceline.crm.queries.boards import (
    BoardColumn,
    Card,
    card_of,
    columns_of,
    pipelines_for,
)
from paceline.crm.queries.duplicates import deals_beside
from paceline.crm.queries.evidence import Evidence, evidence_of
from paceline.crm.queries.orders import order_entries, orders_of_found
from paceline.crm.queries.records import (
    attention_counts,
    contacts_of,
    contributors_of,
    deals_of,
    listed,
    points_of,
    sellers,
    shown,
    stages_of,
    suggested,
    tasks_for,
    team_tags,
)
from paceline.crm.queries.timeline import (
    Entry,
    OrderTotal,
    Timeline,
    contribute,
    orders_of,
    timeline_of,
)
from paceline.crm.queries.waiting import (
    BUYER_DAYS,
    BUYERS_SHOWN,
    SAYS_NOTHING,
    TO_DECIDE,
    Candidate,
    candidates_of,
    said_of_buyer,
    said_to_be,
    unknown_buyers,
    waiting_orders,
)

__all__ = [
    "BUYERS_SHOWN", "BUYER_DAYS", "SAYS_NOTHING", "TO_DECIDE",
    "BoardColumn", "Candidate", "Card", "Entry", "Evidence", "OrderTotal", "Timeline",
    "attention_counts", "candidates_of",
    "card_of", "columns_of", "contacts_of", "contribute", "contributors_of",
    "deals_beside", "deals_of", "evidence_of", "listed", "order_entries", "orders_of",
    "orders_of_found",
    "pipelines_for", "points_of",
    "said_of_buyer", "said_to_be",
    "sellers", "shown", "stages_of", "suggested", "tasks_for", "team_tags",
    "timeline_of", "unknown_buyers", "waiting_orders",
]  # fmt: skip
