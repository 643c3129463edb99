"""The kinds of shop: how each signs what it says, how that is read, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from paceline.kernel.standard_webhooks import new_secret
from paceline.orders.shops import signing
from paceline.orders.shops.asking import Asker, Pause
from paceline.orders.shops.facts import Reading, Unreadable
from paceline.orders.shops.models import Shop, ShopKind
from paceline.orders.shops.shopify import asking as shopify_asking
from paceline.orders.shops.shopify import envelope as shopify
from paceline.orders.shops.shopify import reading as shopify_reading
from paceline.orders.shops.signing import Headers, Message
from paceline.orders.shops.webhook import envelope as webhook
from paceline.orders.shops.webhook import reading as webhook_reading
from paceline.orders.shops.woocommerce import asking as woocommerce_asking
from paceline.orders.shops.woocommerce import envelope as woocommerce
from paceline.orders.shops.woocommerce import reading as woocommerce_reading

Opener = Callable[[Headers, bytes, Sequence[str], datetime], Message]


class Asking(Protocol):
    """The module of a connector that asks its shops; ``TOPIC`` is that of what orders say."""

    TOPIC: str

    def connected(
        self, address: str, access: Mapping[str, str], pause: Pause
    ) -> AbstractContextManager[Asker]: ...

    def changed_orders(self, asker: Asker, since: datetime) -> Iterator[Mapping[str, Any]]: ...

    def one_order(self, asker: Asker, order_id: str) -> Mapping[str, Any]: ...

    def refunds_of(
        self, asker: Asker, order_id: str, /
    ) -> tuple[str, Mapping[str, Any]] | None: ...


def _no_greeting(_headers: Headers, _body: bytes) -> bool:
    return False


def _any_shop(_headers: Headers, _address: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Connector:
    """``open_message`` raises ``signing.Untrusted``; ``read`` raises ``facts.Unreadable``.

    ``greets``: a message that only tries whether the address answers. ``is_from``: whether the
    shop that the envelope names, if it names one, is the one at ``Shop.address``. ``gives_secret``:
    the secret is made in the shop and typed in here; otherwise ``make_secret`` makes it here.
    ``asking`` asks the shop over its API, where it has one.
    """

    open_message: Opener
    read: Callable[[str, bytes, str], Reading]
    greets: Callable[[Headers, bytes], bool] = _no_greeting
    is_from: Callable[[Headers, str], bool] = _any_shop
    gives_secret: bool = False
    make_secret: Callable[[], str] = new_secret
    asking: Asking | None = None


CONNECTORS = {
    ShopKind.SHOPIFY: Connector(
        shopify.open_message,
        shopify_reading.read,
        is_from=shopify.is_from,
        gives_secret=True,
        asking=shopify_asking,
    ),
    ShopKind.WOOCOMMERCE: Connector(
        woocommerce.open_message,
        woocommerce_reading.read,
        greets=woocommerce.greets,
        make_secret=woocommerce.make_secret,
        asking=woocommerce_asking,
    ),
    ShopKind.WEBHOOK: Connector(webhook.open_message, webhook_reading.read),
}


def of(shop: Shop) -> Connector | None:
    """None for shops that send no messages."""
    return CONNECTORS.get(ShopKind(shop.kind))


def read(shop: Shop, topic: str, body: bytes) -> Reading:
    """What a message of a shop holds. Raises ``facts.Unreadable``."""
    connector = of(shop)
    if connector is None:
        raise Unreadable("takes_no_messages")
    return connector.read(topic, body, shop.currency)


def open_message(
    shop: Shop, headers: Headers, body: bytes, secrets: Sequence[str], at: datetime
) -> Message:
    """The envelope of a message that is really the shop's. Raises ``signing.Untrusted``."""
    connector = of(shop)
    if connector is None:
        raise signing.Untrusted("takes_no_messages")
    message = connector.open_message(headers, body, secrets, at)
    if not connector.is_from(headers, shop.address):
        raise signing.Untrusted("other_shop")
    return message
