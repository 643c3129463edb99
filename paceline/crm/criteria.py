"""What a deal must have before it goes on from a stage, and what of it is missing."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from paceline.crm.models import (
    Activity,
    ActivityKind,
    ChecklistItem,
    Criterion,
    CriterionKind,
    Deal,
    Question,
    Stage,
    StageKind,
)


@dataclass(frozen=True, slots=True)
class Unmet:
    """What a deal lacks, of which stage, in words that say what to do."""

    stage: Stage
    criterion: Criterion
    text: str


def unmet_on_the_way(deal: Deal, source: Stage, target: Stage) -> list[Unmet]:
    """What is missing for a move forwards: of the stage it leaves and of those it skips."""
    if target.kind == StageKind.OPEN and target.rank <= source.rank:
        return []
    stages = Stage.objects.filter(
        pipeline=deal.pipeline_id, kind=StageKind.OPEN, retired_at__isnull=True,
        rank__gte=source.rank,
    )  # fmt: skip
    if target.kind == StageKind.OPEN:
        stages = stages.filter(rank__lt=target.rank)
    return unmet(deal, list(stages.order_by("rank")))


def unmet(deal: Deal, stages: list[Stage]) -> list[Unmet]:
    """What of the criteria of some stages the deal lacks, in their order."""
    criteria = Criterion.objects.filter(stage__in=stages).select_related("stage", "field")
    found = []
    facts: dict[str, bool] = {}
    for one in sorted(criteria, key=lambda row: (row.stage.rank, row.pk)):
        key = f"{one.kind}:{one.field_id}:{one.stage_id}"
        if key not in facts:
            facts[key] = _is_met(deal, one)
        if not facts[key]:
            found.append(Unmet(one.stage, one, wording(one)))
    return found


def _is_met(deal: Deal, criterion: Criterion) -> bool:  # noqa: C901, PLR0911 - one answer each
    match criterion.kind:
        case CriterionKind.COMPANY:
            return deal.company_id is not None
        case CriterionKind.CONTACT:
            return deal.contact_id is not None
        case CriterionKind.REACHABLE:
            return deal.contact is not None and deal.contact.points.exists()
        case CriterionKind.AMOUNT:
            return deal.amount is not None and deal.amount > 0
        case CriterionKind.PRODUCTS:
            return deal.lines.exists()
        case CriterionKind.EXPECTED_CLOSE:
            return deal.expected_close_on is not None
        case CriterionKind.NEXT_STEP:
            return bool(deal.next_step)
        case CriterionKind.COMPETITOR:
            return deal.has_no_competitor or deal.competitors.exists()
        case CriterionKind.FIELD:
            return criterion.field is not None and criterion.field.key in deal.custom
        case CriterionKind.CHECKLIST:
            left = ChecklistItem.objects.filter(
                stage=criterion.stage_id, is_required=True, retired_at__isnull=True
            )
            return not left.exclude(ticks__deal=deal).exists()
        case CriterionKind.QUESTIONS:
            asked = Question.objects.filter(stage=criterion.stage_id, retired_at__isnull=True)
            return not asked.exclude(answers__deal=deal).exists()
        case _:
            return _was_done(deal, criterion.kind)


def _was_done(deal: Deal, kind: str) -> bool:
    """Whether a call, meeting or note stands in the deal's timeline."""
    return Activity.objects.filter(deal=deal, kind=ActivityKind(kind)).exists()


def wording(criterion: Criterion) -> str:
    """What to do, in the reader's language."""
    if criterion.kind == CriterionKind.FIELD and criterion.field is not None:
        return _("Fill in “%(field)s”.") % {"field": criterion.field.label}
    return {
        CriterionKind.COMPANY: _("Name the company."),
        CriterionKind.CONTACT: _("Name the contact."),
        CriterionKind.REACHABLE: _("Give the contact a phone, mail or chat."),
        CriterionKind.AMOUNT: _("Give the amount."),
        CriterionKind.PRODUCTS: _("List the products."),
        CriterionKind.EXPECTED_CLOSE: _("Say when it is expected to close."),
        CriterionKind.NEXT_STEP: _("Say the next step and its date."),
        CriterionKind.CHECKLIST: _("Tick off every required item of the checklist."),
        CriterionKind.QUESTIONS: _("Answer the questions of the playbook."),
        CriterionKind.CALL: _("Log a call."),
        CriterionKind.MEETING: _("Log a meeting."),
        CriterionKind.NOTE: _("Write a note."),
        CriterionKind.COMPETITOR: _("Name the competitors, or say that there is none."),
    }[CriterionKind(criterion.kind)]
