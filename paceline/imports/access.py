"""Who may bring files in."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from paceline.imports import kinds
from paceline.imports.kinds import ImportKind
from paceline.imports.models import Import
from paceline.kernel.rights import Act, Rule, Section
from paceline.org.models import Person, Role

IMPORT = Section(
    pgettext_lazy("object of a right", "import"),
    (
        Rule("*", "read", roles=frozenset({Role.COMPENSATION, Role.FINANCE})),
        Rule(
            "people, teams, reporting lines, hierarchies",
            "bring",
            Act.MAKE,
            roles=frozenset({Role.HR, Role.COMPENSATION}),
            note="HR sees the imports it brought itself",
        ),
        Rule(
            "leaves",
            "bring",
            Act.MAKE,
            roles=frozenset({Role.HR}),
            note="the pay desk and finance do not see these imports",
        ),
    ),
)
SECTIONS = (IMPORT,)


def may_import_company(person: Person) -> bool:
    """People, teams, reporting lines and hierarchies: HR and compensation, as by hand."""
    return IMPORT.allows(
        "bring", person.roles, of_field="people, teams, reporting lines, hierarchies"
    )


def may_import_leaves(person: Person) -> bool:
    """Leaves: HR alone, as by hand."""
    return IMPORT.allows("bring", person.roles, of_field="leaves")


def importable(person: Person) -> list[ImportKind]:
    """The kinds of file that a person may bring."""
    return [kind for kind in kinds.kinds() if kind.may_import(person)]


def may_import(person: Person) -> bool:
    """Whether a person may bring any file."""
    return bool(importable(person))


def may_read_imports(person: Person) -> bool:
    return may_import(person) or IMPORT.allows("read", person.roles)


def may_continue(person: Person, source: Import) -> bool:
    """Whether a person may map, check, commit, discard or undo an import."""
    return kinds.kind(source.kind).may_import(person)


def may_follow_import(person: Person, ref: str) -> bool:
    """Whether a person may hear of news of an import."""
    return ref.isdecimal() and Import.objects.visible_to(person).filter(pk=int(ref)).exists()
