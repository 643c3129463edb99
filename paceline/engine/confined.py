"""A run or a settlement in a process of its own, within limits of memory and time.

A service that calculates plans which people wrote hands each run to such a process: whatever a
plan or its tables lead to, the service goes on. Nothing but the plan's text and the files of the
run goes in; the result tables come out as Arrow files. Used as a command, this module is that
process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar, cast

import pyarrow as pa

from paceline.engine.database import DuckDB
from paceline.engine.errors import EngineError, InputInvalid, Problem
from paceline.engine.kept import FolderShelf
from paceline.engine.periods import Period, PeriodKind
from paceline.engine.plan.model import Plan
from paceline.engine.plan.parse import load_plan
from paceline.engine.results import Check, Results
from paceline.engine.run import Progress, calculate
from paceline.engine.settlement import Settlement, SettlementTables, settle
from paceline.engine.tables import ParquetFiles, Tables

MEBIBYTE = 1024**2
OVERHEAD = 4 * 1024 * MEBIBYTE  # address space of libraries and of files that are mapped


@dataclass(frozen=True)
class Limits:
    """What a run may use: memory of the database in MiB, and seconds of processor and clock."""

    memory: int = 2_048
    processor_seconds: int = 3_600
    seconds: int = 3_600
    threads: int | None = None


class LimitExceeded(EngineError):
    """The run needed more memory or time than it may use, or ended without a result."""


def calculate_confined(
    text: str,
    tables: Tables,
    period: Period,
    *,
    limits: Limits = Limits(),
    shelf: FolderShelf | None = None,
    progress: Progress | None = None,
) -> Results:
    """Run a plan's text over Parquet files in a process of its own.

    Raises InputInvalid as `calculate` does, PlanInvalid for a text that is no plan, LimitExceeded
    when a limit ended the run, and ValueError for tables that are not files. When `progress`
    raises, the process is ended and the exception passed on.
    """
    plan = load_plan(text)
    with tempfile.TemporaryDirectory(prefix="paceline-run-") as name:
        folder = Path(name)
        request = _request(text, tables, period, limits)
        if shelf is not None:
            request["shelf"] = [str(shelf.folder), shelf.most_bytes]
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        _execute(folder, limits, progress)
        answer = json.loads((folder / "answer.json").read_text("utf-8"))
        if "problems" in answer:
            raise InputInvalid([Problem(**problem) for problem in answer["problems"]])
        return Results(
            plan,
            period,
            answer["fingerprint"],
            answer["inputs"],
            tuple(_check(entry) for entry in answer["checks"]),
            _tables={one: _read(folder / f"{one}.arrow") for one in answer["tables"]},
        )


def settle_confined(
    text: str,
    results: Results,
    tables: SettlementTables,
    period: Period,
    *,
    limits: Limits = Limits(),
) -> Settlement:
    """Settle the earnings of a run over Parquet files in a process of its own.

    Raises as `calculate_confined` does.
    """
    plan = load_plan(text)
    with tempfile.TemporaryDirectory(prefix="paceline-settlement-") as name:
        folder = Path(name)
        request = _request(text, tables, period, limits) | {"results": results.fingerprint}
        for one in _SETTLED & set(results.tables()):
            _write(folder / f"{one}.arrow", results.table(one))
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        _execute(folder, limits, None)
        answer = json.loads((folder / "answer.json").read_text("utf-8"))
        if "problems" in answer:
            raise InputInvalid([Problem(**problem) for problem in answer["problems"]])
        return Settlement(
            plan,
            period,
            answer["fingerprint"],
            answer["inputs"],
            {one: _read(folder / f"{one}.arrow") for one in answer["tables"]},
        )


_SETTLED = {"earnings", "unrounded_earnings"}  # what a settlement reads of a run


def _request(
    text: str, tables: Tables | SettlementTables, period: Period, limits: Limits
) -> dict[str, Any]:
    files: dict[str, dict[str, Any]] = {}
    for name, source in tables.sources.items():
        if not isinstance(source, ParquetFiles):
            raise ValueError(f"{name} is no file; only files can be handed to another process")  # noqa: TRY004
        files[name] = {
            "paths": [str(path) for path in source.paths],
            "hashes": list(source.hashes),
            "grain_checked": source.grain_checked,
        }
    return {
        "plan": text,
        "tables": files,
        "period": [str(period.starts_on), str(period.ends_before), period.key, period.kind],
        "limits": asdict(limits),
    }


def _execute(folder: Path, limits: Limits, progress: Progress | None) -> None:
    """Start the process and follow it to its end."""
    command = [sys.executable, "-m", "paceline.engine.confined", str(folder)]
    with (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 -- our own module, our own folder
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        clock = threading.Timer(limits.seconds, process.kill)
        clock.start()
        with process:
            try:
                assert process.stdout is not None  # noqa: S101 -- it is a pipe
                for line in process.stdout:
                    step, done, total = json.loads(line)
                    if progress is not None:
                        progress(step, done, total)
                code = process.wait()
            finally:
                clock.cancel()
                process.kill()
    if code != 0 or not (folder / "answer.json").exists():
        last = (folder / "errors.txt").read_text("utf-8", "replace").strip().splitlines()[-1:]
        raise LimitExceeded(f"the run ended without a result ({code}): {''.join(last)[:300]}")


def _check(entry: Mapping[str, Any]) -> Check:
    amounts = {name: Decimal(entry[name]) for name in ("imported", "credited", "excluded")}
    return Check(entry["name"], entry["currency"], **amounts, holds=entry["holds"])


def _write(path: Path, rows: pa.Table) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
        writer.write_table(rows)


def _read(path: Path) -> pa.Table:
    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


# --- inside the process ---------------------------------------------------------------------------


def main(folder: Path) -> None:
    """Read the request, set the limits, calculate, write the answer."""
    request = json.loads((folder / "request.json").read_text("utf-8"))
    limits = Limits(**request["limits"])
    _confine(limits)
    starts_on, ends_before, key, kind = request["period"]
    period = Period(
        date.fromisoformat(starts_on),
        date.fromisoformat(ends_before),
        key,
        cast("PeriodKind | None", kind),
    )
    plan = load_plan(request["plan"])
    answer: dict[str, Any]
    try:
        if "results" in request:
            answer = _settle(folder, plan, request, period)
        else:
            answer = _calculate(folder, plan, request, period, limits)
    except InputInvalid as refusal:
        answer = {"problems": [_plain(problem) for problem in refusal.problems]}
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def _calculate(
    folder: Path, plan: Plan, request: Mapping[str, Any], period: Period, limits: Limits
) -> dict[str, Any]:
    results = calculate(
        plan,
        _tables(request, Tables({})),
        period,
        on=DuckDB(threads=limits.threads, memory_limit=f"{limits.memory}MiB"),
        shelf=_shelf(request),
        progress=_tell,
    )
    checks = [
        {**{name: str(value) for name, value in asdict(check).items()}, "holds": check.holds}
        for check in results.checks
    ]
    return _answer(folder, results) | {"checks": checks}


def _settle(folder: Path, plan: Plan, request: Mapping[str, Any], period: Period) -> dict[str, Any]:
    files = {name: folder / f"{name}.arrow" for name in _SETTLED}
    found = {name: _read(path) for name, path in files.items() if path.exists()}
    results = Results(plan, period, request["results"], {}, (), _tables=found)
    return _answer(folder, settle(plan, results, _tables(request, SettlementTables({})), period))


Given = TypeVar("Given", Tables, SettlementTables)


def _tables(request: Mapping[str, Any], tables: Given) -> Given:
    """The files of the request, with the hashes that are known of them."""
    for name, source in request["tables"].items():
        tables.sources[name] = ParquetFiles(
            tuple(Path(path) for path in source["paths"]),
            tuple(source["hashes"]),
            grain_checked=source["grain_checked"],
        )
    return tables


def _shelf(request: Mapping[str, Any]) -> FolderShelf | None:
    if "shelf" not in request:
        return None
    folder, most_bytes = request["shelf"]
    return FolderShelf(Path(folder), most_bytes)


def _confine(limits: Limits) -> None:
    """Set the limits of this process; a lower one that it was started with stays."""
    wanted: dict[int, int] = {
        resource.RLIMIT_AS: limits.memory * MEBIBYTE + OVERHEAD,
        resource.RLIMIT_CPU: limits.processor_seconds,
        resource.RLIMIT_CORE: 0,
    }
    for which, value in wanted.items():
        soft, hard = resource.getrlimit(which)
        ceilings = [one for one in (soft, hard, value) if one != resource.RLIM_INFINITY]
        resource.setrlimit(which, (min(ceilings), hard))


def _tell(step: str, done: int, total: int) -> None:
    sys.stdout.write(json.dumps([step, done, total]) + "\n")
    sys.stdout.flush()


def _answer(folder: Path, results: Results | Settlement) -> dict[str, Any]:
    for name, rows in results.tables().items():
        _write(folder / f"{name}.arrow", rows)
    return {
        "fingerprint": results.fingerprint,
        "inputs": results.inputs,
        "tables": list(results.tables()),
    }


def _plain(problem: Problem) -> dict[str, Any]:
    return {**asdict(problem), "params": dict(problem.params)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
