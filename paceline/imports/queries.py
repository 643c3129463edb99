"""Reading imports, and the look-ups that a check needs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.urls import reverse
from django.utils.translation import gettext as _

from paceline.files.queries import path_of
from paceline.imports import checking, mapping, reading, wording
from paceline.imports.kinds import ImportKind
from paceline.imports.layout import FileUnreadable, Layout, Problem, Severity
from paceline.imports.models import Import, ImportMapping, ImportState
from paceline.kernel.sheets import as_written
from paceline.kernel.shell import Attention
from paceline.org.models import Employment, Person

ATTENTION_MAX = 5


def people_by_text(texts: Sequence[str]) -> pa.Table:
    """Who is meant by each text: an employee number, an e-mail address or a name.

    Returns ``text, code, person_id``; ``code`` says why nobody is (``person_unknown``,
    ``person_ambiguous``) and is empty otherwise. A number wins over an address, that over a name.
    """
    people = Person.objects.values_list("pk", "number", "email", "name", "latin_name")
    by_number: dict[str, list[int]] = defaultdict(list)
    by_email: dict[str, list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    for pk, number, email, name, latin_name in people:
        by_number[number.casefold()].append(pk)
        by_email[email.casefold()].append(pk)
        for known in {name.casefold(), latin_name.casefold()}:
            by_name[known].append(pk)
    ids, codes = [], []
    for text in texts:
        key = text.casefold()
        found = by_number.get(key) or by_email.get(key) or by_name.get(key) or []
        ids.append(found[0] if len(found) == 1 else None)
        codes.append({0: "person_unknown", 1: ""}.get(len(found), "person_ambiguous"))
    return pa.table(
        {
            "text": pa.array(texts, pa.string()),
            "code": pa.array(codes, pa.string()),
            "person_id": pa.array(ids, pa.int64()),
        }
    )


def employments() -> pa.Table:
    """All employments: ``person_id, starts_on, ends_before``."""
    rows = list(Employment.objects.values_list("person_id", "starts_on", "ends_before"))
    return pa.table(
        {
            "person_id": pa.array([row[0] for row in rows], pa.int64()),
            "starts_on": pa.array([row[1] for row in rows], pa.date32()),
            "ends_before": pa.array([row[2] for row in rows], pa.date32()),
        }
    )


def remembered_mapping(kind: str, header_digest: str) -> ImportMapping | None:
    """How a file with this header was mapped the last time."""
    return ImportMapping.objects.filter(kind=kind, header_digest=header_digest).first()


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of the accepted amounts of one currency."""

    currency: str
    amount: Decimal
    rows: int


def result(source: Import, kind: ImportKind, most: int, person: Person) -> dict[str, Any]:
    """What a check found or a commit wrote, for its page."""
    totals = source.totals
    rows = source.problems.all()[:most]
    problems = [
        Problem(row.code, row.row, row.column, row.params, Severity(row.severity)) for row in rows
    ]
    told = [wording.told(problem, kind) for problem in kind.shown(problems, person)]
    codes = {
        code.partition(":")[2]: count
        for code, count in totals["codes"].items()
        if code.startswith("error:")
    }
    return {
        "totals": totals,
        "sums": [
            Sum(one["currency"] or "", Decimal(one["sum"]), one["rows"])
            for one in totals["sums"]
            if one["sum"] not in (None, "None")
        ],
        "first_day": _day(totals.get("first_day")),
        "last_day": _day(totals.get("last_day")),
        "styles": checking.style_words(kind, totals.get("styles", {})),
        "errors": [problem for problem in told if problem.severity == Severity.ERROR],
        "notes": [problem for problem in told if problem.severity == Severity.WARNING],
        "problem_count": sum(codes.values()),
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def first_rows(source: Import) -> list[list[str]]:
    """The first records of a file as its layout reads them; none when it cannot be read."""
    if not source.layout or source.file.removed_at is not None:
        return []
    try:
        return reading.first_rows(path_of(source.file), Layout.from_json(source.layout))
    except FileUnreadable:
        return []


def rejected_lines(source: Import, kind: ImportKind) -> tuple[list[str], Iterator[list[str]]]:
    """Header and rows of the rejected lines: the original columns, then row, line and reasons."""
    layout = Layout.from_json(source.layout)
    own = {name: index for index, name in enumerate(layout.columns) if name in mapping.OWN_COLUMNS}
    keep = [index for index in range(len(layout.columns)) if index not in own.values()]
    assert source.rejected is not None  # noqa: S101 - the caller looked
    file = pq.ParquetFile(path_of(source.rejected))
    # Only lines that were counted bring their number along: it would win over a column of the file.
    numbered = any(number for number in file.read(["line"])["line"].to_pylist())
    left_out = () if numbered else (mapping.LINE_COLUMN,)
    added = [name for name in mapping.OWN_COLUMNS if name not in left_out]
    header = [layout.columns[index] for index in keep] + added

    def rows() -> Iterator[list[str]]:
        for batch in file.iter_batches(10_000):
            for row in batch.to_pylist():
                cells = [as_written(row[f"c{index}"] or "") for index in keep]
                number = [row["line"]] if numbered else []
                yield [*cells, str(row["row"]), *number, _reasons(row["reasons"], kind)]

    return header, rows()


def _reasons(text: str, kind: ImportKind) -> str:
    sentences = [
        wording.told(Problem(one["code"], 0, one["field"], one["params"]), kind)
        for one in json.loads(text)
    ]
    return " ".join(f"{one.where}: {one.text}" if one.where else one.text for one in sentences)


def attention(person: Person, as_of: date) -> list[Attention]:  # noqa: ARG001 - one shape for all
    """Files that a person uploaded and neither imported nor put away."""
    open_states = (ImportState.UPLOADED, ImportState.CHECKED)
    waiting = Import.objects.visible_to(person).filter(uploaded_by=person, state__in=open_states)
    return [
        Attention(
            text=_("%(file)s is not imported yet.") % {"file": source.name},
            url=reverse("imports:import", args=[source.pk]),
            icon="file-import",
            weight=20,
            detail=str(ImportState(source.state).label),
        )
        for source in waiting[:ATTENTION_MAX]
    ]
