"""What pages of customers show of their sequences, their timeline, and beginning with many."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Many
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.crm import access as crm
from paceline.crm import panels
from paceline.crm.actions import TooManyRecords
from paceline.crm.models import Record
from paceline.crm.panels import ManyAct, Panel
from paceline.crm.queries import Entry, contribute
from paceline.mail.filling import fill, values_of
from paceline.org.models import Person
from paceline.sequences import access, actions, wording
from paceline.sequences.models import RECORDS, Enrolment, What
from paceline.sequences.queries import figures

TOLD = (What.STARTED, What.SKIPPED, What.PUT_OFF, What.GIVEN, What.RESUMED, What.ENDED)
LINES_MAX = 60
PANEL_MAX = 5


def register() -> None:
    """Called once at start."""
    panels.offer(of_record)
    contribute(entries)
    for kind in RECORDS:
        panels.annotate(kind, "has_enrolments", _has_enrolments(kind))
        panels.annotate(kind, "startable_sequences", partial(figures.startable, kind))
    panels.offer_act(
        ManyAct(
            key="sequence",
            label=gettext_lazy("Begin a sequence with …"),
            kinds=frozenset(RECORDS),
            may=access.may_begin_any,
            begin=begin,
        )
    )


def _has_enrolments(kind: str) -> Callable[[Person], Exists]:
    return lambda _person: Exists(Enrolment.objects.filter(**{kind: OuterRef("pk")}))


def of_record(
    person: Person,
    kind: str,
    record: Any,
    may_change: bool,  # noqa: FBT001
    at: datetime,
) -> Panel | None:
    if kind not in RECORDS or not crm.may_read_talk(person):
        return None
    may_begin = may_change and access.may_begin_any(person)
    startable = record.startable_sequences if may_begin else []
    known = _enrolments(kind, record)[:PANEL_MAX]
    if not known and not startable:
        return None
    values = values_of(record, record.owner or person) if known else {}
    return Panel(
        "sequences/panel.html",
        {
            "rows": [
                {"enrolment": one, "state": wording.state_of(one),
                 "next": one.next_step and fill(wording.title(one.next_step), values),
                 "script": one.next_step and fill(wording.script(one.next_step), values),
                 "is_running": one.ended_at is None, "trace": wording.trace_of(one, at, values)}
                for one in known
            ],
            "startable": startable,
            "may_change": may_change and access.may_begin_any(person),
            "kind": kind,
            "pk": record.pk,
        },
    )  # fmt: skip


def _enrolments(kind: str, record: Any) -> list[Enrolment]:
    """The sequences of a record with their traces. The timeline and the panel of a page share
    them: they are asked once, and not at all where the record's own query found none."""
    if not getattr(record, "has_enrolments", True):
        return []
    if not hasattr(record, "enrolments_shown"):
        record.enrolments_shown = figures.of_record(kind, record)
    found: list[Enrolment] = record.enrolments_shown
    return found


def entries(person: Person, record: Record, _found: list[Entry]) -> list[Entry]:
    """What sequences did with a record, in its timeline: when they began, what was left out or put
    off and why, and how they ended. Tasks and mails stand there themselves."""
    kind = str(record._meta.model_name)
    if kind not in RECORDS or not crm.may_read_talk(person):
        return []
    every = [line for one in _enrolments(kind, record) for line in one.lines.all()]
    told_of = sorted((one for one in every if one.what in TOLD), key=lambda one: -one.pk)
    lines = told_of[:LINES_MAX]
    values = values_of(record, record.owner or person) if lines else {}
    found = []
    for line in lines:
        told = wording.line_of(line, line.at)
        named = _("Sequence “%(name)s”") % {"name": line.enrolment.sequence.name}
        found.append(
            Entry(
                source="sequence", pk=line.pk, at=line.at, who="", kind="sequence",
                title=f"{named}: {fill(told.title, values)}", text="",
                facts={"details": [told.why] if told.why else []},
            )
        )  # fmt: skip
    return found


def begin(kind: str, ids: Many[int], person: Person, at: datetime) -> str:
    """Keep who was chosen; the page where the sequence is chosen goes on."""
    try:
        made = actions.draft_start(of=kind, ids=ids, by=person, at=at)
    except actions.TooManyToStart as problem:
        raise TooManyRecords from problem
    return reverse("sequences:start", args=[made.pk])
