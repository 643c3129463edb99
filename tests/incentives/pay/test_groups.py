"""Statements of scorecards, pools, contests, multipliers and rewards other than money."""

from __future__ import annotations

import html
import io
from decimal import Decimal

import pytest
from django.urls import reverse
from pypdf import PdfReader

from paceline.incentives.calculation import documents
from paceline.incentives.models import Run, StatementDetail
from paceline.incentives.pdf.statement import statement_pdf
from paceline.incentives.queries.statements import statement_in_full
from paceline.incentives.statement_details import details_of
from tests.incentives.pay.conftest import SELLER, Quarter, approve, build_quarter
from tests.keeping import once
from tests.world import World

HEAD = SELLER[: SELLER.index("components:")].replace("plan: seller", "plan: groups", 1)
GROUPS = (
    HEAD
    + """\
components:
  - id: card
    name: Card
    kind: scorecard
    scorecard:
      target: 6000 USD
      indicators:
        - {id: goal, weight: 60%, value: sales_quota.attainment}
        - id: volume
          weight: 40%
          value: sales
          steps: [{from: 0, rate: 50%}, {from: 1000, rate: 80%}]
  - {id: shared, name: Shared, kind: pool, pool: {amount: sales * 1%, share: sales}}
  - id: race
    name: Race
    kind: contest
    contest: {score: sales, prizes: [500], ties: each, among: plan}
  - id: kicked
    name: Kicked
    kind: bonus
    pays: {amount: 1000.00}
    times: [{by: 120%}]
  - id: stepped
    name: Stepped
    kind: commission
    measure: sales
    rates:
      reading: whole
      on: amount
      tiers: [{from: 0, amount: 0}, {from: 1000, amount: 250}]
  - {id: thanks, name: Thanks, kind: award, pays: {amount: 20}, unit: points}
"""
)


@pytest.fixture
def paid(world: World) -> tuple[Quarter, Run]:
    return once(_pay, world)


@pytest.fixture
def quarter(paid: tuple[Quarter, Run]) -> Quarter:
    return paid[0]


@pytest.fixture
def run(paid: tuple[Quarter, Run]) -> Run:
    return paid[1]


def _pay(world: World) -> tuple[Quarter, Run]:
    quarter = build_quarter(world)
    approve(GROUPS, quarter.world, to=quarter.world.seller, accepting="One champion is meant.")
    return quarter, quarter.run()


def test_each_figure_stands_with_its_clause(
    run: Run, quarter: Quarter, client_for, django_assert_max_num_queries
) -> None:
    statement = quarter.statement(run, "priya")
    client = client_for(quarter.world.dana)
    address = reverse("incentives:statement", args=[statement.pk])
    client.get(address)
    with django_assert_max_num_queries(15):
        page = client.get(address)
    text = html.unescape(page.content.decode())
    for words in (
        "“volume” counts 40%",
        "The team's amount",
        "Own weight",
        "It is shared out in proportion to each member's “sales”.",
        "Multipliers",
        "$200.00",
        "The result is multiplied by 120%.",
        "Rewards other than money, outside the sum",
        "20 points",
        "$250.00",
    ):
        assert words in text, words
    assert "Equal scores" not in text
    assert quarter.world.omar.name not in text
    assert "not explained further" not in text
    other = reverse("incentives:statement", args=[quarter.statement(run, "omar").pk])
    text = html.unescape(client.get(other).content.decode())
    assert "The prizes went to higher scores." in text
    assert "not explained further" not in text
    assert quarter.world.priya.name not in text


def test_rewards_are_outside_the_sum_and_the_paper_says_the_same(
    run: Run, quarter: Quarter
) -> None:
    world = quarter.world
    statement = statement_in_full(world.dana, quarter.statement(run, "priya").pk).get()
    money = [one.earned for one in statement.components.all() if one.unit == "money"]
    assert statement.earned == sum(money, Decimal(0))
    assert {one.unit for one in statement.components.all()} == {"money", "points"}
    reader = PdfReader(io.BytesIO(statement_pdf(statement, language="en")))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert "20 points" in text
    assert "Own weight" in text
    assert "Rewards other than money" in text
    for language in ("zh-hant", "zh-hans"):
        assert statement_pdf(statement, language=language).startswith(b"%PDF")


def test_one_more_order_and_the_next_score_of_everything(
    run: Run, quarter: Quarter, client_for
) -> None:
    """What kept figures do not tell is calculated among the payee's lines."""
    statement = quarter.statement(run, "priya")
    address = reverse("incentives:statement-what-if", args=[statement.pk])
    page = client_for(quarter.world.dana).get(address, {"amount": "1000", "currency": "USD"})
    rows = page.context["outlook"]
    more = {one.name: one.texts[-1] if one.then is not None else "" for one in rows}
    assert more == {
        "Commission": "$40.00",
        "Card": "$36.00",  # 6,000 × 60 % × 1 % of quota
        "Shared": "$10.00",  # 1 % of the order, which fills the pool, comes back by sales
        "Race": "$0.00",  # the first prize is hers already
        "Kicked": "$0.00",
        "Stepped": "$0.00",
        "Thanks": "0 points",
    }
    assert page.context["more"] == Decimal("86.00")
    text = html.unescape(page.content.decode())
    assert "with everybody else as they are" in text
    assert "Not explained further" not in text


def test_what_a_player_adds_to_each_coalition_is_shown(world: World) -> None:
    priya, omar = world.priya.number, world.omar.number
    coalitions = f"{{of: {priya}, value: 100}}, {{of: {omar}, value: 50}}"
    text = HEAD + (
        "components:\n  - {id: shared, name: Shared, kind: pool, pool: {amount: sales * 1%, "
        f"shapley: [{coalitions}, {{of: [{priya}, {omar}], value: 350}}]}}}}\n"
    )
    plan = documents.load(text)
    kept = [StatementDetail(item="pool", figure="amount", value=Decimal(1000))]
    details = details_of(plan, plan.component("shared"), kept, world.priya)
    assert details is not None
    assert [(row.label, *row.cells) for row in details.rows[3:]] == [
        ("Comes first", "adds 100 in 1 of 2 orders of coming"),
        (f"Comes to {world.omar.name}", "adds 300 in 1 of 2 orders of coming"),
    ]
    other = details_of(plan, plan.component("shared"), kept, world.marco)
    assert other is not None
    assert len(other.rows) == 3
