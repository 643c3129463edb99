"""Arranging a team's pipelines: stages, criteria, checklists, playbooks, reasons, competitors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from paceline.crm.actions import boards, recording
from paceline.crm.models import (
    ChecklistItem,
    Competitor,
    Criterion,
    CustomField,
    Deal,
    LostReason,
    Pipeline,
    Play,
    Question,
    Stage,
    StageChange,
    StageKind,
)
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.org.models import Person, Team

STAGES_MAX = 30
GAP = 10


class NameTaken(Exception):
    """Something of the same kind is called like this already."""


class TooManyStages(Exception):
    """A pipeline has at most ``STAGES_MAX`` stages."""


class StageHasDeals(Exception):
    """Deals are in the stage; say where they go. ``count`` says how many."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class LastStageOfItsKind(Exception):
    """A pipeline keeps at least one open, one won and one lost stage."""


@dataclass(frozen=True, slots=True)
class NewStage:
    """A stage to be: ``probability`` is a share, 0.25 for a quarter."""

    name: str
    probability: Decimal = Decimal(0)
    kind: str = StageKind.OPEN
    days_until_stale: int | None = None
    criteria: tuple[str, ...] = ()
    checklist: tuple[tuple[str, bool], ...] = ()
    plays: tuple[tuple[str, str], ...] = ()
    questions: tuple[str, ...] = ()


@transaction.atomic
def add_pipeline(
    *,
    team: Team,
    name: str,
    currency: str,
    stages: Sequence[NewStage],
    by: Person | None,
    at: datetime,
) -> Pipeline:
    """A new pipeline with its stages in order. Raises ``NameTaken`` and ``FactsInvalid``."""
    if Pipeline.objects.filter(team=team, name__iexact=name.strip()).exists():
        raise NameTaken(name)
    if len(stages) > STAGES_MAX:
        raise TooManyStages
    kinds = {one.kind for one in stages}
    if kinds != set(StageKind.values):
        raise LastStageOfItsKind
    last = Pipeline.objects.filter(team=team).aggregate(last=Max("rank"))["last"]
    pipeline = Pipeline(team=team, name=name.strip(), currency=currency, rank=(last or 0) + GAP)
    _clean(pipeline, ["name", "currency"])
    pipeline.save()
    for place, one in enumerate(stages, start=1):
        _write_stage(pipeline, one, place * GAP)
    audit.record("pipeline_added", subject=pipeline, by=by, at=at, after={"name": pipeline.name})
    publish("deals", "pipelines")
    return pipeline


def _write_stage(pipeline: Pipeline, one: NewStage, rank: int) -> Stage:
    fixed = {StageKind.WON: Decimal(1), StageKind.LOST: Decimal(0)}
    stage = Stage(
        pipeline=pipeline, name=one.name.strip(), kind=one.kind, rank=rank,
        probability=fixed.get(StageKind(one.kind), one.probability),
        days_until_stale=one.days_until_stale,
    )  # fmt: skip
    _clean(stage, ["name", "kind", "probability", "days_until_stale"])
    stage.save()
    Criterion.objects.bulk_create(Criterion(stage=stage, kind=kind) for kind in one.criteria)
    ChecklistItem.objects.bulk_create(
        ChecklistItem(stage=stage, text=text, is_required=required, rank=place)
        for place, (text, required) in enumerate(one.checklist)
    )
    Play.objects.bulk_create(
        Play(stage=stage, title=title, text=text, rank=place)
        for place, (title, text) in enumerate(one.plays)
    )
    Question.objects.bulk_create(
        Question(stage=stage, text=text, rank=place) for place, text in enumerate(one.questions)
    )
    return stage


def _clean(row: Any, names: Sequence[str]) -> None:
    try:
        row.clean_fields(exclude=[one.name for one in row._meta.fields if one.name not in names])
    except ValidationError as error:
        raise recording.FactsInvalid(error.message_dict) from error


@transaction.atomic
def change_pipeline(
    *, pipeline: Pipeline, name: str, currency: str, by: Person | None, at: datetime
) -> Pipeline:
    """Rename a pipeline or give new deals another currency. Raises ``NameTaken``."""
    found: Pipeline = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    same = Pipeline.objects.filter(team_id=found.team_id, name__iexact=name.strip())
    if same.exclude(pk=found.pk).exists():
        raise NameTaken(name)
    before = {"name": found.name, "currency": found.currency}
    found.name, found.currency = name.strip(), currency
    _clean(found, ["name", "currency"])
    found.save(update_fields=["name", "currency"])
    after = {"name": found.name, "currency": found.currency}
    audit.record("pipeline_changed", subject=found, by=by, at=at, before=before, after=after)
    publish(f"board:{found.pk}", "pipeline")
    return found


@transaction.atomic
def add_stage(
    *, pipeline: Pipeline, stage: NewStage, before: Stage | None, by: Person | None, at: datetime
) -> Stage:
    """A new stage before another, or at the end of the open ones. Raises ``NameTaken``."""
    standing = _standing(pipeline)
    if len(standing) >= STAGES_MAX:
        raise TooManyStages
    if any(one.name.casefold() == stage.name.strip().casefold() for one in standing):
        raise NameTaken(stage.name)
    made = _write_stage(pipeline, stage, max((one.rank for one in standing), default=0) + GAP)
    place = len(standing)
    if before is not None and before in standing:
        place = standing.index(before)
    elif stage.kind == StageKind.OPEN:
        place = sum(1 for one in standing if one.kind == StageKind.OPEN)
    _renumber([*standing[:place], made, *standing[place:]])
    audit.record("stage_added", subject=made, by=by, at=at, after={"name": made.name})
    publish(f"board:{pipeline.pk}", "pipeline")
    return made


def _standing(pipeline: Pipeline) -> list[Stage]:
    rows = Stage.objects.filter(pipeline=pipeline, retired_at__isnull=True).order_by("id")
    return sorted(rows.select_for_update(of=("self",)), key=lambda one: (one.rank, one.pk))


def _renumber(stages: Sequence[Stage]) -> None:
    """The database compares ranks at the end of the transaction, so they may meet meanwhile."""
    for place, stage in enumerate(stages, start=1):
        if stage.rank != place * GAP:
            Stage.objects.filter(pk=stage.pk).update(rank=place * GAP)


@transaction.atomic
def change_stage(
    *, stage: Stage, facts: Mapping[str, Any], by: Person | None, at: datetime
) -> Stage:
    """Change name, probability, days until stale, or place (``rank_before``: another stage)."""
    standing = _standing(stage.pipeline)
    found = next((one for one in standing if one.pk == stage.pk), None)
    if found is None:
        raise recording.RecordIsArchived(stage)
    values = dict(facts)
    before_stage = values.pop("rank_before", None)
    unknown = set(values) - {"name", "probability", "days_until_stale"}
    if unknown:
        raise recording.FieldUnknown(", ".join(sorted(unknown)))
    if found.kind != StageKind.OPEN:
        values.pop("probability", None)
    name = str(values.get("name", found.name)).strip()
    if any(one.pk != found.pk and one.name.casefold() == name.casefold() for one in standing):
        raise NameTaken(name)
    before = {key: getattr(found, key) for key in values}
    for key, value in {**values, "name": name}.items():
        setattr(found, key, value)
    _clean(found, ["name", "probability", "days_until_stale"])
    found.save(update_fields=["name", "probability", "days_until_stale"])
    if before_stage is not None and before_stage.pk != found.pk:
        others = [one for one in standing if one.pk != found.pk]
        place = next(n for n, one in enumerate(others) if one.pk == before_stage.pk)
        _renumber([*others[:place], found, *others[place:]])
    audit.record("stage_changed", subject=found, by=by, at=at, before=before, after=values)
    publish(f"board:{found.pipeline_id}", "pipeline")
    return found


@transaction.atomic
def retire_stage(*, stage: Stage, move_to: Stage | None, by: Person | None, at: datetime) -> int:
    """Take a stage out of use; its deals go to another of the same kind. The log keeps its name.

    Raises ``StageHasDeals`` when deals are in it and nothing is said of them, and
    ``LastStageOfItsKind``. Returns how many deals were moved.
    """
    standing = _standing(stage.pipeline)
    found = next((one for one in standing if one.pk == stage.pk), None)
    if found is None:
        raise recording.RecordIsArchived(stage)
    if sum(1 for one in standing if one.kind == found.kind) == 1:
        raise LastStageOfItsKind
    deals = list(Deal.objects.filter(stage=found).order_by("board_rank").select_for_update())
    if deals and (move_to is None or move_to.kind != found.kind or move_to not in standing):
        raise StageHasDeals(len(deals))
    if deals and move_to is not None:
        ranks = boards.ranks_below(move_to, len(deals))
        for deal, rank in zip(deals, ranks, strict=True):
            StageChange.objects.filter(deal=deal, left_at__isnull=True).update(left_at=at)
            StageChange.objects.create(deal=deal, from_stage=found, to_stage=move_to, at=at, by=by)
            deal.stage, deal.board_rank, deal.entered_at = move_to, rank, at
            recording.note(deal, {"stage": found.pk}, {"stage": move_to.pk}, by=by, at=at)
            deal.save(update_fields=["stage", "board_rank", "entered_at", "version", "changed_at"])
    found.retired_at = at
    found.save(update_fields=["retired_at"])
    Stage.objects.filter(pk=found.pk).update(rank=-found.pk)
    audit.record("stage_retired", subject=found, by=by, at=at, after={"moved": len(deals)})
    publish(f"board:{found.pipeline_id}", "pipeline")
    return len(deals)


@transaction.atomic
def arrange_stage(
    *,
    stage: Stage,
    criteria: Sequence[tuple[str, CustomField | None]],
    checklist: Sequence[tuple[str, bool]],
    plays: Sequence[tuple[str, str]],
    questions: Sequence[str],
    by: Person | None,
    at: datetime,
) -> Stage:
    """Say what a deal must have to leave a stage, what to tick off, to say and to ask.

    Items and questions that were answered before stay with those answers, taken out of use.
    """
    found = Stage.objects.select_for_update(of=("self",)).get(pk=stage.pk)
    found.criteria.all().delete()
    Criterion.objects.bulk_create(
        Criterion(stage=found, kind=kind, field=field) for kind, field in criteria
    )
    _replace_items(found, checklist, at)
    found.plays.all().delete()
    Play.objects.bulk_create(
        Play(stage=found, title=title, text=text, rank=place)
        for place, (title, text) in enumerate(plays)
    )
    _replace_questions(found, questions, at)
    audit.record(
        "stage_changed", subject=found, by=by, at=at,
        after={"criteria": [kind for kind, _field in criteria], "checklist": len(checklist),
               "plays": len(plays), "questions": len(questions)},
    )  # fmt: skip
    publish(f"board:{found.pipeline_id}", "pipeline")
    return found


def _replace_items(stage: Stage, wanted: Sequence[tuple[str, bool]], at: datetime) -> None:
    known = {one.text: one for one in stage.checklist.filter(retired_at__isnull=True)}
    for place, (text, required) in enumerate(wanted):
        item = known.pop(text, None) or ChecklistItem(stage=stage, text=text)
        item.is_required, item.rank = required, place
        item.save()
    for item in known.values():
        item.retired_at = at
        item.save(update_fields=["retired_at"])


def _replace_questions(stage: Stage, wanted: Sequence[str], at: datetime) -> None:
    known = {one.text: one for one in stage.questions.filter(retired_at__isnull=True)}
    for place, text in enumerate(wanted):
        question = known.pop(text, None) or Question(stage=stage, text=text)
        question.rank = place
        question.save()
    for question in known.values():
        question.retired_at = at
        question.save(update_fields=["retired_at"])


@transaction.atomic
def add_lost_reason(*, team: Team, name: str, by: Person | None, at: datetime) -> LostReason:
    """A reason for which deals of a team are lost. Raises ``NameTaken``."""
    if LostReason.objects.filter(team=team, name__iexact=name.strip()).exists():
        raise NameTaken(name)
    reason = LostReason(team=team, name=name.strip())
    _clean(reason, ["name"])
    reason.save()
    audit.record("lost_reason_added", subject=reason, by=by, at=at, after={"name": reason.name})
    return reason


@transaction.atomic
def add_competitor(
    *, team: Team, name: str, notes: str = "", by: Person | None, at: datetime
) -> Competitor:
    """Somebody who offers the same. Raises ``NameTaken``."""
    if Competitor.objects.filter(team=team, name__iexact=name.strip()).exists():
        raise NameTaken(name)
    competitor = Competitor(team=team, name=name.strip(), notes=notes.strip())
    _clean(competitor, ["name", "notes"])
    competitor.save()
    audit.record(
        "competitor_added", subject=competitor, by=by, at=at, after={"name": competitor.name}
    )
    return competitor
