"""What a chart shows, said in words for whoever does not see it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from paceline.kernel.charts import Chart, Series

SERIES_SAID = 4


def said_of(chart: Chart) -> str:
    """The title, and of each series where it begins, ends and is highest."""
    kinds = {"line": _("Line chart"), "bar": _("Bar chart"), "scatter": _("Scatter chart")}
    parts = [_("%(kind)s: %(title)s") % {"kind": kinds[chart.kind], "title": chart.title}]
    parts += [_series(chart, one) for one in chart.series[:SERIES_SAID]]
    if len(chart.series) > SERIES_SAID:
        parts.append(_("and %(count)d more") % {"count": len(chart.series) - SERIES_SAID})
    return pgettext("between parts of a description", "; ").join(filter(None, parts))


def _series(chart: Chart, one: Series) -> str:
    known = [(place, Decimal(value)) for place, value in enumerate(one.values) if value is not None]
    if not known:
        return ""
    high = max(known, key=lambda pair: pair[1])
    low = min(known, key=lambda pair: pair[1])
    values = {"series": one.name, **_told(chart, "high", high), **_told(chart, "low", low)}
    if chart.kind == "line":
        values |= {**_told(chart, "first", known[0]), **_told(chart, "last", known[-1])}
        return (
            _(
                "%(series)s: %(first)s (%(first_at)s) to %(last)s (%(last_at)s), at most %(high)s"
                " (%(high_at)s)"
            )
            % values
        )
    return _("%(series)s: from %(low)s (%(low_at)s) to %(high)s (%(high_at)s)") % values


def _told(chart: Chart, name: str, pair: tuple[int, Decimal]) -> dict[str, str]:
    place, value = pair
    labels: Sequence[object] = chart.labels
    return {name: chart.worded(value), f"{name}_at": str(labels[place])}
