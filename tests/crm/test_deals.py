"""Deals: shares that make the whole, moves, criteria, ranks, and what the database keeps."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from paceline.crm import access, actions
from paceline.crm.actions import Line, Lost, Share
from paceline.crm.actions.boards import GAP
from paceline.crm.models import (
    ActivityKind,
    ContributorKind,
    Deal,
    DealContributor,
    Stage,
    StageChange,
)
from tests.crm.conftest import Sales
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)
OWNER, CO_SELLER, ASSIST, OVERLAY = ContributorKind


def move(sales: Sales, to: str, deal: Deal | None = None, **more: object) -> Deal:
    told = {"by": None, "at": LATER, "on": TODAY, **more}
    return actions.move_deal(deal=deal or sales.deal, to=sales.stage(to), **told)  # type: ignore[arg-type]


def order(stage: Stage) -> list[str]:
    return list(
        Deal.objects.filter(stage=stage).order_by("board_rank").values_list("title", flat=True)
    )


def test_shares_make_the_whole_and_overlays_come_on_top(world: World, sales: Sales) -> None:
    told = {"deal": sales.deal, "by": world.priya, "at": NOW}
    good = [
        Share(world.priya, OWNER, Decimal("0.6")),
        Share(world.marco, CO_SELLER, Decimal("0.3")),
        Share(world.fred, ASSIST, Decimal("0.1")),
        Share(world.omar, OVERLAY, Decimal(1)),
    ]
    actions.agree_shares(shares=good, **told)
    assert Deal.objects.visible_to(world.omar).filter(pk=sales.deal.pk).exists()
    for bad, problem in (
        (good[:2], actions.SharesNotWhole),
        ([*good, good[0]], actions.PersonTwice),
        (good[1:], actions.OwnerMissing),
        ([Share(world.priya, OWNER, Decimal("1.1"))], actions.SharesNotWhole),
        ([Share(world.priya, OWNER, Decimal(1)), Share(world.omar, OVERLAY, Decimal(0))],
         actions.SharesNotWhole),
        ([Share(world.priya, OWNER, Decimal(1)), Share(world.omar, OVERLAY, Decimal("1.5"))],
         actions.ShareTooLarge),
    ):  # fmt: skip
        with pytest.raises(problem):
            actions.agree_shares(shares=bad, **told)
    assert DealContributor.objects.filter(deal=sales.deal).count() == 4
    # The owner's share goes along; a co-seller who takes over keeps their own on top.
    actions.assign_deal(deal=sales.deal, owner=world.marco, by=world.marco, at=NOW)
    rows = DealContributor.objects.filter(deal=sales.deal).order_by("-share")
    assert [(one.person, one.kind, one.share) for one in rows] == [
        (world.omar, "overlay", Decimal(1)),
        (world.marco, "owner", Decimal("0.9")),
        (world.fred, "assist", Decimal("0.1")),
    ]


def test_the_database_adds_the_shares_up(world: World, sales: Sales) -> None:
    with pytest.raises(IntegrityError, match="shares of deal"), transaction.atomic():
        DealContributor.objects.create(
            deal=sales.deal, person=world.marco, kind=ASSIST, share=Decimal("0.1")
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="move of a deal"), transaction.atomic():
        StageChange.objects.filter(deal=sales.deal).update(at=LATER)
    with pytest.raises(IntegrityError, match="move of a deal"), transaction.atomic():
        StageChange.objects.filter(deal=sales.deal).delete()
    with pytest.raises(IntegrityError, match="deal_stage_of_its_pipeline"), transaction.atomic():
        Deal.objects.filter(pk=sales.deal.pk).update(stage=sales.south.stages.first())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_products_make_the_amount_in_the_digits_of_the_currency(world: World, sales: Sales) -> None:
    lines = [
        Line("Tea 茶", Decimal("3"), Decimal("19.99"), Decimal("0.05")),  # 56.9715
        Line("Cup", Decimal("2.5"), Decimal("0.01")),  # 0.025
    ]
    deal = actions.set_lines(deal=sales.deal, lines=lines, by=world.priya, at=NOW)
    assert list(deal.lines.values_list("amount", flat=True)) == [Decimal("56.97"), Decimal("0.03")]
    assert Deal.objects.get(pk=deal.pk).amount == Decimal("57.00")
    with pytest.raises(actions.FactsInvalid):
        actions.set_lines(
            deal=sales.foreign, lines=[Line("x", Decimal(1), Decimal("0.5"))], by=None, at=NOW
        )
    with pytest.raises(actions.FactsInvalid):
        actions.change_deal(deal=sales.foreign, facts={"amount": Decimal("1.5")}, by=None, at=NOW)
    with pytest.raises(actions.FactsInvalid):
        actions.change_deal(deal=sales.foreign, facts={"next_step": "Call"}, by=None, at=NOW)
    # Where there are products, their sum stands.
    actions.change_deal(deal=deal, facts={"amount": Decimal(1)}, by=None, at=NOW)
    assert Deal.objects.get(pk=deal.pk).amount == Decimal("57.00")


def test_a_deal_goes_on_once_it_has_what_its_stages_ask(world: World, sales: Sales) -> None:
    move(sales, "Offer")
    with pytest.raises(actions.CriteriaUnmet) as unmet:
        move(sales, "Won")
    assert [(one.stage.name, one.text) for one in unmet.value.unmet] == [
        ("Offer", "Tick off every required item of the checklist."),
        ("Negotiation", "Log a call."),
        ("Negotiation", "Answer the questions of the playbook."),
    ]
    assert Deal.objects.get(pk=sales.deal.pk).stage.name == "Offer"
    told = {"deal": sales.deal, "by": world.priya, "at": LATER}
    item = sales.stage("Offer").checklist.get(is_required=True)
    assert actions.tick(item=item, done=True, **told)
    assert not actions.tick(item=item, done=True, **told)
    move(sales, "Negotiation")
    actions.answer(question=sales.stage("Negotiation").questions.get(), text="The boss", **told)
    actions.add_activity(
        on=actions.On.record(sales.deal), kind=ActivityKind.CALL, facts={}, by=world.priya,
        at=LATER,
    )  # fmt: skip
    won = move(sales, "Won", at=LATER + timedelta(days=1))
    assert (won.closed_on, won.stage.name) == (TODAY, "Won")
    log = StageChange.objects.filter(deal=sales.deal).order_by("at", "id")
    assert [(one.from_stage and one.from_stage.name, one.to_stage.name, one.left_at) for one in log
            ] == [
        (None, "New", LATER), ("New", "Offer", LATER), ("Offer", "Negotiation",
                                                        LATER + timedelta(days=1)),
        ("Negotiation", "Won", None),
    ]  # fmt: skip
    assert Deal.objects.visible_to(world.dana).get() == sales.deal  # it explains pay now
    assert not access.may_agree_shares(world.priya, won)
    assert access.may_agree_shares(world.marco, won)


def test_a_lost_deal_says_why(world: World, sales: Sales) -> None:
    reason = actions.add_lost_reason(team=world.north, name="Price", by=world.marco, at=NOW)
    rival = actions.add_competitor(team=world.north, name="Rival", by=world.marco, at=NOW)
    with pytest.raises(actions.LostReasonMissing):
        move(sales, "Lost")
    lost = move(sales, "Lost", lost=Lost(reason, "too dear", rival))
    assert (lost.lost_reason, lost.lost_note, lost.closed_on) == (reason, "too dear", TODAY)
    assert lost.competitors.get().won_it
    back = move(sales, "New")
    assert (back.closed_on, back.lost_reason) == (None, None)
    with pytest.raises(actions.NameTaken):
        actions.add_lost_reason(team=world.north, name="PRICE", by=world.marco, at=NOW)


def test_cards_keep_their_order(world: World, sales: Sales) -> None:
    new = sales.stage("New")
    cards = {"a": sales.deal}
    for title in "bcd":
        cards[title] = actions.add_deal(
            pipeline=sales.north, facts={"title": title}, owner=world.priya, by=None, at=NOW
        )
    assert order(new) == ["d", "c", "b", "Spring order"]
    version = Stage.objects.get(pk=new.pk).version
    move(sales, "New", cards["d"], after=cards["b"])
    assert order(new) == ["c", "b", "d", "Spring order"]
    move(sales, "New", cards["a"])
    assert order(new) == ["Spring order", "c", "b", "d"]
    assert Stage.objects.get(pk=new.pk).version == version + 2
    # Again and again between the same two: the gaps run out and are made anew.
    for _turn in range(30):
        move(sales, "New", cards["d"], after=cards["a"])
        move(sales, "New", cards["b"], after=cards["a"])
    assert order(new) == ["Spring order", "b", "d", "c"]
    ranks = list(Deal.objects.filter(stage=new).order_by("board_rank").values_list("board_rank"))
    assert len(set(ranks)) == 4
    assert GAP > 1


def test_two_move_one_deal(world: World, sales: Sales) -> None:
    seen = sales.stage("New")
    move(sales, "Offer", by=world.priya)
    with pytest.raises(actions.DealMovedMeanwhile) as clash:
        move(sales, "Lost", by=world.marco, seen=seen, lost=Lost(note="x"))
    assert (clash.value.change.by, clash.value.change.to_stage.name) == (world.priya, "Offer")
    assert Deal.objects.get(pk=sales.deal.pk).stage.name == "Offer"
    with pytest.raises(actions.StageIsElsewhere):
        actions.move_deal(
            deal=sales.deal, to=sales.south.stages.first(), on=TODAY, by=world.priya, at=LATER
        )


def test_a_stage_goes_and_its_deals_stay(world: World, sales: Sales) -> None:
    told = {"by": world.marco, "at": LATER}
    new = sales.stage("New")
    with pytest.raises(actions.StageHasDeals):
        actions.retire_stage(stage=new, move_to=None, **told)
    with pytest.raises(actions.StageHasDeals):
        actions.retire_stage(stage=new, move_to=sales.stage("Won"), **told)
    with pytest.raises(actions.LastStageOfItsKind):
        actions.retire_stage(stage=sales.stage("Won"), move_to=None, **told)
    assert actions.retire_stage(stage=new, move_to=sales.stage("Offer"), **told) == 1
    assert Deal.objects.get(pk=sales.deal.pk).stage.name == "Offer"
    with pytest.raises(actions.StageIsElsewhere):
        actions.move_deal(deal=sales.deal, to=new, on=TODAY, **told)
    again = actions.add_stage(
        pipeline=sales.north, stage=actions.NewStage("New", Decimal("0.2")),
        before=sales.stage("Offer"), **told,
    )  # fmt: skip
    names = [one.name for one in sales.north.stages.filter(retired_at=None).order_by("rank")]
    assert names == ["New", "Offer", "Negotiation", "Won", "Lost"]
    actions.change_stage(stage=again, facts={"rank_before": sales.stage("Won")}, **told)
    names = [one.name for one in sales.north.stages.filter(retired_at=None).order_by("rank")]
    assert names == ["Offer", "Negotiation", "New", "Won", "Lost"]


def test_a_next_step_is_done_and_another_follows(world: World, sales: Sales) -> None:
    day = date(2026, 7, 20)
    told = {"deal": sales.deal, "by": world.priya, "at": NOW}
    actions.change_deal(facts={"next_step": "Call", "next_step_on": day}, **told)
    deal = actions.finish_next_step(then="Visit", then_on=day, **told)
    assert (deal.next_step, deal.next_step_on) == ("Visit", day)
    done = deal.activities.get()
    assert (done.subject, done.done_by, done.contact) == ("Call", world.priya, sales.contact)
