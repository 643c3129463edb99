"""The places of a dashboard, drawn for one reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from paceline.insights import words
from paceline.insights.asked import NotAsked, asked
from paceline.insights.charts.catalogue import CHARTS, draw, may_read_chart, of_question
from paceline.insights.charts.frame import Drawn, Frame, Place
from paceline.insights.dimensions import span_of
from paceline.insights.measures import MEASURES
from paceline.insights.models import Dashboard, SavedQuestion
from paceline.insights.queries.answers import MeasureForbidden
from paceline.insights.queries.desk import Desk


def frame_of(desk: Desk, dashboard: Dashboard) -> Frame:
    span = span_of(dashboard.span, desk.today) if dashboard.span else None
    return Frame(team=dashboard.only_team, span=span, span_name=dashboard.span)


def tiles_of(desk: Desk, dashboard: Dashboard, frame: Frame | None = None) -> list[Drawn]:
    """Every place of a dashboard; what the reader may not read, and what is gone, says so."""
    chosen = frame or frame_of(desk, dashboard)
    return [
        _of_question(desk, tile.question, chosen, tile.pk)
        if tile.question is not None
        else _of_chart(desk, tile.chart, chosen)
        for tile in dashboard.tiles.all()
    ]


def default_tiles(desk: Desk, keys: Sequence[str], frame: Frame) -> list[Drawn]:
    """The charts of a role that the reader may read."""
    return [draw(desk, key, frame) for key in keys if may_read_chart(desk.reader, CHARTS[key])]


def _of_chart(desk: Desk, key: str, frame: Frame) -> Drawn:
    if key not in CHARTS:
        return Drawn(key, key, "", why=_("There is no such chart any more."))
    try:
        return draw(desk, key, frame)
    except MeasureForbidden as error:
        return forbidden(error, str(CHARTS[key].name), key)


def forbidden(error: MeasureForbidden, name: str, key: str) -> Drawn:
    measure = MEASURES[str(error)].name
    return Drawn(key, name, "", why=_("“%(name)s” is not yours to read.") % {"name": measure})


def _of_question(desk: Desk, kept: SavedQuestion, frame: Frame, pk: Any) -> Drawn:
    """A kept question, of the team of the dashboard where the question names none."""
    key = f"question-{pk}"
    if kept.removed_at is not None:
        return Drawn(key, kept.name, "", why=_("This question was put away by its owner."))
    url = f"{reverse('insights:explore')}?{kept.asked}"
    try:
        question = asked(QueryDict(kept.asked), desk.today)
        if frame.team and "team" in question.measure.splits and "team" not in question.only:
            question = replace(question, only={**question.only, "team": frame.team})
        place = Place(desk, frame, key, kept.name, str(question.measure.definition), url)
        return of_question(place, question)
    except NotAsked as error:
        return Drawn(key, kept.name, "", why=words.refusal(error), url=url)
    except MeasureForbidden as error:
        return forbidden(error, kept.name, key)
