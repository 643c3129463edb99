"""How statements and plans are found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.incentives.access import pay as access
from paceline.incentives.models import PlanVersion, Statement
from paceline.incentives.pay_words import period_name
from paceline.kernel import findable
from paceline.kernel.findable import Document
from paceline.kernel.shell import PaletteEntry
from paceline.org.models import Person, ReportingPath


def register() -> None:
    """Let statements and plans be found; called once at start."""
    findable.register(
        findable.Kind(
            name="statement",
            label=gettext_lazy("Statements"),
            documents=statement_documents,
            keys=statement_keys,
            visible_to=Statement.objects.visible_to,
            entries=statement_entries,
        )
    )
    findable.repeat("person", in_kind="statement", ids_of=statements_of_people)
    findable.register(
        findable.Kind(
            name="plan",
            label=gettext_lazy("Plans"),
            documents=plan_documents,
            keys=lambda _person: None,
            visible_to=PlanVersion.objects.visible_to,
            entries=plan_entries,
        )
    )


def statement_documents(ids: Iterable[int] | None) -> Iterator[Document]:
    """Released statements: what is only calculated is not looked for by name."""
    rows = Statement.objects.filter(release__isnull=False)
    rows = rows if ids is None else rows.filter(pk__in=ids)
    fields = (
        "pk", "payee_id", "payee__name", "payee__latin_name", "payee__number", "period__key",
    )  # fmt: skip
    for pk, payee, *texts in rows.order_by("pk").values_list(*fields).iterator():
        yield Document(pk, tuple(texts), (_key(payee),))


def statement_keys(person: Person) -> list[str] | None:
    """Those of the payees whose statements the person might read: rights look closer."""
    if access.is_pay_desk(person):
        return None
    below = ReportingPath.objects.filter(ancestor=person).order_by()
    people = below.values_list("descendant_id", flat=True).distinct()
    return [_key(person.pk), *map(_key, people)]


def statement_entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:  # noqa: ARG001
    """The newest first; one query."""
    rows = Statement.objects.visible_to(person).filter(pk__in=ids, release__isnull=False)
    rows = rows.select_related("payee", "period").order_by("-period__starts_on", "payee__name")
    return [
        PaletteEntry(
            label=row.payee.name,
            detail=period_name(row.period),
            url=reverse("incentives:statement", args=[row.pk]),
            icon="receipt-2",
        )
        for row in rows
    ]


def statements_of_people(people: list[int]) -> list[int]:
    """Statements that bear the names of these people."""
    rows = Statement.objects.filter(payee__in=people, release__isnull=False)
    return list(rows.values_list("pk", flat=True))


def plan_documents(ids: Iterable[int] | None) -> Iterator[Document]:
    """Each version by itself: the name of a draft is known to fewer than that of its plan."""
    rows = PlanVersion.objects.all() if ids is None else PlanVersion.objects.filter(pk__in=ids)
    for pk, code, outline in rows.order_by("pk").values_list("pk", "plan__code", "outline"):
        yield Document(pk, (code, *sorted(set(outline.get("name", {}).values()))))


def plan_entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:
    """Each plan once, by the newest of the versions found; one query."""
    rows = PlanVersion.objects.visible_to(person).filter(pk__in=ids)
    newest = rows.select_related("plan").defer("source").order_by("plan_id", "-number")
    found = [
        PaletteEntry(
            label=version.name,
            detail=_("plan") if version.effective_from <= as_of else _("plan of a later day"),
            url=reverse("incentives:plan", args=[version.plan.code]),
            icon="file-text",
        )
        for version in newest.distinct("plan_id")
    ]
    return sorted(found, key=lambda entry: entry.label.casefold())


def _key(payee: int) -> str:
    return f"payee:{payee}"
