"""Forgetting a customer under data-protection law, and what has to stay behind.

What goes: the contact's name, numbers, addresses, every text that was written about them, files,
answers, feedback, what changes said before and after, tags and followers, and their lead. What
stays: a contact without a name, so that links hold; deals with amounts, shares and stages; orders
that were paid for or counted in closed pay, as the shop's books keep them; consents without a word
of where they came from; and keyed hashes of the numbers, so that no file brings the person back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from paceline.crm import hints, sequels
from paceline.crm.actions import customers
from paceline.crm.models import (
    Activity,
    Answer,
    Attachment,
    Consent,
    Contact,
    ContactPoint,
    Conversion,
    Deal,
    ErasedKey,
    Erasure,
    ExternalKey,
    Feedback,
    Following,
    Lead,
    Mention,
    OrderLink,
    RecordChange,
    Tagging,
)
from paceline.kernel import audit, findable
from paceline.live.actions import publish_all
from paceline.org.models import Person

EMPTY: dict[str, Any] = {
    "latin_name": "", "title": "", "department": "", "number": "", "address": "", "territory": "",
    "country": "", "time_zone": "", "languages": [], "rating": None, "source_detail": "",
    "custom": {}, "name_keys": [],
}  # fmt: skip


class AlreadyErased(Exception):
    """This contact was erased before."""


@transaction.atomic
def erase_contact(*, contact: Contact, reason: str, by: Person | None, at: datetime) -> Erasure:
    """Forget a person for good. Raises ``AlreadyErased``; nothing brings them back."""
    found = Contact.objects.select_for_update().get(pk=contact.pk)
    if Erasure.objects.filter(contact=found).exists():
        raise AlreadyErased(found)
    leads = list(Lead.objects.filter(conversion__contact=found).select_for_update(of=("self",)))
    deals = list(Deal.objects.filter(contact=found).select_for_update(of=("self",)))
    words = [one for one in (found.name, found.latin_name) if len(one.strip()) > 1]
    company = found.company_id
    erasure = Erasure.objects.create(
        contact=found,
        at=at,
        by=by,
        reason=reason.strip()[:300],
        orders_kept=OrderLink.objects.filter(Q(contact=found) | Q(deal__in=deals)).count(),
    )
    _keep_fingerprints(erasure, found, leads)
    erasure.removed = _remove(found, leads, deals, at)
    erasure.removed |= sequels.forget(sequels.Forgotten(found, leads, deals, at))
    erasure.save(update_fields=["removed"])
    for deal in deals:
        if any(word in deal.title for word in words):
            deal.title = f"#{deal.pk}"
        deal.next_step, deal.next_step_on, deal.lost_note = "", None, ""
        deal.save(update_fields=["title", "next_step", "next_step_on", "lost_note"])
    for lead in leads:
        for name, value in {"name": f"#{lead.pk}", "company_name": "", "title": "", "message": "",
                            "interest": "", "why_not": "", "languages": [], "country": "",
                            "territory": "", "source_detail": "", "custom": {},
                            "name_keys": []}.items():  # fmt: skip
            setattr(lead, name, value)
        lead.archived_at = at
        lead.version += 1
        lead.save()
    for name, value in {**EMPTY, "name": "", "company": None}.items():
        setattr(found, name, value)
    found.archived_at, found.changed_at = at, at
    found.version += 1
    found.save()
    # Neither a name nor the reason, which may tell of the person, goes into the trail.
    audit.record(
        "contact_erased", subject=found, by=by, at=at,
        after={"removed": erasure.removed, "orders_kept": erasure.orders_kept},
    )  # fmt: skip
    findable.changed("lead", [lead.pk for lead in leads])
    findable.changed("contact", [found.pk])
    touched = [f"company:{company}"] if company else []
    publish_all([*hints.topics_of(found), *touched, "deals"], "erased", str(found.pk))
    return erasure


def _keep_fingerprints(erasure: Erasure, contact: Contact, leads: list[Lead]) -> None:
    points = ContactPoint.objects.filter(Q(contact=contact) | Q(lead__in=leads))
    digests = {customers.fingerprint(one.kind, one.normalised) for one in points}
    ErasedKey.objects.bulk_create(
        (ErasedKey(digest=digest, erasure=erasure) for digest in sorted(digests)),
        ignore_conflicts=True,
    )


def _remove(contact: Contact, leads: list[Lead], deals: list[Deal], at: datetime) -> dict[str, int]:
    """Delete what was written about the person; returns how much of each kind went."""
    theirs = Q(contact=contact) | Q(lead__in=leads)
    # What hangs on a deal of theirs speaks of them as well, unless another contact is named.
    deal_only = Q(deal__in=deals, contact__isnull=True, lead__isnull=True)
    activities = Activity.objects.filter(theirs | deal_only)
    removed = {"points": ContactPoint.objects.filter(theirs).delete()[0]}
    Mention.objects.filter(activity__in=activities).delete()
    removed["activities"] = activities.filter(erased_at__isnull=True).update(
        subject="", text="", direction="", minutes=None, erased_at=at
    )
    removed["files"] = Attachment.objects.filter(theirs | Q(deal__in=deals)).delete()[0]
    removed["feedback"] = Feedback.objects.filter(theirs | deal_only).update(text="", outcome="")
    removed["answers"] = Answer.objects.filter(deal__in=deals).delete()[0]
    removed["changes"] = RecordChange.objects.filter(theirs | Q(deal__in=deals)).update(
        before={}, after={}
    )
    ExternalKey.objects.filter(theirs).delete()
    Tagging.objects.filter(theirs).delete()
    Following.objects.filter(theirs).delete()
    Consent.objects.filter(theirs, withdrawn_at__isnull=True).update(withdrawn_at=at)
    Consent.objects.filter(theirs).update(source="", withdrawn_source="")
    # A lead keeps its conversion: that it became a customer is a figure, not a person.
    removed["leads"] = Conversion.objects.filter(lead__in=leads).count()
    return removed
