"""An answer of the explorer as a chart and as rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from paceline.insights import words
from paceline.insights.dimensions import BUCKETS, DIMENSIONS, bucket_name, buckets
from paceline.insights.queries.answers import Answer, Row
from paceline.insights.queries.desk import Desk
from paceline.kernel.charts import BarChart, Chart, LineChart, Series, Unit

SERIES_MAX, BARS_MAX, TILE_BARS_MAX = 6, 20, 8


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table beside a chart; ``key_url`` and ``bucket_url`` narrow the question."""

    bucket: str
    key: str
    value: str
    before: str
    change: str
    direction: str
    key_url: str = ""
    bucket_url: str = ""
    records_url: str = ""
    raw: Decimal | None = None
    raw_before: Decimal | None = None


def chart_of(
    desk: Desk, answer: Answer, *, name: str = "answer", most: int = BARS_MAX
) -> Chart | None:
    """The chart that fits the question: lines over time, bars by what it is split by; none for a
    single figure or where there is nothing to draw. ``most`` bars are drawn."""
    question = answer.question
    if answer.is_empty or not (question.over or question.split):
        return None
    unit: Unit = {"money": "money", "percent": "percent"}.get(question.measure.unit, "number")  # type: ignore[assignment]
    about: dict[str, Any] = {
        "unit": unit,
        "currency": answer.currency,
        "title": words.title(desk, question),
    }
    if question.over:
        return _over_time(desk, answer, name, about)
    shown = answer.rows[:most]
    series = [Series(question.measure.name, [row.value for row in shown])]
    if question.compare:
        other = words.compared_with(question)
        series.append(Series(other, [row.before for row in shown], is_muted=True))
    return BarChart(
        name=name,
        labels=[words.key_name(desk, question.split, row.key) for row in shown],
        series=series,
        label_title=DIMENSIONS[question.split],
        is_flat=True,
        height=max(160, 44 + 30 * len(shown)),
        **about,
    )


def _over_time(desk: Desk, answer: Answer, name: str, about: dict[str, Any]) -> Chart:
    question = answer.question
    firsts = buckets(question.span, question.over)
    values = {(row.bucket, row.key): row for row in answer.rows}
    if question.split:
        series = _by_key(desk, answer, firsts, values)
    else:
        series = [_series(question.measure.name, firsts, lambda at: values.get((at, None)))]
        if question.compare:
            other = [values[at, None].before if (at, None) in values else None for at in firsts]
            series.append(Series(words.compared_with(question), other, is_muted=True))
    kind: Callable[..., Chart] = LineChart
    if len(firsts) <= 8 and not question.split:
        kind = BarChart
    if question.split and question.measure.adds_up:
        kind = BarChart
        about = {**about, "is_stacked": True}
    return kind(
        name=name,
        labels=[bucket_name(day, question.over) for day in firsts],
        series=series,
        label_title=BUCKETS[question.over],
        **about,
    )


def _series(name: object, firsts: Sequence[date], at: Callable[[date], Row | None]) -> Series:
    rows = [at(day) for day in firsts]
    return Series(str(name), [None if row is None else row.value for row in rows])


def _by_key(
    desk: Desk,
    answer: Answer,
    firsts: Sequence[date],
    values: dict[tuple[date | None, str | None], Row],
) -> list[Series]:
    """The largest keys each on their own; the rest together where parts add up."""
    sizes: dict[str | None, Decimal] = {}
    for row in answer.rows:
        sizes[row.key] = sizes.get(row.key, Decimal(0)) + (row.value or 0)
    ordered = sorted(sizes, key=lambda key: (-sizes[key], key or ""))
    shown = ordered if len(ordered) <= SERIES_MAX else ordered[: SERIES_MAX - 1]
    split = answer.question.split
    series = [
        Series(
            words.key_name(desk, split, key),
            [values[day, key].value if (day, key) in values else None for day in firsts],
        )
        for key in shown
    ]
    rest = ordered[len(shown) :]
    left = answer.rest
    if (rest or left) and answer.question.measure.adds_up:
        sums = [
            sum(
                (values[day, key].value or Decimal(0) for key in rest if (day, key) in values),
                left.values.get(day, Decimal(0)) if left else Decimal(0),
            )
            for day in firsts
        ]
        name = words.others(len(rest) + (left.count if left else 0))
        series.append(Series(name, sums, is_muted=True))
    return series


def rows_of(
    desk: Desk,
    answer: Answer,
    *,
    most: int,
    address: Callable[[Answer, Row, str], str] | None = None,
) -> list[Line]:
    """The first rows of the answer in words; ``address`` says where a cell (``key``, ``bucket``,
    ``records``) leads."""
    question, measure = answer.question, answer.question.measure
    lead = address or (lambda *_ignored: "")
    return [
        Line(
            bucket=bucket_name(row.bucket, question.over) if row.bucket else "",
            key=words.key_name(desk, question.split, row.key) if question.split else "",
            value=words.worded(measure, row.value, answer.currency),
            before=words.worded(measure, row.before, answer.currency),
            change=words.worded_change(measure, row.value, row.before),
            direction=words.direction(measure, row.value, row.before),
            key_url=lead(answer, row, "key") if question.split and row.key else "",
            bucket_url=lead(answer, row, "bucket") if row.bucket else "",
            records_url=lead(answer, row, "records"),
            raw=row.value,
            raw_before=row.before,
        )
        for row in answer.rows[:most]
    ]
