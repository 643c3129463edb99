"""Talking a goal through and agreeing to it: owner and lead each by a row of their own."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from paceline.goals.actions import record
from paceline.goals.models import Agreement, Goal, GoalComment, Side
from paceline.kernel import audit
from paceline.org import queries as org
from paceline.org.models import Person
from paceline.webhooks.actions import announce


class AgreedAlready(Exception):
    """This side agreed to the goal as it stands."""


class NothingSaid(Exception):
    """A comment needs a text."""


class TermsChanged(Exception):
    """The goal is no longer what whoever agrees has read; ``goal`` is as it stands now."""

    def __init__(self, goal: Goal) -> None:
        super().__init__(str(goal))
        self.goal = goal


@transaction.atomic
def agree(*, goal: Goal, side: Side, terms: int, by: Person, at: datetime) -> Agreement:
    """Agree to a goal for one side, as its ``terms`` were read.

    Where nobody who works here stands above the owner, the other side is written down with nobody's
    name: the owner's word is enough. Raises ``TermsChanged``, ``AgreedAlready`` and
    ``GoalIsClosed``.
    """
    found = record.locked(goal)
    if terms != found.terms:
        raise TermsChanged(found)
    standing = Agreement.objects.filter(goal=found, terms=terms)
    if standing.filter(side=side).exists():
        raise AgreedAlready(found)
    said = record.terms_of(found)
    row: Agreement = Agreement.objects.create(
        goal=found, terms=terms, side=side, person=by, at=at, terms_said=said
    )
    on = by.acting_on or at.date()
    if side == Side.OWNER and found.owner and org.nearest_above(found.owner, on) is None:
        Agreement.objects.get_or_create(
            goal=found, terms=terms, side=Side.LEAD,
            defaults={"person": None, "at": at, "terms_said": said},
        )  # fmt: skip
    audit.record(
        "goal_agreed", subject=found, by=by, at=at, after={"terms": terms, "side": str(side)}
    )
    if Agreement.objects.filter(goal=found, terms=terms).count() == len(Side):
        announce(kind="goal.agreed", data={"ids": [found.pk]}, at=at)
    record.hint(found, "agreed")
    others = record.leads_of(found, at.date()) if side == Side.OWNER else [found.owner]
    record.tell(found, [one for one in others if one], "goal_agreed", by=by, at=at)
    return row


@transaction.atomic
def comment(*, goal: Goal, text: str, by: Person, at: datetime) -> GoalComment:
    """Say something about a goal; its owner, their lead and who wrote before are told.

    Raises ``NothingSaid``.
    """
    if not text.strip():
        raise NothingSaid
    written: GoalComment = GoalComment.objects.create(
        goal=goal, author=by, text=text.strip()[:5000], at=at
    )
    audit.record("goal_commented", subject=goal, by=by, at=at, after={"comment": written.pk})
    record.hint(goal, "commented")
    people = [*([goal.owner] if goal.owner else []), *record.leads_of(goal, at.date())]
    authors = GoalComment.objects.filter(goal=goal).order_by().values("author").distinct()
    people += list(Person.objects.filter(pk__in=authors))
    record.tell(goal, people, "goal_commented", by=by, at=at)
    return written
