"""Adding and linking many records at once, set by set: for files, shops and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from paceline.crm import hints
from paceline.crm.actions import customers, recording, telling, waking
from paceline.crm.actions.customers import Point
from paceline.crm.models import Company, Contact, ContactPoint, Deal, OrderLink
from paceline.crm.points import normalise
from paceline.kernel import audit, findable
from paceline.live.actions import publish_all
from paceline.org.models import Person, Team

BATCH = 1000


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A contact or company to be: its fields, ways to be reached, and owner."""

    facts: Mapping[str, Any]
    points: Sequence[Point] = ()
    owner: Person | None = None


@dataclass(frozen=True, slots=True)
class NewLink:
    """Whose an order is."""

    source: str
    order_number: str
    contact: Contact | None = None
    company: Company | None = None
    deal: Deal | None = None


@transaction.atomic
def add_contacts(
    *, team: Team, rows: Sequence[NewCustomer], by: Person | None, at: datetime
) -> list[Contact]:
    """New contacts of a team, in order: a few statements for a thousand, one audit line for all.

    Raises ``WasErased``, ``FactsInvalid`` and ``FieldUnknown``; then none was added.
    """
    made: list[Contact] = _add(Contact, team, rows, by, at)
    return made


@transaction.atomic
def add_companies(
    *, team: Team, rows: Sequence[NewCustomer], by: Person | None, at: datetime
) -> list[Company]:
    """The same for companies."""
    made: list[Company] = _add(Company, team, rows, by, at)
    return made


def _add(
    model: Any, team: Team, rows: Sequence[NewCustomer], by: Person | None, at: datetime
) -> list[Any]:
    if not rows:
        return []
    kind = str(model._meta.model_name)
    reach = customers.reach_of(team)
    if model is Contact and customers.were_erased(
        (row.points, str(row.facts.get("country", ""))) for row in rows
    ):
        raise customers.WasErased
    records = [_record(model, team, row, reach, by, at) for row in rows]
    made = model.objects.bulk_create(records, batch_size=BATCH)
    points = []
    for row, record in zip(rows, made, strict=True):
        seen = set()
        for rank, one in enumerate(row.points):
            key = (one.kind, normalise(one.kind, one.value, record.country))
            if one.value.strip() and key not in seen:
                seen.add(key)
                points.append(
                    ContactPoint(**{kind: record}, kind=one.kind, value=one.value.strip(),
                                 normalised=key[1], label=one.label, rank=rank)
                )  # fmt: skip
    ContactPoint.objects.bulk_create(points, batch_size=BATCH)
    audit.record(f"{kind}_added", subject=made[0], by=by, at=at,
                 after={"team": team.pk, "count": len(made)})  # fmt: skip
    findable.changed(kind, [one.pk for one in made])
    telling.tell_added(kind, [one.pk for one in made], at)
    waking.wake()
    publish_all([hints.LISTS[kind]], "added")
    return list(made)


def _record(
    model: Any, team: Team, row: NewCustomer, reach: str, by: Person | None, at: datetime
) -> Any:
    recording.refuse_unknown(str(model._meta.model_name), row.facts)
    record = model(
        **{"reach": reach, **row.facts}, team=team, owner=row.owner, created_by=by, created_at=at,
        changed_at=at,
    )  # fmt: skip
    recording.check(record, row.facts)
    recording.keep_name_keys(record, ["name"])
    return record


@transaction.atomic
def link_orders(*, links: Sequence[NewLink], rule: str, by: Person | None, at: datetime) -> int:
    """Say of many orders whose they are; those that are linked already stay as they are.

    Deals are not credited here: ``credit_deal`` does it for those that are won. Returns how many
    links were new.
    """
    before = OrderLink.objects.count()
    OrderLink.objects.bulk_create(
        (
            OrderLink(
                source=one.source, order_number=one.order_number, contact=one.contact,
                company=one.company or (one.contact.company if one.contact else None),
                deal=one.deal, rule=rule, linked_by=by, linked_at=at,
            )
            for one in links
        ),
        batch_size=BATCH,
        ignore_conflicts=True,
    )  # fmt: skip
    new = OrderLink.objects.count() - before
    if new:
        waking.wake()
        audit.record("order_linked", subject=OrderLink.objects.order_by("-pk")[0], by=by, at=at,
                     after={"count": new, "rule": rule})  # fmt: skip
    return new
