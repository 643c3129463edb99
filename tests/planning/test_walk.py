"""A plan of quotas from its target to approved quotas, through pages, actions and files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from paceline.goals import actions as goals
from paceline.goals.models import FigureKind, Quota, Unit
from paceline.goals.planning import actions, queries
from paceline.goals.planning.actions import NewPlan, NewVersion
from paceline.goals.planning.models import (
    AgreedQuota,
    Basis,
    PlanStep,
    ProposedQuota,
    QuotaPlan,
    QuotaShare,
    Season,
    Step,
)
from paceline.imports import actions as imports
from paceline.imports.kinds import UndoRefused
from paceline.orders.actions import close_days
from paceline.orders.models import ExchangeRate, OrderLine
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
D = Decimal
AT = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)


def sell(person: Any, on: date, amount: str, currency: str = "USD", channel: str = "") -> None:
    number = OrderLine.objects.count() + 1
    OrderLine.objects.create(
        source="shop", order_number=str(number), line_number="1", ordered_on=on, person=person,
        quantity=1, amount=D(amount), currency=currency, channel=channel,
    )  # fmt: skip


@pytest.fixture
def sold(world: World) -> World:
    """Priya sold three times what Omar sold; November was half of the year."""
    for month in range(1, 12):
        sell(world.priya, date(2026, month, 3), "750" if month == 11 else "75")
        sell(world.omar, date(2026, month, 4), "250" if month == 11 else "25")
    return world


def new_plan(world: World, **more: Any) -> NewPlan:
    values = {
        "name": "2027", "measure": "sales", "currency": "USD", "starts_on": date(2027, 1, 1),
        "ends_before": date(2028, 1, 1), "step": Step.QUARTER,
        "teams": [world.north, world.south], **more,
    }  # fmt: skip
    return NewPlan(**values)


def make(world: World, version: NewVersion | None = None, **more: Any) -> QuotaPlan:
    return actions.make_plan(
        plan=new_plan(world, **more),
        version=version or NewVersion(target=D(40000), unit=D(1)),
        by=world.dana,
        at=AT,
    )


def parts(plan: QuotaPlan) -> dict[str, queries.Part]:
    version = queries.current_version(plan)
    assert version is not None
    return {part.person.name: part for part in queries.every_part(version)}


def test_a_target_is_spread_as_the_year_before_went(sold: World) -> None:
    found = parts(make(sold))
    assert {name: part.share.full for name, part in found.items()} == {
        "Priya Nair": D(30000),
        "Omar Haddad": D(10000),
    }
    # December of the year before last had nothing; of the rest November is half.
    quarters = [
        one.amount for one in queries.slices_of(QuotaPlan.objects.get(), found["Priya Nair"])
    ]
    assert quarters == [D(4500), D(4500), D(4500), D(16500)]
    assert found["Priya Nair"].share.before == D(1500)


def test_only_the_lines_of_a_channel_count_as_history(sold: World) -> None:
    sell(sold.omar, date(2026, 6, 1), "10", channel="live")
    found = parts(make(sold, channel="live"))
    assert found["Omar Haddad"].share.full == D(40000)
    assert found["Priya Nair"].share.full == 0


def test_sales_of_another_currency_need_a_rate(sold: World) -> None:
    sell(sold.omar, date(2026, 6, 1), "8000", currency="TWD")
    with pytest.raises(queries.RateMissing) as refused:
        make(sold)
    assert refused.value.currency == "TWD"
    assert not QuotaPlan.objects.exists()
    ExchangeRate.objects.create(
        from_currency="TWD", to_currency="USD", on=date(2026, 11, 30), rate=D("0.03125")
    )
    assert parts(make(sold))["Omar Haddad"].share.before == D(750)


def test_a_potential_decides_where_it_is_chosen(sold: World) -> None:
    kind = goals.add_figure_kind(
        name="potential", label="Potential", unit=Unit.QUANTITY, by=sold.dana, at=NOW
    )
    asked = NewVersion(target=D(1000), basis=Basis.POTENTIAL, potential=kind, unit=D(1))
    with pytest.raises(actions.PotentialUnknown):
        make(sold, asked)
    entries = [
        goals.Entry(sold.priya, kind, date(2026, 11, 1), D(1)),
        goals.Entry(sold.omar, kind, date(2026, 11, 1), D(4)),
    ]
    goals.enter_figures(entries=entries, reason="", by=sold.dana, at=NOW)
    assert parts(make(sold, asked))["Omar Haddad"].share.full == D(800)
    assert FigureKind.objects.count() == 1


def test_both_sides_are_heard_and_approval_makes_quotas(
    sold: World, client_for: Callable[..., Client]
) -> None:
    plan = make(sold)
    actions.propose(plan=plan, person=sold.priya, amount=D(24000), reason="", by=sold.priya, at=AT)
    actions.propose(
        plan=plan, person=sold.priya, amount=D(26000), reason="two new accounts", by=sold.marco,
        at=AT,
    )  # fmt: skip
    assert [one.amount for one in ProposedQuota.objects.filter(replaced_by=None)] == [D(26000)]
    assert parts(plan)["Priya Nair"].difference == D(-4000)
    assert actions.agree(
        plan=plan, amounts={sold.priya.pk: D(28000)}, reason="the middle", by=sold.dana, at=AT
    ) == 1  # fmt: skip
    assert actions.agree_rest(plan=plan, by=sold.dana, at=AT) == 1
    actions.submit(plan=plan, by=sold.dana, at=AT)
    for refused in (
        lambda: actions.propose(
            plan=plan, person=sold.omar, amount=D(1), reason="", by=sold.omar, at=AT
        ),
        lambda: actions.agree_rest(plan=plan, by=sold.dana, at=AT),
        lambda: actions.draw_version(
            plan=plan, version=NewVersion(target=D(1)), by=sold.dana, at=AT
        ),
    ):
        with pytest.raises(actions.VersionClosed):
            refused()
    with pytest.raises(actions.OwnWork):
        actions.approve(plan=plan, by=sold.dana, at=AT)
    assert not Quota.objects.exists()

    reply = client_for(sold.ines).post(reverse("planning:approve", args=[plan.pk]))
    assert reply.status_code == 303
    priyas = Quota.objects.standing().filter(person=sold.priya).order_by("starts_on")
    assert sum(one.amount for one in priyas) == D(28000)
    assert [one.amount for one in priyas] == [D(4200), D(4200), D(4200), D(15400)]
    assert priyas[0].reason == "2027 · 1"
    # Once more changes nothing: the step was taken.
    again = client_for(sold.ines).post(reverse("planning:approve", args=[plan.pk]))
    assert again.status_code == 409
    assert Quota.objects.count() == 8


def test_a_returned_plan_is_worked_on_again(sold: World) -> None:
    plan = make(sold)
    actions.submit(plan=plan, by=sold.dana, at=AT)
    with pytest.raises(actions.NothingToSubmit):
        actions.submit(plan=plan, by=sold.dana, at=AT)
    actions.return_plan(plan=plan, reason="too much", by=sold.ines, at=AT)
    with pytest.raises(actions.NotSubmitted):
        actions.return_plan(plan=plan, reason="again", by=sold.ines, at=AT)
    version = actions.draw_version(
        plan=plan, version=NewVersion(target=D(20000), season=Season.EVEN), by=sold.dana, at=AT
    )
    assert version.number == 2
    assert parts(plan)["Priya Nair"].share.months[0] == D(1250)
    assert [one.kind for one in PlanStep.objects.order_by("id")] == ["submitted", "returned"]


def test_quotas_of_closed_days_stay(sold: World) -> None:
    plan = make(sold)
    goals.set_quota(
        person=sold.priya,
        target=goals.Target("sales", date(2027, 1, 1), date(2027, 4, 1), D(5), "USD"),
        reason="before", by=sold.dana, at=NOW,
    )  # fmt: skip
    close_days(starts_on=date(2027, 1, 1), ends_before=date(2027, 4, 1), by=sold.ines, at=AT)
    actions.submit(plan=plan, by=sold.dana, at=AT)
    with pytest.raises(goals.QuotaDaysClosed):
        actions.approve(plan=plan, by=sold.ines, at=AT)
    assert Quota.objects.count() == 1
    assert queries.last_step(queries.current_version(plan)).kind == "submitted"  # type: ignore[arg-type,union-attr]


def test_agreed_amounts_come_from_a_file_and_go_again(sold: World, tmp_path: Path) -> None:
    plan = make(sold)

    def bring(text: str) -> Any:
        path = tmp_path / "agreed.csv"
        path.write_text(text, "utf-8")
        return imports.import_file(
            kind="agreed_quotas", path=path, name="agreed.csv", by=sold.dana, at=AT
        )

    actions.agree(plan=plan, amounts={sold.priya.pk: D(1)}, reason="x", by=sold.dana, at=AT)
    text = f"Plan,Payee,Agreed\n2027,{sold.priya.number},31000\n2027,{sold.omar.number},9000\n"
    source = bring(text)
    assert (source.totals["new"], source.totals["changed"]) == (1, 1)
    assert {one.amount for one in AgreedQuota.objects.filter(replaced_by=None)} == {
        D(31000),
        D(9000),
    }
    assert bring(text).totals["same"] == 2
    imports.undo(source=source, reason="wrong file", by=sold.dana, at=AT)
    assert [one.amount for one in AgreedQuota.objects.all()] == [D(1)]
    source = bring(text)
    actions.submit(plan=plan, by=sold.dana, at=AT)
    with pytest.raises(UndoRefused) as refused:
        imports.undo(source=source, reason="late", by=sold.dana, at=AT)
    assert refused.value.problem.code == "quota_plan_closed"
    with pytest.raises(imports.ImportRefused) as late:
        bring(text.replace("31000", "32000"))
    assert {one.code for one in late.value.problems} == {"quota_plan_closed"}


def test_the_pages_show_each_reader_their_part(
    sold: World, client_for: Callable[..., Client]
) -> None:
    client = client_for(sold.dana)
    form = {
        "name": "Next", "measure": "sales", "currency": "usd", "first_month": "2027-01",
        "last_month": "2027-12", "step": "month", "teams": [sold.north.pk, sold.south.pk],
        "target": "40000", "over_assignment": "10", "basis": "history", "evenness": "0",
        "season": "typed", "weights": "1, 2, 3", "ramp": "25, 50", "relief": "", "unit": "1",
    }  # fmt: skip
    wrong = client.post(reverse("planning:new"), form)
    assert wrong.status_code == 422
    assert "12 weights" in wrong.content.decode()
    assert not QuotaPlan.objects.exists()
    made = client.post(reverse("planning:new"), {**form, "season": "even"})
    assert made.status_code == 303
    plan = QuotaPlan.objects.get()
    again = client.post(reverse("planning:new"), {**form, "season": "even"})
    assert again.status_code == 422
    assert QuotaPlan.objects.count() == 1

    page = reverse("planning:plan", args=[plan.pk])
    for person, seen, not_seen in (
        (sold.dana, ["Priya Nair", "Omar Haddad", "$44,000.00"], []),
        (sold.marco, ["Priya Nair"], ["Omar Haddad", "$44,000.00"]),
        (sold.omar, ["Omar Haddad"], ["Priya Nair", "$44,000.00"]),
    ):
        text = client_for(person).get(page).content.decode()
        assert all(one in text for one in seen), person
        assert not any(one in text for one in not_seen), person
    own = reverse("planning:propose", args=[plan.pk, sold.omar.pk])
    assert client_for(sold.omar).post(own, {"said-amount": "9000.005"}).status_code == 422
    assert client_for(sold.omar).post(own, {"said-amount": "9000"}).status_code == 303
    other = reverse("planning:propose", args=[plan.pk, sold.priya.pk])
    assert client_for(sold.omar).post(other, {"said-amount": "1"}).status_code == 404
    assert [one.amount for one in ProposedQuota.objects.all()] == [D(9000)]
    settle = reverse("planning:agree", args=[plan.pk, sold.omar.pk])
    assert client.post(settle, {"agreed-amount": "9500"}).status_code == 422  # says no reason
    assert client.post(settle, {"agreed-amount": "9500", "agreed-reason": "x"}).status_code == 303


def test_a_page_asks_as_often_for_many_as_for_few(
    sold: World, client_for: Callable[..., Client]
) -> None:
    plan = make(sold)
    client = client_for(sold.dana)
    page = reverse("planning:plan", args=[plan.pk])
    client.get(page)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(page)
    share = QuotaShare.objects.first()
    assert share is not None
    for person in (sold.marco, sold.sofia, sold.wen, sold.hana):
        share.pk, share.person = None, person
        share.save()
    with CaptureQueriesContext(connection) as many:
        client.get(page)
    assert len(many) == len(few) <= 15
