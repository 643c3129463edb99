"""Who connects other systems to what happens here."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from paceline.kernel.rights import Act, Rule, Section
from paceline.org.models import Person, Role

WEBHOOK = Section(
    pgettext_lazy("object of a right", "webhook"),
    (
        Rule("*", "read", roles=frozenset({Role.ADMINISTRATOR}), note="and its delivery log"),
        Rule(
            "*",
            "keep",
            Act.MAKE,
            roles=frozenset({Role.ADMINISTRATOR}),
            note="messages tell kinds and ids only; content needs a token of somebody's own",
        ),
    ),
)
SECTIONS = (WEBHOOK,)


def may_keep_webhooks(person: Person) -> bool:
    return WEBHOOK.allows("keep", person.roles)
