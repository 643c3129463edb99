"""Rules, live streams, hands and claims: how an order gets the one whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse

from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.notifications.actions import notify
from paceline.orders.shops.actions.orders import lock_order, place
from paceline.orders.shops.attribution import key_of
from paceline.orders.shops.models import (
    Attribution,
    AttributionRule,
    Basis,
    Claim,
    ClaimState,
    LiveSlot,
    RuleKind,
    Shop,
    ShopOrder,
)
from paceline.org import queries as people
from paceline.org.models import Employment, Person

# Where an order carries what a rule goes by.
FIELDS = {RuleKind.COUPON: "coupons", RuleKind.REFERRAL: "referral", RuleKind.AGENT: "agent"}


class RuleOverlaps(Exception):
    """Another rule for the same key counts on some of these days. ``existing`` is that rule."""

    def __init__(self, existing: AttributionRule | None) -> None:
        super().__init__(str(existing))
        self.existing = existing


class SlotOverlaps(Exception):
    """Another live stream of this shop runs at that time."""


class ClaimOpen(Exception):
    """The person has claimed this order already."""


class AlreadyTheirs(Exception):
    """The order is the person's."""


class ClaimDecided(Exception):
    """Somebody has decided the claim."""


class OwnClaim(Exception):
    """Nobody decides their own claim."""


class ClaimedByOther(Exception):
    """The claim of another person was approved. ``person`` is who."""

    def __init__(self, person: Person) -> None:
        super().__init__(str(person))
        self.person = person


class DaysClosed(Exception):
    """The lines of the order stand in closed days."""


@dataclass(frozen=True, slots=True)
class NewRule:
    """Orders that carry ``key`` in these days (half-open) are the person's."""

    kind: RuleKind
    key: str
    person: Person
    starts_on: date
    ends_before: date | None = None
    shop: Shop | None = None


@dataclass(frozen=True, slots=True)
class NewSlot:
    """A live stream and its host, again every week for ``weeks`` weeks."""

    shop: Shop
    host: Person
    starts_at: datetime
    ends_at: datetime
    weeks: int = 1


@dataclass(slots=True)
class Assigned:
    """What became of chosen orders: assigned, left because the person was not here, or closed."""

    done: int = 0
    not_here: int = 0
    closed: int = 0


# Rules


@transaction.atomic
def make_rule(*, rule: NewRule, by: Person, at: datetime) -> AttributionRule:
    """Credit orders by a rule; those that are known already are decided again by a job.

    Raises ``RuleOverlaps``.
    """
    key = key_of(rule.key)
    same = AttributionRule.objects.during(rule.starts_on, rule.ends_before).filter(
        kind=rule.kind, key=key, shop=rule.shop
    )
    existing = same.first()
    if existing is not None:
        raise RuleOverlaps(existing)
    made = AttributionRule(
        kind=rule.kind, key=key, shop=rule.shop, person=rule.person, starts_on=rule.starts_on,
        ends_before=rule.ends_before, made_by=by, made_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:  # somebody was quicker
        raise RuleOverlaps(None) from error
    audit.record("attribution_rule_made", subject=made, by=by, at=at, after=_as_told(made))
    jobs.enqueue("shops.decide_by_rule", rule_pk=made.pk)
    live.publish("shops", "rules")
    return made


@transaction.atomic
def end_rule(
    *, rule: AttributionRule, ends_before: date, by: Person, at: datetime
) -> AttributionRule:
    """Let a rule count no longer from a day on; orders after it are decided again.

    Raises ``RuleOverlaps`` when a longer rule would meet the next one.
    """
    rule = AttributionRule.objects.select_for_update().get(pk=rule.pk)
    before = _as_told(rule)
    rule.ends_before = max(ends_before, rule.starts_on + timedelta(days=1))
    try:
        with transaction.atomic():
            rule.save(update_fields=["ends_before"])
    except IntegrityError as error:
        raise RuleOverlaps(None) from error
    audit.record("attribution_rule_ended", subject=rule, by=by, at=at, before=before,
                 after=_as_told(rule))  # fmt: skip
    jobs.enqueue("shops.decide_by_rule", rule_pk=rule.pk)
    live.publish("shops", "rules")
    return rule


def _as_told(rule: AttributionRule) -> dict[str, object]:
    names = ("kind", "key", "shop_id", "person_id", "starts_on", "ends_before")
    return {name: getattr(rule, name) for name in names}


def decide_by_rule(*, rule: AttributionRule, at: datetime) -> int:
    """Decide again whose the orders are that a rule speaks of; returns how many were looked at."""
    field = FIELDS[RuleKind(rule.kind)]
    rows = ShopOrder.objects.known().filter(ordered_on__gte=rule.starts_on)
    if rule.shop_id is not None:
        rows = rows.filter(shop=rule.shop_id)
    said = rows.exclude(**{f"facts__{field}": [] if field == "coupons" else ""})
    named = {
        pk
        for pk, value in said.values_list("pk", f"facts__{field}").iterator()
        if rule.key in {key_of(one) for one in ([value] if isinstance(value, str) else value)}
    }
    named |= set(Attribution.objects.filter(rule=rule).values_list("order", flat=True))
    return _decide(sorted(named), at)


def _decide(pks: Sequence[int], at: datetime) -> int:
    """One transaction for each order, so that a long list keeps nobody waiting."""
    for pk in pks:
        decide_order(order=ShopOrder.objects.select_related("shop").get(pk=pk), at=at)
    return len(pks)


@transaction.atomic
def decide_order(*, order: ShopOrder, at: datetime) -> None:
    """Decide by the rules as they are now; what people decided stands."""
    place(lock_order(order.shop, order.order_id), by=None, at=at)


# Live streams


@transaction.atomic
def add_slots(*, slot: NewSlot, by: Person, at: datetime) -> list[LiveSlot]:
    """Add a live stream, or one for each week. Raises ``SlotOverlaps``; then none is added."""
    made = []
    for week in range(slot.weeks):
        one = LiveSlot(
            shop=slot.shop, host=slot.host, made_by=by, made_at=at,
            starts_at=slot.starts_at + timedelta(weeks=week),
            ends_at=slot.ends_at + timedelta(weeks=week),
        )  # fmt: skip
        try:
            with transaction.atomic():
                one.save()
        except IntegrityError as error:
            raise SlotOverlaps(one) from error
        after = {"host": slot.host.pk, "starts_at": one.starts_at, "ends_at": one.ends_at}
        audit.record("live_slot_added", subject=one, by=by, at=at, after=after)
        _decide_later(one)
        made.append(one)
    live.publish("shops", "slots")
    return made


@transaction.atomic
def remove_slot(*, slot: LiveSlot, by: Person, at: datetime) -> None:
    """Take a live stream out of the schedule; its orders are decided again."""
    before = {"host": slot.host_id, "starts_at": slot.starts_at, "ends_at": slot.ends_at}
    audit.record("live_slot_removed", subject=slot, by=by, at=at, before=before)
    Attribution.objects.filter(slot=slot).update(slot=None)
    _decide_later(slot)
    slot.delete()
    live.publish("shops", "slots")


def _decide_later(slot: LiveSlot) -> None:
    jobs.enqueue(
        "shops.decide_by_time",
        shop_pk=slot.shop_id,
        starts_at=slot.starts_at.isoformat(),
        ends_at=slot.ends_at.isoformat(),
    )


def decide_by_time(*, shop: Shop, starts_at: datetime, ends_at: datetime, at: datetime) -> int:
    """Decide again whose the orders of these hours are."""
    rows = ShopOrder.objects.known().filter(
        shop=shop, ordered_at__gte=starts_at, ordered_at__lt=ends_at
    )
    return _decide(list(rows.order_by("pk").values_list("pk", flat=True)), at)


# Hands


@transaction.atomic
def assign_orders(
    *, orders: Sequence[ShopOrder], person: Person, reason: str, by: Person, at: datetime
) -> Assigned:
    """Say whose orders are. Those that cannot change (see ``Assigned``) stay as they were."""
    done = Assigned()
    for one in sorted(orders, key=lambda order: order.order_id):
        order = lock_order(one.shop, one.order_id)
        if not _is_here(person, order):
            done.not_here += 1
        elif _give(order, person, Basis.HAND, None, by=by, at=at):
            audit.record("shop_order_assigned", subject=order, by=by, at=at,
                         after={"person": person.pk}, reason=reason)  # fmt: skip
            done.done += 1
        else:
            done.closed += 1
    return done


def _is_here(person: Person, order: ShopOrder) -> bool:
    if order.ordered_on is None:
        return False
    return Employment.objects.on(order.ordered_on).filter(person=person).exists()


def _give(
    order: ShopOrder, person: Person, basis: Basis, claim: Claim | None, *, by: Person, at: datetime
) -> bool:
    """Credit an order and its lines; false, and nothing changed, where closed days forbid it."""
    with transaction.atomic():
        Attribution.objects.update_or_create(
            order=order,
            defaults={
                "person": person, "basis": basis, "claim": claim, "said": "", "rule": None,
                "slot": None, "by": by, "at": at, "others": [],
            },
        )  # fmt: skip
        had_problem = order.problem
        place(order, by=by, at=at)
        if order.problem == "day_closed" and had_problem != "day_closed":
            transaction.set_rollback(True)
            return False
    return True


# Claims


@transaction.atomic
def make_claim(*, order: ShopOrder, why: str, by: Person, at: datetime) -> Claim:
    """Say that an order is one's own, and why; the leads above are told.

    Raises ``ClaimOpen`` and ``AlreadyTheirs``.
    """
    order = lock_order(order.shop, order.order_id)
    if Attribution.objects.filter(order=order, person=by).exists():
        raise AlreadyTheirs(order)
    if Claim.objects.filter(order=order, person=by, state=ClaimState.OPEN).exists():
        raise ClaimOpen(order)
    claim = Claim.objects.create(order=order, person=by, why=why, made_at=at)
    audit.record("claim_made", subject=claim, by=by, at=at, reason=why)
    line = people.manager(by, at.date())
    if line is not None:
        _tell([line], "claim_made", claim, at, name=by.name)
    live.publish_all(["claims", "shops"], "claimed")
    return claim


@transaction.atomic
def approve_claim(*, claim: Claim, reason: str, by: Person, at: datetime) -> Claim:
    """The order is the claimant's. Others whom it names are kept beside it.

    Raises ``ClaimDecided``, ``OwnClaim``, ``ClaimedByOther``, and ``DaysClosed`` when its lines
    stand in closed days; then nothing changed.
    """
    claim = _to_decide(claim, by)
    order = lock_order(claim.order.shop, claim.order.order_id)
    standing = Attribution.objects.filter(order=order).select_related("person").first()
    if standing is not None and standing.basis == Basis.CLAIM:
        raise ClaimedByOther(standing.person)
    if not _give(order, claim.person, Basis.CLAIM, claim, by=by, at=at):
        raise DaysClosed(order)
    return _decided(claim, ClaimState.APPROVED, reason, by, at)


@transaction.atomic
def refuse_claim(*, claim: Claim, reason: str, by: Person, at: datetime) -> Claim:
    """The order stays as it is. Raises ``ClaimDecided`` and ``OwnClaim``."""
    return _decided(_to_decide(claim, by), ClaimState.REFUSED, reason, by, at)


def _to_decide(claim: Claim, by: Person) -> Claim:
    claim = Claim.objects.select_for_update(of=("self",)).select_related(
        "order__shop", "person"
    ).get(pk=claim.pk)  # fmt: skip
    if claim.state != ClaimState.OPEN:
        raise ClaimDecided(claim)
    if claim.person_id == by.pk:
        raise OwnClaim(claim)
    return claim


def _decided(claim: Claim, state: ClaimState, reason: str, by: Person, at: datetime) -> Claim:
    claim.state, claim.decided_by, claim.decided_at, claim.reason = state, by, at, reason
    claim.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    audit.record(f"claim_{state}", subject=claim, by=by, at=at, reason=reason)
    _tell([claim.person], f"claim_{state}", claim, at, reason=reason)
    live.publish_all(["claims", "shops"], "decided")
    return claim


def _tell(recipients: Sequence[Person], kind: str, claim: Claim, at: datetime, **more: str) -> None:
    params = {"order": str(claim.order), **more}
    notify(recipients=recipients, kind=kind, params=params, url=reverse("shops:claims"), at=at)
