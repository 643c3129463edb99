"""Who may set up shops, read what they said, and decide whose an order is."""

from __future__ import annotations

from datetime import date

from django.utils.translation import pgettext_lazy

from paceline.kernel.rights import LINE_BELOW, Act, Relation, Rule, Section
from paceline.orders.shops.models import KEEPERS, READERS, Claim, ClaimState, Shop
from paceline.org import access as org
from paceline.org.models import Person, Role

SHOP = Section(
    pgettext_lazy("object of a right", "shop"),
    (
        Rule("*", "read", roles=frozenset({*KEEPERS, *READERS})),
        Rule(
            "*",
            "keep",
            Act.MAKE,
            roles=frozenset(KEEPERS),
            note="add, pause, end, renew its secret; a secret is shown once",
        ),
        Rule("message", "read", roles=frozenset(READERS), note="what a shop said, word by word"),
        Rule("message", "try again", Act.MAKE, roles=frozenset(KEEPERS)),
    ),
)
SHOP_ORDER = Section(
    pgettext_lazy("object of a right", "order from a shop"),
    (
        Rule("*", "read", roles=frozenset(READERS)),
        Rule("salesperson", "assign", Act.MAKE, roles=frozenset({Role.COMPENSATION})),
        Rule("salesperson", "make rules", Act.MAKE, roles=frozenset({Role.COMPENSATION})),
        Rule("closed days", "book the difference", Act.MAKE, roles=frozenset({Role.COMPENSATION})),
    ),
)
CLAIM = Section(
    pgettext_lazy("object of a right", "claim of an order"),
    (
        Rule(
            "*",
            "read",
            roles=frozenset(READERS),
            relations=LINE_BELOW | {Relation.SELF},
        ),
        Rule(
            "list",
            "open",
            roles=frozenset({Role.SALESPERSON, Role.LEAD, Role.EXECUTIVE, *READERS}),
            note="with what each may read",
        ),
        Rule(
            "*",
            "make",
            Act.MAKE,
            roles=frozenset({Role.SALESPERSON, Role.LEAD}),
            note="for oneself only",
        ),
        Rule("*", "decide", Act.CHECK, relations=LINE_BELOW, note="never one's own"),
    ),
)
SECTIONS = (SHOP, SHOP_ORDER, CLAIM)


def may_read_shops(person: Person) -> bool:
    return SHOP.allows("read", person.roles)


def may_keep_shops(person: Person) -> bool:
    return SHOP.allows("keep", person.roles)


def may_read_messages(person: Person) -> bool:
    return SHOP.allows("read", person.roles, of_field="message")


def may_try_again(person: Person) -> bool:
    return SHOP.allows("try again", person.roles, of_field="message")


def may_read_orders(person: Person) -> bool:
    return SHOP_ORDER.allows("read", person.roles)


def may_assign(person: Person) -> bool:
    return SHOP_ORDER.allows("assign", person.roles, of_field="salesperson")


def may_make_rules(person: Person) -> bool:
    return SHOP_ORDER.allows("make rules", person.roles, of_field="salesperson")


def may_book(person: Person) -> bool:
    return SHOP_ORDER.allows("book the difference", person.roles, of_field="closed days")


def may_claim(person: Person) -> bool:
    return CLAIM.allows("make", person.roles)


def may_see_claims(person: Person) -> bool:
    """Whether the page of claims may hold something for a person."""
    return CLAIM.allows("open", person.roles, of_field="list")


def may_decide_of(person: Person, claim: Claim, on: date) -> bool:
    """Whether the claimant stands in one's own line."""
    if claim.person_id == person.pk:
        return False
    return CLAIM.allows("decide", (), org.relation(person, claim.person, on))


def may_decide(person: Person, claim: Claim, on: date) -> bool:
    """An open claim of somebody in one's own line."""
    return claim.state == ClaimState.OPEN and may_decide_of(person, claim, on)


def may_follow_shop(person: Person, ref: str) -> bool:
    return ref.isdecimal() and Shop.objects.visible_to(person).filter(pk=int(ref)).exists()
