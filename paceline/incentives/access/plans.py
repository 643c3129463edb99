"""Who may write, submit, approve and assign plans.

Compensation writes and assigns, finance approves, and nobody approves a text that they wrote on or
submitted, whatever roles they hold. Administrators do neither.
"""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from paceline.incentives.models import PlanVersion
from paceline.incentives.models.plans import PLAN_READERS
from paceline.kernel.rights import LINE_BELOW, Act, Relation, Rule, Section
from paceline.org.models import Person, Role

WRITERS = frozenset({Role.COMPENSATION})
APPROVERS = frozenset({Role.FINANCE})
READERS = frozenset(PLAN_READERS)

PLAN = Section(
    pgettext_lazy("object of a right", "plan"),
    (
        Rule(
            "approved text",
            "read",
            roles=READERS,
            relations=LINE_BELOW | {Relation.SELF},
            note="a payee the plans that pay them, a lead those that pay their people",
        ),
        Rule("draft", "read", roles=WRITERS | APPROVERS),
        Rule("assignments", "read", roles=READERS, note="whom a plan pays"),
        Rule("*", "write", Act.MAKE, roles=WRITERS, note="and submit, withdraw, throw away"),
        Rule("assignments", "assign", Act.MAKE, roles=WRITERS),
        Rule(
            "*",
            "approve",
            Act.CHECK,
            roles=APPROVERS,
            note="or send back; never a text that one wrote on or submitted",
        ),
    ),
)
SECTIONS = (PLAN,)


def may_read_all_plans(person: Person) -> bool:
    return PLAN.allows("read", person.roles, of_field="approved text")


def may_write_plans(person: Person) -> bool:
    return PLAN.allows("write", person.roles)


def may_edit(person: Person, version: PlanVersion) -> bool:
    """A draft is open to everyone who writes plans; a submitted text to nobody."""
    return may_write_plans(person) and version.state == "draft"


def may_submit(person: Person, version: PlanVersion) -> bool:
    return may_edit(person, version)


def may_withdraw(person: Person, version: PlanVersion) -> bool:
    return may_write_plans(person) and version.state == "submitted"


def wrote_on(person: Person, version: PlanVersion) -> bool:
    """Whether the person wrote any of the text, or asked for its approval."""
    if version.authored_by_id == person.pk:
        return True
    if any(edit.edited_by_id == person.pk for edit in version.edits.all()):
        return True
    return version.state == "submitted" and version.submission.submitted_by_id == person.pk


def may_approve_plans(person: Person) -> bool:
    return PLAN.allows("approve", person.roles)


def may_approve(person: Person, version: PlanVersion) -> bool:
    return (
        may_approve_plans(person) and version.state == "submitted" and not wrote_on(person, version)
    )


def may_return(person: Person, version: PlanVersion) -> bool:
    """Whoever may approve may instead send back."""
    return may_approve(person, version)


def may_assign_plans(person: Person) -> bool:
    return PLAN.allows("assign", person.roles, of_field="assignments")


def may_read_assignments(person: Person) -> bool:
    """Whom a plan pays is pay data of others: not for a payee who reads their own plan."""
    return PLAN.allows("read", person.roles, of_field="assignments")
