"""What a person sees at the shell: place, row and remedy."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from paceline import engine
from paceline.engine.cli import app
from paceline.engine.folders import read_folder
from tests.engine.test_plan_document import PLAN

LINES = "line_id,ordered_on,payee_id,kind,amount,currency,category\n"


SALE = "A,2024-01-05,ana,sale,100.00,USD,x\n"


QUOTAS = "quota,payee_id,starts_on,ends_before,amount,currency\n"


OWNERS = "kind,key,payee_id,share,starts_on\n"


OWN_QUOTA = "sales,ana,2024-01-01,2024-04-01,{amount},USD\n"


FILES = {
    "order_lines": LINES + SALE,
    "assignments": "plan,payee_id,starts_on\nreseller-commission,ana,2020-01-01\n",
    "quotas": QUOTAS + OWN_QUOTA.format(amount=100),
    "reporting": "payee_id,manager_id,starts_on\n",
}


Swap = tuple[str, str]


# What a person sees at the shell: the file that is changed, and the message or, where the exit code
# is 0, what the statement holds.
AT_THE_SHELL: dict[str, tuple[str, str | Swap, str]] = {
    "nothing wrong": ("order_lines", LINES + SALE, "1002.0000"),
    "a day in year 0": (
        "order_lines", LINES + SALE.replace("2024-01-05", "0000-01-05"),
        "order_lines.ordered_on has a day outside the years 1 to 9999",
    ),
    "a day in year 10000": (
        "order_lines", LINES + SALE.replace("2024-01-05", "10000-01-05"),
        "order_lines.csv:2: order_lines: ordered_on: '10000-01-05' is no day of the years 1",
    ),
    "a day in year 9999": (
        "order_lines", LINES + SALE.replace("2024-01-05", "9999-12-31"), "0.0000"
    ),
    "a number that is none": (
        "order_lines", LINES + SALE + SALE.replace("100.00", "NaN"),
        "order_lines.csv:3: order_lines: amount: 'NaN' is no number with at most 14 digits",
    ),
    "twenty digits": (
        "order_lines", LINES + SALE.replace("100.00", "9" * 20),
        f"order_lines.csv:2: order_lines: amount: '{'9' * 20}' is no number",
    ),
    "five decimals": (
        "order_lines", LINES + SALE.replace("100.00", "1.00001"),
        "is no number with at most 14 digits, a point and 4 digits",
    ),
    "a row that is too short": (
        "order_lines", LINES + SALE.replace(",x", ""),
        "order_lines.csv:2: order_lines: this row has 6 fields, the header has 7",
    ),
    "a quote left open": (
        "order_lines", LINES + '"' + SALE, "order_lines.csv:2: order_lines: this is not CSV"
    ),
    "nothing in it": ("order_lines", "", "order_lines.csv:1: order_lines: the file is empty"),
    "another encoding": (
        "order_lines", LINES + SALE.replace("ana", "a\udcf1a"),
        "order_lines.csv:2: order_lines: this is not UTF-8; save the file as CSV in UTF-8",
    ),
    "a line twice": ("order_lines", LINES + SALE * 2, "order_lines: A occurs 2 times"),
    "a payee twice": (
        "payees", "payee_id,name,starts_on\nana,A,2020-01-01\nana,B,2020-01-01\n",
        "payees: ana occurs 2 times",
    ),
    "owners of more than the whole": (
        "owners",
        f"{OWNERS}territory,n,ana,0.6,2020-01-01\nterritory,n,ben,0.6,2020-01-01\n",
        "owners: the owners of territory, n have more than 100 % on 2020-01-01",
    ),
    "people above themselves": (
        "reporting",
        "payee_id,manager_id,starts_on\nana,ben,2020-01-01\nben,ana,2020-01-01\n",
        "reporting: ana is above themselves on 2024-01-01",
    ),
    "a quota of zero": ("quotas", QUOTAS + OWN_QUOTA.format(amount=0), "0.0000"),
    "a quota below zero": (
        "quotas", QUOTAS + OWN_QUOTA.format(amount=-1),
        "quotas: the row of sales, ana is below zero",
    ),
    "sales without a quota": ("quotas", QUOTAS, "0.0000"),
    "a quota without sales": ("order_lines", LINES, "0.0000"),
    "rules without end": (
        "plan", ("credits:\n", "credits:\n" + "  - {id: r, kind: direct}\n" * 10_000),
        "plan.yaml:",
    ),
    "a formula of a million characters": (
        "plan", ("of: amount", f"of: {'amount + ' * 120_000}"), "the plan has more than 200000"
    ),
    "a thousand brackets": (
        "plan", ("of: amount", f"of: {'(' * 999}amount"), "plan.yaml:21:32: measures/sales/of: "
    ),
    "an unknown function": (
        "plan", ("of: amount", "of: destroy(amount)"),
        "plan.yaml:21:32: measures/sales/of: there is no function destroy; known are abs",
    ),
    "a component that draws on itself": (
        "plan", ("{amount: 1000.00}", "{formula: bonus.earned}"),
        ":40:21: components/bonus/pays/formula: there is no component above earning bonus.earned",
    ),
    "a rate below zero": (
        "plan", ("rate: 2%", "rate: -2%"),
        "plan.yaml:34:28: components/commission/rates/tiers/1/rate: -2% is below zero",
    ),
}  # fmt: skip


def test_whoever_calculates_at_a_shell_is_told_place_and_remedy(tmp_path: Path) -> None:
    """Every kind of bad input through the command, each within a second of processor time."""
    for what, (name, given, wanted) in AT_THE_SHELL.items():
        folder = tmp_path / what.replace(" ", "-")
        (folder / "tables").mkdir(parents=True)
        text = PLAN if isinstance(given, str) else PLAN.replace(*given, 1)
        (folder / "plan.yaml").write_text(text, "utf-8")
        files = FILES | ({name: given} if isinstance(given, str) else {})
        for table, rows in files.items():
            place = folder / "tables" / f"{table}.csv"
            place.write_bytes(rows.encode("utf-8", "surrogateescape"))
        options = ["--tables", folder / "tables", "--period", "2024Q1", "--out", folder / "out"]
        command = ["calculate", folder / "plan.yaml", *options, "--format", "csv"]
        started = time.process_time()
        done = CliRunner().invoke(app, [str(one) for one in command])
        assert time.process_time() - started < 1, what
        if done.exit_code:
            assert done.exit_code == 1, f"{what}: {done.output}"
            assert wanted in done.output, f"{what}: {done.output}"
            assert not (folder / "out").exists(), what
        else:
            statements = (folder / "out" / "statements.csv").read_text("utf-8")
            assert f'"ana","{wanted}","USD"' in statements, f"{what}: {statements}"


def test_a_folder_without_tables_and_one_with_a_table_twice_are_told(tmp_path: Path) -> None:
    plan = engine.load_plan(PLAN)
    with pytest.raises(engine.InputInvalid) as refusal:
        read_folder(tmp_path, plan)
    assert [one.code for one in refusal.value.problems] == ["folder_empty"]
    for kind in ("csv", "parquet"):
        (tmp_path / f"order_lines.{kind}").write_text(LINES, "utf-8")
    with pytest.raises(engine.InputInvalid) as refusal:
        read_folder(tmp_path, plan)
    assert [one.code for one in refusal.value.problems] == ["table_given_twice"]
