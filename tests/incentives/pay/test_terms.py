"""Agreed amounts, base pay, minimum wages, agreements, coalitions: by file, by hand, in runs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from paceline.imports.actions import ImportRefused, import_file, undo
from paceline.imports.models import Import
from paceline.incentives.models.terms import (
    AgreedAmount,
    Agreement,
    BasePay,
    CoalitionValue,
    MinimumWage,
)
from paceline.kernel.audit import AuditEntry
from paceline.org import actions as org
from paceline.org.models import Person
from tests.incentives.pay.conftest import SELLER, Quarter, approve
from tests.incentives.pay.settling import (
    CLAWBACK,
    PLAN,
    Months,
    balances,
    entries,
    give_back,
    paid,
    sell,
)
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
D = Decimal
GUARANTEE = """\
  guarantees:
    - {id: first-months, amount: by-payee, first_period: 2026-04, last_period: 2026-05}
"""


def bring(world: World, folder: Path, kind: str, text: str) -> Import:
    path = folder / f"{kind}.csv"
    path.write_text(text, "utf-8")
    return import_file(kind=kind, path=path, name=path.name, by=world.dana, at=NOW)


def test_a_guarantee_lifts_to_what_was_agreed(world: World, tmp_path: Path) -> None:
    """Priya earned 600.00 and was promised 1,500.00 in April, 1,200.00 in May."""
    months = Months(world, approve(PLAN + GUARANTEE, world, to=world.priya))
    head = "plan,clause,payee,amount,from,to\n"
    rows = f"monthly,first-months,{world.priya.number},1500.00,2026-04-01,2026-04-30\n"
    rows += f"monthly,first-months,{world.priya.number},1200.00,2026-05-01,\n"
    bring(world, tmp_path, "agreed_amounts", head + rows)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    sell(world, "A2", date(2026, 5, 10), "20000.00")
    april, may = months.settled("2026-04"), months.settled("2026-05")
    assert entries(april.settlements.get(), world.priya) == [
        ("earned", D("600.00")),
        ("guarantee", D("900.00")),
    ]
    assert paid(april, world.priya) == D("1500.00")
    assert paid(may, world.priya) == D("2000.00")


def test_the_law_of_a_country_bounds_deductions(world: World, tmp_path: Path) -> None:
    """May is due 1,000.00 beside wages of 3,000.00; a fifth of both may go into the clawback.

    Without the agreement that the law asks for nothing would be deducted.
    """
    terms = org.Terms(country="CN", currency="USD", region="Shanghai")
    org.change_terms(
        person=world.priya, terms=terms, starts_on=date(2026, 1, 1), by=world.hana, at=NOW
    )
    months = Months(
        world,
        approve(PLAN + CLAWBACK.replace("50%", "100%"), world, to=world.priya),
    )
    p = world.priya.number
    bring(world, tmp_path, "base_pay", f"員工編號,底薪,幣別,開始日期\n{p},3000,USD,2026-01-01\n")
    wages = "country,region,amount,currency,from\nCN,Shanghai,2690,USD,2026-01-01\n"
    bring(world, tmp_path, "minimum_wages", wages)
    sale = sell(world, "A1", date(2026, 4, 10), "20000.00")
    sell(world, "A2", date(2026, 5, 10), "10000.00")
    months.settled("2026-04")
    give_back(world, "R1", date(2026, 5, 20), sale, "20000.00")
    bring(
        world, tmp_path, "agreements", f"payee,kind,document,from\n{p},clawback,C-17,2026-01-01\n"
    )
    may = months.settled("2026-05")
    assert entries(may.settlements.get(), world.priya) == [
        ("earned", D("1000.00")),
        ("recovered", D("-800.00")),
    ]
    assert paid(may, world.priya) == D("200.00")
    assert balances(may, world.priya) == {"clawback": D("-1200.00")}


def test_a_pool_is_shared_by_stated_values(quarter: Quarter, tmp_path: Path) -> None:
    """1 % of 119,000 for North: Priya adds twice what Marco does."""
    world = quarter.world
    p, m = world.priya.number, world.marco.number
    rows = f"show,north,{p},100,2026-01-01\nshow,North,{m},0,2026-01-01\n"
    rows += f"show,north,{m} + {p},300,2026-01-01\n"
    bring(world, tmp_path, "coalitions", "pool,team,members,value,from\n" + rows)
    assert CoalitionValue.objects.filter(members=f"{p}+{m}").exists()
    head = SELLER[: SELLER.index("quotas:")].replace("plan: seller", "plan: shared", 1)
    pool = (
        "components:\n"
        "  - {id: pool, name: Pool, kind: pool, pool: {amount: sales * 1%, shapley: show}}\n"
    )
    approve(head + pool, world, to=world.north)
    run = quarter.run()
    earned = {
        name: quarter.statement(run, name).components.get(component="pool").earned
        for name in ("priya", "marco")
    }
    assert earned == {"priya": D("793.33"), "marco": D("396.67")}


def test_files_say_the_same_once_are_named_when_wrong_and_go_again(
    world: World, tmp_path: Path
) -> None:
    p, o = world.priya.number, world.omar.number
    head = "payee,amount,currency,from,to\n"
    text = head + f"{p},3000,USD,2026-01-01,2026-06-30\n{p},3200,USD,2026-07-01,\n"
    first = bring(world, tmp_path, "base_pay", text)
    assert [first.totals[one] for one in ("new", "changed", "same")] == [2, 0, 0]
    # The first row now lasts longer and the second begins later: both at once.
    moved = head + f"{p},3000,USD,2026-01-01,2026-07-31\n{o},100,USD,2026-01-01,\n"
    with pytest.raises(ImportRefused) as refused:
        bring(world, tmp_path, "base_pay", moved)
    assert {(one.row, one.code) for one in refused.value.problems} == {(2, "term_overlaps")}
    raised = bring(world, tmp_path, "base_pay", text.replace("3200", "3300"))
    assert [raised.totals[one] for one in ("new", "changed", "same")] == [0, 1, 1]
    for kind, rows, codes in (
        ("base_pay", head + f"{p},-1,USD,2027-01-01,\nnobody,1,USD,2027-01-01,\n",
         {"negative_amount", "term_overlaps", "person_unknown"}),
        ("agreed_amounts", f"plan,clause,payee,amount,from\nnone,x,{p},1,2026-01-01\n",
         {"plan_unknown"}),
        ("coalitions", f"pool,team,members,value,from\nshow,none,{p}+X9,1,2026-01-01\n",
         {"team_unknown", "person_unknown"}),
    ):  # fmt: skip
        with pytest.raises(ImportRefused) as refused:
            bring(world, tmp_path, kind, rows)
        assert {one.code for one in refused.value.problems} == codes, kind
    undo(source=raised, reason="no", by=world.dana, at=NOW)
    assert [row.amount for row in BasePay.objects.order_by("starts_on")] == [3000, 3200]
    undo(source=first, reason="no", by=world.dana, at=NOW)
    assert not BasePay.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        for since in (date(2026, 1, 1), date(2026, 2, 1)):
            MinimumWage.objects.create(
                country="CN", region="X", amount=1, currency="CNY", starts_on=since
            )
        connection.check_constraints()


def test_pages_show_and_set_what_was_agreed(
    world: World, client_for, django_assert_max_num_queries
) -> None:
    client = client_for(world.dana)
    name = {"name": "base_pay"}
    new, rows = (
        reverse("incentives:term-set", kwargs=name),
        reverse("incentives:terms-of", kwargs=name),
    )
    form = {
        "person": world.priya.pk, "amount": "3000", "currency": "USD", "starts_on": "2026-01-01",
        "reason": "contract",
    }  # fmt: skip
    assert client.post(new, form).status_code == 303
    assert client.post(new, form).status_code == 422
    assert (
        client.post(new, {**form, "starts_on": "2026-07-01", "amount": "3200"}).status_code == 303
    )
    assert client.post(new, {**form, "starts_on": "2026-03-01"}).status_code == 422
    first, second = BasePay.objects.order_by("starts_on")
    assert (first.last_day, second.amount) == (date(2026, 6, 30), 3200)
    entry = AuditEntry.objects.filter(action="term_set").latest("pk")
    assert (entry.reason, entry.after["amount"]) == ("contract", "3200")
    for address in (reverse("incentives:terms"), rows, f"{new}?replaces={first.pk}"):
        client.get(address)
        with django_assert_max_num_queries(15):
            assert client.get(address).status_code == 200
    assert "Priya Nair" in client.get(rows).content.decode()
    finance: Person = world.ines
    assert client_for(finance).get(rows).status_code == 200
    assert client_for(finance).get(new).status_code == 403
    for other in (world.priya, world.marco, world.hana, world.ada):
        assert client_for(other).get(rows).status_code == 403
    assert not AgreedAmount.objects.exists()
    assert not Agreement.objects.exists()
