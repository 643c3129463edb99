"""Deals: added, priced, shared, moved from stage to stage, won and lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from paceline.crm.actions import boards, customers, recording, timeline
from paceline.crm.models import (
    Answer,
    ChecklistItem,
    ChecklistTick,
    Competitor,
    ContributorKind,
    Deal,
    DealCompetitor,
    DealContributor,
    DealLine,
    Pipeline,
    Question,
    Stage,
    StageChange,
    StageKind,
)
from paceline.kernel.money import currency_digits
from paceline.org.models import Person

LINES_MAX = 200
CONTRIBUTORS_MAX = 20
WHOLE = Decimal(1)


class TooMany(Exception):
    """More lines or people than a deal can have."""


class StageIsElsewhere(Exception):
    """The stage is retired or belongs to another pipeline."""


@dataclass(frozen=True, slots=True)
class Line:
    """A product of a deal: how many, at which price, and the discount as a share."""

    product: str
    quantity: Decimal
    price: Decimal
    discount: Decimal = Decimal(0)


@transaction.atomic
def add_deal(
    *,
    pipeline: Pipeline,
    facts: Mapping[str, Any],
    stage: Stage | None = None,
    owner: Person | None = None,
    by: Person | None,
    at: datetime,
) -> Deal:
    """A new deal on top of its column, of the pipeline's team. Its owner has the whole of it.

    Raises ``FactsInvalid``, ``FieldUnknown`` and ``StageIsElsewhere``.
    """
    recording.refuse_unknown("deal", facts)
    first = pipeline.stages.filter(retired_at__isnull=True, kind=StageKind.OPEN).first()
    wanted = stage or first
    if wanted is None or wanted.pipeline_id != pipeline.pk or wanted.kind != StageKind.OPEN:
        raise StageIsElsewhere(pipeline)
    column = boards.lock_stages(wanted.pk)[wanted.pk]
    if column.retired_at is not None:
        raise StageIsElsewhere(column)
    values = {"currency": pipeline.currency, "reach": customers.reach_of(pipeline.team), **facts}
    values["custom"] = recording.merged_custom({}, values.get("custom", {}))
    deal = Deal(
        pipeline=pipeline, team=pipeline.team, stage=column, entered_at=at, owner=owner,
        created_by=by, created_at=at, changed_at=at, board_rank=boards.rank_on_top(column),
        **{name: value for name, value in values.items() if name not in {"team", "owner"}},
    )  # fmt: skip
    recording.check(deal, [*values, "title"])
    refuse_finer(deal.amount, deal.currency, "amount")
    _check_next_step(deal)
    deal.save()
    if owner is not None:
        DealContributor.objects.create(
            deal=deal, person=owner, kind=ContributorKind.OWNER, share=WHOLE
        )
    StageChange.objects.create(deal=deal, from_stage=None, to_stage=column, at=at, by=by)
    recording.raise_version(Stage, column.pk)
    recording.added(deal, by=by, at=at)
    return deal


def refuse_finer(amount: Decimal | None, currency: str, field: str) -> None:
    """An amount has no more decimals than its currency. Raises ``FactsInvalid``."""
    if amount is None:
        return
    digits = currency_digits(currency)
    try:
        is_fine = amount == amount.quantize(Decimal(1).scaleb(-digits))
    except InvalidOperation:
        is_fine = False
    if not is_fine:
        told = _("%(currency)s has %(digits)s decimals.")
        raise recording.FactsInvalid({field: [told % {"currency": currency, "digits": digits}]})


def _check_next_step(deal: Deal) -> None:
    if bool(deal.next_step.strip()) != (deal.next_step_on is not None):
        field = "next_step_on" if deal.next_step else "next_step"
        raise recording.FactsInvalid(
            {field: [_("A next step needs its date, and a date its step.")]}
        )


@transaction.atomic
def change_deal(
    *,
    deal: Deal,
    facts: Mapping[str, Any],
    seen: int | None = None,
    by: Person | None,
    at: datetime,
) -> Deal:
    """Change fields of a deal. Its amount follows its products where it has any.

    Raises what ``customers.change`` raises. Stage, shares and products have actions of their own.
    """
    recording.refuse_unknown("deal", facts)
    found: Deal = recording.locked(deal)
    values = dict(facts)
    has_lines = found.lines.exists()
    if has_lines:
        values.pop("amount", None)
    currency = str(values.get("currency", found.currency))
    if currency != found.currency and has_lines:
        values.pop("currency")
        currency = found.currency
    refuse_finer(values.get("amount", found.amount), currency, "amount")
    step = str(values.get("next_step", found.next_step)).strip()
    day = values.get("next_step_on", found.next_step_on)
    if bool(step) != (day is not None):
        field = "next_step_on" if step else "next_step"
        raise recording.FactsInvalid(
            {field: [_("A next step needs its date, and a date its step.")]}
        )
    recording.apply(found, values, seen=seen, by=by, at=at)
    return found


@transaction.atomic
def set_lines(
    *,
    deal: Deal,
    lines: Sequence[Line],
    seen: int | None = None,
    by: Person | None,
    at: datetime,
) -> Deal:
    """Say which products a deal has; its amount is their sum, each rounded once to the currency.

    Raises ``TooMany``, ``FactsInvalid`` and ``ChangedMeanwhile``.
    """
    found: Deal = recording.locked(deal)
    if len(lines) > LINES_MAX:
        raise TooMany(found)
    before = lines_of(found)
    rows = [_row(found, one, place) for place, one in enumerate(lines)]
    after = [[row.product, *map(recording.told, (row.quantity, row.price, row.discount))]
             for row in rows]  # fmt: skip
    if before == after:
        return found
    if seen is not None and (clash := recording.conflicts_of(found, {"lines": after}, seen)):
        raise recording.ChangedMeanwhile(found, clash)
    found.lines.all().delete()
    DealLine.objects.bulk_create(rows)
    was = found.amount
    found.amount = sum((row.amount for row in rows), Decimal(0)) if rows else was
    found.save(update_fields=["amount"])
    recording.touch(
        found, {"lines": before, "amount": recording.told(was)},
        {"lines": after, "amount": recording.told(found.amount)}, by=by, at=at,
    )  # fmt: skip
    return found


def lines_of(deal: Deal) -> list[list[Any]]:
    """The products as a change keeps them: name, quantity, price, discount."""
    return [
        [row.product, *map(recording.told, (row.quantity, row.price, row.discount))]
        for row in deal.lines.order_by("rank", "id")
    ]


def _row(deal: Deal, line: Line, place: int) -> DealLine:
    refuse_finer(line.price, deal.currency, "price")
    unit = Decimal(1).scaleb(-currency_digits(deal.currency))
    whole = line.quantity * line.price
    amount = (whole - whole * line.discount).quantize(unit, rounding=ROUND_HALF_UP)
    row = DealLine(
        deal=deal, product=line.product.strip(), quantity=line.quantity, price=line.price,
        discount=line.discount, amount=amount, rank=place,
    )  # fmt: skip
    in_range = line.quantity > 0 and line.price >= 0 and 0 <= line.discount <= 1
    if not row.product or not in_range:
        told = _(
            "Each product needs a name, a quantity above 0, a price and a discount up to 100 %."
        )
        raise recording.FactsInvalid({"lines": [told]})
    return row


@transaction.atomic
def set_competitors(
    *,
    deal: Deal,
    competitors: Sequence[Competitor],
    is_alone: bool = False,
    by: Person | None,
    at: datetime,
) -> Deal:
    """Say who else offers, or that nobody does."""
    found: Deal = recording.locked(deal)
    before = sorted(found.competitors.values_list("competitor_id", flat=True))
    after = sorted({one.pk for one in competitors})
    alone = is_alone and not after
    if before == after and alone == found.has_no_competitor:
        return found
    found.competitors.exclude(competitor__in=after).delete()
    DealCompetitor.objects.bulk_create(
        DealCompetitor(deal=found, competitor_id=pk) for pk in after if pk not in before
    )
    was = found.has_no_competitor
    found.has_no_competitor = alone
    found.save(update_fields=["has_no_competitor"])
    recording.touch(
        found, {"competitors": before, "has_no_competitor": was},
        {"competitors": after, "has_no_competitor": alone}, by=by, at=at,
    )  # fmt: skip
    return found


@transaction.atomic
def tick(*, deal: Deal, item: ChecklistItem, done: bool, by: Person | None, at: datetime) -> bool:
    """Tick an item of the checklist off, or take that back. Returns whether anything changed."""
    found: Deal = recording.locked(deal)
    if done:
        _tick, changed = ChecklistTick.objects.get_or_create(
            deal=found, item=item, defaults={"at": at, "by": by}
        )
    else:
        changed = bool(ChecklistTick.objects.filter(deal=found, item=item).delete()[0])
    if changed:
        recording.touch(found, {f"item:{item.pk}": not done}, {f"item:{item.pk}": done},
                        by=by, at=at)  # fmt: skip
    return changed


@transaction.atomic
def answer(
    *, deal: Deal, question: Question, text: str, by: Person | None, at: datetime
) -> Answer | None:
    """Keep what the customer answered; an empty answer takes it back."""
    found: Deal = recording.locked(deal)
    known = Answer.objects.filter(deal=found, question=question).first()
    before = known.text if known else ""
    told = text.strip()[:5000]
    if told == before:
        return known
    if not told and known is not None:
        known.delete()
        known = None
    else:
        known, _is_new = Answer.objects.update_or_create(
            deal=found, question=question, defaults={"text": told, "at": at, "by": by}
        )
    name = f"answer:{question.pk}"
    recording.touch(found, {name: before}, {name: told}, by=by, at=at)
    return known


@transaction.atomic
def finish_next_step(
    *,
    deal: Deal,
    then: str = "",
    then_on: date | None = None,
    seen: int | None = None,
    by: Person,
    at: datetime,
) -> Deal:
    """The next step is done: it stands in the timeline, and another may follow."""
    found: Deal = recording.locked(deal)
    if found.next_step:
        timeline.write_done_step(found, by=by, at=at)
    return change_deal(
        deal=found, facts={"next_step": then.strip(), "next_step_on": then_on}, seen=seen,
        by=by, at=at,
    )  # fmt: skip
