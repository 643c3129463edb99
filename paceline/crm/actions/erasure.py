"""Forgetting a customer under data-protection law, and what has to stay behind.

What goes: the contact's name, numbers, addresses, every text that was written about them, files,
answers, feedback, what changes said before and after, tags and followers, and their lead; those
that were merged into the contact; the buyer of their orders, what shops said of them, and the files
from which they came. What stays: a contact without a name, so that links hold; deals with amounts,
shares and stages; order lines with their amounts under a number; consents without a word of where
they came from; and keyed hashes of the numbers, so that no file brings the person back.
The decision and its reasons are in docs/decisions/0007-erasure.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from paceline.accounts.actions import forget_answers_about
from paceline.crm import hints, sequels
from paceline.crm.actions import customers, telling, waking
from paceline.crm.models import (
    PHONES,
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
    ImportedRecord,
    Lead,
    Mention,
    Merge,
    OrderLink,
    PointKind,
    RecordChange,
    Tagging,
    TouchedCustomer,
    WaitingOrder,
)
from paceline.files.actions import remove_file
from paceline.files.models import StoredFile
from paceline.files.queries import is_held
from paceline.imports.actions import forget_files
from paceline.kernel import audit, findable
from paceline.live.actions import publish_all
from paceline.orders.actions import forget_customer, look_again
from paceline.orders.shops.actions import forget_buyer
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
    merged = _merged_into(found)
    family = [found, *merged]
    leads = list(
        Lead.objects.filter(conversion__contact__in=family).select_for_update(of=("self",))
    )
    deals = list(Deal.objects.filter(contact__in=family).select_for_update(of=("self",)))
    names = [one.name for one in (*family, *leads)] + [one.latin_name for one in family]
    words = [one for one in names if len(one.strip()) > 1]
    company = found.company_id
    erasure = Erasure.objects.create(
        contact=found,
        at=at,
        by=by,
        reason=reason.strip()[:300],
        orders_kept=OrderLink.objects.filter(Q(contact__in=family) | Q(deal__in=deals)).count(),
    )
    points = list(ContactPoint.objects.filter(Q(contact__in=family) | Q(lead__in=leads)))
    waiting = list(_waiting_for(family, points).values_list("order__source", "order__order_number"))
    _keep_fingerprints(erasure, points)
    elsewhere = _forget_elsewhere(found, family, leads, points, words, at)
    erasure.removed = _remove(family, leads, deals, at) | elsewhere
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
    for one in family:
        for name, value in {**EMPTY, "name": "", "company": None}.items():
            setattr(one, name, value)
        one.archived_at, one.changed_at = at, at
        one.version += 1
        one.save()
    # What they were called was written down for orders that wait. It goes; which orders they were
    # is known, so that none asks any longer whether it is theirs.
    forgotten = TouchedCustomer.objects.filter(contact_id__in=[one.pk for one in family])
    forgotten.update(name_keys=None)
    look_again(orders=waiting)
    # Neither a name nor the reason, which may tell of the person, goes into the trail.
    audit.record(
        "contact_erased", subject=found, by=by, at=at,
        after={"removed": erasure.removed, "orders_kept": erasure.orders_kept},
    )  # fmt: skip
    telling.tell_erased([one.pk for one in family], [lead.pk for lead in leads], at)
    findable.changed("lead", [lead.pk for lead in leads])
    findable.changed("contact", [one.pk for one in family])
    waking.wake()
    touched = [f"company:{company}"] if company else []
    publish_all([*hints.topics_of(found), *touched, "deals"], "erased", str(found.pk))
    return erasure


def _merged_into(contact: Contact) -> list[Contact]:
    """Those that became this contact, and those that had become them."""
    found: list[Contact] = []
    ids = [contact.pk]
    while ids:
        rows = list(Contact.objects.select_for_update().filter(merged_into__in=ids))
        found += rows
        ids = [one.pk for one in rows]
    return found


def _waiting_for(family: list[Contact], points: list[ContactPoint]) -> Any:
    """Orders that wait and bear a key or the name of one of them."""
    said = Q(number__in={one.number for one in family if one.number})
    said |= Q(name_keys__overlap=sorted({key for one in family for key in one.name_keys}))
    for rule, kinds in (("mail", (PointKind.EMAIL,)), ("phone", PHONES),
                        ("account", (PointKind.SHOP,))):  # fmt: skip
        said |= Q(**{f"{rule}__in": {one.normalised for one in points if one.kind in kinds}})
    return WaitingOrder.objects.filter(said)


def _forget_elsewhere(
    contact: Contact,
    family: list[Contact],
    leads: list[Lead],
    points: list[ContactPoint],
    words: list[str],
    at: datetime,
) -> dict[str, int]:
    """Take the person out of orders, messages of shops, uploaded files and kept answers."""
    said = [*words, *(one.value for one in points), *(one.normalised for one in points)]
    mails = {one.normalised for one in points if one.kind == PointKind.EMAIL}
    phones = {one.normalised for one in points if one.kind in PHONES}
    accounts = {one.normalised for one in points if one.kind == PointKind.SHOP}
    waiting = WaitingOrder.objects.filter(
        Q(mail__in=mails) | Q(phone__in=phones) | Q(account__in=accounts)
    )
    orders = list(
        OrderLink.objects.filter(contact__in=family).values_list("source", "order_number")
    )
    orders += waiting.values_list("order__source", "order__order_number")
    forgotten = forget_buyer(orders=orders, mails=mails, words=said, at=at)
    theirs = sorted({*orders, *forgotten.keys})
    lines = forget_customer(orders=theirs, texts=said, pseudonym=f"erased-{contact.pk}")
    waiting.update(number="", account="", mail="", phone="", name_keys=[])
    brought = set(
        ImportedRecord.objects.filter(Q(contact__in=family) | Q(lead__in=leads)).values_list(
            "source_import", flat=True
        )
    )
    files = forget_files(imports=brought, at=at)
    forget_answers_about(words=said)
    ids = [one.pk for one in family]
    Merge.objects.filter(kind="contact", survivor__in=ids).update(before={}, moved=[])
    Merge.objects.filter(kind="lead", survivor__in=[one.pk for one in leads]).update(
        before={}, moved=[]
    )
    return {
        "shop_orders": forgotten.orders, "messages": forgotten.messages, "lines": lines,
        "uploads": files,
    }  # fmt: skip


def _keep_fingerprints(erasure: Erasure, points: list[ContactPoint]) -> None:
    digests = {customers.fingerprint(one.kind, one.normalised) for one in points}
    ErasedKey.objects.bulk_create(
        (ErasedKey(digest=digest, erasure=erasure) for digest in sorted(digests)),
        ignore_conflicts=True,
    )


def _remove(
    family: list[Contact], leads: list[Lead], deals: list[Deal], at: datetime
) -> dict[str, int]:
    """Delete what was written about the person; returns how much of each kind went."""
    theirs = Q(contact__in=family) | Q(lead__in=leads)
    # What hangs on a deal of theirs speaks of them as well, unless another contact is named.
    deal_only = Q(deal__in=deals, contact__isnull=True, lead__isnull=True)
    activities = Activity.objects.filter(theirs | deal_only)
    removed = {"points": ContactPoint.objects.filter(theirs).delete()[0]}
    Mention.objects.filter(activity__in=activities).delete()
    removed["activities"] = activities.filter(erased_at__isnull=True).update(
        subject="", text="", direction="", minutes=None, erased_at=at
    )
    removed["files"] = _remove_attachments(theirs | Q(deal__in=deals), at)
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


def _remove_attachments(theirs: Q, at: datetime) -> int:
    """Attached files go with their bytes, unless the same bytes hang on something else."""
    rows = Attachment.objects.filter(theirs)
    files = list(StoredFile.objects.filter(pk__in=rows.values("file")))
    gone = rows.delete()[0]
    for file in files:
        if not is_held(file):
            remove_file(file=file, at=at)
    return gone
