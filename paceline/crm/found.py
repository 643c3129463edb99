"""How companies, contacts, leads and deals are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paceline.crm.models import Company, Contact, Deal, Lead, Reach, scope_of
from paceline.kernel import findable
from paceline.kernel.findable import Document
from paceline.kernel.shell import PaletteEntry
from paceline.org.models import Person

BATCH = 1000


def register() -> None:
    """Let records be found; called once at start."""
    for name, label, documents, entries, model in (
        ("company", _("Companies"), company_documents, company_entries, Company),
        ("contact", _("Contacts"), contact_documents, contact_entries, Contact),
        ("lead", _("Leads"), lead_documents, lead_entries, Lead),
        ("deal", _("Deals"), deal_documents, deal_entries, Deal),
    ):
        findable.register(
            findable.Kind(
                name=name,
                label=label,
                documents=documents,
                keys=deal_keys if name == "deal" else customer_keys,
                visible_to=_kept_of(model),
                entries=entries,
            )
        )
    findable.repeat("company", in_kind="contact", ids_of=_of(Contact, "company"))
    findable.repeat("company", in_kind="deal", ids_of=_of(Deal, "company"))
    findable.repeat("contact", in_kind="deal", ids_of=_of(Deal, "contact"))


def _kept_of(model: Any) -> Callable[[Person], Any]:
    return lambda person: model.objects.visible_to(person).kept()


def _of(model: Any, field: str) -> findable.Repeats:
    """The ids of those of a model that bear the names of these."""

    def ids(of: list[int]) -> list[int]:
        rows = model.objects.filter(**{f"{field}__in": of})
        return list(rows.values_list("pk", flat=True))

    return ids


def customer_keys(person: Person) -> list[str] | None:
    """Those of owners and teams whose records the person might see."""
    scope = scope_of(person)
    if scope.oversees:
        return None
    if not scope.sells:
        return []
    people = sorted(f"owner:{one}" for one in scope.people)
    return [*people, *sorted(f"team:{one}" for one in scope.all_teams), "all"]


def deal_keys(person: Person) -> list[str] | None:
    return None if scope_of(person).keeps_pay else customer_keys(person)


def _keys(owner: int | None, team: int, reach: str, others: Iterable[int] = ()) -> tuple[str, ...]:
    keys = [f"owner:{one}" for one in {owner, *others} if one is not None]
    if owner is None or reach == Reach.TEAM:
        keys.append(f"team:{team}")
    if reach == Reach.ALL:
        keys.append("all")
    return tuple(keys)


def _rows(model: Any, ids: Iterable[int] | None, *fields: str, **more: Any) -> Iterator[Any]:
    rows = model.objects.kept()
    rows = rows if ids is None else rows.filter(pk__in=ids)
    fields = ("pk", "owner_id", "team_id", "reach", *fields)
    found = rows.annotate(**more).order_by("pk").values_list(*fields, *more)
    return iter(found.iterator(chunk_size=BATCH))


def _points() -> ArrayAgg:
    return ArrayAgg("points__value", distinct=True, default=None)


def company_documents(ids: Iterable[int] | None) -> Iterator[Document]:
    fields = ("name", "latin_name", "number", "registration", "website")
    for pk, owner, team, reach, *texts, points in _rows(Company, ids, *fields, of=_points()):
        yield Document(pk, _said(texts, points), _keys(owner, team, reach))


def contact_documents(ids: Iterable[int] | None) -> Iterator[Document]:
    fields = ("name", "latin_name", "number", "company__name")
    for pk, owner, team, reach, *texts, points in _rows(Contact, ids, *fields, of=_points()):
        if any(texts) or points:
            yield Document(pk, _said(texts, points), _keys(owner, team, reach))


def lead_documents(ids: Iterable[int] | None) -> Iterator[Document]:
    fields = ("name", "company_name")
    for pk, owner, team, reach, *texts, points in _rows(Lead, ids, *fields, of=_points()):
        yield Document(pk, _said(texts, points), _keys(owner, team, reach))


def deal_documents(ids: Iterable[int] | None) -> Iterator[Document]:
    fields = ("title", "company__name", "contact__name", "contact__latin_name")
    shared = ArrayAgg("contributors__person_id", distinct=True, default=None)
    for pk, owner, team, reach, *texts, people in _rows(Deal, ids, *fields, of=shared):
        others = [one for one in people or () if one is not None]
        yield Document(pk, _said(texts, ()), _keys(owner, team, reach, others))


def _said(texts: list[str | None], points: Iterable[str | None] | None) -> tuple[str, ...]:
    return tuple(text for text in (*texts, *(points or ())) if text)


def company_entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:  # noqa: ARG001
    rows = Company.objects.visible_to(person).kept().filter(pk__in=ids).order_by("name", "pk")
    return [
        PaletteEntry(
            label=row.name,
            detail=" · ".join(filter(None, [row.latin_name, row.number, row.territory])),
            url=reverse("crm:company", args=[row.pk]),
            icon="building",
        )
        for row in rows
    ]


def contact_entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:  # noqa: ARG001
    rows = Contact.objects.visible_to(person).kept().filter(pk__in=ids)
    return [
        PaletteEntry(
            label=row.name,
            detail=" · ".join(filter(None, [row.latin_name, row.company and row.company.name])),
            url=reverse("crm:contact", args=[row.pk]),
            icon="address-book",
        )
        for row in rows.select_related("company").order_by("name", "pk")
    ]


def lead_entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:  # noqa: ARG001
    rows = Lead.objects.visible_to(person).kept().filter(pk__in=ids).order_by("-created_at", "pk")
    return [
        PaletteEntry(
            label=row.name,
            detail=" · ".join(filter(None, [row.company_name, row.get_status_display()])),
            url=reverse("crm:lead", args=[row.pk]),
            icon="user-question",
        )
        for row in rows
    ]


def deal_entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:  # noqa: ARG001
    rows = Deal.objects.visible_to(person).kept().filter(pk__in=ids)
    return [
        PaletteEntry(
            label=row.title,
            detail=" · ".join(filter(None, [row.company and row.company.name, row.stage.name])),
            url=reverse("crm:deal", args=[row.pk]),
            icon="briefcase",
        )
        for row in rows.select_related("company", "stage").order_by("-changed_at", "pk")
    ]
