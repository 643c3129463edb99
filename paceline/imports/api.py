"""Files for programs: brought, checked, looked at, written, taken back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import ConfigDict, Field

from paceline.imports import access, actions, kinds, mapping, queries, wording
from paceline.imports.kinds import ImportKind, UndoRefused, UnknownKind
from paceline.imports.layout import Layout
from paceline.imports.layout import Problem as Found
from paceline.imports.models import Import, ImportProblem
from paceline.kernel.interface import (
    Area,
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    Turned,
    answer_numbered,
    answer_one,
    answer_page,
)
from paceline.kernel.interface.problems import Fault, invalid
from paceline.org.models import Person
from paceline.org.requests import TokenRequest

AREA = Area("imports", gettext_lazy("Files brought in"), writes=True)
router = AREA.router()
CONTENT_MAX = 2 * 1024**2
REJECTED_PAGE = 200


class FieldRecord(Schema):
    """A field that a file may fill."""

    name: str
    label: str
    type: str
    required: bool
    example: str


class KindRecord(Record):
    """A kind of file that the caller may bring, with its fields."""

    id: str = Field("", description=noop("What to send as `kind`."))
    label: str
    fields: list[FieldRecord] = []


class ImportRecord(Record):
    """A file on its way in. ``counts`` is what a check found and writing will do."""

    id: int
    kind: str
    name: str
    state: str
    uploaded_by: str = Field("", description=noop("Employee number."))
    uploaded_at: datetime
    refusal: str = Field("", description=noop("Why the file cannot be taken as it is."))
    columns: list[str] = Field([], description=noop("The columns as they were read."))
    mapping: dict[str, str] = Field(
        {}, description=noop("By field the column, or `= value` for all lines.")
    )
    counts: dict[str, int] = Field(
        {}, description=noop("Rows: read, accepted, rejected, new, changed, same.")
    )
    sums: list[dict[str, str]] = Field(
        [], description=noop("Control totals: currency, sum and rows of what was accepted.")
    )
    committed_at: datetime | None = None
    undone_at: datetime | None = None

    @staticmethod
    def resolve_uploaded_by(row: Import) -> str:
        return row.uploaded_by.number

    @staticmethod
    def resolve_refusal(row: Import) -> str:
        if not row.refusal:
            return ""
        found = kinds.kind(row.kind)
        return wording.sentence(row.refusal["code"], row.refusal["params"], found)

    @staticmethod
    def resolve_columns(row: Import) -> list[str]:
        return list((row.layout or {}).get("columns", ()))

    @staticmethod
    def resolve_mapping(row: Import) -> dict[str, str]:
        columns = list((row.layout or {}).get("columns", ()))
        chosen = mapping.from_json(row.mapping)
        return {
            name: columns[one.column] if one.column is not None else f"= {one.constant}"
            for name, one in chosen.items()
            if (one.column is not None and one.column < len(columns)) or one.constant
        }

    @staticmethod
    def resolve_counts(row: Import) -> dict[str, int]:
        names = ("rows", "accepted", "rejected", "new", "changed", "same")
        return {name: int(row.totals[name]) for name in names if name in row.totals}

    @staticmethod
    def resolve_sums(row: Import) -> list[dict[str, str]]:
        return [
            {"currency": one["currency"] or "", "sum": str(one["sum"]), "rows": str(one["rows"])}
            for one in row.totals.get("sums", ())
            if one["sum"] not in (None, "None")
        ]


class FoundRecord(Record):
    """Something a check found in a line."""

    id: int
    row: int
    column: str
    code: str
    severity: str
    message: str = ""


class RejectedRecord(Record):
    """A line that was not taken, as it came, and why."""

    values: dict[str, str]


class ImportsAsked(Asked):
    """Which imports are wanted."""

    kind: str = Field("", max_length=40)
    state: Literal[
        "",
        "uploaded",
        "checking",
        "checked",
        "committing",
        "committed",
        "discarded",
        "undoing",
        "undone",
    ] = ""


class Sent(Schema):
    """What a program sends; a member that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class LayoutIn(Sent):
    """How the file is to be read, where it was recognised wrongly."""

    encoding: (
        Literal["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "gb18030", "big5", "windows-1252"]
        | None
    ) = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    has_header: bool | None = None
    sheet: str | None = Field(None, max_length=100)


class MappedIn(Sent):
    """Where a field comes from: a column by its name, or one value for all lines."""

    column: str | None = Field(None, max_length=300)
    constant: str = Field("", max_length=300)


class MappingIn(Sent):
    """The fields that differ from what was recognised; null leaves a field empty."""

    fields: dict[str, MappedIn | None] = Field(max_length=200)


class ImportIn(Sent):
    """A file: its text, or its bytes as base64 (XLSX, other encodings)."""

    kind: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=255)
    text: str | None = Field(None, max_length=CONTENT_MAX)
    base64: str | None = Field(None, max_length=CONTENT_MAX)
    layout: LayoutIn | None = None
    fields: dict[str, MappedIn | None] | None = Field(None, max_length=200)


class ReasonIn(Sent):
    """Why an import is taken back."""

    reason: str = Field(min_length=1, max_length=1000)


def _rows(request: TokenRequest) -> Any:
    return Import.objects.visible_to(request.person).select_related("uploaded_by", "file")


def _mine(request: TokenRequest, pk: int) -> Import:
    """An import that the caller may bring further."""
    source: Import = get_object_or_404(_rows(request), pk=pk)
    if not access.may_continue(request.person, source):
        raise Problem("forbidden")
    return source


def _answer(request: TokenRequest, pk: int, picked: Picked | None = None) -> HttpResponse:
    return answer_one(request, get_object_or_404(_rows(request), pk=pk), ImportRecord, picked)


@router.get("/import-kinds", response=Page[KindRecord], summary=noop("List kinds of files"))
def list_import_kinds(request: TokenRequest, turned: Query[Turned]) -> HttpResponse:
    found = [
        KindRecord(
            id=one.key,
            label=str(one.label),
            fields=[
                FieldRecord(
                    name=field.name,
                    label=str(field.label),
                    type=str(field.type),
                    required=field.required,
                    example=field.example,
                )
                for field in kinds.kind(one.key, request.person).fields
            ],
        )
        for one in access.importable(request.person)
    ]
    return answer_numbered(request, turned, KindRecord, lambda _number: (found, False))


@router.get("/imports", response=Page[ImportRecord], summary=noop("List imports"))
def list_imports(request: TokenRequest, asked: Query[ImportsAsked]) -> HttpResponse:
    if not access.may_read_imports(request.person):
        raise Problem("forbidden")
    wanted = {"kind": asked.kind, "state": asked.state}
    rows = _rows(request).filter(**{key: value for key, value in wanted.items() if value})
    return answer_page(request, rows, asked, ImportRecord)


@router.get("/imports/{int:pk}", response=ImportRecord, summary=noop("Read an import"))
def read_import(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return _answer(request, pk, picked)


@router.post("/imports", response=ImportRecord, summary=noop("Bring a file"))
def add_import(request: TokenRequest, sent: ImportIn) -> HttpResponse:
    importable = {one.key for one in access.importable(request.person)}
    if not importable:
        raise Problem("forbidden")
    if sent.kind not in importable:
        raise invalid("kind", _("You bring no files of this kind."))
    content = _content(sent)
    given: dict[str, Any] = {"by": request.person, "at": request.now}
    try:
        source = actions.upload(kind=sent.kind, content=content, name=sent.name, **given)
    except UnknownKind:
        raise invalid("kind", _("You bring no files of this kind.")) from None
    if sent.layout is not None and source.layout:
        changes = sent.layout.model_dump(exclude_none=True)
        source = actions.set_layout(source=source, changes=changes, **given)
    if source.layout and not source.refusal:
        _check(request, source, sent.fields or {})
    return _answer(request, source.pk)


def _content(sent: ImportIn) -> bytes:
    if (sent.text is None) == (sent.base64 is None):
        raise invalid("text", _("Send either the text of the file or its bytes as base64."))
    if sent.text is not None:
        return sent.text.encode()
    try:
        return base64.b64decode(sent.base64 or "", validate=True)
    except binascii.Error:
        raise invalid("base64", _("This is not base64.")) from None


def _check(request: TokenRequest, source: Import, fields: dict[str, MappedIn | None]) -> None:
    """Check a file under what was recognised, and what the caller knows better."""
    given: dict[str, Any] = {"by": request.person, "at": request.now}
    chosen = mapping.from_json(source.mapping)
    layout = Layout.from_json(source.layout)
    known = {field.name for field in kinds.kind(source.kind, request.person).fields}
    faults = []
    for name, one in fields.items():
        column = None if one is None else one.column
        if name not in known:
            faults.append(Fault("body", f"fields.{name}", _("The kind has no such field.")))
        elif column is not None and column not in layout.columns:
            faults.append(Fault("body", f"fields.{name}", _("The file has no such column.")))
        else:
            chosen[name] = mapping.Source(
                column=None if column is None else layout.columns.index(column),
                constant="" if one is None else one.constant,
            )
    if faults:
        raise Problem("invalid", faults=faults)
    try:
        source = actions.set_mapping(source=source, chosen=chosen, **given)
        actions.check(source=source, **given)
    except actions.LayoutFixed:
        raise _too_late() from None


def _too_late() -> Problem:
    detail = _("Somebody has imported or put it away in the meantime. Nothing was changed.")
    return Problem("conflict", detail)


@router.put("/imports/{int:pk}/mapping", response=ImportRecord, summary=noop("Map the columns"))
def map_import(request: TokenRequest, pk: int, sent: MappingIn) -> HttpResponse:
    source = _mine(request, pk)
    if not source.layout:
        raise Problem("conflict", _("The file cannot be read, so that it has no columns."))
    _check(request, source, sent.fields)
    return _answer(request, pk)


def _found_record(kind: ImportKind, person: Person) -> type[FoundRecord]:
    """What is told of a problem follows what its reader may know."""

    class Told(FoundRecord):
        @staticmethod
        def resolve_message(row: ImportProblem) -> str:
            one = Found(row.code, row.row, row.column, row.params)
            shown = list(kind.shown([one], person))
            return str(wording.told(shown[0], kind).text) if shown else ""

    return Told


@router.get(
    "/imports/{int:pk}/problems", response=Page[FoundRecord], summary=noop("List what was found")
)
def list_import_problems(request: TokenRequest, pk: int, asked: Query[Asked]) -> HttpResponse:
    source = get_object_or_404(_rows(request), pk=pk)
    kind = kinds.kind(source.kind, request.person)
    rows = ImportProblem.objects.filter(source=source)
    return answer_page(request, rows, asked, _found_record(kind, request.person))


@router.get(
    "/imports/{int:pk}/rejected", response=Page[RejectedRecord], summary=noop("List rejected lines")
)
def list_rejected(request: TokenRequest, pk: int, turned: Query[Turned]) -> HttpResponse:
    source = get_object_or_404(_rows(request).select_related("rejected"), pk=pk)

    def fetch(number: int) -> tuple[Sequence[object], bool]:
        if source.rejected is None or source.rejected.removed_at is not None:
            return [], False
        header, rows = queries.rejected_lines(source, kinds.kind(source.kind, request.person))
        start = (number - 1) * REJECTED_PAGE
        found = list(islice(rows, start, start + REJECTED_PAGE + 1))
        told = [
            RejectedRecord(values=dict(zip(header, row, strict=True)))
            for row in found[:REJECTED_PAGE]
        ]
        return told, len(found) > REJECTED_PAGE

    return answer_numbered(request, turned, RejectedRecord, fetch)


@router.post("/imports/{int:pk}/commit", response=ImportRecord, summary=noop("Write an import"))
def commit_import(request: TokenRequest, pk: int) -> HttpResponse:
    source = _mine(request, pk)
    try:
        actions.request_commit(source=source, by=request.person, at=request.now)
    except actions.AlreadyCommitted as first:
        told = _("%(name)s has already imported it.")
        raise Problem("conflict", told % {"name": str(first.source.committed_by)}) from None
    except actions.NotChecked:
        raise Problem("conflict", _("It has no checked lines that could be written.")) from None
    return _answer(request, pk)


@router.post("/imports/{int:pk}/discard", response=ImportRecord, summary=noop("Put a file away"))
def discard_import(request: TokenRequest, pk: int) -> HttpResponse:
    source = _mine(request, pk)
    try:
        actions.discard(source=source, by=request.person, at=request.now)
    except actions.LayoutFixed:
        raise _too_late() from None
    return _answer(request, pk)


@router.post("/imports/{int:pk}/undo", response=ImportRecord, summary=noop("Undo an import"))
def undo_import(request: TokenRequest, pk: int, sent: ReasonIn) -> HttpResponse:
    source = _mine(request, pk)
    try:
        actions.request_undo(source=source, reason=sent.reason, by=request.person, at=request.now)
    except actions.AlreadyUndone as first:
        told = _("%(name)s has already undone it.")
        raise Problem("conflict", told % {"name": str(first.source.undone_by)}) from None
    except UndoRefused as refused:
        found = refused.problem
        raise Problem("conflict", wording.sentence(found.code, found.params)) from None
    return _answer(request, pk)
