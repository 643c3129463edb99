"""Strategy and goals of the running quarter: proposed, agreed to, checked in, rewarded by plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from random import Random
from typing import Any

from paceline.goals import actions
from paceline.goals.actions import Measured, PeriodFacts, Proposal, Said, StrategyText
from paceline.goals.measures.reading import read
from paceline.goals.models import (
    Cadence,
    Confidence,
    Direction,
    Goal,
    GoalPeriod,
    Level,
    Side,
    StrategyPage,
    Unit,
)
from paceline.incentives.actions.rewards import reward_goals
from paceline.incentives.models import PlanVersion
from paceline.org.models import Person, Role, Team
from paceline.web.demo.cast import TEAMS
from paceline.web.demo.stage import BEGAN, SEED, Stage

# Days ago on which people said how it goes; the company took Paceline up three weeks ago.
PROPOSED, AGREED, CHECKED = BEGAN - 2, BEGAN - 3, (15, 8, 1)
PEOPLE_OF = ("taipei-chat", "shanghai-one", "berlin")
CHECKING = 4  # so many of each of these teams have checked in; the others are owing
REWARDING = ("taipei-shop", "shanghai-courses", "cross-border")

SHOPS = ("taipei", "shanghai", "cross-border")
CURRENCIES = {"taipei": "TWD", "shanghai": "CNY", "cross-border": "USD"}
STRATEGIES = {
    "": StrategyText(
        title="One answer away",
        positioning="We sell by answering: a customer who asks us, in their own language and on"
        " the app they use, has a useful reply within minutes and the right product the same day.",
        customers="People who want advice before they buy: young families in Taiwan, working"
        " adults who learn in mainland China, small shops abroad.",
        channels="Own shops and chat first, live streams for new products, marketplaces where"
        " we are not known yet.",
        not_doing="The lowest price. Whoever compares prices alone is better served elsewhere.",
    ),
    "taipei": StrategyText(
        title="台北電商：先聽懂，再推薦",
        positioning="顧客問得多的商品，由我們用聊天與直播講清楚，買了不後悔。",
        customers="25 至 40 歲的小家庭，重視實用與售後。",
        channels="官方商店與 LINE 客服為主，每週三場直播，品牌通路做大宗訂購。",
        not_doing="不做低於成本的折扣檔期。",
    ),
    "shanghai": StrategyText(
        title="上海在线教育：先规划，再报名",
        positioning="顾问先做学习规划，再推荐课程；不适合的课，我们直说。",
        customers="工作三至八年、准备转岗或考证的在职人士，以及做内训的企业。",
        channels="官网与企业微信咨询为主，试听课转化，企业客户由专人跟进。",
        not_doing="不承诺通过率，不推销分期。",
    ),
    "cross-border": StrategyText(
        title="Cross-border: few products, well explained",
        positioning="A small range with manuals, parts and answers in the buyer's language.",
        customers="Small shops and workshops in North America, Japan, Germany and Brazil.",
        channels="Marketplaces to be found, our own shop to be kept.",
        not_doing="No country in which nobody of us can answer in its language.",
    ),
}


@dataclass(frozen=True, slots=True)
class Words:
    """What goals are called where a language is read."""

    sales: str
    colon: str
    why: str
    returns: str
    talks: str
    notes: Sequence[str]
    blockers: str
    doubt: str
    answer: str


WORDS = {
    "zh-hant": Words(
        "本季業績達標", "：", "年底檔期佔全季一半，先把基本盤做穩。", "退貨率壓在 6% 以內",
        "每季完成 60 次客戶往來紀錄", ("雙 11 後回穩", "老客戶回購比預期好", "直播帶進新客"),
        "熱賣款缺貨到月底", "目標比上季高一成，缺貨的話怎麼算？",
        "缺貨的天數我們月底一起看，再調整。",
    ),
    "zh-hans": Words(
        "本季度业绩达标", "：", "双十一占全季一半，先把日常咨询做稳。", "退课率控制在 6% 以内",
        "每季度完成 60 次客户沟通记录",
        ("双十一后恢复正常", "试听转化比预期好", "老学员转介绍增加"),
        "新班排期未定", "目标比上季度高一成，排期没定怎么办？", "排期确定后我们再对一次。",
    ),
    "en": Words(
        "Reach this quarter's sales", ": ", "Half of the quarter is sold before the holidays.",
        "Returns below 6 %", "60 talks with customers written down",
        ("Back to normal after the fairs", "More come back than we thought", "New shops ask"),
        "The best seller is out of stock until the end of the month",
        "Ten per cent more than last quarter; what if stock runs out?",
        "We look at the days without stock together and adjust.",
    ),
}  # fmt: skip


def bring_in(stage: Stage) -> None:
    """From strategy to each salesperson of three teams, as of today."""
    Story(stage).tell()


class Story:
    """The goals of the running quarter as they come about, day after day."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.random = Random(f"{SEED} goals")  # noqa: S311 - a made-up company, no secrets
        self.teams = {one.code: one for one in Team.objects.all()}
        self.plans = {one.code: one for one in TEAMS}
        self.chief = stage.acting(Role.EXECUTIVE)
        self.sold: dict[tuple[Level, int | None, str], Decimal] = {}
        self.checking: list[tuple[Goal, Person, Words]] = []

    def tell(self) -> None:
        stage = self.stage
        stage.say("goals")
        period = self._periods()
        self._read_sales(period)
        pages = {code: self._strategy(code, text) for code, text in STRATEGIES.items()}
        company = self._company(period, pages[""])
        sales = {code: self._shop(code, period, pages[code], company) for code in SHOPS}
        for team in TEAMS:
            if team.seat:
                above = sales[team.parent]
                mine = self._team(team.code, team.parent, period, above)
                if team.code in PEOPLE_OF:
                    self._people(team.code, team.parent, period, mine)
        self._check_in()
        self._rewards()
        now = stage.at(0, 7)
        actions.read_all_sources(as_of=stage.calendar.as_of, at=now)

    def _periods(self) -> GoalPeriod:
        told: dict[str, Any] = {"by": self.chief, "at": self.stage.at(BEGAN - 1, 10)}
        running = self.stage.calendar.running
        year = PeriodFacts(
            str(running.year), date(running.year, 1, 1), date(running.year + 1, 1, 1),
            Cadence.MONTHLY,
        )  # fmt: skip
        actions.add_period(facts=year, **told)
        quarter = PeriodFacts(
            f"{running.year} Q{running.number}", running.starts_on, running.ends_before
        )
        return actions.add_period(facts=quarter, **told)

    def _strategy(self, code: str, text: StrategyText) -> StrategyPage:
        by = self._head(code) if code else self.chief
        team = self.teams[code] if code else None
        return actions.add_strategy(team=team, text=text, by=by, at=self.stage.at(BEGAN - 1, 11))

    def _read_sales(self, period: GoalPeriod) -> None:
        """What everybody who will have a goal sold so far, asked for once."""
        day = self.stage.calendar.as_of
        probes = [self._probe(period, Level.COMPANY, "USD")]
        probes += [
            self._probe(period, Level.TEAM, CURRENCIES[shop], team=self.teams[code])
            for code, shop in [(code, code) for code in SHOPS]
            + [(team.code, team.parent) for team in TEAMS if team.seat]
        ]
        probes += [
            self._probe(
                period, Level.PERSON, CURRENCIES[self.plans[code].parent],
                owner=self.stage.person(member),
            )
            for code in PEOPLE_OF
            for member in self.stage.cast.sellers_of(code, day)
        ]  # fmt: skip
        for place, probe in enumerate(probes):
            probe.pk = place
        said = read(probes, day)
        for probe in probes:
            whose = probe.owner_id if probe.level == Level.PERSON else probe.team_id
            sold = said[probe.pk].value or Decimal(0)
            self.sold[Level(probe.level), whose, probe.currency] = sold

    def _probe(self, period: GoalPeriod, level: Level, currency: str, **whose: Any) -> Goal:
        return Goal(
            period=period, level=level, measure="sales", unit=Unit.MONEY, currency=currency, **whose
        )

    def _head(self, code: str) -> Person:
        cast = self.stage.cast
        lead = cast.successor if code == cast.successor.seats[-1].team else cast.lead_of(code)
        return self.stage.person(lead)

    def _company(self, period: GoalPeriod, page: StrategyPage) -> Goal:
        words = WORDS["en"]
        goal = self._propose(
            period, name="Grow with customers who come back", owner=self.chief,
            level=Level.COMPANY,
            measured=self._selling(period, None, self.chief, "USD", Decimal("1.05")),
            weight=60, strategy=page, why=words.why,
        )  # fmt: skip
        returns = self._propose(
            period, name=words.returns, owner=self.chief, level=Level.COMPANY,
            measured=_returns(), weight=40, strategy=page,
        )  # fmt: skip
        for one in (goal, returns):
            self._agree(one, self.chief, None)
            self.checking.append((one, self.chief, words))
        return goal

    def _shop(self, code: str, period: GoalPeriod, page: StrategyPage, above: Goal) -> Goal:
        head = self._head(code)
        # Its people sit in four countries: they write to one another in English.
        words = WORDS["en" if code == "cross-border" else self.plans[code].place.language]
        team = self.teams[code]
        goal = self._propose(
            period, name=f"{team.name}{words.colon}{words.sales}", owner=head, level=Level.TEAM,
            measured=self._selling(period, team, head, CURRENCIES[code], Decimal("1.02")),
            team=team, weight=70, parent=above, strategy=page, why=words.why,
        )  # fmt: skip
        returns = self._propose(
            period, name=words.returns, owner=head, level=Level.TEAM, measured=_returns(),
            team=team, weight=30, parent=above, strategy=page,
        )  # fmt: skip
        for one in (goal, returns):
            self._agree(one, head, self.chief)
            self.checking.append((one, head, words))
        return goal

    def _team(self, code: str, shop: str, period: GoalPeriod, above: Goal) -> Goal:
        lead, team = self._head(code), self.teams[code]
        words = WORDS[self.plans[code].place.language]
        ambition = Decimal(self.random.choice(("0.94", "1.00", "1.06", "1.12")))
        goal = self._propose(
            period, name=f"{team.name}{words.colon}{words.sales}", owner=lead, level=Level.TEAM,
            measured=self._selling(period, team, lead, CURRENCIES[shop], ambition),
            team=team, weight=100, parent=above,
        )  # fmt: skip
        self._agree(goal, lead, self._head(shop))
        self.checking.append((goal, lead, words))
        return goal

    def _people(self, code: str, shop: str, period: GoalPeriod, above: Goal) -> None:
        stage, lead = self.stage, self._head(code)
        words = WORDS[self.plans[code].place.language]
        day = stage.calendar.as_of
        for place, member in enumerate(stage.cast.sellers_of(code, day)):
            person = stage.person(member)
            ambition = Decimal(self.random.choice(("0.92", "0.98", "1.05", "1.15")))
            measured = self._selling(period, None, person, CURRENCIES[shop], ambition, alone=True)
            goal = self._propose(
                period, name=words.sales, owner=person, level=Level.PERSON, measured=measured,
                team=self.teams[code],
                weight=80 if place < 2 else 100, parent=above,
            )  # fmt: skip
            if place < 2:
                talks = Measured(Decimal(0), Decimal(60), measure="talks", unit=Unit.QUANTITY)
                self._propose(
                    period, name=words.talks, owner=person, level=Level.PERSON, measured=talks,
                    team=self.teams[code], weight=20, parent=above,
                )  # fmt: skip
            if place == 0:
                actions.comment(goal=goal, text=words.doubt, by=person, at=stage.at(PROPOSED, 14))
                actions.comment(goal=goal, text=words.answer, by=lead, at=stage.at(PROPOSED, 16))
            if place == 1:  # still talked about
                actions.agree(
                    goal=goal, side=Side.OWNER, terms=1, by=person, at=stage.at(AGREED, 9)
                )
                continue
            self._agree(goal, person, lead)
            if place < CHECKING:
                self.checking.append((goal, person, words))

    def _selling(
        self,
        period: GoalPeriod,
        team: Team | None,
        owner: Person,
        currency: str,
        ambition: Decimal,
        *,
        alone: bool = False,
    ) -> Measured:
        """A sales target that the sales so far would reach at this ambition, in round figures."""
        day = self.stage.calendar.as_of
        level = Level.PERSON if alone else Level.COMPANY if team is None else Level.TEAM
        whose = owner.pk if alone else team.pk if team else None
        sold = self.sold[level, whose, currency]
        gone = max((day - period.starts_on).days, 1)
        whole = sold * (period.end - period.starts_on).days * ambition / gone
        step = Decimal(500) if currency == "USD" else Decimal(10_000)
        target = (whole / step).to_integral_value(rounding=ROUND_CEILING) * step
        return Measured(
            Decimal(0), max(target, step), measure="sales", unit=Unit.MONEY, currency=currency
        )

    def _propose(self, period: GoalPeriod, **facts: Any) -> Goal:
        """A goal that its owner proposes."""
        facts["weight"] = Decimal(facts["weight"])
        return actions.propose_goal(
            proposal=Proposal(period=period, **facts),
            by=facts["owner"],
            at=self.stage.at(PROPOSED, 10),
        )

    def _agree(self, goal: Goal, owner: Person, lead: Person | None) -> None:
        """Both sides agree; nobody stands above the chief."""
        at = self.stage.at(AGREED, 15)
        actions.agree(goal=goal, side=Side.OWNER, terms=1, by=owner, at=at)
        if lead is not None:
            at += timedelta(hours=1)
            actions.agree(goal=goal, side=Side.LEAD, terms=1, by=lead, at=at)

    def _check_in(self) -> None:
        """Everybody who owes it says how it goes; the sources are asked once for each day."""
        for place, ago in enumerate(CHECKED):
            on, at = self.stage.day(ago), self.stage.at(ago, 17)
            goals = [goal for goal, *_rest in self.checking if goal.period.starts_on <= on]
            said = read(goals, on)
            for goal, owner, words in self.checking:
                found = said.get(goal.pk)
                if found is None or found.value is None:
                    continue
                sure = self.random.choice((Confidence.HIGH, Confidence.HIGH, Confidence.MEDIUM))
                is_blocked = place == 1 and self.random.randrange(4) == 0
                actions.check_in(
                    goal=goal,
                    said=Said(
                        on, found.value, Confidence.LOW if is_blocked else sure,
                        words.notes[place % len(words.notes)],
                        words.blockers if is_blocked else "",
                    ),
                    today=on, by=owner, at=at,
                )  # fmt: skip

    def _rewards(self) -> None:
        """The pay desk says which plans reward sales; other components stand alone and show."""
        by, at = self.stage.acting(Role.COMPENSATION), self.stage.at(AGREED, 17)
        for version in PlanVersion.objects.in_force_on(self.stage.calendar.as_of).filter(
            plan__code__in=REWARDING
        ):
            parts = version.outline["components"]
            component = next((one for one in parts if one["kind"] == "commission"), parts[0])
            reward_goals(
                plan=version.plan, component=component["id"], measure="sales", by=by, at=at
            )


def _returns() -> Measured:
    return Measured(
        Decimal("0.1"), Decimal("0.06"), Direction.DOWN, measure="return_rate", unit=Unit.PERCENT
    )
