"""Who may see and arrange sequences, and begin or stop them with a customer."""

from __future__ import annotations

from typing import Any

from django.utils.translation import pgettext_lazy

from paceline.crm import access as crm
from paceline.crm.access import LEADS, OURS, OVERSEE, SELL
from paceline.kernel.rights import Act, Rule, Section
from paceline.org.models import Person, Team

SEQUENCE = Section(
    pgettext_lazy("object of a right", "sequence"),
    (
        Rule(
            "*",
            "read",
            roles=OVERSEE,
            relations=OURS,
            note="of one's own teams; of its customers only those whom one may see",
        ),
        Rule("*", "arrange", Act.MAKE, roles=LEADS, note="of their teams"),
        Rule("*", "begin and stop", Act.MAKE, roles=SELL, note="with customers they may change"),
    ),
)
SECTIONS = (SEQUENCE,)


def may_read(person: Person) -> bool:
    return crm.may_read_customers(person)


def may_arrange_any(person: Person) -> bool:
    return SEQUENCE.allows("arrange", person.roles)


def may_arrange(person: Person, team: Team) -> bool:
    """Whether the person makes and changes the sequences of a team."""
    return SEQUENCE.allows("arrange", person.roles) and crm.may_arrange(person, team)


def may_begin_any(person: Person) -> bool:
    return SEQUENCE.allows("begin and stop", person.roles)


def may_begin(person: Person, record: Any) -> bool:
    """Whether the person may begin or stop a sequence with a record that they see."""
    return may_begin_any(person) and crm.may_change(person, record)
