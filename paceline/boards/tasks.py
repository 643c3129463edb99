"""Jobs: rules, recurring cards, boards that are brought in, thousands of lines pasted."""

from __future__ import annotations

from django.utils import timezone

from paceline.boards.actions import intake as intakes
from paceline.boards.actions import pastes, recording
from paceline.boards.actions.recurring import make_recurring_cards
from paceline.boards.actions.rules import run_due_rules
from paceline.boards.actions.rules import run_rules as carry_out
from paceline.boards.models import BoardIntake, Paste, Trigger
from paceline.kernel import jobs


@jobs.task(name=intakes.JOB)
def bring_in(intake_id: int) -> None:
    """Bring in a board; again after a dead worker, without doing anything twice."""
    intake = BoardIntake.objects.select_related("file", "requested_by", "progress").get(
        pk=intake_id
    )
    with jobs.ending(lambda: intakes.end_broken(intake=intake, at=timezone.now())):
        intakes.bring_in(intake=intake, at=timezone.now())


@jobs.task(name=pastes.JOB)
def make_pasted(paste_id: int) -> None:
    """Make cards of what was pasted; again after a dead worker, without doing anything twice."""
    rows = Paste.objects.select_related("list", "project", "requested_by", "progress")
    paste = rows.get(pk=paste_id)
    with jobs.ending(lambda: pastes.end_broken(paste=paste, at=timezone.now())):
        pastes.make_pasted(paste=paste, at=timezone.now())


@jobs.task(name=recording.RULES_JOB)
def run_rules(cards: list[int], trigger: str, label: int | None, depth: int) -> None:
    """What the rules of a project do after a change of its cards."""
    carry_out(cards=cards, trigger=Trigger(trigger), label=label, depth=depth, at=timezone.now())


@jobs.every("*/5 * * * *", name="boards.recurring_cards")
def recurring_cards(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    """Cards whose time has come; also those that were missed while no worker ran."""
    make_recurring_cards(at=timezone.now())


@jobs.every("7 * * * *", name="boards.due_rules")
def due_rules(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    run_due_rules(at=timezone.now())
