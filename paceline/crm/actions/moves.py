"""Deals on their way: from stage to stage, won and lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from paceline.crm import criteria
from paceline.crm.actions import boards, crediting, recording
from paceline.crm.actions.deals import StageIsElsewhere
from paceline.crm.models import (
    Competitor,
    Deal,
    DealCompetitor,
    LostReason,
    OrderLink,
    Stage,
    StageChange,
    StageKind,
)
from paceline.live.actions import publish_all
from paceline.org.models import Person


class CriteriaUnmet(Exception):
    """The deal lacks what its stages ask for. ``unmet``: each with its stage."""

    def __init__(self, unmet: list[criteria.Unmet]) -> None:
        super().__init__(", ".join(one.text for one in unmet))
        self.unmet = unmet


class DealMovedMeanwhile(Exception):
    """Somebody else moved the deal. ``change`` is the last move."""

    def __init__(self, change: StageChange) -> None:
        super().__init__(str(change))
        self.change = change


class LostReasonMissing(Exception):
    """A lost deal says why."""


class AmountMissing(Exception):
    """A won deal says how much."""


class DealIsCredited(Exception):
    """Orders of the deal were credited; it stays won."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Why a deal was lost."""

    reason: LostReason | None = None
    note: str = ""
    to: Competitor | None = None


@transaction.atomic
def move_deal(
    *,
    deal: Deal,
    to: Stage,
    after: Deal | None = None,
    seen: Stage | int | None = None,
    lost: Lost | None = None,
    on: date,
    by: Person | None,
    at: datetime,
) -> Deal:
    """Put a deal into a column of its pipeline, right below ``after`` or on top.

    ``seen`` is the stage in which whoever moves it saw it, or the version that they read: when
    somebody else moved it since, ``DealMovedMeanwhile`` is raised. ``on`` is the day on which a
    deal that is won or lost closes.
    Going forwards asks for the criteria of every stage that is left behind (``CriteriaUnmet``);
    losing asks why (``LostReasonMissing``), winning how much (``AmountMissing``).
    """
    columns = boards.lock_stages(deal.stage_id, to.pk)
    found: Deal = recording.locked(deal)
    if _was_moved(found, seen):
        raise DealMovedMeanwhile(_last_move(found))
    if found.stage_id not in columns:
        columns |= boards.lock_stages(found.stage_id)
    target, source = columns[to.pk], columns[found.stage_id]
    if target.retired_at is not None or target.pipeline_id != found.pipeline_id:
        raise StageIsElsewhere(target)
    above = None
    if after is not None and after.pk != found.pk:
        above = Deal.objects.filter(pk=after.pk, stage=target).first()
    found.board_rank = boards.rank_after(target, above, found)
    if target.pk == source.pk:
        found.save(update_fields=["board_rank"])
        recording.raise_version(Stage, target.pk)
        publish_all([f"board:{found.pipeline_id}"], "ordered", str(found.pk))
        return found
    _check_move(found, source, target, lost)
    StageChange.objects.filter(deal=found, left_at__isnull=True).update(left_at=at)
    StageChange.objects.create(deal=found, from_stage=source, to_stage=target, at=at, by=by)
    _close(found, target, lost, on)
    found.stage, found.entered_at = target, at
    recording.note(
        found, {"stage": source.pk}, {"stage": target.pk}, by=by, at=at, act="deal_moved"
    )
    found.save(
        update_fields=[
            "stage", "board_rank", "entered_at", "closed_on", "lost_reason", "lost_note",
            "next_step", "next_step_on", "version", "changed_at",
        ]
    )  # fmt: skip
    if target.kind == StageKind.WON:
        crediting.credit_if_open(found, by=by, at=at)
    for stage in (source, target):
        recording.raise_version(Stage, stage.pk)
    recording.announce(found, by=by, at=at)
    return found


def _was_moved(deal: Deal, seen: Stage | int | None) -> bool:
    if isinstance(seen, int):
        return any("stage" in one.after for one in recording.changes_since(deal, seen))
    return seen is not None and deal.stage_id != seen.pk


def _last_move(deal: Deal) -> StageChange:
    rows = StageChange.objects.filter(deal=deal).select_related("by", "to_stage")
    return rows.order_by("-at", "-id")[0]


def _check_move(deal: Deal, source: Stage, target: Stage, lost: Lost | None) -> None:
    if source.kind != StageKind.OPEN:
        if (
            source.kind == StageKind.WON
            and OrderLink.objects.filter(deal=deal, credited_at__isnull=False).exists()
        ):
            raise DealIsCredited(deal)
    elif target.kind != StageKind.LOST:
        unmet = criteria.unmet_on_the_way(deal, source, target)
        if unmet:
            raise CriteriaUnmet(unmet)
    if target.kind == StageKind.WON and deal.amount is None:
        raise AmountMissing(deal)
    if target.kind == StageKind.LOST and (lost is None or not (lost.reason or lost.note.strip())):
        raise LostReasonMissing(deal)


def _close(deal: Deal, target: Stage, lost: Lost | None, on: date) -> None:
    deal.closed_on = None if target.kind == StageKind.OPEN else on
    deal.lost_reason, deal.lost_note = None, ""
    if target.kind != StageKind.OPEN:
        deal.next_step, deal.next_step_on = "", None
    if target.kind == StageKind.LOST and lost is not None:
        deal.lost_reason, deal.lost_note = lost.reason, lost.note.strip()[:500]
        if lost.to is not None:
            DealCompetitor.objects.update_or_create(
                deal=deal, competitor=lost.to, defaults={"won_it": True}
            )
