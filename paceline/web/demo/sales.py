"""Two years of orders: who sold what to whom on which day, what came back, who shared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from random import Random

from paceline.web.demo.calendar import Calendar
from paceline.web.demo.cast import Cast, Member
from paceline.web.demo.shops import Market, Product

FAIR_SHARE = Decimal("0.7")


@dataclass(frozen=True, slots=True)
class Line:
    """An order line as the shop's own system knows it; a return names the line it takes back."""

    order: str
    line: str
    day: date
    seller: str
    customer: str
    product: str
    category: str
    channel: str
    territory: str
    quantity: int
    amount: Decimal
    cost: Decimal
    currency: str
    returns: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Part of a line that another person earned with the seller."""

    order: str
    line: str
    person: str
    share: Decimal


@dataclass(slots=True)
class Sales:
    """Everything one market sold."""

    market: Market
    lines: list[Line]
    returns: list[Line]
    shares: list[Share]

    def by_day(self) -> dict[date, Decimal]:
        """Net sales of each day."""
        totals: dict[date, Decimal] = {}
        for line in (*self.lines, *self.returns):
            totals[line.day] = totals.get(line.day, Decimal(0)) + line.amount
        return totals


def sell(market: Market, cast: Cast, calendar: Calendar, random: Random) -> Sales:
    """Make the market's orders, in order of day and order number."""
    sales = Sales(market, [], [], [])
    desk = Desk(market, random)
    for day, count in _counts(market, calendar):
        desk.open(day, cast)
        due = len(sales.lines) + count
        while (left := due - len(sales.lines)) > 0:
            sales.lines += desk.take_order(min(left, random.choice((1, 1, 1, 2, 2, 3))))
    _take_back(sales, calendar, random)
    _share(sales, cast, random)
    return sales


def quarter_scale(market: Market, calendar: Calendar, starts_on: date, ends_before: date) -> float:
    """How many times its sales so far a quarter will have by its end, judged by its seasons."""
    whole, so_far, day = 0.0, 0.0, starts_on
    while day < ends_before:
        weight = market.season.weight(day, calendar.starts_on)
        whole += weight
        if calendar.starts_on <= day < calendar.as_of:
            so_far += weight
        day += timedelta(days=1)
    return whole / so_far if so_far else 1.0


class Desk:
    """One market on one day: sellers at work, the next order number, and customers it knows."""

    def __init__(self, market: Market, random: Random) -> None:
        self._market, self._random = market, random
        self._customers = max(400, market.lines // 6)
        self._products = market.products
        self._products_up_to = list(accumulate(product.weight for product in self._products))
        self._territories = [name for name, _ in market.territories]
        self._territories_up_to = list(accumulate(weight for _, weight in market.territories))
        self._channels = {
            team: ([name for name, _ in found], list(accumulate(weight for _, weight in found)))
            for team, found in market.channels.items()
        }
        # Every price that can occur, computed once: 200,000 lines need no arithmetic of their own.
        self._prices = {
            (product.name, quantity, discount): _amounts(market, product, quantity, discount)
            for product in self._products
            for quantity in range(1, product.most + 1)
            for discount in set(market.discounts)
        }

    def open(self, day: date, cast: Cast) -> None:
        self._day, self._taken = day, 0
        self._sellers = [
            (member, team) for team in self._market.teams for member in cast.sellers_of(team, day)
        ]
        self._sellers_up_to = list(accumulate(member.skill for member, _ in self._sellers))

    def take_order(self, count: int) -> list[Line]:
        random, market = self._random, self._market
        self._taken += 1
        order = f"{market.prefix}{self._day:%y%m%d}-{self._taken:04d}"
        ((member, team),) = random.choices(self._sellers, cum_weights=self._sellers_up_to)
        channels, up_to = self._channels[team]
        (channel,) = random.choices(channels, cum_weights=up_to)
        (territory,) = random.choices(self._territories, cum_weights=self._territories_up_to)
        customer = f"{market.prefix}-{random.randrange(self._customers):05d}"
        lines = []
        for number in range(1, count + 1):
            (product,) = random.choices(self._products, cum_weights=self._products_up_to)
            quantity = random.randint(1, product.most)
            discount = random.choice(market.discounts)
            amount, cost = self._prices[product.name, quantity, discount]
            lines.append(
                Line(
                    order,
                    str(number),
                    self._day,
                    member.number,
                    customer,
                    product.name,
                    product.category,
                    channel,
                    territory,
                    quantity,
                    amount,
                    cost,
                    market.currency,
                )
            )
        return lines


def _amounts(
    market: Market, product: Product, quantity: int, discount: int
) -> tuple[Decimal, Decimal]:
    price = product.price * quantity
    amount = (price * (100 - discount) * Decimal("0.01")).quantize(market.cents, ROUND_HALF_UP)
    cost = (price * product.cost_percent * Decimal("0.01")).quantize(market.cents, ROUND_HALF_UP)
    return amount, cost


def _counts(market: Market, calendar: Calendar) -> Iterator[tuple[date, int]]:
    """How many lines each day has: the market's total spread by season, to the line."""
    days = list(calendar.days())
    up_to = list(accumulate(market.season.weight(day, calendar.starts_on) for day in days))
    done = 0
    for day, reached in zip(days, up_to, strict=True):
        due = int(market.lines * reached / up_to[-1])
        yield day, due - done
        done = due


def _take_back(sales: Sales, calendar: Calendar, random: Random) -> None:
    """Some lines come back within three weeks, whole, with the amounts turned round."""
    market = sales.market
    for line in sales.lines:
        if random.randrange(100) >= market.returns_percent:
            continue
        day = line.day + timedelta(days=random.randint(3, 21))
        if day >= calendar.as_of:
            continue
        sales.returns.append(
            Line(
                f"{line.order}R",
                line.line,
                day,
                line.seller,
                line.customer,
                line.product,
                line.category,
                line.channel,
                line.territory,
                -line.quantity,
                -line.amount,
                -line.cost,
                line.currency,
                (line.order, line.line),
            )
        )
    sales.returns.sort(key=lambda line: (line.day, line.order, line.line))


def _share(sales: Sales, cast: Cast, random: Random) -> None:
    """Where a colleague helped to close, the line is split seventy to thirty."""
    if not sales.market.shared_percent:
        return
    colleagues: dict[tuple[str, date], list[Member]] = {}
    for line in sales.lines:
        if random.randrange(100) >= sales.market.shared_percent:
            continue
        team = cast.members[line.seller].seat_on(line.day).team
        others = colleagues.setdefault((team, line.day), cast.sellers_of(team, line.day))
        helper = random.choice(others).number
        if helper == line.seller:
            continue
        sales.shares.append(Share(line.order, line.line, line.seller, FAIR_SHARE))
        sales.shares.append(Share(line.order, line.line, helper, 1 - FAIR_SHARE))
