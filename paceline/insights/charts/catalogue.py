"""The charts that dashboards are made of, each with its definition in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.crm import access as crm
from paceline.insights import words
from paceline.insights.asked import NotAsked, Question
from paceline.insights.charts import progress, special
from paceline.insights.charts.drawn import BARS_MAX, TILE_BARS_MAX, chart_of, rows_of
from paceline.insights.charts.frame import Cell, Drawn, Frame, Place, Raw
from paceline.insights.charts.leads import leads_to, opened
from paceline.insights.charts.notes import notes_of
from paceline.insights.dimensions import BUCKETS, DIMENSIONS, span_of
from paceline.insights.measures import MEASURES
from paceline.insights.queries.answers import Answer, MeasureForbidden, answer, may_read_measure
from paceline.insights.queries.desk import Desk
from paceline.org.models import Person, Role

ROWS_SHOWN = 60


@dataclass(frozen=True)
class ChartKind:
    """A chart of the catalogue: a question, or a drawing of its own (``draw``).

    ``definition`` empty: that of the measure. ``measure`` also says who may read it.
    """

    key: str
    name: str | Promise
    measure: str
    span: str = "this_quarter"
    definition: str | Promise = ""
    asked: Mapping[str, str] = field(default_factory=dict)
    draw: Callable[[Place], Drawn] | None = None
    needs_talk: bool = False


CHARTS: dict[str, ChartKind] = {
    one.key: one
    for one in (
        ChartKind(
            "attainment", gettext_lazy("Attainment"), "attainment", asked={"split": "person"}
        ),
        ChartKind(
            "pace",
            gettext_lazy("Pace against plan"),
            "attainment",
            definition=gettext_lazy(
                "Net sales of those who have a quota, added up day by day, beside their quota"
                " spread evenly over the days, and beside what the same people sold on the same"
                " days a year before."
            ),
            draw=progress.pace,
        ),
        ChartKind(
            "forecast",
            gettext_lazy("Forecast"),
            "net_sales",
            definition=gettext_lazy(
                "What was sold so far, and for each day that is left the mean of the same weekday"
                " in the eight weeks before. The range is where eight of ten such forecasts ended"
                " that were made of the past thirteen weeks in the same way."
            ),
            draw=progress.forecast,
        ),
        ChartKind(
            "sales",
            gettext_lazy("Net sales by month"),
            "net_sales",
            span="months_12",
            asked={"over": "month", "compare": "year"},
        ),
        ChartKind(
            "channel_mix",
            gettext_lazy("Channel mix"),
            "net_sales",
            span="months_12",
            asked={"over": "month", "split": "channel"},
        ),
        ChartKind(
            "product_mix",
            gettext_lazy("Product mix"),
            "net_sales",
            span="this_quarter",
            asked={"split": "product", "compare": "previous"},
        ),
        ChartKind(
            "return_rate",
            gettext_lazy("Return rate by month"),
            "return_rate",
            span="months_12",
            asked={"over": "month"},
        ),
        ChartKind(
            "customers",
            gettext_lazy("New customers by month"),
            "new_customers",
            span="months_12",
            asked={"over": "month"},
        ),
        ChartKind(
            "cohort",
            gettext_lazy("Customers who stay"),
            "repeat_rate",
            span="months_12",
            definition=gettext_lazy(
                "Of the customers whose first order lies in a month, the share who ordered again"
                " one, two, three … months later. On its own page also what each bought in the"
                " days in the mean, less returns: their value so far."
            ),
            draw=special.cohort,
        ),
        ChartKind(
            "funnel",
            gettext_lazy("Funnel"),
            "deals_won",
            span="weeks_13",
            definition=gettext_lazy(
                "How many deals came into each stage in the days. A deal that came twice counts"
                " twice."
            ),
            draw=special.funnel,
            needs_talk=True,
        ),
        ChartKind(
            "win_rate",
            gettext_lazy("Win rate by month"),
            "win_rate",
            span="months_12",
            asked={"over": "month"},
        ),
        ChartKind(
            "time_to_settle",
            gettext_lazy("Time until feedback is settled, by month"),
            "time_to_settle",
            span="months_12",
            asked={"over": "month"},
        ),
        ChartKind(
            "response_time",
            gettext_lazy("Response time by month"),
            "response_time",
            span="months_12",
            asked={"over": "month"},
        ),
        ChartKind(
            "pay_contribution",
            gettext_lazy("Pay against contribution"),
            "cost_of_sales",
            span="last_quarter",
            definition=gettext_lazy(
                "Each point is a person whose released pay you may read: net sales to the right,"
                " what they earned upwards. Far above the others: pay that sales do not explain."
            ),
            draw=special.pay_against_contribution,
        ),
        ChartKind(
            "cost_of_sales",
            gettext_lazy("Cost of sales by quarter"),
            "cost_of_sales",
            span="last_year_and_this",
            asked={"over": "quarter"},
        ),
        ChartKind(
            "margin", gettext_lazy("Gross margin rate by month"), "margin_rate",
            span="months_12", asked={"over": "month"},
        ),
    )
}  # fmt: skip

# What each role begins with; the first role that somebody has decides.
DEFAULTS: dict[str, tuple[str, ...]] = {
    Role.EXECUTIVE: (
        "pace", "forecast", "channel_mix", "product_mix", "cost_of_sales", "return_rate",
        "cohort", "win_rate",
    ),
    Role.FINANCE: (
        "sales", "cost_of_sales", "margin", "return_rate", "pay_contribution", "forecast",
    ),
    Role.COMPENSATION: (
        "attainment", "pay_contribution", "cost_of_sales", "pace", "channel_mix", "return_rate",
    ),
    Role.LEAD: (
        "pace", "attainment", "forecast", "funnel", "channel_mix", "return_rate", "customers",
        "response_time",
    ),
    Role.SALESPERSON: ("pace", "forecast", "sales", "product_mix", "return_rate", "funnel"),
    "operations": (
        "return_rate", "channel_mix", "product_mix", "customers", "cohort", "time_to_settle",
        "response_time",
    ),
}  # fmt: skip


def may_read_chart(person: Person, kind: ChartKind) -> bool:
    """Whether the chart shows the person anything at all."""
    if kind.needs_talk and not crm.may_read_customers(person):
        return False
    return may_read_measure(person, MEASURES[kind.measure])


def draw(
    desk: Desk, key: str, frame: Frame, *, is_whole: bool = False, has_table: bool = False
) -> Drawn:
    """A chart for its reader. Raises ``MeasureForbidden`` and ``KeyError``."""
    kind = CHARTS[key]
    place = Place(
        desk,
        frame,
        key,
        str(kind.name),
        meaning_of(kind),
        chart_address(key, frame),
        is_whole,
        has_table or is_whole,
    )
    if not may_read_chart(desk.reader, kind):
        raise MeasureForbidden(kind.measure)
    try:
        drawn = (
            kind.draw(place) if kind.draw else of_question(place, question_of(desk, kind, frame))
        )
    except NotAsked as error:
        return Drawn(key, place.name, place.definition, why=words.refusal(error), url=place.url)
    if drawn.chart is None and not drawn.why and not drawn.headline:
        return replace(drawn, why=nothing())
    return drawn


def meaning_of(kind: ChartKind) -> str:
    return str(kind.definition or MEASURES[kind.measure].definition)


def chart_address(key: str, frame: Frame) -> str:
    query = urlencode(frame.parameters())
    return f"{reverse('insights:chart', args=[key])}{'?' if query else ''}{query}"


def nothing() -> str:
    return _(
        "There are no figures of these days for what you may see. Choose other days or fewer"
        " filters."
    )


def question_of(desk: Desk, kind: ChartKind, frame: Frame) -> Question:
    """The question that a chart of the catalogue asks."""
    span = span_of(kind.span, desk.today)
    return frame.question(kind.measure, span, asked_on=desk.today, **kind.asked)


def of_question(place: Place, question: Question) -> Drawn:
    """Any question as a chart with its table."""
    found = answer(place.desk, question)
    measure = question.measure
    most = BARS_MAX if place.is_whole else TILE_BARS_MAX
    drawn = Drawn(
        place.key,
        place.name,
        place.definition,
        headline=words.worded(measure, found.total.value, found.currency),
        change=words.worded_change(measure, found.total.value, found.total.before),
        direction=words.direction(measure, found.total.value, found.total.before),
        notes=[*notes_of(place.desk, found), *_left_undrawn(found, most)],
        url=place.url,
        leads=[
            (_("Ask further"), f"{reverse('insights:explore')}?{question.query}"),
            *opened(place.desk, question),
        ],
    )
    if found.is_empty:
        return replace(drawn, why=nothing(), headline="", change="")
    return replace(
        drawn,
        chart=chart_of(place.desk, found, name=f"tile-{place.key}", most=most),
        head=_head(question),
        rows=_rows(place.desk, found) if place.has_table else (),
        raw=_raw(place.desk, found),
        unit=words.plain_unit(measure, found.currency),
        is_over_time=bool(question.over),
    )


def _left_undrawn(found: Answer, most: int) -> list[str]:
    """That more bars are known than are drawn."""
    count = len(found.rows)
    if found.question.over or count <= most:
        return []
    return [
        _("The first %(shown)d of %(count)d are drawn; the table has the others.")
        % {"shown": most, "count": count}
    ]


def _head(question: Question) -> list[str]:
    return [
        *([str(BUCKETS[question.over])] if question.over else []),
        *([str(DIMENSIONS[question.split])] if question.split else []),
        str(question.measure.name),
        *([words.compared_with(question), _("Change")] if question.compare else []),
        "",
    ]


def _rows(desk: Desk, found: Answer) -> list[list[Cell]]:
    question = found.question
    return [
        [
            *([Cell(line.bucket, line.bucket_url, is_figure=False)] if question.over else []),
            *([Cell(line.key, line.key_url, is_figure=False)] if question.split else []),
            Cell(line.value),
            *(
                [Cell(line.before), Cell(line.change, tone=line.direction)]
                if question.compare
                else []
            ),
            Cell(_("Records") if line.records_url else "", line.records_url, is_figure=False),
        ]
        for line in rows_of(desk, found, most=ROWS_SHOWN, address=leads_to(desk))
    ]


def _raw(desk: Desk, found: Answer) -> list[list[Raw]]:
    question = found.question
    unit = words.plain_unit(question.measure, found.currency)
    return [
        [
            *([row.bucket.isoformat()] if row.bucket else []),
            *([words.key_name(desk, question.split, row.key)] if question.split else []),
            words.plain(row.value, unit),
            *([words.plain(row.before, unit)] if question.compare else []),
        ]
        for row in found.rows
    ]
