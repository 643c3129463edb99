"""A statement opened down to its order lines, from the run's own kept files, never today's rows.

Tracing takes the engine a moment, and its result can never change. So the lines of a payee, with
the columns that decided on them and the figures that they add up to, are kept as Parquet files
beside the run's inputs; a lost or half-written one is simply made again.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from paceline import engine
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.execute import engine_period
from paceline.incentives.calculation.extract import inputs_of, tables_of
from paceline.incentives.models import PlanVersion, Run, Statement, StatementComponent

LINES_PER_PAGE = 50
ROWS_PER_GROUP = 20_000
_NARROW = ("component", "tier", "line_id", "order_id", "earned", "base_in_tier")


@dataclass(frozen=True, slots=True)
class TracedLine:
    """What one order line added to one tier: its credit, its conversion, and the money it made.

    ``share`` is the payee's part of the line (1 is all of it), ``rate`` the exchange rate,
    ``level`` 0 for an own sale and 1 and up for one that rolled up from ``from_payee_id``.
    """

    line_id: str
    tier: int
    ordered_on: date
    order_id: str
    credit: str
    kind: str
    from_payee_id: str
    level: int
    is_overlay: bool
    share: Decimal
    amount: Decimal
    currency: str
    rate: Decimal
    amount_plan: Decimal
    running_before: Decimal
    running_after: Decimal
    base_in_tier: Decimal
    earned: Decimal
    clause: str


@dataclass(frozen=True, slots=True)
class TracedPage:
    """Some lines of a tier, and what all of its lines add up to.

    ``found`` counts the lines that a search left, ``count``, ``earned`` and ``base`` are those of
    the whole tier whatever is shown.
    """

    lines: tuple[TracedLine, ...]
    page: int
    found: int
    count: int
    earned: Decimal
    base: Decimal

    @property
    def first(self) -> int:
        return (self.page - 1) * LINES_PER_PAGE + 1 if self.found else 0

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1 if self.lines else 0

    @property
    def pages(self) -> int:
        return max(1, -(-self.found // LINES_PER_PAGE))

    @property
    def is_whole(self) -> bool:
        """Whether every line of the tier is shown."""
        return len(self.lines) == self.count

    @property
    def earned_here(self) -> Decimal:
        return sum((line.earned for line in self.lines), Decimal(0))

    @property
    def base_here(self) -> Decimal:
        return sum((line.base_in_tier for line in self.lines), Decimal(0))


def lines_of_tier(
    component: StatementComponent, tier: int, page: int = 1, text: str = ""
) -> TracedPage:
    """One page of the lines in a tier, in the order in which the plan accumulates.

    ``text`` leaves the lines whose order or line number contains it. A lead's tier can hold the
    lines of a whole company: sums come from a few columns, and only the page's rows are read whole.
    """
    place = kept_trace(component.statement, component.version)
    narrow = pq.read_table(place, columns=list(_NARROW))
    in_tier = pc.and_(
        pc.equal(narrow["component"], component.component), pc.equal(narrow["tier"], tier)
    )
    whole = narrow.filter(in_tier)
    wanted = in_tier
    if text:
        in_text = (
            pc.match_substring(pc.fill_null(narrow[name], ""), text, ignore_case=True)
            for name in ("line_id", "order_id")
        )
        wanted = pc.and_(in_tier, pc.or_(*in_text))
    places = pc.indices_nonzero(wanted)
    page = min(max(page, 1), max(1, -(-len(places) // LINES_PER_PAGE)))
    shown = places.slice((page - 1) * LINES_PER_PAGE, LINES_PER_PAGE).to_pylist()
    return TracedPage(
        lines=tuple(_line(row) for row in _rows_at(place, shown)),
        page=page,
        found=len(places),
        count=whole.num_rows,
        earned=_total(whole, "earned"),
        base=_total(whole, "base_in_tier"),
    )


def _rows_at(place: Path, wanted: Sequence[int]) -> list[dict[str, Any]]:
    """The rows at these ascending places, from the row groups that hold them."""
    found: list[dict[str, Any]] = []
    with pq.ParquetFile(place) as file:
        begins = 0
        for group in range(file.num_row_groups):
            ends = begins + file.metadata.row_group(group).num_rows
            inside = [row - begins for row in wanted if begins <= row < ends]
            if inside:
                found += file.read_row_group(group).take(inside).to_pylist()
            begins = ends
    return found


def lines_of_component(component: StatementComponent, limit: int | None = None) -> list[TracedLine]:
    """All lines of a component (or the first ``limit``), a line that crosses tiers once a tier."""
    rows = _lines(component)
    if limit is not None:
        rows = rows.slice(0, limit)
    return [_line(row) for row in rows.to_pylist()]


def line_of_component(component: StatementComponent, line_id: str) -> list[TracedLine]:
    """The parts of one line, tier by tier; empty when the component has no such line."""
    rows = _lines(component).filter(pc.equal(pc.field("line_id"), line_id))
    return [_line(row) for row in rows.to_pylist()]


def has_line(component: StatementComponent, line_id: str) -> bool:
    return bool(line_of_component(component, line_id))


def _lines(component: StatementComponent) -> pa.Table:
    place = kept_trace(component.statement, component.version)
    return pq.read_table(place, filters=pc.field("component") == component.component)


def orders_of(component: StatementComponent, line_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The columns of some lines that the plan's formulas read, by line."""
    rows = traced(component.statement, component.version, "orders")
    wanted = pa.array(line_ids, pa.string())
    found = rows.filter(pc.is_in(rows.column("line_id"), wanted)).to_pylist()
    return {row["line_id"]: row for row in found}


@dataclass(frozen=True, slots=True)
class KeptFigures:
    """A payee's figures under one plan version by their ids; ``reached`` is what the measure of a
    quota came to in its window, and empty for statements that were opened before it was kept.
    """

    measures: dict[str, Decimal | None]
    targets: dict[str, Decimal | None]
    reached: dict[str, Decimal | None]


def figures_of(statement: Statement, version: PlanVersion) -> KeptFigures:
    """The payee's measures and targets under one plan version."""
    found: dict[str, dict[str, Decimal | None]] = {"measure": {}, "target": {}, "reached": {}}
    for row in traced(statement, version, "figures").to_pylist():
        found[row["kind"]][row["subject"]] = row["value"]
    return KeptFigures(found["measure"], found["target"], found["reached"])


Kept = Literal["lines", "orders", "figures"]


def traced(statement: Statement, version: PlanVersion, what: Kept = "lines") -> pa.Table:
    """Every line of a payee under one plan version; or the columns of the lines that decided, or
    the figures they add up to.
    """
    return pq.read_table(kept_trace(statement, version, what))


def kept_trace(statement: Statement, version: PlanVersion, what: Kept = "lines") -> Path:
    """The file of what was traced for a payee under one plan version, made the first time."""
    place = _place(statement, version, what)
    if not _is_kept(place):
        for _made in _trace([statement], version):
            pass
    return place


def trace_together(
    statements: Sequence[Statement], version: PlanVersion, step: Callable[[], None]
) -> None:
    """Trace those of a run's statements under one plan version that are not traced yet, with one
    pass over the lines for many of them. ``step`` is called as each of them is done.
    """
    missing = [one for one in statements if not _is_kept(_place(one, version, "lines"))]
    for _made in _trace(missing, version):
        step()


def _trace(statements: Sequence[Statement], version: PlanVersion) -> Iterator[Statement]:
    """Trace statements of one run and keep what was found; each as soon as it is kept."""
    if not statements:
        return
    limits = settings.CALCULATION_LIMITS
    found = engine.traces(
        documents.load(version.source),
        tables_of(inputs_of(statements[0].run)),
        engine_period(statements[0].period),
        [one.payee.number for one in statements],
        memory_limit=f"{limits['memory']}MiB" if limits else None,
    )
    for statement, one in zip(statements, found, strict=True):
        tables = {"orders": one.orders, "figures": _figures(one), "lines": one.lines}
        for name, rows in tables.items():
            keep(_place(statement, version, name), rows)
        yield statement


def _place(statement: Statement, version: PlanVersion, what: str) -> Path:
    return kept_in(statement.run) / _name(statement, version) / f"{what}.parquet"


def _is_kept(place: Path) -> bool:
    """Whether a file is there and whole; one that is not is taken away."""
    if not place.is_file():
        return False
    try:
        pq.read_metadata(place)
    except (pa.ArrowInvalid, OSError):
        place.unlink(missing_ok=True)
        return False
    return True


def is_traced(statement: Statement) -> bool:
    """Whether the lines of every plan version in a statement have been traced."""
    folder = kept_in(statement.run)
    return all(
        (folder / _name(statement, one.version) / "lines.parquet").is_file()
        for one in statement.components.all()
    )


def trace_ahead(statement: Statement) -> None:
    """Trace what is not traced yet, so that opening a tier waits for nothing."""
    for one in {one.version_id: one.version for one in statement.components.all()}.values():
        kept_trace(statement, one)


def keep(place: Path, rows: pa.Table) -> None:
    """Write a file of a run in one step, so that no reader meets half of it."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = place.with_name(f"{place.name}.{secrets.token_hex(8)}")
    pq.write_table(rows, draft, compression="zstd", row_group_size=ROWS_PER_GROUP)
    draft.replace(place)


def kept_in(run: Run) -> Path:
    """The folder of what was made from a run once; its results never change."""
    return Path(settings.MEDIA_ROOT) / "traces" / f"{run.pk}-{run.fingerprint[:32]}"


def _name(statement: Statement, version: PlanVersion) -> str:
    payee = f"{version.pk}/{version.digest}/{statement.payee_id}/{statement.payee.number}"
    return hashlib.sha256(payee.encode()).hexdigest()


_FIGURES = pa.schema(
    [("kind", pa.string()), ("subject", pa.string()), ("value", pa.decimal128(38, 12))]
)


def _figures(found: engine.Trace) -> pa.Table:
    measures = [
        {"kind": "measure", "subject": row["measure"], "value": row["value"]}
        for row in found.measures.to_pylist()
    ]
    targets = [
        {"kind": "target", "subject": row["quota"], "value": row["target"]}
        for row in found.attainment.to_pylist()
    ]
    reached = [
        {"kind": "reached", "subject": row["quota"], "value": row["measure"]}
        for row in found.attainment.to_pylist()
    ]
    return pa.Table.from_pylist([*measures, *targets, *reached], schema=_FIGURES)


def _line(row: dict[str, Any]) -> TracedLine:
    known = {name: row[name] for name in _FIELDS}
    known["order_id"], known["kind"] = row["order_id"] or "", row["kind"] or ""
    return TracedLine(**known)


_FIELDS: Sequence[str] = tuple(TracedLine.__dataclass_fields__)


def _total(rows: pa.Table, column: str) -> Decimal:
    found = pc.sum(rows.column(column)).as_py()
    return Decimal(0) if found is None else Decimal(found)
