"""What pages of customers show of mail, and writing to many from their lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paceline.crm import access as crm
from paceline.crm import panels
from paceline.crm.actions import TooManyRecords
from paceline.crm.panels import ManyAct, Panel
from paceline.mail import access, actions, queries, wording
from paceline.mail.models import MailServer
from paceline.org.models import Person


def register() -> None:
    """Called once at start."""
    panels.offer(of_record)
    for kind in ("contact", "lead", "deal"):
        panels.annotate(kind, "mail_replies_to", _replies_to)
    panels.offer_act(
        ManyAct(
            key="mail",
            label=_("Write a mail to …"),
            kinds=frozenset({"contact", "lead"}),
            may=access.may_write_many,
            begin=begin,
        )
    )


def _replies_to(_person: Person) -> Subquery:
    """The server's address for replies; empty where it has none, and none without a server."""
    return Subquery(MailServer.objects.filter(pk=1).values("reply_address")[:1])


def of_record(
    person: Person,
    kind: str,
    record: Any,
    may_change: bool,  # noqa: ARG001, FBT001 - writing is another right
    at: datetime,  # noqa: ARG001
) -> Panel | None:
    if kind not in {"contact", "lead", "deal"} or not crm.may_read_talk(person):
        return None
    if record.mail_replies_to is None:
        return None  # and without a server no mail was ever written
    mails = queries.mails_of(kind, record, person)
    may_write = access.may_write(person, record)
    return Panel(
        "mail/panel.html",
        {
            "mails": [(one, wording.badge_of(one)) for one in mails],
            "write_url": reverse("mail:write", args=[kind, record.pk]) if may_write else "",
            "copy": actions.copy_address(record.mail_replies_to, person) if may_write else "",
        },
    )


def begin(kind: str, ids: Sequence[int], person: Person, at: datetime) -> str:
    """Keep who was chosen; the page of the mailing goes on."""
    try:
        made = actions.draft_mailing(of=kind, ids=ids, by=person, at=at)
    except actions.TooMany as problem:
        raise TooManyRecords from problem
    return reverse("mail:mailing", args=[made.pk])
