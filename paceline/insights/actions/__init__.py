"""What is written: files of sums, kept questions, the reporting currency."""

from __future__ import annotations

from paceline.insights.actions.cubes import bring_up_to_date, catch_up
from paceline.insights.actions.questions import (
    NameMissing,
    keep_question,
    put_away_question,
    set_rule,
)

__all__ = [
    "NameMissing",
    "bring_up_to_date",
    "catch_up",
    "keep_question",
    "put_away_question",
    "set_rule",
]
