"""The Taipei shop: money that comes in weeks later, service that is scored, streams with hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from paceline.goals import actions as goals
from paceline.goals.models import FigureKind, Quota, Unit
from paceline.kernel.periods import month_after
from paceline.org.models import Role
from paceline.web.demo import papers
from paceline.web.demo.calendar import Quarter, months_before
from paceline.web.demo.papers import Paper
from paceline.web.demo.sales import Line
from paceline.web.demo.stage import BEGAN, CAUGHT_UP, SEED, Stage
from paceline.web.demo.teams.plans import PayPlan, positions, teams

PLANS = (
    PayPlan("taipei-shop", positions("chat-seller", "live-host")),
    PayPlan("taipei-channel", positions("channel-seller")),
    PayPlan("taipei-assortment", positions("channel-seller")),
    PayPlan("taipei-team-goal", teams("taipei-brand")),
    PayPlan("taipei-chat-card", positions("chat-seller")),
    PayPlan("taipei-live-pool", positions("live-host")),
)
KINDS = (
    ("inquiry-conversion", "詢問成交率", Unit.PERCENT),
    ("first-reply", "首次回覆時間（秒）", Unit.QUANTITY),
    ("satisfaction", "顧客滿意度", Unit.QUANTITY),
    ("stream-hours", "直播時數", Unit.QUANTITY),
)
# What product lines pay on top: category, channel (any, if empty), from which sales on, and rate.
PREMIUMS = (
    ("寢具", "", 0, "0.2%"),
    ("寢具", "", 400_000, "0.4%"),
    ("廚房家電", "", 0, "0.1%"),
    ("食品", "企業採購", 0, "0.3%"),
    ("食品", "企業採購", 150_000, "0.6%"),
    ("保養", "購物平台", 0, "0.2%"),
)
RAISED = ("寢具", "", 0, "0.3%"), ("寢具", "", 400_000, "0.5%")
MONTHS = 13
NEVER_PAID = 40  # one in so many company orders


def shipped_on(line: Line) -> date:
    return line.day + timedelta(days=1 + _count(line) % 3)


def paid_on(line: Line) -> date | None:
    """Shops are paid at once, marketplaces settle after weeks, companies later or never."""
    count = _count(line)
    if line.channel == "購物平台":
        return line.day + timedelta(days=18 + count % 14)
    if line.channel == "企業採購":
        return line.day + timedelta(days=30 + count % 35) if count % NEVER_PAID else None
    return line.day + timedelta(days=count % 2)


def _count(line: Line) -> int:
    """A number that an order has for good."""
    return int(line.order[-4:]) + line.day.day


def bring_in_figures(stage: Stage) -> None:
    """The service desk's and the studio's monthly sheet, and one figure that was mended by hand."""
    by = stage.acting(Role.COMPENSATION)
    for name, label, unit in KINDS:
        goals.add_figure_kind(name=name, label=label, unit=unit, by=by, at=stage.at(BEGAN - 1, 10))
    header = ("員工編號", "指標", "月份", "數值")
    path = papers.write(Paper("utf-8-sig"), stage.folder / "taipei-kpi", header, _figures(stage))
    stage.bring_in("figures", path, by=by, at=stage.at(BEGAN - 1, 13))
    _mend_one(stage)


def _figures(stage: Stage) -> Iterator[tuple[object, ...]]:
    random = Random(f"{SEED} figures")  # noqa: S311
    for month in months_before(stage.calendar.as_of, MONTHS):
        last = month_after(month) - timedelta(days=1)
        for member in stage.cast.sellers_of("taipei-chat", last):
            rate = 40 + 10 * member.skill + random.uniform(-6, 9)
            yield member.number, "詢問成交率", f"{month:%Y-%m}", f"{rate:.1f}%"
            reply = 34 - 12 * member.skill + random.uniform(-6, 10)
            yield member.number, "首次回覆時間（秒）", f"{month:%Y-%m}", f"{reply:.0f}"
            score = min(5.0, 3.7 + 0.6 * member.skill + random.uniform(-0.3, 0.5))
            yield member.number, "顧客滿意度", f"{month:%Y-%m}", f"{score:.2f}"
        for member in stage.cast.sellers_of("taipei-live", last):
            yield member.number, "直播時數", f"{month:%Y-%m}", f"{random.randint(120, 200) / 2:.1f}"


def bring_in_premiums(stage: Stage) -> None:
    """The table by which product lines pay more; bedding's rates were raised a quarter ago."""
    first, raised = stage.calendar.quarters[0], stage.calendar.last_closed
    rows = [
        ("taipei-assortment", *row, quarter.starts_on)
        for quarter, found in ((first, PREMIUMS), (raised, RAISED))
        for row in found
    ]
    header = ("費率表", "類別", "通路", "起點", "比率", "開始日期")
    path = papers.write(Paper("utf-8-sig"), stage.folder / "taipei-premiums", header, rows)
    by = stage.acting(Role.COMPENSATION)
    stage.bring_in("rate_rows", path, by=by, at=stage.at(BEGAN - 1, 14, 50))


def bring_in_team_goal(stage: Stage) -> None:
    """The channel sellers' goal: what all of them are asked for, in round figures."""
    step = Decimal(100_000)
    rows = [
        ("taipei-brand", "team-sales", quarter.key, asked - asked % step or step, "TWD")
        for quarter in stage.calendar.quarters
        if (asked := _asked_together(stage, "taipei-brand", quarter))
    ]
    header = ("團隊代碼", "指標", "季度", "目標", "幣別")
    path = papers.write(Paper("utf-8-sig"), stage.folder / "taipei-team-goal", header, rows)
    by = stage.acting(Role.COMPENSATION)
    stage.bring_in("team_quotas", path, by=by, at=stage.at(BEGAN - 1, 14, 30))


def _asked_together(stage: Stage, team: str, quarter: Quarter) -> Decimal:
    last = min(quarter.ends_before, stage.calendar.as_of) - timedelta(days=1)
    numbers = [member.number for member in stage.cast.sellers_of(team, last)]
    quotas = Quota.objects.standing().filter(person__number__in=numbers, measure="sales")
    return sum(
        quotas.during(quarter.starts_on, quarter.ends_before).values_list("amount", flat=True),
        Decimal(0),
    )


def _mend_one(stage: Stage) -> None:
    """A complaint had been filed under the wrong colleague."""
    last = stage.calendar.last_closed.ends_before - timedelta(days=1)
    person = stage.person(stage.cast.sellers_of("taipei-chat", last)[0])
    kind = FigureKind.objects.get(name="satisfaction")
    goals.enter_figures(
        entries=[goals.Entry(person, kind, last, Decimal("4.85"))],
        reason="九月一則客訴誤植於此人，已與客服主管核對更正。",
        by=stage.acting(Role.COMPENSATION),
        at=stage.at(CAUGHT_UP + 1, 11),
    )
