"""Boards from elsewhere in the reader's words: what came, what was not carried, what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from paceline.boards.models import BoardIntake
from paceline.imports.wording import sentence
from paceline.kernel import formats
from paceline.live.wording import word_failures, word_steps, word_work

COUNTS = {
    "lists": lazy("Lists"),
    "cards": lazy("Cards"),
    "parts": lazy("Subtasks"),
    "done": lazy("Done"),
    "labels": lazy("Labels"),
    "fields": lazy("Fields"),
    "members": lazy("Members"),
    "checklists": lazy("Checklists"),
    "items": lazy("Things to tick off"),
    "comments": lazy("Comments"),
    "links": lazy("Addresses of files"),
}
LEFT = {
    "actions": lazy("Entries of the old history: moves, changes. Comments were carried."),
    "actions_full": lazy(
        "The export holds the newest 1,000 entries only, as Trello makes it: older comments are "
        "not in the file."
    ),
    "columns": lazy(
        "Columns beyond the most fields that a project has; their values stand in the comments of "
        "the cards."
    ),
    "comments_cut": lazy("Comments that the cards had and the file does not hold."),
    "covers": lazy("Pictures on the covers of cards."),
    "days_unread": lazy("Dates that could not be read; they stand in the comments of their cards."),
    "list_missing": lazy("Cards whose list is not in the file; they stand in a list of their own."),
    "lists_joined": lazy(
        "Lists beyond the most that a project has; their cards share the last one."
    ),
    "parent_missing": lazy(
        "Subtasks whose task is not in the file, or that hang from each other in a circle; they "
        "are cards of their own."
    ),
    "parts_deep": lazy("Subtasks of subtasks; they hang from the task at the top."),
    "power_ups": lazy("Data of add-ons."),
    "rows_uneven": lazy(
        "Rows with more or fewer cells than the head; their cells were taken in order. Look at "
        "them."
    ),
    "start_after_due": lazy(
        "Starts that lay after the due date; they stand in the comments of their cards."
    ),
    "stickers": lazy("Stickers."),
    "titles_cut": lazy("Titles that were too long; the whole title stands in a comment."),
    "values_unread": lazy("Values of fields that could not be read."),
    "votes": lazy("Votes."),
}
FAILURES = {
    "not_json": lazy("This is no JSON file, or it is not complete. Export the board again."),
    "not_trello": lazy("This JSON file is no board of Trello: it has no lists and cards."),
    "not_teambition": lazy(
        "No column is called 标题 (title). The columns are: %(columns)s. Export the tasks of the "
        "project."
    ),
    "no_tasks": lazy("The file has heads, and no task below them."),
    "sheet_not_json": lazy(
        "This is a spreadsheet. If it is an export of Teambition, choose Teambition."
    ),
    "json_not_sheet": lazy(
        "This is a JSON file and no spreadsheet. If it is a board of Trello, choose Trello."
    ),
    "file_too_large": lazy("The file has more than %(most)s MB."),
    "too_many_cards": lazy("The file has more than %(most)s cards. Split it."),
    "too_many_comments": lazy("The file has more than %(most)s comments. Split it."),
    "unexpected": lazy("An unexpected error stopped it. Nothing was kept."),
}


def register() -> None:
    """Called once at start."""
    word_work("board_intake", lazy("Bringing in the board"))
    word_steps(
        "board_intake", {"reading": lazy("Reading the file"), "writing": lazy("Writing the cards")}
    )
    word_failures("board_intake", {"intake_refused": lazy("Nothing was brought in.")})
    word_work("board_paste", lazy("Making the cards"))
    word_steps("board_paste", {"writing": lazy("Writing the cards")})
    word_failures("board_paste", {"paste_refused": lazy("No card was made.")})


def counts(intake: BoardIntake) -> list[tuple[str, str]]:
    """What came, in the order in which it hangs together."""
    return [
        (str(label), formats.number(intake.counts[name]))
        for name, label in COUNTS.items()
        if intake.counts.get(name)
    ]


def left(intake: BoardIntake) -> list[tuple[str, str]]:
    """How many of what were not carried; the one that is no number stands without."""
    return [
        ("" if code == "actions_full" else formats.number(count), str(LEFT.get(code, code)))
        for code, count in intake.left.items()
    ]


def failure(told: Mapping[str, Any]) -> str:
    """Why nothing came: the reasons of boards, or those of files as imports word them."""
    code = str(told.get("code", ""))
    if code in FAILURES:
        worded = {name: formats.number(value) if isinstance(value, int) else value
                  for name, value in told.items()}  # fmt: skip
        return str(FAILURES[code]) % worded
    return sentence(code, told) if code else _("Nothing was brought in.")
