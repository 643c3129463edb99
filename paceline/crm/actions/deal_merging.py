"""Making several deals one, with their orders, shares and history, and taking that back.

The stage that stays is the survivor's; the log of moves of each deal is never changed. An order
that was paid by the shares of a deal, on days that a final run has used, stays with that deal: it
is the evidence of what was paid, and leads to the deal that stayed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from paceline.crm.actions import crediting, merging, recording
from paceline.crm.actions.deals import lines_of
from paceline.crm.actions.merging import (
    RECORDS_MAX,
    ChangedSinceMerge,
    MergeIsUndone,
    TooManyToMerge,
)
from paceline.crm.actions.shares import Share, credit_again, shares_of, write_shares
from paceline.crm.models import (
    ContributorKind,
    Deal,
    DealContributor,
    DealLine,
    Merge,
    OrderLink,
    StageChange,
    StageKind,
)
from paceline.live.actions import publish
from paceline.orders.actions import LineDayIsClosed, SharedByFile, share_orders
from paceline.org.models import Person

# Fields of which one deal's value is kept, each with those that go along with it.
CHOSEN: dict[str, tuple[str, ...]] = {
    "title": (), "company": (), "contact": (), "amount": ("currency",), "expected_close_on": (),
    "next_step": ("next_step_on",), "has_no_competitor": (), "source": (), "source_detail": (),
}  # fmt: skip
# What does not simply move: the log of moves stands, the rest is chosen or has its own rules.
_APART = (StageChange, DealContributor, DealLine, OrderLink, Deal)


# What a change names besides fields of the deal itself.
BESIDE = frozenset({"shares", "lines"})


class DealsApart(Exception):
    """Only deals of one pipeline become one."""


class WonDealStays(Exception):
    """Where one of the deals was won, a won one is the one that stays."""


def chosen_deals(
    survivor: Deal, others: Sequence[Deal], choices: Mapping[str, int]
) -> dict[str, Deal]:
    """Of each field the deal whose value is kept: the chosen one, else the survivor where it says
    anything, else the first that does."""
    by_pk = {one.pk: one for one in (survivor, *others)}
    found = {}
    for name in CHOSEN:
        chosen = by_pk.get(choices.get(name, 0))
        if chosen is None:
            told = (
                one for one in (survivor, *others) if getattr(one, name) not in (None, "", False)
            )
            chosen = next(told, survivor)
        found[name] = chosen
    return found


@transaction.atomic
def merge_deals(  # noqa: C901
    *,
    survivor: Deal,
    others: Sequence[Deal],
    choices: Mapping[str, int],
    shares_of_deal: int | None = None,
    seen: Mapping[int, int],
    by: Person,
    at: datetime,
) -> Merge:
    """Make deals one. ``choices``: by field the id of the deal whose value is kept (with the amount
    come its products); ``shares_of_deal``: whose shares hold, else the survivor's; ``seen``: by id
    the version that was read.

    Raises ``ChangedMeanwhile``, ``RecordIsArchived``, ``TooManyToMerge``, ``DealsApart``,
    ``WonDealStays``, and ``LineDayIsClosed`` or ``SharedByFile`` when other shares would change
    what was paid; then nothing changed.
    """
    ids = {survivor.pk, *(one.pk for one in others)}
    if not 2 <= len(ids) <= RECORDS_MAX or len(ids) != len(others) + 1:
        raise TooManyToMerge
    held = _held(ids)
    merging.refuse_changed(held, seen)
    if len({one.pipeline_id for one in held.values()}) > 1:
        raise DealsApart
    stays: Deal = held.pop(survivor.pk)
    gone = [held[pk] for pk in sorted(held)]
    if stays.stage.kind != StageKind.WON and any(_is_won(one) for one in gone):
        raise WonDealStays
    chosen = chosen_deals(stays, gone, choices)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, along in CHOSEN.items():
        for field in (name, *along):
            _set(stays, field, getattr(chosen[name], field), before, after)
    _set(stays, "custom", _custom(stays, gone), before, after)
    told = lines_of(stays)
    moved = _swap_lines(chosen["amount"], stays)
    if moved and told != (lines := lines_of(stays)):
        before["lines"], after["lines"] = told, lines
    sharing = next((one for one in gone if one.pk == shares_of_deal), stays)
    was, now = shares_of(stays), shares_of(sharing)
    if was != now:
        _share_like(stays, sharing)
        _set(stays, "owner", sharing.owner, before, after)
        before["shares"], after["shares"] = was, now
    for one in gone:
        moved += _move(one, stays)
    recording.note(stays, before | {"merged": []}, after | {"merged": [one.pk for one in gone]},
                   by=by, at=at, act="records_merged")  # fmt: skip
    stays.save(update_fields=[*(set(after) - BESIDE), "version", "changed_at"])
    if was != now:
        credit_again(stays, by=by, at=at)
    for one in gone:
        moved += _move_orders(one, stays, by=by, at=at)
        one.archived_at, one.merged_into = at, stays
        recording.note(one, {}, {"merged_into": stays.pk}, by=by, at=at, act="records_merged")
        one.save(update_fields=["archived_at", "merged_into", "version", "changed_at"])
        recording.announce(one, by=by, at=at, quiet=True)
    made: Merge = Merge.objects.create(
        kind="deal", survivor=stays.pk, merged=[one.pk for one in gone], version=stays.version,
        before=before, moved=moved, at=at, by=by,
    )  # fmt: skip
    recording.announce(stays, by=by, at=at)
    publish("duplicates", "changed")
    return made


def _held(ids: set[int]) -> dict[int, Any]:
    """The deals, locked in the order of their ids."""
    rows = Deal.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.select_related("stage", "owner", "company", "contact")
    held = {one.pk: one for one in rows.filter(pk__in=ids).order_by("pk")}
    for one in held.values():
        if one.archived_at is not None:
            raise recording.RecordIsArchived(one)
    return held


def _is_won(deal: Deal) -> bool:
    return bool(deal.stage.kind == StageKind.WON)


def _set(deal: Deal, name: str, value: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
    was = recording.told(getattr(deal, name))
    if was != recording.told(value):
        before[name], after[name] = was, recording.told(value)
        setattr(deal, name, value)


def _custom(stays: Deal, gone: Sequence[Deal]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in reversed((stays, *gone)):
        found |= one.custom
    return found


Moved = list[list[Any]]


def _swap_lines(source: Deal, stays: Deal) -> Moved:
    """The products of the deal whose amount is kept, in exchange for the survivor's."""
    if source.pk == stays.pk:
        return []
    theirs = list(DealLine.objects.filter(deal=source).values_list("pk", flat=True))
    own = list(DealLine.objects.filter(deal=stays).values_list("pk", flat=True))
    DealLine.objects.filter(pk__in=theirs).update(deal=stays)
    DealLine.objects.filter(pk__in=own).update(deal=source)
    label = DealLine._meta.label
    return [
        [label, "deal", deal, ids] for deal, ids in ((source.pk, theirs), (stays.pk, own)) if ids
    ]


def _share_like(stays: Deal, sharing: Deal) -> None:
    rows = DealContributor.objects.filter(deal=sharing).select_related("person")
    write_shares(stays, [Share(one.person, ContributorKind(one.kind), one.share) for one in rows])


def _move(source: Deal, stays: Deal) -> Moved:
    """Activities, files, mails, tags and so on; what the other has itself stays where it is."""
    moved: Moved = []
    for model, field in merging.references(Deal):
        if model in _APART:
            continue
        rows = model._default_manager.filter(**{field.name: source}).order_by("pk")
        ids = merging.move_rows(model, list(rows.values_list("pk", flat=True)), field.name, stays)
        if ids:
            moved.append([model._meta.label, field.name, source.pk, ids])
    return moved


def _move_orders(source: Deal, stays: Deal, *, by: Person, at: datetime) -> Moved:
    """Orders come along and are credited by the shares that hold now; one that was paid by others
    on closed days stays with the deal by which it was paid."""
    ids = [
        link.pk
        for link in OrderLink.objects.select_for_update(of=("self",))
        .filter(deal=source)
        .order_by("pk")
        if _give_order(link, stays, by=by, at=at)
    ]
    return [[OrderLink._meta.label, "deal", source.pk, ids]] if ids else []


def _give_order(link: OrderLink, deal: Deal, *, by: Person | None, at: datetime) -> bool:
    """Let an order be of a deal, credited by its shares where it was won; whether it could be."""
    parts = crediting.parts_of(deal) if _is_won(deal) else []
    credited = link.credited_at
    try:
        with transaction.atomic():
            if parts or credited is not None:
                share_orders(orders=[(link.source, link.order_number)], parts=parts,
                             reason=f"deal {deal.pk}", by=by, at=at)  # fmt: skip
            link.credited_at = (credited or at) if parts else None
    except (LineDayIsClosed, SharedByFile):
        if credited is not None:
            return False
    link.deal = deal
    link.save(update_fields=["deal", "credited_at"])
    return True


def undo_merge(*, merged: Merge, by: Person, at: datetime) -> Merge:
    """Make several of one again, of whatever kind. Raises ``MergeIsUndone``, ``ChangedSinceMerge``
    and ``RecordIsArchived``; of deals also ``LineDayIsClosed`` when their shares paid meanwhile."""
    if merged.kind != "deal":
        return merging.undo_merge(merged=merged, by=by, at=at)
    return _undo(merged, by, at)


@transaction.atomic
def _undo(merged: Merge, by: Person, at: datetime) -> Merge:
    found: Merge = Merge.objects.select_for_update().get(pk=merged.pk)
    if found.undone_at is not None:
        raise MergeIsUndone(found)
    rows = Deal.objects.select_for_update(of=("self",), no_key=True).select_related("stage")
    held = rows.order_by("pk").in_bulk(sorted([found.survivor, *found.merged]))
    stays = held[found.survivor]
    if stays.archived_at is not None:
        raise recording.RecordIsArchived(stays)
    for change in recording.changes_since(stays, found.version):
        if set(change.after) & set(found.before):
            raise ChangedSinceMerge(change)
    before, after = _say_again(stays, found.before)
    recording.note(stays, before | {"merged": found.merged}, after | {"merged": []},
                   by=by, at=at, act="merge_undone")  # fmt: skip
    stays.save(update_fields=[*(set(found.before) - BESIDE), "version", "changed_at"])
    for pk in found.merged:
        one = held[pk]
        one.archived_at, one.merged_into = None, None
        recording.note(one, {"merged_into": stays.pk}, {"merged_into": None}, by=by, at=at,
                       act="merge_undone")  # fmt: skip
        one.save(update_fields=["archived_at", "merged_into", "version", "changed_at"])
        recording.announce(one, by=by, at=at, quiet=True)
    _move_back(found, held, by, at)
    if "shares" in found.before:
        credit_again(stays, by=by, at=at)
    found.undone_at, found.undone_by = at, by
    found.save(update_fields=["undone_at", "undone_by"])
    recording.announce(stays, by=by, at=at)
    publish("duplicates", "changed")
    return found


def _say_again(stays: Deal, said: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let a deal say what it said before; what it says now and then, for the change."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in said.items():
        if name == "lines":
            continue
        if name == "shares":
            before[name], after[name] = shares_of(stays), value
            _share_as(stays, value)
            continue
        field: Any = Deal._meta.get_field(name)
        before[name], after[name] = recording.told(getattr(stays, name)), value
        if field.is_relation:
            setattr(stays, f"{name}_id", value)
        else:
            setattr(stays, name, field.to_python(value))
    return before, after


def _share_as(deal: Deal, told: Sequence[Sequence[Any]]) -> None:
    people = Person.objects.in_bulk([row[0] for row in told])
    write_shares(
        deal, [Share(people[pk], ContributorKind(kind), Decimal(share)) for pk, kind, share in told]
    )


def _move_back(found: Merge, held: Mapping[int, Any], by: Person, at: datetime) -> None:
    """Rows that are still where the merge moved them."""
    tables = {model._meta.label: model for model, _field in merging.references(Deal)}
    stays = held[found.survivor]
    for label, name, source, ids in found.moved:
        model = tables[label]
        if model is OrderLink:
            links = OrderLink.objects.select_for_update(of=("self",)).filter(pk__in=ids, deal=stays)
            for link in links.order_by("pk"):
                _give_order(link, held[source], by=by, at=at)
            continue
        model._default_manager.filter(pk__in=ids, **{f"{name}__in": list(held)}).update(
            **{name: held[source]}
        )
