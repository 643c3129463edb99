"""Who helped to win a deal: shares agreed, and carried along when the owner changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from paceline.crm.actions import crediting, recording
from paceline.crm.actions.deals import WHOLE, TooMany
from paceline.crm.models import ContributorKind, Deal, DealContributor, OrderLink
from paceline.org.models import Person

CONTRIBUTORS_MAX = 20


class SharesNotWhole(Exception):
    """All shares but overlays must make up 100 %. ``total`` is what they make."""

    def __init__(self, total: Decimal) -> None:
        super().__init__(str(total))
        self.total = total


class ShareTooLarge(Exception):
    """Nobody has more than the whole of a deal, not on top of it either: pay refuses it."""


class PersonTwice(Exception):
    """Somebody stands twice among those who share in a deal."""


class OwnerMissing(Exception):
    """Whoever shares in a deal, one of them is its owner."""


@dataclass(frozen=True, slots=True)
class Share:
    """Somebody's part of a deal: 0.4 for 40 %."""

    person: Person
    kind: ContributorKind
    share: Decimal


@transaction.atomic
def agree_shares(
    *,
    deal: Deal,
    shares: Sequence[Share],
    seen: int | None = None,
    by: Person | None,
    at: datetime,
) -> Deal:
    """Say who helped to win a deal, and how much of it is theirs; the owner among them.

    All but overlays make up 100 %. Orders that were credited follow. Raises ``SharesNotWhole``,
    ``ShareTooLarge``, ``PersonTwice``, ``OwnerMissing``, ``TooMany``, ``ChangedMeanwhile``, and
    ``LineDayIsClosed`` when a final run has used them; then nothing changed.
    """
    found: Deal = recording.locked(deal)
    people = [one.person.pk for one in shares]
    if len(people) > CONTRIBUTORS_MAX:
        raise TooMany(found)
    if len(set(people)) != len(people):
        raise PersonTwice(found)
    owners = [one for one in shares if one.kind == ContributorKind.OWNER]
    if len(owners) != 1:
        raise OwnerMissing(found)
    total = sum((one.share for one in shares if one.kind != ContributorKind.OVERLAY), Decimal(0))
    if total != WHOLE or any(one.share <= 0 for one in shares):
        raise SharesNotWhole(total)
    if any(one.share > WHOLE for one in shares):
        raise ShareTooLarge(found)
    before = shares_of(found)
    after = sorted([one.person.pk, str(one.kind), recording.told(one.share)] for one in shares)
    if before == after:
        return found
    if seen is not None and (clash := recording.conflicts_of(found, {"shares": after}, seen)):
        raise recording.ChangedMeanwhile(found, clash)
    write_shares(found, shares)
    owner = owners[0].person
    if found.owner_id != owner.pk:
        found.owner = owner
        found.save(update_fields=["owner"])
    recording.touch(found, {"shares": before}, {"shares": after}, by=by, at=at, act="shares_agreed")
    credit_again(found, by=by, at=at)
    return found


def credit_again(deal: Deal, *, by: Person | None, at: datetime) -> None:
    """Orders that were credited follow the new shares, or nothing changes at all."""
    if OrderLink.objects.filter(deal=deal, credited_at__isnull=False).exists():
        crediting.credit_deal(deal=deal, by=by, at=at)


def shares_of(deal: Deal) -> list[list[Any]]:
    """The shares as a change keeps them: person, kind, share."""
    rows = DealContributor.objects.filter(deal=deal)
    return sorted([one.person_id, one.kind, recording.told(one.share)] for one in rows)


def write_shares(deal: Deal, shares: Sequence[Share]) -> None:
    DealContributor.objects.filter(deal=deal).delete()
    DealContributor.objects.bulk_create(
        DealContributor(deal=deal, person=one.person, kind=one.kind, share=one.share)
        for one in shares
    )


@transaction.atomic
def assign_deal(
    *,
    deal: Deal,
    owner: Person,
    seen: int | None = None,
    batch: UUID | None = None,
    by: Person | None,
    at: datetime,
) -> Deal:
    """Give a deal to somebody else; the share of the owner before goes along with it.

    A co-seller who becomes the owner keeps their own share on top.
    """
    found: Deal = recording.locked(deal)
    if found.owner_id == owner.pk:
        return found
    rows = list(DealContributor.objects.filter(deal=found).select_related("person"))
    before = shares_of(found)
    own = sum((one.share for one in rows if one.kind == ContributorKind.OWNER), Decimal(0)) or (
        Decimal(0) if any(not one.is_overlay for one in rows) else WHOLE
    )
    joined = sum((one.share for one in rows if one.person_id == owner.pk and not one.is_overlay),
                 Decimal(0))  # fmt: skip
    kept = [
        Share(one.person, ContributorKind(one.kind), one.share)
        for one in rows
        if one.kind != ContributorKind.OWNER and one.person_id != owner.pk
    ]
    write_shares(found, [Share(owner, ContributorKind.OWNER, own + joined), *kept])
    if recording.apply(found, {"owner": owner}, seen=seen, by=by, at=at, batch=batch, quiet=True):
        after = shares_of(found)
        recording.touch(
            found, {"shares": before}, {"shares": after}, by=by, at=at, act="shares_agreed"
        )
        recording.tell(found, [owner], "crm_assigned", by=by, at=at)
        credit_again(found, by=by, at=at)
    return found
