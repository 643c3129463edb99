"""What is ahead on a statement where a run's totals do not say it, in the reader's words."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest
from django.urls import reverse

from tests.incentives.pay.conftest import SELLER, Quarter, approve, write_line

pytestmark = pytest.mark.django_db
UNITS = "  - {id: units, kind: sum, of: 'given(quantity, 0)', credits: own-sales}\n"
HEAD = SELLER[: SELLER.index("components:")].replace("quotas:\n", f"{UNITS}quotas:\n", 1)


def plan(code: str, rates: str, accumulation: str = "period") -> str:
    return (
        HEAD.replace("plan: seller", f"plan: {code}", 1)
        + f"""\
components:
  - id: {code}
    name: {code.title()}
    kind: commission
    measure: sales
    accumulation: {accumulation}
    rates: {rates}
"""
    )


DATED = plan("dated", """
      reading: slice
      on: amount
      change: anew
      dated:
        - tiers: [{from: 0, rate: 1%}, {from: 1000, rate: 2%}]
        - {from: 2026-06-29, tiers: [{from: 0, rate: 3%}, {from: 11000, rate: 5%}]}
""")  # fmt: skip
FILLED = plan("filled", """
      reading: slice
      on: measure
      by: units
      tiers: [{from: 0, rate: 5%}, {from: 5000, rate: 10%}]
""")  # fmt: skip
PARTS = plan("parts", """
      reading: interpolated
      on: amount
      tiers: [{from: 0, amount: 10}, {from: 1000, to: 90000, amount: 500}]
""", accumulation="transaction")  # fmt: skip
STARTER = plan("starter", """
      reading: slice
      on: amount
      tiers: [{from: 0, rate: 0%}, {from: 200000, rate: 4%}]
""")  # fmt: skip


def test_each_is_told_or_says_why_not(
    quarter: Quarter, client_for, django_assert_max_num_queries
) -> None:
    world = quarter.world
    for source in (DATED, FILLED, PARTS, STARTER):
        approve(source, world, to=world.priya, since=date(2026, 1, 1), accepting="As agreed.")
    write_line("N1", world.priya, date(2026, 6, 29), "500.00")
    statement = quarter.statement(quarter.run(), "priya")
    address = reverse("incentives:statement-what-if", args=[statement.pk])
    client = client_for(world.dana)
    client.get(address)
    with django_assert_max_num_queries(15):
        panel = client.get(address)
    told = " ".join(html.unescape(re.sub("<[^>]+>", " ", panel.content.decode())).split())
    # Of the 11,000 from 29 June on 9,500 are sold: 1,500 at 3 %.
    assert re.search(r"Dated: \$1,500\.00 more .+? \$45\.00", told)
    # What pays from there on alone shows no zero for getting there.
    assert re.search(r"Starter: \$80,500\.00 more .+?4%", told)
    assert "$0.00" not in told
    filled = re.search(r"Filled: ([\d,.]+) of “units” more (.+?) 10% instead of 5%", told)
    assert filled is not None
    assert "what that comes to depends on what is sold on the way" in filled[2]
    assert "Parts The next tier is not told: what the others earned before rounding" in told


def test_of_tiers_that_change_on_a_day_the_page_tells_those_that_took_something(
    quarter: Quarter, client_for
) -> None:
    """All sets were listed one below the other, most of them with nothing."""
    world = quarter.world
    approve(DATED, world, to=world.priya, since=date(2026, 1, 1), accepting="As agreed.")
    write_line("N1", world.priya, date(2026, 6, 29), "500.00")
    statement = quarter.statement(quarter.run(), "priya")
    page = client_for(world.dana).get(reverse("incentives:statement", args=[statement.pk]))
    (dated,) = [one for one in page.context["components"] if one.name == "Dated"]
    held = "until Jun 28, 2026"
    assert [(tier.bounds, tier.working) for tier in dated.shown] == [
        (f"$0.00 – $1,000.00 · {held}", "$1,000.00 × 1%"),
        (f"from $1,000.00 · {held}", "$109,000.00 × 2%"),
        ("$0.00 – $11,000.00 · from Jun 29, 2026", "$9,500.00 × 3%"),
    ]
    assert [tier.bounds for tier in dated.folded] == ["from $11,000.00 · from Jun 29, 2026"]
    said = html.unescape(page.content.decode())
    assert said.count("1 other tier took nothing") == 1
    (plain,) = [one for one in page.context["components"] if one.name == "Commission"]
    assert plain.shown == plain.tiers
