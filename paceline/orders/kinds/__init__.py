"""What the shop's files bring: order lines, returns, their days, shares of lines, owners, exchange rates."""

from __future__ import annotations

from paceline.imports import kinds
from paceline.orders.kinds.dates import LINE_DATES
from paceline.orders.kinds.lines import ORDER_LINES
from paceline.orders.kinds.owners import OWNERS
from paceline.orders.kinds.rates import EXCHANGE_RATES
from paceline.orders.kinds.returns import RETURNS
from paceline.orders.kinds.shares import LINE_SHARES


def register_kinds() -> None:
    for kind in (ORDER_LINES, RETURNS, LINE_DATES, LINE_SHARES, OWNERS, EXCHANGE_RATES):
        kinds.register(kind)
