"""Who may read and bring in what was sold."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from paceline.kernel.rights import Act, Relation, Rule, Section
from paceline.org.models import Person, Role

ORDER_LINE = Section(
    pgettext_lazy("object of a right", "order line"),
    (
        Rule(
            "*",
            "read",
            roles=frozenset({Role.COMPENSATION, Role.FINANCE}),
            note="others meet the lines that paid them in their statements",
        ),
        Rule("*", "import", Act.MAKE, roles=frozenset({Role.COMPENSATION})),
        Rule(
            "attributes",
            "add",
            Act.MAKE,
            roles=frozenset({Role.COMPENSATION}),
            note="further columns that a company's own plans read",
        ),
    ),
)
EXCHANGE_RATE = Section(
    pgettext_lazy("object of a right", "exchange rate"),
    (
        Rule("*", "read", roles=frozenset({Role.COMPENSATION, Role.FINANCE})),
        Rule("*", "import", Act.MAKE, roles=frozenset({Role.COMPENSATION})),
    ),
)
OWNER = Section(
    pgettext_lazy("object of a right", "owner"),
    (
        Rule(
            "*",
            "read",
            roles=frozenset({Role.COMPENSATION, Role.FINANCE}),
            relations=frozenset({Relation.SELF}),
        ),
        Rule("*", "set", Act.MAKE, roles=frozenset({Role.COMPENSATION}), note="by hand or by file"),
    ),
)
SECTIONS = (ORDER_LINE, EXCHANGE_RATE, OWNER)


def may_read_lines(person: Person) -> bool:
    return ORDER_LINE.allows("read", person.roles)


def may_import_lines(person: Person) -> bool:
    return ORDER_LINE.allows("import", person.roles)


def may_add_attributes(person: Person) -> bool:
    return ORDER_LINE.allows("add", person.roles, of_field="attributes")


def may_read_rates(person: Person) -> bool:
    return EXCHANGE_RATE.allows("read", person.roles)


def may_import_rates(person: Person) -> bool:
    return EXCHANGE_RATE.allows("import", person.roles)


def may_read_owners(person: Person) -> bool:
    return OWNER.allows("read", person.roles)


def may_set_owners(person: Person) -> bool:
    return OWNER.allows("set", person.roles)
