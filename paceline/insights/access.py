"""Who may read which figures, and keep questions about them."""

from __future__ import annotations

from datetime import date

from django.utils.translation import pgettext_lazy

from paceline.kernel.rights import LINE_BELOW, Act, Relation, Rule, Section
from paceline.org.models import Person, Role

ALL_SALES = frozenset({Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE})
SELLERS = frozenset({Role.SALESPERSON, Role.LEAD})
DESK = frozenset({Role.COMPENSATION, Role.FINANCE})
OVERSEERS = frozenset({Role.EXECUTIVE})
OWN = frozenset({Relation.SELF})

SALES_FIGURE = Section(
    pgettext_lazy("object of a right", "sales figure"),
    (
        Rule(
            "*",
            "read",
            roles=ALL_SALES,
            relations=LINE_BELOW | OWN,
            note="of lines by the person whom they name, on the days when they were below",
        ),
        Rule(
            "total of a team",
            "read",
            roles=ALL_SALES,
            relations=LINE_BELOW | frozenset({Relation.PEER}),
            note="a member by weeks or longer, undivided, where at least five belong to it",
        ),
    ),
)
PAY_FIGURE = Section(
    pgettext_lazy("object of a right", "pay figure"),
    (
        Rule(
            "*",
            "read",
            roles=DESK,
            relations=LINE_BELOW | OWN,
            note="of released statements that one may read",
        ),
        Rule(
            "sums of at least five payees",
            "read",
            roles=DESK | OVERSEERS,
            note="released ones; smaller groups are withheld",
        ),
    ),
)
REPORTING_RULE = Section(
    pgettext_lazy("object of a right", "reporting currency"),
    (
        Rule("*", "read", roles=ALL_SALES | SELLERS),
        Rule("*", "set", Act.MAKE, roles=frozenset({Role.FINANCE})),
    ),
)
QUESTION = Section(
    pgettext_lazy("object of a right", "kept question"),
    (
        Rule(
            "*",
            "read",
            roles=ALL_SALES | SELLERS,
            note="one's own and shared ones; its figures follow the rights of the reader",
        ),
        Rule("*", "keep", Act.MAKE, roles=ALL_SALES | SELLERS, note="and share, put away"),
        Rule(
            "*",
            "take over",
            Act.MAKE,
            roles=ALL_SALES | {Role.LEAD},
            note="a shared one whose owner works here no more",
        ),
    ),
)
DASHBOARD = Section(
    pgettext_lazy("object of a right", "dashboard"),
    (
        Rule(
            "*",
            "read",
            roles=ALL_SALES | SELLERS,
            note="one's own and shared ones; its figures follow the rights of the reader",
        ),
        Rule("*", "keep", Act.MAKE, roles=ALL_SALES | SELLERS, note="the owner changes and shares"),
        Rule(
            "*",
            "take over",
            Act.MAKE,
            roles=ALL_SALES | {Role.LEAD},
            note="a shared one whose owner works here no more",
        ),
        Rule(
            "mails",
            "ask for",
            Act.MAKE,
            roles=ALL_SALES | SELLERS,
            note="to oneself, the owner to others; with the rights of the recipient then",
        ),
    ),
)
REVIEW = Section(
    pgettext_lazy("object of a right", "team review"),
    (
        Rule(
            "*",
            "read",
            roles=ALL_SALES,
            relations=LINE_BELOW | frozenset({Relation.SELF, Relation.PEER}),
            note="of teams in which one works or whose people one leads; figures by one's rights",
        ),
        Rule(
            "*", "write", Act.MAKE, roles=SELLERS,
            note="in the teams where one works or which one leads",
        ),
    ),
)  # fmt: skip
NOTE = Section(
    pgettext_lazy("object of a right", "note beside figures"),
    (
        Rule("*", "read", roles=ALL_SALES | SELLERS, note="of the company and of one's teams"),
        Rule("*", "write", Act.MAKE, roles=ALL_SALES | SELLERS, note="and take one's own back"),
    ),
)
SECTIONS = (SALES_FIGURE, PAY_FIGURE, REPORTING_RULE, QUESTION, DASHBOARD, REVIEW, NOTE)


def may_read(person: Person) -> bool:
    """Whether the person has anything to do with figures of sales at all."""
    return QUESTION.allows("read", person.roles)


def may_read_all_sales(person: Person) -> bool:
    return SALES_FIGURE.allows("read", person.roles)


def may_read_sums_of_pay(person: Person) -> bool:
    """Whether the person reads sums of pay over people whose statements are not theirs to read."""
    return PAY_FIGURE.allows("read", person.roles, of_field="sums of at least five payees")


def may_set_rule(person: Person) -> bool:
    return REPORTING_RULE.allows("set", person.roles)


def may_keep(person: Person) -> bool:
    return QUESTION.allows("keep", person.roles)


def may_take_over(person: Person) -> bool:
    """Whether the person may go on with dashboards that they see and whose owner has left."""
    return DASHBOARD.allows("take over", person.roles)


def may_take_over_question(person: Person) -> bool:
    """Whether the person may go on with kept questions that they see and whose owner has left."""
    return QUESTION.allows("take over", person.roles)


def has_left(owner: int, on: date) -> bool:
    """Whether somebody does not work here any more."""
    return not Person.objects.employed_on(on).filter(pk=owner).exists()
