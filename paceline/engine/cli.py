"""The engine from a shell, without database or web: `paceline calculate`, `paceline settle` and
`paceline check-plan`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NoReturn

import typer

from paceline.engine.errors import InputInvalid, PlanInvalid, Problem
from paceline.engine.executor import Executor
from paceline.engine.folders import read_folder, write_folder
from paceline.engine.lint import lint as find
from paceline.engine.lint import rates_of
from paceline.engine.lint.findings import SEVERITIES
from paceline.engine.lint.past import read_history
from paceline.engine.periods import PeriodUnknown, WeeksUnknown, period_from_key
from paceline.engine.places import placed
from paceline.engine.plan.document import MAX_CHARACTERS
from paceline.engine.plan.model import Plan
from paceline.engine.plan.parse import check_plan, load_plan
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
from paceline.engine.voice import Language, Voice, voices

app = typer.Typer(no_args_is_help=True, add_completion=False)

PlanPath = Annotated[Path, typer.Argument(help="The plan document (YAML).", show_default=False)]
InLanguage = Annotated[
    Language | None,
    typer.Option(
        "--locale",
        help="The language of messages; without it that of LC_ALL or LANG.",
        show_default=False,
    ),
]


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
    locale: InLanguage = None,
) -> None:
    """Check a plan document and list everything that is wrong with it."""
    voice = voices.of(locale, os.environ)
    text = _read(plan, voice)
    problems = check_plan(text, name=str(plan))
    for problem in problems:
        typer.echo(voice.plan_problem(problem), err=True)
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)
    typer.echo(voice.said("plan_fine", plan=plan))
    if lint or tables is not None:
        _lint(load_plan(text, name=str(plan)), tables, voice)


def _lint(plan: Plan, folder: Path | None, voice: Voice) -> None:
    """Print every finding; with serious ones the exit code is 3."""
    history = rates = None
    if folder is not None:
        try:
            with TemporaryDirectory(prefix="paceline-") as scratch:
                inputs, _ = _inputs(folder, plan, voice, scratch)
                rates = rates_of(plan, inputs)
                history = read_history(plan, inputs)
        except InputInvalid as error:
            _refuse_tables(placed(error.problems, folder), plan.slug, voice)
    findings = find(plan, history, rates)
    for line, below in voice.findings(plan, findings):
        typer.echo(line)
        for one in below:
            typer.echo(f"    {one}")
    counts = {one: sum(one == finding.severity for finding in findings) for one in SEVERITIES}
    typer.echo(voice.said("counts", **counts))
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
    locale: InLanguage = None,
) -> None:
    """Calculate a plan for a period from tables in a folder into tables in a folder."""
    voice = voices.of(locale, os.environ)
    try:
        document = load_plan(_read(plan, voice), name=str(plan))
        span = period_from_key(period)
        with TemporaryDirectory(prefix="paceline-") as scratch:
            inputs, hashes = _inputs(tables, document, voice, scratch, lines or [])
            with _executor(on, master, setting or []) as executor:
                results = run_plan(document, inputs, span, on=executor, input_hashes=hashes)
    except PlanInvalid as error:
        _refuse_plan(error.problems, voice)
    except InputInvalid as error:
        _refuse_tables(placed(error.problems, tables), document.slug, voice)
    except PeriodUnknown as error:
        _stop(_not_a_period(period, error, voice))
    written = write_folder(results, out, "csv" if format is OutputFormat.CSV else "parquet")
    for check in results.checks:
        sums = {
            "imported": f"{check.imported:,.2f}",
            "credited": f"{check.credited:,.2f}",
            "excluded": f"{check.excluded:,.2f}",
        }
        typer.echo(voice.said("conserved", currency=check.currency, **sums))
    for row in results.rows("problems"):
        said = voice.code(row["code"], row["subject"], is_settling=False)
        typer.echo(f"{row['clause']}: {row['payee_id']}: {said}", err=True)
    count = results.table("statements").num_rows
    typer.echo(voice.said("statements", count=count, fingerprint=results.fingerprint))
    typer.echo(voice.said("files", count=len(written), folder=out))


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
    locale: InLanguage = None,
) -> None:
    """Settle what a run found to be earned: what is payable, what is paid, what is carried on."""
    voice = voices.of(locale, os.environ)
    try:
        document = load_plan(_read(plan, voice), name=str(plan))
        span = period_from_key(period)
        for folder in (results, tables):
            _require_folder(folder, voice)
        found = settle_period(
            document,
            read_results(results, document, span),
            read_settlement_folder(tables),
            span,
        )
    except PlanInvalid as error:
        _refuse_plan(error.problems, voice)
    except InputInvalid as error:
        _refuse_tables(error.problems, document.slug, voice, is_settling=True)
    except PeriodUnknown as error:
        _stop(_not_a_period(period, error, voice))
    written = write_settlement(found, out, "csv" if format is OutputFormat.CSV else "parquet")
    _tell(found, voice)
    typer.echo(voice.said("files", count=len(written), folder=out))


def _not_a_period(period: str, error: PeriodUnknown, voice: Voice) -> str:
    if isinstance(error, WeeksUnknown):
        return voice.said("weeks_unknown", period=period, weeks=error.weeks, nearest=error.nearest)
    return voice.said("period_unknown", period=period)


def _tell(found: Settlement, voice: Voice) -> None:
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
        said = voice.code(row["code"], row["subject"], is_settling=True)
        typer.echo(f"{row['clause']}: {row['payee_id']}: {said}", err=True)
    for country in sorted({row["country"] for row in found.rows("rules")}):
        typer.echo(f"{country}: {rule_packs()[country].notice}", err=True)
    payments, balances = (found.table(name).num_rows for name in ("payments", "balances"))
    counts = {"payments": payments, "balances": balances}
    typer.echo(voice.said("settled", **counts, fingerprint=found.fingerprint))


def _read(path: Path, voice: Voice) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(MAX_CHARACTERS + 1)
    except FileNotFoundError:
        typer.echo(voice.said("no_file", path=path), err=True)
    except OSError as error:
        typer.echo(f"{path}: {error.strerror}", err=True)
    except UnicodeDecodeError:
        typer.echo(voice.said("not_utf8", path=path), err=True)
    raise typer.Exit(2)


def _inputs(
    folder: Path, plan: Plan, voice: Voice, scratch: str, lines: list[str] | None = None
) -> tuple[Tables, dict[str, list[str]]]:
    _require_folder(folder, voice)
    tables, hashes = read_folder(folder, plan, Path(scratch))
    if not lines:
        return tables, hashes
    hashes.pop("order_lines", None)
    return Tables({**tables.sources, "order_lines": lines}), hashes


def _require_folder(folder: Path, voice: Voice) -> None:
    if not folder.is_dir():
        _stop(voice.said("no_folder", folder=folder))


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


def _refuse_plan(problems: tuple[Problem, ...], voice: Voice) -> NoReturn:
    for problem in problems:
        typer.echo(voice.plan_problem(problem), err=True)
    raise typer.Exit(1)


def _refuse_tables(
    problems: tuple[Problem, ...], plan: str, voice: Voice, *, is_settling: bool = False
) -> NoReturn:
    for problem in problems:
        typer.echo(voice.input_problem(problem, plan, is_settling=is_settling), err=True)
        mend = voice.mend(problem, is_settling=is_settling)
        if mend:
            typer.echo(f"    {voice.said('mend', text=mend)}", err=True)
    raise typer.Exit(1)
