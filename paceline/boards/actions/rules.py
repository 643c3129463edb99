"""Rules: when something happens to a card, the project does something with it.

They run in a job after the change that they answer. A rule's own changes may start others, at
most five deep; a due date starts a rule once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from paceline.boards.actions import cards as making
from paceline.boards.actions import moves, parts, projects, recording
from paceline.boards.actions.recording import FactsInvalid, NotInProject, TooMany
from paceline.boards.models import Card, CardList, Label, Project, Rule, RuleRun, Trigger
from paceline.kernel import audit
from paceline.live.actions import publish_all
from paceline.org.models import Person

RULES_MAX = 50
STEPS_MAX = 10
DAYS_MAX = 365
TEXT_MAX = 200
# More runs on one card within a minute than this are a loop that the depth did not end.
RUNS_MAX = 50


@transaction.atomic
def add_rule(  # noqa: PLR0913 - what a rule is made of
    *,
    project: Project,
    name: str,
    trigger: Trigger,
    steps: Sequence[Mapping[str, Any]],
    cards: CardList | None = None,
    label: Label | None = None,
    days_before: int | None = None,
    by: Person | None,
    at: datetime,
) -> Rule:
    """A new rule. ``cards`` narrows moves and new cards to a list. Raises ``FactsInvalid``,
    ``NotInProject`` and ``TooMany``."""
    found = projects.held(project)
    standing = Rule.objects.filter(project=found, stopped_at__isnull=True)
    if standing.count() >= RULES_MAX:
        raise TooMany("rules", RULES_MAX)
    for one in (cards, label):
        if one is not None and one.project_id != found.pk:
            raise NotInProject(one)
    if trigger == Trigger.LABELLED and label is None:
        raise FactsInvalid({"label": [_("Choose the label.")]})
    if trigger == Trigger.DUE and days_before is None:
        raise FactsInvalid({"days_before": [_("Say how many days before.")]})
    made = Rule(
        project=found, name=name.strip(), trigger=trigger, list=cards, label=label,
        days_before=days_before if trigger == Trigger.DUE else None,
        steps=[_checked(found, step) for step in steps], created_by=by, created_at=at,
    )  # fmt: skip
    if not 0 < len(made.steps) <= STEPS_MAX:
        raise FactsInvalid({"steps": [_("Say what is to be done.")]})
    recording.check(made, ["name", "trigger"])
    made.save()
    audit.record("rule_added", subject=made, by=by, at=at, after={"steps": made.steps})
    publish_all([f"project:{found.pk}"], "rule", str(made.pk))
    return made


def _checked(project: Project, step: Mapping[str, Any]) -> dict[str, Any]:
    """A step with only what it needs, of this project."""
    do = step.get("do")
    if do == "move":
        return {"do": do, "list": _of(CardList, project, step.get("list"))}
    if do == "label":
        return {"do": do, "label": _of(Label, project, step.get("label"))}
    if do == "assign" and Person.objects.filter(pk=step.get("person") or 0).exists():
        return {"do": do, "person": step["person"]}
    if do == "due" and isinstance(step.get("days"), int) and 0 <= step["days"] <= DAYS_MAX:
        return {"do": do, "days": step["days"]}
    if do == "notify" and str(step.get("text", "")).strip():
        return {"do": do, "text": str(step["text"]).strip()[:TEXT_MAX]}
    if do == "finish":
        return {"do": do}
    raise FactsInvalid({"steps": [_("Say what is to be done.")]})


def _of(model: Any, project: Project, pk: Any) -> int:
    if not model.objects.filter(project=project, pk=pk or 0).exists():
        raise NotInProject(model)
    return int(pk)


@transaction.atomic
def stop_rule(*, rule: Rule, by: Person | None, at: datetime) -> None:
    """The rule does nothing any more; what it did stays."""
    found: Rule = Rule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
    if found.stopped_at is None:
        found.stopped_at = at
        found.save(update_fields=["stopped_at"])
        audit.record("rule_stopped", subject=found, by=by, at=at)
        publish_all([f"project:{found.project_id}"], "rule", str(found.pk))


def run_rules(
    *, cards: Sequence[int], trigger: Trigger, label: int | None, depth: int, at: datetime
) -> int:
    """Carry out what the projects of these cards do after a change; returns how many rules ran."""
    before = recording.depth.set(depth + 1)
    try:
        return sum(_run_on(pk, trigger, label, at) for pk in cards)
    finally:
        recording.depth.reset(before)


def _run_on(pk: int, trigger: Trigger, label: int | None, at: datetime) -> int:
    card = Card.objects.open().filter(pk=pk).first()
    if card is None and trigger == Trigger.MOVED:
        card = Card.objects.kept().filter(pk=pk).first()
    if card is None:
        return 0
    rules = Rule.objects.filter(project=card.project_id, trigger=trigger, stopped_at__isnull=True)
    rules = rules if label is None else rules.filter(label=label)
    fitting = [one for one in rules if one.list_id in {None, card.list_id}]
    return sum(_carry_out(rule, card, None, at) for rule in fitting)


def run_due_rules(*, at: datetime) -> int:
    """Carry out what waits for due dates, once for each date; returns how many rules ran."""
    ran = 0
    rules = Rule.objects.filter(trigger=Trigger.DUE, stopped_at__isnull=True)
    for rule in rules.filter(project__archived_at__isnull=True).select_related("project"):
        today = recording.day_in(rule.project, at)
        last = today + timedelta(days=rule.days_before or 0)
        cards = Card.objects.open().filter(project=rule.project_id, due_on__lte=last)
        # Long overdue ones are past what a reminder can do.
        cards = cards.filter(due_on__gte=today - timedelta(days=1))
        before = recording.depth.set(1)
        try:
            for card in cards:
                done = RuleRun.objects.filter(rule=rule, card=card, due_on=card.due_on)
                if not done.exists():
                    ran += _carry_out(rule, card, card.due_on, at)
        finally:
            recording.depth.reset(before)
    return ran


@transaction.atomic
def _carry_out(rule: Rule, card: Card, due_on: Any, at: datetime) -> int:
    """Do the steps one after the other; one that cannot be done does not keep the others."""
    lately = RuleRun.objects.filter(card=card, at__gt=at - timedelta(minutes=1))
    if lately.count() >= RUNS_MAX:
        return 0
    run = RuleRun.objects.create(rule=rule, card=card, at=at, due_on=due_on)
    for step in rule.steps:
        try:
            with transaction.atomic():
                _STEPS[step["do"]](card, step, at)
        except _REFUSED as problem:
            run.outcome.append({**step, "refused": type(problem).__name__})
        else:
            run.outcome.append(step)
    run.save(update_fields=["outcome"])
    return 1


def _move(card: Card, step: Mapping[str, Any], at: datetime) -> None:
    target = CardList.objects.get(pk=step["list"])
    here = Card.objects.get(pk=card.pk)
    if here.list_id != target.pk:
        moves.move_card(card=here, to=target, at_end=True, by=None, at=at)


def _label(card: Card, step: Mapping[str, Any], at: datetime) -> None:
    known = [one.label for one in card.labellings.select_related("label")]
    wanted = Label.objects.filter(pk=step["label"])
    parts.set_labels(card=card, labels=[*known, *wanted], by=None, at=at)


def _assign(card: Card, step: Mapping[str, Any], at: datetime) -> None:
    person = Person.objects.get(pk=step["person"])
    making.change_card(card=card, facts={"executor": person}, by=None, at=at)


def _date(card: Card, step: Mapping[str, Any], at: datetime) -> None:
    found = Card.objects.select_related("project").get(pk=card.pk)
    due_on = recording.day_in(found.project, at) + timedelta(days=step["days"])
    starts_on = found.starts_on if found.starts_on and found.starts_on <= due_on else None
    facts = {"due_on": due_on, "starts_on": starts_on}
    making.change_card(card=card, facts=facts, by=None, at=at)


def _notify(card: Card, step: Mapping[str, Any], at: datetime) -> None:
    found = Card.objects.select_related("executor", "project").get(pk=card.pk)
    people = recording.people_of(found)
    recording.tell(found, people, "boards_rule", by=None, at=at, text=step["text"])


def _finish(card: Card, _step: Mapping[str, Any], at: datetime) -> None:
    making.finish_card(card=card, by=None, at=at)


_STEPS: dict[str, Callable[[Card, Mapping[str, Any], datetime], None]] = {
    "move": _move, "label": _label, "assign": _assign, "due": _date, "notify": _notify,
    "finish": _finish,
}  # fmt: skip
_REFUSED = (
    CardList.DoesNotExist,
    Person.DoesNotExist,
    making.IsAPart,
    making.ListIsArchived,
    making.ListIsFull,
    making.Waits,
    moves.CardMovedMeanwhile,
    recording.CardIsArchived,
    recording.CardIsGone,
    recording.FactsInvalid,
    recording.NotInProject,
    recording.PersonCannotSee,
    recording.PersonHasLeft,
    recording.ProjectIsArchived,
)
