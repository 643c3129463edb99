"""Who may read and bring in what the shop sold."""

from __future__ import annotations

from paceline.org.models import Person, Role


def may_read_lines(person: Person) -> bool:
    """The pay desk and finance read all order lines; others meet theirs in their statements."""
    return person.has_role(Role.COMPENSATION, Role.FINANCE)


def may_import_lines(person: Person) -> bool:
    return person.has_role(Role.COMPENSATION)


def may_import_rates(person: Person) -> bool:
    return person.has_role(Role.COMPENSATION)
