"""Figures that the company looks at together: a dashboard, notes of the market, a weekly review."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from paceline.boards.models import CardList, Project
from paceline.insights import actions
from paceline.insights.actions.dashboards import Layout, Put, Times
from paceline.insights.actions.reviews import NoteFacts
from paceline.insights.asked import Question
from paceline.insights.dimensions import bucket_of, span_of
from paceline.insights.measures import MEASURES
from paceline.insights.models import Cadence, Dashboard, EntryKind, NoteKind, Sharing
from paceline.insights.queries.reviews import may_write, teams_for
from paceline.org.models import Person, Role, Team
from paceline.web.demo.stage import Stage


def look_at_them(stage: Stage) -> None:
    """What an executive keeps for all, and what the first team that sells wrote down last week."""
    by, at = stage.acting(Role.EXECUTIVE), stage.at(5, 9)
    # Rates are kept into dollars, so that is what the company adds up in.
    actions.set_rule(currency="USD", rate_type="average", by=by, at=stage.at(6, 9))
    today = stage.calendar.as_of
    question = actions.keep_question(
        question=Question(
            MEASURES["net_sales"],
            span_of("months_12", today),
            over="month",
            split="team",
            span_name="months_12",
        ),
        name="各團隊每月銷售淨額",
        sharing=Sharing.ALL,
        by=by,
        at=at,
    )
    tiles = [
        Put(question=question, is_wide=True), Put("pace"), Put("forecast"), Put("channel_mix"),
        Put("return_rate"), Put("cohort"), Put("cost_of_sales"),
    ]  # fmt: skip
    layout = Layout("公司月會", tiles, sharing=Sharing.ALL)
    _mail(stage, actions.keep_dashboard(layout=layout, by=by, at=at))
    notes = (
        (26, NoteKind.COMPETITOR, "對手在主打商品上全面降價兩成，為期兩週。", "net_sales"),
        (19, NoteKind.MARKET, "物流旺季，到貨普遍晚兩天，退貨詢問增加。", "return_rate"),
        (6, NoteKind.OWN, "直播檔期由每週兩場增為三場。", ""),
    )
    for days, kind, text, measure in notes:
        facts = NoteFacts(stage.day(days), kind, text, measure)
        actions.write_note(facts=facts, by=by, at=stage.at(days - 1, 10))
    _review(stage)


def _mail(stage: Stage, dashboard: Dashboard) -> None:
    """The executive has it mailed on Mondays, a lead and finance at the beginning of a month. The
    demonstration writes its mails into its log."""
    by, at = stage.acting(Role.EXECUTIVE), stage.at(0, 8)
    for recipient, times in (
        (by, Times(Cadence.WEEKLY, weekday=0, hour=8)),
        (stage.acting(Role.LEAD), Times(Cadence.MONTHLY, hour=9)),
        (stage.acting(Role.FINANCE), Times(Cadence.MONTHLY, hour=9)),
    ):
        actions.mail_dashboard(
            dashboard=dashboard,
            recipient=Person.objects.select_related("user").get(pk=recipient.pk),  # for their zone
            times=times,
            site=f"{settings.DEMO_SITE}/",
            by=by,
            at=at,
        )


def _review(stage: Stage) -> None:
    """The first lead of a team of the Taipei shop holds the review of last week."""
    week = bucket_of(stage.calendar.as_of, "week") - timedelta(weeks=1)
    for index in range(len(stage.cast.with_role(Role.LEAD))):
        lead = stage.acting(Role.LEAD, index)
        mine = [one for one in teams_for(lead) if one.code.startswith("taipei-")]
        team = next((one for one in mine if may_write(lead, one)), None)
        if team is not None:
            break
    else:
        return
    said = (
        (EntryKind.GAP, "本季進度落後約一成，主要是回購訂單變少。"),
        (EntryKind.DECISION, "老客戶關懷訊息改為下單後第 20 天發送，兩週後看回購客戶占比。"),
        (EntryKind.DECISION, "對手降價期間不跟進，改推組合優惠。"),
    )
    at = stage.at(4, 17)
    for kind, text in said:
        actions.write_entry(team=team, week=week, kind=kind, text=text, by=lead, at=at)
    _task(stage, team, lead, week)


def _task(stage: Stage, team: Team, lead: object, week: object) -> None:
    """A card of the team's first project, where there is one."""
    project = Project.objects.filter(team=team, archived_at__isnull=True).order_by("pk").first()
    if project is None:
        return
    cards = CardList.objects.filter(project=project, archived_at__isnull=True, ends_work=False)
    first = cards.order_by("rank", "pk").first()
    if first is not None:
        actions.take_on(
            team=team,
            week=week,  # type: ignore[arg-type]
            cards=first,
            facts={"title": "改寫老客戶關懷訊息", "due_on": stage.day(-7)},
            by=lead,  # type: ignore[arg-type]
            at=stage.at(4, 17, 10),
        )
