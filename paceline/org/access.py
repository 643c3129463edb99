"""Who stands how to whom, and who may read or change what of people, teams and rights."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils.translation import pgettext_lazy

from paceline.kernel.rights import EVERYONE, LINE_BELOW, Act, Relation, Rule, Section
from paceline.org.models import Person, ReportingLine, ReportingPath, Role, TeamMembership

KEEPERS = frozenset({Role.HR, Role.COMPENSATION, Role.ADMINISTRATOR})
SEE_TERMS = frozenset({Role.HR, Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE})
SEE_TRAIL = frozenset({Role.ADMINISTRATOR, Role.FINANCE, Role.COMPENSATION})
SEE_RIGHTS = frozenset({Role.ADMINISTRATOR, Role.FINANCE, Role.COMPENSATION, Role.HR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})

PERSON = Section(
    pgettext_lazy("object of a right", "person"),
    (
        Rule("name, number, address", "read", relations=EVERYONE),
        Rule("position, team, manager", "read", relations=EVERYONE),
        Rule(
            "employment",
            "read",
            roles=SEE_TERMS,
            relations=LINE_BELOW | {Relation.SELF},
            note="days, country, pay currency, time zone",
        ),
        Rule("roles", "read", roles=SEE_RIGHTS, relations=frozenset({Relation.SELF})),
        Rule("*", "add", Act.MAKE, roles=frozenset({Role.HR, Role.COMPENSATION})),
        Rule("*", "change", Act.MAKE, roles=frozenset({Role.HR, Role.COMPENSATION})),
        Rule(
            "account",
            "manage",
            Act.MAKE,
            roles=ADMINISTRATORS,
            note="open, close, end sessions, take a lost second step away",
        ),
    ),
)
TEAM = Section(
    pgettext_lazy("object of a right", "team"),
    (
        Rule("*", "read", relations=EVERYONE),
        Rule("*", "change", Act.MAKE, roles=frozenset({Role.HR, Role.COMPENSATION})),
    ),
)
HIERARCHY = Section(
    pgettext_lazy("object of a right", "hierarchy"),
    (
        Rule("*", "read", relations=EVERYONE),
        Rule(
            "*",
            "change",
            Act.MAKE,
            roles=frozenset({Role.HR, Role.COMPENSATION}),
            note="never a place of one's own, nor one below oneself",
        ),
    ),
)
LEAVE = Section(
    pgettext_lazy("object of a right", "leave of absence"),
    (
        Rule(
            "days",
            "read",
            roles=frozenset({Role.HR, Role.COMPENSATION, Role.FINANCE}),
            relations=LINE_BELOW | {Relation.SELF},
        ),
        Rule(
            "kind",
            "read",
            roles=frozenset({Role.HR}),
            relations=frozenset({Relation.SELF}),
            note="paid or unpaid; a lead sees only that somebody is away",
        ),
        Rule("*", "enter", Act.MAKE, roles=frozenset({Role.HR}), note="never one's own"),
    ),
)
ROLES = Section(
    pgettext_lazy("object of a right", "role"),
    (
        Rule("*", "review", roles=SEE_RIGHTS, note="who could see or change what on a day"),
        Rule("*", "grant", Act.MAKE, roles=ADMINISTRATORS, note="never to oneself"),
    ),
)
TRAIL = Section(
    pgettext_lazy("object of a right", "audit trail"),
    (Rule("*", "read", roles=SEE_TRAIL, note="and export; nobody may change it"),),
)
TOKEN = Section(
    pgettext_lazy("object of a right", "API token"),
    (
        Rule(
            "*",
            "make",
            Act.MAKE,
            relations=frozenset({Relation.SELF}),
            note="it reaches no further than its owner and its scopes",
        ),
        Rule(
            "*",
            "revoke",
            Act.MAKE,
            roles=ADMINISTRATORS,
            relations=frozenset({Relation.SELF}),
            note="an administrator sees name, owner, scopes and use of all, never a secret",
        ),
    ),
)
SECTIONS = (PERSON, TEAM, HIERARCHY, LEAVE, ROLES, TRAIL, TOKEN)


def relation(viewer: Person, other: Person, on: date) -> Relation:
    """How ``other`` stands to ``viewer`` on a day; the strongest relation counts."""
    return relations(viewer, [other], on)[other.pk]


def relations(viewer: Person, others: Iterable[Person], on: date) -> dict[int, Relation]:
    """The relation of each of the others to the viewer on a day; two queries for any number."""
    ids = {other.pk for other in others}
    found = dict.fromkeys(ids, Relation.OTHER)
    if not ids - {viewer.pk}:
        return dict.fromkeys(ids, Relation.SELF)
    for peer in _peers(viewer, on) & ids:
        found[peer] = Relation.PEER
    below = ReportingPath.objects.filter(ancestor=viewer, descendant__in=ids, starts_on__lte=on)
    # Past paths first, then far ones, then near ones: the later assignment is the stronger.
    paths = sorted(below, key=lambda path: (path.counts_on(on), -path.depth))
    for path in paths:
        if not path.counts_on(on):
            found[path.descendant_id] = Relation.FORMER_REPORT
        elif path.depth == 1:
            found[path.descendant_id] = Relation.REPORT
        else:
            found[path.descendant_id] = Relation.INDIRECT_REPORT
    if viewer.pk in ids:
        found[viewer.pk] = Relation.SELF
    return found


def _peers(viewer: Person, on: date) -> set[int]:
    """Those who share the manager or the team of the viewer on a day."""
    lines = ReportingLine.objects.on(on)
    members = TeamMembership.objects.on(on)
    managers = lines.filter(person=viewer).values("manager")
    teams = members.filter(person=viewer).values("team")
    same_manager = lines.filter(manager__in=managers).values_list("person_id", flat=True)
    same_team = members.filter(team__in=teams).values_list("person_id", flat=True)
    return set(same_manager.union(same_team))


def may_read_terms(person: Person, other: Person, on: date, stands: Relation | None = None) -> bool:
    """Whether the person may read the other's employment. ``stands``: their relation, if known."""
    if person.pk == other.pk or PERSON.allows("read", person.roles, of_field="employment"):
        return True
    stands = stands or relation(person, other, on)
    return PERSON.allows("read", person.roles, stands, of_field="employment")


def may_read_roles(person: Person, other: Person) -> bool:
    """Whether the person may read which roles the other has."""
    itself = Relation.SELF if person.pk == other.pk else None
    return PERSON.allows("read", person.roles, itself, of_field="roles")


def may_add_people(person: Person) -> bool:
    return PERSON.allows("add", person.roles)


def may_change(person: Person, other: Person) -> bool:
    """Whether the person may change the other's employment, seat, team and reporting line.

    Nobody changes their own: a manager's credits follow from it.
    """
    return person.pk != other.pk and PERSON.allows("change", person.roles)


def may_manage_account(person: Person, other: Person) -> bool:
    """Whether the person may open, close or sign out the other's account; not their own."""
    return person.pk != other.pk and PERSON.allows("manage", person.roles, of_field="account")


def may_change_teams(person: Person) -> bool:
    return TEAM.allows("change", person.roles)


def may_change_hierarchies(person: Person, *concerned: Person) -> bool:
    """Whether the person may change places in hierarchies; none that concerns themselves.

    What is sold below somebody is credited to them.
    """
    return person not in concerned and HIERARCHY.allows("change", person.roles)


def may_enter_leaves(person: Person, other: Person | None = None) -> bool:
    """Whether the person may enter and change leaves; their own, never."""
    return person != other and LEAVE.allows("enter", person.roles)


def may_read_every_leave_kind(person: Person) -> bool:
    """Whether the person may know of everybody which kind their leaves are of."""
    return LEAVE.allows("read", person.roles, of_field="kind")


def may_read_leave_kind(person: Person, other: Person) -> bool:
    """Whether the person may know which kind the other's leaves are of."""
    itself = Relation.SELF if person.pk == other.pk else None
    return LEAVE.allows("read", person.roles, itself, of_field="kind")


def may_read_all_leaves(person: Person) -> bool:
    """Whether the person may know of everybody when they are away."""
    return may_read_leaves(person, None)


def may_read_leaves(person: Person, stands: Relation | None) -> bool:
    """Whether the person may know when somebody who stands to them like this is away."""
    return LEAVE.allows("read", person.roles, stands, of_field="days")


def may_grant_roles(person: Person, other: Person | None = None) -> bool:
    """Whether the person may give and take roles; their own, never."""
    if other is not None and person.pk == other.pk:
        return False
    return ROLES.allows("grant", person.roles)


def may_review_access(person: Person) -> bool:
    return ROLES.allows("review", person.roles)


def may_read_trail(person: Person) -> bool:
    return TRAIL.allows("read", person.roles)


def may_review_tokens(person: Person) -> bool:
    """Whether the person sees and revokes the tokens of all."""
    return TOKEN.allows("revoke", person.roles)
