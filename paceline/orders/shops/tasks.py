"""What happens after a shop was answered."""

from __future__ import annotations

from django.utils import timezone

from paceline.kernel import jobs
from paceline.orders.shops import actions
from paceline.orders.shops.models import Delivery


@jobs.task(name="shops.take")
def take(delivery_id: int) -> None:
    delivery = Delivery.objects.select_related("shop").get(pk=delivery_id)
    actions.take(delivery=delivery, at=timezone.now())
