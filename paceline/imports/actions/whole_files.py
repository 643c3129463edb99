"""A file brought in by a program: every step at once, all of its lines or none."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from paceline.imports import kinds
from paceline.imports.actions.commits import commit
from paceline.imports.actions.files import check, look, set_layout, set_mapping, upload
from paceline.imports.kinds import RecordRefused
from paceline.imports.layout import Layout, Problem
from paceline.imports.mapping import by_name
from paceline.imports.models import Import, ImportProblem
from paceline.org.models import Person


class ImportRefused(Exception):
    """A file was not imported; ``problems`` says why, line by line where it can."""

    def __init__(self, problems: Sequence[Problem], source: Import | None = None) -> None:
        shown = ", ".join(f"{p.row}:{p.column}:{p.code} {p.params}" for p in problems[:5])
        super().__init__(shown)
        self.problems = tuple(problems)
        self.source = source


@transaction.atomic
def import_file(
    *,
    kind: str,
    path: Path,
    name: str,
    by: Person,
    at: datetime,
    mapping: MappingOf[str, Any] | None = None,
    layout: MappingOf[str, Any] | None = None,
) -> Import:
    """The whole way at once, for programs: all lines of a file, or none.

    ``mapping`` gives field → column name, column number or :class:`mapping.Source` where the
    suggestion does not fit; ``layout`` overrules what is recognised. Raises ``ImportRefused``.
    """
    source = upload(kind=kind, content=path, name=name, by=by, at=at)
    if layout:
        source = set_layout(source=source, changes=layout, by=by, at=at)
    _refuse(source)
    if mapping:
        chosen = by_name(mapping, kinds.kind(kind, by), Layout.from_json(source.layout))
        source = set_mapping(source=source, chosen=chosen, by=by, at=at)
    kinds.kind(kind, by).lock()
    source, looked = look(source=source, by=by, at=at, rehearse=False)
    _refuse_rejected(source)
    try:
        with transaction.atomic():
            return commit(source=source, by=by, at=at, looked=looked)
    except RecordRefused:
        source.refresh_from_db()
        source = check(source=source, by=by, at=at)
        _refuse_rejected(source)
        raise


def _refuse_rejected(source: Import) -> None:
    _refuse(source)
    if source.totals["rejected"]:
        raise ImportRefused([_problem(row) for row in source.problems.all()[:100]], source)


def _refuse(source: Import) -> None:
    if source.refusal:
        raise ImportRefused([Problem(**source.refusal)], source)


def _problem(row: ImportProblem) -> Problem:
    return Problem(row.code, row=row.row, column=row.column, params=row.params)
