"""Customers, leads, deals and what was said with them, for programs."""

from __future__ import annotations

from paceline.crm.api import (
    customers,
    deals,
    leads,
    lists,
    merges,
    orders,
    pipelines,
    purchases,
    segments,
    stages,
    talk,
)
from paceline.crm.api.records import AREA, router

__all__ = [
    "AREA",
    "customers",
    "deals",
    "leads",
    "lists",
    "merges",
    "orders",
    "pipelines",
    "purchases",
    "router",
    "segments",
    "stages",
    "talk",
]
