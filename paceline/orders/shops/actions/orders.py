"""What a shop says of an order, kept whatever came first, and brought to order lines."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.orders import actions as orders
from paceline.orders.actions import Placing
from paceline.orders.models import LineKind, OrderLine
from paceline.orders.shops import facts as said
from paceline.orders.shops.actions.forgetting import pseudonym_of, without_buyer
from paceline.orders.shops.attribution import candidates
from paceline.orders.shops.facts import OrderFacts, RefundFacts
from paceline.orders.shops.models import (
    Attribution,
    Basis,
    BookedDay,
    Delivery,
    Said,
    Shop,
    ShopOrder,
    ShopRefund,
)
from paceline.orders.shops.projection import Contradiction, WantedLine, project
from paceline.org.models import Person

# A line that puts right a line of closed days: the line's number, this sign, and how many before.
CORRECTS = "~"


class NothingClosed(Exception):
    """No line of the order waits for closed days."""


def stamp_of(facts: OrderFacts | RefundFacts, said_at: datetime | None) -> str:
    """Decides between two descriptions of the same second: the one said later, then any, always the
    same."""
    if isinstance(facts, OrderFacts):
        facts = replace(facts, paid_since=None)
    content = hashlib.sha256(json.dumps(said.as_json(facts), sort_keys=True).encode()).hexdigest()
    spoken = "" if said_at is None else said_at.astimezone(UTC).isoformat()
    return f"{spoken}|{content}"


def lock_order(shop: Shop, order_id: str) -> ShopOrder:
    """The order, whether known or not, held until the transaction ends."""
    order, _is_new = ShopOrder.objects.get_or_create(shop=shop, order_id=order_id)
    return ShopOrder.objects.select_for_update(no_key=True).get(pk=order.pk)


def keep_order(order: ShopOrder, facts: OrderFacts, delivery: Delivery) -> bool:
    """Keep a description if it is the latest; returns whether anything is new."""
    is_new = False
    if order.buyer_erased_at is not None:
        facts = without_buyer(facts)
    if delivery.how == Said.ASKED and not facts.referral and order.facts:
        # What led to the shop does not change, and not every answer knows it.
        facts = replace(facts, referral=order.facts.get("referral", ""))
    for name, happened, at, since in (
        ("paid_seen_at", facts.is_paid, facts.paid_at, facts.paid_since),
        ("cancelled_seen_at", facts.is_cancelled, facts.cancelled_at, None),
    ):
        if happened and at is None:
            is_new |= _note_first(order, name, min(since or facts.updated_at, facts.updated_at))
    stamp = stamp_of(facts, delivery.said_at)
    latest = (order.updated_at or facts.updated_at, order.stamp)
    if (facts.updated_at, stamp) > latest and _is_same(order, facts, stamp):
        order.stamp = stamp
        order.save(update_fields=["stamp"])
    elif order.updated_at is None or (facts.updated_at, stamp) > latest:
        # The refunds are kept as rows of their own, because they also come alone.
        order.facts = said.as_json(replace(facts, refunds=()))
        order.updated_at, order.stamp, order.delivery = facts.updated_at, stamp, delivery
        order.number = facts.number
        order.buyer, order.buyer_email = facts.buyer, facts.buyer_email
        order.buyer_phone, order.currency = facts.buyer_phone, facts.currency
        order.ordered_at = facts.ordered_at
        order.ordered_on = facts.ordered_at.astimezone(ZoneInfo(order.shop.time_zone)).date()
        order.amount = sum((line.amount for line in facts.lines), Decimal(0))
        is_new = True
    for refund in facts.refunds:
        is_new |= keep_refund(order, refund, delivery)
    return is_new


def _note_first(order: ShopOrder, name: str, moment: datetime) -> bool:
    """Keep the first moment at which something was so; returns whether that is another day."""
    seen = getattr(order, name)
    if seen is not None and seen <= moment:
        return False
    setattr(order, name, moment)
    zone = ZoneInfo(order.shop.time_zone)
    if seen is None or seen.astimezone(zone).date() != moment.astimezone(zone).date():
        return True
    order.save(update_fields=[name])
    return False


def _is_same(order: ShopOrder, facts: OrderFacts, stamp: str) -> bool:
    content = stamp.partition("|")[2]
    return order.updated_at == facts.updated_at and order.stamp.endswith(f"|{content}")


def keep_refund(order: ShopOrder, facts: RefundFacts, delivery: Delivery) -> bool:
    """Keep a refund if it is new or says something later; returns whether it did."""
    stamp = stamp_of(facts, None)
    known = ShopRefund.objects.filter(order=order, refund_id=facts.refund_id).first()
    if known is not None and (known.updated_at, known.stamp) >= (facts.updated_at, stamp):
        return False
    if known is not None and delivery.how == Said.ASKED and _tells_the_same(known, facts):
        return False
    refund = known or ShopRefund(order=order, refund_id=facts.refund_id)
    refund.facts, refund.updated_at, refund.stamp = said.as_json(facts), facts.updated_at, stamp
    refund.delivery = delivery
    refund.save()
    return True


def _tells_the_same(refund: ShopRefund, facts: RefundFacts) -> bool:
    """Whether only the moment differs: answers name when a refund was made, and messages also when
    it was processed."""
    known = said.refund_from_json(refund.facts)
    return replace(facts, at=known.at, updated_at=known.updated_at) == known


def place(order: ShopOrder, *, by: Person | None, at: datetime) -> None:
    """Bring the order lines to what is known of a locked order, and save it.

    What stands in the way is kept as the order's problem, and its lines stay as they were.
    """
    shop = order.shop
    if order.updated_at is None:
        order.save()
        return
    taken = ShopOrder.objects.filter(shop=shop, number=order.number).exclude(pk=order.pk)
    if order.number and taken.exists():
        order.number = ""
        _trouble(order, "number_taken", {"number": order.facts["number"]})
        return
    facts = _completed(order)
    refunds = {one.refund_id: said.refund_from_json(one.facts) for one in order.refunds.all()}
    try:
        wanted = project(facts, refunds.values(), ZoneInfo(shop.time_zone))
    except Contradiction as error:
        _trouble(order, error.code, error.params)
        return
    order.save()
    person = attribute(order, facts, by=by, at=at)
    placings = _placings(order, facts, wanted, person)
    placed = orders.place_order(source=shop.source, order_number=order.number, placings=placings)
    missing = [one for one in facts.unknown_refunds if one not in refunds]
    if placed.closed:
        days = sorted({day.isoformat() for day in placed.closed.values()})
        order.problem = "day_closed"
        order.problem_params = {"days": days, "lines": sorted(placed.closed)}
    elif missing:
        order.problem, order.problem_params = "refunds_unknown", {"refunds": missing}
    else:
        order.problem, order.problem_params = "", {}
    order.save(update_fields=["problem", "problem_params"])
    if missing and shop.address:
        jobs.enqueue("shops.ask_refunds", order_pk=order.pk)
    if placed.is_change:
        after = {"added": placed.added, "changed": placed.changed, "removed": placed.removed}
        audit.record("shop_order_placed", subject=order, by=by, at=at, after=after)
        live.publish("imports", "changed")
    tell(order)


def tell(order: ShopOrder) -> None:
    live.publish_all(["shops", f"shop:{order.shop_id}"], "changed", str(order.pk))


def _trouble(order: ShopOrder, code: str, params: dict[str, Any]) -> None:
    order.problem, order.problem_params = code, params
    order.save()
    tell(order)


def _completed(order: ShopOrder) -> OrderFacts:
    facts = said.order_from_json(order.facts)
    if facts.is_paid and facts.paid_at is None:
        facts = replace(facts, paid_at=order.paid_seen_at)
    if facts.is_cancelled and facts.cancelled_at is None:
        facts = replace(facts, cancelled_at=order.cancelled_seen_at)
    return facts


# Whose it is


def attribute(
    order: ShopOrder, facts: OrderFacts, *, by: Person | None, at: datetime
) -> Person | None:
    """Decide by the rules whose the order is; what people decided stands."""
    assert order.ordered_on is not None  # noqa: S101 - known orders have a day
    named = candidates(order.shop, facts, order.ordered_on) if facts.is_placed else []
    known = Attribution.objects.filter(order=order).select_related("person").first()
    is_by_people = known is not None and known.basis in {Basis.CLAIM, Basis.HAND}
    if not named and not is_by_people:
        if known is not None:
            known.delete()
        return None
    if known is not None and is_by_people:
        person = known.person
        fields: dict[str, Any] = {}
    else:
        first = named[0]
        person = first.person
        fields = {
            "person": person, "basis": first.basis, "said": first.said, "rule": first.rule,
            "slot": first.slot, "claim": None, "by": by,
        }  # fmt: skip
    fields["others"] = [
        {"person": one.person.pk, "name": one.person.name, "basis": one.basis, "said": one.said}
        for one in named
        if one.person.pk != person.pk
    ]
    if known is None:
        Attribution.objects.create(order=order, at=at, **fields)
        return person
    changed = [name for name, value in fields.items() if getattr(known, name) != value]
    if changed:
        for name in changed:
            setattr(known, name, fields[name])
        known.at = at
        known.save(update_fields=[*changed, "at"])
    return person


# Lines


def _placings(
    order: ShopOrder, facts: OrderFacts, wanted: list[WantedLine], person: Person | None
) -> list[Placing]:
    """The wanted lines as rows, with booked days and corrections of closed lines."""
    booked = {one.line_number: one.on for one in order.booked_days.all()}
    lines = OrderLine.objects.filter(source=order.shop.source, order_number=order.number)
    # What a line calls its customer stays, also when the buyer was erased since.
    customer = lines.order_by("pk").values_list("customer", flat=True).first()
    if customer is None:
        customer = facts.buyer_id or pseudonym_of(facts)
    rows = {one.line_number: _row(order, facts, one, person, booked, customer) for one in wanted}
    corrections = sorted(
        (number.split(CORRECTS)[0], int(number.split(CORRECTS)[1]), on)
        for number, on in booked.items()
        if CORRECTS in number
    )
    if not corrections:
        return list(rows.values())
    stored = {
        line.line_number: line
        for line in OrderLine.objects.filter(
            source=order.shop.source, order_number=order.number
        ).select_related("returns_line")
    }
    for base in dict.fromkeys(base for base, _n, _on in corrections):
        if base in stored:
            _correct(base, [one for one in corrections if one[0] == base], stored, rows)
    return list(rows.values())


def _correct(
    base: str,
    corrections: list[tuple[str, int, date]],
    stored: dict[str, OrderLine],
    rows: dict[str, Placing],
) -> None:
    """Leave a closed line as it stands; the last of its corrections brings the difference."""
    line = stored[base]
    target = rows[base].line if base in rows else None
    amount = (target.amount if target else Decimal(0)) - line.amount
    quantity = (target.quantity if target else Decimal(0)) - line.quantity
    rows[base] = Placing(_copy(line), _number_of(line.returns_line))
    for _base, place, on in corrections:
        number = f"{base}{CORRECTS}{place}"
        if place != corrections[-1][1] and number in stored:
            earlier = stored[number]
            rows[number] = Placing(_copy(earlier), _number_of(earlier.returns_line))
            amount, quantity = amount - earlier.amount, quantity - earlier.quantity
            continue
        if not amount and not quantity:
            continue
        less = amount < 0 or (not amount and quantity < 0)
        takes_back = base if less and line.kind == LineKind.SALE else ""
        row = _copy(line)
        row.line_number, row.ordered_on, row.amount, row.quantity = number, on, amount, quantity
        row.kind = LineKind.RETURN if less else LineKind.SALE
        row.sold_on = line.ordered_on if less and not takes_back else None
        row.cost, row.returns_line = None, None
        row.invoiced_on = row.shipped_on = row.paid_on = row.final_on = None
        if not less:
            row.paid_on = None if line.paid_on is None else max(line.paid_on, on)
        rows[number] = Placing(row, takes_back)


def _number_of(line: OrderLine | None) -> str:
    return "" if line is None else line.line_number


def _copy(line: OrderLine) -> OrderLine:
    names = [one.attname for one in OrderLine._meta.concrete_fields if not one.primary_key]
    return OrderLine(**{name: getattr(line, name) for name in names})


def _row(
    order: ShopOrder,
    facts: OrderFacts,
    wanted: WantedLine,
    person: Person | None,
    booked: dict[str, date],
    customer: str,
) -> Placing:
    on = booked.get(wanted.line_number)

    def day(value: date) -> date:
        return value if on is None else max(value, on)

    def maybe_day(value: date | None) -> date | None:
        return None if value is None else day(value)

    line = OrderLine(
        source=order.shop.source,
        order_number=order.number,
        line_number=wanted.line_number,
        kind=LineKind.RETURN if wanted.takes_back else LineKind.SALE,
        ordered_on=day(wanted.ordered_on),
        person=person,
        customer=customer,
        product=wanted.product,
        category=wanted.category,
        channel=facts.channel,
        territory=facts.territory,
        quantity=wanted.quantity,
        amount=wanted.amount,
        cost=wanted.cost,
        currency=facts.currency,
        invoiced_on=maybe_day(wanted.invoiced_on),
        shipped_on=maybe_day(wanted.shipped_on),
        paid_on=maybe_day(wanted.paid_on),
        final_on=maybe_day(wanted.final_on),
    )
    return Placing(line, wanted.takes_back)


# What people decide about an order


@transaction.atomic
def try_order_again(*, order: ShopOrder, by: Person, at: datetime) -> ShopOrder:
    """Bring an order to order lines once more: its problem may be gone."""
    order = lock_order(order.shop, order.order_id)
    audit.record("shop_order_tried", subject=order, by=by, at=at, before={"problem": order.problem})
    place(order, by=by, at=at)
    return order


@transaction.atomic
def book_difference(*, order: ShopOrder, reason: str, by: Person, at: datetime) -> ShopOrder:
    """Count what belongs to closed days from the first open day on.

    New lines get that day; of a line that stands in closed days the difference becomes a line of
    its own. Raises ``NothingClosed``.
    """
    order = lock_order(order.shop, order.order_id)
    if order.problem != "day_closed":
        raise NothingClosed(order)
    on = orders.first_open_day(max(date.fromisoformat(one) for one in order.problem_params["days"]))
    stored = set(
        OrderLine.objects.filter(
            source=order.shop.source,
            order_number=order.number,
            line_number__in=order.problem_params["lines"],
        ).values_list("line_number", flat=True)
    )
    made = []
    for number in order.problem_params["lines"]:
        booked = number if number not in stored else _next_correction(order, number)
        BookedDay.objects.update_or_create(
            order=order,
            line_number=booked,
            defaults={"on": on, "by": by, "at": at, "reason": reason},
        )
        made.append(booked)
    audit.record("shop_difference_booked", subject=order, by=by, at=at, reason=reason,
                 after={"on": on, "lines": made})  # fmt: skip
    place(order, by=by, at=at)
    return order


def _next_correction(order: ShopOrder, number: str) -> str:
    base = number.split(CORRECTS, maxsplit=1)[0]
    before = order.booked_days.filter(line_number__startswith=f"{base}{CORRECTS}").count()
    return f"{base}{CORRECTS}{before + 1}"
