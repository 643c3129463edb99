"""A settlement from folders into a folder: the results of a run and tables in, tables out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from paceline.engine.columns import Table
from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.folders import Format, checked, spelled_out
from paceline.engine.hashing import hash_file
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.results import EARNINGS, UNROUNDED, Results
from paceline.engine.settlement.opening import problem
from paceline.engine.settlement.outcome import Settlement
from paceline.engine.settlement.tables import SETTLEMENT_INPUTS, SettlementTables
from paceline.engine.shape import arrow_type


def read_results(folder: Path, plan: Plan, period: Period) -> Results:
    """The earnings that `paceline calculate` wrote, held against the record beside them.

    Raises InputInvalid when they are not there, were changed, or are of another plan or period.
    """
    record = _record(folder / "run.json")
    of = (record["plan"]["hash"], record["period"]["starts_on"], record["period"]["ends_before"])
    if of != (plan.hash, str(period.starts_on), str(period.ends_before)):
        subject = f"{record['plan']['plan']} {of[0][:12]} {record['period']['key']}"
        wanted = f"{plan.slug} {plan.hash[:12]} {period.key}"
        raise InputInvalid([problem("results_differ", "results", subject, wanted)])
    wanted_tables = [EARNINGS, UNROUNDED] if plan.rounds_once else [EARNINGS]
    tables = {one.name: _unchanged(folder, one, record["outputs"]) for one in wanted_tables}
    return Results(plan, period, record["fingerprint"], {}, (), _tables=tables)


def _unchanged(folder: Path, contract: Table, outputs: Mapping[str, str]) -> pa.Table:
    """A table that the run wrote, as it wrote it."""
    path = _find(folder, contract.name)
    if path is None:
        detail = "it says who earned what"
        raise InputInvalid([problem("table_missing", contract.name, "", detail)])
    if outputs.get(path.name) != hash_file(path):
        raise InputInvalid([problem("results_changed", path.name)])
    return _read(path, contract)


def _record(path: Path) -> dict[str, Any]:
    """What a run wrote about itself; anything else is refused."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for keys in (("plan", "hash"), ("plan", "plan"), ("period", "key"), ("outputs",)):
            inner: Any = found
            for key in keys:
                inner = inner[key]
        _ = found["period"]["starts_on"], found["period"]["ends_before"], found["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputInvalid([problem("table_unreadable", path.name)]) from None
    return found


def read_settlement_folder(folder: Path) -> SettlementTables:
    """The tables of a settlement, `<table>.parquet` or `<table>.csv`; each may be left out.

    Raises InputInvalid for a table given twice or one that cannot be read.
    """
    sources: dict[str, object] = {}
    problems: list[Problem] = []
    for name, contract in SETTLEMENT_INPUTS.items():
        try:
            path = _find(folder, name)
            if path is not None:
                sources[name] = _read(path, contract)
        except InputInvalid as error:
            problems += error.problems
    if problems:
        raise InputInvalid(problems)
    return SettlementTables(sources)


def _find(folder: Path, name: str) -> Path | None:
    found = [
        path for path in (folder / f"{name}.parquet", folder / f"{name}.csv") if path.is_file()
    ]
    if len(found) > 1:
        raise InputInvalid([problem("table_given_twice", name)])
    return found[0] if found else None


def _read(path: Path, contract: Table) -> pa.Table:
    """A CSV in UTF-8 with a header, or a Parquet file; an empty field is an empty value."""
    options = pa_csv.ConvertOptions(
        column_types={column.name: arrow_type(column.kind) for column in contract.columns},
        strings_can_be_null=True,
        null_values=[""],
        quoted_strings_can_be_null=False,
    )
    try:
        if path.suffix == ".parquet":
            return pq.ParquetFile(path).read()
        with pa_csv.open_csv(path, convert_options=options) as reader:
            return pa.Table.from_batches(checked(reader), reader.schema)
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError):
        raise InputInvalid([problem("table_unreadable", path.name)]) from None


def write_settlement(settlement: Settlement, folder: Path, form: Format) -> list[Path]:
    """Every table and `settlement.json`; the same settlement writes the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, rows in settlement.tables().items():
        path = folder / f"{name}.{form}"
        if form == "csv":
            pa_csv.write_csv(spelled_out(rows), path)
        else:
            pq.write_table(rows, path)
        written.append(path)
    record = folder / "settlement.json"
    period = settlement.period
    text = json.dumps(
        {
            "plan": {"plan": settlement.plan.slug, "hash": settlement.plan.hash},
            "period": {
                "key": period.key,
                "starts_on": str(period.starts_on),
                "ends_before": str(period.ends_before),
            },
            "fingerprint": settlement.fingerprint,
            "inputs": settlement.inputs,
            "outputs": {path.name: hash_file(path) for path in written},
            "conservation": [
                {key: f"{value:f}" if key != "currency" else value for key, value in row.items()}
                for row in settlement.rows("conservation")
            ],
        },
        indent=2,
        ensure_ascii=False,
        sort_keys=True,
    )
    record.write_text(text + "\n", encoding="utf-8")
    return [*written, record]
