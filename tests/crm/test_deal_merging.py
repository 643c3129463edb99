"""Deals made one: what they say, whose shares hold, orders and pay, and back exactly."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from paceline.crm import actions
from paceline.crm.actions import Line, NewStage, Share
from paceline.crm.models import (
    Activity,
    ActivityKind,
    ContributorKind,
    Deal,
    DealContributor,
    Merge,
    OrderLink,
    Pipeline,
    RecordChange,
    StageKind,
)
from paceline.crm.queries import timeline_of
from paceline.crm.queries.evidence import evidence_of
from paceline.orders.actions import LineDayIsClosed, close_days
from paceline.orders.models import LineShare
from paceline.org.models import Person
from tests.crm.conftest import Sales
from tests.crm.orders import line
from tests.world import NOW, TODAY, World, sign_in

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
OWNER, CO_SELLER, ASSIST, OVERLAY = ContributorKind
HALVES = (("priya", OWNER, "0.5"), ("omar", CO_SELLER, "0.5"))
ALONE = (("priya", OWNER, "1"),)


@pytest.fixture
def pipeline(world: World) -> Pipeline:
    return actions.add_pipeline(
        team=world.north, name="Short", currency="USD", by=None, at=NOW,
        stages=[NewStage("In"), NewStage("Won", kind=StageKind.WON),
                NewStage("Lost", kind=StageKind.LOST)],
    )  # fmt: skip


def make(world: World, pipeline: Pipeline, title: str, shares: Any = ALONE, **facts: Any) -> Deal:
    deal = actions.add_deal(
        pipeline=pipeline, owner=world.priya, by=world.priya, at=NOW,
        facts={"title": title, "amount": Decimal(100), **facts},
    )  # fmt: skip
    actions.agree_shares(
        deal=deal, by=world.priya, at=NOW,
        shares=[Share(world.cast[name], kind, Decimal(share)) for name, kind, share in shares],
    )  # fmt: skip
    return deal


def win(world: World, deal: Deal, **orders: str) -> None:
    for number, day in orders.items():
        line(number, ordered_on=date.fromisoformat(day), person=world.priya)
        actions.link_order(source="file", order_number=number, deal=deal, by=world.priya, at=NOW)
    to = deal.pipeline.stages.get(kind=StageKind.WON)
    actions.move_deal(deal=deal, to=to, on=TODAY, by=world.priya, at=LATER)


def fresh(*deals: Deal) -> list[Deal]:
    return [Deal.objects.get(pk=one.pk) for one in deals]


def merged(survivor: Deal, *others: Deal, by: Person, **more: Any) -> Merge:
    stays, *gone = fresh(survivor, *others)
    given: dict[str, Any] = {"choices": {}, "seen": {one.pk: one.version for one in (stays, *gone)}}
    return actions.merge_deals(survivor=stays, others=gone, by=by, at=LATER, **(given | more))


def paid(number: str) -> list[tuple[str, Decimal]]:
    rows = LineShare.objects.filter(line__order_number=number).order_by("person__name")
    return [(one.person.name.split()[0], one.share) for one in rows]


def shares(deal: Deal) -> list[tuple[int, Decimal]]:
    rows = DealContributor.objects.filter(deal=deal).order_by("person")
    return list(rows.values_list("person", "share"))


def test_open_deals_become_one_and_several_again(
    world: World, sales: Sales, pipeline: Pipeline
) -> None:
    one = make(world, pipeline, "Spring", next_step="Call", next_step_on=TODAY)
    two = make(world, pipeline, "Spring again", HALVES, company=sales.company)
    goods = [Line("Tea", Decimal(3), Decimal("50.05"))]
    actions.set_lines(deal=two, lines=goods, by=world.priya, at=NOW)
    note = actions.add_activity(
        on=actions.On(deal=two), kind=ActivityKind.NOTE, facts={"text": "They like tea"},
        by=world.priya, at=NOW,
    )  # fmt: skip
    before = [[getattr(deal, name) for name in ("title", "amount", "company", "owner", "next_step")]
              for deal in fresh(one, two)]  # fmt: skip
    made = merged(one, two, by=world.priya, choices={"amount": two.pk}, shares_of_deal=two.pk)
    stays, gone = fresh(one, two)
    assert (stays.title, stays.amount, stays.company) == (
        "Spring",
        Decimal("150.15"),
        sales.company,
    )
    assert [str(each) for each in stays.lines.all()] == ["Tea"]
    assert shares(stays) == sorted(
        [(world.priya.pk, Decimal("0.5")), (world.omar.pk, Decimal("0.5"))]
    )
    assert (gone.archived_at, gone.merged_into) == (LATER, stays)
    told = timeline_of(stays, world.priya).entries
    assert [entry.text for entry in told if entry.source == "activity"] == ["They like tea"]
    assert sum(entry.source == "move" for entry in told) == 2, "both ways are its history"
    client = sign_in(world.priya)
    assert client.get(f"/crm/deals/{two.pk}").headers["Location"] == f"/crm/deals/{one.pk}"
    assert client.post(f"/crm/merges/{made.pk}/undo").status_code == 303
    after = [[getattr(deal, name) for name in ("title", "amount", "company", "owner", "next_step")]
             for deal in fresh(one, two)]  # fmt: skip
    assert after == before
    assert shares(one) == [(world.priya.pk, Decimal(1))]
    assert [str(each) for each in two.lines.all()] == ["Tea"]
    assert not one.lines.exists()
    assert Activity.objects.get(pk=note.pk).deal == two
    with pytest.raises(actions.MergeIsUndone):
        actions.undo_merge(merged=made, by=world.priya, at=LATER)


def test_orders_come_along_and_closed_pay_keeps_its_evidence(
    world: World, pipeline: Pipeline
) -> None:
    """Of the merged deal one order lies on a closed day, shared in halves: it stays with that deal,
    as it was paid. The other follows the shares of the deal that stays, and back."""
    one, two = make(world, pipeline, "One"), make(world, pipeline, "Two", HALVES)
    win(world, one, A="2026-06-10")
    win(world, two, B="2026-05-10", C="2026-06-11")
    halves = [("Omar", Decimal("0.5")), ("Priya", Decimal("0.5"))]
    assert (paid("A"), paid("B"), paid("C")) == ([("Priya", Decimal(1))], halves, halves)
    close_days(starts_on=date(2026, 5, 1), ends_before=date(2026, 6, 1), by=world.ines, at=NOW)
    made = merged(one, two, by=world.priya)
    links = dict(OrderLink.objects.values_list("order_number", "deal"))
    assert links == {"A": one.pk, "B": two.pk, "C": one.pk}
    assert (paid("B"), paid("C")) == (halves, [("Priya", Decimal(1))])
    proof = evidence_of({"file/B"}, payee=world.omar, viewer=world.marco)["file/B"]
    assert (proof.title, proof.share) == ("Two", Decimal("0.5"))
    actions.undo_merge(merged=made, by=world.priya, at=LATER)
    assert dict(OrderLink.objects.values_list("order_number", "deal")) == {
        "A": one.pk, "B": two.pk, "C": two.pk,
    }  # fmt: skip
    assert (paid("A"), paid("C")) == ([("Priya", Decimal(1))], halves)


def test_what_is_refused_changes_nothing(world: World, sales: Sales, pipeline: Pipeline) -> None:
    one, two = make(world, pipeline, "One"), make(world, pipeline, "Two", HALVES)
    win(world, one, A="2026-05-10")
    close_days(starts_on=date(2026, 5, 1), ends_before=date(2026, 6, 1), by=world.ines, at=NOW)
    known = RecordChange.objects.count()
    with pytest.raises(actions.WonDealStays):
        merged(two, one, by=world.priya)
    with pytest.raises(actions.DealsApart):
        merged(one, sales.deal, by=world.priya)
    with pytest.raises(LineDayIsClosed):
        merged(one, two, by=world.marco, shares_of_deal=two.pk)
    stale = {deal.pk: 1 for deal in (one, two)}
    with pytest.raises(actions.ChangedMeanwhile):
        merged(one, two, by=world.priya, seen=stale)
    assert RecordChange.objects.count() == known
    assert not Merge.objects.exists()
    assert paid("A") == [("Priya", Decimal(1))]


def test_the_page_shows_shares_and_asks_for_the_right(
    world: World, pipeline: Pipeline, django_assert_max_num_queries: Any
) -> None:
    one, two = make(world, pipeline, "One"), make(world, pipeline, "Two", HALVES)
    win(world, one)
    client = sign_in(world.priya)
    listed = client.post("/crm/deals/change", {"what": "merge", "chosen": [one.pk, two.pk]})
    url = f"/crm/deals/merge/{one.pk},{two.pk}"
    assert listed.headers["Location"] == url
    with django_assert_max_num_queries(15):
        shown = client.get(url).content.decode()
    assert "Omar Haddad 50%" in shown.replace("\xa0", " ").replace(" %", "%")
    typed = {f"seen-{deal.pk}": deal.version for deal in fresh(one, two)}
    asked = {**typed, "survivor": one.pk, "choose-shares": two.pk, "choose-title": two.pk}
    refused = client.post(url, asked)
    assert refused.status_code == 409
    assert "agrees on shares" in refused.content.decode()
    assert not Merge.objects.exists()
    assert sign_in(world.omar).get(url).status_code == 404, "one of them is not his to see"
    assert sign_in(world.marco).post(url, asked).status_code == 303
    assert Deal.objects.get(pk=one.pk).title == "Two"
    assert b"Two" in client.get("/crm/duplicates?kind=deal").content
