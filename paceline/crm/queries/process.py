"""The process as it was really walked, from the log of stages: flows, time, conversion, ageing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from paceline.crm.models import Deal, Pipeline, Stage, StageKind
from paceline.org.models import Person

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StageFigures:
    """What happened in a stage to the deals that came into it in the days asked for.

    ``entered`` deals came in; ``went_on`` of them went forwards or were won, ``lost`` were lost,
    ``went_back`` returned to an earlier stage, ``waiting`` are there still. ``median`` and ``slow``
    (nine of ten are quicker) are of those that left.
    """

    stage: Stage
    entered: int
    went_on: int
    lost: int
    went_back: int
    waiting: int
    median: timedelta | None
    slow: timedelta | None

    @property
    def left(self) -> int:
        return self.went_on + self.lost + self.went_back


@dataclass(frozen=True, slots=True)
class Flow:
    """How many deals went from one stage to another; ``before`` is None where deals began."""

    before: Stage | None
    after: Stage
    count: int
    median: timedelta | None


@dataclass(frozen=True, slots=True)
class Aged:
    """How long the open deals of a stage have waited there: up to a week, a month, longer."""

    stage: Stage
    week: int
    month: int
    longer: int
    stale: int


@dataclass(frozen=True, slots=True)
class Walked:
    stages: list[StageFigures]
    flows: list[Flow]
    aged: list[Aged]
    began: int
    won: int
    lost: int
    won_median: timedelta | None


# Each stay in a stage: how deals came, how long they stayed, where they went next, and how long
# they had stayed where they came from. Then four answers from it: by stage and what came next, the
# slow ones, flows, and the time until deals were won.
_STAYS = """
WITH seen AS ({deals}),
walks AS (
    SELECT c.deal_id, c.from_stage_id, c.to_stage_id AS stage_id, c.at, c.left_at,
           lead(c.to_stage_id) OVER way AS next_id, lag(c.to_stage_id) OVER way AS before_id,
           lag(c.left_at) OVER way AS before_left_at, lag(c.at) OVER way AS before_at
    FROM crm_stagechange c JOIN seen ON seen.id = c.deal_id
    WINDOW way AS (PARTITION BY c.deal_id ORDER BY c.at, c.id)
),
stays AS MATERIALIZED (SELECT * FROM walks WHERE at >= %s AND at < %s)
SELECT 'stage', stage_id, next_id, count(*), extract(epoch FROM
       percentile_cont(0.5) WITHIN GROUP (ORDER BY left_at - at)), grouping(next_id)
FROM stays GROUP BY GROUPING SETS ((stage_id, next_id), (stage_id))
UNION ALL
SELECT 'slow', stage_id, NULL, count(*), extract(epoch FROM
       percentile_cont(0.9) WITHIN GROUP (ORDER BY left_at - at)), 0
FROM stays WHERE left_at IS NOT NULL GROUP BY stage_id
UNION ALL
SELECT 'flow', stage_id, from_stage_id, count(*), extract(epoch FROM
       percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE
           WHEN before_id = from_stage_id AND before_left_at = at THEN before_left_at - before_at
       END)), 0
FROM stays GROUP BY from_stage_id, stage_id
UNION ALL
SELECT 'won', NULL, NULL, count(*), extract(epoch FROM
       percentile_cont(0.5) WITHIN GROUP (ORDER BY s.at - d.created_at)), 0
FROM stays s JOIN crm_deal d ON d.id = s.deal_id JOIN crm_stage t ON t.id = s.stage_id
WHERE t.kind = 'won'
"""


def walked(
    pipeline: Pipeline, person: Person, starts_at: datetime, ends_at: datetime, now: datetime
) -> Walked:
    """How the deals that the person may see went through a pipeline between two moments.

    Counts stays, so a deal that came into a stage twice counts twice there. Three queries.
    """
    every = {one.pk: one for one in Stage.objects.filter(pipeline=pipeline).order_by("rank")}
    visible = Deal.objects.visible_to(person).filter(pipeline=pipeline).order_by()
    deals, parameters = visible.values("id").query.sql_with_params()
    stays = _STAYS.format(deals=deals)
    values = [*parameters, starts_at, ends_at]
    answers: dict[str, list[Sequence[Any]]] = defaultdict(list)
    for answer, *row in _rows(stays, values):
        answers[answer].append(row)
    by_stage = [(row[0], *row[1:]) for row in answers["stage"]]
    slow = {row[0]: _span(row[3]) for row in answers["slow"]}
    flows = [
        Flow(every.get(before), every[after], count, _span(median))
        for after, before, count, median, _whole in sorted(answers["flow"], key=lambda row: -row[2])
    ]
    won_median = answers["won"][0][3]
    figures = [
        _figures(stage, every, [row for row in by_stage if row[0] == pk], slow.get(pk))
        for pk, stage in every.items()
    ]
    shown = [one for one in figures if one.entered or one.stage.retired_at is None]
    return Walked(
        stages=shown,
        flows=flows,
        aged=_aged(visible, every, now),
        began=sum(one.count for one in flows if one.before is None),
        won=sum(one.entered for one in figures if one.stage.kind == StageKind.WON),
        lost=sum(one.entered for one in figures if one.stage.kind == StageKind.LOST),
        won_median=_span(won_median),
    )


def _figures(
    stage: Stage, every: dict[int, Stage], rows: Sequence[tuple[Any, ...]], slow: timedelta | None
) -> StageFigures:
    counts = {"on": 0, "lost": 0, "back": 0, "waiting": 0}
    entered, median = 0, None
    for _stage_id, next_id, count, seconds, is_whole in rows:
        if is_whole:
            entered, median = count, _span(seconds)
        else:
            counts[_way(stage, every.get(next_id))] += count
    return StageFigures(
        stage, entered, counts["on"], counts["lost"], counts["back"], counts["waiting"], median,
        slow,
    )  # fmt: skip


def _way(stage: Stage, after: Stage | None) -> str:
    if after is None:
        return "waiting"
    if after.kind == StageKind.LOST:
        return "lost"
    return "on" if after.kind == StageKind.WON or after.rank > stage.rank else "back"


def _aged(visible: Any, every: dict[int, Stage], now: datetime) -> list[Aged]:
    found: dict[int, list[int]] = {}
    rows = visible.kept().filter(stage__kind=StageKind.OPEN).values_list("stage_id", "entered_at")
    for stage_id, entered_at in rows:
        found.setdefault(stage_id, []).append(max((now - entered_at).days, 0))
    return [
        Aged(
            stage,
            sum(1 for days in found.get(pk, ()) if days <= 7),
            sum(1 for days in found.get(pk, ()) if 7 < days <= 30),
            sum(1 for days in found.get(pk, ()) if days > 30),
            sum(1 for days in found.get(pk, ())
                if stage.days_until_stale is not None and days > stage.days_until_stale),
        )
        for pk, stage in every.items()
        if stage.kind == StageKind.OPEN and (pk in found or stage.retired_at is None)
    ]  # fmt: skip


def _span(seconds: Any) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=int(seconds))


def _rows(query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def first_day(pipeline: Pipeline) -> date | None:
    """The day of the first move in a pipeline."""
    first = Deal.objects.filter(pipeline=pipeline).order_by("created_at").first()
    return None if first is None else first.created_at.date()
