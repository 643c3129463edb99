"""How the company answers who asks: rules that give leads, a form of its shop, replies, mails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings

from paceline.crm import actions as crm
from paceline.crm.models import (
    ActivityKind,
    Consent,
    ConsentChannel,
    Contact,
    ContactPoint,
    Direction,
    LeadStatus,
    PointKind,
)
from paceline.leads import actions as leads
from paceline.leads import sent
from paceline.leads.models import Inquiry, Method, RoutingDesk
from paceline.leads.sent import Given
from paceline.mail import actions as mail
from paceline.mail import filling
from paceline.mail.actions import Addressed, Words
from paceline.org.models import Person, Team
from paceline.web.demo.cast import TEAMS
from paceline.web.demo.stage import Stage

RULES = {
    "zh-hant": ("大量詢問", "輪流分派"),
    "zh-hans": ("团购咨询", "轮流分配"),
    "en": ("Large orders", "In turn"),
}
INTERESTS = {
    "zh-hant": ["耳機", "喇叭"],
    "zh-hans": ["英语课", "数学课"],
    "en": ["headphones", "speakers"],
}
ANSWERED = {
    "zh-hant": "已報價並約好回電時間。",
    "zh-hans": "已报价并约好回访时间。",
    "en": "Sent prices and agreed on a call.",
}
ASKED = (
    ("張雅婷", "yating.chang@example.net", "耳機", "想訂 80 副耳機當週年禮，可以開統編嗎？"),
    ("Nguyen Minh", "minh.nguyen@example.net", "喇叭", "Do you ship 40 speakers to Hanoi?"),
)
MACHINE = (
    "SEO Expert",
    "seo@example.org",
    "",
    "Rank #1! https://a.example https://b.example www.c",
)
FORM = {
    "zh-Hant": {"title": "大宗訂購詢問", "intro": "填寫後我們會在一小時內回覆。"},
    "en": {"title": "Large orders", "intro": "We answer within an hour."},
}
CONSENT = {
    "zh-Hant": "我同意收到新品與優惠的電子郵件，可隨時取消。",
    "en": "I agree to mails on new products and offers; I can end them at any time.",
}
NEWS = {
    "zh-Hant": {
        "subject": "{name}，秋季新品上架了",
        "body": "{name} 您好：\n\n秋季新款耳機已經上架，老客戶本週享免運。\n\n{me}",
    },
    "zh-Hans": {
        "subject": "{name}，秋季新品上架了",
        "body": "{name}，您好：\n\n秋季新款耳机已经上架，老客户本周免运费。\n\n{me}",
    },
    "en": {
        "subject": "New for autumn, {name}",
        "body": "Hello {name},\n\nour autumn headphones are here; this week they ship for free."
        "\n\n{me}",
    },
}
SERVER = {
    "host": "127.0.0.1", "port": 1025, "security": "none",
    "from_address": "hello@tideway.example", "from_name": "Tideway",
    "footer": "Tideway, 臺北市信義區松高路 1 號", "reply_address": "reply@tideway.example",
    "per_hour": 500,
}  # fmt: skip


def bring_in(stage: Stage) -> None:
    """Rules and replies of every team that sells; a form and mails of the first."""
    plans = [one for one in TEAMS if one.seat]
    teams = {one.code: one for one in Team.objects.filter(code__in=[one.code for one in plans])}
    for place, plan in enumerate(plans):
        language = plan.place.language
        language = language if language in RULES else "en"
        lead = stage.person(stage.cast.lead_of(plan.code))
        members = stage.cast.sellers_of(plan.code, stage.calendar.as_of)
        sellers = [stage.person(one) for one in members]
        if not sellers:
            continue
        desk = _arrange(stage, teams[plan.code], lead, sellers, language)
        _answer(desk, language)
        if place == 0:
            _ask_by_form(stage, teams[plan.code], lead)
            _write(stage, teams[plan.code], lead)


def _arrange(
    stage: Stage, team: Team, lead: Person, sellers: list[Person], language: str
) -> RoutingDesk:
    told: dict[str, Any] = {"by": lead, "at": stage.at(12)}
    large, turn = RULES[language]
    leads.add_rule(
        team=team, members=sellers[:2], **told,
        facts={"name": large, "method": Method.LEAST_BUSY, "interests": INTERESTS[language],
               "sources": ["form"]},
    )  # fmt: skip
    leads.add_rule(
        team=team, members=sellers, facts={"name": turn, "method": Method.ROUND_ROBIN}, **told
    )
    return leads.set_desk(
        team=team, is_on=True, fallback=lead, reply_minutes=60, again_minutes=240, **told
    )


def _answer(desk: RoutingDesk, language: str) -> None:
    """Most of those who asked were answered: at once, in time, or late."""
    rows = Inquiry.objects.waiting().filter(team=desk.team_id, lead__owner__isnull=False)
    for number, inquiry in enumerate(rows.select_related("lead__owner").order_by("arrived_at")):
        if number % 4 == 3:
            continue
        lead, at = inquiry.lead, inquiry.arrived_at + timedelta(minutes=(7, 38, 130)[number % 3])
        crm.add_activity(
            on=crm.On.record(lead), kind=ActivityKind.CHAT, by=lead.owner, at=at,
            facts={"text": ANSWERED[language], "direction": Direction.OUT},
        )  # fmt: skip
        crm.set_status(lead=lead, status=LeadStatus.WORKING, by=lead.owner, at=at)


def _ask_by_form(stage: Stage, team: Team, lead: Person) -> None:
    told: dict[str, Any] = {"by": lead, "at": stage.at(11)}
    fields = [
        {"name": "name", "is_required": True},
        {"name": "email", "is_required": True},
        {"name": "interest", "is_required": False, "options": ["耳機", "喇叭"]},
        {"name": "message", "is_required": False},
    ]
    form = leads.add_form(
        team=team, name="大宗訂購詢問", languages=["zh-Hant", "en"], fields=fields, **told
    )
    facts = {"texts": FORM, "origins": ["https://shop.tideway.example"]}
    form = leads.change_form(form=form, facts=facts, **told)
    leads.set_consent_text(
        form=form, texts=CONSENT, channel=ConsentChannel.EMAIL, purpose="新品與優惠",
        is_required=False, **told,
    )  # fmt: skip
    for number, (name, email, interest, message) in enumerate((*ASKED, MACHINE)):
        at = stage.at(1, 10 + number)
        values = {"name": name, "email": email, "interest": interest, "message": message}
        token = "" if name == MACHINE[0] else sent.token(form.key, f"demo{number}", at)
        language = "zh-Hant" if number == 0 else "en"
        given = Given(values, language=language, token=token, consents=number == 0)
        leads.take_in(form=form, given=given, at=at + timedelta(minutes=2))


def _write(stage: Stage, team: Team, lead: Person) -> None:
    """A template, and three mails of which one was answered."""
    told: dict[str, Any] = {"by": lead, "at": stage.at(4)}
    server = mail.set_server(facts=SERVER | {"site": settings.DEMO_SITE}, by=None, at=stage.at(12))
    template = mail.add_template(team=team, name="秋季新品", is_offer=True, texts=NEWS, **told)
    points = ContactPoint.objects.filter(kind=PointKind.EMAIL, contact__isnull=False)
    contacts = Contact.objects.filter(
        team=team, owner__isnull=False, pk__in=points.values("contact")
    )
    for number, contact in enumerate(contacts.select_related("owner", "team").order_by("pk")[:3]):
        to = points.filter(contact=contact).values_list("value", flat=True)[0]
        if not Consent.objects.filter(contact=contact, channel=ConsentChannel.EMAIL).exists():
            crm.record_consent(
                holder=contact, channel=ConsentChannel.EMAIL, purpose="新品與優惠",
                source="官網", given_at=stage.at(60), **told,
            )  # fmt: skip
        values = filling.values_of(contact, contact.owner)
        said = NEWS["zh-Hant"]
        written = mail.write(
            addressed=Addressed.of(contact, to), by=contact.owner, at=stage.at(3, 10, number),
            words=Words(filling.fill(said["subject"], values), filling.fill(said["body"], values),
                        "zh-Hant", template),
        )  # fmt: skip
        mail.note_sent(mail=written, at=stage.at(3, 10, number))
        if number == 0:
            answer = (
                f"From: {to}\r\nTo: reply+{written.token}@tideway.example\r\n"
                f"Message-ID: <answer@example.net>\r\nSubject: Re: 秋季新品\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n\r\n請幫我保留兩副黑色的，謝謝！"
            )
            mail.take_message(raw=answer.encode(), server=server, at=stage.at(3, 11))
