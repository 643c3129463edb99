"""Clawback: what an event takes back of what its line earned originally (S9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from paceline.engine.plan.settlement_model import Clawback
from paceline.engine.settlement.account import Account, Cause, Place
from paceline.engine.settlement.books import Books
from paceline.engine.settlement.opening import Row

ZERO = Decimal(0)


@dataclass(frozen=True)
class TakenBack:
    """One clawback, linked to the original earning of one payee on one line.

    What the line did not earn itself goes back to what the component earned in the line's `period`.
    """

    event: Row
    payee: str
    component: str
    original: Decimal
    amount: Decimal
    rule: Clawback
    period: date | None = None


def find_clawbacks(books: Books) -> list[TakenBack]:
    """Every clawback of events up to the end of the period that earlier settlements have not made.

    Whoever earned on the line is found in what it earned at the time; later moves do not matter.
    """
    done = {row["event_id"] for row in books.rows["earlier_clawbacks"]}
    taken: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in books.rows["earlier_clawbacks"]:
        taken[row["line_id"], row["payee_id"], row["component"]] += row["amount"]
    found: list[TakenBack] = []
    for event in sorted(
        books.rows["line_events"], key=lambda row: (row["happened_on"], row["event_id"])
    ):
        if event["event_id"] in done or event["happened_on"] >= books.period.ends_before:
            continue
        for one in _of_event(books, event):
            key = (event["line_id"], one.payee, one.component)
            # A re-rating may reach other lines' tiers; anything else takes at most what was earned.
            most = one.amount if one.rule.amount == "re-rated" else one.original - taken[key]
            amount = max(ZERO, min(one.amount, most))
            taken[key] += amount
            found.append(replace(one, amount=amount))
    return [one for one in found if one.amount]


def _of_event(books: Books, event: Row) -> Iterator[TakenBack]:
    rule = next((one for one in books.rules.clawbacks if one.on == event["kind"]), None)
    lines = books.of("line_earnings", event["line_id"], "line_id")
    if rule is None:
        books.note("", "clawback_not_stated", event["event_id"], books.rules.clause)
        return
    beyond = _beyond_lines(books, event, lines) if rule.amount == "re-rated" else []
    if not lines and not beyond:
        detail = f"which event {event['event_id']} is about"
        books.refuse("line_earnings_missing", "line_earnings", event["line_id"], detail)
        return
    for line in lines:
        days = (event["happened_on"] - line["occurred_on"]).days
        if rule.within_days is not None and days > rule.within_days:
            books.note(line["payee_id"], "clawback_too_late", event["event_id"], rule.clause)
            continue
        if line["earned"] > 0:
            amount = _amount(books, rule, event, line)
            yield TakenBack(
                event, line["payee_id"], line["component"], line["earned"], amount, rule
            )
    yield from _of_rest(books, rule, event, beyond)


def _beyond_lines(books: Books, event: Row, lines: list[Row]) -> list[Row]:
    """What was re-rated and did not earn on the line itself: a bonus whose condition no longer
    holds, a scorecard, the prize of a contest. Each with the line's day.
    """
    told = {(row["payee_id"], row["component"]) for row in lines if row["earned"] > 0}
    days = [row["occurred_on"] for row in lines]
    found: list[Row] = []
    for row in books.of("rerated_earnings", event["event_id"], "event_id"):
        if (row["payee_id"], row["component"]) in told:
            continue
        day = row["occurred_on"] or min(days, default=None)
        if day is None:
            books.refuse("value_missing", "rerated_earnings", event["event_id"], "occurred_on")
            continue
        found.append({**row, "occurred_on": day})
    return found


def _of_rest(books: Books, rule: Clawback, event: Row, rows: list[Row]) -> Iterator[TakenBack]:
    for row in rows:
        payee, days = row["payee_id"], (event["happened_on"] - row["occurred_on"]).days
        if rule.within_days is not None and days > rule.within_days:
            books.note(payee, "clawback_too_late", event["event_id"], rule.clause)
            continue
        less = row["before"] - row["after"]
        period = _period_of(books, row["occurred_on"])
        yield TakenBack(event, payee, row["component"], row["before"], less, rule, period)


def _period_of(books: Books, day: date) -> date:
    """The first day of the settled period in which something was sold, as far as they are known."""
    starts = {row["period_starts_on"] for row in books.rows["earlier_earnings"]}
    starts.add(books.period.starts_on)
    return max((one for one in starts if one <= day), default=day)


def _amount(books: Books, rule: Clawback, event: Row, line: Row) -> Decimal:
    earned: Decimal = line["earned"]
    if rule.amount == "re-rated":
        return _rerated(books, event, line)
    share = event["share"] if event["share"] is not None else Decimal(1)
    if rule.amount == "full" or rule.within_days is None:
        return books.rounding.share(earned, share, 1)
    served = max((event["happened_on"] - line["occurred_on"]).days, 0)
    left = Decimal(rule.within_days - served)
    return books.rounding.share(earned, share * left, rule.within_days)


def _rerated(books: Books, event: Row, line: Row) -> Decimal:
    """The difference of two calculations that were handed in."""
    rows = [
        row
        for row in books.of("rerated_earnings", event["event_id"], "event_id")
        if (row["payee_id"], row["component"]) == (line["payee_id"], line["component"])
    ]
    if not rows:
        subject = f"{event['event_id']}, {line['payee_id']}, {line['component']}"
        books.refuse("rerated_missing", "rerated_earnings", subject)
        return ZERO
    difference: Decimal = rows[0]["before"] - rows[0]["after"]
    return difference


def claw_back(account: Account, found: list[TakenBack]) -> None:
    """First what has not been paid yet of that line, or of what its period earned as a whole, is
    cancelled; the rest becomes a debt.
    """
    for one in found:
        cause = Cause("clawback", one.rule.clause, one.event["kind"])
        line_id = one.event["line_id"]
        left = one.amount
        for item in (*account.on("deferred"), *account.on("held")):
            reference = line_id if one.period is None else ""
            if (item.place.component, item.place.reference) != (one.component, reference):
                continue
            if one.period is not None and item.place.since != one.period:
                continue
            cut = min(left, item.amount)
            if cut > 0:
                account.lower(item, cut, cause)
                left -= cut
        since = one.event["happened_on"]
        debt = Place("clawback", one.component, line_id, one.rule.clause, since)
        account.post(debt, -left, cause)
