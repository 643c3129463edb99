"""One template to many: drafted from a list, looked at, and written by a job part by part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.live.actions import publish_all
from paceline.mail import filling, queries
from paceline.mail.actions.writing import (
    Addressed,
    MailServerMissing,
    NoAddress,
    Words,
    write,
)
from paceline.mail.models import Mail, Mailing, MailServer, MailState, MailTemplate
from paceline.org.models import Person

MAILING_MAX = 5_000
PART = 50
MAILING_JOB = "mail.run_mailing"
WORK = "mailing"


class TooMany(Exception):
    """At most ``MAILING_MAX`` are written to at once."""


class MailingBegun(Exception):
    """This was begun before."""


class NotWritten(Exception):
    """The template says nothing in any language."""


@transaction.atomic
def draft_mailing(*, of: str, ids: Sequence[int], by: Person, at: datetime) -> Mailing:
    """Keep who was chosen, until a template is chosen too. Raises ``TooMany``."""
    if len(ids) > MAILING_MAX:
        raise TooMany
    made: Mailing = Mailing.objects.create(of=of, ids=list(ids), by=by, made_at=at)
    return made


@transaction.atomic
def begin_mailing(*, mailing: Mailing, template: MailTemplate, by: Person, at: datetime) -> Mailing:
    """Begin to write. Raises ``MailServerMissing``, ``MailingBegun`` and ``NotWritten``."""
    found: Mailing = Mailing.objects.select_for_update().get(pk=mailing.pk)
    if found.begun_at is not None:
        raise MailingBegun(found)
    if not MailServer.objects.filter(pk=1).exists():
        raise MailServerMissing
    if not template.texts:
        raise NotWritten(template)
    found.template, found.begun_at = template, at
    found.progress = live.start_progress(kind=WORK, by=by, at=at, total=len(found.ids))
    found.save(update_fields=["template", "begun_at", "progress"])
    audit.record("mailing_begun", subject=found, by=by, at=at,
                 after={"template": template.pk, "count": len(found.ids)})  # fmt: skip
    jobs.enqueue(MAILING_JOB, lock="mailing", mailing_id=found.pk)
    return found


def run_mailing(*, mailing: Mailing, at: datetime) -> Mailing:
    """Write the mails of a mailing, ``PART`` in a transaction, and plan them so that no hour sends
    more than the server may. Doing it again goes on where it stopped; a cancel stops it, and what
    waits to be sent is not sent."""
    if mailing.ended_at is not None or mailing.progress is None or mailing.template is None:
        return mailing
    by = mailing.by
    by.acting_on = at.date()
    server = MailServer.objects.get(pk=1)
    apart = timedelta(seconds=3600) // server.per_hour
    plan = Plan(free_from(at, apart), apart)
    try:
        while mailing.done < len(mailing.ids):
            live.advance(mailing.progress, done=mailing.done, step="writing")
            _write_part(mailing, plan, by, at)
    except live.Cancelled:
        _end(mailing, cancelled=True, at=at)
        live.stop(mailing.progress, at=at)
    else:
        _end(mailing, cancelled=False, at=at)
        live.finish(mailing.progress, at=at)
    return mailing


@dataclass(slots=True)
class Plan:
    """When the next mail to many may go out, and how far apart they are."""

    next_at: datetime
    apart: timedelta


def free_from(at: datetime, apart: timedelta) -> datetime:
    """After those that other mailings have planned already: together they keep the limit.

    What the server did not take waits up to hours for its next try; nobody else waits behind it.
    """
    rows = Mail.objects.filter(state=MailState.QUEUED, mailing__isnull=False, tries=0)
    last = rows.aggregate(last=Max("next_at"))["last"]
    return at if last is None or last < at else last + apart


@transaction.atomic
def _write_part(mailing: Mailing, plan: Plan, by: Person, at: datetime) -> None:
    ids = mailing.ids[mailing.done : mailing.done + PART]
    template: Any = mailing.template
    skipped = Counter(mailing.skipped)
    seen = set(Mail.objects.filter(mailing=mailing).values_list("to_address", flat=True))
    for one in queries.recipients(mailing.of, ids, by, is_offer=template.is_offer):
        why = one.why or ("twice" if one.address in seen else "")
        if not why:
            why = _write_one(mailing, one, plan, by, at)
        if why:
            skipped[why] += 1
        else:
            seen.add(one.address)
            mailing.written += 1
    mailing.skipped, mailing.done = dict(skipped), mailing.done + len(ids)
    mailing.save(update_fields=["skipped", "done", "written"])
    publish_all(["mail"], "mailing", str(mailing.pk))


def _write_one(mailing: Mailing, one: Any, plan: Plan, by: Person, at: datetime) -> str:
    """Write to one; returns why not."""
    template: Any = mailing.template
    language, said = queries.text_for(template, one.record, by)
    values = filling.values_of(one.record, by)
    try:
        write(
            addressed=Addressed.of(one.record, one.address),
            words=Words(
                filling.fill(said["subject"], values), filling.fill(said["body"], values),
                language, template,
            ),
            mailing=mailing, later=plan.next_at, by=by, at=at,
        )  # fmt: skip
    except NoAddress:
        return "no_address"
    plan.next_at += plan.apart
    return ""


@transaction.atomic
def _end(mailing: Mailing, *, cancelled: bool, at: datetime) -> None:
    mailing.ended_at = at
    mailing.cancelled_at = at if cancelled else None
    mailing.save(update_fields=["ended_at", "cancelled_at"])
    publish_all(["mail"], "mailing", str(mailing.pk))
