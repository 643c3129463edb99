"""Beginning a sequence with many, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.crm.queries.segments import members
from paceline.kernel.interface import (
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
)
from paceline.kernel.interface.problems import invalid, unseen
from paceline.org.requests import TokenRequest
from paceline.sequences import access, actions
from paceline.sequences.api.shared import (
    Id,
    Sent,
    router,
    segment_of,
    sequences_of,
    written,
)
from paceline.sequences.models import (
    Start,
)


class StartRecord(Record):
    """One sequence begun with many: how far it has come, and why others did not begin."""

    id: int
    sequence: int | None = Field(None, alias="sequence_id")
    of: str
    count: int = 0
    done: int
    begun: int
    skipped: dict[str, int] = Field({}, description=noop("Why others did not, by reason."))
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    undone_at: datetime | None = None

    @staticmethod
    def resolve_count(row: Start) -> int:
        return len(row.ids)


class StartIn(Sent):
    """Begin a sequence with these records, or with whoever belongs to a segment now."""

    sequence: Id
    records: list[Id] = Field([], max_length=actions.START_MAX)
    segment: Id | None = None


def _starts(request: TokenRequest) -> Any:
    return Start.objects.filter(by=request.person, begun_at__isnull=False)


@router.get("/sequence-starts", response=Page[StartRecord], summary=noop("List your beginnings"))
def list_sequence_starts(request: TokenRequest, asked: Query[Asked]) -> HttpResponse:
    return answer_page(request, _starts(request), asked, StartRecord)


@router.post("/sequence-starts", response=StartRecord, summary=noop("Begin with many"))
def start_sequence(request: TokenRequest, sent: StartIn) -> HttpResponse:
    """A job begins with them; ask again until ``ended_at`` is there."""
    if not access.may_begin_any(request.person):
        raise Problem("forbidden")
    found = sequences_of(request).filter(pk=sent.sequence).first()
    if found is None:
        raise unseen("sequence")
    ids = list(dict.fromkeys(sent.records))
    if sent.segment is not None:
        segment = segment_of(request, sent.segment)
        if segment.of != found.of:
            raise invalid("segment", _("The sequence goes with other records."))
        rows = members(segment.rule, segment.of, request.person, request.today)
        ids = [*rows.order_by("pk").values_list("pk", flat=True)[: actions.START_MAX + 1]]
    if not ids:
        raise invalid("records", _("Nobody was chosen."))
    told: dict[str, Any] = {"by": request.person, "at": request.now}

    def begin() -> Start:
        draft = actions.draft_start(of=found.of, ids=ids, **told)
        return actions.begin_start(start=draft, sequence=found, **told)

    return answer_one(request, written(begin), StartRecord)


@router.get("/sequence-starts/{int:pk}", response=StartRecord, summary=noop("Read a beginning"))
def read_sequence_start(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_one(request, get_object_or_404(_starts(request), pk=pk), StartRecord, picked)


@router.post(
    "/sequence-starts/{int:pk}/undo", response=StartRecord, summary=noop("Take a beginning back")
)
def undo_sequence_start(request: TokenRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_starts(request), pk=pk)
    written(lambda: actions.undo_start(start=found, by=request.person, at=request.now))
    return answer_one(request, get_object_or_404(_starts(request), pk=pk), StartRecord)
