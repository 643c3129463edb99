"""Who may bring files in."""

from __future__ import annotations

import zoneinfo

from babel import Locale

from paceline.imports import kinds
from paceline.imports.kinds import ImportKind
from paceline.imports.models import Import, ImportState
from paceline.org.models import Person, Role

COUNTRIES = {
    code: (code.casefold(), name.casefold())
    for code, name in Locale("en").territories.items()
    if len(code) == 2 and code.isalpha()
}
TIME_ZONES = {name: (name.casefold(),) for name in sorted(zoneinfo.available_timezones())}


def may_import_company(person: Person) -> bool:
    """People, teams and reporting lines: HR and compensation, as by hand."""
    return person.has_role(Role.HR, Role.COMPENSATION)


def importable(person: Person) -> list[ImportKind]:
    """The kinds of file that a person may bring."""
    return [kind for kind in kinds.kinds() if kind.may_import(person)]


def may_import(person: Person) -> bool:
    """Whether a person may bring any file."""
    return bool(importable(person))


def may_read_imports(person: Person) -> bool:
    return may_import(person) or person.has_role(Role.FINANCE)


def may_continue(person: Person, source: Import) -> bool:
    """Whether a person may map, check, commit, discard or undo an import."""
    return kinds.kind(source.kind).may_import(person)


def may_undo(person: Person, source: Import) -> bool:
    return source.state == ImportState.COMMITTED and may_continue(person, source)
