"""Who may write to customers, keep templates, and set the mail server."""

from __future__ import annotations

from typing import Any

from django.utils.translation import pgettext_lazy

from paceline.crm import access as crm
from paceline.crm.access import LEADS, OURS, OVERSEE, SELL
from paceline.kernel.rights import Act, Rule, Section
from paceline.org.models import Person, Role, Team

ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
MAIL = Section(
    pgettext_lazy("object of a right", "mail"),
    (
        Rule("*", "read", roles=OVERSEE, relations=OURS, note="as what else was said"),
        Rule("*", "write", Act.MAKE, roles=SELL, note="to customers that they see"),
        Rule("many", "write", Act.MAKE, roles=SELL, note="records that they may change"),
        Rule("templates", "keep", Act.MAKE, roles=LEADS, note="of their teams"),
        Rule("server", "set", Act.MAKE, roles=ADMINISTRATORS, note="secrets are never shown"),
    ),
)
SECTIONS = (MAIL,)


def may_write(person: Person, record: Any) -> bool:
    """Whether the person may write to whom a record that they see is about."""
    if not MAIL.allows("write", person.roles) or record.archived_at is not None:
        return False
    return crm.may_read_talk(person)


def may_write_many(person: Person) -> bool:
    return MAIL.allows("write", person.roles, of_field="many")


def may_use_templates(person: Person) -> bool:
    return crm.may_read_customers(person)


def may_keep_any(person: Person) -> bool:
    return MAIL.allows("keep", person.roles, of_field="templates")


def may_keep(person: Person, team: Team) -> bool:
    return may_keep_any(person) and crm.may_arrange(person, team)


def may_set_server(person: Person) -> bool:
    return MAIL.allows("set", person.roles, of_field="server")
