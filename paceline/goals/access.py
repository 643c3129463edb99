"""Who may set what others are asked to reach."""

from __future__ import annotations

from paceline.org.models import Person, Role


def may_read_quotas(person: Person) -> bool:
    """Everyone reads quotas that concern them; :meth:`Quota.visible_to` says which."""
    return person.pk is not None


def may_set_quota(person: Person) -> bool:
    return person.has_role(Role.COMPENSATION)


def may_import_quotas(person: Person) -> bool:
    return may_set_quota(person)
