"""Setting by hand who owns a territory, an account or a channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from paceline.imports.actions import staging
from paceline.kernel import audit
from paceline.orders.models import Owner, OwnerKind
from paceline.org.models import Person

LOCK = "owners"


class OwnerOverlaps(Exception):
    """The person owns it already on some of these days. ``existing`` is that row."""

    def __init__(self, existing: Owner) -> None:
        super().__init__(str(existing))
        self.existing = existing


class OwnersExceed(Exception):
    """All owners together would own more than the whole on ``day``."""

    def __init__(self, day: date) -> None:
        super().__init__(str(day))
        self.day = day


class OwnerUnchanged(Exception):
    """The row says this already."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What is owned, how much of it, and in which days (half-open, the end may be open)."""

    kind: OwnerKind
    key: str
    share: Decimal
    starts_on: date
    ends_before: date | None = None


@transaction.atomic
def set_owner(
    *, person: Person, holding: Holding, reason: str, by: Person | None, at: datetime
) -> Owner:
    """Let a person own something; a row with the same first day is changed, its past is audited.

    Raises ``OwnerOverlaps``, ``OwnersExceed`` and ``OwnerUnchanged``; then nothing changed.
    """
    lock_owners()
    rows = list(Owner.objects.filter(kind=holding.kind, key=holding.key).order_by("starts_on"))
    mine = [one for one in rows if one.person_id == person.pk]
    known = next((one for one in mine if one.starts_on == holding.starts_on), None)
    others = [one for one in rows if one is not known]
    for one in mine:
        if one is not known and _meet(one, holding):
            raise OwnerOverlaps(one)
    if known and (known.share, known.ends_before) == (holding.share, holding.ends_before):
        raise OwnerUnchanged(known)
    days = [holding.starts_on, *(one.starts_on for one in others if _meet(one, holding))]
    for day in sorted(day for day in days if day >= holding.starts_on):
        if holding.share + sum(one.share for one in others if one.counts_on(day)) > 1:
            raise OwnersExceed(day)
    before = None if known is None else _as_told(known)
    owner = known or Owner(
        kind=holding.kind, key=holding.key, person=person, starts_on=holding.starts_on
    )
    owner.share, owner.ends_before, owner.imported_by = holding.share, holding.ends_before, None
    owner.save(update_fields=None if known is None else ["share", "ends_before", "imported_by"])
    audit.record(
        "owner_set", subject=owner, by=by, at=at, before=before, after=_as_told(owner),
        reason=reason,
    )  # fmt: skip
    return owner


def _meet(owner: Owner, holding: Holding) -> bool:
    begins = holding.ends_before is None or owner.starts_on < holding.ends_before
    return begins and (owner.ends_before is None or holding.starts_on < owner.ends_before)


def _as_told(owner: Owner) -> dict[str, object]:
    names = ("kind", "key", "share", "starts_on", "ends_before")
    return {name: getattr(owner, name) for name in names}


def lock_owners() -> None:
    staging.lock_target(LOCK)
