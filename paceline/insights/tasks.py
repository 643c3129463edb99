"""Jobs: files of sums follow the order lines, dashboards are mailed."""

from __future__ import annotations

import logging

from django.utils import timezone

from paceline.insights import actions
from paceline.insights.mails import mail_of
from paceline.kernel import jobs

log = logging.getLogger(__name__)


@jobs.task(name="insights_catch_up", queue_name="housekeeping")
def catch_up() -> None:
    actions.catch_up(at=timezone.now())


@jobs.every("*/10 * * * *", name="insights_follow_lines")
def follow_lines(timestamp: int) -> None:  # noqa: ARG001 - the time for which it was planned
    actions.catch_up(at=timezone.now())


@jobs.every("*/15 * * * *", name="insights_mail_dashboards")
def mail_dashboards(timestamp: int) -> None:  # noqa: ARG001 - the time for which it was planned
    """Dashboards whose time has come; one that cannot be sent does not keep the others."""
    now = timezone.now()
    due = actions.take_due(at=now)
    if not due:
        return
    shelf = actions.bring_up_to_date(at=now)
    for mailing in due:
        try:
            mail = mail_of(mailing, shelf, now)
            if mail is not None:
                mail.send()
        except Exception:  # the mail server's, or of one picture; the others are sent
            log.exception("Dashboard %s was not mailed.", mailing.dashboard_id)
