"""The engine from a shell, without database or web: `paceline calculate`, `paceline settle` and
`paceline check-plan`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from paceline.engine.errors import InputInvalid, PlanInvalid, Problem
from paceline.engine.executor import Executor
from paceline.engine.folders import read_folder, write_folder
from paceline.engine.lint import lint as find
from paceline.engine.lint import rates_of
from paceline.engine.lint.findings import SEVERITIES
from paceline.engine.lint.messages import MENDS, STUDIES
from paceline.engine.lint.past import read_history
from paceline.engine.periods import PeriodUnknown, period_from_key
from paceline.engine.places import placed
from paceline.engine.plan.document import MAX_CHARACTERS
from paceline.engine.plan.model import Plan
from paceline.engine.plan.parse import check_plan, load_plan
from paceline.engine.remedies import MENDS_OF_INPUTS
from paceline.engine.run import calculate as run_plan
from paceline.engine.settlement.folders import (
    read_results,
    read_settlement_folder,
    write_settlement,
)
from paceline.engine.settlement.law import rule_packs
from paceline.engine.settlement.outcome import Settlement
from paceline.engine.settlement.settle import settle as settle_period
from paceline.engine.tables import Tables

app = typer.Typer(no_args_is_help=True, add_completion=False)

PlanPath = Annotated[Path, typer.Argument(help="The plan document (YAML).", show_default=False)]


class OutputFormat(StrEnum):
    """How result tables are written."""

    PARQUET = "parquet"
    CSV = "csv"


SERIOUS = 3  # the exit code of a plan that can be used but has serious findings


@app.command("check-plan")
def check(
    plan: PlanPath,
    lint: Annotated[  # noqa: FBT002 -- Typer's switches
        bool, typer.Option("--lint", help="List what the plan may do that nobody meant.")
    ] = False,
    tables: Annotated[
        Path | None,
        typer.Option(
            help="Tables of past periods, CSV or Parquet, for findings that need history.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check a plan document and list everything that is wrong with it."""
    text = _read(plan)
    problems = check_plan(text, name=str(plan))
    for problem in problems:
        typer.echo(str(problem), err=True)
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)
    typer.echo(f"{plan}: the plan can be used.")
    if lint or tables is not None:
        _lint(load_plan(text, name=str(plan)), tables)


def _lint(plan: Plan, folder: Path | None) -> None:
    """Print every finding; with serious ones the exit code is 3."""
    history = rates = None
    if folder is not None:
        try:
            inputs, _ = _inputs(folder, plan)
            rates = rates_of(plan, inputs)
            history = read_history(plan, inputs)
        except InputInvalid as error:
            _refuse(placed(error.problems, folder))
    findings = find(plan, history, rates)
    for finding in findings:
        typer.echo(f"{finding.severity}: {finding.clause}: {finding.message}")
        if finding.people:
            typer.echo(f"    people: {', '.join(finding.people)}")
        if finding.mend is not None:
            typer.echo(f"    mend: {MENDS[finding.mend.code]}")
        studies = [STUDIES[key] for key in finding.evidence]
        if studies:
            typer.echo(f"    evidence: {'; '.join(studies)} (docs/linter.md)")
    counts = {one: sum(one == finding.severity for finding in findings) for one in SEVERITIES}
    typer.echo(
        f"{counts['serious']} serious, {counts['warning']} warnings, {counts['note']} notes,"
        f" {counts['unseen']} not looked at"
    )
    if counts["serious"]:
        raise typer.Exit(SERIOUS)


class Place(StrEnum):
    """Where a plan is calculated."""

    DUCKDB = "duckdb"
    SPARK = "spark"


@app.command("calculate")
def calculate(  # noqa: PLR0913 -- an argument for each option
    plan: PlanPath,
    tables: Annotated[
        Path,
        typer.Option(help="The folder with the input tables, CSV or Parquet.", show_default=False),
    ],
    period: Annotated[str, typer.Option(help="The period, such as 2020Q2.", show_default=False)],
    out: Annotated[
        Path, typer.Option(help="The folder for the result tables.", show_default=False)
    ],
    format: Annotated[  # noqa: A002 -- the option's own name
        OutputFormat, typer.Option(help="How result tables are written.")
    ] = OutputFormat.PARQUET,
    on: Annotated[
        Place, typer.Option(help="Calculate in this process, or on a Spark cluster.")
    ] = Place.DUCKDB,
    master: Annotated[
        str, typer.Option(help="Spark's master, such as spark://head:7077.")
    ] = "local[*]",
    lines: Annotated[
        list[str] | None,
        typer.Option(help="Parquet order lines in a lake, s3a:// or hdfs://; may be repeated."),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(help="A setting of Spark, name=value; may be repeated."),
    ] = None,
) -> None:
    """Calculate a plan for a period from tables in a folder into tables in a folder."""
    try:
        document = load_plan(_read(plan), name=str(plan))
        span = period_from_key(period)
        inputs, hashes = _inputs(tables, document, lines or [])
        with _executor(on, master, setting or []) as executor:
            results = run_plan(document, inputs, span, on=executor, input_hashes=hashes)
    except PlanInvalid as error:
        _refuse(error.problems)
    except InputInvalid as error:
        _refuse(placed(error.problems, tables))
    except PeriodUnknown as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    written = write_folder(results, out, "csv" if format is OutputFormat.CSV else "parquet")
    for check in results.checks:
        typer.echo(
            f"{check.currency}: imported {check.imported:,.2f}, credited {check.credited:,.2f}, "
            f"excluded {check.excluded:,.2f}"
        )
    for row in results.rows("problems"):
        typer.echo(f"{row['clause']}: {row['payee_id']}: {row['code']}", err=True)
    typer.echo(
        f"{results.table('statements').num_rows} statements, fingerprint {results.fingerprint}"
    )
    typer.echo(f"{len(written)} files in {out}")


@app.command("settle")
def settle(
    plan: PlanPath,
    results: Annotated[
        Path, typer.Option(help="The folder that `calculate` wrote.", show_default=False)
    ],
    tables: Annotated[
        Path,
        typer.Option(help="The folder with balances, holds and the like.", show_default=False),
    ],
    period: Annotated[str, typer.Option(help="The period, such as 2020Q2.", show_default=False)],
    out: Annotated[
        Path, typer.Option(help="The folder for what is paid and owed.", show_default=False)
    ],
    format: Annotated[  # noqa: A002 -- the option's own name
        OutputFormat, typer.Option(help="How tables are written.")
    ] = OutputFormat.PARQUET,
) -> None:
    """Settle what a run found to be earned: what is payable, what is paid, what is carried on."""
    try:
        document = load_plan(_read(plan), name=str(plan))
        span = period_from_key(period)
        for folder in (results, tables):
            _require_folder(folder)
        found = settle_period(
            document,
            read_results(results, document, span),
            read_settlement_folder(tables),
            span,
        )
    except (PlanInvalid, InputInvalid) as error:
        _refuse(error.problems)
    except PeriodUnknown as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    written = write_settlement(found, out, "csv" if format is OutputFormat.CSV else "parquet")
    _tell(found)
    typer.echo(f"{len(written)} files in {out}")


def _tell(found: Settlement) -> None:
    """The account, what there is to note, and which rules of law took part."""
    for row in found.rows("conservation"):
        gains = ("opening", "earned", "adjusted", "limited", "draws", "forgiven")
        losses = ("paid", "held", "forfeited", "clawed_back", "closing")
        left, right = (
            " + ".join(f"{name} {row[name]:,.{found.plan.digits}f}" for name in names)
            for names in (gains, losses)
        )
        typer.echo(f"{row['currency']}: {left} = {right}")
    for row in found.rows("notes"):
        typer.echo(f"{row['clause']}: {row['payee_id']}: {row['code']} {row['subject']}", err=True)
    for country in sorted({row["country"] for row in found.rows("rules")}):
        typer.echo(f"{country}: {rule_packs()[country].notice}", err=True)
    payments, balances = (found.table(name).num_rows for name in ("payments", "balances"))
    typer.echo(f"{payments} payments, {balances} balances, fingerprint {found.fingerprint}")


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(MAX_CHARACTERS + 1)
    except OSError as error:
        typer.echo(f"{path}: {error.strerror}", err=True)
    except UnicodeDecodeError:
        typer.echo(f"{path}: this is not UTF-8", err=True)
    raise typer.Exit(2)


def _inputs(
    folder: Path, plan: Plan, lines: list[str] | None = None
) -> tuple[Tables, dict[str, list[str]]]:
    _require_folder(folder)
    tables, hashes = read_folder(folder, plan)
    if not lines:
        return tables, hashes
    hashes.pop("order_lines", None)
    return Tables({**tables.sources, "order_lines": lines}), hashes


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        _stop(f"{folder}: there is no such folder")


@contextmanager
def _executor(on: Place, master: str, settings: list[str]) -> Iterator[Executor | None]:
    """Where the plan is calculated; nothing stands for this process."""
    if on is Place.DUCKDB:
        yield None
        return
    try:
        from paceline.engine import spark  # noqa: PLC0415 -- pyspark is optional
    except ImportError:
        _stop("pyspark is not installed; docs/beyond-one-machine.md says how to install it")
    named = dict(entry.partition("=")[::2] for entry in settings)
    try:
        with spark.connect(master, named) as executor:
            yield executor
    except spark.SparkUnavailable as error:
        _stop(str(error))


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _refuse(problems: tuple[Problem, ...]) -> NoReturn:
    for problem in problems:
        typer.echo(str(problem), err=True)
        if problem.code in MENDS_OF_INPUTS:
            typer.echo(f"    mend: {MENDS_OF_INPUTS[problem.code]}", err=True)
    raise typer.Exit(1)
