"""A chart drawn without a browser: places are reckoned here, typst sets them on paper.

Figures and names reach the layout as JSON, never as markup.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import typst
from babel.numbers import format_compact_decimal
from django.conf import settings
from django.utils import translation

from paceline.kernel import formats
from paceline.kernel.charts import Chart, Unit
from paceline.kernel.pictures.scale import ZERO, Scale, scale_of

LAYOUT = Path(__file__).with_name("picture.typ")
WIDTH, PIXELS_PER_INCH = Decimal(600), 144.0
# The colours of the pages on paper: apart from one another for the colour-blind, and on white.
COLOURS = ("#2a4fc7", "#b3631b", "#0f7a6c", "#8a3ea8", "#a32e55", "#5b6472")
MUTED = ("#94a7e3", "#d9b18d", "#87bdb5", "#c59fd4", "#d197aa", "#aeb3ba")
PAPER, INK, SOFT, RULE, FAINT = "#ffffff", "#1d2433", "#5b6472", "#dfe3ea", "#9aa3b2"
FONTS = {
    "zh-hant": ["Noto Sans T Chinese", "Noto Sans S Chinese"],
    "zh-hans": ["Noto Sans S Chinese", "Noto Sans T Chinese"],
}
REGIONS = {"zh-hant": ("zh", "TW"), "zh-hans": ("zh", "CN")}
EM, NARROW = Decimal(10), Decimal("0.56")
LABEL_ROOM = Decimal(150)
Marks = list[dict[str, Any]]


def picture_of(chart: Chart) -> bytes:
    """The chart as PNG in the reader's language, 1,200 pixels wide."""
    language = translation.get_language() or "en"
    lang, region = REGIONS.get(language, ("en", "GB"))
    drawing = Drawing(chart)
    values = {
        "width": float(WIDTH), "height": float(drawing.height), "paper": PAPER,
        "fonts": FONTS.get(language, FONTS["zh-hant"]), "lang": lang, "region": region,
        "marks": drawing.marks,
    }  # fmt: skip
    content = typst.compile(
        str(LAYOUT),
        root=str(LAYOUT.parent),
        font_paths=_fonts(),
        format="png",
        ppi=PIXELS_PER_INCH,
        sys_inputs={"chart": json.dumps(values, ensure_ascii=False)},
    )
    return bytes(content)


@cache
def _fonts() -> Any:
    """The fonts, read once."""
    folder = settings.NODE_MODULES / "@embedpdf"
    return typst.Fonts(
        include_system_fonts=False,
        font_paths=[str(folder / "fonts-tc/fonts"), str(folder / "fonts-sc/fonts")],
    )


def room_of(text: str) -> Decimal:
    """About how wide a text is in points: a Chinese letter is as wide as it is high."""
    wide = sum(1 for one in text if unicodedata.east_asian_width(one) in "WF")
    return EM * (wide + (len(text) - wide) * NARROW)


def cut(text: str, room: Decimal) -> str:
    """As much of a text as there is room for."""
    if room_of(text) <= room:
        return text
    while text and room_of(f"{text}…") > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def short(value: Decimal, unit: Unit) -> str:
    """A figure of an axis in few letters."""
    if unit == "percent":
        return formats.percent(value)
    return str(format_compact_decimal(value, locale=formats.reader_locale(), fraction_digits=1))


class Drawing:
    """What is drawn of a chart, from the back to the front."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.marks: Marks = []
        self.names = [str(one.name) for one in chart.series]
        self.labels = [str(one) for one in chart.labels]
        self.top = self._legend()
        self.height = max(Decimal(chart.height), self.top + 120)
        if chart.kind == "bar" and chart.is_flat:
            self._flat_bars()
        else:
            self._upright()

    # Pieces

    def line(self, points: Sequence[tuple[Decimal, Decimal]], stroke: str, **more: Any) -> None:
        self.marks.append({
            "kind": "line", "points": [[_place(x), _place(y)] for x, y in points],
            "stroke": stroke, "width": more.get("width", 0.7), "dashed": more.get("dashed", False),
        })  # fmt: skip

    def box(self, x: Decimal, y: Decimal, width: Decimal, height: Decimal, fill: str) -> None:
        # On whole pixels, so that bars upon each other meet without a seam.
        left, above, right, below = (_pixel(one) for one in (x, y, x + width, y + height))
        self.marks.append({
            "kind": "box", "x": left, "y": above, "width": right - left, "height": below - above,
            "fill": fill,
        })  # fmt: skip

    def dot(self, x: Decimal, y: Decimal, fill: str) -> None:
        self.marks.append({"kind": "dot", "x": _place(x), "y": _place(y), "r": 3.2, "fill": fill})

    def text(self, x: Decimal, y: Decimal, text: str, side: str = "start", **more: Any) -> None:
        """``y`` is the middle of the line; ``side`` says which end stands at ``x``."""
        self.marks.append({
            "kind": "text", "x": _place(x), "y": _place(y), "text": text, "side": side,
            "room": _place(more.get("room", room_of(text) + 8)), "fill": more.get("fill", SOFT),
            "weight": more.get("weight", "regular"),
        })  # fmt: skip

    def colour(self, place: int) -> str:
        colours = MUTED if self.chart.series[place].is_muted else COLOURS
        return colours[place % len(colours)]

    def _legend(self) -> Decimal:
        """The names of several series above the chart; where the chart begins below them."""
        y = Decimal(8)
        if len(self.names) > 1:
            x = Decimal(4)
            for place, name in enumerate(self.names):
                shown = cut(name, Decimal(260))
                if x > 4 and x + 14 + room_of(shown) > WIDTH - 4:
                    x, y = Decimal(4), y + 16
                if self.chart.series[place].is_muted and self.chart.kind == "line":
                    self.line([(x, y), (x + 10, y)], self.colour(place), width=2, dashed=True)
                else:
                    self.box(x, y - 4, Decimal(10), Decimal(8), self.colour(place))
                self.text(x + 14, y, shown, fill=INK)
                x += 14 + room_of(shown) + 14
            y += 18
        return y + (14 if self._unit() else 4)

    def _unit(self) -> str:
        """What the figures of the axis are, where a sign of per cent does not say it."""
        return self.chart.currency if self.chart.unit == "money" else ""

    # Bars that lie

    def _flat_bars(self) -> None:
        chart = self.chart
        values = self._heights()
        wide = max((room_of(one) for one in self.labels), default=ZERO)
        left = min(wide, LABEL_ROOM) + 12
        told = [
            self._worded(place) if len(chart.series) == 1 else "" for place in range(len(values))
        ]
        right = WIDTH - max((room_of(one) for one in told), default=ZERO) - 12
        scale = scale_of([edge for one in values for edge in one], left, right)
        bottom = self.height - 22
        self._rules(scale, self.top, bottom, upright=False)
        row = (bottom - self.top) / max(1, len(values))
        for place, label in enumerate(self.labels):
            y = self.top + row * place
            self.text(left - 8, y + row / 2, cut(label, LABEL_ROOM), "end", fill=INK,
                      room=LABEL_ROOM + 10)  # fmt: skip
            for first, end, at, size, colour in self._parts(place, row):
                low, high = sorted((scale.at(first), scale.at(end)))
                self.box(low, y + at, high - low, size, colour)
            if told[place]:
                edge = scale.at(max(ZERO, *values[place]))
                self.text(edge + 5, y + row / 2, told[place], fill=INK)
        zero = scale.at(ZERO)
        self.line([(zero, self.top), (zero, bottom)], FAINT, width=1)

    def _worded(self, place: int) -> str:
        value = self.chart.series[0].values[place]
        return "" if value is None else self.chart.worded(value)

    def _parts(
        self, place: int, row: Decimal
    ) -> list[tuple[Decimal, Decimal, Decimal, Decimal, str]]:
        """The bars of a label: from, to, how far in its row, how thick, which colour."""
        chart = self.chart
        thick = min(row * Decimal("0.72"), Decimal(36))
        begin = (row - thick) / 2
        found = []
        if chart.is_stacked:
            up, down = ZERO, ZERO
            for number, one in enumerate(chart.series):
                value = Decimal(one.values[place] or 0)
                first = up if value >= 0 else down
                found.append((first, first + value, begin, thick, self.colour(number)))
                up, down = (up + value, down) if value >= 0 else (up, down + value)
            return found
        each = thick / len(chart.series)
        for number, one in enumerate(chart.series):
            bar = one.values[place]
            if bar is not None:
                found.append(
                    (ZERO, Decimal(bar), begin + each * number, each - Decimal("0.6"),
                     self.colour(number))
                )  # fmt: skip
        return found

    def _heights(self) -> list[list[Decimal]]:
        """For each label the values that the axis has to hold."""
        found = []
        for place in range(len(self.labels)):
            values = [Decimal(one.values[place] or 0) for one in self.chart.series]
            if self.chart.is_stacked:
                values = [
                    sum((one for one in values if one > 0), ZERO),
                    sum((one for one in values if one < 0), ZERO),
                ]
            found.append(values)
        return found

    # Everything that stands

    def _upright(self) -> None:
        chart = self.chart
        bottom = self.height - (38 if chart.positions and chart.label_title else 24)
        values = [edge for one in self._heights() for edge in one]
        scale = scale_of(values, bottom, self.top)
        left = max(room_of(short(one, chart.unit)) for one in scale.ticks) + 12
        if self._unit():
            self.text(Decimal(4), self.top - 13, self._unit())
        self._rules(scale, left, WIDTH - 8, upright=True)
        if chart.kind == "bar":
            self._bars(scale, left)
        else:
            self._points(scale, left, bottom)
        zero = scale.at(ZERO)
        self.line([(left, zero), (WIDTH - 8, zero)], FAINT, width=1)

    def _rules(self, scale: Scale, start: Decimal, end: Decimal, *, upright: bool) -> None:
        """Thin lines at round figures, with the figures."""
        for tick in scale.ticks:
            at, shown = scale.at(tick), short(tick, self.chart.unit)
            if upright:
                self.line([(start, at), (end, at)], RULE)
                self.text(start - 6, at, shown, "end")
            else:
                self.line([(at, start), (at, end)], RULE)
                self.text(at, end + 10, shown, "middle")
        if not upright and self._unit():
            self.text(Decimal(4), self.top - 11, self._unit())

    def _bars(self, scale: Scale, left: Decimal) -> None:
        column = (WIDTH - 8 - left) / max(1, len(self.labels))
        for place in range(len(self.labels)):
            x = left + column * place
            for first, end, at, size, colour in self._parts(place, column):
                high, low = sorted((scale.at(first), scale.at(end)))
                self.box(x + at, high, size, low - high, colour)
                if self.chart.is_stacked:
                    self.line([(x + at, high), (x + at + size, high)], PAPER)
        self._below(
            [(left + column * place + column / 2, one) for place, one in enumerate(self.labels)],
            self.height - 14, column,
        )  # fmt: skip

    def _points(self, scale: Scale, left: Decimal, bottom: Decimal) -> None:
        chart = self.chart
        places = self._places(left, bottom)
        if chart.mark is not None:
            at = places[chart.mark]
            self.line([(at, self.top), (at, bottom)], FAINT, dashed=True)
        for number, one in enumerate(chart.series):
            colour = self.colour(number)
            run: list[tuple[Decimal, Decimal]] = []
            for place, value in enumerate([*one.values, None]):
                if value is not None:
                    run.append((places[place], scale.at(Decimal(value))))
                    continue
                if chart.kind == "scatter" or len(run) == 1:
                    for x, y in run:
                        self.dot(x, y, colour)
                elif run:
                    self.line(run, colour, width=1.8, dashed=one.is_muted)
                run = []

    def _places(self, left: Decimal, bottom: Decimal) -> list[Decimal]:
        """Where each label lies to the right; with the texts below."""
        chart, right = self.chart, WIDTH - 14
        if chart.positions:
            across = scale_of(chart.positions, left + 4, right)
            ticks = [(across.at(one), short(one, chart.positions_unit)) for one in across.ticks]
            self._below(ticks, bottom + 10, (right - left) / max(1, len(ticks)))
            if chart.label_title:
                self.text((left + right) / 2, self.height - 10, str(chart.label_title), "middle")
            return [across.at(one) for one in chart.positions]
        step = (right - left - 8) / max(1, len(self.labels) - 1)
        places = [left + 4 + step * place for place in range(len(self.labels))]
        self._below(list(zip(places, self.labels, strict=True)), bottom + 10, step)
        return places

    def _below(self, found: list[tuple[Decimal, str]], y: Decimal, column: Decimal) -> None:
        """Texts below the chart, as many as there is room for."""
        if not found:
            return
        widest = max(room_of(one) for _at, one in found) + 10
        every = int((widest / max(column, Decimal(1))).to_integral_value(ROUND_CEILING))
        edge = -EM
        for place, (at, text) in enumerate(found):
            half = room_of(text) / 2
            x = min(max(at, half), WIDTH - half - 2)
            if place % max(every, 1) == 0 and x - half > edge + 4:
                self.text(x, y, text, "middle")
                edge = x + half


def _pixel(value: Decimal) -> float:
    return float(round(value * 2) / Decimal(2))


def _place(value: Any) -> float:
    """A place on paper to a hundredth of a point; no figure of anybody."""
    return float(round(value, 2))
