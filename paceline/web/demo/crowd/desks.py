"""The teams that sell, as the crowd meets them: sellers, pipeline, tags, own fields, words."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from paceline.crm import actions as crm
from paceline.crm.actions import NewStage, lists
from paceline.crm.models import FieldKind, LostReason, Pipeline, StageKind, Tag
from paceline.crm.models import Stage as DealStage
from paceline.org.models import Person, Team
from paceline.web.demo.cast import TEAMS, TeamPlan
from paceline.web.demo.crowd import copying
from paceline.web.demo.crowd.names import Country
from paceline.web.demo.shops import MARKETS, Market
from paceline.web.demo.stage import Stage
from paceline.web.demo.teams.customers import ASKED, PIPELINES, REASONS, SAID, STAGES, STEPS

TAGS = {
    "zh-hant": ("大客戶", "企業採購", "展覽認識", "怕貴", "急件", "等新品", "口碑推薦", "不接電話"),
    "zh-hans": ("大客户", "企业采购", "展会认识", "怕贵", "加急", "等新品", "口碑推荐", "不接电话"),
    "en": ("Large", "Wholesale", "Met at a fair", "Minds the price", "In a hurry",
           "Waits for news", "Recommended us", "Rather writes"),
}  # fmt: skip
BUDGET = {"zh-hant": ("預算", "小", "中", "大"), "zh-hans": ("预算", "小", "中", "大"),
          "en": ("Budget", "small", "middle", "large")}  # fmt: skip
MET = {"zh-hant": "第一次見面", "zh-hans": "第一次见面", "en": "First met through"}
# Words of the United States; of the other countries the small company has them already.
ASKED_MORE = {"US": "Is there a discount for {} pieces?"}
SAID_MORE = {"US": ("Asks for a discount", "Wants to see samples", "Needs an invoice", "Asks when")}
STEPS_MORE = {"US": ("Call back about the quantity", "Send an offer", "Set up a meeting")}
ABROAD = {"shenzhen": "US"}  # sells on marketplaces over there


@dataclass(slots=True)
class Desk:
    """One team. ``turn`` is how many desks there are: every so many-th customer is this one's."""

    plan: TeamPlan
    market: Market
    team_id: int
    lead: Person
    sellers: list[Person]
    country: Country
    turn: int
    pipeline: Pipeline
    stages: list[DealStage]
    reasons: list[int]
    tags: list[int] = field(default_factory=list)
    fields: dict[str, tuple[str, str, tuple[str, ...]]] = field(default_factory=dict)

    def seller(self, place: int) -> int:
        return int(self.sellers[place // self.turn % len(self.sellers)].pk)

    @property
    def currency(self) -> str:
        return self.market.currency

    def territory(self, place: int) -> str:
        names = self.market.territories
        return names[place // self.turn % len(names)][0]

    def channel(self, place: int) -> str:
        names = self.market.channels[self.plan.code]
        return names[place // self.turn * 7 % len(names)][0]

    def tags_of(self, place: int) -> set[int]:
        turn = place // self.turn
        return {self.tags[turn % len(self.tags)], self.tags[turn * 3 % len(self.tags)]}

    def custom(self, kind: str, place: int) -> dict[str, Any]:
        """Values of the team's own fields: a choice for two of three, a text for one of four."""
        known = self.fields.get(kind)
        if known is None:
            return {}
        choice, text, words = known
        found: dict[str, Any] = {choice: words[place % len(words)]} if place % 3 else {}
        return {**found, text: _said_of(self)[place % 4]} if place % 4 == 0 else found

    def asks(self, place: int) -> str:
        words = {**ASKED, **ASKED_MORE}[self.country.code]
        return words.format((20, 50, 100)[place % 3])

    def says(self, place: int) -> str:
        words = _said_of(self)
        return words[place * 7 % len(words)]

    def step(self, place: int) -> str:
        words = {**STEPS, **STEPS_MORE}[self.country.code]
        return words[place % len(words)]


def _said_of(desk: Desk) -> tuple[str, ...]:
    return {**SAID, **SAID_MORE}[desk.country.code]


def open_desks(stage: Stage, random: Random) -> list[Desk]:
    """Every team that sells today, with what it lacks of pipeline, tags and own fields."""
    plans = {one.code: one for one in TEAMS if one.seat}
    found = []
    for market in MARKETS:
        for code in market.teams:
            members = stage.cast.sellers_of(code, stage.calendar.as_of)
            if members:
                found.append((plans[code], market, [stage.person(one) for one in members]))
    teams = {one.code: one for one in Team.objects.filter(code__in=plans)}
    return [
        _open(stage, plan, market, teams[plan.code], sellers, len(found), random)
        for plan, market, sellers in found
    ]


def _open(
    stage: Stage,
    plan: TeamPlan,
    market: Market,
    team: Team,
    sellers: list[Person],
    turn: int,
    random: Random,
) -> Desk:
    lead, language = stage.person(stage.cast.lead_of(plan.code)), plan.place.language
    pipeline = Pipeline.objects.filter(team=team).order_by("rank").first()
    pipeline = pipeline or _pipeline(stage, team, market, language, lead)
    country = Country.of(ABROAD.get(plan.code, plan.place.country), random)
    desk = Desk(
        plan, market, team.pk, lead, sellers, country, turn, pipeline,
        list(pipeline.stages.filter(retired_at__isnull=True).order_by("rank")),
        list(LostReason.objects.filter(team=team).order_by("pk").values_list("pk", flat=True)),
    )  # fmt: skip
    at = stage.at(20, 8)
    for kind in ("company", "contact", "deal"):
        label, *words = BUDGET[language]
        choice = lists.add_custom_field(
            team=team, of=kind, label=label, kind=FieldKind.CHOICE, options=words, by=lead, at=at
        )
        text = lists.add_custom_field(
            team=team, of=kind, label=MET[language], kind=FieldKind.TEXT, by=lead, at=at
        )
        desk.fields[kind] = (choice.key, text.key, tuple(words))
    known = dict(Tag.objects.filter(team=team).values_list("name", "pk"))
    new = [name for name in TAGS[language] if name not in known]
    first = copying.draw("crm_tag", len(new))
    rows = [(first + place, team.pk, name) for place, name in enumerate(new)]
    copying.write("crm_tag", ("id", "team_id", "name"), rows)
    desk.tags = [*known.values(), *(row[0] for row in rows)]
    return desk


def _pipeline(stage: Stage, team: Team, market: Market, language: str, lead: Person) -> Pipeline:
    *under_way, won, lost = STAGES[language]
    at = stage.at(20, 9)
    made = crm.add_pipeline(
        team=team, name=PIPELINES[language], currency=market.currency, by=lead, at=at,
        stages=[
            *(NewStage(name, Decimal(chance), days_until_stale=7) for name, chance in zip(
                under_way, ("0.1", "0.3", "0.5", "0.8"), strict=True)),
            NewStage(won, kind=StageKind.WON),
            NewStage(lost, kind=StageKind.LOST),
        ],
    )  # fmt: skip
    for name in REASONS[language]:
        crm.add_lost_reason(team=team, name=name, by=lead, at=at)
    return made
