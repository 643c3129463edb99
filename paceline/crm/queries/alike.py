"""Records that look like one that is being written down, by the keys of duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from paceline.crm.likeness import PERSON_NAME, SHARED_MAX, score
from paceline.crm.models import DOUBLED, PHONES, ContactPoint, PointKind
from paceline.crm.names import name_keys
from paceline.crm.points import normalise
from paceline.org.models import Person

# A lead may be a contact already, and the other way round.
LOOKED_AT = {"company": ("company",), "contact": ("contact", "lead"), "lead": ("lead", "contact")}
SHOWN = 5
POINT_MIN = 5


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed so far. ``points``: kind and value; ``company``: of a person, by name."""

    names: Sequence[str] = ()
    points: Sequence[tuple[str, str]] = ()
    country: str = ""
    number: str = ""
    registration: str = ""
    company: str = ""


@dataclass(frozen=True, slots=True)
class Alike:
    kind: str
    record: Any
    reasons: tuple[str, ...]
    score: int


def alike(kind: str, typed: Typed, person: Person) -> list[Alike]:
    """The likeliest of those whom the person may see, the likeliest first; nothing of others, not
    even that they are there. A person's name alone is told too: whoever types it can look.

    At most three queries for each kind that is looked at.
    """
    found = [one for other in LOOKED_AT[kind] for one in _of_kind(other, typed, person)]
    found.sort(key=lambda one: (-one.score, one.kind != kind, one.record.pk))
    return found[:SHOWN]


def _of_kind(kind: str, typed: Typed, person: Person) -> list[Alike]:
    reasons: dict[int, set[str]] = {}
    shared = _by_points(kind, typed)
    for pk, reason in shared:
        reasons.setdefault(pk, set()).add(reason)
    keys = name_keys(typed.names, is_person=kind != "company")
    rows = DOUBLED[kind].objects.visible_to(person).kept()
    named = rows.filter(_named(kind, typed, keys)).order_by("-changed_at", "-pk")
    related = ("owner", "company") if kind == "contact" else ("owner",)
    known = {one.pk: one for one in named.select_related(*related)[:SHARED_MAX]}
    known |= rows.select_related(*related).in_bulk([pk for pk in reasons if pk not in known])
    found = []
    for pk, record in known.items():
        why = reasons.get(pk, set()) | _told(kind, record, typed, keys)
        counted = score(kind, why)
        if counted >= PERSON_NAME:
            found.append(Alike(kind, record, tuple(sorted(why)), counted))
    return found


def _by_points(kind: str, typed: Typed) -> list[tuple[int, str]]:
    """Who has one of the phones or addresses; a number of many says nothing of any."""
    wanted = Q(pk__in=())
    for of, value in typed.points:
        if of not in PointKind.values:
            continue
        compared = normalise(of, value, typed.country)
        if len(compared) >= POINT_MIN:
            kinds = PHONES if of in PHONES else (of,)
            wanted |= Q(kind__in=kinds, normalised=compared)
    if len(wanted.children) < 2:
        return []
    rows = ContactPoint.objects.filter(wanted, **{f"{kind}__isnull": False}).order_by("pk")
    points = rows.values_list(f"{kind}_id", "kind", "normalised")[: SHARED_MAX * 4]
    found: dict[tuple[str, str], list[int]] = {}
    for pk, of, value in points:
        found.setdefault((_reason(of), value), []).append(pk)
    return [
        (pk, reason)
        for (reason, _value), ids in found.items()
        if len(ids) <= SHARED_MAX
        for pk in ids
    ]


def _reason(of: str) -> str:
    if of in PHONES:
        return "phone"
    return "mail" if of == PointKind.EMAIL else "chat"


def _named(kind: str, typed: Typed, keys: Iterable[str]) -> Q:
    wanted = Q(name_keys__overlap=list(keys))
    if typed.number and kind != "lead":
        wanted |= Q(number=typed.number)
    if typed.registration and kind == "company":
        wanted |= Q(registration=typed.registration)
    return wanted


def _told(kind: str, record: Any, typed: Typed, keys: Iterable[str]) -> set[str]:
    """What of the record itself is the same."""
    why = set()
    if set(keys) & set(record.name_keys):
        why.add("name")
    if typed.number and getattr(record, "number", "").casefold() == typed.number.casefold():
        why.add("number")
    if kind == "company":
        if typed.registration and record.registration == typed.registration:
            why.add("registration")
        return why
    # A company alone says little: many people work there.
    if why and typed.company:
        name = record.company_name if kind == "lead" else getattr(record.company, "name", "")
        plain = typed.company.rpartition(" #")[0] or typed.company
        if name and name.casefold() == plain.casefold():
            why.add("company")
    return why
