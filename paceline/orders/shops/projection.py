"""From what a shop says of an order to the order lines that this makes: a pure function.

The lines follow from the latest description of the order and all its refunds alone, never from the
order in which messages arrived. Every position is a sale. Each refund takes back its part of the
positions it names; what a refund gives back beyond positions is spread over what is left of them in
proportion (largest remainder). A cancellation takes back the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from paceline.kernel.money import currency_digits
from paceline.orders.shops.facts import LineFacts, OrderFacts, RefundFacts

ZERO = Decimal(0)


class Contradiction(Exception):
    """The description cannot be true as it stands; ``code`` and ``params`` say why."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True)
class WantedLine:
    """An order line as it should stand; ``takes_back`` is the number of the sale it returns."""

    line_number: str
    ordered_on: date
    quantity: Decimal
    amount: Decimal
    product: str
    category: str
    cost: Decimal | None = None
    takes_back: str = ""
    invoiced_on: date | None = None
    shipped_on: date | None = None
    paid_on: date | None = None
    final_on: date | None = None


def project(order: OrderFacts, refunds: Iterable[RefundFacts], zone: ZoneInfo) -> list[WantedLine]:
    """The lines of an order: sales first, then what came back. Raises ``Contradiction``."""
    if not order.is_placed:
        return []
    sales = _checked(order)
    left = {line.line_id: (line.quantity, line.amount) for line in order.lines}
    ordered_on = _day(order.ordered_at, zone)
    wanted = [_sale(line, order, zone) for line in order.lines]
    for refund in sorted(refunds, key=lambda one: (one.at, one.refund_id)):
        on = max(_day(refund.at, zone), ordered_on)
        for line_id, quantity, amount in _parts(refund, left, order):
            wanted.append(_return(sales[line_id], f"{line_id}-R{refund.refund_id}", on,
                                  quantity, amount))  # fmt: skip
    if order.cancelled_at is not None:
        on = max(_day(order.cancelled_at, zone), ordered_on)
        for line_id, (quantity, amount) in left.items():
            if quantity or amount:
                wanted.append(_return(sales[line_id], f"{line_id}-X", on, quantity, amount))
    too_long = [one.line_number for one in wanted if len(one.line_number) > 40]
    if too_long:
        raise Contradiction("too_long", field=too_long[0])
    return wanted


def _checked(order: OrderFacts) -> dict[str, LineFacts]:
    """The positions by id, each with an amount that can be one."""
    sales = {line.line_id: line for line in order.lines}
    if len(sales) != len(order.lines):
        raise Contradiction("line_repeated")
    for line in order.lines:
        _check_amount(line.amount, order.currency, line.line_id)
        if line.amount < 0 or line.quantity < 0:
            raise Contradiction("negative_line", line=line.line_id)
    return sales


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _maybe_day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return None if at is None else _day(at, zone)


def _sale(line: LineFacts, order: OrderFacts, zone: ZoneInfo) -> WantedLine:
    return WantedLine(
        line_number=line.line_id,
        ordered_on=_day(order.ordered_at, zone),
        quantity=line.quantity,
        amount=line.amount,
        product=line.product,
        category=line.category,
        cost=line.cost,
        invoiced_on=_maybe_day(order.invoiced_at, zone),
        shipped_on=_maybe_day(order.shipped_at, zone),
        paid_on=_maybe_day(order.paid_at, zone),
        final_on=_maybe_day(order.final_at, zone),
    )


def _return(
    sale: LineFacts, line_number: str, on: date, quantity: Decimal, amount: Decimal
) -> WantedLine:
    """A return has no days of its own: plans take those of its sale (docs/imports.md)."""
    whole = sale.cost is not None and quantity == sale.quantity
    return WantedLine(
        line_number=line_number,
        ordered_on=on,
        quantity=-quantity,
        amount=-amount,
        product=sale.product,
        category=sale.category,
        cost=-sale.cost if whole and sale.cost is not None else None,
        takes_back=sale.line_id,
    )


def _parts(
    refund: RefundFacts, left: dict[str, tuple[Decimal, Decimal]], order: OrderFacts
) -> list[tuple[str, Decimal, Decimal]]:
    """What a refund takes back of each position; ``left`` is what then remains of them."""
    taken: dict[str, tuple[Decimal, Decimal]] = {}
    for one in refund.lines:
        if one.line_id not in left:
            raise Contradiction("refund_of_unknown_line", line=one.line_id, refund=refund.refund_id)
        amount = one.amount - one.tax if order.taxes_included else one.amount
        _check_amount(amount, order.currency, one.line_id)
        before = taken.get(one.line_id, (ZERO, ZERO))
        taken[one.line_id] = (before[0] + one.quantity, before[1] + amount)
    for line_id, (quantity, amount) in taken.items():
        _take(left, line_id, quantity, amount, refund)
    if refund.amount:
        _check_amount(refund.amount, order.currency, refund.refund_id)
        weights = [(line_id, left[line_id][1]) for line_id in sorted(left)]
        if refund.amount < 0 or refund.amount > sum((each for _id, each in weights), ZERO):
            raise Contradiction("returned_more_than_sold", refund=refund.refund_id)
        for line_id, part in spread(refund.amount, weights, currency_digits(order.currency)):
            before = taken.get(line_id, (ZERO, ZERO))
            taken[line_id] = (before[0], before[1] + part)
            _take(left, line_id, ZERO, part, refund)
    return [(line_id, *each) for line_id, each in taken.items() if any(each)]


def _take(
    left: dict[str, tuple[Decimal, Decimal]],
    line_id: str,
    quantity: Decimal,
    amount: Decimal,
    refund: RefundFacts,
) -> None:
    has_quantity, has_amount = left[line_id]
    if quantity < 0 or amount < 0 or quantity > has_quantity or amount > has_amount:
        raise Contradiction("returned_more_than_sold", refund=refund.refund_id)
    left[line_id] = (has_quantity - quantity, has_amount - amount)


def spread(
    whole: Decimal, weights: Sequence[tuple[str, Decimal]], digits: int
) -> list[tuple[str, Decimal]]:
    """Split an amount in proportion to weights so that the parts add up to it exactly.

    Largest remainder; equal remainders by the order given. Weights of zero get nothing.
    """
    units = int(whole.scaleb(digits))
    sizes = [(key, int(weight.scaleb(digits))) for key, weight in weights]
    total = sum(size for _key, size in sizes)
    if not total:
        return []
    parts = {key: units * size // total for key, size in sizes}
    rests = sorted((-(units * size % total), place, key) for place, (key, size) in enumerate(sizes))
    for _rest, _place, key in rests[: units - sum(parts.values())]:
        parts[key] += 1
    return [(key, Decimal(part).scaleb(-digits)) for key, part in parts.items() if part]


def _check_amount(amount: Decimal, currency: str, where: str) -> None:
    """An amount has no more digits than its currency: rounding is the plan's business."""
    if amount != amount.quantize(Decimal(1).scaleb(-currency_digits(currency))):
        raise Contradiction("not_in_currency", line=where, amount=f"{amount}", currency=currency)
