"""What happens every hour to those who left."""

from __future__ import annotations

from django.utils import timezone

from paceline.kernel import jobs
from paceline.org import actions


@jobs.every("7 * * * *", name="org.revoke_tokens_of_leavers")
def revoke_tokens_of_leavers(timestamp: int) -> None:  # noqa: ARG001 - given to every periodic job
    now = timezone.now()
    actions.revoke_tokens_of_leavers(on=now.date(), at=now)
