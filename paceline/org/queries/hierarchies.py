"""Named hierarchies as their pages show them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from paceline.org.models import Hierarchy, HierarchyLine, Person

# A larger tree is a table's business.
PEOPLE_MAX = 2_000


def hierarchies(on: date) -> QuerySet[Hierarchy]:
    """All hierarchies, with ``places``: how many people stand below somebody on a day."""
    lines = HierarchyLine.objects.filter(hierarchy=OuterRef("pk")).on(on).order_by()
    counted = lines.values("hierarchy").annotate(n=Count("pk")).values("n")
    return Hierarchy.objects.annotate(places=Coalesce(Subquery(counted), 0))


@dataclass(slots=True)
class HierarchyNode:
    """A person in the tree; ``line`` says since when they stand there, roots have none."""

    person: Person
    line: HierarchyLine | None
    children: list[HierarchyNode] = field(default_factory=list)


def hierarchy_tree(hierarchy: Hierarchy, on: date) -> list[HierarchyNode]:
    """Who stands below whom on a day, by name; one query."""
    lines = HierarchyLine.objects.filter(hierarchy=hierarchy).on(on)
    rows = list(
        lines.select_related("person", "manager").order_by("person__name", "pk")[:PEOPLE_MAX]
    )
    below: dict[int, list[HierarchyLine]] = defaultdict(list)
    for row in rows:
        below[row.manager_id].append(row)
    placed = {row.person_id for row in rows}
    tops = {row.manager.pk: row.manager for row in rows if row.manager_id not in placed}

    def node(person: Person, line: HierarchyLine | None) -> HierarchyNode:
        return HierarchyNode(person, line, [node(one.person, one) for one in below[person.pk]])

    return [node(top, None) for top in sorted(tops.values(), key=lambda one: (one.name, one.pk))]


def lines_of(hierarchy: Hierarchy) -> QuerySet[HierarchyLine]:
    """Every place of a hierarchy, past and coming ones too."""
    rows: QuerySet[HierarchyLine] = HierarchyLine.objects.filter(hierarchy=hierarchy)
    return rows.select_related("person", "manager")
