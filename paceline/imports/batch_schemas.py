"""What apps that take records of programs share: the answer, line by line, and the refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.http import HttpResponse
from django.utils.translation import gettext_noop as noop
from ninja import Schema
from pydantic import ConfigDict, Field

from paceline.imports import kinds, wording
from paceline.imports.actions import ChangedSincePreview, ImportRefused, import_records
from paceline.imports.actions.batches import Batch
from paceline.imports.kinds import RecordRefused
from paceline.imports.layout import Problem as Finding
from paceline.imports.layout import Severity
from paceline.kernel.interface import Problem, Record, answer_one
from paceline.kernel.interface.problems import Fault
from paceline.org.requests import TokenRequest

RECORDS_MAX = 500


class RecordIn(Schema):
    """One record as a program sends it."""

    model_config = ConfigDict(extra="forbid")


class RecordProblem(Schema):
    """What is wrong with a record, or worth knowing about it."""

    field: str
    code: str
    message: str
    is_refused: bool


class RecordResult(Schema):
    """What became of one record; ``place`` counts from 1 as they were sent."""

    place: int
    result: str = Field(description=noop("“written”, or “refused” with the reasons."))
    problems: list[RecordProblem]


class BatchRecord(Record):
    """What became of the records. They are one import, which can be seen and undone as such."""

    id: int
    accepted: int
    refused: int
    new: int
    changed: int
    same: int
    records: list[RecordResult]


Sent = TypeVar("Sent", bound=RecordIn)


def answer_batch(
    request: TokenRequest,
    *,
    kind: str,
    records: Sequence[RecordIn],
    keep_valid: bool,
    may: Callable[[Any], bool],
) -> HttpResponse:
    """Import the records as the caller and tell what became of each. Raises ``Problem``."""
    if not may(request.person):
        raise Problem("forbidden")
    try:
        batch = import_records(
            kind=kind,
            records=[_texts(one) for one in records],
            name=f"API {request.person.acting_through}",
            by=request.person,
            at=request.now,
            keep_valid=keep_valid,
        )
    except ImportRefused as refused:
        raise Problem("invalid", faults=_faults(kind, refused.problems)) from None
    except RecordRefused as refused:
        found = [Finding(refused.code, 0, refused.field, refused.params)]
        raise Problem("invalid", faults=_faults(kind, found)) from None
    except ChangedSincePreview:
        raise Problem("conflict") from None
    return answer_one(request, _as_record(kind, batch, len(records)), BatchRecord)


def _texts(record: RecordIn) -> dict[str, str]:
    """The members that were given, as an import reads them."""
    return {
        name: _text(value)
        for name, value in record.model_dump(exclude_unset=True).items()
        if value is not None
    }


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _faults(kind: str, problems: Sequence[Finding]) -> list[Fault]:
    known = kinds.kind(kind)
    return [
        Fault(
            "body",
            ".".join(filter(None, ("records", str(one.row) if one.row else "", one.column))),
            wording.told(one, known).text,
        )
        for one in problems
        if one.severity is Severity.ERROR
    ][: RECORDS_MAX * 2]


def _as_record(kind: str, batch: Batch, count: int) -> BatchRecord:
    known, totals = kinds.kind(kind), batch.source.totals
    found: dict[int, list[RecordProblem]] = {}
    for one in batch.problems:
        told = RecordProblem(
            field=one.column,
            code=one.code,
            message=wording.told(one, known).text,
            is_refused=one.severity is Severity.ERROR,
        )
        found.setdefault(one.row, []).append(told)
    return BatchRecord(
        id=batch.source.pk,
        accepted=totals["accepted"],
        refused=totals["rejected"],
        new=totals["new"],
        changed=totals["changed"],
        same=totals["same"],
        records=[
            RecordResult(
                place=place,
                result="refused" if place in batch.refused else "written",
                problems=found.get(place, []),
            )
            for place in range(1, count + 1)
        ],
    )
