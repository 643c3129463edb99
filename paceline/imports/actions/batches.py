"""Records that a program sends: written the way a file of them is, seen and undone like one."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction

from paceline.files import queries as stored
from paceline.imports import kinds
from paceline.imports.actions.commits import commit
from paceline.imports.actions.files import look, set_mapping, upload
from paceline.imports.actions.whole_files import ImportRefused
from paceline.imports.kinds import FieldType, ImportKind
from paceline.imports.layout import Problem, Severity
from paceline.imports.mapping import Source
from paceline.imports.models import Import
from paceline.org.models import Person

# Records are not a reader's file: nothing about them has to be recognised.
STYLES = {FieldType.DAY: "%Y-%m-%d", FieldType.DECIMAL: ".", FieldType.SHARE: "ratio"}


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of the records; ``refused`` holds the places (from 1) of those left out."""

    source: Import
    refused: frozenset[int]
    problems: tuple[Problem, ...]


@transaction.atomic
def import_records(
    *,
    kind: str,
    records: Sequence[Mapping[str, str]],
    name: str,
    by: Person,
    at: datetime,
    keep_valid: bool = False,
) -> Batch:
    """Write records of a kind: all or none, or with ``keep_valid`` those that can be.

    A record gives its fields as text: days as ``2026-07-31``, numbers with a point. What is missing
    gets its default. Raises ``ImportRefused`` with every problem; then nothing changed.
    """
    wanted = kinds.kind(kind)
    given = [one.name for one in wanted.fields if any(one.name in record for record in records)]
    columns = {one: pa.array([str(row.get(one, "")) for row in records]) for one in given}
    with tempfile.NamedTemporaryFile(suffix=".parquet") as out:
        pq.write_table(pa.table(columns), out.name)
        source = upload(kind=kind, content=Path(out.name), name=name, by=by, at=at)
    _refuse_unreadable(source)
    chosen = {one.name: _source(one.name, given, wanted) for one in wanted.fields}
    source = set_mapping(source=source, chosen=chosen, by=by, at=at)
    wanted.lock()
    source, looked = look(source=source, by=by, at=at, rehearse=True)
    _refuse_unreadable(source)
    batch = Batch(source, _refused(source), _problems(source))
    if batch.refused and not (keep_valid and source.totals["accepted"]):
        raise ImportRefused(batch.problems, source)
    # A rehearsal of single records was taken back: they are looked at again.
    commit(source=source, by=by, at=at, looked=None if wanted.by_record else looked)
    source.refresh_from_db()
    return batch


def _source(name: str, given: Sequence[str], kind: ImportKind) -> Source:
    field = kind.field(name)
    if name not in given:
        return Source(constant=field.default)
    return Source(column=given.index(name), style=STYLES.get(field.type, ""))


def _refuse_unreadable(source: Import) -> None:
    if source.refusal:
        raise ImportRefused([Problem(**source.refusal)], source)


def _refused(source: Import) -> frozenset[int]:
    if source.rejected is None:
        return frozenset()
    rows = pq.read_table(stored.path_of(source.rejected), columns=["row"])
    return frozenset(rows["row"].to_pylist())


def _problems(source: Import) -> tuple[Problem, ...]:
    return tuple(
        Problem(one.code, one.row, one.column, one.params, Severity(one.severity))
        for one in source.problems.all()
    )
