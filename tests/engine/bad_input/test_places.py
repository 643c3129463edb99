"""Every refusal of an input: in words, with a remedy, and with the line or row that it is about."""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import paceline.engine
from paceline import engine
from paceline.engine import checks
from paceline.engine.cli import app
from paceline.engine.folders import read_csv, read_folder
from paceline.engine.remedies import MENDS_OF_INPUTS
from paceline.incentives.pay_words import PROBLEMS, REMEDIES
from tests.engine.test_cases import plan_of

from .test_shell import LINES, OWN_QUOTA, OWNERS, QUOTAS, SALE

PLAN: dict[str, Any] = {
    "quotas": [{"id": "t", "measure": "sales", "name": "sales"}],
    "credits": [
        {"id": "own", "kind": "direct"},
        {"id": "up", "kind": "rollup", "of": "own", "levels": "all"},
    ],
    "components": [
        {
            "id": "pay",
            "name": "Pay",
            "kind": "commission",
            "measure": "sales",
            "rates": {
                "reading": "slice",
                "on": "amount",
                "table": {
                    "name": "prices",
                    "by": ["product"],
                    "pays": "rate",
                    "counts": "each",
                    "missing": "nothing",
                },
            },
        }
    ],
}
REPORTING = "payee_id,manager_id,starts_on,ends_before\n"
SPLITS = "line_id,payee_id,share,is_overlay\n"
RATES = "from_currency,to_currency,on_date,rate_type,rate\n"
PRICES = "rate_table,product,from,to,rate,starts_on,ends_before,currency\nprices,,0,,0.1,,,\n"
GIVEN = {
    "order_lines": LINES + SALE,
    "assignments": "plan,payee_id,starts_on\ncase,ana,2020-01-01\n",
    "quotas": QUOTAS + OWN_QUOTA.format(amount=100),
    "reporting": REPORTING,
    "rate_tables": PRICES,
}
QUOTA = OWN_QUOTA.format(amount=5).replace("ana", "{}")
# Where a row is wrong: the table, its rows, and which of them is meant.
WRONG: dict[str, tuple[str, str, int]] = {
    "value_missing": ("order_lines", LINES + SALE + "B,,ana,sale,1,USD,x\n", 2),
    "row_repeated": ("order_lines", LINES + SALE + SALE.replace("A,", "B,") + SALE, 3),
    "currency_unknown": ("order_lines", LINES + SALE + "B,2024-01-05,ana,sale,1,XXX,\n", 2),
    "quota_negative": ("quotas", QUOTAS + OWN_QUOTA.format(amount=-1), 1),
    "quota_currency": ("quotas", QUOTAS + OWN_QUOTA.format(amount=1).replace("USD", "EUR"), 1),
    "quota_straddles_period": (
        "quotas",
        QUOTAS + "sales,ana,2023-01-01,2023-04-01,5,USD\nsales,ana,2024-02-01,2024-05-01,5,USD\n",
        2,
    ),
    "dates_reversed": ("reporting", REPORTING + "ana,ben,2024-02-01,2024-01-01\n", 1),
    "dates_overlap": (
        "reporting",
        REPORTING + "ben,cho,2020-01-01,\nana,ben,2020-01-01,2024-02-01\nana,cho,2024-01-01,\n",
        3,
    ),
    "reporting_to_self": ("reporting", REPORTING + "ben,cho,2020-01-01,\nana,ana,2020-01-01,\n", 2),
    "reporting_circular": (
        "reporting",
        REPORTING + "cho,dai,2020-01-01,\nana,ben,2020-01-01,\nben,ana,2020-01-01,\n",
        2,
    ),
    "share_invalid": ("credit_splits", SPLITS + "A,ana,1,false\nA,ben,1.5,false\n", 2),
    "splits_incomplete": ("credit_splits", SPLITS + "A,ana,0.5,false\nA,ben,0.25,false\n", 1),
    "overlay_not_allowed": ("credit_splits", SPLITS + "A,ana,0.5,true\n", 1),
    "owners_exceed": (
        "owners",
        OWNERS + "account,n,ana,0.6,2020-01-01\nterritory,n,ana,0.6,2020-01-01\n"
        "territory,n,ben,0.6,2021-01-01\n",
        3,
    ),
    "rate_not_positive": (
        "exchange_rates",
        RATES + "EUR,USD,2024-01-04,average,1.1\nEUR,USD,2024-01-05,average,0\n",
        2,
    ),
    "rate_rows_start_late": ("rate_tables", PRICES + "prices,pen,5,,0.1,,,\n", 2),
    "rate_row_repeated": (
        "rate_tables", PRICES + "prices,pen,0,,0.1,,,\nprices,pen,0,,0.2,,,\n", 2
    ),
    "rate_row_unpaid": ("rate_tables", PRICES + "prices,pen,0,,,,,\n", 2),
    "rate_rows_gap": (
        "rate_tables", PRICES + "prices,pen,0,5,0.1,,,\nprices,pen,9,,0.2,,,\n", 2
    ),
    "rate_rows_overlap": (
        "rate_tables", PRICES + "prices,pen,0,15,0.1,,,\nprices,pen,9,,0.2,,,\n", 2
    ),
    "rate_rows_end": ("rate_tables", PRICES + "prices,pen,0,5,0.1,,,\n", 2),
    "rate_row_currency": ("rate_tables", PRICES + "prices,pen,0,,0.1,,,EUR\n", 2),
    "rate_days_reversed": (
        "rate_tables", PRICES + "prices,pen,0,,0.1,2024-02-01,2024-01-01,\n", 2
    ),
}  # fmt: skip


def codes_of_inputs() -> set[str]:
    """All that the readers and checks of inputs can refuse."""
    found = set(checks._MESSAGES)
    folder = Path(paceline.engine.__file__).parent
    for name in ("checks", "inputs", "folders", "csv_faults"):
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text("utf-8"))):
            called = getattr(getattr(node, "func", None), "id", "")
            if called in {"Problem", "_problem"} and isinstance(node.args[0], ast.Constant):
                found.add(str(node.args[0].value))
    return found


def test_every_refusal_of_an_input_has_words_a_remedy_and_a_test() -> None:
    codes = codes_of_inputs()
    assert len(codes) > 40
    assert codes - PROBLEMS.keys() == set()
    assert codes - REMEDIES.keys() == set()
    assert codes == MENDS_OF_INPUTS.keys()
    own = {"exchange_rate_missing", "rate_missing"}  # in the product a run can be repeated
    assert {code: str(REMEDIES[code]) for code in codes - own} == {
        code: text for code, text in MENDS_OF_INPUTS.items() if code not in own
    }
    folder = Path(__file__).parents[1]
    files = [*folder.rglob("test_*.py"), *folder.rglob("cases/*.yaml")]
    tested = "".join(path.read_text("utf-8") for path in files)
    words = set(re.findall(r"[a-z_]+", tested))
    assert codes - WRONG.keys() - words == set()


def test_a_refused_row_is_named_by_its_line_or_its_row(tmp_path: Path) -> None:
    plan = plan_of(PLAN)
    (tmp_path / "plan.yaml").write_text(plan.text, "utf-8")
    for code, (table, rows, row) in WRONG.items():
        folder = tmp_path / code
        folder.mkdir()
        for name, text in {**GIVEN, table: rows}.items():
            (folder / f"{name}.csv").write_text(text, "utf-8")
        said = refused(tmp_path, folder)
        assert f"{table}.csv:{row + 1}: {table}" in said, f"{code}: {said}"
        assert f"    mend: {MENDS_OF_INPUTS[code]}" in said
        file = folder / f"{table}.csv"
        pq.write_table(read_csv(file, table, plan), folder / f"{table}.parquet")
        file.unlink()
        assert f"{table}.parquet: row {row}: {table}" in refused(tmp_path, folder), code


def refused(tmp_path: Path, folder: Path) -> str:
    options = ["--tables", folder, "--period", "2024Q1", "--out", tmp_path / "out"]
    command = ["calculate", tmp_path / "plan.yaml", *options]
    done = CliRunner().invoke(app, [str(one) for one in command])
    assert done.exit_code == 1, done.output
    return done.output


def test_what_parquet_files_hold_beyond_every_bound_is_named_by_its_row(tmp_path: Path) -> None:
    """Days that there are no dates for stand in the statistics of a file, too."""
    plan = plan_of(PLAN)
    (tmp_path / "plan.yaml").write_text(plan.text, "utf-8")
    folder = tmp_path / "tables"
    folder.mkdir()
    for name, text in GIVEN.items():
        if name != "order_lines":
            (folder / f"{name}.csv").write_text(text, "utf-8")
    (tmp_path / "l.csv").write_text(LINES + SALE + SALE.replace("A,", "B,"), "utf-8")
    lines = read_csv(tmp_path / "l.csv", "order_lines", plan)
    january, huge = 19_727, Decimal(10) ** 33
    early, late = (
        pa.array(own, pa.int32()).cast(pa.date32())
        for own in ([january, -719_529], [2_932_897, january])
    )
    large = pa.array([Decimal(1), huge], pa.decimal128(38, 4))
    for column, values, said in (
        ("ordered_on", early, "row 2: order_lines.ordered_on has"),
        ("ordered_on", late, "row 1: order_lines.ordered_on has"),
        ("amount", large, "row 2: order_lines: an amount is too large"),
        ("amount", pa.array([float("nan"), 1]), "order_lines.amount is DOUBLE"),
        ("amount", pa.array([float("inf"), 1]), "order_lines.amount is DOUBLE"),
    ):
        place = lines.column_names.index(column)
        pq.write_table(lines.set_column(place, column, values), folder / "order_lines.parquet")
        assert f"order_lines.parquet: {said}" in refused(tmp_path, folder)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("prices,pen,0,NaN", "rate: 'NaN' is no number"),
        ("prices,pen,abc,0.01", "from: 'abc' is no number"),
        ("prices,pen,0,0.01,7", "this row has 5 fields, the header has 4"),
    ],
)
def test_a_fault_far_down_a_long_file_is_named_by_its_line(
    wrong: str, said: str, tmp_path: Path
) -> None:
    """What Arrow reads is passed over; only what it stops at is looked at value by value."""
    table = {"name": "prices", "by": ["product"], "pays": "rate", "counts": "each"}
    rates = {"reading": "slice", "on": "amount", "table": {**table, "missing": "refuse"}}
    pay = {"id": "pay", "name": "Pay", "kind": "commission", "measure": "sales", "rates": rates}
    lines = [f"prices,p{place},0,0.01" for place in range(400_000)]
    lines[350_000] = wrong
    text = "\n".join(["rate_table,product,from,rate", *lines, ""])
    (tmp_path / "rate_tables.csv").write_text(text, "utf-8")
    with pytest.raises(engine.InputInvalid) as refusal:
        read_folder(tmp_path, plan_of({"components": [pay]}))
    (problem,) = refusal.value.problems
    assert problem.line == 350_002
    assert problem.message.startswith(said)


def test_digits_that_a_column_has_no_room_for_are_refused_with_their_line(tmp_path: Path) -> None:
    """Arrow reads 18 digits before the point into a column of 14, as another number."""
    plan = plan_of(PLAN)
    rows = [OWN_QUOTA.format(amount=place) for place in range(3)]
    for amount in ("100000000000000", "999999999999999999", "-100000000000000"):
        text = "".join([QUOTAS, *rows, OWN_QUOTA.format(amount=amount)])
        (tmp_path / "quotas.csv").write_text(text, "utf-8")
        with pytest.raises(engine.InputInvalid) as refusal:
            read_folder(tmp_path, plan)
        (problem,) = refusal.value.problems
        said = f"amount: '{amount}' is no number with at most 14 digits, a point and 4 digits"
        assert (problem.line, problem.message) == (5, said)
    most = "99999999999999.9999"
    (tmp_path / "quotas.csv").write_text(QUOTAS + OWN_QUOTA.format(amount=most), "utf-8")
    assert read_csv(tmp_path / "quotas.csv", "quotas", plan)["amount"][0].as_py() == Decimal(most)
