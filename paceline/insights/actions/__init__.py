"""What is written: files of sums, kept questions, the reporting currency."""

from __future__ import annotations

from paceline.insights.actions.cubes import bring_up_to_date, catch_up
from paceline.insights.actions.dashboards import (
    keep_dashboard,
    mail_dashboard,
    put_away_dashboard,
    stop_mailing,
    take_due,
    take_over_dashboard,
)
from paceline.insights.actions.questions import (
    NameMissing,
    keep_question,
    put_away_question,
    set_rule,
    take_over_question,
)
from paceline.insights.actions.reviews import (
    NothingWritten,
    remove_entry,
    remove_note,
    take_on,
    write_entry,
    write_note,
)

__all__ = [
    "NameMissing",
    "NothingWritten",
    "bring_up_to_date",
    "catch_up",
    "keep_dashboard",
    "keep_question",
    "mail_dashboard",
    "put_away_dashboard",
    "put_away_question",
    "remove_entry",
    "remove_note",
    "set_rule",
    "stop_mailing",
    "take_due",
    "take_on",
    "take_over_dashboard",
    "take_over_question",
    "write_entry",
    "write_note",
]
