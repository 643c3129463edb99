"""Months of order lines as small columnar files, and asking them.

A month's snapshot is known by the hash of its content; from it four files are made once, each the
same sums at another grain (``shapes``), one of the month and all before it, from which
customers are counted (``visits``), and one of each past quarter and year, from which the largest
customers are told (``terms``). They are a cache: whoever deletes them waits a moment.
Nothing here knows Django's models, a person or the clock.
"""

from __future__ import annotations

from paceline.insights.cubes.asking import Outcome, ask, ask_some, keys_at_most
from paceline.insights.cubes.columns import FAR
from paceline.insights.cubes.customers import (
    Buyer,
    Cohort,
    cohort_sales,
    cohorts,
    count_customers,
    list_buyers,
)
from paceline.insights.cubes.lines import Lines, Narrowed
from paceline.insights.cubes.making import cube_path, is_made, make_cubes, sweep
from paceline.insights.cubes.shapes import DIMENSIONS, FACTS
from paceline.insights.cubes.terms import make_terms, terms_of
from paceline.insights.cubes.visits import chain, make_visits, months_without_visits

__all__ = [
    "DIMENSIONS",
    "FACTS",
    "FAR",
    "Buyer",
    "Cohort",
    "Lines",
    "Narrowed",
    "Outcome",
    "ask",
    "ask_some",
    "chain",
    "cohort_sales",
    "cohorts",
    "count_customers",
    "cube_path",
    "is_made",
    "keys_at_most",
    "list_buyers",
    "make_cubes",
    "make_terms",
    "make_visits",
    "months_without_visits",
    "sweep",
    "terms_of",
]
