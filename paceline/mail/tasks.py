"""Jobs: sending, writing to many, and looking into the mailbox; outside of every transaction."""

from __future__ import annotations

import logging

from django.db import DatabaseError
from django.utils import timezone

from paceline.kernel import jobs
from paceline.mail import actions, queries, transport
from paceline.mail.actions.mailings import MAILING_JOB
from paceline.mail.actions.writing import SEND_JOB
from paceline.mail.composing import message_of
from paceline.mail.models import Mail, Mailing, MailServer, MailState

log = logging.getLogger(__name__)


@jobs.task(name=SEND_JOB)
def send(mail_id: int) -> None:
    """One try. A mail may arrive twice if a worker dies in between: its Message-ID is the same."""
    mail = Mail.objects.select_related("person", "thread", "mailing").filter(pk=mail_id).first()
    server, now = queries.server(), timezone.now()
    if mail is None or mail.state != MailState.QUEUED or server is None:
        return
    is_cancelled = mail.mailing is not None and mail.mailing.cancelled_at is not None
    if is_cancelled or (mail.is_offer and queries.why_not(mail.to_address)):
        actions.drop(mail=mail, at=now)
        return
    link = queries.unsubscribe_url(server, mail.token)
    try:
        transport.send(server, message_of(mail, server, now, link), mail.to_address)
    except transport.NotSent as problem:
        actions.note_failed(mail=mail, code=problem.code, is_final=problem.is_final, at=now)
    else:
        actions.note_sent(mail=mail, at=now)


@jobs.task(name=MAILING_JOB)
def run_mailing(mailing_id: int) -> None:
    """Write to many; again after a dead worker, it goes on where it stopped."""
    rows = Mailing.objects.select_related("by", "template", "progress")
    actions.run_mailing(mailing=rows.get(pk=mailing_id), at=timezone.now())


@jobs.every("*/2 * * * *", name="mail.poll")
def poll(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    look()


def _take(raw: bytes, server: MailServer) -> None:
    """A message that cannot be taken in is told to whoever watches the machine, and passed over: it
    would stop every one after it."""
    try:
        actions.take_message(raw=raw, server=server, at=timezone.now())
    except (ValueError, LookupError, DatabaseError):
        log.exception("A message of the mailbox could not be taken in.")


def look() -> int:
    """Take in what came into the mailbox, message by message; returns how many were looked at.

    Where it stands is kept after each, so that a message that cannot be taken in is not met again.
    """
    server = queries.server()
    if server is None or not server.box_host or not server.reply_address:
        return 0
    count = 0
    try:
        for validity, uid, raw in transport.new_messages(server):
            if raw:
                _take(raw, server)
            actions.note_poll(uid_validity=validity, last_uid=uid, at=timezone.now())
            count += 1
    except transport.BoxUnreadable as problem:
        actions.note_poll(problem=problem.code, at=timezone.now())
    else:
        if not count:
            actions.note_poll(at=timezone.now())
    return count
