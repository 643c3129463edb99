"""The engine from a shell: CSV or Parquet in, the same tables out, byte for byte."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from paceline import engine
from paceline.engine import folders
from paceline.engine.cli import app
from paceline.engine.hashing import hash_file

from .building import arrow
from .test_run import PLAN, world


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    (tmp_path / "tables").mkdir()
    for name, rows in world(40).items():
        pa_csv.write_csv(arrow(name, rows), tmp_path / "tables" / f"{name}.csv")
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.output


def calculate(folder: Path, out: str, form: str) -> tuple[int, str]:
    return run(
        "calculate",
        str(folder / "plan.yaml"),
        "--tables",
        str(folder / "tables"),
        "--period",
        "2024Q1",
        "--out",
        str(folder / out),
        "--format",
        form,
    )


def test_the_same_run_writes_the_same_bytes(folder: Path) -> None:
    for form in ("csv", "parquet"):
        for out in ("first", "second"):
            code, output = calculate(folder, f"{out}-{form}", form)
            assert code == 0, output
        files = sorted((folder / f"first-{form}").iterdir())
        assert f"earnings.{form}" in [path.name for path in files]
        for path in files:
            assert path.read_bytes() == (folder / f"second-{form}" / path.name).read_bytes()
    record = json.loads((folder / "first-csv" / "run.json").read_text("utf-8"))
    assert record["inputs"]["order_lines"] == [hash_file(folder / "tables" / "order_lines.csv")]
    assert record["outputs"]["earnings.csv"] == hash_file(folder / "first-csv" / "earnings.csv")
    assert all(check["holds"] for check in record["checks"])
    assert record["fingerprint"] in output


def test_parquet_and_csv_give_the_same_amounts(folder: Path) -> None:
    calculate(folder, "from-csv", "parquet")
    for path in list((folder / "tables").glob("*.csv")):
        pq.write_table(arrow(path.stem, world(40)[path.stem]), path.with_suffix(".parquet"))
        path.unlink()
    code, output = calculate(folder, "from-parquet", "parquet")
    assert code == 0, output
    for path in (folder / "from-csv").glob("*.parquet"):
        assert pq.read_table(path) == pq.read_table(folder / "from-parquet" / path.name)


def test_a_large_csv_is_calculated_without_reading_it_into_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calculate(folder, "small", "parquet")
    monkeypatch.setattr(folders, "CSV_BYTES_IN_MEMORY", 0)
    monkeypatch.setattr(folders, "read_csv", None)  # whoever calls it fails
    code, output = calculate(folder, "large", "parquet")
    assert code == 0, output
    for path in (folder / "small").iterdir():
        assert path.read_bytes() == (folder / "large" / path.name).read_bytes()
    lines = folder / "tables" / "order_lines.csv"
    lines.write_text(lines.read_text("utf-8").replace("2024-", "24/", 1), encoding="utf-8")
    code, output = calculate(folder, "out", "csv")
    assert (code, "order_lines.csv:2: order_lines: ordered_on: '24/" in output) == (1, True), output


def test_refusals_name_the_place_and_write_nothing(folder: Path) -> None:
    code, output = run("check-plan", str(folder / "plan.yaml"))
    assert (code, "can be used" in output) == (0, True)
    plan = folder / "plan.yaml"
    plan.write_text(PLAN.replace("boundary: upper", "boundary: both"), encoding="utf-8")
    code, output = run("check-plan", str(plan))
    assert code == 1
    assert f"{plan}:7:13: policies/boundary: both is none of upper, lower" in output
    assert calculate(folder, "out", "csv")[0] == 1
    plan.write_text(PLAN, encoding="utf-8")
    lines = folder / "tables" / "order_lines.csv"
    text = lines.read_text("utf-8")
    lines.write_text(text + text.splitlines()[1] + "\n", encoding="utf-8")
    code, output = calculate(folder, "out", "csv")
    assert code == 1
    assert "order_lines: L0000 occurs 2 times" in output
    lines.write_text(text.replace("2024-", "24/", 1), encoding="utf-8")
    assert calculate(folder, "out", "csv")[0] == 1
    plan.write_bytes(b"\xff\xfe")
    assert run("check-plan", str(plan))[0] == 2
    assert run("check-plan", str(folder / "none.yaml"))[0] == 2
    assert not (folder / "out").exists()


def test_without_pyspark_it_says_what_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(engine, "spark", raising=False)
    monkeypatch.setitem(sys.modules, "paceline.engine.spark", None)
    arguments = ["calculate", str(folder / "plan.yaml"), "--tables", str(folder / "tables")]
    arguments += ["--period", "2024Q1", "--out", str(folder / "out"), "--on", "spark"]
    code, output = run(*arguments)
    assert code == 2
    assert "pyspark is not installed" in output
    assert not (folder / "out").exists()


def test_a_line_without_end_is_named_and_never_read_whole(folder: Path) -> None:
    lines = folder / "tables" / "order_lines.csv"
    with lines.open("ab") as file:
        file.truncate(lines.stat().st_size + 50_000_000)
    code, output = calculate(folder, "out", "csv")
    assert code == 1
    last = len(world(40)["order_lines"]) + 2
    assert f"order_lines.csv:{last}: order_lines: this line does not end" in output
