"""Bringing in what was sold: rates, order lines, returns and shares, file by file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from paceline.imports.mapping import Source
from paceline.org.models import Role
from paceline.web.demo import papers
from paceline.web.demo.papers import Days
from paceline.web.demo.sales import Sales
from paceline.web.demo.stage import BEGAN, CAUGHT_UP, SEED, UNSENT, Stage
from paceline.web.demo.teams import shanghai, taipei

# Dollars for one unit when the story begins; the day-to-day walk starts here.
DOLLARS = {"TWD": "0.0312", "CNY": "0.1392", "EUR": "1.0870", "JPY": "0.00671"}
PAIRS = (("EUR", "USD"), ("JPY", "USD"), ("CNY", "USD"), ("TWD", "USD"))
INVERSE = (("USD", "CNY"), ("USD", "TWD"))
RATE_STEP = Decimal("0.0000000001")


def bring_in_rates(stage: Stage) -> None:
    """Average rates of every day, weekends included, as the treasurer's sheet has them."""
    header = ("from", "to", "date", "rate")
    path = papers.write(papers.Paper(), stage.folder / "exchange-rates", header, _rates(stage))
    by = stage.acting(Role.COMPENSATION)
    stage.bring_in("exchange_rates", path, by=by, at=stage.at(BEGAN, 11))


def bring_in_history(stage: Stage) -> None:
    """Everything sold until the company took Paceline up."""
    _bring_in(stage, date.min, stage.day(BEGAN), "history", BEGAN - 1)


def bring_in_news(stage: Stage) -> None:
    """What was sold since, but for the last week: its files wait for whoever tries an import."""
    _bring_in(stage, stage.day(BEGAN), stage.day(UNSENT), "news", CAUGHT_UP)
    _bring_in_payments(stage, stage.sales[0], stage.day(BEGAN), stage.day(UNSENT))
    for sales in stage.sales:
        _write_lines(stage, sales, stage.day(UNSENT), date.max, "last-week")
    _write_mistakes(stage, stage.sales[0])


def _write_mistakes(stage: Stage, sales: Sales) -> None:
    """A file as they come on a bad day, for whoever wants to see what an import says of it."""
    good = [line for line in sales.lines if line.day >= stage.day(UNSENT)][:60]
    left = next(member for member in stage.cast.members.values() if member.ends_before)
    changes: dict[int, dict[str, object]] = {
        4: {"seller": "TW999"},
        9: {"seller": left.number},
        15: {"amount": -good[0].amount},
        22: {"currency": "NTX"},
        31: {"product": "=HYPERLINK(1)", "amount": Decimal(0)},
        40: {"day": good[0].day + timedelta(days=40_000)},
    }
    lines = [replace(line, **changes.get(index, {})) for index, line in enumerate(good)]  # type: ignore[arg-type]
    name = stage.folder / f"{sales.market.code}-orders-with-mistakes"
    papers.write_lines([*lines, *lines[1:3]], papers.PAPERS[sales.market.code], name)


def _bring_in(stage: Stage, since: date, before: date, label: str, days_ago: int) -> None:
    by = stage.acting(Role.COMPENSATION, 0)
    for minute, sales in enumerate(stage.sales):
        path = _write_lines(stage, sales, since, before, label)
        source = {"source": Source(constant=sales.market.code)}
        at = stage.at(days_ago, 9, minute)
        stage.bring_in("order_lines", path, by=by, at=at, mapping=source)
    back = [
        (sales.market.code, line)
        for sales in stage.sales
        for line in sales.returns
        if since <= line.day < before
    ]
    path = papers.write_returns(back, stage.folder / f"returns-{label}")
    stage.bring_in("returns", path, by=by, at=stage.at(days_ago, 10))
    for sales in stage.sales:
        sold = {(line.order, line.line) for line in sales.lines if since <= line.day < before}
        shares = [share for share in sales.shares if (share.order, share.line) in sold]
        if shares:
            path = papers.write_shares(shares, stage.folder / f"{sales.market.code}-shares-{label}")
            source = {"source": Source(constant=sales.market.code)}
            at = stage.at(days_ago, 10, 30)
            stage.bring_in("line_shares", path, by=by, at=at, mapping=source)


def _write_lines(stage: Stage, sales: Sales, since: date, before: date, label: str) -> Path:
    code = sales.market.code
    is_old_system = code == "taipei" and label == "history"
    paper = papers.TAIPEI_OLD if is_old_system else papers.PAPERS[code]
    lines = (line for line in sales.lines if since <= line.day < before)
    days = _days(stage, code, min(before, stage.calendar.as_of))
    return papers.write_lines(lines, paper, stage.folder / f"{code}-orders-{label}", days)


def _days(stage: Stage, market: str, exported_on: date) -> Days:
    """What a market's system knows of a line on the day of its export besides the order's day."""

    def known(day: date | None) -> date | None:
        return day if day is not None and day < exported_on else None

    if market == "taipei":
        return Days(
            ("出貨日期", "付款日期"),
            lambda line: (known(taipei.shipped_on(line)), known(taipei.paid_on(line))),
        )
    if market == "shanghai":
        return Days(
            ("退货截止日", shanghai.TEACHER),
            lambda line: (shanghai.final_on(line), shanghai.teacher_of(stage, line)),
        )
    return papers.NO_DAYS


def _bring_in_payments(stage: Stage, sales: Sales, since: date, before: date) -> None:
    """What the bank saw since: payments of orders that were brought in unpaid."""
    rows = sorted(
        {
            (line.order, paid)
            for line in sales.lines
            if line.day < since
            and (paid := taipei.paid_on(line)) is not None
            and since <= paid < before
        }
    )
    header = ("訂單編號", "付款日期")
    path = papers.write(papers.Paper(), stage.folder / "taipei-payments-news", header, rows)
    source = {"source": Source(constant=sales.market.code)}
    by, at = stage.acting(Role.COMPENSATION), stage.at(CAUGHT_UP, 10, 20)
    stage.bring_in("line_dates", path, by=by, at=at, mapping=source)


def _rates(stage: Stage) -> Iterator[tuple[object, ...]]:
    """A gentle random walk; the same for every start on the same day."""
    random = Random(f"{SEED} rates")  # noqa: S311
    dollars = {currency: Decimal(value) for currency, value in DOLLARS.items()}
    day = stage.calendar.starts_on
    while day < stage.calendar.as_of + timedelta(days=1):
        for currency, value in dollars.items():
            change = Decimal(random.randint(-28, 28)).scaleb(-4)
            pull = (Decimal(DOLLARS[currency]) - value) * Decimal("0.01")
            dollars[currency] = (value * (1 + change) + pull).quantize(RATE_STEP)
        for base, quote in PAIRS:
            yield base, quote, day, dollars[base]
        for base, quote in INVERSE:
            yield base, quote, day, (1 / dollars[quote]).quantize(RATE_STEP)
        day += timedelta(days=1)
