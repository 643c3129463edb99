"""Setting up shops, their secrets, and stopping them."""

from __future__ import annotations

import json
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from paceline.kernel import audit, jobs, sealed
from paceline.live import actions as live
from paceline.orders.models import OrderLine
from paceline.orders.shops import connectors
from paceline.orders.shops.models import (
    Delivery,
    SecretUse,
    Shop,
    ShopKind,
    ShopSecret,
    ShopStop,
    StopKind,
)
from paceline.org.models import Person, Team

PURPOSE = "shop secret"
# A replaced signing secret is still accepted so long: Shopify takes an hour, people a day.
OVERLAP = timedelta(hours=24)


class NameTaken(Exception):
    """Another shop has this name or sales system. ``field`` says which."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class SecretMissing(Exception):
    """This kind of shop makes its secret itself; it has to be typed in."""


class ShopStopped(Exception):
    """The shop is stopped already, or has ended."""


@dataclass(frozen=True, slots=True)
class NewShop:
    """What is said of a shop when it is added."""

    kind: ShopKind
    name: str
    source: str
    currency: str
    time_zone: str
    address: str = ""
    team: Team | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def add_shop(*, new: NewShop, secret: str = "", by: Person, at: datetime) -> tuple[Shop, str]:
    """Add a shop; returns it and its signing secret, which is shown this once.

    Raises ``NameTaken`` and ``SecretMissing``.
    """
    if Shop.objects.filter(name=new.name).exists():
        raise NameTaken("name")
    if Shop.objects.filter(source=new.source).exists():
        raise NameTaken("source")
    shop = Shop(
        kind=new.kind,
        name=new.name,
        source=new.source,
        key=random.token_urlsafe(24),
        address=new.address.rstrip("/"),
        currency=new.currency,
        time_zone=new.time_zone,
        team=new.team,
        options=dict(new.options),
        set_up_by=by,
        set_up_at=at,
    )
    try:
        with transaction.atomic():
            shop.save()
    except IntegrityError as error:  # somebody was quicker
        raise NameTaken("name") from error
    connector = connectors.of(shop)
    if connector is not None:
        if connector.gives_secret and not secret:
            raise SecretMissing(shop.kind)
        secret = secret or connector.make_secret()
        _keep_secret(shop, SecretUse.SIGNING, secret, by, at)
    told = ("kind", "name", "source", "address", "currency", "time_zone", "team_id")
    after = {name: getattr(shop, name) for name in told}
    audit.record("shop_added", subject=shop, by=by, at=at, after=after)
    live.publish("shops", "added")
    return shop, secret


@transaction.atomic
def renew_secret(*, shop: Shop, secret: str = "", by: Person, at: datetime) -> str:
    """Replace the signing secret; the old one is accepted for a day more. Returns the new one.

    Raises ``SecretMissing``.
    """
    connector = connectors.of(shop)
    if connector is None or (connector.gives_secret and not secret):
        raise SecretMissing(shop.kind)
    secret = secret or connector.make_secret()
    _end_secrets(shop, SecretUse.SIGNING, at + OVERLAP)
    _keep_secret(shop, SecretUse.SIGNING, secret, by, at)
    audit.record("shop_secret_renewed", subject=shop, by=by, at=at)
    return secret


@transaction.atomic
def set_access(*, shop: Shop, access: Mapping[str, str], by: Person, at: datetime) -> None:
    """Keep what is needed to ask the shop: tokens, keys, passwords. They are never shown again."""
    _end_secrets(shop, SecretUse.ASKING, at)
    _keep_secret(shop, SecretUse.ASKING, json.dumps(dict(access), sort_keys=True), by, at)
    audit.record("shop_access_set", subject=shop, by=by, at=at, after={"fields": sorted(access)})


def _keep_secret(shop: Shop, use: SecretUse, secret: str, by: Person, at: datetime) -> None:
    ShopSecret.objects.create(
        shop=shop, use=use, sealed=sealed.seal(secret, purpose=PURPOSE), made_by=by, made_at=at
    )


def _end_secrets(shop: Shop, use: SecretUse, ends_at: datetime) -> None:
    Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    ShopSecret.objects.filter(shop=shop, use=use, ends_at__isnull=True).update(ends_at=ends_at)


def signing_secrets(shop: Shop, at: datetime) -> list[str]:
    """The secrets that are good now, the newest first."""
    good = shop.secrets.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), use=SecretUse.SIGNING)
    return [sealed.unseal(one.sealed, purpose=PURPOSE) for one in good.order_by("-id")]


def access_to(shop: Shop) -> dict[str, str]:
    """What is needed to ask the shop; empty when nothing was given."""
    kept = shop.secrets.filter(use=SecretUse.ASKING, ends_at__isnull=True).first()
    if kept is None:
        return {}
    found: dict[str, str] = json.loads(sealed.unseal(kept.sealed, purpose=PURPOSE))
    return found


@transaction.atomic
def stop_shop(*, shop: Shop, kind: StopKind, reason: str, by: Person, at: datetime) -> ShopStop:
    """Pause a shop, whose messages then wait, or end it. Raises ``ShopStopped``."""
    Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    standing = ShopStop.objects.filter(shop=shop, lifted_at__isnull=True).first()
    if standing is not None:
        if standing.kind == StopKind.ENDED or kind == StopKind.PAUSED:
            raise ShopStopped(shop)
        standing.lifted_by, standing.lifted_at = by, at
        standing.save(update_fields=["lifted_by", "lifted_at"])
    stop = ShopStop.objects.create(shop=shop, kind=kind, reason=reason, by=by, at=at)
    audit.record(f"shop_{kind}", subject=shop, by=by, at=at, reason=reason)
    live.publish_all(["shops", f"shop:{shop.pk}"], "stopped")
    return stop


@transaction.atomic
def resume_shop(*, shop: Shop, by: Person, at: datetime) -> int:
    """Take in again; returns how many messages waited. Raises ``ShopStopped`` if it has ended."""
    Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    stop = ShopStop.objects.filter(shop=shop, lifted_at__isnull=True).first()
    if stop is None or stop.kind == StopKind.ENDED:
        raise ShopStopped(shop)
    stop.lifted_by, stop.lifted_at = by, at
    stop.save(update_fields=["lifted_by", "lifted_at"])
    waiting = Delivery.objects.filter(shop=shop, outcome__isnull=True).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True))
    for delivery_id in ids:
        jobs.enqueue("shops.take", delivery_id=delivery_id)
    audit.record("shop_resumed", subject=shop, by=by, at=at, after={"waiting": len(ids)})
    live.publish_all(["shops", f"shop:{shop.pk}"], "resumed")
    return len(ids)


def has_lines_of_others(source: str) -> bool:
    """Whether lines of this sales system are known already, from files: they would be continued."""
    return OrderLine.objects.filter(source=source).exists()
