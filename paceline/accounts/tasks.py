"""Keeping the table of kept answers small."""

from __future__ import annotations

from django.utils import timezone

from paceline.accounts import actions
from paceline.kernel import jobs


@jobs.every("23 * * * *", name="accounts.forget_answers")
def forget_answers(timestamp: int) -> None:  # noqa: ARG001 - given to every periodic job
    actions.forget_answers(at=timezone.now())
