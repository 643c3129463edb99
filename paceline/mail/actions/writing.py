"""Writing to one customer, and what becomes of a mail."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from paceline.crm import actions as crm
from paceline.crm.actions.customers import fingerprint
from paceline.crm.models import (
    ActivityKind,
    Consent,
    ConsentChannel,
    Contact,
    Deal,
    Direction,
    Lead,
)
from paceline.kernel import audit, jobs
from paceline.live.actions import publish_all
from paceline.mail import filling, parsing
from paceline.mail.models import (
    Flow,
    Mail,
    Mailing,
    MailServer,
    MailState,
    MailTemplate,
    Stop,
    StopKind,
)
from paceline.notifications.actions import notify
from paceline.org.models import Person

PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3))
SEND_JOB = "mail.send"
BY_LINK = "List-Unsubscribe"  # where a consent was withdrawn, or given again


class MailServerMissing(Exception):
    """Nobody has set a mail server."""


class NoAddress(Exception):
    """This is no address that a mail can be sent to."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """Whom a mail is to, and which records it hangs on."""

    to: str
    contact: Contact | None = None
    lead: Lead | None = None
    deal: Deal | None = None

    @classmethod
    def of(cls, record: Any, to: str) -> Addressed:
        """Of a deal the mail hangs on its contact as well."""
        if isinstance(record, Deal):
            return cls(to, contact=record.contact, deal=record)
        return cls(to, **{str(record._meta.model_name): record})


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says, in which language, and from which template it came."""

    subject: str
    text: str
    language: str = ""
    template: MailTemplate | None = None


@transaction.atomic
def write(
    *,
    addressed: Addressed,
    words: Words,
    answers: Mail | None = None,
    mailing: Mailing | None = None,
    later: datetime | None = None,
    by: Person,
    at: datetime,
) -> Mail:
    """Write a mail; a job sends it. Raises ``MailServerMissing``, ``NoAddress`` and, for an empty
    one, ``NothingSaid``."""
    server = MailServer.objects.filter(pk=1).first()
    if server is None:
        raise MailServerMissing
    to = addressed.to.strip()
    if not parsing.is_address(to) or (addressed.contact is None and addressed.lead is None):
        raise NoAddress(to)
    if not words.text.strip() or not words.subject.strip():
        raise crm.NothingSaid
    token = secrets.token_hex(10)
    is_offer = words.template is not None and words.template.is_offer
    body = words.text.strip()
    mail = Mail(
        flow=Flow.OUT, contact=addressed.contact, lead=addressed.lead, deal=addressed.deal,
        person=by, mailing=mailing, template=words.template, language=words.language, token=token,
        message_id=f"<{token}@{server.from_address.rpartition('@')[2]}>",
        from_address=server.from_address, to_address=to, subject=filling.one_line(words.subject),
        text=body, is_offer=is_offer, state=MailState.QUEUED, made_at=at, next_at=later or at,
    )  # fmt: skip
    if answers is not None:
        mail.in_reply_to, mail.thread = answers.message_id, answers.thread or answers
    mail.save()
    audit.record("mail_queued", subject=mail, by=by, at=at)
    jobs.enqueue(SEND_JOB, later=later, mail_id=mail.pk)
    publish_all(["mail"], "queued", str(mail.pk))
    return mail


def records_of(mail: Mail) -> crm.On:
    """The records that a mail hangs on."""
    company = mail.contact.company if mail.contact is not None else None
    return crm.On(company=company, contact=mail.contact, lead=mail.lead, deal=mail.deal)


@transaction.atomic
def note_sent(*, mail: Mail, at: datetime) -> None:
    """The server took the mail: it stands in the timeline, and stops the clock of a reply."""
    found = Mail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
    if found.state != MailState.QUEUED:
        return
    activity = crm.add_activity(
        on=records_of(found), kind=ActivityKind.MAIL, by=found.person, at=at,
        facts={"subject": found.subject, "text": found.text, "direction": Direction.OUT},
    )  # fmt: skip
    found.state, found.sent_at, found.next_at, found.problem = MailState.SENT, at, None, ""
    found.tries += 1
    found.activity = activity
    found.save(update_fields=["state", "sent_at", "next_at", "problem", "tries", "activity"])
    publish_all(["mail"], "sent", str(found.pk))


@transaction.atomic
def note_failed(*, mail: Mail, code: str, is_final: bool, at: datetime) -> None:
    """The server did not take it: again later, or its writer is told."""
    found = Mail.objects.select_for_update(of=("self",)).select_related("person").get(pk=mail.pk)
    if found.state != MailState.QUEUED:
        return
    found.tries += 1
    found.problem = code
    if is_final or found.tries > len(PAUSES):
        found.state, found.next_at = MailState.FAILED, None
        if found.person is not None and found.mailing_id is None:
            notify(recipients=[found.person], kind="mail_failed", params={},
                   url=f"/mail/{found.pk}", at=at)  # fmt: skip
    else:
        found.next_at = at + PAUSES[found.tries - 1]
        jobs.enqueue(SEND_JOB, later=found.next_at, mail_id=found.pk)
    found.save(update_fields=["tries", "problem", "state", "next_at"])
    publish_all(["mail"], "failed", str(found.pk))


@transaction.atomic
def drop(*, mail: Mail, at: datetime) -> None:  # noqa: ARG001 - who asks says when
    """A mail to many that is not sent: it was cancelled, or its reader ended it meanwhile."""
    rows = Mail.objects.filter(pk=mail.pk, state=MailState.QUEUED)
    rows.update(state=MailState.DROPPED, next_at=None)


@transaction.atomic
def unsubscribe(*, mail: Mail, at: datetime) -> None:
    """Whoever got this mail wants no more of them: no mail to many goes to the address, and what
    the contact or lead allowed by mail is withdrawn. Doing it again changes nothing."""
    if not mail.to_address or not stop(mail.to_address, StopKind.UNSUBSCRIBED, at):
        return
    for one in _mail_consents(mail).filter(withdrawn_at__isnull=True):
        crm.withdraw_consent(consent=one, source=BY_LINK, by=None, at=at)
    audit.record("unsubscribed", subject=mail, by=None, at=at)
    publish_all(["mail"], "unsubscribed", str(mail.pk))


@transaction.atomic
def resubscribe(*, mail: Mail, at: datetime) -> None:
    """Whoever ended such mails takes it back: the address gets them again, and what ending them
    withdrew of this contact or lead is allowed anew. What was withdrawn otherwise stays so."""
    rows = Stop.objects.select_for_update()
    ended = rows.filter(digest=address_digest(mail.to_address), kind=StopKind.UNSUBSCRIBED).first()
    if not mail.to_address or ended is None:
        return
    withdrawn = _mail_consents(mail).filter(withdrawn_at=ended.at, withdrawn_source=BY_LINK)
    ended.delete()
    for one in withdrawn:
        # One that was recorded since then stands already.
        with suppress(crm.ConsentStands):
            crm.record_consent(
                holder=one.contact or one.lead, channel=ConsentChannel.EMAIL, purpose=one.purpose,
                source=BY_LINK, given_at=at, by=None, at=at,
            )  # fmt: skip
    audit.record("resubscribed", subject=mail, by=None, at=at)
    publish_all(["mail"], "resubscribed", str(mail.pk))


def _mail_consents(mail: Mail) -> Any:
    """What the contact or lead of a mail allowed by mail, standing or withdrawn."""
    holders = Q(contact__isnull=False, contact=mail.contact_id)
    holders |= Q(lead__isnull=False, lead=mail.lead_id)
    return Consent.objects.filter(holders, channel=ConsentChannel.EMAIL).order_by("pk")


def address_digest(address: str) -> str:
    """Under what a stopped address is kept."""
    return fingerprint("email", address.strip().casefold())


def stop(address: str, kind: str, at: datetime, code: str = "") -> bool:
    """Keep that an address gets no mail to many. Returns whether that is new."""
    digest = address_digest(address)
    return Stop.objects.get_or_create(digest=digest, kind=kind, defaults={"at": at, "code": code})[
        1
    ]
