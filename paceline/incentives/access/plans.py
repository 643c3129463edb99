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
        Rule(
            "findings",
            "read",
            roles=WRITERS | APPROVERS,
            note="with the people whose statements the reader may see",
        ),
        Rule("*", "write", Act.MAKE, roles=WRITERS, note="and submit, withdraw, throw away"),
        Rule("assignments", "assign", Act.MAKE, roles=WRITERS),
        Rule("goals that components reward", "say", Act.MAKE, roles=WRITERS),
        Rule(
            "findings of a draft",
            "accept",
            Act.MAKE,
            roles=WRITERS,
            note="with a reason; serious ones before the text is submitted",
        ),
        Rule(
            "findings of a submitted text",
            "accept",
            Act.CHECK,
            roles=APPROVERS,
            note="with a reason; never of a text that one wrote on or submitted",
        ),
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


def may_say_rewards(person: Person) -> bool:
    """Who says which component rewards which goals."""
    return PLAN.allows("say", person.roles, of_field="goals that components reward")


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
    editors = getattr(version, "editors", None)  # by ``with_editors``
    if editors is None:
        editors = [edit.edited_by_id for edit in version.edits.all()]
    if person.pk in editors:
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


def may_read_findings(person: Person) -> bool:
    """Findings tell how people stood and what the company earns: for those who make and check."""
    return PLAN.allows("read", person.roles, of_field="findings")


def may_mend(person: Person, version: PlanVersion) -> bool:
    """A mend is an edit of the draft."""
    return may_edit(person, version)


def may_accept_findings(person: Person, version: PlanVersion) -> bool:
    """The author of a draft, or while it waits the approver, who wrote none of it."""
    if version.state == "draft":
        return PLAN.allows("accept", person.roles, of_field="findings of a draft")
    by_role = PLAN.allows("accept", person.roles, of_field="findings of a submitted text")
    return by_role and version.state == "submitted" and not wrote_on(person, version)


def may_ever_accept_findings(person: Person) -> bool:
    """Whether the person accepts findings at all, of whatever text."""
    return may_write_plans(person) or may_approve_plans(person)


def may_assign_plans(person: Person) -> bool:
    return PLAN.allows("assign", person.roles, of_field="assignments")


def may_read_assignments(person: Person) -> bool:
    """Whom a plan pays is pay data of others: not for a payee who reads their own plan."""
    return PLAN.allows("read", person.roles, of_field="assignments")
