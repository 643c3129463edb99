"""Tables in a folder: CSV or Parquet in, CSV or Parquet out, and a record of the run beside
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from paceline.engine.csv_faults import fault_of
from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.hashing import hash_file
from paceline.engine.inputs import input_columns
from paceline.engine.plan.model import Plan
from paceline.engine.results import Results
from paceline.engine.shape import arrow_type
from paceline.engine.tables import INPUTS, ParquetFiles, Source, Tables

Format = Literal["parquet", "csv"]
# A CSV that is larger is not read into memory, where it takes about four times its size.
CSV_BYTES_IN_MEMORY = 256 * 1024**2


def read_folder(
    folder: Path, plan: Plan, scratch: Path | None = None
) -> tuple[Tables, dict[str, list[str]]]:
    """The input tables of a folder, `<table>.parquet` or `<table>.csv`, and the hashes of their
    files. A large CSV is written as Parquet into the folder `scratch` first, if there is one.

    Raises InputInvalid for a folder without tables, a table given twice, or a CSV that does not fit
    its columns.
    """
    sources: dict[str, Source] = {}
    hashes: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for name in INPUTS:
        found = [
            path for path in (folder / f"{name}.parquet", folder / f"{name}.csv") if path.is_file()
        ]
        if not found:
            continue
        if len(found) > 1:
            problems.append(
                _problem("table_given_twice", f"{name} is there as CSV and as Parquet", name)
            )
            continue
        hashes[name] = [hash_file(found[0])]
        if found[0].suffix == ".parquet":
            sources[name] = ParquetFiles((found[0],), tuple(hashes[name]))
            continue
        try:
            if scratch is not None and found[0].stat().st_size > CSV_BYTES_IN_MEMORY:
                sources[name] = _as_parquet(found[0], name, plan, scratch)
            else:
                sources[name] = read_csv(found[0], name, plan)
        except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as error:
            kinds = {one.name: arrow_type(one.kind) for one in input_columns(plan, name)}
            read = _rows_read(found[0], name, plan)
            problems.append(fault_of(found[0], name, kinds, str(error), read))
    if not sources and not problems:
        problems.append(
            _problem("folder_empty", f"{folder} holds no table such as order_lines.csv", "tables")
        )
    if problems:
        raise InputInvalid(problems)
    return Tables(sources), hashes


def file_of(folder: Path, table: str) -> Path | None:
    """The file of a table in a folder."""
    for kind in ("parquet", "csv"):
        if table in INPUTS and (folder / f"{table}.{kind}").is_file():
            return folder / f"{table}.{kind}"
    return None


def _problem(code: str, message: str, table: str, **params: str | int) -> Problem:
    return Problem(code, message, path=table, params={"table": table, **params})


def read_csv(path: Path, name: str, plan: Plan) -> pa.Table:
    """A CSV in UTF-8 with a header; amounts are read as decimals, an empty field is an empty
    value.
    """
    with pa_csv.open_csv(path, convert_options=_options(name, plan)) as reader:
        return pa.Table.from_batches(checked(reader), reader.schema)


def _as_parquet(path: Path, name: str, plan: Plan, folder: Path) -> ParquetFiles:
    """The same rows, a block at a time."""
    written = folder / f"{name}.parquet"
    with (
        pa_csv.open_csv(path, convert_options=_options(name, plan)) as reader,
        pq.ParquetWriter(written, reader.schema) as writer,
    ):
        for batch in checked(reader):
            writer.write_batch(batch)
    return ParquetFiles((written,))


def checked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What Arrow reads of a CSV. Of a decimal it looks at the digits as they are written, before
    those behind the point are added: 18 before it pass for a column of 14, and would be read as
    another amount. Raises ArrowInvalid for such a number.
    """
    for batch in batches:
        for field, column in zip(batch.schema, batch.columns, strict=True):
            if not pa.types.is_decimal(field.type):
                continue
            bound = Decimal(10) ** (field.type.precision - field.type.scale)
            ends = pc.min_max(column).as_py()
            if any(end is not None and abs(end) >= bound for end in ends.values()):
                raise pa.ArrowInvalid(f"{field.name} has a number with too many digits")
        yield batch


def _rows_read(path: Path, name: str, plan: Plan) -> int:
    """How many rows of a file can be read before the block in which something cannot."""
    found = 0
    try:
        with pa_csv.open_csv(path, convert_options=_options(name, plan)) as reader:
            for batch in checked(reader):
                found += batch.num_rows
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError):
        return found
    return 0  # it can be read now: somebody wrote it again


def _options(name: str, plan: Plan) -> pa_csv.ConvertOptions:
    kinds = {column.name: column.kind for column in input_columns(plan, name)}
    return pa_csv.ConvertOptions(
        column_types={column: arrow_type(kind) for column, kind in kinds.items()},
        strings_can_be_null=True,
        null_values=[""],
        quoted_strings_can_be_null=False,
    )


def write_folder(results: Results, folder: Path, form: Format) -> list[Path]:
    """Every result table and `run.json`; the same run writes the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in results.tables().items():
        path = folder / f"{name}.{form}"
        if form == "csv":
            pa_csv.write_csv(spelled_out(rows), path)
        else:
            pq.write_table(rows, path)
        written.append(path)
    record = folder / "run.json"
    text = json.dumps(describe(results, written), indent=2, ensure_ascii=False, sort_keys=True)
    record.write_text(text + "\n", encoding="utf-8")
    return [*written, record]


def spelled_out(rows: pa.Table) -> pa.Table:
    """Decimals as plain digits: Arrow would write a zero as 0E-12."""
    columns = {}
    for field in rows.schema:
        column = rows.column(field.name)
        if pa.types.is_decimal(field.type):
            digits = [None if value is None else f"{value:f}" for value in column.to_pylist()]
            column = pa.array(digits, pa.string())
        columns[field.name] = column
    return pa.table(columns)


def describe(results: Results, written: list[Path]) -> dict[str, Any]:
    """What decided the run and what it promises, without any time of day."""
    return {
        "plan": {"plan": results.plan.slug, "hash": results.plan.hash},
        "period": {
            "key": results.period.key,
            "starts_on": str(results.period.starts_on),
            "ends_before": str(results.period.ends_before),
        },
        "engine_version": results.engine_version,
        "fingerprint": results.fingerprint,
        "inputs": results.inputs,
        "outputs": {path.name: hash_file(path) for path in written},
        "checks": [
            {
                "check": check.name,
                "currency": check.currency,
                "imported": f"{check.imported:f}",
                "credited": f"{check.credited:f}",
                "excluded": f"{check.excluded:f}",
                "holds": check.holds,
            }
            for check in results.checks
        ],
        "problems": results.rows("problems"),
    }
