"""Who may bring files in."""

from __future__ import annotations

from paceline.org.models import Person, Role


def may_import(person: Person) -> bool:
    return person.has_role(Role.COMPENSATION, Role.ADMINISTRATOR)
