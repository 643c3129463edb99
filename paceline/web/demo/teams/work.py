"""What each team is busy with: a board of its own, begun from a ready project, half way through."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from django.utils import translation

from paceline.boards import actions as boards
from paceline.boards.blueprints import blueprint
from paceline.boards.models import Card, CardList, ChecklistItem, Project, Reach
from paceline.crm.models import Deal
from paceline.goals.models import Goal, Level
from paceline.org.models import Person, Team
from paceline.web.demo.cast import TEAMS, TeamPlan
from paceline.web.demo.stage import Stage

# How many days the day of the project lies ahead; what came before it is mostly done.
AHEAD = 9
SAID = {
    "zh-hant": ("我先抓一版，下午請大家看。", "數量和倉庫確認過了。", "廠商說週四前可以給。"),
    "zh-hans": ("我先出一版，下午大家过一下。", "数量已和仓库确认。", "供应商说周四前能给。"),
    "en": ("First draft is up, please look at it today.", "Checked with the warehouse.",
           "They promise it by Thursday."),
}  # fmt: skip
FIRST, SECOND = "double_eleven", "launch"


def begin_boards(stage: Stage) -> None:
    """A board for every team that sells, as of today."""
    plans = [one for one in TEAMS if one.seat]
    teams = {one.code: one for one in Team.objects.filter(code__in=[one.code for one in plans])}
    for number, plan in enumerate(plans):
        stage.say(f"board of {plan.code}")
        with translation.override(plan.place.language):
            _begin(stage, plan, teams[plan.code], FIRST if number % 2 == 0 else SECOND)


def _begin(stage: Stage, plan: TeamPlan, team: Team, key: str) -> None:
    random = Random(f"board {plan.code}")  # noqa: S311 - a made-up company
    today = stage.calendar.as_of
    cast = stage.cast
    took_over = plan.code == cast.successor.seats[-1].team
    lead = stage.person(cast.successor if took_over else cast.lead_of(plan.code))
    then = {one.number for one in cast.sellers_of(plan.code, stage.day(20))}
    here = [one for one in cast.sellers_of(plan.code, today) if one.number in then]
    people = [stage.person(one) for one in here[:8]]
    ready = blueprint(key)
    if ready is None or not people:
        return
    made = boards.begin_project(
        blueprint=ready, day=today + timedelta(days=AHEAD), by=lead, at=stage.at(20),
        facts={"name": ready.name, "description": ready.about, "team": team,
               "reach": Reach.TEAM, "time_zone": plan.place.time_zone},
    )  # fmt: skip
    doing = made.lists.get(rank=1)
    boards.change_list(cards=doing, facts={"limit": 5}, by=lead, at=stage.at(20))
    _work(stage, made, [lead, *people], random, today)
    deal = Deal.objects.filter(team=team).order_by("pk").first()
    first = made.cards.filter(done_at__isnull=True).order_by("due_on").first()
    if deal is not None and first is not None:
        boards.link_card(card=first, to=deal, by=lead, at=stage.at(3))


def _work(
    stage: Stage, project: Project, people: list[Person], random: Random, today: date
) -> None:
    """Give the cards to people; what was due is done, what is next is under way."""
    lists: list[CardList] = list(project.lists.order_by("rank"))
    said = SAID.get(translation.get_language() or "en", SAID["en"])
    cards: list[Card] = list(project.cards.order_by("due_on", "pk"))
    before: Card | None = None
    for place, card in enumerate(cards):
        who = people[place % len(people)]
        due = card.due_on or today
        facts = {"executor": who, "starts_on": due - timedelta(days=random.choice((3, 5, 8)))}
        told: dict[str, Any] = {"by": who, "at": stage.at(min(max((today - due).days, 1), 18), 10)}
        found = boards.change_card(card=card, facts=facts, by=people[0], at=stage.at(19))
        if due < today - timedelta(days=1):
            for item in _items(found):
                boards.tick(item=item, done=True, **told)
            boards.add_time(card=found, on=min(due, today), minutes=random.choice((45, 90, 150)),
                            **told)  # fmt: skip
            boards.move_card(card=found, to=lists[-1], at_end=True, **told)
        elif due <= today + timedelta(days=4):
            boards.move_card(card=found, to=lists[1], at_end=True, **told)
            boards.add_comment(card=found, text=random.choice(said), **told)
            boards.set_participants(card=found, people=[people[0]], **told)
        elif before is not None and before.done_at is None:
            boards.add_dependency(card=found, on=before, by=people[0], at=stage.at(10))
        before = found


def serve_goals(stage: Stage) -> None:
    """Some of a team's cards work for what the team wants to reach in the days that run."""
    today = stage.calendar.as_of
    goals = Goal.objects.filter(
        level=Level.TEAM, closed_at__isnull=True, period__starts_on__lte=today,
        period__ends_before__gt=today,
    )  # fmt: skip
    by_team = {goal.team_id: goal for goal in goals.select_related("owner").order_by("-pk")}
    for project in Project.objects.filter(team__in=by_team).order_by("pk"):
        goal = by_team[project.team_id]
        cards = project.cards.filter(list__isnull=False).order_by("due_on", "pk")
        for card in cards[2:7]:
            boards.link_card(card=card, to=goal, by=goal.owner, at=stage.at(2))


def _items(card: Card) -> list[ChecklistItem]:
    return [item for one in card.checklists.all() for item in one.items.all()]
