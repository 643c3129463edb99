"""The page of one goal: its number first, its way so far, who agreed, what was said and changed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET

from paceline.goals import access, measures, wording, work
from paceline.goals.cadence import next_due
from paceline.goals.measures import Record, Source, reading
from paceline.goals.models import Goal, Side
from paceline.goals.progress import Point, Standing
from paceline.goals.queries import goals as queries
from paceline.goals.standing import is_lost, points_of, sources_of, standing_of, track_of
from paceline.goals.views.goals import found_or_404
from paceline.goals.views.rows import filled, tree_rows
from paceline.kernel import formats
from paceline.kernel.charts import LineChart, Series
from paceline.kernel.pages import page
from paceline.kernel.tables import Column, Table
from paceline.org.requests import PersonRequest


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    person, today = request.person, request.today
    goal = get_object_or_404(queries.goals_with_names(person), pk=pk)
    all_of_it = queries.everything(person, goal)
    sources = sources_of([goal])
    points = points_of(goal, all_of_it.check_ins)
    standing = standing_of(goal, today, sources, points)
    side = access.side_of(person, goal)
    names = queries.names_of(all_of_it.changes, person)
    due = next_due(goal.period, goal.heard_on)
    context = {
        "goal": goal,
        "state": wording.state(goal),
        "status": wording.status(standing),
        "value": wording.value(standing.value, goal),
        "aim": wording.aim(goal),
        "filled": filled(standing),
        "stats": stats(goal, standing),
        "problem": _problem(goal, sources),
        "chart": chart(goal, sources, points),
        "check_ins": [_said(goal, one) for one in reversed(all_of_it.check_ins)],
        "measure": wording.measure_label(goal, sources, person),
        "definition": sources[goal.measure].definition if goal.measure in sources else "",
        "start": wording.value(goal.start_value, goal),
        "weight": formats.percent(goal.weight.scaleb(-2)),
        "contributors": [one.person.name for one in all_of_it.contributors],
        "sides": _sides(goal, all_of_it.agreements),
        "may_agree": side is not None and not _has_agreed(goal, side),
        "may_change": access.may_change(person, goal),
        "may_check_in": access.may_check_in(person, goal),
        "due": due if goal.closed_at is None else None,
        "is_due": due is not None and due <= today,
        "comments": all_of_it.comments,
        "history": [
            (one, wording.changed_fields(one.before, one.after, goal, names))
            for one in all_of_it.changes
        ],
        "agreements": all_of_it.agreements,
        "below": tree_rows(all_of_it.below, today, person),
        "more_below": f"{reverse('goals:below', args=[goal.pk])}?start={queries.BELOW_MAX}"
        if all_of_it.below.more
        else "",
        "new_below": f"{reverse('goals:goal_new')}?parent={goal.pk}",
        "topic": f"goal:{goal.pk}",
        "behind_url": reverse("goals:behind", args=[goal.pk])
        if goal.measure in sources and sources[goal.measure].records is not None
        else "",
        "work": work.done_for(person, goal, today),
    }
    return page(request, "goals/goal.html", context)


@require_GET
def behind(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The records behind the figure of a goal, as far as the reader may see them; also as a
    file."""
    goal = found_or_404(request, pk)
    sources = sources_of([goal])
    source = sources.get(goal.measure)
    if source is None or source.records is None:
        raise Http404
    most = measures.FILE_RECORDS_MAX if "behind-export" in request.GET else measures.RECORDS_MAX
    found = reading.behind(goal, source, request.person, request.today, most)
    table = _records_table(request, found.seen, source.label_for(request.person))
    if table.wants_export:
        return table.export()
    context = {
        "goal": goal,
        "measure": source.label_for(request.person),
        "definition": source.definition,
        "value": wording.value(reading.read([goal], request.today)[goal.pk].value, goal),
        "table": table,
        "hidden": found.hidden,
        "is_cut": found.is_cut,
        "most": most,
        "file_most": measures.FILE_RECORDS_MAX,
    }
    return page(request, "goals/behind.html", context)


def _records_table(request: PersonRequest, seen: list[Record], name: str) -> Table:
    """Records with whose they are; columns that none of them fills are left out."""
    names = queries.people_named(one.person_id for one in seen)
    has_amounts = any(one.amount is not None for one in seen)
    columns = [
        Column("on", _("Day"), sort="on", kind="day"),
        Column("text", _("What"), sort="text", search=True, link=lambda one: one.url or None),
        Column("amount", _("Value"), sort="amount", kind="money", currency="currency"),
        Column("figure", _("How it counts"), sort="figure", secondary=has_amounts),
        Column("who", _("Who"), value=lambda one: names.get(one.person_id or 0, "")),
        Column("detail", _("More"), search="detail", secondary=True),
    ]
    told = {one.key for one in columns if any(getattr(row, one.key, "") for row in seen)}
    return Table(
        request,
        rows=seen,
        name="behind",
        caption=name,
        columns=[one for one in columns if one.key in told | {"on", "text", "who"}],
        order="-on",
        empty=_("Nothing that you may see counts yet."),
    )


def _has_agreed(goal: Any, side: Side) -> bool:
    return bool(goal.owner_agreed if side == Side.OWNER else goal.lead_agreed)


def _problem(goal: Goal, sources: dict[str, Source]) -> str:
    if is_lost(goal, sources):
        return str(wording.PROBLEMS["no_source"])
    reading = getattr(goal, "reading", None)
    return str(wording.PROBLEMS.get(reading.problem, "")) if reading is not None else ""


def stats(goal: Goal, standing: Standing) -> list[tuple[str, str, str]]:
    """The figures beside the number: label, value, detail."""
    found = []
    elapsed = formats.percent(standing.elapsed.quantize(Decimal("0.0001")))
    if standing.value is not None:
        way = _held(standing) if standing.progress is None else formats.percent(standing.progress)
        found.append((_("Progress"), way, _("%(part)s of the period is over") % {"part": elapsed}))
    if standing.room is not None:
        paced = wording.value(standing.paced, goal)
        over = standing.gap or Decimal(0)
        found.append(
            (_("Over the limit") if over else _("Left below the limit"),
             wording.value(over or standing.room, goal),
             _("spent evenly: %(value)s by today") % {"value": paced})
        )  # fmt: skip
    elif standing.gap is not None:
        paced = wording.value(standing.paced, goal)
        found.append(
            (_("Still missing"), wording.value(standing.gap, goal),
             _("even pace: %(value)s by today") % {"value": paced})
        )  # fmt: skip
    if standing.pace_needed is not None:
        pace = "" if standing.pace is None else wording.value(standing.pace, goal)
        found.append(
            (
                _("Needed each week"),
                wording.weekly(standing.pace_needed, goal),
                _("so far %(value)s a week") % {"value": pace} if pace else "",
            )
        )
    if standing.forecast is not None:
        found.append((_("Forecast"), *_forecast(goal, standing)))
    left = ngettext("%(count)s day left", "%(count)s days left", standing.days_left)
    days = formats.span_of_days(goal.period.starts_on, goal.period.ends_before)
    found.append((goal.period.name, left % {"count": standing.days_left}, days))
    return found


def _held(standing: Standing) -> str:
    """Of a goal without a way to go: whether it is what it should be."""
    if standing.gap:
        return pgettext("of a goal", "Not held")
    if standing.days_left:
        return pgettext("of a goal", "Held so far")
    return pgettext("of a goal", "Held")


def _forecast(goal: Goal, standing: Standing) -> tuple[str, str]:
    ahead = standing.forecast
    assert ahead is not None  # noqa: S101 - asked before
    shown = wording.value(ahead.value, goal)
    if ahead.low is None or ahead.high is None:
        return shown, _("too few check-ins to say how sure")
    between = {"low": wording.value(ahead.low, goal), "high": wording.value(ahead.high, goal)}
    return shown, _("four times in five between %(low)s and %(high)s") % between


CHART_UNITS = {"money": "money", "percent": "percent", "quantity": "number"}


def chart(goal: Goal, sources: dict[str, Source], points: list[Point]) -> LineChart | None:
    """Check-ins against the line of an even pace, at their days."""
    if not points:
        return None
    track = track_of(goal, sources, points)
    reached = {one.on: one.value for one in points}
    first, last = goal.period.starts_on, goal.period.end
    days = sorted({first, *reached, date.fromordinal(last.toordinal() - 1)})
    return LineChart(
        name="way",
        title=_("Check-ins and an even pace"),
        labels=[formats.day(on) for on in days],
        label_title=_("Day"),
        series=[
            Series(pgettext("series of a chart", "Reached"), [_reached(on, reached, track)
                   for on in days]),
            Series(_("Even pace"), [track.paced(on) for on in days], is_muted=True),
        ],
        unit=CHART_UNITS[goal.unit],  # type: ignore[arg-type]
        currency=goal.currency,
        positions=[Decimal((on - first).days + 1) for on in days],
        height=240,
    )  # fmt: skip


def _reached(on: date, reached: dict[date, Decimal], track: Any) -> Decimal | None:
    if on in reached:
        return reached[on]
    return track.begins_at if on == track.starts_on and not track.is_level else None


def _said(goal: Goal, one: Any) -> dict[str, Any]:
    differs = one.source_value is not None and one.source_value != one.value
    return {
        "row": one,
        "value": wording.value(one.value, goal),
        "measured": wording.value(one.source_value, goal) if differs else "",
        "confidence": wording.confidence(one.confidence),
        "is_outside": not goal.period.counts_on(one.on),
    }


def _sides(goal: Any, agreements: list[Any]) -> list[dict[str, Any]]:
    """Both sides and whether they agreed to the goal as it stands."""
    standing = {one.side: one for one in agreements if one.terms == goal.terms}
    return [
        {"label": str(side.label), "row": standing.get(side)} for side in (Side.OWNER, Side.LEAD)
    ]
