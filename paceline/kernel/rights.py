"""The written matrix: who may do what with which field of which object.

Each app's ``access`` module holds its own :class:`Section`; ``docs/rights.md`` is written from all
of them, and the ``may_…`` functions ask the same rows, so that the document cannot drift from what
the product does. Roles are plain words here: this layer knows no organisation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from django.apps import apps
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule


class Relation(StrEnum):
    """How the one who asks stands to the one whom the object is about, strongest first."""

    SELF = "self"
    REPORT = "report"
    INDIRECT_REPORT = "indirect report"
    FORMER_REPORT = "former report"
    PEER = "peer"
    OTHER = "other"


EVERYONE = frozenset(Relation)
LINE_BELOW = frozenset({Relation.REPORT, Relation.INDIRECT_REPORT})


class Act(StrEnum):
    """What a right is, seen from the separation of duties."""

    READ = "read"
    MAKE = "make"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: a right over a field of an object, given by role, by relation, or both.

    ``field`` ``*`` means the object as a whole. ``relations`` name whom the object is about as seen
    by the one who asks: ``report`` means that the object is about one of their reports.
    """

    field: str
    right: str
    act: Act = Act.READ
    roles: frozenset[str] = frozenset()
    relations: frozenset[Relation] = frozenset()
    note: str = ""

    def allows(self, roles: Iterable[str], relation: Relation | None) -> bool:
        """Whether one of the roles, or the relation, gives this right."""
        return relation in self.relations or not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Section:
    """All rows of one object, for example of statements."""

    of: str | Promise
    rules: tuple[Rule, ...] = field(default=())

    def rule(self, right: str, of_field: str = "*") -> Rule:
        """The row for a right; a right that is not written down does not exist (``KeyError``)."""
        for rule in self.rules:
            if (rule.right, rule.field) == (right, of_field):
                return rule
        raise KeyError(f"{self.of}.{of_field}: no right {right!r} is written down")

    def allows(
        self,
        right: str,
        roles: Iterable[str],
        relation: Relation | None = None,
        *,
        of_field: str = "*",
    ) -> bool:
        return self.rule(right, of_field).allows(roles, relation)


def both_made_and_checked(sections: Iterable[Section]) -> Iterator[tuple[str, str]]:
    """Pairs of role and object where one role may both make and check it: there must be none."""
    for section in sections:
        made = {role for rule in section.rules if rule.act is Act.MAKE for role in rule.roles}
        checked = {role for rule in section.rules if rule.act is Act.CHECK for role in rule.roles}
        for role in sorted(made & checked):
            yield role, str(section.of)


def as_markdown(section: Section, roles: Iterable[str]) -> str:
    """The section as a table: one row a right, the relations and roles that give it named."""
    names = list(roles)
    lines = [
        "| field | right | kind | by relation | by role | note |",
        "|---|---|---|---|---|---|",
    ]
    for rule in section.rules:
        relations = [relation for relation in Relation if relation in rule.relations]
        given = [name for name in names if name in rule.roles]
        everyone = "everyone" if rule.relations == EVERYONE else ", ".join(relations)
        what = "whole" if rule.field == "*" else rule.field
        cells = [what, rule.right, rule.act, everyone, ", ".join(given), rule.note]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)


def document(introduction: str, roles: Iterable[str]) -> str:
    """The whole matrix as the text of ``docs/rights.md``."""
    names = list(roles)
    parts = [introduction.strip()]
    parts += [
        f"## {str(section.of).capitalize()}\n\n{as_markdown(section, names)}"
        for section in all_sections()
    ]
    return "\n\n".join(parts) + "\n"


@cache
def all_sections() -> tuple[Section, ...]:
    """Every section of the matrix, from the ``SECTIONS`` of each app's ``access`` module."""
    found: list[Section] = []
    for config in reversed(list(apps.get_app_configs())):
        if not config.name.startswith("paceline.") or not module_has_submodule(
            config.module, "access"
        ):
            continue
        access = import_module(f"{config.name}.access")
        found += getattr(access, "SECTIONS", ())
        for part in iter_modules(getattr(access, "__path__", ())):
            found += getattr(import_module(f"{access.__name__}.{part.name}"), "SECTIONS", ())
    return tuple(dict.fromkeys(found))
