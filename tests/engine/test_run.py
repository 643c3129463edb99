"""Promises of a run: declared types, same bytes, conservation, refusals, a closed database."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from paceline import engine
from paceline.engine import columns as c
from paceline.engine.database import Workspace, reused_database
from paceline.engine.ledger.compile import ledger_of
from paceline.engine.marks import find_split_lines
from paceline.engine.opening import MAX_DAYS, open_run
from paceline.engine.run import step_queries
from paceline.engine.shape import shape_of

from .building import arrow, fill, tables_of
from .test_plan_document import PLAN as SINGLE_PLAN

PLAN = SINGLE_PLAN.replace(
    "quotas:", "  - {id: team, kind: sum, of: amount, credits: team-sales}\nquotas:", 1
)
TEAM = """  - id: team
    name: Team
    kind: override
    measure: team
    rates: {reading: slice, on: amount, tiers: [{from: 0, rate: 0.5%}]}
"""

QUARTER = engine.period_from_key("2024Q1")
PAYEES = ["ana", "ben", "cho", "max"]


def world(count: int = 60) -> dict[str, list[dict[str, Any]]]:
    """A small company with splits, currencies, a manager change, returns and a leaver."""
    dice = random.Random(7)
    lines = [
        {
            "line_id": f"L{place:04d}",
            "order_id": f"O{place // 3}",
            "payee_id": dice.choice([*PAYEES, None, "nobody"]),
            "ordered_on": date(2024, dice.randint(1, 4), dice.randint(1, 28)),
            "category": dice.choice(["Goods", "Shipping", None]),
            "quantity": dice.randint(1, 5),
            "amount": Decimal(dice.randint(-50_000, 900_000)).scaleb(-2),
            "currency": dice.choice(["USD", "EUR"]),
        }
        for place in range(count)
    ]
    rates = [
        {
            "from_currency": "EUR",
            "to_currency": "USD",
            "on_date": date(2024, month, day),
            "rate_type": "average",
            "rate": Decimal("1.07") + Decimal(day).scaleb(-4),
        }
        for month in range(1, 4)
        for day in range(1, 32)
        if day <= (31, 29, 31)[month - 1]
    ]
    rows: dict[str, list[dict[str, Any]]] = {
        "order_lines": lines,
        "credit_splits": [
            {"line_id": "L0003", "payee_id": "ana", "share": "0.33333333"},
            {"line_id": "L0003", "payee_id": "ben", "share": "0.66666667"},
        ],
        "assignments": [
            {"plan": "reseller-commission", "payee_id": name, "starts_on": date(2024, 1, 1)}
            for name in PAYEES[:2]
        ]
        + [
            {
                "plan": "reseller-commission",
                "payee_id": "cho",
                "starts_on": date(2024, 1, 10),
                "ends_before": date(2024, 2, 20),
            },
            {"plan": "reseller-commission", "payee_id": "max", "starts_on": date(2023, 1, 10)},
        ],
        "reporting": [
            {
                "payee_id": "ana",
                "manager_id": "ben",
                "starts_on": date(2023, 1, 1),
                "ends_before": date(2024, 2, 1),
            },
            {"payee_id": "ana", "manager_id": "max", "starts_on": date(2024, 2, 1)},
            {"payee_id": "ben", "manager_id": "max", "starts_on": date(2023, 1, 1)},
        ],
        "quotas": [
            {
                "quota": "sales",
                "payee_id": name,
                "starts_on": date(2024, 1, 1),
                "ends_before": date(2024, 4, 1),
                "amount": 20_000,
                "currency": "USD",
            }
            for name in PAYEES
        ],
        "exchange_rates": rates,
    }
    return {name: fill(name, part) for name, part in rows.items()}


def test_every_step_returns_the_types_it_declares() -> None:
    plan = engine.load_plan(PLAN)
    for text in (PLAN, PLAN.replace("of: amount", "of: 'amount * 90% - given(cost, 0)'")):
        plan = engine.load_plan(text)
        shape = shape_of(plan)
        workspace = Workspace(shape, tables_of(world()), QUARTER)
        days = open_run(workspace, shape, QUARTER, check=True)
        find_split_lines(workspace, shape)
        for contract, make in step_queries(workspace, ledger_of(shape), days):
            workspace.create(contract.name, make)
            relation = workspace.connection.sql(c.render(c.every_row(contract)))
            declared = {
                column.name: column.kind.sql.replace(", ", ",").replace("TEXT", "VARCHAR")
                for column in contract.columns
            }
            returned = {
                name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)
            }
            assert returned == declared, contract.name
            typeof = workspace.connection.execute(
                c.render(
                    c.select({name: c.call("typeof", c.col(name)) for name in contract.names})
                    .from_(c.source(contract.name))
                    .limit(1)
                )
            ).fetchall()
            assert all(row == tuple(declared.values()) for row in typeof), contract.name
        workspace.close()


def test_shuffled_rows_other_threads_and_files_give_the_same_tables(tmp_path: Path) -> None:
    plan = engine.load_plan(PLAN)
    rows = world(200)
    expected = engine.calculate(plan, tables_of(rows), QUARTER, threads=1)
    for attempt in range(4):
        shuffled = {
            name: random.Random(attempt).sample(part, len(part)) for name, part in rows.items()
        }
        sources: dict[str, Any] = {name: arrow(name, part) for name, part in shuffled.items()}
        if attempt == 3:
            halves = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
            for path, part in zip(
                halves, (sources["order_lines"][:77], sources["order_lines"][77:]), strict=True
            ):
                pq.write_table(part, path)
            sources["order_lines"] = halves
        found = engine.calculate(plan, engine.Tables(sources), QUARTER, threads=1 + attempt % 2)
        assert found.tables() == expected.tables()
        assert found.checks == expected.checks
        if attempt < 3:
            assert found.fingerprint == expected.fingerprint


def test_the_fingerprint_follows_plan_period_and_input() -> None:
    plan = engine.load_plan(PLAN)
    rows = world(5)
    base = engine.calculate(plan, tables_of(rows), QUARTER).fingerprint
    assert engine.calculate(plan, tables_of(rows), QUARTER).fingerprint == base
    dearer = engine.load_plan(PLAN.replace("rate: 2%", "rate: 3%"))
    assert engine.calculate(dearer, tables_of(rows), QUARTER).fingerprint != base
    rows["order_lines"][0]["amount"] += 1
    assert engine.calculate(plan, tables_of(rows), QUARTER).fingerprint != base


def test_credited_and_excluded_are_what_came_in() -> None:
    rows = world(200)
    results = engine.calculate(engine.load_plan(PLAN), tables_of(rows), QUARTER)
    for check in results.checks:
        imported = sum(
            (line["amount"] for line in rows["order_lines"] if line["currency"] == check.currency),
            Decimal(0),
        )
        assert check.holds
        assert check.imported == imported
        assert check.credited + check.excluded == imported
        assert check.excluded != 0


def test_a_trace_adds_up_for_everybody() -> None:
    plan = engine.load_plan(PLAN + TEAM)
    tables = tables_of(world(200))
    results = engine.calculate(plan, tables, QUARTER)
    earned = {
        (row["component"], row["payee_id"]): row["computed"] for row in results.rows("earnings")
    }
    assert earned["team", "max"] != 0
    together = list(engine.traces(plan, tables, QUARTER, PAYEES))
    assert together == [engine.trace(plan, tables, QUARTER, payee) for payee in PAYEES]
    for payee, found in zip(PAYEES, together, strict=True):
        lines = found.rows()
        for component in ("commission", "team"):
            total = sum(
                (line["earned"] for line in lines if line["component"] == component), Decimal(0)
            )
            assert total == earned[component, payee]
    with pytest.raises(engine.PayeeUnknown):
        list(engine.traces(plan, tables, QUARTER, ["ana", "stranger"]))


def test_an_explanation_adds_up_and_names_clauses() -> None:
    plan = engine.load_plan(PLAN + TEAM)
    tables = tables_of(world(200))
    results = engine.calculate(plan, tables, QUARTER)
    tree = engine.explain(results, "ana", engine.trace(plan, tables, QUARTER, "ana"))

    def check(node: engine.Explanation) -> None:
        if node.adds_up:
            assert node.value == sum(
                (child.value or Decimal(0) for child in node.children), Decimal(0)
            )
        for child in node.children:
            assert child.clause.split("/")[0] in {"components", "measures", "quotas"}
            check(child)

    check(tree)
    assert [child.subject for child in tree.children] == ["commission", "bonus", "team"]
    with pytest.raises(engine.PayeeUnknown):
        engine.explain(results, "stranger")


Change = dict[str, Any]
BAD: list[tuple[str, str, Change, str]] = [
    ("order_lines", "repeat", {}, "row_repeated"),
    ("order_lines", "change", {"currency": None}, "value_missing"),
    ("order_lines", "change", {"amount": None}, "value_missing"),
    ("order_lines", "change", {"currency": "ZZZ"}, "currency_unknown"),
    ("assignments", "repeat", {"starts_on": date(2024, 1, 2)}, "dates_overlap"),
    ("assignments", "change", {"ends_before": date(2023, 1, 1)}, "dates_reversed"),
    ("reporting", "repeat", {"starts_on": date(2023, 6, 1)}, "dates_overlap"),
    ("reporting", "change", {"manager_id": "ana"}, "reporting_to_self"),
    ("quotas", "repeat", {}, "row_repeated"),
    ("quotas", "change", {"ends_before": date(2024, 6, 1)}, "quota_straddles_period"),
    ("quotas", "change", {"currency": "EUR"}, "quota_currency"),
    ("quotas", "change", {"amount": Decimal(-1)}, "quota_negative"),
    ("exchange_rates", "change", {"rate": Decimal(0)}, "rate_not_positive"),
    ("exchange_rates", "repeat", {"rate": Decimal(2)}, "row_repeated"),
    ("credit_splits", "change", {"share": Decimal("0.32333333")}, "splits_incomplete"),
    ("credit_splits", "repeat", {}, "row_repeated"),
    ("credit_splits", "change", {"is_overlay": True}, "overlay_not_allowed"),
]


@pytest.mark.parametrize(
    ("table", "act", "change", "code"), BAD, ids=[f"{row[0]}-{row[3]}-{row[1]}" for row in BAD]
)
def test_bad_rows_refuse_the_run(table: str, act: str, change: Change, code: str) -> None:
    rows = world(20)
    if act == "repeat":
        rows[table].append({**rows[table][0], **change})
    else:
        rows[table][0] |= change
    connection = duckdb.connect(":memory:")
    with pytest.raises(engine.InputInvalid) as refusal:
        engine.calculate(engine.load_plan(PLAN), tables_of(rows), QUARTER, connection=connection)
    problems = {problem.code: problem for problem in refusal.value.problems}
    assert code in problems
    assert problems[code].path == table
    assert problems[code].params["table"] == table
    assert connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE NOT temporary"
    ).fetchall() == [(0,)]


def test_missing_tables_columns_and_unfit_types_are_named() -> None:
    plan = engine.load_plan(PLAN)
    rows = {name: arrow(name, part) for name, part in world(5).items()}
    without = engine.Tables(
        {name: part for name, part in rows.items() if name not in {"quotas", "assignments"}}
    )
    with pytest.raises(engine.InputInvalid) as refusal:
        engine.calculate(plan, without, QUARTER)
    assert {(p.code, p.path) for p in refusal.value.problems} == {
        ("table_missing", "assignments"),
        ("table_missing", "quotas"),
    }
    lines = rows["order_lines"]
    floats = lines.set_column(
        lines.column_names.index("amount"), "amount", pa.array([float("nan")] * 5)
    )
    for table, code in (
        (floats, "column_type"),
        (lines.drop_columns(["currency"]), "column_missing"),
    ):
        with pytest.raises(engine.InputInvalid) as refusal:
            engine.calculate(plan, engine.Tables({**rows, "order_lines": table}), QUARTER)
        assert [p.code for p in refusal.value.problems] == [code]
    with pytest.raises(engine.InputInvalid) as refusal:
        engine.calculate(plan, engine.Tables(rows), engine.period_from_key("2024-01"))
    assert [p.code for p in refusal.value.problems] == ["period_kind_differs"]
    with pytest.raises(engine.InputInvalid) as refusal:
        engine.calculate(
            plan, engine.Tables(rows), engine.Period(date(12, 1, 1), date(9999, 1, 1), "all")
        )
    assert [p.code for p in refusal.value.problems] == ["period_too_long"]
    assert MAX_DAYS < 4_000


def test_a_total_beyond_38_digits_is_refused() -> None:
    rows = world(3)
    for line in rows["order_lines"]:
        line |= {
            "amount": Decimal("99999999999999.9999"),
            "currency": "EUR",
            "payee_id": "ana",
            "ordered_on": date(2024, 1, 1),
        }
    for rate in rows["exchange_rates"]:
        rate["rate"] = Decimal("99999999")
    with pytest.raises(engine.InputInvalid) as refusal:
        engine.calculate(engine.load_plan(PLAN), tables_of(rows), QUARTER)
    assert [p.code for p in refusal.value.problems] == ["amount_too_large"]


def test_the_database_reads_the_files_of_the_run_and_nothing_else(tmp_path: Path) -> None:
    own, other = tmp_path / "own.parquet", tmp_path / "other.parquet"
    for path in (own, other):
        pq.write_table(pa.table({"a": [1]}), path)
    connection = reused_database(engine.Tables({"order_lines": own}))
    assert connection.execute("SELECT a FROM read_parquet(?)", [str(own)]).fetchall() == [(1,)]
    for forbidden in (
        f"FROM '{other}'",
        "SELECT * FROM read_csv('/etc/passwd')",
        f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET threads = 64",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(forbidden)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.parquet", "own.parquet"]


def test_progress_names_steps_and_may_stop_the_run() -> None:
    seen: list[tuple[str, int, int]] = []

    def stop(step: str, done: int, total: int) -> None:
        seen.append((step, done, total))
        if step == "credited":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.calculate(engine.load_plan(PLAN), tables_of(world(5)), QUARTER, progress=stop)
    assert seen[0][0] == "lines"
    assert seen[-1][0] == "credited"
    assert len({total for _, _, total in seen}) == 1
    assert [done for _, done, _ in seen] == list(range(1, len(seen) + 1))
