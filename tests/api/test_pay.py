"""Plans, runs, statements down to the line, payroll files and search, each under its right."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paceline.incentives.models import PayrollExport, Plan, PlanVersion, Statement
from tests.api.calling import Program, program_for
from tests.api.company import MARK, Company, build_company
from tests.incentives.pay.conftest import EARNED
from tests.keeping import once
from tests.world import World


@pytest.fixture
def company(world: World) -> Company:
    return once(build_company, world)


def test_a_statement_opens_to_the_line(company: Company, world: World) -> None:
    program = program_for(world.priya)
    (row,) = program.rows("/statements?period=2026Q2")
    assert (row["payee"], Decimal(row["earned"])) == ("E001", EARNED["priya"])
    whole = program.get(f"/statements/{row['id']}", Accept_Language="zh-TW").json()
    (component,) = whole["components"]
    assert component["name"] == "抽成"
    assert sum(Decimal(one["earned"]) for one in component["tiers"]) == EARNED["priya"]
    told = Decimal(0)
    for tier in component["tiers"]:
        path = f"/statements/{row['id']}/components/{component['id']}/tiers/{tier['tier']}/lines"
        lines = program.rows(path)
        assert sum(Decimal(one["earned"]) for one in lines) == Decimal(tier["earned"])
        told += Decimal(tier["earned"])
    assert told == EARNED["priya"]
    assert {one["line_id"] for one in lines} <= {"shop/A2/1", "shop/A3/1", "shop/R1/1"}
    gone = f"/statements/{row['id']}/components/{component['id']}/tiers/9/lines"
    assert program.get(gone).status_code == 404


def test_who_reads_which_pay(company: Company, world: World) -> None:
    omars = Statement.objects.get(payee=world.omar, components__version__plan__code="seller")
    unreleased = Statement.objects.get(payee=world.marco)
    plan = Plan.objects.get(code=MARK)
    version = PlanVersion.objects.get(plan=plan)
    export = PayrollExport.objects.get()
    paths = {
        f"/statements/{omars.pk}": {"dana", "ines", "omar", "sofia", "erik"},
        f"/statements/{unreleased.pk}": {"dana", "ines"},
        f"/plans/{plan.pk}": {"dana", "ines", "hana", "erik", "omar", "sofia"},
        f"/plan-versions/{version.pk}": {"dana", "ines", "hana", "erik", "omar", "sofia"},
        f"/plans/{plan.pk}/versions": {"dana", "ines", "hana", "erik", "omar", "sofia"},
        f"/runs/{company.run.pk}": {"dana", "ines", "erik"},
        f"/payroll-exports/{export.pk}": {"dana", "ines"},
        f"/payroll-exports/{export.pk}/payments": {"dana", "ines"},
    }
    for name in ("dana", "ines", "hana", "erik", "omar", "sofia", "priya", "marco", "ada"):
        program = program_for(world.cast[name])
        for path, readers in paths.items():
            status = program.get(path).status_code
            assert status == (200 if name in readers else 404), (name, path, status)


def test_what_the_desk_reads(company: Company, world: World) -> None:
    program = program_for(world.ines)
    run = program.get(f"/runs/{company.run.pk}").json()
    (total,) = run["totals"]
    assert (run["period"], total["currency"], total["payees"]) == ("2026Q2", "USD", 4)
    version = program.get(f"/plan-versions/{company.quarter.seller.pk}").json()
    assert version["source"] == company.quarter.seller.source
    assert (version["plan"], version["state"]) == ("seller", "approved")
    (export,) = program.rows("/payroll-exports?period=2026Q2")
    payments = program.rows(f"/payroll-exports/{export['id']}/payments")
    assert {one["payee"] for one in payments} == {"E001", "E003"}
    assert len(export["digest"]) == 64
    released = program.rows("/statements?is_released=true&fields=payee")
    assert {one["payee"] for one in released} == {"E001", "E003"}


def test_search_keeps_to_the_rights(company: Company, world: World) -> None:
    kinds = {one["kind"] for one in program_for(world.dana).rows(f"/search?q={MARK}")}
    assert kinds == {"goal", "plan"}
    sold = {one["kind"] for one in program_for(world.omar).rows(f"/search?q={MARK}")}
    assert {"company", "contact", "lead", "deal"} < sold
    assert program_for(world.priya).rows(f"/search?q={MARK}") == []
    found = program_for(world.priya).rows("/search?q=omar")
    assert [(one["kind"], one["label"]) for one in found] == [("person", "Omar Haddad")]
    assert program_for(world.priya).get("/search").status_code == 422


LISTS = (
    "/teams",
    "/positions",
    "/order-lines",
    "/returns",
    "/exchange-rates",
    "/owners",
    "/quotas",
    "/figures",
    "/plans",
    "/runs",
    "/statements",
    "/payroll-exports",
)


def test_lists_ask_the_same_for_one_and_for_many(company: Company, world: World) -> None:
    program = program_for(world.dana)
    for path in LISTS:
        asked = [_queries(program, f"{path}?limit={limit}") for limit in (1, 200)]
        assert asked == [4, 4], path
    statement = Statement.objects.get(payee=world.priya)
    # Beside the four: components, tiers, details and questions of the statement.
    assert _queries(program, f"/statements/{statement.pk}") <= 10


def _queries(program: Program, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert program.get(path).status_code == 200
    return len(asked)
