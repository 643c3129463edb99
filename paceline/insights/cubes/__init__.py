"""Months of order lines as small columnar files, and asking them.

A month's snapshot is known by the hash of its content; from it four files are made once, each the
same sums at another grain (``shapes``), and one of the month and all before it, from which
customers are counted (``visits``). They are a cache: whoever deletes them waits a moment.
Nothing here knows Django's models, a person or the clock.
"""

from __future__ import annotations

from paceline.insights.cubes.asking import Lines, Narrowed, Outcome, ask
from paceline.insights.cubes.customers import Buyer, Cohort, cohorts, count_customers, list_buyers
from paceline.insights.cubes.making import cube_path, is_made, make_cubes, sweep
from paceline.insights.cubes.shapes import DIMENSIONS, FACTS
from paceline.insights.cubes.visits import chain, make_visits, months_without_visits

__all__ = [
    "DIMENSIONS",
    "FACTS",
    "Buyer",
    "Cohort",
    "Lines",
    "Narrowed",
    "Outcome",
    "ask",
    "chain",
    "cohorts",
    "count_customers",
    "cube_path",
    "is_made",
    "list_buyers",
    "make_cubes",
    "make_visits",
    "months_without_visits",
    "sweep",
]
