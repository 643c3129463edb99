"""Reading shops, what they said, and the orders that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import ngettext

from paceline.kernel.shell import Attention
from paceline.kernel.waiting import Waiting
from paceline.orders.models import OrderLine
from paceline.orders.shops import access
from paceline.orders.shops.models import (
    Attribution,
    Claim,
    ClaimState,
    Comparison,
    Delivery,
    OutcomeState,
    Shop,
    ShopOrder,
    ShopStop,
    Turned,
)
from paceline.org.models import Person, ReportingPath

TURNED_DAYS = 30
PROBLEMS = (OutcomeState.REFUSED, OutcomeState.WAITING)


def shop_by_key(key: str) -> Shop | None:
    """The shop with this address. The key is random: looking it up tells nothing of others."""
    return Shop.objects.filter(key=key).first() if len(key) <= 64 else None


def standing_stop(shop: Shop) -> ShopStop | None:
    return ShopStop.objects.filter(shop=shop, lifted_at__isnull=True).select_related("by").first()


def shops_with_standing(person: Person) -> QuerySet[Shop]:
    """The shops, each with whether it is stopped, what troubles it, and when it last spoke."""
    stops = ShopStop.objects.filter(shop=OuterRef("pk"), lifted_at__isnull=True)
    last = Delivery.objects.filter(shop=OuterRef("pk")).order_by("-pk").values("received_at")[:1]
    return Shop.objects.visible_to(person).annotate(
        stopped=stops.values("kind")[:1],
        spoke_at=last,
        refused=_count_of(Delivery.objects.filter(outcome__state__in=PROBLEMS)),
        troubled=_count_of(ShopOrder.objects.exclude(problem="")),
    )


def _count_of(rows: QuerySet[Any]) -> Any:
    counted = rows.filter(shop=OuterRef("pk")).order_by().values("shop")
    return counted.annotate(n=Count("pk")).values("n")


def deliveries(shop: Shop) -> QuerySet[Delivery]:
    """What a shop said, without the bodies."""
    return shop.deliveries.defer("body").select_related("outcome__order")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a shop stands: when it last spoke and was taken in, and what does not work.

    ``waiting`` messages are not read yet; ``held`` ones are, and wait for their order.
    """

    received_at: datetime | None
    taken_at: datetime | None
    waiting: int
    held: int
    refused: int
    troubled: int
    turned: Sequence[Turned]
    comparison: Comparison | None

    @property
    def stuck(self) -> int:
        """Messages that can be tried again."""
        return self.held + self.refused


def standing(shop: Shop, on: date) -> Standing:
    counted = shop.deliveries.aggregate(
        received_at=Max("received_at"),
        taken_at=Max("outcome__at", filter=Q(outcome__state=OutcomeState.TAKEN)),
        waiting=Count("pk", filter=Q(outcome__isnull=True)),
        held=Count("pk", filter=Q(outcome__state=OutcomeState.WAITING)),
        refused=Count("pk", filter=Q(outcome__state=OutcomeState.REFUSED)),
    )
    since = on - timedelta(days=TURNED_DAYS)
    turned = shop.turned.filter(on__gt=since).order_by("-on", "code")
    return Standing(
        **counted,
        troubled=shop.orders.exclude(problem="").count(),
        turned=list(turned[:20]),
        comparison=shop.comparisons.first(),
    )


# Orders


def orders_to_look_at(person: Person) -> QuerySet[ShopOrder]:
    """All orders of shops, with whose they are."""
    rows = ShopOrder.objects.visible_to(person).known()
    return rows.select_related("shop", "attribution__person")


def unlinked(rows: QuerySet[ShopOrder]) -> QuerySet[ShopOrder]:
    """Orders that are nobody's yet."""
    return rows.filter(~Exists(Attribution.objects.filter(order=OuterRef("pk"))))


def lines_of(order: ShopOrder) -> list[OrderLine]:
    rows = OrderLine.objects.filter(source=order.shop.source, order_number=order.number)
    return list(rows.select_related("person").order_by("ordered_on", "kind", "pk")[:200])


def order_of_line(line: OrderLine) -> ShopOrder | None:
    """The order of a shop that a line came from."""
    rows = ShopOrder.objects.filter(shop__source=line.source, number=line.order_number)
    return rows.select_related("shop", "attribution__person").first()


def order_by_number(shop: Shop, number: str) -> ShopOrder | None:
    """The order of a shop with this number, as people write it: with or without a mark before."""
    wanted = number.strip()
    rows = ShopOrder.objects.known().filter(shop=shop)
    return rows.filter(number__in={wanted, wanted.removeprefix("#")}).exclude(number="").first()


def rivals(claim: Claim) -> list[Claim]:
    """Open claims of others on the same order."""
    rows = Claim.objects.filter(order=claim.order_id, state=ClaimState.OPEN)
    return list(rows.exclude(person=claim.person_id).select_related("person")[:20])


def messages_of(order: ShopOrder) -> list[Delivery]:
    """What the shop said of an order, the latest first."""
    rows = Delivery.objects.filter(outcome__order=order).defer("body").select_related("outcome")
    return list(rows.order_by("-pk")[:50])


def claims_to_decide(person: Person, on: date) -> QuerySet[Claim]:
    """Open claims of the people below a person."""
    below = ReportingPath.objects.on(on).filter(ancestor=person).values("descendant")
    return Claim.objects.filter(state=ClaimState.OPEN, person__in=below)


def attention(person: Person, as_of: date) -> list[Attention | Waiting]:
    """What of shops and claims waits for a person."""
    found: list[Attention | Waiting] = [Waiting(claims_to_decide(person, as_of), _claims)]
    if access.may_keep_shops(person):
        refused = Delivery.objects.filter(outcome__state=OutcomeState.REFUSED)
        troubled = ShopOrder.objects.exclude(problem="")
        found.append(Waiting(refused.values("pk").union(troubled.values("pk"), all=True), _stopped))
    if access.may_assign(person):
        found.append(Waiting(unlinked(ShopOrder.objects.visible_to(person).known()), _nobodys))
    return found


def _claims(count: int) -> Attention:
    text = ngettext(
        "%(count)s claim of an order waits for you.",
        "%(count)s claims of orders wait for you.",
        count,
    )
    url = f"{reverse('shops:claims')}?claims-is-state=open"
    return Attention(text % {"count": count}, url, "gavel", 60)


def _stopped(count: int) -> Attention:
    text = ngettext(
        "%(count)s message or order of a shop could not be taken in.",
        "%(count)s messages or orders of shops could not be taken in.",
        count,
    )
    return Attention(text % {"count": count}, reverse("shops:list"), "alert-triangle", 70)


def _nobodys(count: int) -> Attention:
    text = ngettext(
        "%(count)s order of a shop is nobody's yet.",
        "%(count)s orders of shops are nobody's yet.",
        count,
    )
    url = f"{reverse('shops:orders')}?orders-is-whose=nobody"
    return Attention(text % {"count": count}, url, "user-question", 40)


def shop_choices(person: Person) -> list[tuple[str, str]]:
    rows = Shop.objects.visible_to(person)
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]
