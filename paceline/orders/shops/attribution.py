"""Whose an order is: everyone whom something in it names, in the order in which that counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from paceline.orders.shops.facts import OrderFacts
from paceline.orders.shops.models import AttributionRule, Basis, LiveSlot, RuleKind, Shop
from paceline.org.models import Employment, Person


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom the order names: by what, and what it said."""

    person: Person
    basis: Basis
    said: str
    rule: AttributionRule | None = None
    slot: LiveSlot | None = None


def key_of(text: str) -> str:
    """How keys of rules are compared: without case and outer space."""
    return " ".join(text.casefold().split())


def candidates(shop: Shop, order: OrderFacts, on: date) -> list[Candidate]:
    """Those named who work here on the day of the order; the first decides. Three queries at most.

    Salesperson named by the shop, coupons in their order, referral link, chat agent, live stream.
    A rule of this shop counts before one of all shops.
    """
    found = [*_named(order), *_by_rules(shop, order, on), *_hosting(shop, order.ordered_at)]
    ids = {one.person.pk for one in found}
    here = set(
        Employment.objects.on(on).filter(person__in=ids).values_list("person_id", flat=True)
        if ids
        else ()
    )
    return [one for one in found if one.person.pk in here]


def _named(order: OrderFacts) -> Iterable[Candidate]:
    if not order.salesperson:
        return []
    same = Q(number=order.salesperson)
    if "@" in order.salesperson:
        same |= Q(email__iexact=order.salesperson)
    people = list(Person.objects.filter(same)[:2])
    # Two people of one address are nobody.
    return [Candidate(people[0], Basis.NAMED, order.salesperson)] if len(people) == 1 else []


def _by_rules(shop: Shop, order: OrderFacts, on: date) -> Iterable[Candidate]:
    said = [
        *((RuleKind.COUPON, one) for one in order.coupons),
        *((kind, one) for kind, one in ((RuleKind.REFERRAL, order.referral),
                                        (RuleKind.AGENT, order.agent)) if one),
    ]  # fmt: skip
    if not said:
        return []
    rules = AttributionRule.objects.on(on).filter(
        Q(shop=shop) | Q(shop__isnull=True), key__in={key_of(one) for _kind, one in said}
    )
    known = {(one.kind, one.key, one.shop_id): one for one in rules.select_related("person")}
    found = []
    for kind, one in said:
        for of_shop in (shop.pk, None):
            rule = known.get((kind, key_of(one), of_shop))
            if rule is not None:
                found.append(Candidate(rule.person, Basis(kind), one, rule=rule))
    return found


def _hosting(shop: Shop, at: datetime) -> Iterable[Candidate]:
    slots = LiveSlot.objects.filter(shop=shop, starts_at__lte=at, ends_at__gt=at)
    return [
        Candidate(one.host, Basis.LIVE, one.starts_at.isoformat(), slot=one)
        for one in slots.select_related("host")
    ]
