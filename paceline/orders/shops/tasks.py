"""What happens after a shop was answered, and what is asked of shops every night."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from paceline.kernel import jobs
from paceline.orders.shops import actions, asking
from paceline.orders.shops.models import AttributionRule, Delivery, Shop, ShopOrder


@jobs.task(name="shops.take")
def take(delivery_id: int) -> None:
    delivery = Delivery.objects.select_related("shop").get(pk=delivery_id)
    actions.take(delivery=delivery, at=timezone.now())


@jobs.task(name="shops.decide_by_rule")
def decide_by_rule(rule_pk: int) -> None:
    rule = AttributionRule.objects.get(pk=rule_pk)
    actions.decide_by_rule(rule=rule, at=timezone.now())


@jobs.task(name="shops.decide_by_time")
def decide_by_time(shop_pk: int, starts_at: str, ends_at: str) -> None:
    actions.decide_by_time(
        shop=Shop.objects.get(pk=shop_pk),
        starts_at=datetime.fromisoformat(starts_at),
        ends_at=datetime.fromisoformat(ends_at),
        at=timezone.now(),
    )


@jobs.task(name="shops.compare", queue_name="slow")
def compare(shop_pk: int) -> None:
    actions.compare(shop=Shop.objects.get(pk=shop_pk), at=timezone.now())


@jobs.every("23 18 * * *", name="shops.compare_all")
def compare_all(timestamp: int) -> None:  # noqa: ARG001 - the queue's own argument
    """Every night (of Taipei and Shanghai), each shop in a job of its own."""
    for shop in actions.shops_to_compare():
        jobs.enqueue("shops.compare", lock=f"shops.compare:{shop.pk}", shop_pk=shop.pk)


@jobs.every("30 19 * * *", name="shops.empty_old_messages")
def empty_old_messages(timestamp: int) -> None:  # noqa: ARG001 - the queue's own argument
    """Every night (of Taipei and Shanghai)."""
    actions.empty_old_messages(at=timezone.now())


@jobs.task(name="shops.look", queue_name="slow")
def look(shop_pk: int) -> None:
    shop = Shop.objects.select_related("set_up_by").get(pk=shop_pk)
    actions.look_for_files(shop=shop, at=timezone.now())


@jobs.every("*/5 * * * *", name="shops.look_all")
def look_all(timestamp: int) -> None:  # noqa: ARG001 - the queue's own argument
    for shop in actions.shops_with_files():
        jobs.enqueue("shops.look", lock=f"shops.look:{shop.pk}", shop_pk=shop.pk)


@jobs.task(name="shops.ask_order", queue_name="slow")
def ask_order(shop_pk: int, order_id: str) -> None:
    """What the shop does not answer now, the next comparison brings."""
    shop = Shop.objects.get(pk=shop_pk)
    try:
        actions.ask_order(shop=shop, order_id=order_id, at=timezone.now())
    except asking.AskingFailed as error:
        actions.note_failure(shop=shop, failure=error, at=timezone.now())


@jobs.task(name="shops.ask_refunds", queue_name="slow")
def ask_refunds(order_pk: int) -> None:
    order = ShopOrder.objects.select_related("shop").get(pk=order_pk)
    try:
        actions.ask_refunds(order=order, at=timezone.now())
    except asking.AskingFailed as error:
        actions.note_failure(shop=order.shop, failure=error, at=timezone.now())
