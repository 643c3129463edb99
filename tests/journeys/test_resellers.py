"""Resellers of a real company become customers, and its orders their history."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from paceline.crm.models import Company, OrderLink
from paceline.imports import actions
from paceline.imports.mapping import Source
from paceline.orders.models import OrderLine
from paceline.org import actions as org
from paceline.org.models import Person
from tests.imports.test_adventureworks import USD, add_sellers
from tests.world import NOW, World

pytestmark = [pytest.mark.shared, pytest.mark.django_db]


def test_resellers_become_customers_with_their_orders(adventureworks: Path, world: World) -> None:
    add_sellers(adventureworks, world)
    for seller in Person.objects.filter(number__regex="^2[0-9][0-9]$"):
        org.move_to_team(
            person=seller, team=world.north, starts_on=date(2010, 1, 1), by=world.hana, at=NOW
        )
    told = {"name": "sales.psv", "by": world.dana, "at": NOW}
    lines = actions.import_file(
        kind="order_lines", path=adventureworks / "sales_2017-07_2020-05.psv", mapping=USD, **told
    )
    brought = {"kind": "crm_company", "path": adventureworks / "resellers.psv", "at": NOW}
    source = actions.import_file(
        name="resellers.psv", by=world.marco, mapping={"origin": Source(constant="aw")}, **brought
    )
    resellers = (adventureworks / "resellers.psv").read_text("utf-8-sig").splitlines()[1:]
    assert source.totals["new"] == len(resellers) == Company.objects.count()
    shop = Company.objects.get(number="277")
    assert (shop.name, shop.country, shop.industry, shop.address) == (
        "The Bicycle Accessories Company", "US", "Specialty Bike Shop", "Alhambra, California",
    )  # fmt: skip
    # Every order has its customer, and what they bought is what the file says, to the cent.
    orders = OrderLine.objects.values("source", "order_number").distinct().count()
    assert OrderLink.objects.filter(company__isnull=False).count() == orders
    numbers = OrderLink.objects.filter(company=shop).values("order_number")
    bought = OrderLine.objects.filter(order_number__in=numbers).aggregate(sum=Sum("amount"))["sum"]
    text = (adventureworks / "sales_2017-07_2020-05.psv").read_text("utf-8-sig")
    rows = [line.split("|") for line in text.splitlines()[1:]]
    sums = [row[8].strip("$").replace(",", "") for row in rows if row[3] == "277"]
    assert bought == sum(map(Decimal, sums)) > 0
    assert lines.totals["new"] == 57_851
    # Whoever answers for nobody of them gets the customers, never the orders.
    actions.undo(source=source, reason="test", by=world.marco, at=NOW)
    assert (Company.objects.count(), OrderLink.objects.count()) == (0, 0)
    actions.import_file(name="resellers.psv", by=world.omar, **brought)
    assert Company.objects.count() == len(resellers)
    assert OrderLink.objects.count() == 0
