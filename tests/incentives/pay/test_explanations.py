"""Beside a statement: the causes of a difference, an imagined order, what did not apply."""

from __future__ import annotations

import html
from datetime import date
from decimal import Decimal
from unittest import mock

from django.urls import reverse

from paceline.goals.models import Quota
from paceline.incentives.actions import approvals, plans, runs
from paceline.incentives.calculation import difference
from paceline.incentives.calculation.trace import kept_in
from paceline.incentives.change_words import Cause, causes_of
from paceline.incentives.explanation import explain_component
from paceline.incentives.models import PlanVersion, Run, Statement
from paceline.incentives.queries.statements import statement_with_components
from tests.incentives.pay import conftest
from tests.incentives.pay.conftest import SELLER, Quarter, fresh

QUERIES_MAX = 15
FRAGMENT = {"HX-Request": "true"}


def changes_url(statement: Statement, since: str = "run") -> str:
    address = reverse("incentives:statement-changes", args=[statement.pk])
    return f"{address}?since={since}"


def what_if_url(statement: Statement) -> str:
    return reverse("incentives:statement-what-if", args=[statement.pk])


def run_again(quarter: Quarter, add_line) -> tuple[Run, Run]:
    """A second run after a new order of Priya, a return of Omar and a higher quota."""
    first = quarter.run()
    world = quarter.world
    add_line("A9", world.priya, date(2026, 6, 1), "1000.00")
    Quota.objects.filter(person=world.priya).update(amount=Decimal(110000))
    return first, quarter.run()


def test_the_causes_add_up_and_open_to_their_rows(quarter: Quarter, client_for, add_line) -> None:
    _first, second = run_again(quarter, add_line)
    statement = quarter.statement(second, "priya")
    client = client_for(quarter.world.dana)
    page = client.get(changes_url(statement))
    causes = page.context["causes"]
    assert [(one.label, one.amount) for one in causes] == [
        ("Orders added", Decimal("40.00")),
        ("Quota", Decimal("-200.00")),
    ]
    assert page.context["difference"] == Decimal("-160.00")
    assert page.context["adds_up"]
    text = html.unescape(page.content.decode())
    for shown in ("shop/A9/1", "$1,000.00", "$100,000.00", "$110,000.00", "adds up"):
        assert shown in text, shown
    fragment = client.get(changes_url(statement), headers=FRAGMENT).content.decode()
    assert "<html" not in fragment
    assert "shop/A9/1" in fragment


def test_what_was_found_once_is_read_again(quarter: Quarter, client_for, add_line) -> None:
    statement = quarter.statement(run_again(quarter, add_line)[1], "priya")
    client = client_for(quarter.world.dana)
    pages = [client.get(changes_url(statement)) for _time in range(2)]
    assert pages[0].context["causes"] == pages[1].context["causes"]


def test_a_lead_sees_the_orders_below_that_count(quarter: Quarter, client_for, add_line) -> None:
    statement = quarter.statement(run_again(quarter, add_line)[1], "marco")
    page = client_for(quarter.world.dana).get(changes_url(statement))
    (cause,) = page.context["causes"]
    assert (cause.amount, [row.title for row in cause.rows]) == (Decimal("5.00"), ["shop/A9/1"])


def test_nothing_of_others_is_named(quarter: Quarter, client_for, add_line) -> None:
    first = quarter.run()
    add_line("B9", quarter.world.omar, date(2026, 6, 1), "1000.00")
    second = quarter.run()
    assert first.pk != second.pk
    page = client_for(quarter.world.dana).get(changes_url(quarter.statement(second, "priya")))
    assert page.context["causes"] == ()
    assert "shop/B9/1" not in page.content.decode()
    assert "Nothing that decides this pay has changed" in page.content.decode()


def test_what_others_did_in_a_contest_is_a_cause_and_theirs(
    quarter: Quarter, client_for, add_line
) -> None:
    """Omar overtakes Priya: compensation sees his order, who may not read his statement only that
    there is one. What was found is asked anew of another engine.
    """
    world = quarter.world
    race = SELLER[: SELLER.index("quotas:")].replace("plan: seller", "plan: race")
    race += """
components:
  - {id: race, name: Race, kind: contest,
     contest: {score: sales, prizes: [500, 200], ties: each, among: plan}}
"""
    conftest.approve(race, world, to=world.seller)
    first = quarter.run()
    add_line("B9", world.omar, date(2026, 6, 1), "100000.00")
    second = quarter.run()
    kept = kept_in(second)
    for left in kept.glob("difference-*.json"):  # by the tests before, of a run with this number
        left.unlink()
    statement = quarter.statement(second, "priya")
    page = client_for(world.dana).get(changes_url(statement))
    (cause,) = page.context["causes"]
    assert (cause.label, cause.amount, cause.of_others) == (
        "What others in the team or the contest did",
        Decimal("-300.00"),
        0,
    )
    (row,) = cause.rows
    assert (row.title, row.after) == ("shop/B9/1", "$100,000.00")
    assert row.detail.startswith(world.omar.name)
    pair = [
        statement_with_components(world.dana, quarter.statement(run, "priya").pk).get()
        for run in (second, first)
    ]
    (cause,) = causes_of(difference.differences(*pair), statement, world.priya)
    assert (cause.amount, cause.rows) == (Decimal("-300.00"), ())
    assert (cause.of_others, cause.hidden) == (1, 0)

    before = set(kept.glob("difference-*.json"))
    with mock.patch.object(difference, "ENGINE_VERSION", "another"):
        client_for(world.dana).get(changes_url(statement))
    assert len(set(kept.glob("difference-*.json")) - before) == len(before) > 0


def test_a_payee_compares_only_with_what_was_released(
    quarter: Quarter, client_for, add_line
) -> None:
    """The run before was never released, so for Priya it does not exist."""
    _first, second = run_again(quarter, add_line)
    statement = quarter.release(second, "priya")[0]
    client = client_for(quarter.world.priya)
    page = client.get(changes_url(statement))
    assert page.context["earlier"] is None
    assert "There is no earlier statement" in page.content.decode()
    assert "$2,760.00" not in page.content.decode()
    shown = client.get(reverse("incentives:statement", args=[statement.pk])).content.decode()
    assert changes_url(statement, "").split("?")[0] not in shown


def test_a_payee_compares_with_the_period_before(quarter: Quarter, client_for, add_line) -> None:
    """Both quarters are released: 119,000 against a quota, then 30,000 against the same."""
    world = quarter.world
    quarter.release(quarter.run(), "priya")
    add_line("D1", world.priya, date(2026, 7, 2), "30000.00")
    Quota.objects.create(
        person=world.priya,
        measure="sales",
        amount=Decimal(100000),
        currency="USD",
        starts_on=date(2026, 7, 1),
        ends_before=date(2026, 10, 1),
        set_at=world.now,
    )
    run = runs.request_run(period_key="2026Q3", by=world.dana, at=world.now, on=world.today)
    runs.calculate_run(run=run, at=world.now)
    statement = quarter.release(fresh(run), "priya")[0]
    page = client_for(world.priya).get(changes_url(statement, "period"))
    assert [(one.label, one.amount) for one in page.context["causes"]] == [
        ("Orders of the two periods", Decimal("-2180.00")),  # 580 for 29,000 after 2,760
        ("Returns and cancellations", Decimal("20.00")),  # 1,000 at 2 % no longer taken back
    ]
    assert page.context["adds_up"]
    assert page.context["difference"] == Decimal("-2160.00")
    assert "Apr 3, 2026" in page.content.decode()


def test_pages_answer_within_their_queries(
    quarter: Quarter, client_for, add_line, django_assert_max_num_queries
) -> None:
    statement = quarter.statement(run_again(quarter, add_line)[1], "priya")
    client = client_for(quarter.world.dana)
    more = f"{what_if_url(statement)}?amount=1000&currency=USD"
    shown = reverse("incentives:statement", args=[statement.pk])
    for address in (shown, changes_url(statement), what_if_url(statement), more):
        client.get(address)
        with django_assert_max_num_queries(QUERIES_MAX, info=address):
            assert client.get(address).status_code == 200


def test_one_more_order_and_the_next_tier(quarter: Quarter, client_for) -> None:
    statement = quarter.release(quarter.run(), "omar")[0]
    client = client_for(quarter.world.omar)
    page = client.get(what_if_url(statement), {"amount": "50000", "currency": "EUR"})
    # 55,000 and 50,000 EUR at 1.10 are 110,000: 45,000 at 2 % and 10,000 at 4 %.
    (outlook,) = page.context["outlook"]
    assert (outlook.now, outlook.more) == (Decimal("1100.00"), Decimal("1300.00"))
    (step,) = page.context["steps"]
    assert (step.missing, step.pays, step.in_all) == ("$45,000.00", "$900.00", "")
    assert "$1,300.00" in page.content.decode()


def test_a_leads_order_is_one_of_the_team(quarter: Quarter, client_for) -> None:
    statement = quarter.release(quarter.run(), "marco")[0]
    page = client_for(quarter.world.marco).get(
        what_if_url(statement), {"amount": "1000", "currency": "USD"}
    )
    assert page.context["of_reports"]
    assert page.context["more"] == Decimal("5.00")


def test_an_amount_that_is_none_is_refused_in_place(quarter: Quarter, client_for) -> None:
    statement = quarter.release(quarter.run(), "priya")[0]
    client = client_for(quarter.world.priya)
    for amount in ("x", "-1", "1e99"):
        page = client.get(what_if_url(statement), {"amount": amount, "currency": "USD"})
        assert page.status_code == 200
        assert page.context["form"].errors["amount"]
        assert "outlook" not in page.context


def second_version(quarter: Quarter) -> PlanVersion:
    """An approved text that pays 5 % above quota from the next quarter on."""
    world = quarter.world
    version = plans.start_draft(
        plan=quarter.seller.plan, effective_from=date(2026, 7, 1), by=world.dana, at=world.now
    )
    plans.save_draft(
        version=version,
        source=SELLER.replace("rate: 4%", "rate: 5%"),
        effective_from=date(2026, 7, 1),
        lock_version=version.lock_version,
        by=world.dana,
        at=world.now,
    )
    version = PlanVersion.objects.select_related("plan").get(pk=version.pk)
    approvals.submit_plan(version=version, note="", by=world.dana, at=world.now)
    version = PlanVersion.objects.select_related("plan").get(pk=version.pk)
    approvals.approve_plan(version=version, digest=version.digest, by=world.ines, at=world.now)
    return version


def test_another_version_is_calculated_for_those_who_may_read_it(
    quarter: Quarter, client_for
) -> None:
    statement = quarter.release(quarter.run(), "priya")[0]
    version = second_version(quarter)
    page = client_for(quarter.world.priya).get(what_if_url(statement), {"version": version.pk})
    (row,) = page.context["under"]
    assert (row.now, row.then) == (Decimal("2760.00"), Decimal("2950.00"))
    draft = PlanVersion.objects.exclude(approval__isnull=False).first()
    assert draft is None or draft not in page.context["versions"]


def test_lines_say_by_which_day_they_belong_to_the_period(quarter: Quarter, client_for) -> None:
    """Or a reader wonders at an order of June in a statement that begins in July."""
    statement = quarter.release(quarter.run(), "priya")[0]
    component = statement.components.select_related("version__plan").get()
    client = client_for(quarter.world.priya)
    address = reverse("incentives:statement-lines", args=[statement.pk, component.pk, 1])
    assert "A line belongs to the period" not in client.get(address).content.decode()
    told = explain_component(component, statement)
    assert told.belongs == ""
    component.version.source = component.version.source.replace("anchor: booking", "anchor: cash")
    told = explain_component(component, statement)
    assert told.belongs == "A line belongs to the period in which its cash was received."
    explained = "paceline.incentives.views.statements.explain_component"
    with mock.patch(explained, return_value=told):
        page = client.get(address).content.decode()
    assert f'<a href="{told.belongs_url}">{told.belongs}</a>' in page
    place = told.belongs_url.partition("#")[2]
    assert f'id="{place}"' in client.get(told.belongs_url).content.decode()


def test_an_opened_line_says_what_did_not_apply(quarter: Quarter, client_for) -> None:
    statement = quarter.release(quarter.run(), "priya")[0]
    component = statement.components.get()
    page = client_for(quarter.world.priya).get(
        reverse("incentives:statement-lines", args=[statement.pk, component.pk, 1])
    )
    assert [row.rejected for row in page.context["rows"]][:-1] == [()] * (
        len(page.context["rows"]) - 1
    )
    omar = quarter.release(Run.objects.get(pk=statement.run_id), "omar")[0]
    page = client_for(quarter.world.omar).get(
        reverse("incentives:statement-lines", args=[omar.pk, omar.components.get().pk, 1])
    )
    last = page.context["rows"][-1]
    assert last.rejected == ("The next tier, at 4%, was $45,000.00 away.",)
    assert page.content.decode().count("The next tier") == 1


def test_a_cause_without_effect_is_only_named() -> None:
    moved = (("Commission", Decimal(5)), ("Bonus", Decimal(-5)))
    none = Cause("Teams", Decimal(0), (), (), 0, "Seller")
    assert not none.matters
    assert Cause("Teams", Decimal(0), moved, (), 0, "Seller").matters
    assert Cause("Teams", Decimal(1), (), (), 0, "Seller").matters
