"""The company's customers: who bought most, which deals are under way, and who helped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from paceline.crm import actions as crm
from paceline.crm.actions import NewCustomer, NewLink, NewStage, Point, Share
from paceline.crm.models import (
    ActivityKind,
    Contact,
    ContributorKind,
    Deal,
    Direction,
    FeedbackKind,
    LostReason,
    Pipeline,
    StageKind,
)
from paceline.crm.models import Stage as DealStage
from paceline.org.models import Person, Team
from paceline.web.demo.cast import TEAMS, Member, TeamPlan
from paceline.web.demo.names import name_list
from paceline.web.demo.sales import Line
from paceline.web.demo.shops import Market
from paceline.web.demo.stage import UNSENT, Stage

CONTACTS_EACH, DEALS_EACH, LEADS_EACH = 120, 18, 12
SHARED = 2  # numbers of customers that two people share
CHATS = {"TW": "line", "CN": "wechat", "JP": "line", "DE": "whatsapp", "BR": "whatsapp"}
PHONES = {
    "TW": "09{:02d}-{:03d}-{:03d}", "CN": "138 {:04d} {:04d}", "JP": "090-{:04d}-{:04d}",
    "DE": "0151 {:04d}{:04d}", "BR": "11 9{:04d}-{:04d}",
}  # fmt: skip
LANGUAGES = {"TW": "zh-Hant", "CN": "zh-Hans", "JP": "ja", "DE": "de", "BR": "pt"}
SAID = {
    "TW": ("詢問大量訂購的折扣", "想先看實品照片", "要求分兩批出貨", "確認發票抬頭與統編"),
    "CN": ("咨询团报价格", "希望先试听一节课", "要求开具增值税发票", "想了解分期付款"),
    "JP": ("まとめ買いの見積もりを希望", "納期を確認", "請求書払いを希望", "サンプルを希望"),
    "DE": ("Fragt nach Mengenrabatt", "Möchte Muster sehen", "Bittet um Rechnung", "Lieferzeit?"),
    "BR": ("Pediu desconto por volume", "Quer ver amostras", "Pediu nota fiscal", "Prazo?"),
}
STEPS = {
    "TW": ("回電確認數量", "寄送報價單", "約線上會議"),
    "CN": ("回访确认人数", "发送报价单", "预约线上会议"),
    "JP": ("数量を確認する", "見積書を送る", "打ち合わせを設定"),
    "DE": ("Menge klären", "Angebot senden", "Termin vereinbaren"),
    "BR": ("Confirmar quantidade", "Enviar proposta", "Marcar reunião"),
}
ASKED = {
    "TW": "請問一次訂 {} 份有優惠嗎？",
    "CN": "请问一次订 {} 份有优惠吗？",
    "JP": "{} 個まとめて注文できますか？",
    "DE": "Gibt es Rabatt ab {} Stück?", "BR": "Há desconto para {} unidades?",
}  # fmt: skip
STAGES = {
    "zh-hant": ("新詢問", "需求確認", "已報價", "口頭同意", "成交", "未成交"),
    "zh-hans": ("新咨询", "需求确认", "已报价", "口头同意", "赢单", "丢单"),
    "en": ("New inquiry", "Needs known", "Offer sent", "Agreed by word", "Won", "Lost"),
}
PIPELINES = {"zh-hant": "大宗訂購", "zh-hans": "团购与大单", "en": "Large orders"}
REASONS = {
    "zh-hant": ("價格", "交期太長", "選了別家", "沒有回覆"),
    "zh-hans": ("价格", "交期太长", "选择了别家", "没有回复"),
    "en": ("Price", "Delivery takes too long", "Chose somebody else", "No answer"),
}
CHECKS = {
    "zh-hant": "確認數量與交期",
    "zh-hans": "确认数量与交期",
    "en": "Quantity and date agreed",
}
QUESTIONS = {"zh-hant": "由誰決定？", "zh-hans": "由谁决定？", "en": "Who decides?"}
SCRIPTS = {
    "zh-hant": ("報價話術", "先重述需求，再說明三種組合與各自的交期，最後請對方選一個。"),
    "zh-hans": ("报价话术", "先复述需求，再说明三种组合和各自的交期，最后请对方选一个。"),
    "en": ("How to offer", "Say back what they need, show three bundles, ask them to choose one."),
}


@dataclass(slots=True)
class Customer:
    """What the shop's own system knows of a buyer: orders, and who sold them the latest."""

    number: str
    orders: dict[str, date]
    latest: Line


def bring_in(stage: Stage) -> None:
    """Customers, leads and deals of every team that sells, as of today."""
    plans = {one.code: one for one in TEAMS if one.seat}
    teams = {one.code: one for one in Team.objects.filter(code__in=plans)}
    for sales in stage.sales:
        buyers = _buyers(sales.lines)
        for code in sales.market.teams:
            stage.say(f"customers of {code}")
            desk = Desk(stage, sales.market, plans[code], teams[code])
            desk.fill(buyers)


def _buyers(lines: list[Line]) -> list[Customer]:
    """Those who bought, whoever bought most orders first."""
    found: dict[str, Customer] = {}
    for line in lines:
        known = found.get(line.customer)
        if known is None:
            found[line.customer] = Customer(line.customer, {line.order: line.day}, line)
        else:
            known.orders[line.order] = line.day
            known.latest = line
    return sorted(found.values(), key=lambda one: (-len(one.orders), one.number))


class Desk:
    """One team's customers and deals."""

    def __init__(self, stage: Stage, market: Market, plan: TeamPlan, team: Team) -> None:
        self.stage, self.market, self.plan, self.team = stage, market, plan, team
        self.random = Random(f"customers {plan.code}")  # noqa: S311 - a made-up company
        today = stage.calendar.as_of
        self.sellers = stage.cast.sellers_of(plan.code, today)
        self.lead = stage.person(stage.cast.lead_of(plan.code))
        self.country = plan.place.country
        self.language = plan.place.language
        self.names = name_list(self.country, self.random)

    def fill(self, buyers: list[Customer]) -> None:
        count = max(6, int(CONTACTS_EACH * self.stage.scale))
        numbers = {member.number for member in self.sellers}
        theirs = [one for one in buyers if one.latest.seller in numbers]
        mine = theirs[:count]
        contacts = self._contacts(mine)
        self._link(mine, contacts)
        self._share_numbers(theirs[count : count + SHARED])
        pipeline = self._pipeline()
        self._deals(pipeline, contacts)
        self._leads()

    def _contacts(self, buyers: list[Customer]) -> list[Contact]:
        """Those who bought most: known by the number that their orders bear."""
        at = self.stage.at(5, 9)
        rows = []
        for place, one in enumerate(buyers):
            name = self.names[place % len(self.names)]
            orders = len(one.orders)
            last = max(one.orders.values())
            lapsed = (self.stage.calendar.as_of - last).days > 180
            rows.append(
                NewCustomer(
                    facts={
                        "name": name.own,
                        "latin_name": name.latin if name.latin != name.own else "",
                        "number": one.number,
                        "country": self.country,
                        "languages": [LANGUAGES[self.country]],
                        "territory": one.latest.territory,
                        "source": self.random.choice(("shop", "chat", "live_stream", "referral")),
                        "rating": min(5, 1 + orders // 4),
                        "lifecycle": "lapsed"
                        if lapsed
                        else "regular"
                        if orders > 3
                        else "customer",
                    },
                    points=self._points(name.mailbox, place),
                    owner=self.stage.person(self.stage.cast.members[one.latest.seller]),
                )
            )
        return crm.add_contacts(team=self.team, rows=rows, by=self.lead, at=at)

    def _points(self, mailbox: str, place: int) -> list[Point]:
        phone = PHONES[self.country]
        digits = [self.random.randrange(10 ** (2 if "02d" in phone and n == 0 else 3))
                  if "03d" in phone else self.random.randrange(10_000)
                  for n in range(phone.count("{"))]  # fmt: skip
        points = [
            Point("mobile", phone.format(*digits)),
            Point("email", f"{mailbox}{place}@example.com"),
        ]
        if place % 3:
            points.append(Point(CHATS[self.country], f"{mailbox.replace('.', '')}{place}"))
        return points

    def _link(self, buyers: list[Customer], contacts: list[Contact]) -> None:
        links = [
            NewLink(self.market.code, order, contact=contact)
            for one, contact in zip(buyers, contacts, strict=True)
            for order in one.orders
        ]
        crm.link_orders(links=links, rule="customer number", by=self.lead, at=self.stage.at(5, 10))

    def _share_numbers(self, buyers: list[Customer]) -> None:
        """Two who buy under one number: whose each order is, somebody has to decide."""
        rows = [
            NewCustomer(
                facts={
                    "name": self.names[-1 - place].own, "number": one.number, "source": "shop",
                    "country": self.country, "languages": [LANGUAGES[self.country]],
                    "lifecycle": "customer",
                },
                owner=self.stage.person(self.stage.cast.members[one.latest.seller]),
            )
            for place, one in enumerate(two for two in buyers for _both in range(2))
        ]  # fmt: skip
        crm.add_contacts(team=self.team, rows=rows, by=self.lead, at=self.stage.at(5, 9))

    def _pipeline(self) -> Pipeline:
        first, known, offered, agreed, won, lost = STAGES[self.language]
        title, script = SCRIPTS[self.language]
        made = crm.add_pipeline(
            team=self.team, name=PIPELINES[self.language], currency=self.market.currency,
            by=self.lead, at=self.stage.at(20, 9),
            stages=[
                NewStage(first, Decimal("0.1"), days_until_stale=4),
                NewStage(known, Decimal("0.3"), days_until_stale=8, criteria=("contact",),
                         questions=(QUESTIONS[self.language],)),
                NewStage(offered, Decimal("0.5"), days_until_stale=10, criteria=("amount",),
                         plays=((title, script),)),
                NewStage(agreed, Decimal("0.8"), days_until_stale=7,
                         checklist=((CHECKS[self.language], False),)),
                NewStage(won, kind=StageKind.WON),
                NewStage(lost, kind=StageKind.LOST),
            ],
        )  # fmt: skip
        for name in REASONS[self.language]:
            crm.add_lost_reason(team=self.team, name=name, by=self.lead, at=self.stage.at(20, 9))
        return made

    def _deals(self, pipeline: Pipeline, contacts: list[Contact]) -> None:
        """Deals begun in the last months: won, lost, and at every stage between."""
        if not contacts or not self.sellers:
            return
        stages = list(pipeline.stages.order_by("rank"))
        reasons = list(LostReason.objects.filter(team=self.team))
        for number in range(max(4, int(DEALS_EACH * self.stage.scale))):
            place = self.random.randrange(len(contacts))
            seller = self.random.choice(self.sellers)
            begun = self.random.randrange(3, 75)
            at = self.stage.at(begun, 10, number % 60)
            deal = self._deal(pipeline, contacts[place], seller, at)
            goal = self.random.choices((0, 1, 2, 3, 4, 5), weights=(16, 14, 14, 10, 28, 18))[0]
            way = list(range(1, goal + 1)) if goal <= 4 else [
                *range(1, self.random.randrange(1, 4)), 5]  # fmt: skip
            self._walk(deal, stages, way, at, seller, reasons)
            if goal < 4:
                self._next_step(deal, seller)

    def _deal(self, pipeline: Pipeline, contact: Contact, seller: Member, at: datetime) -> Deal:
        product = self.random.choice(self.market.products)
        quantity = self.random.choice((10, 20, 30, 50, 80, 120))
        person = self.stage.person(seller)
        return crm.add_deal(
            pipeline=pipeline, owner=person, by=person, at=at,
            facts={
                "title": f"{product.name} × {quantity}",
                "contact": contact,
                "amount": (product.price * quantity).quantize(self.market.cents),
                "expected_close_on": at.date() + timedelta(days=self.random.randrange(20, 90)),
                "source": self.random.choice(("chat", "shop", "referral", "live_stream")),
            },
        )  # fmt: skip

    def _walk(
        self,
        deal: Deal,
        stages: list[DealStage],
        way: list[int],
        at: datetime,
        seller: Member,
        reasons: list[LostReason],
    ) -> None:
        person, until = self.stage.person(seller), self.stage.at(1, 9)
        if self.random.random() < 0.5:
            crm.add_activity(
                on=crm.On(deal=deal, contact=deal.contact), kind=ActivityKind.CHAT, by=person,
                at=at + timedelta(minutes=25),
                facts={"text": self.random.choice(SAID[self.country]), "direction": Direction.IN},
            )  # fmt: skip
        for index in way:
            at = at + timedelta(days=self.random.randrange(1, 9), minutes=self.random.randrange(90))
            if at > until:
                return
            lost = crm.Lost(self.random.choice(reasons)) if index == 5 else None
            deal = crm.move_deal(
                deal=deal, to=stages[index], lost=lost, on=at.date(), by=person, at=at
            )

    def _next_step(self, deal: Deal, seller: Member) -> None:
        """Most open deals have a next step; some of those are late."""
        current = Deal.objects.select_related("stage").get(pk=deal.pk)
        if current.stage.kind != StageKind.OPEN or self.random.random() < 0.2:
            return
        day = self.stage.calendar.as_of + timedelta(days=self.random.randrange(-3, 12))
        crm.change_deal(
            deal=current, by=self.stage.person(seller), at=self.stage.at(1, 11),
            facts={"next_step": self.random.choice(STEPS[self.country]), "next_step_on": day},
        )  # fmt: skip

    def _leads(self) -> None:
        """New ones that wait, some of them for anybody."""
        for number in range(max(3, int(LEADS_EACH * self.stage.scale))):
            name = self.names[-1 - number % len(self.names)]
            owner = None if number % 4 == 0 else self.stage.person(self.random.choice(self.sellers))
            crm.add_lead(
                team=self.team, owner=owner, by=self.lead,
                at=self.stage.at(self.random.randrange(1, 10), 10, number),
                facts={
                    "name": name.own, "country": self.country,
                    "languages": [LANGUAGES[self.country]],
                    "source": self.random.choice(("form", "chat", "advertisement")),
                    "message": ASKED[self.country].format(self.random.choice((20, 50, 100))),
                },
                points=self._points(name.mailbox, 900 + number),
            )  # fmt: skip


def share_deals(stage: Stage) -> None:
    """Deals that were won: the order that came of them, and the colleague who helped.

    Pay is credited by it, so it waits until the running quarter was calculated.
    """
    for sales in stage.sales:
        won = list(
            Deal.objects.filter(team__code__in=sales.market.teams, stage__kind=StageKind.WON)
            .select_related("stage", "contact", "owner", "team")
            .order_by("pk")
        )
        orders: dict[str, dict[str, date]] = {
            deal.contact.number: {} for deal in won if deal.contact is not None
        }
        for line in sales.lines:
            if line.customer in orders:
                orders[line.customer][line.order] = line.day
        random = Random(f"won deals {sales.market.code}")  # noqa: S311 - a made-up company
        dealt: set[str] = set()
        for deal in won:
            if deal.contact is not None:
                _link_order(stage, sales.market, deal, orders[deal.contact.number], dealt)
            _share(stage, deal, random)


def _link_order(
    stage: Stage, market: Market, deal: Deal, orders: dict[str, date], dealt: set[str]
) -> None:
    """The customer's latest order came of the deal, if it is of this quarter and known."""
    order, day = max(orders.items(), key=lambda one: (one[1], one[0]))
    if order not in dealt and stage.calendar.running.starts_on <= day < stage.day(UNSENT):
        dealt.add(order)
        crm.link_order(
            source=market.code, order_number=order, deal=deal, by=_lead_of(stage, deal.team),
            at=stage.at(1, 12),
        )  # fmt: skip


def _share(stage: Stage, deal: Deal, random: Random) -> None:
    """A colleague helped with some of the won deals."""
    sellers = stage.cast.sellers_of(deal.team.code, stage.calendar.as_of)
    others = [one for one in sellers if deal.owner is None or one.number != deal.owner.number]
    if not others or deal.owner is None or random.random() > 0.4:
        return
    helper = stage.person(random.choice(others))
    crm.agree_shares(
        deal=deal, by=_lead_of(stage, deal.team), at=stage.at(1, 12),
        shares=[
            Share(deal.owner, ContributorKind.OWNER, Decimal("0.7")),
            Share(helper, ContributorKind.CO_SELLER, Decimal("0.3")),
        ],
    )  # fmt: skip
    if random.random() < 0.3:
        said = SAID[stage.cast.members[deal.owner.number].place.country]
        crm.add_feedback(
            on=crm.On(contact=deal.contact, deal=deal), kind=FeedbackKind.PRAISE,
            text=random.choice(said), assignee=helper, by=helper, at=stage.at(1, 13),
        )  # fmt: skip


def _lead_of(stage: Stage, team: Team) -> Person:
    return stage.person(stage.cast.lead_of(team.code))
