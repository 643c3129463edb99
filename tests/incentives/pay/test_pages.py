"""Pages of pay: what each reader sees, what leads where, and how many queries it takes."""

from __future__ import annotations

import html
import io
import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from pypdf import PdfReader

from paceline.incentives.actions import approvals, payroll, plans, runs, threads
from paceline.incentives.calculation.trace import lines_of_component
from paceline.incentives.models import PlanEdit, Run
from paceline.incentives.pdf.statement import statement_pdf
from paceline.incentives.queries.statements import statement_in_full
from paceline.live import actions as live
from paceline.orders.models import ExchangeRate
from paceline.org.models import Person
from tests.incentives.pay.conftest import PERIOD, SELLER, UNTIL, Quarter, approve

QUERIES_MAX = 15


@pytest.fixture
def pages(quarter: Quarter) -> dict[str, str]:
    """A quarter that was run twice, released, asked about and handed over: every address of it."""
    quarter.run()
    run = quarter.run()
    statement = quarter.release(run)[0]
    statement = quarter.statement(run, "priya")
    component = statement.components.get()
    thread = threads.ask_about_line(
        component=component,
        line_id="shop/A2/1",
        body="Why 4 %?",
        by=quarter.world.priya,
        at=quarter.world.now,
    )
    export = payroll.export_payroll(
        period=quarter.period, export_id=uuid.uuid4(), by=quarter.world.ines, at=quarter.world.now
    )
    return {
        "periods": reverse("incentives:periods"),
        "run": reverse("incentives:run", args=[run.pk]),
        "inputs": reverse("incentives:run-inputs", args=[run.pk]),
        "statements": reverse("incentives:statements"),
        "statement": reverse("incentives:statement", args=[statement.pk]),
        "lines": reverse("incentives:statement-lines", args=[statement.pk, component.pk, 2]),
        "pdf": reverse("incentives:statement-pdf", args=[statement.pk]),
        "threads": reverse("incentives:threads"),
        "thread": reverse("incentives:thread", args=[thread.pk]),
        "payroll": reverse("incentives:payroll"),
        "preview": reverse("incentives:payroll-preview", args=[PERIOD]),
        "file": reverse("incentives:payroll-file", args=[export.export_id]),
    }


def test_a_run_says_which_of_its_lines_changed_since(
    quarter: Quarter, client_for, add_line
) -> None:
    """An import could be undone and its lines still be released, and nobody was told."""
    run = quarter.run()
    address = reverse("incentives:run", args=[run.pk])
    reader = client_for(quarter.world.dana)
    changed = "were imported, changed or undone after this run read them"
    assert changed not in reader.get(address).content.decode()
    add_line("Z9", quarter.world.priya, date(2026, 5, 30), "10.00")
    add_line("Z8", quarter.world.priya, date(2025, 5, 30), "10.00")  # the run never read this month
    assert f"Order lines of May 2026 {changed}" in reader.get(address).content.decode()
    again = quarter.run()
    for one in (run, again):
        shown = reader.get(reverse("incentives:run", args=[one.pk])).content.decode()
        assert changed not in shown, "only the newest results, and they read all"


def test_every_page_answers_within_its_queries(
    pages: dict[str, str], quarter: Quarter, client_for, django_assert_max_num_queries
) -> None:
    client = client_for(quarter.world.ines)
    for name, address in pages.items():
        client.get(address)
        with django_assert_max_num_queries(QUERIES_MAX, info=name) as queries:
            response = client.get(address)
        assert response.status_code == 200, name
        if name in {"periods", "run", "statements", "preview"}:
            # What a run checked is long; a list of its statements must not bring it with each.
            assert not [one for one in queries if '"checks"' in one["sql"]], name


def test_the_first_page_says_all_that_waits_within_its_queries(
    quarter: Quarter, client_for, django_assert_max_num_queries
) -> None:
    """A plan to approve, pay to hand over, a question; what one wrote on waits for others."""
    world = quarter.world
    run = quarter.run()
    quarter.release(run)
    component = quarter.statement(run, "priya").components.get()
    told = {"by": world.priya, "at": world.now}
    threads.ask_about_line(component=component, line_id="shop/A2/1", body="Why?", **told)
    version = plans.create_plan(
        source=SELLER.replace("plan: seller", "plan: later"), effective_from=UNTIL,
        by=world.dana, at=world.now,
    )  # fmt: skip
    approvals.submit_plan(version=version, note="", by=world.dana, at=world.now)
    client = client_for(world.ines)
    client.get("/")
    with django_assert_max_num_queries(QUERIES_MAX):
        shown = client.get("/").content.decode()
    for waits in ("waits for approval", "waits to be handed to payroll", "question waits"):
        assert waits in shown
    PlanEdit.objects.create(version=version, edited_by=world.ines, edited_at=world.now, digest="")
    assert "waits for approval" not in client.get("/").content.decode()


def test_the_run_page_compares_with_the_period_before(quarter: Quarter, client_for) -> None:
    run = quarter.run()
    client = client_for(quarter.world.dana)
    page = client.get(reverse("incentives:run", args=[run.pk]))
    assert [(one.now.currency, one.now.earned) for one in page.context["totals"]] == [
        ("USD", Decimal("4730.00"))
    ]
    assert page.context["payees"] == 4
    text = page.content.decode()
    assert "$4,730.00" in text
    assert run.fingerprint in text
    # What went in is a part of its own: a dozen plans would double the page.
    address = reverse("incentives:run-inputs", args=[run.pk])
    assert f'hx-get="{address}"' in text
    assert "No payee on the line" not in text
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "No payee on the line" in part
    assert "<html" not in part
    assert "No payee on the line" in client.get(address).content.decode()


def test_the_run_page_says_what_is_done_and_what_is_next(quarter: Quarter, client_for) -> None:
    run = quarter.run()
    world = quarter.world
    address = reverse("incentives:run", args=[run.pk])

    def steps(person: Person) -> list[tuple[str, str]]:
        page = client_for(person).get(address)
        return [(one.name, one.state) for one in page.context["steps"]]

    assert steps(world.dana) == [
        ("Calculate", "done"), ("Release", "next"), ("Payroll", "open"), ("Close", "open"),
    ]  # fmt: skip
    quarter.release(run)
    assert steps(world.ines)[1:3] == [("Release", "done"), ("Payroll", "next")]
    payroll.export_payroll(
        period=quarter.period, export_id=uuid.uuid4(), by=world.ines, at=world.now
    )
    page = client_for(world.ines).get(address)
    assert [one.state for one in page.context["steps"]] == ["done", "done", "done", "next"]
    assert page.context["steps"][2].said.startswith("Inês Duarte")
    assert "Somebody other than Dana Weiss closes the period." in page.content.decode()
    runs.finalise_run(run=run, by=world.ines, at=world.now)
    assert [state for _name, state in steps(world.dana)] == ["done"] * 4


def test_a_page_that_waited_shows_all_of_a_cancelled_run(quarter: Quarter, client_for) -> None:
    run = quarter.request()
    client = client_for(quarter.world.dana)
    address = reverse("incentives:run", args=[run.pk])
    waits = {"HX-Request": "true", "HX-Target": "run-status"}
    assert "HX-Retarget" not in client.get(address, headers=waits)
    live.request_cancel(progress=run.progress, by=quarter.world.dana, at=quarter.world.now)
    runs.calculate_run(run=run, at=quarter.world.now)
    page = client.get(address, headers=waits)
    assert page["HX-Retarget"] == page["HX-Reselect"] == "#main"
    text = page.content.decode()
    assert "Nothing of it was kept" in text
    assert "Cancelled" in text
    assert "Run again" in text


def test_a_failed_run_lists_what_is_missing(quarter: Quarter, client_for) -> None:
    ExchangeRate.objects.all().delete()
    run = quarter.run()
    page = client_for(quarter.world.dana).get(reverse("incentives:run", args=[run.pk]))
    text = page.content.decode()
    assert "No exchange rate (average) from EUR to USD on 2026-05-20" in text
    assert "No statement was made" in text


def test_a_double_click_leads_to_the_same_run(quarter: Quarter, client_for) -> None:
    client = client_for(quarter.world.dana)
    address = reverse("incentives:run-create")
    first, second = (client.post(address, {"period": PERIOD}) for _click in range(2))
    assert first["Location"] == second["Location"]
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("soon", "Name a period such as"),
        ("2030Q1", "has not begun"),
        ("2026-06", "No approved plan"),
    ],
)
def test_a_run_that_cannot_be_is_explained(
    quarter: Quarter, client_for, period: str, said: str
) -> None:
    client = client_for(quarter.world.dana)
    answer = client.post(reverse("incentives:run-create"), {"period": period}, follow=True)
    assert said in answer.content.decode()
    assert not Run.objects.exists()


def test_each_figure_shows_its_clause_and_opens_to_its_lines(quarter: Quarter, client_for) -> None:
    statement = quarter.release(quarter.run(), "priya")[0]
    client = client_for(quarter.world.priya)
    page = client.get(reverse("incentives:statement", args=[statement.pk]))
    text = page.content.decode()
    for shown in ("$2,760.00", "$119,000.00", "119%", "$19,000.00", "4%", "$760.00"):
        assert shown in text, shown
    (component,) = page.context["components"]
    assert component.tiers[1].clause in html.unescape(text)
    assert component.clause_url in text
    opened = client.get(
        reverse("incentives:statement-lines", args=[statement.pk, component.row.pk, 2]),
        headers={"HX-Request": "true"},
    )
    lines = opened.content.decode()
    assert "<html" not in lines
    assert "shop/A2/1" in lines
    assert "-$1,000.00" in lines
    assert opened.context["traced"].earned == Decimal("760.00")
    assert opened.context["adds_up"]


def test_a_long_tier_is_paged_and_its_sums_stay(quarter: Quarter, client_for, add_line) -> None:
    for place in range(120):
        add_line(f"L{place:03d}", quarter.world.priya, date(2026, 4, 2), "10.01")
    statement = quarter.release(quarter.run(), "priya")[0]
    component = statement.components.get()
    address = reverse("incentives:statement-lines", args=[statement.pk, component.pk, 1])
    client = client_for(quarter.world.priya)
    seen: list[str] = []
    earned = Decimal(0)
    for page in ("1", "2", "3"):
        answer = client.get(address, {"page": page}, headers={"HX-Request": "true"})
        traced = answer.context["traced"]
        assert (traced.count, traced.earned, answer.context["adds_up"]) == (
            122,
            Decimal(2000),
            True,
        )
        assert "lines of the tier" in answer.content.decode()
        assert "$2,000.00" in answer.content.decode()
        seen += [line.line_id for line in traced.lines]
        earned += traced.earned_here
    assert (len(seen), len(set(seen)), earned) == (122, 122, Decimal(2000))
    assert seen == [line.line_id for line in lines_of_component(component) if line.tier == 1]
    last = client.get(address, {"page": "99999999999999999999"}).context["traced"]
    assert (last.page, last.first) == (1, 1)
    assert client.get(address, {"page": "99"}).context["traced"].page == 3


def test_a_line_is_found_by_its_number(quarter: Quarter, client_for, add_line) -> None:
    for place in range(60):
        add_line(f"L{place:03d}", quarter.world.priya, date(2026, 4, 2), "10.01")
    statement = quarter.release(quarter.run(), "priya")[0]
    component = statement.components.get()
    address = reverse("incentives:statement-lines", args=[statement.pk, component.pk, 1])
    client = client_for(quarter.world.priya)
    found = client.get(address, {"q": "l04"})
    assert [line.order_id for line in found.context["traced"].lines] == [
        f"shop/L04{place}" for place in range(10)
    ]
    assert found.context["traced"].earned == Decimal(2000), "the sum is that of the whole tier"
    nothing = client.get(address, {"q": "(["})
    assert nothing.context["traced"].found == 0
    assert "No line of this tier has that number." in nothing.content.decode()


def test_the_pdf_speaks_the_readers_language(quarter: Quarter) -> None:
    statement = quarter.release(quarter.run(), "priya")[0]
    whole = statement_in_full(quarter.world.dana, statement.pk).get()
    for language, title in (("en", "Pay statement"), ("zh-hant", "抽成"), ("zh-hans", "提成")):
        reader = PdfReader(io.BytesIO(statement_pdf(whole, language=language)))
        text = "".join(page.extract_text() for page in reader.pages)
        assert title in text, language
        assert "2,760.00" in text
        assert "shop/A2" in text
        assert whole.run.fingerprint in text.replace("\n", "")


def test_hostile_names_print_as_they_are(quarter: Quarter) -> None:
    Person.objects.filter(pk=quarter.world.priya.pk).update(name="#panic() \\ $x$ *b*")
    statement = quarter.release(quarter.run(), "priya")[0]
    whole = statement_in_full(quarter.world.dana, statement.pk).get()
    reader = PdfReader(io.BytesIO(statement_pdf(whole, language="en")))
    assert "#panic() \\ $x$ *b*" in reader.pages[0].extract_text()


def test_a_closed_run_says_so_and_names_its_plans(quarter: Quarter, client_for) -> None:
    run = quarter.run()
    quarter.release(run)
    client = client_for(quarter.world.ines)
    part = client.get(reverse("incentives:run-inputs", args=[run.pk]))
    assert {one["plan"] for one in part.context["plans"]} == {"Seller commission", "Team override"}
    page = client.get(reverse("incentives:run", args=[run.pk]))
    assert page.context["badge"].text == "Calculated"
    runs.finalise_run(run=run, by=quarter.world.ines, at=quarter.world.now)
    page = client_for(quarter.world.ines).get(reverse("incentives:run", args=[run.pk]))
    assert page.context["badge"].text == "Closed"


def test_notices_call_periods_by_their_name(quarter: Quarter, client_for) -> None:
    quarter.release(quarter.run(), "priya")
    page = client_for(quarter.world.priya).get(reverse("notifications:list"))
    assert "Your statement for Q2 2026 is here." in page.content.decode()


def test_the_pdf_breaks_a_name_of_one_long_word(quarter: Quarter) -> None:
    """It ran off the paper, and its end was cut."""
    Person.objects.filter(pk=quarter.world.priya.pk).update(name="W" * 90)
    statement = quarter.release(quarter.run(), "priya")[0]
    whole = statement_in_full(quarter.world.dana, statement.pk).get()
    page = PdfReader(io.BytesIO(statement_pdf(whole, language="en"))).pages[0]
    lines = [line.count("W") for line in page.extract_text().splitlines()]
    assert sum(lines) >= 90
    assert max(lines) <= 30


def test_the_pdf_tells_the_lines_of_an_order_apart(quarter: Quarter) -> None:
    statement = quarter.release(quarter.run(), "priya")[0]
    whole = statement_in_full(quarter.world.dana, statement.pk).get()
    reader = PdfReader(io.BytesIO(statement_pdf(whole, language="en")))
    assert "shop/A2/1" in "".join(page.extract_text() for page in reader.pages)


def test_a_statement_is_traced_while_its_page_is_read(
    quarter: Quarter, client_for, settings, tmp_path, django_assert_max_num_queries
) -> None:
    settings.MEDIA_ROOT = tmp_path
    run = quarter.run()
    quarter.release(run)
    statement = run.statements.get(payee=quarter.world.priya)
    client = client_for(quarter.world.priya)
    page = reverse("incentives:statement", args=[statement.pk])
    traces = reverse("incentives:statement-traces", args=[statement.pk])
    assert traces in client.get(page).content.decode()
    answer = client.get(traces, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (204, b"")
    with django_assert_max_num_queries(QUERIES_MAX):
        text = client.get(page).content.decode()
    assert traces not in text, "nothing is left to be done"
    kept = sorted((tmp_path / "traces").rglob("*.parquet"))
    assert [place.stem for place in kept] == ["figures", "lines", "orders"]
    client.get(traces)
    assert sorted((tmp_path / "traces").rglob("*.parquet")) == kept


def test_nobody_traces_a_statement_that_they_may_not_read(
    quarter: Quarter, client_for, settings, tmp_path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    run = quarter.run()
    statement = run.statements.get(payee=quarter.world.priya)
    traces = reverse("incentives:statement-traces", args=[statement.pk])
    assert client_for(quarter.world.omar).get(traces).status_code == 404
    assert not (tmp_path / "traces").exists()


def test_components_that_two_plans_call_the_same_are_told_apart(
    quarter: Quarter, client_for
) -> None:
    second = SELLER.replace("plan: seller", "plan: second").replace("Seller commission", "Extra")
    approve(second, quarter.world, to=quarter.world.seller)
    statement = quarter.release(quarter.run(), "priya")[0]
    page = client_for(quarter.world.priya).get(reverse("incentives:statement", args=[statement.pk]))
    names = {one.name: one.row.earned for one in page.context["components"]}
    assert names == {
        "Commission · Extra": Decimal("2760.00"),
        "Commission · Seller commission": Decimal("2760.00"),
    }
    content = statement_pdf(
        statement_in_full(quarter.world.dana, statement.pk).get(), language="en"
    )
    text = "".join(part.extract_text() for part in PdfReader(io.BytesIO(content)).pages)
    assert "Commission · Extra" in text
    assert "Run 1 of Q2 2026" in text
