"""Who may read and set what others are asked to reach."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from paceline.kernel.rights import LINE_BELOW, Act, Relation, Rule, Section
from paceline.org.models import Person, Role

QUOTA = Section(
    pgettext_lazy("object of a right", "quota"),
    (
        Rule(
            "*",
            "read",
            roles=frozenset({Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE}),
            relations=LINE_BELOW | {Relation.SELF},
        ),
        Rule("*", "set", Act.MAKE, roles=frozenset({Role.COMPENSATION}), note="by hand or by file"),
    ),
)
FIGURE = Section(
    pgettext_lazy("object of a right", "entered figure"),
    (
        Rule(
            "*",
            "read",
            roles=frozenset({Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE}),
            relations=LINE_BELOW | {Relation.SELF},
        ),
        Rule(
            "*", "enter", Act.MAKE, roles=frozenset({Role.COMPENSATION}), note="by hand or by file"
        ),
    ),
)
SECTIONS = (QUOTA, FIGURE)


def may_set_quota(person: Person) -> bool:
    return QUOTA.allows("set", person.roles)


def may_read_all_quotas(person: Person) -> bool:
    return QUOTA.allows("read", person.roles)


def may_enter_figures(person: Person) -> bool:
    return FIGURE.allows("enter", person.roles)


def may_read_all_figures(person: Person) -> bool:
    return FIGURE.allows("read", person.roles)
