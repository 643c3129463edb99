"""What the crowd bought: order lines through the product's own import, orders linked by number."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.db.models import Min

from paceline.crm.actions import follow_orders, measure_again
from paceline.crm.actions.intake.shapes import BY_NUMBER
from paceline.crm.models import OrderLink
from paceline.imports.mapping import Source
from paceline.orders.models import ClosedDays
from paceline.org.models import Person, Role
from paceline.web.demo.crowd import copying
from paceline.web.demo.crowd.customers import Buyer
from paceline.web.demo.stage import Stage

SOURCE = "crowd"
DAYS = 720
# Of a hundred customers so many never bought; some of the orders are nobody's yet.
NEVER, WAITING = 25, 2
_HEADER = (
    "order", "line", "order date", "employee number", "customer", "product", "category", "channel",
    "territory", "quantity", "amount", "cost", "currency",
)  # fmt: skip


def bring_in(stage: Stage, buyers: list[Buyer], random: Random) -> None:
    """Two years of orders, more than two lines for each customer."""
    people = Person.objects.annotate(since=Min("employments__starts_on"))
    sellers = {pk: (number, since) for pk, number, since in people.values_list(
        "pk", "number", "since")}  # fmt: skip
    orders: list[tuple[str, Buyer]] = []
    path = stage.folder / "crowd-orders.csv"
    _write(path, _lines(stage, buyers, sellers, orders, random))
    by, at = stage.acting(Role.COMPENSATION), stage.at(6, 11)
    stage.bring_in("order_lines", path, by=by, at=at, mapping={"source": Source(constant=SOURCE)})
    copying.take_stock("orders_orderline")
    stage.say("what the crowd bought")
    _link(orders, at)
    follow_orders(at=stage.at(5, 11))
    measure_again(at=stage.at(5, 12))


def _write(path: Path, lines: Iterator[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        writer.writerows(lines)


def _open_days(as_of: date) -> tuple[list[date], date]:
    """The days that take lines, and the first of those that pay is calculated for.

    Days of a final run are closed; from there on, lines bear no seller, so that nobody is paid for
    a crowd that is only looked at.
    """
    closed = list(ClosedDays.objects.values_list("starts_on", "ends_before"))
    every = [as_of - timedelta(days=back) for back in range(DAYS, 7, -1)]
    days = [day for day in every if not any(start <= day < end for start, end in closed)]
    return days, min((start for start, _end in closed), default=date.max)


def _lines(
    stage: Stage,
    buyers: list[Buyer],
    sellers: dict[int, tuple[str, date]],
    orders: list[tuple[str, Buyer]],
    random: Random,
) -> Iterator[tuple[Any, ...]]:
    days, paid_from = _open_days(stage.calendar.as_of)
    count = 0
    for one in buyers:
        if one.place * 41 % 100 < NEVER:
            continue
        desk = one.desk
        seller, since = sellers[one.owner or desk.seller(one.place)]
        for _order in range(1 + int(random.random() ** 3 * 4)):
            count += 1
            number, day = f"C{count:08}", random.choice(days)
            said = one.number
            if count % 100 < WAITING:
                said = f"G{count:08}"  # a guest, whom nobody knows yet
            else:
                orders.append((number, one))
            for line in range(1 + int(random.random() * 3)):
                product = random.choice(desk.market.products)
                quantity = 1 + int(random.random() * 3)
                amount = (product.price * quantity).quantize(desk.market.cents)
                yield (
                    number, line + 1, day, seller if since <= day < paid_from else "", said,
                    product.name, product.category, desk.channel(one.place),
                    desk.territory(one.place), quantity, amount,
                    (amount * product.cost_percent / 100).quantize(desk.market.cents),
                    desk.currency,
                )  # fmt: skip


def _link(orders: list[tuple[str, Buyer]], at: datetime) -> None:
    """Orders are their customers' by the number that they bear; a few have not been met yet."""
    known = set(OrderLink.objects.filter(source=SOURCE).values_list("order_number", flat=True))

    def rows() -> Iterator[tuple[Any, ...]]:
        for number, one in orders:
            if number not in known:
                yield (SOURCE, number, *one.holder, BY_NUMBER, at, one.desk.lead.pk)

    columns = ("source", "order_number", "company_id", "contact_id", "rule", "linked_at",
               "linked_by_id")  # fmt: skip
    copying.write("crm_orderlink", columns, rows())
    copying.take_stock("crm_orderlink")
