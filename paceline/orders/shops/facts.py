"""What a shop says of an order, in one shape for all connectors.

Amounts are exact decimals in the currency of the order, net of tax and discount, as order lines
are kept. A message is read into facts once; what they mean for order lines is the business of
``projection``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from paceline.kernel.money import CURRENCIES

LINES_MAX = 1_000


class Unreadable(Exception):
    """A message does not say what it must; ``code`` and ``params`` are worded in ``wording``."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A position of an order: ``amount`` is what was sold, without tax, after discounts."""

    line_id: str
    product: str
    quantity: Decimal
    amount: Decimal
    category: str = ""
    cost: Decimal | None = None
    tax: Decimal | None = None
    discount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RefundedLine:
    """How much of a position came back; ``amount`` positive.

    ``tax`` is in the amount where the order says that its prices include tax, and beside it where
    not: a refund that comes alone does not know.
    """

    line_id: str
    quantity: Decimal
    amount: Decimal
    tax: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """Money given back: for positions, and ``amount`` more that is no position's own."""

    refund_id: str
    order_id: str
    at: datetime
    updated_at: datetime
    lines: tuple[RefundedLine, ...] = ()
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order as a whole. ``is_placed`` false: a basket or draft that may still become an order.

    ``tax``, ``shipping`` and ``discount`` are told to the reader only. ``is_paid`` without
    ``paid_at``: the shop says that it is paid, not when; the first moment it said so counts, or
    ``paid_since`` if that is earlier: some ways of asking tell it, so it does not make a
    description another one.
    ``is_cancelled`` without ``cancelled_at`` likewise. ``taxes_included``: refunds of the order
    name amounts with the tax in them; its positions are without tax all the same.
    ``unknown_refunds`` are refunds of which the shop gives no positions: they must be asked for.
    """

    order_id: str
    number: str
    updated_at: datetime
    ordered_at: datetime
    currency: str
    lines: tuple[LineFacts, ...]
    is_placed: bool = True
    taxes_included: bool = False
    cancelled_at: datetime | None = None
    is_cancelled: bool = False
    paid_at: datetime | None = None
    paid_since: datetime | None = None
    is_paid: bool = False
    invoiced_at: datetime | None = None
    shipped_at: datetime | None = None
    final_at: datetime | None = None
    refunds: tuple[RefundFacts, ...] = ()
    unknown_refunds: tuple[str, ...] = ()
    tax: Decimal | None = None
    shipping: Decimal | None = None
    discount: Decimal | None = None
    buyer: str = ""
    buyer_id: str = ""
    buyer_email: str = ""
    buyer_phone: str = ""
    buyer_country: str = ""
    coupons: tuple[str, ...] = ()
    referral: str = ""
    agent: str = ""
    salesperson: str = ""
    channel: str = ""
    territory: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message holds: orders, refunds, or nothing of interest (``ignored`` says why).

    ``ask_order`` names an order that the message speaks of without describing it, ``deleted_order``
    one that is gone from the shop.
    """

    orders: tuple[OrderFacts, ...] = ()
    refunds: tuple[RefundFacts, ...] = ()
    ignored: str = ""
    ask_order: str = ""
    deleted_order: str = ""


# Reading values


def document(body: bytes) -> Mapping[str, Any]:
    """The JSON object of a message; its numbers are decimals, never rounded."""
    try:
        found = json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not_json") from error
    if not isinstance(found, dict):
        raise Unreadable("not_json")
    return found


def _refuse(name: str) -> None:
    raise ValueError(name)


def text(value: Any, *, most: int = 200) -> str:
    """A short text; line breaks and control signs become spaces."""
    if value is None or isinstance(value, dict | list):
        return ""
    plain = "".join(sign if sign.isprintable() else " " for sign in str(value))
    return " ".join(plain.split())[:most]


def identity(value: Any, name: str) -> str:
    """An id that must be there."""
    found = text(value, most=61)
    if not found or len(found) > 60:
        raise Unreadable("missing" if not found else "too_long", field=name)
    return found


def line_identity(value: Any, name: str) -> str:
    """The id of a position; room is left for what is derived from it."""
    found = identity(value, name)
    if len(found) > 20:
        raise Unreadable("too_long", field=name)
    return found


def number(value: Any, name: str) -> Decimal:
    """An exact number with at most four decimal places; numbers of JSON are read as decimals."""
    if value is None or isinstance(value, bool):
        raise Unreadable("missing", field=name)
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise Unreadable("not_a_number", field=name, value=text(value, most=40)) from error
    if not found.is_finite() or abs(found) >= Decimal(10) ** 14:
        raise Unreadable("not_a_number", field=name, value=text(value, most=40))
    if found != found.quantize(Decimal("0.0001")):
        raise Unreadable("too_precise", field=name, value=text(value, most=40))
    return found


def maybe_number(value: Any, name: str) -> Decimal | None:
    return None if value in (None, "") else number(value, name)


def moment(value: Any, name: str) -> datetime:
    """A moment with its zone (ISO 8601)."""
    if not value:
        raise Unreadable("missing", field=name)
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Unreadable("not_a_moment", field=name, value=text(value, most=40)) from error
    if found.tzinfo is None:
        raise Unreadable("no_zone", field=name, value=text(value, most=40))
    return found


def maybe_moment(value: Any, name: str) -> datetime | None:
    return moment(value, name) if value else None


def currency(value: Any, otherwise: str = "") -> str:
    """A currency of ISO 4217."""
    found = text(value or otherwise, most=10).upper()
    if found not in CURRENCIES:
        raise Unreadable("unknown_currency", value=found)
    return found


def mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable("missing", field=name)
    return value


def maybe_mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def listing(value: Any, name: str) -> list[Mapping[str, Any]]:
    """A list of objects, not longer than an order can be."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unreadable("missing", field=name)
    if len(value) > LINES_MAX:
        raise Unreadable("too_many", field=name, most=LINES_MAX)
    return value


# Keeping facts


def as_json(facts: Any) -> Any:
    """Facts as JSON values: decimals and moments as texts, so that nothing is rounded."""
    if isinstance(facts, Decimal):
        return format(facts.normalize(), "f")
    if isinstance(facts, datetime):
        return facts.astimezone(UTC).isoformat()
    if isinstance(facts, tuple):
        return [as_json(one) for one in facts]
    if hasattr(facts, "__dataclass_fields__"):
        return {one.name: as_json(getattr(facts, one.name)) for one in fields(facts)}
    return facts


def order_from_json(kept: Mapping[str, Any]) -> OrderFacts:
    given = dict(kept)
    given["lines"] = tuple(_line_from_json(one) for one in given["lines"])
    given["refunds"] = tuple(refund_from_json(one) for one in given["refunds"])
    for name in ("unknown_refunds", "coupons"):
        given[name] = tuple(given[name])
    _moments(given, "updated_at", "ordered_at", "cancelled_at", "paid_at", "paid_since",
             "invoiced_at", "shipped_at", "final_at")  # fmt: skip
    _decimals(given, "tax", "shipping", "discount")
    return OrderFacts(**given)


def refund_from_json(kept: Mapping[str, Any]) -> RefundFacts:
    given = dict(kept)
    given["lines"] = tuple(
        RefundedLine(
            one["line_id"], Decimal(one["quantity"]), Decimal(one["amount"]), Decimal(one["tax"])
        )
        for one in given["lines"]
    )
    _moments(given, "at", "updated_at")
    _decimals(given, "amount")
    return RefundFacts(**given)


def _line_from_json(kept: Mapping[str, Any]) -> LineFacts:
    given = dict(kept)
    _decimals(given, "quantity", "amount", "cost", "tax", "discount")
    return LineFacts(**given)


def _moments(given: dict[str, Any], *names: str) -> None:
    for name in names:
        if given.get(name) is not None:
            given[name] = datetime.fromisoformat(given[name])


def _decimals(given: dict[str, Any], *names: str) -> None:
    for name in names:
        if given[name] is not None:
            given[name] = Decimal(given[name])
