"""A real company's files come in whole, to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

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
