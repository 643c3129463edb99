"""A real company's files come in whole, to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from paceline.goals.queries import quotas_table
from paceline.imports import actions
from paceline.imports.mapping import Source
from paceline.orders.actions import snapshot_months
from paceline.orders.models import OrderLine
from paceline.org import actions as org
from tests.world import NOW, TERMS, World

pytestmark = [pytest.mark.shared, pytest.mark.django_db]

USD = {"currency": Source(constant="USD"), "source": Source(constant="aw")}


def add_sellers(folder: Path, world: World) -> None:
    for line in (folder / "salespeople.psv").read_text("utf-8-sig").splitlines()[1:]:
        number, _, _, _, name = line.split("|")
        person = org.add_person(number=number, name=name, by=world.hana, at=NOW)
        org.employ(person=person, terms=TERMS, starts_on=date(2010, 1, 1), by=world.hana, at=NOW)


def test_both_sales_files_come_in_whole(adventureworks: Path, world: World) -> None:
    add_sellers(adventureworks, world)
    first = actions.import_file(
        kind="order_lines",
        path=adventureworks / "sales_2017-07_2020-05.psv",
        name="sales.psv",
        by=world.dana,
        at=NOW,
        mapping=USD,
    )
    second = actions.import_file(
        kind="order_lines",
        path=adventureworks / "sales_2020-06.utf16.csv",
        name="june.csv",
        by=world.dana,
        at=NOW,
        mapping=USD,
    )
    assert (first.totals["new"], second.totals["new"]) == (57_851, 3_004)
    assert first.totals["sums"] == [{"currency": "USD", "rows": 57_851, "sum": "77548570.2000"}]
    assert OrderLine.objects.count() == 60_855
    assert OrderLine.objects.aggregate(sum=Sum("amount"))["sum"] == Decimal("80977720.21")
    assert OrderLine.objects.values("person").distinct().count() == 17
    months = snapshot_months(date(2017, 7, 1), date(2020, 7, 1), NOW)
    assert sum(month.rows for month in months) == 60_855


def test_all_quotas_come_in_by_their_old_keys(adventureworks: Path, world: World) -> None:
    add_sellers(adventureworks, world)
    path = adventureworks / "quotas.psv"
    keys = sorted({line.split("|")[2] for line in path.read_text().splitlines()})
    quarters = [f"{2017 + n // 4}Q{n % 4 + 1}" for n in range(2, 14)]
    source = actions.import_file(
        kind="quotas",
        path=path,
        name="quotas.psv",
        by=world.dana,
        at=NOW,
        mapping={
            "payee": 1,
            "period": Source(column=2, values=dict(zip(keys, quarters, strict=True))),
            "amount": 5,
            "currency": Source(constant="USD"),
        },
    )
    assert source.totals["new"] == 163
    assert source.totals["sums"] == [{"currency": "USD", "rows": 163, "sum": "95714000.0000"}]
    table = quotas_table(date(2017, 7, 1), date(2020, 7, 1))
    assert (table.num_rows, len(set(table["payee_id"].to_pylist()))) == (163, 17)
