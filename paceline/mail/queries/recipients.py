"""Who of many may be written to, and why others may not: a few queries for fifty records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from paceline.crm import access as crm
from paceline.crm.actions.customers import fingerprint
from paceline.crm.models import Consent, ConsentChannel, Contact, ContactPoint, Lead, PointKind
from paceline.mail.models import Stop, StopKind
from paceline.org.models import Person

MODELS: dict[str, Any] = {"contact": Contact, "lead": Lead}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who was chosen; ``why`` says why they get nothing, empty when they do: ``gone``,
    ``not_yours``, ``no_address``, ``unsubscribed``, ``bounced`` or ``no_consent``."""

    record: Any
    address: str
    why: str = ""


def recipients(kind: str, ids: Sequence[int], by: Person, *, is_offer: bool) -> list[Recipient]:
    """Those chosen, in order, each with their first address or why they get nothing."""
    rows = MODELS[kind].objects.visible_to(by).kept().filter(pk__in=ids)
    related = ("owner", "team", "company") if kind == "contact" else ("owner", "team")
    known = rows.select_related(*related).in_bulk()
    addresses: dict[int, str] = {}
    points = ContactPoint.objects.filter(**{f"{kind}__in": list(known)}, kind=PointKind.EMAIL)
    for pk, value in points.order_by("rank", "id").values_list(kind, "normalised"):
        addresses.setdefault(pk, value)
    consents = Consent.objects.filter(
        **{f"{kind}__in": list(known)}, channel=ConsentChannel.EMAIL, withdrawn_at__isnull=True
    )
    agreed = set(consents.values_list(kind, flat=True))
    digests = {pk: fingerprint("email", one.casefold()) for pk, one in addresses.items()}
    stops = set(Stop.objects.filter(digest__in=digests.values()).values_list("digest", "kind"))
    found = []
    for pk in ids:
        record, address = known.get(pk), addresses.get(pk, "")
        why = ""
        if record is None:
            why = "gone"
        elif not crm.may_change(by, record):
            why = "not_yours"
        elif not address:
            why = "no_address"
        elif is_offer and (digests[pk], StopKind.UNSUBSCRIBED) in stops:
            why = "unsubscribed"
        elif (digests[pk], StopKind.BOUNCED) in stops:
            why = "bounced"
        elif is_offer and pk not in agreed:
            why = "no_consent"
        found.append(Recipient(record, address, why))
    return found


def is_ended(address: str) -> bool:
    """Whether whoever bears an address ended mails to many."""
    digest = fingerprint("email", address.strip().casefold())
    return bool(Stop.objects.filter(digest=digest, kind=StopKind.UNSUBSCRIBED).exists())


def why_not(address: str) -> str:
    """Why an address gets no mail to many; empty when it does."""
    digest = fingerprint("email", address.strip().casefold())
    kinds = set(Stop.objects.filter(digest=digest).values_list("kind", flat=True))
    if StopKind.UNSUBSCRIBED in kinds:
        return "unsubscribed"
    return "bounced" if StopKind.BOUNCED in kinds else ""
