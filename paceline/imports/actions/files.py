"""From an uploaded file to a checked import: upload, layout, mapping, check."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping as MappingOf
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import duckdb
import pyarrow.parquet as pq
from django.db import connection, transaction

from paceline.files import actions as files
from paceline.files import queries as stored
from paceline.imports import checking, conversion, kinds, mapping, queries, reading, recognition
from paceline.imports.kinds import Changes, Check, ImportKind
from paceline.imports.layout import FileUnreadable, Layout
from paceline.imports.mapping import Mapping
from paceline.imports.models import PROBLEMS_KEPT, Import, ImportProblem, ImportState
from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.live.stops import Stop, stoppable
from paceline.org.models import Person

OPEN = (ImportState.UPLOADED, ImportState.CHECKING, ImportState.CHECKED)
MEDIA_TYPES = {"text": "text/plain", "parquet": "application/vnd.apache.parquet"}


class ChangedSincePreview(Exception):
    """People, days or rows changed after the preview: another look is needed first."""


class LayoutFixed(Exception):
    """The import is being written or has been; its layout and mapping no longer change."""


@transaction.atomic
def upload(
    *, kind: str, content: bytes | Path | IO[bytes], name: str, by: Person, at: datetime
) -> Import:
    """Keep a file and recognise it. A file that cannot be read keeps its reason in ``refusal``.

    Raises ``kinds.UnknownKind`` and ``files.FileTooLarge``.
    """
    wanted = kinds.kind(kind, by)
    file = files.store_file(content, name=name, media_type="application/octet-stream", by=by, at=at)
    source = Import(
        kind=wanted.key,
        file=file,
        name=files.shown_name(name),
        uploaded_by=by,
        uploaded_at=at,
    )
    try:
        layout = reading.recognise_file(
            stored.path_of(file), known_names=mapping.known_names(wanted)
        )
    except FileUnreadable as error:
        source.refusal = asdict(error.problem)
    else:
        source.layout = layout.as_json()
        source.mapping = mapping.as_json(_suggested(wanted, layout))
    source.save()
    audit.record("import_uploaded", subject=source, by=by, at=at, after={"digest": file.digest})
    return source


def _suggested(kind: ImportKind, layout: Layout) -> Mapping:
    remembered = queries.remembered_mapping(kind.key, mapping.header_digest(layout))
    if remembered is None:
        return mapping.suggest(kind, layout)
    kept = mapping.from_json(remembered.mapping)
    if kind.is_private:  # what was the same for all lines of somebody else's file is their own
        kept = {name: source for name, source in kept.items() if source.column is not None}
    own = mapping.suggest(kind, layout)
    # A mended file of rejected lines brings its line numbers along: they win over counting again.
    numbered = {name: source for name, source in own.items() if _brings_line(source, layout)}
    return mapping.fitting({**own, **kept, **numbered}, kind, len(layout.columns))


def _brings_line(source: mapping.Source, layout: Layout) -> bool:
    return source.column is not None and layout.columns[source.column] == mapping.LINE_COLUMN


@transaction.atomic
def set_layout(*, source: Import, changes: MappingOf[str, Any], by: Person, at: datetime) -> Import:
    """Overrule what was recognised (encoding, delimiter, header, sheet) and look again.

    Raises ``LayoutFixed``. A layout under which the file cannot be read stays, with its reason.
    """
    source = _open(source)
    kind = kinds.kind(source.kind, by)
    path = stored.path_of(source.file)
    before = source.layout
    layout = replace(Layout.from_json(before), warnings=(), **_known_layout(changes))
    try:
        found = reading.described(path, layout, mapping.known_names(kind))
        columns = found.columns
        if "has_header" in changes and changes["has_header"] != found.has_header:
            columns = _renamed(path, found, has_header=bool(changes["has_header"]))
        chosen = {name: value for name, value in _known_layout(changes).items() if name != "sheet"}
        layout = replace(found, **{**chosen, "columns": columns})
        if "delimiter" in changes:
            layout = replace(layout, columns=_renamed(path, layout, has_header=layout.has_header))
        source.refusal = {}
        source.mapping = mapping.as_json(_suggested(kind, layout))
    except FileUnreadable as error:
        source.refusal = asdict(error.problem)
    source.layout = layout.as_json()
    source.state, source.progress = ImportState.UPLOADED, None
    source.save(update_fields=["layout", "mapping", "refusal", "state", "progress"])
    audit.record(
        "import_layout_set", subject=source, by=by, at=at, before=before, after=source.layout
    )
    return source


def _known_layout(changes: MappingOf[str, Any]) -> dict[str, Any]:
    allowed = ("encoding", "delimiter", "has_header", "sheet", "skip_rows")
    return {name: value for name, value in changes.items() if name in allowed}


def _renamed(path: Path, layout: Layout, *, has_header: bool) -> tuple[str, ...]:
    first = reading.first_rows(path, replace(layout, has_header=False), 1)
    return recognition.column_names(first[0] if first else [], has_header=has_header)


@transaction.atomic
def set_mapping(*, source: Import, chosen: Mapping, by: Person, at: datetime) -> Import:
    """Say which column feeds which field. Raises ``LayoutFixed``."""
    source = _open(source)
    before = source.mapping
    kind = kinds.kind(source.kind, by)
    fitting = mapping.fitting(chosen, kind, len(source.layout.get("columns", ())))
    source.mapping = mapping.as_json(fitting)
    source.state, source.progress = ImportState.UPLOADED, None
    source.save(update_fields=["mapping", "state", "progress"])
    audit.record(
        "import_mapping_set", subject=source, by=by, at=at, before=before, after=source.mapping
    )
    return source


def _open(source: Import) -> Import:
    source = Import.objects.select_for_update().get(pk=source.pk)
    if source.state not in OPEN:
        raise LayoutFixed(source)
    return source


@transaction.atomic
def request_check(*, source: Import, by: Person, at: datetime) -> Import:
    """Queue the check of a large file; a second request while one runs changes nothing."""
    source = _open(source)
    if source.state == ImportState.CHECKING:
        return source
    source.progress = live.start_progress(kind="import_check", by=by, at=at)
    source.state = ImportState.CHECKING
    source.save(update_fields=["state", "progress"])
    jobs.enqueue("imports.check", import_id=source.pk, by_id=by.pk)
    return source


def run_check(*, source: Import, by: Person, at: datetime) -> None:
    """What the job does: check, and say so. Running twice gives the same."""
    source.refresh_from_db()
    if source.state != ImportState.CHECKING or source.progress is None:
        return
    try:
        live.advance(source.progress, step="reading")
        with transaction.atomic():
            with stoppable(source.progress) as stop:
                look(source=source, by=by, at=at, rehearse=True, stop=stop)
            live.finish(source.progress, at=at)
            tell(source)
    except live.Cancelled:
        with transaction.atomic():
            live.stop(source.progress, at=at)
            Import.objects.filter(pk=source.pk).update(state=ImportState.UPLOADED)


def tell(source: Import) -> None:
    """Open pages of the import look again."""
    live.publish(f"import:{source.pk}", "changed", str(source.pk))
    live.publish("imports", "changed")


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that was read in this transaction: its rows, and what writing them would do."""

    checked: Check
    changes: Changes


@transaction.atomic
def check(*, source: Import, by: Person, at: datetime, rehearse: bool = True) -> Import:
    """Read the whole file under its layout and mapping; keep control totals and problems.

    Changes nothing but the import itself. A file that cannot be taken keeps its reason in
    ``refusal`` and stays uploaded. ``rehearse`` false leaves it to the commit to count what is
    written record by record. Raises ``LayoutFixed``.
    """
    source, _looked = look(source=source, by=by, at=at, rehearse=rehearse)
    return source


@transaction.atomic
def look(
    *, source: Import, by: Person, at: datetime, rehearse: bool, stop: Stop | None = None
) -> tuple[Import, Looked | None]:
    """The same, for whoever goes on to write what was read in the same transaction and under the
    kind's lock: it need not be read again. Nothing is handed out of a file that cannot be taken.
    """
    source = _open(source)
    unlimited()
    source.refusal, source.rejected = {}, None
    ImportProblem.objects.filter(source=source).delete()
    looked = None
    try:
        checked, cells, used = examine(source, by, stop)
    except FileUnreadable as error:
        source.refusal = asdict(error.problem)
        source.totals = {}
        source.state = ImportState.UPLOADED
    else:
        skips = checked.kind.by_record and not rehearse
        changes = Changes() if skips else checked.kind.match(checked)
        _keep_findings(source, checked, cells, changes, used, by=by, at=at)
        if skips:
            source.totals["unrehearsed"] = True
        source.state = ImportState.CHECKED
        looked = Looked(checked, changes)
    source.save(update_fields=["refusal", "rejected", "totals", "state"])
    after = {key: source.totals.get(key) for key in ("rows", "accepted", "rejected", "digest")}
    audit.record("import_checked", subject=source, by=by, at=at, after=after)
    return source, looked


def unlimited() -> None:
    """Long work in one transaction: the short limits of page requests do not apply.

    Nor does the one on waiting for a lock: a job that is run again may have to wait until the
    database notices that the worker before it is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = 0")


def examine(
    source: Import, by: Person, stop: Stop | None = None
) -> tuple[Check, reading.Cells, dict[str, str]]:
    """The file's typed rows and problems. Raises ``FileUnreadable``."""
    kind = kinds.kind(source.kind, by)
    layout = Layout.from_json(source.layout)
    cells = reading.read_cells(stored.path_of(source.file), layout)
    if not cells.table.num_rows and not cells.broken:
        raise FileUnreadable("only_header" if layout.has_header else "file_empty")
    chosen = mapping.fitting(mapping.from_json(source.mapping), kind, len(layout.columns))
    duck = conversion.open_lines()
    if stop is not None:
        stop.also(duck.interrupt, raises=duckdb.InterruptException)
    checked, used = checking.begin(duck, kind, cells, layout, chosen, queries.people_by_text)
    checked.by = by
    checking.settle(checked)
    return checked, cells, used


def leave_out_rejected(source: Import, checked: Check) -> None:
    """Leave out what the check rejected, when finding it again would take as long as writing."""
    if source.rejected is not None:
        rows = pq.read_table(stored.path_of(source.rejected), columns=["row"])
        checking.leave_out(checked, rows)


def compare_with_preview(source: Import, checked: Check, changes: Changes) -> None:
    """What is about to be written must be what was shown. Raises ``ChangedSincePreview``."""
    now = checking.preview(checked, changes)
    if any(source.totals.get(key) != value for key, value in now.items()):
        raise ChangedSincePreview(source)


def _keep_findings(
    source: Import,
    checked: Check,
    cells: reading.Cells,
    changes: Changes,
    used: dict[str, str],
    *,
    by: Person,
    at: datetime,
) -> None:
    layout = Layout.from_json(source.layout)
    found = checking.findings(checked, cells, layout, changes, PROBLEMS_KEPT)
    source.totals = {**found.totals, "styles": used}
    ImportProblem.objects.bulk_create(
        ImportProblem(
            source=source,
            row=problem.row,
            column=problem.column,
            code=problem.code,
            params=problem.params,
            severity=problem.severity,
        )
        for problem in found.problems
    )
    if found.rejected.num_rows:
        with tempfile.NamedTemporaryFile(suffix=".parquet") as out:
            pq.write_table(found.rejected, out.name)
            source.rejected = files.store_file(
                Path(out.name),
                name=f"rejected-{source.pk}.parquet",
                media_type=MEDIA_TYPES["parquet"],
                by=by,
                at=at,
            )


@transaction.atomic
def discard(*, source: Import, by: Person, at: datetime) -> None:
    """Put an import away that was never written. Raises ``LayoutFixed``."""
    source = _open(source)
    source.state = ImportState.DISCARDED
    source.save(update_fields=["state"])
    audit.record("import_discarded", subject=source, by=by, at=at)
