"""The engine from a shell, without database or web: `paceline calculate` and `paceline
check-plan`.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from paceline.engine.errors import InputInvalid, PlanInvalid, Problem
from paceline.engine.folders import read_folder, write_folder
from paceline.engine.periods import PeriodUnknown, period_from_key
from paceline.engine.plan.document import MAX_CHARACTERS
from paceline.engine.plan.model import Plan
from paceline.engine.plan.parse import check_plan, load_plan
from paceline.engine.run import calculate as run_plan
from paceline.engine.tables import Tables

app = typer.Typer(no_args_is_help=True, add_completion=False)

PlanPath = Annotated[Path, typer.Argument(help="The plan document (YAML).", show_default=False)]


class OutputFormat(StrEnum):
    """How result tables are written."""

    PARQUET = "parquet"
    CSV = "csv"


@app.command("check-plan")
def check(plan: PlanPath) -> None:
    """Check a plan document and list everything that is wrong with it."""
    problems = check_plan(_read(plan), name=str(plan))
    for problem in problems:
        typer.echo(str(problem), err=True)
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)
    typer.echo(f"{plan}: the plan can be used.")


@app.command("calculate")
def calculate(
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
) -> None:
    """Calculate a plan for a period from tables in a folder into tables in a folder."""
    try:
        document = load_plan(_read(plan), name=str(plan))
        span = period_from_key(period)
        inputs, hashes = _inputs(tables, document)
        results = run_plan(document, inputs, span, input_hashes=hashes)
    except (PlanInvalid, InputInvalid) as error:
        _refuse(error.problems)
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


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(MAX_CHARACTERS + 1)
    except OSError as error:
        typer.echo(f"{path}: {error.strerror}", err=True)
    except UnicodeDecodeError:
        typer.echo(f"{path}: this is not UTF-8", err=True)
    raise typer.Exit(2)


def _inputs(folder: Path, plan: Plan) -> tuple[Tables, dict[str, list[str]]]:
    if not folder.is_dir():
        typer.echo(f"{folder}: there is no such folder", err=True)
        raise typer.Exit(2)
    return read_folder(folder, plan)


def _refuse(problems: tuple[Problem, ...]) -> NoReturn:
    for problem in problems:
        typer.echo(str(problem), err=True)
    raise typer.Exit(1)
