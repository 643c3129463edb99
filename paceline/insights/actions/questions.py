"""Keeping questions, and saying in which currency the company adds up."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from paceline.insights.asked import Question
from paceline.insights.models import ReportingRule, SavedQuestion, Sharing
from paceline.kernel import audit, findable
from paceline.org.models import Person, Team


class NameMissing(Exception):
    """What is kept needs a name."""


@transaction.atomic
def keep_question(
    *,
    question: Question,
    name: str,
    sharing: Sharing,
    by: Person,
    at: datetime,
    team: Team | None = None,
    role: str = "",
) -> SavedQuestion:
    """Keep a question under a name, for oneself or shared. Raises ``NameMissing``."""
    if not name.strip():
        raise NameMissing
    kept = SavedQuestion.objects.create(
        name=name.strip(),
        owner=by,
        sharing=sharing,
        team=team if sharing == Sharing.TEAM else None,
        role=role if sharing == Sharing.ROLE else "",
        asked=question.query,
        made_at=at,
        changed_at=at,
    )
    audit.record("question_saved", subject=kept, by=by, at=at, after={"sharing": sharing})
    findable.changed("question", [kept.pk])
    return kept


@transaction.atomic
def put_away_question(*, question: SavedQuestion, by: Person, at: datetime) -> None:
    """Nobody finds it any more; where it stood in a dashboard the place says so."""
    kept: SavedQuestion = SavedQuestion.objects.select_for_update().get(pk=question.pk)
    if kept.removed_at is not None:
        return
    kept.removed_at = kept.changed_at = at
    kept.save(update_fields=["removed_at", "changed_at"])
    audit.record("question_removed", subject=kept, by=by, at=at)
    findable.changed("question", [kept.pk])


@transaction.atomic
def take_over_question(*, question: SavedQuestion, by: Person, at: datetime) -> SavedQuestion:
    """Whoever takes over a question that somebody left is its owner, and may put it away."""
    kept: SavedQuestion = SavedQuestion.objects.select_for_update().get(pk=question.pk)
    before = kept.owner
    kept.owner, kept.changed_at = by, at
    kept.save(update_fields=["owner", "changed_at"])
    audit.record(
        "question_taken_over", subject=kept, by=by, at=at, before={"owner": before.number},
        after={"owner": by.number},
    )  # fmt: skip
    findable.changed("question", [kept.pk])
    return kept


@transaction.atomic
def set_rule(*, currency: str, rate_type: str, by: Person | None, at: datetime) -> ReportingRule:
    """From now on figures of several currencies are added up in this one."""
    before = ReportingRule.objects.first()
    rule = ReportingRule.objects.create(
        currency=currency, rate_type=rate_type, decided_by=by, decided_at=at
    )
    audit.record(
        "reporting_rule_set",
        subject=rule,
        by=by,
        at=at,
        before=None if before is None else {"currency": before.currency},
        after={"currency": currency, "rate_type": rate_type},
    )
    return rule
