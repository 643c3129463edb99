"""Who may read and change customers, leads, deals and what was said with them."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from paceline.crm.models import Activity, Deal, Record, scope_of
from paceline.crm.models.records import OVERSEERS, PAY_DESK, SELLERS
from paceline.kernel.rights import LINE_BELOW, Act, Relation, Rule, Section
from paceline.org.models import Person, Role, Team

SELL = frozenset(SELLERS)
OVERSEE = frozenset(OVERSEERS)
PAY = frozenset(PAY_DESK)
LEADS = frozenset({Role.LEAD})
OURS = LINE_BELOW | {Relation.SELF, Relation.PEER}

CUSTOMER = Section(
    pgettext_lazy("object of a right", "customer"),
    (
        Rule(
            "*",
            "read",
            roles=OVERSEE,
            relations=OURS,
            note="companies, contacts, leads and what was said; only who sells; a peer as far as"
            " the record reaches; everyone who sells where it reaches them",
        ),
        Rule("*", "add", Act.MAKE, roles=SELL, note="and import"),
        Rule("*", "change", Act.MAKE, roles=SELL, note="of their own team and of people below"),
        Rule("owner", "assign", Act.MAKE, roles=SELL, note="their own; a lead everyone below"),
        Rule(
            "orders that are nobody's",
            "read",
            roles=OVERSEE,
            relations=LINE_BELOW | {Relation.SELF},
            note="their seller and those above; without a seller every lead",
        ),
        Rule("orders that are nobody's", "link", Act.MAKE, roles=SELL, note="to whom they change"),
        Rule(
            "segments",
            "read",
            roles=OVERSEE,
            relations=frozenset({Relation.SELF, Relation.PEER}),
            note="their own, and those shared with their team; of members only whom they may see",
        ),
        Rule("how purchases are counted", "decide", Act.MAKE, roles=OVERSEE),
        Rule("personal data", "erase", Act.MAKE, roles=LEADS, note="under data-protection law"),
    ),
)
DEAL = Section(
    pgettext_lazy("object of a right", "deal"),
    (
        Rule(
            "*",
            "read",
            roles=OVERSEE,
            relations=OURS,
            note="as customers, and whoever shares in it",
        ),
        Rule(
            "amounts, shares, stages of a won deal",
            "read",
            roles=OVERSEE | PAY,
            relations=OURS,
            note="they explain pay; not what was said",
        ),
        Rule("*", "add", Act.MAKE, roles=SELL),
        Rule("*", "change", Act.MAKE, roles=SELL, note="their team's, and those they share in"),
        Rule("shares", "agree", Act.MAKE, roles=SELL, note="the owner; once won only a lead above"),
        Rule("orders", "link", Act.MAKE, roles=SELL, note="of deals that they may change"),
    ),
)
PIPELINE = Section(
    pgettext_lazy("object of a right", "pipeline"),
    (
        Rule("*", "read", roles=OVERSEE, relations=OURS, note="of one's own teams"),
        Rule(
            "*",
            "arrange",
            Act.MAKE,
            roles=LEADS,
            note="stages, criteria, checklists, playbooks, fields and reach of the own teams",
        ),
    ),
)
SECTIONS = (CUSTOMER, DEAL, PIPELINE)


def may_read_customers(person: Person) -> bool:
    """Whether the person has anything to do with customers at all."""
    return person.has_role(*SELLERS, *OVERSEERS)


def may_read_deals(person: Person) -> bool:
    return person.has_role(*SELLERS, *OVERSEERS, *PAY_DESK)


def may_read_talk(person: Person) -> bool:
    """Whether what was said with customers is the person's business: not the pay desk's."""
    return may_read_customers(person)


def may_decide_buying(person: Person) -> bool:
    return CUSTOMER.allows("decide", person.roles, of_field="how purchases are counted")


def may_add(person: Person) -> bool:
    return CUSTOMER.allows("add", person.roles)


def may_change(person: Person, record: Record) -> bool:
    """Whether the person may change a record that they see; not while it is put away."""
    return record.archived_at is None and may_change_again(person, record)


def may_change_again(person: Person, record: Record) -> bool:
    """Whether they may once it is not put away: of their team, or of people below."""
    if not CUSTOMER.allows("change", person.roles):
        return False
    scope = scope_of(person)
    if record.owner_id in scope.people or record.team_id in scope.all_teams:
        return True
    return isinstance(record, Deal) and _shares_in(person, record)


def _shares_in(person: Person, deal: Deal) -> bool:
    return any(one.person_id == person.pk for one in deal.contributors.all())


def may_assign(person: Person, record: Record) -> bool:
    """Give a record to somebody: one's own, one that waits, or as a lead one of people below."""
    if not may_change(person, record):
        return False
    scope = scope_of(person)
    return record.owner_id is None or record.owner_id in scope.people


def may_take(person: Person, record: Record) -> bool:
    return may_change(person, record) and record.owner_id is None


def may_agree_shares(person: Person, deal: Deal) -> bool:
    """The owner and those above agree who helped; of a won deal only those above."""
    if not DEAL.allows("agree", person.roles, of_field="shares"):
        return False
    scope = scope_of(person)
    if deal.owner_id in scope.below:
        return True
    if deal.closed_on is not None and deal.owner_id is not None:
        return deal.owner_id == person.pk and leads_team(person, deal.team_id)
    return deal.owner_id == person.pk or (deal.owner_id is None and deal.team_id in scope.all_teams)


def leads_team(person: Person, team_id: int) -> bool:
    """Whether people of the team report to the person, and they have the role of a lead."""
    return person.has_role(Role.LEAD) and team_id in scope_of(person).led


def may_arrange(person: Person, team: Team) -> bool:
    """Whether the person arranges the pipelines, fields and reach of a team."""
    return PIPELINE.allows("arrange", person.roles) and team.pk in scope_of(person).all_teams


def may_arrange_any(person: Person) -> bool:
    return PIPELINE.allows("arrange", person.roles)


def may_erase(person: Person, record: Record) -> bool:
    by_role = CUSTOMER.allows("erase", person.roles, of_field="personal data")
    return by_role and may_change(person, record)


def may_change_activity(person: Person, activity: Activity) -> bool:
    """What somebody wrote only they change; a task also whom it is for."""
    return person.pk in {activity.created_by_id, activity.assignee_id}
