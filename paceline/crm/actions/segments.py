"""Keeping segments, and deciding how purchases are counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from paceline.crm.actions import recording
from paceline.crm.actions.pipelines import NameTaken
from paceline.crm.models import BuyingRules, Segment
from paceline.crm.queries.segments import keys_of
from paceline.kernel import audit, jobs
from paceline.org.models import Person, Team

SEGMENTS_MAX = 100


class TooManySegments(Exception):
    """Somebody keeps at most ``SEGMENTS_MAX`` segments."""


class ConditionUnknown(Exception):
    """No rule speaks of this."""


@transaction.atomic
def save_segment(
    *,
    segment: Segment | None = None,
    of: str,
    name: str,
    rule: Mapping[str, Any],
    team: Team | None,
    by: Person,
    at: datetime,
) -> Segment:
    """A new segment, or one with another rule. Raises ``NameTaken``, ``TooManySegments``,
    ``ConditionUnknown`` and ``FactsInvalid``."""
    unknown = set(rule) - keys_of(of)
    if unknown:
        raise ConditionUnknown(min(unknown))
    owner = by if segment is None else segment.owner
    same = Segment.objects.filter(owner=owner, of=of, name__iexact=name.strip())
    if same.exclude(pk=None if segment is None else segment.pk).exists():
        raise NameTaken(name)
    if segment is None:
        if Segment.objects.filter(owner=by).count() >= SEGMENTS_MAX:
            raise TooManySegments
        found = Segment(owner=by, of=of, created_at=at)
    else:
        found = Segment.objects.select_for_update(of=("self",)).get(pk=segment.pk)
    found.name, found.team, found.rule = name.strip(), team, dict(rule)
    recording.check(found, ["of", "name"])
    found.save()
    after = {"of": found.of, "shared": bool(team), "conditions": sorted(rule)}
    audit.record("segment_saved", subject=found, by=by, at=at, after=after)
    return found


@transaction.atomic
def delete_segment(*, segment: Segment, by: Person, at: datetime) -> None:
    """A segment goes; its customers stay."""
    audit.record("segment_deleted", subject=segment, by=by, at=at, before={"of": segment.of})
    segment.delete()


@transaction.atomic
def decide_buying_rules(
    *, currency: str, quiet_times: Decimal, quiet_days: int, by: Person | None, at: datetime
) -> BuyingRules:
    """In which currency purchases are told, and when silence is long; all is counted anew."""
    rules = BuyingRules(
        currency=currency, quiet_times=quiet_times, quiet_days=quiet_days, decided_by=by,
        decided_at=at,
    )  # fmt: skip
    recording.check(rules, ["currency", "quiet_times", "quiet_days"])
    rules.save()
    audit.record("buying_rules_decided", subject=rules, by=by, at=at,
                 after={"currency": currency, "quiet_times": str(quiet_times),
                        "quiet_days": quiet_days})  # fmt: skip
    jobs.enqueue("crm.measure_now", lock="crm.measure_now")
    return rules
