"""Jobs: leads that nobody answered go to another person; old quarantine goes."""

from __future__ import annotations

from django.utils import timezone

from paceline.kernel import jobs
from paceline.leads import actions


@jobs.every("*/2 * * * *", name="leads.give_unanswered_again")
def give_unanswered_again(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    actions.give_unanswered_again(at=timezone.now())


@jobs.every("50 3 * * *", name="leads.discard_old_submissions")
def discard_old_submissions(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    actions.discard_old(at=timezone.now())
