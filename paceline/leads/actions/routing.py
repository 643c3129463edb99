"""Giving leads to people by rules; and writing the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from paceline.crm.actions import FactsInvalid, assign, recording
from paceline.crm.actions.recording import check
from paceline.crm.models import Lead
from paceline.kernel import audit
from paceline.leads import queries
from paceline.leads.choosing import Asked, Choice, choose, failed_condition
from paceline.leads.hours import checked_week
from paceline.leads.models import (
    Assignment,
    Cause,
    Method,
    RoutingDesk,
    RoutingRule,
    RuleMember,
    WorkingWeek,
)
from paceline.live.actions import publish_all
from paceline.org.models import Person, ReportingPath, Role, RoleGrant, Team, TeamMembership

RULES_MAX = 40
MEMBERS_MAX = 60
RULE_FACTS = (
    "name", "languages", "countries", "territories", "sources", "interests", "method",
    "at_work_only", "lead_weight", "deal_weight", "is_on",
)  # fmt: skip


class TooManyRules(Exception):
    """A team has at most ``RULES_MAX`` rules, each with at most ``MEMBERS_MAX`` people."""


class LeadIsTaken(Exception):
    """Somebody looks after this lead already."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What rules would do: the rule that takes the lead, whom it chooses, and the trace."""

    rule: RoutingRule | None
    person: int | None
    trace: list[dict[str, Any]]


@transaction.atomic
def route_lead(
    *,
    lead: Lead,
    cause: Cause = Cause.ARRIVED,
    without: Iterable[int] = (),
    by: Person | None,
    at: datetime,
) -> Assignment | None:
    """Give a lead to somebody by the rules of its team; ``None`` where no rules are on.

    The desk's row is held until the transaction ends, so that two leads at once are given one after
    the other: round robin never gives both to the same next person. ``without`` names those who had
    it and did not answer. A lead that nobody can take keeps its owner, and whoever leads the team
    is told. Raises ``LeadIsTaken`` when a new lead has an owner meanwhile.
    """
    desk = RoutingDesk.objects.select_for_update().filter(team=lead.team_id, is_on=True).first()
    if desk is None:
        return None
    found = Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=lead.pk)
    if cause == Cause.ARRIVED and found.owner_id is not None:
        raise LeadIsTaken(found)
    had_it = {*without, *([found.owner_id] if found.owner_id else [])}
    trial = try_rules(desk, Asked.of(found), had_it=had_it, at=at)
    person = None if trial.person is None else Person.objects.get(pk=trial.person)
    assignment = Assignment.objects.create(
        lead=found, at=at, cause=cause, rule=trial.rule, person=person, by=by, trace=trial.trace
    )
    if person is not None:
        if trial.rule is not None:
            RoutingRule.objects.filter(pk=trial.rule.pk).update(last_given_to=person)
        fresh = assign(record=found, owner=person, by=by, at=at)
        lead.owner, lead.version, lead.changed_at = person, fresh.version, fresh.changed_at
    else:
        tell_leads(record=found, sentence="lead_waits", at=at)
    audit.record(
        "lead_routed", subject=found, by=by, at=at,
        after={"to": trial.person, "rule": trial.rule and trial.rule.pk, "cause": cause},
    )  # fmt: skip
    return assignment


def try_rules(
    desk: RoutingDesk, asked: Asked, *, had_it: Iterable[int] = (), at: datetime
) -> Trial:
    """What the rules of a desk would do with such a lead at a moment. Changes nothing."""
    rules = list(queries.rules_of(desk.team_id).filter(is_on=True))
    fitting = [one for one in rules if not failed_condition(one, asked)]
    last = [] if desk.fallback_id is None else [desk.fallback_id]
    people = queries.candidates_of(fitting, desk.team_id, more=last, had_it=had_it, at=at)
    trace: list[dict[str, Any]] = []
    for rule in rules:
        told: dict[str, Any] = {"rule": rule.pk, "name": rule.name}
        failed = failed_condition(rule, asked)
        if failed:
            trace.append(told | {"failed": failed})
            continue
        candidates = list(people[rule.pk].values())
        choice = choose(
            rule.method, candidates, at_work_only=rule.at_work_only, last=rule.last_given_to_id
        )
        trace.append(told | {"method": rule.method, "people": _told(choice, people[rule.pk])})
        if choice.person is not None:
            return Trial(rule, choice.person, trace)
    if last:
        choice = choose(Method.FIXED, list(people[0].values()), at_work_only=False, last=None)
        trace.append({"rule": None, "people": _told(choice, people[0])})
        return Trial(None, choice.person, trace)
    return Trial(None, None, trace)


def _told(choice: Choice, people: Mapping[int, Any]) -> list[dict[str, Any]]:
    return [
        {"person": pk, "why": choice.reasons[pk], "load": f"{one.load.normalize():f}"}
        for pk, one in people.items()
    ]


@transaction.atomic
def tell_leads(*, record: Any, sentence: str, at: datetime) -> None:
    """Whoever leads the team of a lead or contact learns that nobody looks after it."""
    on = at.date()
    members = TeamMembership.objects.on(on).filter(team=record.team_id).values("person")
    above = ReportingPath.objects.on(on).filter(descendant__in=members, depth=1).values("ancestor")
    grants = RoleGrant.objects.on(on).filter(role=Role.LEAD).values("person")
    people = Person.objects.employed_on(on).filter(pk__in=above).filter(pk__in=grants)
    recording.tell(record, people, sentence, by=None, at=at)


# Writing the rules


@transaction.atomic
def set_desk(
    *,
    team: Team,
    is_on: bool,
    fallback: Person | None,
    reply_minutes: int,
    again_minutes: int | None,
    by: Person | None,
    at: datetime,
) -> RoutingDesk:
    """Decide how a team's leads are given. Raises ``FactsInvalid``."""
    desk = RoutingDesk(
        team=team, is_on=is_on, fallback=fallback, reply_minutes=reply_minutes,
        again_minutes=again_minutes, decided_by=by, decided_at=at,
    )  # fmt: skip
    check(desk, ["reply_minutes", "again_minutes"])
    facts = {
        "is_on": is_on, "fallback": fallback, "reply_minutes": reply_minutes,
        "again_minutes": again_minutes, "decided_by": by, "decided_at": at,
    }  # fmt: skip
    found, _is_new = RoutingDesk.objects.update_or_create(team=team, defaults=facts)
    audit.record(
        "routing_decided", subject=team, by=by, at=at,
        after={"is_on": is_on, "fallback": fallback and fallback.pk,
               "reply_minutes": reply_minutes, "again_minutes": again_minutes},
    )  # fmt: skip
    return found


@transaction.atomic
def add_rule(
    *,
    team: Team,
    facts: Mapping[str, Any],
    members: Sequence[Person],
    by: Person | None,
    at: datetime,
) -> RoutingRule:
    """A new rule, after those that the team has. Raises ``TooManyRules`` and ``FactsInvalid``."""
    Team.objects.select_for_update().get(pk=team.pk)
    known = RoutingRule.objects.filter(team=team, removed_at__isnull=True)
    if known.count() >= RULES_MAX or len(members) > MEMBERS_MAX:
        raise TooManyRules
    last = known.aggregate(last=Max("rank"))["last"] or 0
    rule = RoutingRule(team=team, rank=last + 1, **facts)
    check(rule, RULE_FACTS)
    rule.save()
    _set_members(rule, members)
    _noted("routing_rule_added", rule, by, at)
    return rule


@transaction.atomic
def change_rule(
    *,
    rule: RoutingRule,
    facts: Mapping[str, Any],
    members: Sequence[Person],
    by: Person | None,
    at: datetime,
) -> RoutingRule:
    """Change a rule and the people whom it may choose, in order."""
    found: RoutingRule = RoutingRule.objects.select_for_update().get(pk=rule.pk)
    if len(members) > MEMBERS_MAX:
        raise TooManyRules
    for name, value in facts.items():
        setattr(found, name, value)
    check(found, RULE_FACTS)
    found.save(update_fields=list(facts))
    _set_members(found, members)
    _noted("routing_rule_changed", found, by, at)
    return found


def _set_members(rule: RoutingRule, members: Sequence[Person]) -> None:
    RuleMember.objects.filter(rule=rule).delete()
    unique = {one.pk: one for one in members}
    RuleMember.objects.bulk_create(
        RuleMember(rule=rule, person=one, rank=place) for place, one in enumerate(unique.values())
    )


def _noted(act: str, rule: RoutingRule, by: Person | None, at: datetime) -> None:
    members = list(rule.members.values_list("person_id", flat=True))
    audit.record(
        act, subject=rule, by=by, at=at,
        after={"rank": rule.rank, "method": rule.method, "people": members, "is_on": rule.is_on},
    )  # fmt: skip
    publish_all([f"routing:{rule.team_id}"], "changed", str(rule.pk))


@transaction.atomic
def place_rule(*, rule: RoutingRule, up: bool, by: Person | None, at: datetime) -> None:
    """Try a rule one place earlier or later."""
    Team.objects.select_for_update().get(pk=rule.team_id)
    rows = list(
        RoutingRule.objects.filter(team=rule.team_id, removed_at__isnull=True).order_by("rank")
    )
    place = next((n for n, one in enumerate(rows) if one.pk == rule.pk), None)
    other = None if place is None else place + (-1 if up else 1)
    if place is None or other is None or not 0 <= other < len(rows):
        return
    one, two = rows[place], rows[other]
    ranks = (one.rank, two.rank)
    for row, rank in ((one, rows[-1].rank + 1), (two, ranks[0]), (one, ranks[1])):
        row.rank = rank
        row.save(update_fields=["rank"])
    _noted("routing_rule_changed", one, by, at)


@transaction.atomic
def remove_rule(*, rule: RoutingRule, by: Person | None, at: datetime) -> None:
    """A rule is used no more; the traces that name it stay."""
    found = RoutingRule.objects.select_for_update().get(pk=rule.pk)
    found.removed_at, found.is_on = at, False
    found.save(update_fields=["removed_at", "is_on"])
    _noted("routing_rule_removed", found, by, at)


@transaction.atomic
def set_hours(
    *,
    team: Team,
    week: Any,
    time_zone: str,
    closed_on: Sequence[date] = (),
    by: Person | None,
    at: datetime,
) -> WorkingWeek:
    """When a team works. Raises ``WeekInvalid``."""
    return _set_week({"team": team}, week, time_zone, closed_on, by, at)


@transaction.atomic
def set_own_hours(
    *, person: Person, week: Any, time_zone: str = "", closed_on: Sequence[date] = (),
    by: Person | None, at: datetime,
) -> WorkingWeek:  # fmt: skip
    """When a person works, where it differs from their team. Raises ``WeekInvalid``."""
    return _set_week({"person": person}, week, time_zone, closed_on, by, at)


def _set_week(
    whose: Mapping[str, Any],
    week: Any,
    time_zone: str,
    closed_on: Sequence[date],
    by: Person | None,
    at: datetime,
) -> WorkingWeek:
    if len(closed_on) > 400:
        raise FactsInvalid({"closed_on": []})
    facts = {
        "week": checked_week(week), "time_zone": time_zone, "closed_on": sorted(set(closed_on)),
        "decided_by": by, "decided_at": at,
    }  # fmt: skip
    made: WorkingWeek
    made, _is_new = WorkingWeek.objects.update_or_create(**whose, defaults=facts)
    subject = whose.get("team") or whose["person"]
    audit.record("hours_set", subject=subject, by=by, at=at, after={"week": week})
    return made
