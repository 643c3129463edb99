"""Who may plan quotas, say what they believe to reach, and approve."""

from __future__ import annotations

from datetime import date

from django.utils.translation import pgettext_lazy

from paceline.goals.models.quotas import READERS
from paceline.goals.planning.models import PlanStep, QuotaPlanVersion
from paceline.kernel.rights import LINE_BELOW, Act, Relation, Rule, Section
from paceline.org import access as org
from paceline.org.models import Person, Role

QUOTA_PLAN = Section(
    pgettext_lazy("object of a right", "plan of quotas"),
    (
        Rule("*", "read", roles=frozenset(READERS), note="target, everyone's part, every version"),
        Rule("part", "read", roles=frozenset(READERS), relations=LINE_BELOW | {Relation.SELF}),
        Rule(
            "list",
            "open",
            roles=frozenset({Role.SALESPERSON, Role.LEAD, *READERS}),
            note="with what each may read",
        ),
        Rule("*", "make", Act.MAKE, roles=frozenset({Role.COMPENSATION})),
        Rule("part", "agree", Act.MAKE, roles=frozenset({Role.COMPENSATION})),
        Rule("part", "propose", Act.MAKE, relations=LINE_BELOW | {Relation.SELF}),
        Rule(
            "*",
            "approve",
            Act.CHECK,
            roles=frozenset({Role.FINANCE, Role.EXECUTIVE}),
            note="or return with a reason; never what one made or submitted",
        ),
    ),
)
SECTIONS = (QUOTA_PLAN,)


def may_see_plans(person: Person) -> bool:
    """Whether the page of plans may hold something for a person."""
    return QUOTA_PLAN.allows("open", person.roles, of_field="list")


def may_read_whole(person: Person) -> bool:
    return QUOTA_PLAN.allows("read", person.roles)


def may_make(person: Person) -> bool:
    return QUOTA_PLAN.allows("make", person.roles)


def may_agree(person: Person) -> bool:
    return QUOTA_PLAN.allows("agree", person.roles, of_field="part")


def may_propose_for(person: Person, payee: Person, on: date) -> bool:
    """For oneself and for those in one's own line."""
    return QUOTA_PLAN.allows("propose", (), org.relation(person, payee, on), of_field="part")


def may_approve(person: Person) -> bool:
    return QUOTA_PLAN.allows("approve", person.roles)


def has_made(person: Person, version: QuotaPlanVersion) -> bool:
    """Whether a version, or its way to approval, is one's own work."""
    own = person.pk in (version.made_by_id, version.plan.made_by_id)
    return own or PlanStep.objects.filter(version=version, by=person, kind="submitted").exists()
