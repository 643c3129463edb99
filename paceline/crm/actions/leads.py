"""Leads: added, worked on, given up, and converted without losing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from paceline.crm import sequels
from paceline.crm.actions import customers, deals, recording, telling
from paceline.crm.actions.customers import Point
from paceline.crm.models import (
    Activity,
    Attachment,
    Company,
    Consent,
    Contact,
    Conversion,
    Deal,
    Feedback,
    Following,
    Lead,
    LeadStatus,
    Pipeline,
    Tagging,
)
from paceline.crm.sequels import Moment
from paceline.kernel import audit
from paceline.org.models import Person, Team

# What a contact and a lead call alike.
CARRIED = (
    "name", "title", "languages", "country", "territory", "rating", "source", "source_detail",
    "reach",
)  # fmt: skip


class LeadIsConverted(Exception):
    """This lead was converted before. ``conversion`` says into what."""

    def __init__(self, conversion: Conversion) -> None:
        super().__init__(str(conversion))
        self.conversion = conversion


@dataclass(frozen=True, slots=True)
class Into:
    """What a lead becomes: a known contact or a new one, a company by record or name, a deal."""

    contact: Contact | None = None
    company: Company | None = None
    company_name: str = ""
    pipeline: Pipeline | None = None
    deal_facts: Mapping[str, Any] | None = None


@transaction.atomic
def add_lead(
    *,
    team: Team,
    facts: Mapping[str, Any],
    points: Sequence[Point] = (),
    owner: Person | None = None,
    after_erasure: bool = False,
    by: Person | None,
    at: datetime,
) -> Lead:
    """A new lead of a team; without an owner it waits for one.

    Raises ``WasErased`` when one of the points belonged to somebody who was erased, unless they
    came back by themselves (``after_erasure``), besides ``FactsInvalid`` and ``FieldUnknown``.
    """
    if not after_erasure and customers.was_erased(points, str(facts.get("country", ""))):
        raise customers.WasErased
    lead: Lead = customers._made(Lead, team, facts, owner, by, at)
    customers._write_points(lead, points)
    recording.added(lead, by=by, at=at)
    sequels.follow(Moment.LEAD_ADDED, lead=lead, by=by, at=at)
    return lead


@transaction.atomic
def set_status(
    *, lead: Lead, status: LeadStatus, why_not: str = "", by: Person | None, at: datetime
) -> Lead:
    """Say where a lead stands. Raises ``LeadIsConverted``; it is converted by ``convert_lead``."""
    found: Lead = recording.locked(lead)
    _refuse_converted(found)
    if status == LeadStatus.CONVERTED:
        raise recording.FieldUnknown("status")
    reason = why_not.strip() if status == LeadStatus.UNQUALIFIED else ""
    recording.apply(found, {"status": status, "why_not": reason}, by=by, at=at)
    sequels.follow(Moment.LEAD_MOVED, lead=found, by=by, at=at)
    return found


def _refuse_converted(lead: Lead) -> None:
    known = Conversion.objects.filter(lead=lead).first()
    if known is not None:
        raise LeadIsConverted(known)


@transaction.atomic
def convert_lead(*, lead: Lead, into: Into, by: Person, at: datetime) -> Conversion:
    """Make a lead a contact, perhaps of a company and with a deal. The lead stays.

    Its phones, fields, consents, tags and followers come along, and what was said stands in both
    timelines. Raises ``LeadIsConverted`` when it was converted before.
    """
    found: Lead = recording.locked(lead)
    _refuse_converted(found)
    company = into.company
    if company is None and into.company_name.strip():
        company = customers.add_company(
            team=found.team,
            facts={"name": into.company_name.strip(), "country": found.country,
                   "territory": found.territory, "source": found.source, "reach": found.reach},
            owner=found.owner, by=by, at=at,
        )  # fmt: skip
    contact = into.contact or _new_contact(found, company, by, at)
    if into.contact is not None:
        _complete(found, contact, company, by, at)
    deal = None
    if into.pipeline is not None:
        facts = {"title": found.name, "source": found.source, "reach": found.reach,
                 "source_detail": found.source_detail, "company": company, "contact": contact,
                 **(into.deal_facts or {})}  # fmt: skip
        deal = deals.add_deal(
            pipeline=into.pipeline, facts=facts, owner=found.owner or by, by=by, at=at
        )
    conversion = Conversion.objects.create(
        lead=found, contact=contact, company=company, deal=deal, at=at, by=by
    )
    _carry_over(found, contact, company, deal, by, at)
    recording.apply(found, {"status": LeadStatus.CONVERTED}, by=by, at=at)
    sequels.follow(Moment.LEAD_MOVED, lead=found, by=by, at=at)
    became = {name: getattr(conversion, f"{name}_id") for name in ("contact", "company", "deal")}
    audit.record("lead_converted", subject=found, by=by, at=at, after=became)
    telling.tell_converted(found.pk, became, at)
    return conversion


def _points(lead: Lead) -> list[Point]:
    return [Point(*one) for one in customers.points_of(lead)]


def _new_contact(lead: Lead, company: Company | None, by: Person, at: datetime) -> Contact:
    facts = {name: getattr(lead, name) for name in CARRIED}
    return customers.add_contact(
        team=lead.team, facts={**facts, "company": company}, points=_points(lead),
        owner=lead.owner or by, by=by, at=at,
    )  # fmt: skip


def _complete(
    lead: Lead, contact: Contact, company: Company | None, by: Person, at: datetime
) -> None:
    """A contact that was known learns what it lacked; what it says itself stays."""
    known = customers.points_of(contact)
    more = [one for one in customers.points_of(lead) if one not in known]
    empty = {name: getattr(lead, name) for name in CARRIED if name != "reach"}
    facts = {name: value for name, value in empty.items() if value and not getattr(contact, name)}
    if company is not None and contact.company_id is None:
        facts["company"] = company
    points = [Point(*one) for one in known + more] if more else None
    customers.change(record=contact, facts=facts, points=points, by=by, at=at)


def _carry_over(
    lead: Lead,
    contact: Contact,
    company: Company | None,
    deal: Deal | None,
    by: Person,
    at: datetime,
) -> None:
    """What was said and allowed stands in the new timelines as well; the lead keeps it too."""
    for model in (Activity, Feedback):
        model.objects.filter(lead=lead, contact__isnull=True).update(contact=contact)
        if company is not None:
            model.objects.filter(lead=lead, company__isnull=True).update(company=company)
        if deal is not None:
            model.objects.filter(lead=lead, deal__isnull=True).update(deal=deal)
    Attachment.objects.bulk_create(
        Attachment(contact=contact, file_id=one.file_id, name=one.name, added_by_id=one.added_by_id,
                   added_at=one.added_at)
        for one in lead.attachments.filter(removed_at__isnull=True)
    )  # fmt: skip
    Consent.objects.bulk_create(
        (
            Consent(contact=contact, channel=one.channel, purpose=one.purpose, source=one.source,
                    given_at=one.given_at, recorded_by_id=one.recorded_by_id,
                    withdrawn_at=one.withdrawn_at, withdrawn_by_id=one.withdrawn_by_id,
                    withdrawn_source=one.withdrawn_source)
            for one in lead.consents.all()
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    holders: list[dict[str, Any]] = [{"contact": contact}]
    if deal is not None:
        holders.append({"deal": deal})
    for holder in holders:
        Tagging.objects.bulk_create(
            (Tagging(tag_id=one.tag_id, by=by, at=at, **holder) for one in lead.taggings.all()),
            ignore_conflicts=True,
        )
        Following.objects.bulk_create(
            (Following(person_id=one.person_id, since=at, **holder)
             for one in lead.followings.all()),
            ignore_conflicts=True,
        )  # fmt: skip
