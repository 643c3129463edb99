"""Charts as data: an option for the drawing library, and the same figures as a table beside it.

Values are exact decimals and travel as text; the reader sees the texts made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from django.utils.functional import Promise

from paceline.kernel import formats

Text = str | Promise
Unit = Literal["money", "number", "percent"]
Axis = Literal["category", "value"]
Kind = Literal["line", "bar", "scatter"]


@dataclass(frozen=True, slots=True)
class Series:
    """One line or row of bars. ``values`` match the chart's labels; ``None`` leaves a gap."""

    name: Text
    values: Sequence[Decimal | int | None]
    is_muted: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """``name`` is unique on the page. With ``money`` the ``currency`` words the figures.

    ``positions`` puts the points of a line at exact places on a number axis (a pay curve); without
    them the labels stand at equal distances. ``is_stacked`` puts the bars of a label upon each
    other; ``is_flat`` lets them lie, the first on top, for long labels.
    """

    name: str
    title: Text
    labels: Sequence[Text]
    series: Sequence[Series]
    unit: Unit = "number"
    currency: str = ""
    label_title: Text = ""
    positions: Sequence[Decimal] = ()
    positions_unit: Unit = "number"
    mark: int | None = None
    is_stacked: bool = False
    is_flat: bool = False
    height: int = 260
    kind: Kind = field(default="line", init=False)

    def worded(self, value: Decimal | int | None) -> str:
        """A value as the reader sees it in the tooltip and in the table."""
        if self.unit == "money" and self.currency:
            return formats.money(value, self.currency)
        return formats.percent(value) if self.unit == "percent" else formats.number(value)

    def data(self) -> dict[str, Any]:
        """What the chart island draws; plain JSON values only."""
        return {
            "kind": self.kind,
            "unit": self.unit,
            "currency": self.currency if self.unit == "money" else "",
            "positionsUnit": self.positions_unit,
            "axis": str(self.label_title) if self.positions else "",
            "labels": [str(label) for label in self.labels],
            "mark": self.mark,
            "stacked": self.is_stacked,
            "flat": self.is_flat,
            "series": [
                {
                    "name": str(one.name),
                    "muted": one.is_muted,
                    "points": [self._point(place, value) for place, value in enumerate(one.values)],
                }
                for one in self.series
            ],
        }

    def _point(self, place: int, value: Decimal | int | None) -> dict[str, Any]:
        y = None if value is None else str(value)
        shown: Any = [str(self.positions[place]), y] if self.positions else y
        return {"value": shown, "text": self.worded(value)}

    @property
    def data_id(self) -> str:
        return f"chart-{self.name}-data"

    def rows(self) -> list[tuple[str, list[str]]]:
        """The same figures as a table: a label and one worded value for each series."""
        return [
            (str(label), [self.worded(one.values[place]) for one in self.series])
            for place, label in enumerate(self.labels)
        ]


@dataclass(frozen=True, slots=True)
class LineChart(Chart):
    kind: Kind = field(default="line", init=False)


@dataclass(frozen=True, slots=True)
class BarChart(Chart):
    kind: Kind = field(default="bar", init=False)


@dataclass(frozen=True, slots=True)
class ScatterChart(Chart):
    """A point for each label, placed by ``positions`` to the right and by its value upwards."""

    kind: Kind = field(default="scatter", init=False)
