"""Where a figure leads: to a narrower question, and to the records behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.insights.asked import Question
from paceline.insights.dimensions import Span, bucket_after
from paceline.insights.measures import PAY, QUOTAS, SALES
from paceline.insights.queries import behind
from paceline.insights.queries.answers import Answer, Row
from paceline.insights.queries.desk import Desk
from paceline.orders import access as orders

# What a question is split by next once it was narrowed, and its steps once days were chosen.
NEXT_SPLIT = {
    "team": "person", "person": "product", "channel": "product", "category": "product",
    "product": "customer", "territory": "channel", "customer": "product", "currency": "team",
    "pipeline": "person", "stage": "person", "origin": "team",
}  # fmt: skip
NEXT_OVER = {"year": "quarter", "quarter": "month", "month": "day", "week": "day"}
RECORDS = {
    PAY: gettext_lazy("Statements"), QUOTAS: gettext_lazy("Quotas"),
    SALES: gettext_lazy("Order lines"),
}  # fmt: skip
NAMED = {
    "person": "payee", "channel": "channel", "category": "category", "product": "product",
    "territory": "territory", "customer": "customer", "currency": "currency",
}  # fmt: skip


def leads_to(desk: Desk) -> Callable[[Answer, Row, str], str]:
    """For each row of an answer: where its ``key``, its ``bucket`` and its ``records`` lead."""

    def address(answer: Answer, row: Row, cell: str) -> str:
        if cell == "records":
            return records(desk, at_row(answer.question, row))
        asked = at_key(answer.question, row) if cell == "key" else at_bucket(answer.question, row)
        return "" if asked is None else f"{reverse('insights:explore')}?{asked.query}"

    return address


def at_key(question: Question, row: Row) -> Question | None:
    if not row.key:
        return None
    narrowed = question.narrowed(**{question.split: row.key})
    then = NEXT_SPLIT.get(question.split, "")
    fits = then in question.measure.splits and then not in narrowed.only
    return replace(narrowed, split=then if fits else "")


def at_bucket(question: Question, row: Row) -> Question | None:
    if row.bucket is None or question.over not in NEXT_OVER:
        return None
    then = NEXT_OVER[question.over]
    if PAY in question.measure.sources and then == "day":
        then = ""
    span = _days_of(question, row.bucket)
    return replace(question, span=span, span_name="days", over=then)


def at_row(question: Question, row: Row) -> Question:
    """The question of this row alone."""
    if row.bucket is not None:
        span = _days_of(question, row.bucket)
        question = replace(question, span=span, span_name="days", over="")
    if question.split and row.key is not None:
        question = question.narrowed(**{question.split: row.key})
    return question


def _days_of(question: Question, bucket: date) -> Span:
    first = max(bucket, question.span.starts_on)
    return Span(first, min(bucket_after(bucket, question.over), question.span.ends_before))


def records(desk: Desk, question: Question) -> str:
    """The page that lists what the figure is made of, where the reader may open it."""
    source = behind.source_of(question)
    if source == SALES and orders.may_read_lines(desk.reader):
        return _lines(question)
    if source == PAY:
        name = desk.names.get(question.only.get("person", ""), "")
        return f"{reverse('incentives:statements')}?{urlencode({'statements-q': name})}"
    return listed(desk, question)


def listed(desk: Desk, question: Question, *, of: str = "", began: Span | None = None) -> str:
    """The page of the records of a source behind a figure, or nothing; ``began`` narrows customers
    to those whose first order lies in these days."""
    if not behind.opens(desk, question, of):
        return ""
    alone = replace(question, over="", split="", compare="").parameters()
    if of:
        alone.append(("of", of))
    if began is not None:
        last = began.ends_before - timedelta(days=1)
        alone += [("began-from", began.starts_on.isoformat()), ("began-to", last.isoformat())]
    return f"{reverse('insights:records')}?{urlencode(alone)}"


def opened(desk: Desk, question: Question) -> list[tuple[str, str]]:
    """The records of a whole figure, where the reader may see them; of each source by its name
    where there are several."""
    first, *others = behind.sources_of(question)
    found = [(RECORDS[first] if others else _("Records"), records(desk, question))]
    found += [(RECORDS[one], listed(desk, question, of=one)) for one in others]
    return [(str(name), url) for name, url in found if url]


def _lines(question: Question) -> str:
    last = question.span.ends_before - timedelta(days=1)
    days = {"from": question.span.starts_on.isoformat(), "to": last.isoformat()}
    only = {NAMED[name]: value for name, value in question.only.items() if name in NAMED and value}
    team = {"team": question.only["team"]} if question.only.get("team") else {}
    return f"{reverse('orders:lines')}?{urlencode({**days, **only, **team})}"
