"""A question: a measure, over time or split, narrowed, of some days, compared; as an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.http import QueryDict
from django.utils.http import urlencode

from paceline.insights.dimensions import (
    BUCKETS,
    COMPARISONS,
    DIMENSIONS,
    SPANS,
    YEARS_MAX,
    Span,
    buckets,
    span_of,
)
from paceline.insights.measures import MEASURES, PAY, QUOTAS, Measure
from paceline.kernel.money import CURRENCIES

VALUE_MAX = 200
POINTS_MAX = 400


class NotAsked(Exception):
    """A part of the question is not known or does not go with the rest; nothing was calculated.

    ``code`` says why, ``part`` is the parameter, ``value`` what it said.
    """

    def __init__(self, code: str, part: str, value: str = "") -> None:
        super().__init__(code, part, value)
        self.code, self.part, self.value = code, part, value


@dataclass(frozen=True, slots=True)
class Question:
    """``over`` is a length of time or nothing, ``split`` a dimension or nothing. ``only`` narrows:
    an empty value asks for what names none. ``currency`` empty: the company's. ``asked_on`` is the
    day of the reader: days that are not over yet are compared with as many days, not with all."""

    measure: Measure
    span: Span
    over: str = ""
    split: str = ""
    only: Mapping[str, str] = field(default_factory=dict)
    compare: str = ""
    currency: str = ""
    span_name: str = "days"
    asked_on: date | None = None

    @property
    def splits(self) -> tuple[str, ...]:
        return (self.split,) if self.split else ()

    @property
    def compared(self) -> Question | None:
        """The same question of the days that it is compared with."""
        if not self.compare:
            return None
        other = self.span.before() if self.compare == "previous" else self.span.year_before()
        gone = self._gone
        if gone is not None:
            end = (
                other.starts_on + timedelta(days=gone.days)
                if self.compare == "previous"
                else gone.year_before().ends_before
            )
            other = Span(other.starts_on, min(other.ends_before, end))
        return replace(self, span=other, compare="", span_name="days")

    @property
    def _gone(self) -> Span | None:
        """The days so far, where more are to come. Quotas and pay are known for whole periods."""
        first, today = self.span.starts_on, self.asked_on
        if today is None or not first <= today < self.span.ends_before:
            return None
        if {QUOTAS, PAY} & set(self.measure.sources):
            return None
        return Span(first, today + timedelta(days=1), self.span.kind)

    def parameters(self) -> list[tuple[str, str]]:
        """What its address says; ``asked`` reads it again."""
        found = [
            ("measure", self.measure.key),
            ("over", self.over),
            ("split", self.split),
            ("span", self.span_name),
            ("compare", self.compare),
            ("in", self.currency),
            *((f"only-{name}", value or "-") for name, value in sorted(self.only.items())),
        ]
        if self.span_name == "days":
            last = self.span.ends_before - timedelta(days=1)
            found += [("from", self.span.starts_on.isoformat()), ("to", last.isoformat())]
        return [(key, value) for key, value in found if value]

    @property
    def query(self) -> str:
        return urlencode(self.parameters())

    def narrowed(self, **only: str) -> Question:
        """The same of fewer lines, no longer split by what they were narrowed by."""
        split = "" if self.split in only else self.split
        return replace(self, only={**self.only, **only}, split=split)


def asked(query: QueryDict, today: date) -> Question:
    """The question that an address asks. Raises ``NotAsked``."""
    measure = _known(query, "measure", MEASURES, "net_sales")
    question = Question(
        MEASURES[measure],
        days_asked(query, today),
        over=_known(query, "over", BUCKETS),
        split=_known(query, "split", DIMENSIONS),
        only=_only(query),
        compare=_known(query, "compare", COMPARISONS),
        currency=_known(query, "in", CURRENCIES),
        span_name=query.get("span") or ("days" if query.get("from") else "this_quarter"),
        asked_on=today,
    )
    check(question)
    return question


def check(question: Question) -> None:
    """Whether its parts go together. Raises ``NotAsked``."""
    known = question.measure.splits
    if question.split and question.split not in known:
        raise NotAsked("split_unfit", "split", question.split)
    for name in question.only:
        if name not in known:
            raise NotAsked("only_unfit", f"only-{name}", name)
    if question.over and len(buckets(question.span, question.over)) > POINTS_MAX:
        raise NotAsked("too_fine", "over", question.over)


def _known(
    query: QueryDict, part: str, values: Mapping[str, object] | frozenset[str], usual: str = ""
) -> str:
    value = query.get(part, "")
    if not value:
        return usual
    if value not in values:
        raise NotAsked("unknown", part, value[:VALUE_MAX])
    return value


def _only(query: QueryDict) -> dict[str, str]:
    found = {}
    for key, value in query.items():
        name = key.removeprefix("only-")
        if name == key or not value:
            continue
        if name not in DIMENSIONS:
            raise NotAsked("unknown", key[:VALUE_MAX], str(value)[:VALUE_MAX])
        found[name] = "" if value == "-" else str(value)[:VALUE_MAX]
    return found


def days_asked(query: QueryDict, today: date) -> Span:
    """The days that an address asks for; this quarter where it names none. Raises ``NotAsked``."""
    name = query.get("span", "")
    if name and name not in SPANS:
        raise NotAsked("unknown", "span", name[:VALUE_MAX])
    if name and name != "days":
        return span_of(name, today)
    if not query.get("from") and not query.get("to"):
        return span_of("this_quarter", today)
    try:
        starts_on = date.fromisoformat(query.get("from", ""))
        ends_before = date.fromisoformat(query.get("to", "")) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise NotAsked("no_day", "from") from error
    if ends_before <= starts_on:
        raise NotAsked("backwards", "to")
    if (ends_before - starts_on).days > YEARS_MAX * 366 or starts_on.year < YEARS_MAX:
        raise NotAsked("too_long", "to")
    return Span(starts_on, ends_before)
