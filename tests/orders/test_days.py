"""The days of an order line: invoiced, shipped, paid, final; and files that bring them later."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from paceline.imports import actions
from paceline.imports.kinds import UndoRefused
from paceline.imports.models import Import
from paceline.orders.actions import close_days, snapshot_months
from paceline.orders.models import MonthRevision, OrderLine
from paceline.orders.queries import order_lines_table
from tests.orders.conftest import Bring
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

HEADER = "Order,Line,Order date,Payee,Amount,Currency,Paid on,Return window ends\n"
RETURNS = "Return,Line,Return date,Order returned,Line returned,Quantity,Amount\n"
JUNE, JULY, AUGUST = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)


def lines(world: World, *rows: str) -> str:
    return HEADER + "".join(row.format(p=world.priya.number) + "\n" for row in rows)


def problems(source: Import) -> set[tuple[int, str, str, str]]:
    return {(row.row, row.column, row.code, row.severity) for row in source.problems.all()}


def read(starts_on: date, ends_before: date) -> dict[str, dict[str, object]]:
    rows = order_lines_table(starts_on, ends_before).to_pylist()
    return {row["line_id"]: row for row in rows}


def test_days_come_with_lines_and_reach_the_run(world: World, bring: Bring) -> None:
    header = "訂單編號,項次,下單日期,員工編號,金額,幣別,發票日期,出貨日期,付款日期,鑑賞期截止日\n"
    row = (
        f"A,1,2026/06/28,{world.priya.number},100,USD,2026/06/29,2026/07/01,2026/06/28,2026/07/08\n"
    )
    bring("order_lines", header + row)
    (line,) = read(JUNE, JULY).values()
    assert [line[name] for name in ("invoiced_on", "shipped_on", "paid_on", "final_on")] == [
        date(2026, 6, 29),
        date(2026, 7, 1),
        date(2026, 6, 28),
        date(2026, 7, 8),
    ]
    assert line["sold_on"] is None


def test_simplified_chinese_names_are_known(world: World, bring: Bring) -> None:
    header = "订单编号,行号,下单日期,员工编号,金额,币种,开票日期,发货时间,支付时间,退货截止日\n"
    row = f"A,1,2026-06-28,{world.priya.number},100,USD,,2026-07-01 10:22:01,2026-06-30 23:59:59,\n"
    bring("order_lines", header + row)
    line = OrderLine.objects.get()
    assert (line.invoiced_on, line.shipped_on, line.paid_on, line.final_on) == (
        None,
        date(2026, 7, 1),
        date(2026, 6, 30),
        None,
    )


def test_days_in_the_wrong_order_are_named(world: World, checked: Bring) -> None:
    header = (
        "Order,Line,Order date,Payee,Amount,Currency,Type,Ship date,Paid on,"
        "Return window ends,Sold on\n"
    )
    rows = (
        "A,1,2026-07-10,{p},1,USD,sale,2026-07-09,,,",
        "A,2,2026-07-10,{p},1,USD,sale,,2026-07-09,,",
        "A,3,2026-07-10,{p},1,USD,sale,,,2026-07-09,",
        "A,4,2026-07-10,{p},1,USD,sale,2026-07-12,,2026-07-11,",
        "A,5,2026-07-10,{p},1,USD,sale,,,,2026-07-01",
        "A,6,2026-07-10,{p},1,USD,return,,,,2026-07-11",
        "A,7,2026-07-10,{p},1,USD,sale,2026-07-99,,,",
        "A,8,2026-07-10,{p},1,USD,sale,2026-07-10,2026-07-10,2026-07-10,",
    )
    text = header + "".join(row.format(p=world.priya.number) + "\n" for row in rows)
    source = checked("order_lines", text)
    assert problems(source) == {
        (2, "shipped_on", "day_before_order", "warning"),
        (3, "paid_on", "day_before_order", "warning"),
        (4, "final_on", "final_too_early", "error"),
        (5, "final_on", "final_too_early", "error"),
        (6, "sold_on", "sold_on_of_a_sale", "error"),
        (7, "ordered_on", "return_before_sale", "error"),
        (8, "shipped_on", "not_a_day", "error"),
    }
    assert (source.totals["accepted"], source.totals["rejected"]) == (3, 5)


def test_a_return_counts_on_its_own_day_but_not_before_its_sale(world: World, bring: Bring) -> None:
    bring(
        "order_lines",
        lines(
            world,
            "A,1,2026-06-01,{p},100,USD,2026-06-20,2026-07-10",
            "A,2,2026-06-01,{p},50,USD,,",
        ),
    )
    bring(
        "returns",
        RETURNS + "R,1,2026-06-10,A,1,1,40\nR,2,2026-07-20,A,1,1,10\nR,3,2026-07-01,A,2,1,50\n",
    )
    found = read(JUNE, AUGUST)
    days = {name: (row["paid_on"], row["final_on"]) for name, row in found.items()}
    assert days["shop/R/1"] == (date(2026, 6, 20), date(2026, 7, 10))
    assert days["shop/R/2"] == (date(2026, 7, 20), date(2026, 7, 20))
    assert days["shop/R/3"] == (None, None)  # nothing was paid: nothing is taken back
    assert found["shop/R/1"]["sold_on"] == date(2026, 6, 1)
    refunds = RETURNS.replace("\n", ",Refund date\n")
    bring("returns", refunds + "R,1,2026-06-10,A,1,1,40,2026-07-03\n")
    assert read(JUNE, AUGUST)["shop/R/1"]["paid_on"] == date(2026, 7, 3)


def test_payments_come_in_a_file_of_their_own(world: World, bring: Bring) -> None:
    bring(
        "order_lines",
        lines(
            world,
            "A,1,2026-06-01,{p},100,USD,,2026-06-20",
            "A,2,2026-06-01,{p},50,USD,,",
            "B,1,2026-06-30,{p},7,USD,,",
        ),
    )
    bring("returns", RETURNS + "R,1,2026-07-01,A,1,1,40\n")
    before = list(OrderLine.objects.order_by("id").values())
    revisions = {row.month: row.revision for row in MonthRevision.objects.all()}
    paid = "Order,Line,Paid on\nA,,2026-07-05\nA,2,2026-07-06\n"
    source = bring("line_dates", paid)
    assert [source.totals[name] for name in ("rows", "new", "changed", "same")] == [2, 0, 2, 0]
    days = dict(OrderLine.objects.values_list("line_number", "paid_on").filter(order_number="A"))
    assert days == {"1": date(2026, 7, 5), "2": date(2026, 7, 6)}
    first = OrderLine.objects.get(order_number="A", line_number="1")
    assert (first.amount, first.final_on) == (Decimal(100), date(2026, 6, 20))
    # The month of the return changes with its sale's payment.
    now = {row.month: row.revision for row in MonthRevision.objects.all()}
    assert now == {month: revision + 1 for month, revision in revisions.items()}
    assert read(JULY, AUGUST)["shop/R/1"]["paid_on"] == date(2026, 7, 5)
    again = bring("line_dates", paid)
    assert [again.totals[name] for name in ("new", "changed", "same")] == [0, 0, 2]
    # The return stands on the sale, not on its payment.
    actions.undo(source=source, reason="wrong", by=world.dana, at=NOW)
    assert list(OrderLine.objects.order_by("id").values()) == before


def test_bad_lines_of_payments_are_named(world: World, checked: Bring, bring: Bring) -> None:
    bring(
        "order_lines",
        lines(world, "A,1,2026-06-01,{p},100,USD,,", "B,1,2026-06-01,{p},100,USD,,"),
    )
    source = checked(
        "line_dates",
        "Order,Line,Paid on,Return window ends\nZ,,2026-07-01,\nA,9,2026-07-01,\nA,1,,\n"
        "B,,,2026-05-01\nA,1,2026-07-02,\n,1,2026-07-01,\nA,1,soon,\n",
    )
    assert {row[:3] for row in problems(source)} == {
        (2, "order_number", "order_unknown"),
        (3, "order_number", "line_unknown"),
        (4, "", "no_day_given"),
        (4, "line_number", "key_repeated"),
        (5, "final_on", "final_too_early"),
        (6, "line_number", "key_repeated"),
        (7, "order_number", "missing"),
        (8, "line_number", "key_repeated"),
        (8, "paid_on", "not_a_day"),
    }
    assert source.totals["accepted"] == 0


def test_closed_orders_are_still_paid_later_but_not_in_closed_days(
    world: World, bring: Bring
) -> None:
    bring("order_lines", lines(world, "A,1,2026-06-10,{p},100,USD,,"))
    close_days(starts_on=JUNE, ends_before=JULY, by=world.ines, at=NOW)
    source = bring("line_dates", "Order,Paid on\nA,2026-06-30\n")  # nobody paid by cash in June
    actions.undo(source=source, reason="wrong", by=world.dana, at=NOW)
    close_days(starts_on=JUNE, ends_before=JULY, dates=["paid_on"], by=world.ines, at=NOW)
    with pytest.raises(actions.ImportRefused) as error:
        bring("line_dates", "Order,Paid on\nA,2026-06-30\n")
    assert [(one.row, one.code) for one in error.value.problems] == [(2, "day_closed")]
    assert OrderLine.objects.get().paid_on is None
    source = bring("line_dates", "Order,Paid on\nA,2026-07-02\n")
    close_days(starts_on=JULY, ends_before=AUGUST, dates=["paid_on"], by=world.ines, at=NOW)
    with pytest.raises(UndoRefused) as refused:
        actions.undo(source=source, reason="wrong", by=world.dana, at=NOW)
    assert refused.value.problem.code == "undo_closed_days"
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderLine.objects.update(paid_on=date(2026, 8, 2))
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderLine.objects.update(amount=1)
    OrderLine.objects.update(shipped_on=date(2026, 6, 12))  # no run went by shipments
    assert OrderLine.objects.get().paid_on == date(2026, 7, 2)
    with pytest.raises(actions.ImportRefused):
        bring("order_lines", lines(world, "B,1,2026-08-01,{p},5,USD,2026-07-31,"))


def test_a_month_comes_along_when_its_orders_are_paid_later(world: World, bring: Bring) -> None:
    bring(
        "order_lines",
        lines(
            world,
            "A,1,2026-03-10,{p},100,USD,2026-07-02,",
            "B,1,2026-04-10,{p},100,USD,2026-04-11,",
            "C,1,2026-07-10,{p},100,USD,,",
        ),
    )
    bring("returns", RETURNS + "R,1,2026-05-01,A,1,1,40\n")

    def months(*dates: str) -> list[int]:
        found = snapshot_months(JULY, AUGUST, NOW, dates or ("ordered_on",))
        return [one.month.month for one in found]

    assert months() == [7]
    assert months("paid_on") == [3, 5, 7]  # the order, its return that waited for it, the period
    assert months("final_on") == [7]
