"""Tables of rates: brought by file, checked like written tiers, undone, chosen, paid, explained."""

from __future__ import annotations

import html
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse

from paceline.imports.actions import ImportRefused, import_file, undo
from paceline.imports.models import Import
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.findings import findings_of
from paceline.incentives.models import PlanVersion, RateRow
from paceline.incentives.pay_curves import previews
from tests.incentives.pay.conftest import SELLER, Quarter, approve, write_line
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
HEAD = "rate_table,product,channel,payee,above,to,rate,first day,last day\n"
ROWS = """\
price-list,pen,web,,0,1000,1%,2026-01-01,
price-list,pen,web,,1000,3000,2%,2026-01-01,
price-list,pen,web,,3000,,3%,2026-01-01,
price-list,,,,0,,5%,2026-01-01,2026-05-31
price-list,,,,0,,9%,2026-06-01,
"""
PLAN = (
    SELLER[: SELLER.index("components:")].replace("plan: seller", "plan: priced", 1)
    + """\
components:
  - id: priced
    name: Priced
    kind: commission
    measure: sales
    rates:
      reading: slice
      on: amount
      table: {name: price-list, by: [product, channel], pays: rate, counts: each, missing: refuse}
"""
)
YEARLY = PLAN.replace("plan: priced", "plan: yearly").replace("id: priced", "id: yearly")
YEARLY = YEARLY.replace("name: Priced", "name: Yearly\n    accumulation: year")


def bring(world: World, folder: Path, text: str) -> Import:
    path = folder / "rates.csv"
    path.write_text(HEAD + text, "utf-8")
    return import_file(kind="rate_rows", path=path, name=path.name, by=world.dana, at=NOW)


def test_rows_are_imported_paid_explained_and_taken_back(
    quarter: Quarter, tmp_path: Path, client_for, django_assert_max_num_queries
) -> None:
    world = quarter.world
    brought = bring(world, tmp_path, ROWS)
    assert RateRow.objects.count() == 5
    assert {row.keys for row in RateRow.objects.all()} == {
        "{}",
        '{"channel":"web","product":"pen"}',
    }
    again = bring(world, tmp_path, ROWS)
    assert (again.totals["new"], again.totals["changed"]) == (0, 0)

    approve(PLAN, world, to=world.priya, since=date(2026, 1, 1), accepting="As agreed.")
    approve(YEARLY, world, to=world.priya, since=date(2026, 1, 1), accepting="As agreed.")
    sold = {"product": "pen", "channel": "web"}
    write_line("P0", world.priya, date(2026, 2, 10), "400.00", **sold)
    write_line("P1", world.priya, date(2026, 4, 10), "1500.00", **sold)
    write_line("P2", world.priya, date(2026, 6, 10), "100.00", product="ink", channel="web")
    # Read whole, the second row of pens in the web makes pay jump: it is found in the kept rows.
    version = PlanVersion.objects.get(plan__code="priced")
    whole = PLAN.replace("reading: slice", "reading: whole")
    found = {one.code: one for one in findings_of(version, date(2026, 7, 1), whole)}
    cliff = found["rates_cliff"]
    assert (cliff.amounts["jump"], cliff.params["key"]) == (30, "pen · web · 2026-01-01")
    run = quarter.run()
    statement = quarter.statement(run, "priya")
    component = statement.components.get(component="priced")
    tiers = {tier.key: (tier.base, tier.earned) for tier in component.tiers.all()}
    assert tiers["pen · web · 2026-01-01"] in {
        (Decimal(1000), Decimal(10)), (Decimal(500), Decimal(10)),
    }  # fmt: skip
    assert run.inputs.filter(table="rate_tables").count() == 1

    client = client_for(world.dana)
    page = client.get(reverse("incentives:statement", args=[statement.pk]))
    text = html.unescape(page.content.decode())
    assert "pen · web · from Jan 1, 2026 on" in text
    assert "The rates are the rows “price-list”" in text
    row = component.tiers.order_by("tier").first()
    address = reverse("incentives:statement-lines", args=[statement.pk, component.pk, row.tier])
    assert "P1" in client.get(address).content.decode()
    # 1,500 of pens in the quarter, 1,900 in the year, of the 3,000 at which the last row begins; of
    # ink there is one row only.
    with django_assert_max_num_queries(15):
        panel = client.get(reverse("incentives:statement-what-if", args=[statement.pk]))
    told = " ".join(html.unescape(re.sub("<[^>]+>", " ", panel.content.decode())).split())
    assert re.findall(r"(\w+ · [^:]+ on): (\S+) more [^$]+(\S+)", told) == [
        ("Priced · pen · web · from Jan 1, 2026 on", "$1,500.00", "$30.00"),
        ("Yearly · pen · web · from Jan 1, 2026 on", "$1,100.00", "$22.00"),
    ]
    version = PlanVersion.objects.get(plan__code="priced")
    (keyed, open_key, _later) = previews(documents.load(version.source))
    assert keyed.title == "Priced · pen · web · from Jan 1, 2026 on"
    assert [row.earned for row in keyed.rows if row.value == "$1,000.00"] == ["$10.00"]
    assert open_key.chart.name != keyed.chart.name
    for name, kwargs in (
        ("terms", {}),
        ("rate-tables", {}),
        ("rate-table", {"name": "price-list"}),
    ):
        with django_assert_max_num_queries(15):
            page = client.get(reverse(f"incentives:{name}", kwargs=kwargs))
        assert page.status_code == 200
    assert "everything else" in page.content.decode()
    gone = client.get(reverse("incentives:rate-table", kwargs={"name": "nothing"}))
    assert gone.status_code == 404

    undo(source=again, reason="Mistaken.", by=world.dana, at=NOW)
    undo(source=brought, reason="Mistaken.", by=world.dana, at=NOW)
    assert RateRow.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("price-list,pen,,,10,,1%,2026-01-01,\n", "rate_rows_start_late", 2),
        (
            "price-list,pen,,,0,900,1%,2026-01-01,\nprice-list,pen,,,1000,,2%,2026-01-01,\n",
            "rate_rows_gap",
            2,
        ),
        (
            "price-list,pen,,,0,,1%,2026-01-01,2026-01-31\nprice-list,pen,,,0,,2%,2026-03-01,\n",
            "rate_days_gap",
            2,
        ),
        ("Price list,pen,,,0,,1%,2026-01-01,\n", "rate_table_name", 2),
        ("price-list,pen,,,0,,,2026-01-01,\n", "rate_pays_one", 2),
    ],
)
def test_a_file_is_held_to_the_rules_of_tiers(
    world: World, tmp_path: Path, text: str, code: str, line: int
) -> None:
    with pytest.raises(ImportRefused) as refusal:
        bring(world, tmp_path, text)
    assert code in {one.code for one in refusal.value.problems}
    # A tier with a fault takes the others of its key along: never half a table.
    assert len({one.row for one in refusal.value.problems}) == text.count("\n")
    assert RateRow.objects.count() == 0


def test_stored_rows_are_looked_at_too(world: World, tmp_path: Path) -> None:
    """Rows from 1,000 on, without what lies below, fit beside stored rows of the same day only."""
    bring(world, tmp_path, "price-list,pen,,,0,,1%,2026-01-01,\n")
    with pytest.raises(ImportRefused):
        bring(world, tmp_path, "price-list,pen,,,1000,,2%,2026-02-01,\n")
    bring(world, tmp_path, "price-list,pen,,,1000,,2%,2026-01-01,\n")
    assert RateRow.objects.count() == 2
