"""From a won deal to the cent: the shares of a deal become the credits of a pay run."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from paceline.crm import actions
from paceline.crm.actions import NewStage, Share
from paceline.crm.models import ContributorKind, Deal, OrderLink, StageKind
from paceline.files.actions import store_file
from paceline.imports.models import Import
from paceline.orders.actions import LineDayIsClosed, SharedByFile, close_days
from paceline.orders.models import LineKind, LineShare, MonthRevision, OrderLine
from paceline.org.models import Person
from tests.incentives.pay import conftest
from tests.incentives.pay.conftest import FROM, UNTIL, Quarter, build_quarter, write_line
from tests.keeping import once
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db
OWNER, CO_SELLER, ASSIST, OVERLAY = ContributorKind
LATER = NOW + timedelta(hours=1)


def won(world: World, shares: list[tuple[Person, ContributorKind, str]], *orders: str) -> Deal:
    """A deal of North, shared, won, and the orders that came of it."""
    pipeline = actions.add_pipeline(
        team=world.north, name=f"P{len(orders)}{shares[0][2]}", currency="USD", by=None, at=NOW,
        stages=[NewStage("In"), NewStage("Won", kind=StageKind.WON),
                NewStage("Lost", kind=StageKind.LOST)],
    )  # fmt: skip
    deal = actions.add_deal(
        pipeline=pipeline, owner=world.priya, by=world.priya, at=NOW,
        facts={"title": "Big order of tea", "amount": Decimal(60000)},
    )  # fmt: skip
    actions.agree_shares(
        deal=deal, by=world.priya, at=NOW,
        shares=[Share(person, kind, Decimal(share)) for person, kind, share in shares],
    )  # fmt: skip
    for number in orders:
        actions.link_order(source="shop", order_number=number, deal=deal, by=world.priya, at=NOW)
    actions.move_deal(
        deal=deal, to=pipeline.stages.get(kind=StageKind.WON), on=TODAY, by=world.priya, at=LATER
    )
    return Deal.objects.get(pk=deal.pk)


@pytest.fixture
def quarter(world: World, monkeypatch: pytest.MonkeyPatch) -> Quarter:
    """The quarter under plans that let somebody be credited on top."""
    for name in ("SELLER", "OVERRIDE"):
        text = getattr(conftest, name).replace("splits: exactly-100", "splits: overlays")
        monkeypatch.setattr(conftest, name, text)
    return once(_build, world)


def _build(world: World) -> Quarter:
    return build_quarter(world)  # of the plans as they are patched


def test_the_shares_of_a_deal_pay_to_the_cent(world: World, quarter: Quarter, client_for) -> None:
    """A1 (60,000.00) was won by Priya 62.5 %, Omar 37.5 %, with Marco 25 % on top.

    Priya: 37,500 of A1 + 50,000 + 10,000 − 625 of the return (shared like its sale) = 96,875 at 2 %
    = 1,937.50. Omar: 55,000 + 22,500 − 375 = 77,125 at 2 % = 1,542.50. Marco is paid by the team
    override alone: 0.5 % of Priya's 96,875 = 484.375 → 484.38 (half up); his overlay counts in no
    plan of his. Sofia: 0.5 % of 77,125 = 385.625 → 385.63.
    """
    before = MonthRevision.objects.get(month=date(2026, 4, 1)).revision
    deal = won(
        world,
        [(world.priya, OWNER, "0.625"), (world.omar, CO_SELLER, "0.375"),
         (world.marco, OVERLAY, "0.25")],
        "A1",
    )  # fmt: skip
    assert MonthRevision.objects.get(month=date(2026, 4, 1)).revision > before
    assert OrderLink.objects.get().credited_at == LATER
    run = quarter.run()
    earned = {
        name: quarter.statement(run, name).earned for name in ("priya", "omar", "marco", "sofia")
    }
    assert earned == {
        "priya": Decimal("1937.50"),
        "omar": Decimal("1542.50"),
        "marco": Decimal("484.38"),
        "sofia": Decimal("385.63"),
    }
    # The deal stands beside the line as evidence, for those who may see the deal.
    quarter.release(run)
    statement = quarter.statement(run, "omar")
    component = statement.components.get()
    page = reverse("incentives:statement-lines", args=[statement.pk, component.pk, 1])
    for who in (world.omar, world.dana):
        body = client_for(who).get(page).content.decode()
        assert "Big order of tea" in body
        assert reverse("crm:deal", args=[deal.pk]) in body
        assert "Sold together" in body
    hidden = client_for(world.sofia).get(page).content.decode()
    assert "shop/A1" in hidden
    assert "Big order of tea" not in hidden
    # And the pay credit stands in the deal's timeline, for those who may see the statement.
    mine = client_for(world.omar).get(reverse("crm:deal", args=[deal.pk])).content.decode()
    assert "1,542.50" not in mine  # the statement's total is no credit of this deal
    assert reverse("incentives:statement", args=[statement.pk]) in mine


def test_overlays_over_a_hundred_percent_pay_on_top(world: World, quarter: Quarter) -> None:
    """Priya keeps the whole of A3 (10,000.00); Omar and Sofia have 100 % and 50 % of it on top.

    Priya: 119,000 as before: 2,760.00. Omar: 55,000 + 10,000 = 65,000 at 2 % = 1,300.00. What is on
    top does not roll up, so Sofia's override stays 275.00.
    """
    shares = [(world.priya, OWNER, "1"), (world.omar, OVERLAY, "1"), (world.sofia, OVERLAY, "0.5")]
    won(world, shares, "A3")
    run = quarter.run()
    earned = {name: quarter.statement(run, name).earned for name in ("priya", "omar", "sofia")}
    assert earned == {
        "priya": Decimal("2760.00"), "omar": Decimal("1300.00"), "sofia": Decimal("275.00"),
    }  # fmt: skip


def test_thirds_lose_no_cent(world: World, quarter: Quarter) -> None:
    """Three thirds of an odd amount: the parts of the line are its whole."""
    write_line("D1", world.priya, date(2026, 6, 1), "100.01")
    third = "0.33333333"
    won(
        world,
        [(world.priya, OWNER, "0.33333334"), (world.omar, CO_SELLER, third),
         (world.marco, ASSIST, third)],
        "D1",
    )  # fmt: skip
    run = quarter.run()
    # 119,000 + 33.34 → 2 % of 100,000 and 4 % of 19,033.34 (the plan rounds once, half up)
    assert quarter.statement(run, "priya").earned == Decimal("2761.33")
    assert quarter.statement(run, "omar").earned == Decimal("1100.67")


def test_closed_days_and_files_of_the_pay_desk_stand(world: World, quarter: Quarter) -> None:
    close_days(starts_on=FROM, ends_before=date(2026, 5, 1), by=world.ines, at=NOW)
    shares = [(world.priya, OWNER, "0.5"), (world.omar, CO_SELLER, "0.5")]
    deal = won(world, shares, "A1")  # won, but of a closed day: linked, not credited
    assert OrderLink.objects.get().credited_at is None
    assert not LineShare.objects.exists()
    with pytest.raises(LineDayIsClosed) as closed:
        actions.credit_deal(deal=deal, by=world.marco, at=LATER)
    assert (closed.value.order_number, closed.value.day) == ("A1", date(2026, 4, 3))
    actions.link_order(source="shop", order_number="A2", deal=deal, by=world.priya, at=LATER)
    assert not LineShare.objects.exists()  # all of a deal or nothing of it
    assert run_of(quarter, "priya") == Decimal("2760.00")


def run_of(quarter: Quarter, name: str) -> Decimal:
    earned: Decimal = quarter.statement(quarter.run(), name).earned
    return earned


def test_shares_change_with_the_deal_and_go_with_the_link(world: World, quarter: Quarter) -> None:
    shares = [(world.priya, OWNER, "0.5"), (world.omar, CO_SELLER, "0.5")]
    deal = won(world, shares, "A1")
    assert LineShare.objects.count() == 2
    new = [Share(world.priya, OWNER, Decimal("0.9")), Share(world.omar, ASSIST, Decimal("0.1"))]
    actions.agree_shares(deal=deal, by=world.marco, at=LATER, shares=new)
    assert sorted(LineShare.objects.values_list("share", flat=True)) == [
        Decimal("0.1"), Decimal("0.9"),
    ]  # fmt: skip
    with pytest.raises(actions.DealIsCredited):
        actions.move_deal(
            deal=deal, to=deal.pipeline.stages.get(kind=StageKind.OPEN), on=TODAY, by=None,
            at=LATER,
        )  # fmt: skip
    link = OrderLink.objects.get()
    close_days(starts_on=FROM, ends_before=UNTIL, by=world.ines, at=LATER)
    for change in (
        lambda: actions.unlink_order(link=link, by=world.marco, at=LATER),
        lambda: actions.agree_shares(
            deal=deal, by=world.marco, at=LATER,
            shares=[Share(world.priya, OWNER, Decimal(1))],
        ),
    ):  # fmt: skip
        with pytest.raises(LineDayIsClosed):
            change()
    assert LineShare.objects.count() == 2
    assert deal.contributors.count() == 2


def test_lines_that_come_late_are_the_deals_too(world: World, quarter: Quarter) -> None:
    """A shop changes an order after it was credited: whoever shares in the deal shares in that."""
    write_line("D1", world.priya, date(2026, 6, 1), "100.00")
    won(world, [(world.priya, OWNER, "0.75"), (world.omar, CO_SELLER, "0.25")], "D1")
    assert actions.credit_late_lines(at=LATER) == 0
    write_line("D1", world.priya, date(2026, 6, 2), "60.00", line_number="2")
    write_line("D2", world.priya, date(2026, 6, 2), "60.00")  # of no deal
    assert actions.credit_late_lines(at=LATER) == 1
    shares = LineShare.objects.filter(line__order_number="D1").order_by("line", "share")
    assert list(shares.values_list("share", flat=True)) == [Decimal("0.25"), Decimal("0.75")] * 2
    assert not LineShare.objects.filter(line__order_number="D2").exists()
    assert actions.credit_late_lines(at=LATER) == 0


def test_a_link_that_was_wrong_is_taken_back(world: World, quarter: Quarter) -> None:
    won(world, [(world.priya, OWNER, "0.5"), (world.omar, CO_SELLER, "0.5")], "A1")
    actions.unlink_order(link=OrderLink.objects.get(), by=world.marco, at=LATER)
    assert not LineShare.objects.exists()
    assert run_of(quarter, "priya") == Decimal("2760.00")


def test_what_the_pay_desk_brought_in_is_not_overwritten(world: World, quarter: Quarter) -> None:
    line = OrderLine.objects.get(order_number="A1", kind=LineKind.SALE)
    source = Import.objects.create(
        kind="line_shares", name="s.csv", file=store_file(b"x", name="s.csv", media_type="",
                                                          by=world.dana, at=NOW),
        uploaded_by=world.dana, uploaded_at=NOW,
    )  # fmt: skip
    LineShare.objects.create(line=line, person=world.omar, share=Decimal(1), imported_by=source)
    deal = won(world, [(world.priya, OWNER, "1")], "A1")
    assert LineShare.objects.get().person == world.omar
    with pytest.raises(SharedByFile) as refused:
        actions.credit_deal(deal=deal, by=world.marco, at=LATER)
    assert refused.value.order_number == "A1"
    assert OrderLink.objects.get().credited_at is None
    # What somebody entered by hand gives way.
    LineShare.objects.update(imported_by=None)
    assert actions.credit_deal(deal=deal, by=world.marco, at=LATER) == 1
    assert LineShare.objects.get().person == world.priya
