"""Who may see and arrange how leads are given, and read how long replies took."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from paceline.crm import access as crm
from paceline.crm.access import LEADS, OURS, OVERSEE, SELL
from paceline.kernel.rights import Act, Rule, Section
from paceline.org.models import Person, Team

ROUTING = Section(
    pgettext_lazy("object of a right", "lead routing"),
    (
        Rule("*", "read", roles=OVERSEE, relations=OURS, note="rules and hours of one's own teams"),
        Rule("*", "arrange", Act.MAKE, roles=LEADS, note="rules and hours of their teams"),
        Rule("hours", "set", Act.MAKE, roles=SELL, note="their own"),
    ),
)
INQUIRY = Section(
    pgettext_lazy("object of a right", "inquiry"),
    (
        Rule(
            "*",
            "read",
            roles=OVERSEE,
            relations=OURS,
            note="with its lead or contact: when a reply is due and came; who was passed over",
        ),
        Rule("*", "give by rules", Act.MAKE, roles=SELL, note="leads that they may assign"),
    ),
)
FORM = Section(
    pgettext_lazy("object of a right", "web form"),
    (
        Rule("*", "read", roles=OVERSEE, relations=OURS, note="forms of one's own teams"),
        Rule("*", "keep", Act.MAKE, roles=LEADS, note="forms of their teams, and their consents"),
        Rule("quarantine", "release", Act.MAKE, roles=SELL, note="and discard; of their teams"),
    ),
)
SECTIONS = (ROUTING, INQUIRY, FORM)


def may_read_inquiries(person: Person) -> bool:
    return crm.may_read_customers(person)


def may_read_routing(person: Person) -> bool:
    return crm.may_read_customers(person)


def may_arrange(person: Person, team: Team) -> bool:
    """Whether the person arranges the rules and hours of a team."""
    return ROUTING.allows("arrange", person.roles) and crm.may_arrange(person, team)


def may_set_own_hours(person: Person) -> bool:
    return ROUTING.allows("set", person.roles, of_field="hours")


def may_read_forms(person: Person) -> bool:
    return crm.may_read_customers(person)


def may_keep(person: Person, team: Team) -> bool:
    """Whether the person makes and changes the forms of a team."""
    return FORM.allows("keep", person.roles) and crm.may_arrange(person, team)


def may_keep_any(person: Person) -> bool:
    return FORM.allows("keep", person.roles)


def may_release(person: Person) -> bool:
    return FORM.allows("release", person.roles, of_field="quarantine")
