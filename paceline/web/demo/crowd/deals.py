"""Deals at every stage, with what is sold, who shares in them, and the way that they went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from django.db.models import Max

from paceline.crm.actions.boards import GAP
from paceline.crm.models import Deal, Reach, StageKind
from paceline.crm.models import Stage as DealStage
from paceline.web.demo.crowd import copying
from paceline.web.demo.crowd.customers import Buyer

_DEAL = (
    "id", "team_id", "owner_id", "reach", "source", "source_detail", "custom", "version",
    "created_by_id", "created_at", "changed_at", "pipeline_id", "stage_id", "board_rank", "title",
    "company_id", "contact_id", "amount", "currency", "expected_close_on", "next_step",
    "next_step_on", "entered_at", "closed_on", "lost_reason_id", "lost_note", "has_no_competitor",
)  # fmt: skip
# Of a hundred deals: open ones by stage, won ones, lost ones.
GOALS = (0, 1, 2, 3, 4, 5)
WEIGHTS = (16, 14, 10, 5, 35, 20)
DISCOUNTS = (Decimal(0), Decimal(0), Decimal("0.05"), Decimal("0.1"))
OPEN_DAYS, CLOSED_DAYS = 90, 700


@dataclass(slots=True)
class Way:
    """A deal under way: where it stands, and each stage that it came to, when."""

    pk: int
    buyer: Buyer
    owner: int
    stages: list[tuple[DealStage, datetime]]
    lines: list[tuple[str, Decimal, Decimal, Decimal, Decimal]]

    @property
    def stage(self) -> DealStage:
        return self.stages[-1][0]

    @property
    def entered_at(self) -> datetime:
        return self.stages[-1][1]

    @property
    def amount(self) -> Decimal:
        return sum((line[-1] for line in self.lines), Decimal(0))


def bring_in(buyers: list[Buyer], count: int, until: datetime, random: Random) -> list[Way]:
    """So many deals with customers of the crowd."""
    first = copying.draw("crm_deal", count)
    step = max(1, len(buyers) // max(count, 1))
    ways = [
        _way(first + place, buyers[place * step % len(buyers)], until, random)
        for place in range(count)
    ]
    _write_deals(ways, until)
    _write_lines(ways)
    _write_contributors(ways)
    _write_moves(ways)
    copying.take_stock("crm_deal", "crm_dealline", "crm_dealcontributor", "crm_stagechange")
    return ways


def _way(pk: int, buyer: Buyer, until: datetime, random: Random) -> Way:
    desk = buyer.desk
    goal = random.choices(GOALS, WEIGHTS)[0]
    is_open = goal < len(desk.stages) - 2
    begun = until - timedelta(
        minutes=int(1440 * (3 + random.random() * (OPEN_DAYS if is_open else CLOSED_DAYS)))
    )
    numbers = list(range(goal + 1)) if goal != 5 else [*range(1 + int(random.random() * 4)), 5]
    if random.random() < 0.06 and len(numbers) > 2:
        numbers[2:2] = [0, 1]  # a step back, and forwards again
    at, stages = begun, []
    for number in numbers:
        stages.append((desk.stages[number], at))
        at = min(at + timedelta(minutes=int(60 + random.random() * 9 * 1440)), until)
    return Way(pk, buyer, buyer.owner or desk.seller(pk), stages, _lines_of(buyer, random))


def _lines_of(buyer: Buyer, random: Random) -> list[tuple[str, Decimal, Decimal, Decimal, Decimal]]:
    market, found = buyer.desk.market, []
    for _line in range(1 + int(random.random() * 3)):
        product = random.choice(market.products)
        quantity, discount = Decimal(random.choice((5, 10, 20, 50, 80))), random.choice(DISCOUNTS)
        amount = (product.price * quantity * (1 - discount)).quantize(market.cents, ROUND_HALF_UP)
        found.append((product.name, quantity, product.price, discount, amount))
    return found


def _write_deals(ways: list[Way], until: datetime) -> None:
    pipelines = {one.buyer.desk.pipeline.pk for one in ways}
    standing = Deal.objects.filter(pipeline__in=pipelines).order_by().values_list("stage")
    ranks: dict[int, int] = defaultdict(int, standing.annotate(last=Max("board_rank")))
    copying.write("crm_deal", _DEAL, (_deal(one, until, ranks) for one in ways))


def _deal(one: Way, until: datetime, ranks: dict[int, int]) -> tuple[Any, ...]:
    buyer, desk, stage = one.buyer, one.buyer.desk, one.stage
    company, contact = buyer.holder
    ranks[stage.pk] += GAP
    is_open = stage.kind == StageKind.OPEN
    chance = one.pk * 31 % 100
    step = desk.step(one.pk) if is_open and chance < 80 else ""
    title = f"{one.lines[0][0]} × {one.lines[0][1]}"
    return (
        one.pk, desk.team_id, one.owner, Reach.TEAM.value, "chat", "",
        copying.document(desk.custom("deal", one.pk)), 1, one.owner, one.stages[0][1],
        one.entered_at, desk.pipeline.pk, stage.pk, ranks[stage.pk], title, company, contact,
        one.amount, desk.currency,
        (until + timedelta(days=one.pk % 60 - 10)).date() if is_open else None, step,
        (until + timedelta(days=one.pk % 18 - 4)).date() if step else None, one.entered_at,
        None if is_open else one.entered_at.date(),
        desk.reasons[one.pk % len(desk.reasons)] if stage.kind == StageKind.LOST else None, "",
        chance < 10,
    )  # fmt: skip


def _write_lines(ways: list[Way]) -> None:
    columns = ("deal_id", "product", "quantity", "price", "discount", "amount", "rank")
    copying.write(
        "crm_dealline",
        columns,
        ((one.pk, *line, rank) for one in ways for rank, line in enumerate(one.lines)),
    )


def _write_contributors(ways: list[Way]) -> None:
    """A fifth of the deals are sold by two."""

    def rows() -> Iterator[tuple[Any, ...]]:
        for one in ways:
            others = [seller.pk for seller in one.buyer.desk.sellers if seller.pk != one.owner]
            if not others or one.pk % 5:
                yield (one.pk, one.owner, "owner", Decimal(1))
                continue
            yield (one.pk, one.owner, "owner", Decimal("0.7"))
            yield (one.pk, others[one.pk // 5 % len(others)], "co_seller", Decimal("0.3"))

    copying.write("crm_dealcontributor", ("deal_id", "person_id", "kind", "share"), rows())


def _write_moves(ways: list[Way]) -> None:
    def rows() -> Iterator[tuple[Any, ...]]:
        for one in ways:
            before = None
            for place, (stage, at) in enumerate(one.stages):
                is_last = place + 1 == len(one.stages)
                left = None if is_last else one.stages[place + 1][1]
                yield (one.pk, before, stage.pk, at, one.owner, left)
                before = stage.pk

    columns = ("deal_id", "from_stage_id", "to_stage_id", "at", "by_id", "left_at")
    copying.write("crm_stagechange", columns, rows())
