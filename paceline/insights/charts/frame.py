"""What all charts of a page share, and one chart with everything that stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from paceline.insights.asked import Question
from paceline.insights.dimensions import Span
from paceline.insights.measures import MEASURES
from paceline.insights.queries.desk import Desk
from paceline.kernel.charts import Chart

Raw = Decimal | int | str | None


@dataclass(frozen=True, slots=True)
class Frame:
    """Whose figures, of which days, in which currency; empty parts leave a chart its own."""

    team: str = ""
    person: str = ""
    currency: str = ""
    span: Span | None = None
    span_name: str = ""

    @property
    def only(self) -> dict[str, str]:
        parts = {"team": self.team, "person": self.person}
        return {name: value for name, value in parts.items() if value}

    def parameters(self) -> list[tuple[str, str]]:
        parts = [
            ("team", self.team), ("person", self.person), ("in", self.currency),
            ("span", self.span_name),
        ]  # fmt: skip
        if self.span_name == "days" and self.span is not None:
            last = self.span.ends_before - timedelta(days=1)
            parts += [("from", self.span.starts_on.isoformat()), ("to", last.isoformat())]
        return [(name, value) for name, value in parts if value]

    def question(self, measure: str, span: Span, **more: Any) -> Question:
        """A question of these figures; what the measure does not know narrows nothing."""
        one = MEASURES[measure]
        only = {name: value for name, value in self.only.items() if name in one.splits}
        return Question(
            one,
            self.span or span,
            only={**only, **more.pop("only", {})},
            currency=self.currency,
            span_name="days",
            **more,
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the table beside a chart."""

    text: str
    url: str = ""
    is_figure: bool = True
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its number, its table, its definition and where it leads.

    ``raw`` are the rows as a file takes them, whose figures are in ``unit``: a currency, or what
    a measure counts; ``is_over_time``: its last rows are the newest.
    Without figures ``why`` says so.
    """

    key: str
    name: str
    definition: str
    chart: Chart | None = None
    headline: str = ""
    change: str = ""
    direction: str = ""
    head: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    raw: Sequence[Sequence[Raw]] = ()
    unit: str = ""
    notes: Sequence[str] = ()
    why: str = ""
    url: str = ""
    is_over_time: bool = False
    leads: Sequence[tuple[str, str]] = field(default=())


@dataclass(frozen=True, slots=True)
class Waiting:
    """A place that is drawn when it comes into view: its name and meaning, the page where it leads,
    and where it is fetched from."""

    name: str
    definition: str
    url: str
    part_url: str


@dataclass(frozen=True, slots=True)
class Place:
    """A chart in the catalogue as it is being drawn; ``is_whole`` on a page of its own, and
    ``has_table`` where its rows are shown or sent with it."""

    desk: Desk
    frame: Frame
    key: str
    name: str
    definition: str
    url: str
    is_whole: bool = False
    has_table: bool = False
