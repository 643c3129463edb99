"""What follows after a purchase: steps of a few teams, and customers who went through them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from paceline.crm import actions as crm
from paceline.crm.models import Activity, ActivityKind, Contact, Direction
from paceline.mail import actions as mail
from paceline.mail.models import Mail, MailState, MailTemplate
from paceline.org.models import Person, Team
from paceline.sequences import actions
from paceline.sequences.actions import NewStep
from paceline.sequences.models import Act, Counting, Enrolment, Stop, Whom
from paceline.web.demo.cast import TEAMS
from paceline.web.demo.stage import Stage

TEAMS_WITH = 3
CUSTOMERS = 7
DAYS = 12
LEADS_BEFORE = 4
NAMES = {
    "zh-hant": ("購後關懷", "沉寂客戶"),
    "zh-hans": ("售后关怀", "沉寂客户"),
    "en": ("After buying", "Gone quiet"),
}
LEADS = {
    "zh-hant": ("沉寂名單再聯絡", "一週沒有聯絡的名單"),
    "zh-hans": ("沉寂线索再联系", "一周没有联系的线索"),
    "en": ("Quiet leads once more", "Leads without a word for a week"),
}
CALL = {
    "en": {
        "subject": "Ask {name} how it works",
        "body": "Hello {name}, this is {me} of {team}. How does it work for you?\nListen first; "
        "write down what they miss.",
    },
    "zh-Hant": {
        "subject": "詢問 {name} 的使用狀況",
        "body": "{name} 您好，我是{team}的{me}，想了解您使用得還順手嗎？\n先聽，再記下他們缺什麼。",
    },
    "zh-Hans": {
        "subject": "询问 {name} 的使用情况",
        "body": "{name}，您好，我是{team}的{me}，想了解您用得还顺手吗？\n先听，再记下他们缺什么。",
    },
}
CHAT = {
    "en": {"subject": "Send {name} the care guide", "body": ""},
    "zh-Hant": {"subject": "傳保養說明給 {name}", "body": ""},
    "zh-Hans": {"subject": "把保养说明发给 {name}", "body": ""},
}
ASK = {
    "en": {"subject": "Ask {name} whether it is still of interest", "body": ""},
    "zh-Hant": {"subject": "問 {name} 是否仍有興趣", "body": ""},
    "zh-Hans": {"subject": "问 {name} 是否仍有兴趣", "body": ""},
}
LOOK = {
    "en": {"subject": "Look at {name} once more", "body": "Is there a next order to prepare?"},
    "zh-Hant": {"subject": "再看一次 {name}", "body": "是否可以準備下一筆訂單？"},
    "zh-Hans": {"subject": "再看一次 {name}", "body": "是否可以准备下一单？"},
}
SAID = {
    "zh-hant": "用得很習慣，謝謝關心！",
    "zh-hans": "用得很顺手，谢谢关心！",
    "en": "Works well, thank you!",
}


def bring_in(stage: Stage) -> None:
    """Sequences of the first teams; customers begun over the last days, tasks done and left."""
    plans = [one for one in TEAMS if one.seat][:TEAMS_WITH]
    teams = {one.code: one for one in Team.objects.filter(code__in=[one.code for one in plans])}
    begun: list[tuple[int, Enrolment]] = []
    for plan in plans:
        language = plan.place.language if plan.place.language in NAMES else "en"
        lead = stage.person(stage.cast.lead_of(plan.code))
        begun += _sequence(stage, teams[plan.code], lead, language)
        _of_leads(stage, teams[plan.code], lead, language)
    for before in range(DAYS, -1, -1):
        if before == LEADS_BEFORE:
            actions.enter_segments(at=stage.at(before, 9, 5))
        actions.walk(at=stage.at(before, 9, 30))
        _do_tasks(stage, before)
    for written in Mail.objects.filter(state=MailState.QUEUED, mailing__isnull=True):
        mail.note_sent(mail=written, at=written.made_at)
    _answer(stage, begun)


def _sequence(stage: Stage, team: Team, lead: Person, language: str) -> list[tuple[int, Enrolment]]:
    told: dict[str, Any] = {"by": lead, "at": stage.at(DAYS + 2)}
    name, quiet = NAMES[language]
    segment = crm.save_segment(of="contact", name=quiet, rule={"is_quiet": True}, team=team, **told)
    sequence = actions.add_sequence(
        team=team, of="contact", name=name, segment=segment, per_day=10, **told
    )
    template = MailTemplate.objects.filter(team=team, removed_at__isnull=True).first()
    mails = [NewStep(Act.MAIL, 2, Counting.DAYS, template=template)] if template else []
    steps = [
        NewStep(Act.CALL, 1, texts=CALL),
        *mails,
        NewStep(Act.CHAT, 2, texts=CHAT),
        NewStep(Act.TASK, 5, texts=LOOK, whom=Whom.LEAD),
    ]
    stops = [Stop.REPLIED, Stop.ORDERED, Stop.DEAL, Stop.LEFT]
    actions.write_version(sequence=sequence, steps=steps, stops=stops, **told)
    sequence = actions.switch_sequence(sequence=sequence, on=True, **told)
    rows = Contact.objects.kept().filter(team=team, owner__isnull=False)
    begun = []
    for number, contact in enumerate(rows.select_related("owner").order_by("pk")[:CUSTOMERS]):
        before = DAYS - number
        at = stage.at(before, 9, 10)
        made = actions.begin(sequence=sequence, record=contact, by=contact.owner, at=at)
        begun.append((before, made))
    return begun


def _of_leads(stage: Stage, team: Team, lead: Person, language: str) -> None:
    """Leads with whom nobody spoke for a week are asked once more, a few a day."""
    told: dict[str, Any] = {"by": lead, "at": stage.at(DAYS + 2)}
    name, silent = LEADS[language]
    segment = crm.save_segment(of="lead", name=silent, rule={"silent_for": 7}, team=team, **told)
    sequence = actions.add_sequence(
        team=team, of="lead", name=name, segment=segment, per_day=5, **told
    )
    steps = [NewStep(Act.CHAT, 1, texts=ASK), NewStep(Act.CALL, 3, texts=CALL)]
    actions.write_version(
        sequence=sequence, steps=steps, stops=[Stop.REPLIED, Stop.DEAL, Stop.LEFT], **told
    )
    actions.switch_sequence(sequence=sequence, on=True, present=True, **told)


def _do_tasks(stage: Stage, before: int) -> None:
    """Most tasks are done on their day."""
    open_tasks = Activity.objects.filter(
        kind=ActivityKind.TASK, created_by__isnull=True, done_at__isnull=True,
        due_on=stage.day(before), pk__in=_made(),
    )  # fmt: skip
    for number, task in enumerate(open_tasks.select_related("assignee").order_by("pk")):
        if number % 3 != 2:
            at = stage.at(before, 9, 30) + timedelta(minutes=40 + number)
            crm.finish_task(activity=task, by=task.assignee, at=at)


def _made() -> Any:
    return Enrolment.objects.filter(lines__activity__isnull=False).values("lines__activity")


def _answer(stage: Stage, begun: list[tuple[int, Enrolment]]) -> None:
    """The latest of each team answer in the chat, which ends it for them."""
    for before, made in begun:
        made.refresh_from_db()
        if made.ended_at is not None or before != DAYS - CUSTOMERS + 1:
            continue
        contact = Contact.objects.select_related("owner", "company").get(pk=made.contact_id)
        language = next((one for one in contact.languages if one.lower() in SAID), "en").lower()
        crm.add_activity(
            on=crm.On.record(contact), kind=ActivityKind.CHAT, by=contact.owner,
            at=stage.at(0, 9, 40),
            facts={"text": SAID[language], "direction": Direction.IN},
        )  # fmt: skip
