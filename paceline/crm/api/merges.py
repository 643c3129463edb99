"""Records that look like one, making them one, and taking that back, for programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.crm import access, actions
from paceline.crm.actions.deal_merging import CHOSEN
from paceline.crm.actions.merging import RECORDS_MAX, fields_to_choose
from paceline.crm.actions.shares import shares_of
from paceline.crm.api.records import ID_MAX, NUMBER, Sent, router, written
from paceline.crm.models import DuplicatePair, Merge
from paceline.crm.queries.duplicates import deals_beside, records_by_id
from paceline.kernel import formats
from paceline.kernel.interface import (
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
)
from paceline.kernel.interface.problems import invalid, unseen
from paceline.org.requests import TokenRequest

Id = Annotated[int, Field(ge=1, le=ID_MAX)]
Kind = Literal["company", "contact", "lead", "deal"]


class PairRecord(Record):
    """Two records that look like one: how much they do, and why."""

    id: int
    kind: str
    first: int
    second: int
    score: int
    reasons: list[str]
    found_at: datetime


class PairsAsked(Asked):
    """Of which records pairs are wanted; those that were set apart are left out."""

    kind: Literal["", "company", "contact", "lead"] = ""


class MergeRecord(Record):
    """That records became one, and whether it was taken back."""

    id: int
    kind: str
    survivor: int
    merged: list[int]
    at: datetime
    by: str | None = Field(None, description=NUMBER)
    undone_at: datetime | None = None

    @staticmethod
    def resolve_by(row: Merge) -> str | None:
        return None if row.by is None else row.by.number


class MergesAsked(Asked):
    """Which merges are wanted."""

    kind: Literal["", "company", "contact", "lead", "deal"] = ""
    survivor: Id | None = None


class SeenIn(Sent):
    """A record as it was read: whoever merges decides on that."""

    id: Id
    version: int = Field(ge=1, le=2**31 - 1)


class MergeIn(Sent):
    """Records that are to become one. Without a choice the one that stays keeps what it says."""

    kind: Kind
    survivor: Id
    records: list[SeenIn] = Field(min_length=2, max_length=RECORDS_MAX)
    choices: dict[str, Id] = Field(
        {}, max_length=60, description=noop("By field the record whose value is kept.")
    )
    shares_of: Id | None = Field(None, description=noop("Of deals: whose shares hold."))


def _merges(request: TokenRequest) -> Any:
    return Merge.objects.visible_to(request.person).select_related("by")


def _told(act: Callable[[], Any]) -> Any:
    """What stands in the way of becoming one, or several again."""
    try:
        return written(act)
    except actions.TooManyToMerge:
        told = _("Choose two to %(most)s records that are one customer.") % {"most": RECORDS_MAX}
        raise invalid("records", told) from None
    except actions.DealsApart:
        told = _("Only deals of one pipeline become one.")
        raise Problem("conflict", told) from None
    except actions.WonDealStays:
        told = _("One of them was won: a won deal is the one that stays.")
        raise invalid("survivor", told) from None
    except actions.ChangedSinceMerge as error:
        who = "Paceline" if error.change.by is None else error.change.by.name
        told = _("%(who)s changed what the merge wrote, on %(when)s. It cannot be taken back.")
        when = formats.moment(error.change.at)
        raise Problem("conflict", told % {"who": who, "when": when}) from None
    except actions.MergeIsUndone:
        raise Problem("conflict", _("This was taken back before.")) from None


@router.get(
    "/duplicates", response=Page[PairRecord], summary=noop("List records that look like one")
)
def list_duplicates(request: TokenRequest, asked: Query[PairsAsked]) -> HttpResponse:
    rows = DuplicatePair.objects.visible_to(request.person).filter(set_apart_at__isnull=True)
    rows = rows.filter(kind=asked.kind) if asked.kind else rows
    return answer_page(request, rows, asked, PairRecord)


@router.post(
    "/duplicates/{int:pk}/separation",
    response=PairRecord,
    summary=noop("Say that these are two customers"),
)
def separate_duplicate(request: TokenRequest, pk: int) -> HttpResponse:
    pair = get_object_or_404(DuplicatePair.objects.visible_to(request.person), pk=pk)
    records = records_by_id(pair.kind, [pair.first, pair.second], request.person)
    if not all(access.may_change(request.person, one) for one in records.values()):
        raise Problem("forbidden")
    made = actions.set_apart(pair=pair, by=request.person, at=request.now)
    return answer_one(request, made, PairRecord)


@router.get("/merges", response=Page[MergeRecord], summary=noop("List what became one"))
def list_merges(request: TokenRequest, asked: Query[MergesAsked]) -> HttpResponse:
    wanted = {"kind": asked.kind, "survivor": asked.survivor}
    rows = _merges(request).filter(**{key: value for key, value in wanted.items() if value})
    return answer_page(request, rows, asked, MergeRecord)


@router.get("/merges/{int:pk}", response=MergeRecord, summary=noop("Read a merge"))
def read_merge(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_one(request, get_object_or_404(_merges(request), pk=pk), MergeRecord, picked)


@router.post("/merges", response=MergeRecord, summary=noop("Make records one"))
def merge_records(request: TokenRequest, sent: MergeIn) -> HttpResponse:
    person = request.person
    if not access.may_add(person):
        raise Problem("forbidden")
    seen = {one.id: one.version for one in sent.records}
    look_up = deals_beside if sent.kind == "deal" else _kept(sent.kind)
    records = look_up(list(seen), person)
    for place, one in enumerate(sent.records):
        if one.id not in records:
            raise unseen(f"records.{place}.id")
    if sent.survivor not in records:
        raise invalid("survivor", _("The one that stays must be among the records."))
    if not all(access.may_change(person, one) for one in records.values()):
        raise Problem("forbidden")
    fields = CHOSEN if sent.kind == "deal" else fields_to_choose(sent.kind)
    for name, pk in sent.choices.items():
        if name not in fields or pk not in records:
            raise invalid(f"choices.{name}", _("Nothing with this name is known here."))
    stays = records.pop(sent.survivor)
    given: dict[str, Any] = {
        "survivor": stays, "others": [records[pk] for pk in seen if pk in records],
        "choices": sent.choices, "seen": seen, "by": person, "at": request.now,
    }  # fmt: skip
    if sent.kind == "deal":
        sharing = records.get(sent.shares_of or stays.pk, stays)
        if shares_of(sharing) != shares_of(stays) and not access.may_agree_shares(person, stays):
            raise Problem("forbidden")
        made = _told(lambda: actions.merge_deals(shares_of_deal=sharing.pk, **given))
    else:
        made = _told(lambda: actions.merge(**given))
    return answer_one(request, made, MergeRecord)


def _kept(kind: str) -> Callable[[list[int], Any], dict[int, Any]]:
    def look_up(ids: list[int], person: Any) -> dict[int, Any]:
        found = records_by_id(kind, ids, person)
        return {pk: one for pk, one in found.items() if one.archived_at is None}

    return look_up


@router.post("/merges/{int:pk}/undo", response=MergeRecord, summary=noop("Make them several again"))
def undo_merge(request: TokenRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_merges(request), pk=pk)
    records = records_by_id(found.kind, [found.survivor], request.person)
    if not all(access.may_change(request.person, one) for one in records.values()):
        raise Problem("forbidden")
    made = _told(lambda: actions.undo_merge(merged=found, by=request.person, at=request.now))
    return answer_one(request, made, MergeRecord)
