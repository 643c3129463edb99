"""Pages of settlements: from earned to paid, holds and balances, in words, within few queries."""

from __future__ import annotations

import html
import io
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from pypdf import PdfReader

from paceline.incentives.actions import holds, statements
from paceline.incentives.models import Hold, HoldRelease, Run, Settlement
from paceline.incentives.pdf.statement import statement_pdf
from paceline.incentives.queries.statements import statement_in_full
from tests.incentives.pay.settling import (
    CLAWBACK,
    DRAW,
    HALVES,
    ONCE,
    Months,
    build_months,
    give_back,
    sell,
)
from tests.keeping import once
from tests.world import World

QUERIES_MAX = 15
D = Decimal


@pytest.fixture
def months(world: World) -> Months:
    """April paid with a draw; a return and a hold in May, which is settled."""
    return once(_two_months, world)


@pytest.fixture
def settled(world: World) -> tuple[Months, Run]:
    return once(_two_months_settled, world)


def _two_months(world: World) -> Months:
    found = build_months(world, DRAW, CLAWBACK, HALVES)
    sale = sell(world, "A1", date(2026, 4, 20), "6000.00")
    found.pay(found.settled("2026-04"))
    sell(world, "A2", date(2026, 5, 15), "30000.00")
    give_back(world, "R1", date(2026, 5, 20), sale, "3000.00")
    holds.place_hold(
        payee=world.priya,
        plan=found.version.plan,
        line_id="shop/A2/1",
        reason="evidence",
        note="The contract is not signed.",
        by=world.dana,
        at=found.now,
    )
    return found


def _two_months_settled(world: World) -> tuple[Months, Run]:
    months = _two_months(world)
    return months, months.settled("2026-05")


def text_of(response) -> str:
    return html.unescape(response.content.decode())


def test_the_settlement_page_adds_up(settled: tuple[Months, Run], world: World, client_for) -> None:
    may = settled[1]
    page = client_for(world.dana).get(reverse("incentives:settlement", args=[may.pk]))
    kinds = {one.kind: one.amount for _label, one in page.context["kinds"]}
    assert kinds["earned"] == D("3000.00")
    (total,) = page.context["totals"]
    assert sum(kinds.values()) == total.payable
    assert page.context["state"].state == "settled"
    text = text_of(page)
    assert "The return" not in text
    assert "Settle again" in text


def test_the_statement_shows_the_way_from_earned_to_paid(
    settled: tuple[Months, Run], world: World, client_for
) -> None:
    months, may = settled
    statement = months.statement(may)
    address = reverse("incentives:statement", args=[statement.pk])
    assert client_for(world.priya).get(address).status_code == 404  # not released yet
    page = client_for(world.dana).get(address)
    (pay,) = page.context["settled"]
    assert sum(entry.amount for entry in pay.entries) == pay.payable == pay.paid
    text = text_of(page)
    for shown in (
        "From earned to paid",
        "Papers are missing",
        "For a return, what its line earned is taken back.",
        "50% 30 days after the sale",
        "shop/A1/1",
    ):
        assert shown in text, shown
    assert "The contract is not signed." not in text
    # Due without the draw: 3,000 held by the line's hold is looked at after the draw.
    assert "What did not apply" in text
    assert "above the minimum." in text
    april = months.statement(Run.objects.get(period__key="2026-04"))
    text = text_of(client_for(world.dana).get(reverse("incentives:statement", args=[april.pk])))
    assert "At least $1,000.00; $300.00 was due." in text
    months.pay(may)
    own = client_for(world.priya).get(address)
    assert "From earned to paid" in text_of(own)
    assert client_for(world.marco).get(address).status_code == 200
    assert client_for(world.omar).get(address).status_code == 404


def test_the_pdf_tells_what_guarantees_and_draws_were_made_from(
    settled: tuple[Months, Run], world: World
) -> None:
    months, may = settled
    april = months.statement(Run.objects.get(period__key="2026-04"))
    for statement, told in (
        (april, ("At least $1,000.00; $300.00 was due.",)),
        (months.statement(may), ("What did not apply", "above the minimum.")),
    ):
        full = statement_in_full(world.dana, statement.pk).get()
        reader = PdfReader(io.BytesIO(statement_pdf(full, language="en")))
        text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
        for words in told:
            assert words in text, words


def test_the_pdf_has_the_settlement_in_every_language(
    settled: tuple[Months, Run], world: World
) -> None:
    months, may = settled
    statement = statement_in_full(world.dana, months.statement(may).pk).get()
    for language, words in (
        ("en", "From earned to paid"),
        ("zh-hant", "從應得到實付"),
        ("zh-hans", "从应得到实付"),
    ):
        content = statement_pdf(statement, language=language)
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        assert words in text.replace("\n", ""), language


def test_pages_answer_within_their_queries(
    settled: tuple[Months, Run], world: World, client_for, django_assert_max_num_queries
) -> None:
    months, may = settled
    client = client_for(world.ines)
    hold = Hold.objects.get()
    for address in (
        reverse("incentives:run", args=[may.pk]),
        reverse("incentives:settlement", args=[may.pk]),
        reverse("incentives:settlement-short", args=[may.pk]),
        reverse("incentives:statement", args=[months.statement(may).pk]),
        reverse("incentives:holds"),
        reverse("incentives:hold", args=[hold.pk]),
        reverse("incentives:balances"),
        reverse("incentives:payroll-preview", args=[may.period.key]),
    ):
        client.get(address)
        with django_assert_max_num_queries(QUERIES_MAX, info=address):
            assert client.get(address).status_code == 200


def test_balances_are_those_of_the_last_settlement(
    settled: tuple[Months, Run], world: World, client_for
) -> None:
    may = settled[1]
    page = client_for(world.dana).get(reverse("incentives:balances"))
    rows = page.context["table"].rows
    assert {row.plan.settlement.run_id for row in rows} == {may.pk}
    found = {(row.account, row.due_on): row.amount for row in rows}
    # What a narrow page hides is hidden below it too, or the sum would stand beside its column.
    text = page.content.decode()
    foot = text[text.index("<tfoot>") : text.index("</tfoot>")]
    table = page.context["table"]
    assert foot.count("is-secondary") == sum(one.secondary for one in table.columns)
    assert found["deferred", date(2026, 6, 14)] == D("1500.00")
    assert sum(found.values()) == D(may.settlements.get().plans.get().account["closing"]) + D(
        may.settlements.get().plans.get().account["held"]
    )


def test_a_settlement_is_asked_for_on_the_page_and_followed(
    months: Months, world: World, client_for, run_jobs
) -> None:
    run = months.run("2026-05")
    client = client_for(world.dana)
    address = reverse("incentives:settlement", args=[run.pk])
    assert "is not settled yet" in text_of(client.get(address))
    first, second = (client.post(address) for _click in range(2))
    assert first["Location"] == second["Location"] == address
    assert Settlement.objects.filter(run=run).count() == 1
    assert "data-live" in text_of(client.get(address))
    run_jobs()
    assert "Payable" in text_of(client.get(address))


def test_a_refused_settlement_is_explained(world: World, client_for) -> None:
    months = build_months(world, ONCE)
    world.priya.employments.update(currency="EUR")
    run = months.run("2026-04")
    months.settle(run)
    page = client_for(world.dana).get(reverse("incentives:settlement", args=[run.pk]))
    assert "No exchange rate (payment) from USD to EUR on 2026-05-10" in text_of(page)


def test_holds_are_placed_and_released_on_their_pages(
    months: Months, world: World, client_for
) -> None:
    client = client_for(world.dana)
    posted = {"payee": world.priya.pk, "what": "monthly/commission", "reason": "dispute"}
    address = reverse("incentives:hold-create")
    assert client.post(address, posted).status_code == 422  # no note
    assert Hold.objects.count() == 1
    answer = client.post(address, posted | {"note": "A question is open."})
    hold = Hold.objects.latest("pk")
    assert answer["Location"] == reverse("incentives:hold", args=[hold.pk])
    assert (hold.plan, hold.component) == (months.version.plan, "commission")
    release = reverse("incentives:hold-release", args=[hold.pk])
    assert client.post(release, {"reason": "Mine."}).status_code == 403
    finance = client_for(world.ines)
    finance.post(release, {"reason": " "})
    assert not HoldRelease.objects.exists()
    finance.post(release, {"reason": "Answered."})
    assert HoldRelease.objects.get().reason == "Answered."
    assert "Answered." in text_of(finance.get(reverse("incentives:hold", args=[hold.pk])))


def test_payroll_waits_for_the_settlement(months: Months, world: World, client_for) -> None:
    run = months.run("2026-05")
    statements.release_statements(
        run=run,
        statements=list(run.statements.values_list("pk", flat=True)),
        by=world.dana,
        at=months.now,
    )
    client = client_for(world.ines)
    address = reverse("incentives:payroll-preview", args=["2026-05"])
    page = client.get(address)
    assert page.context["unsettled"] == [(run, None)]
    assert "Make the payroll file" not in text_of(page)
    months.settle(run)
    page = client.get(address)
    assert page.context["unsettled"] == []
    assert "Make the payroll file" in text_of(page)
