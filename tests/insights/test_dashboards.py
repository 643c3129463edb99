"""Charts and dashboards: what each reader sees of them, what is gone, and how they are mailed."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.core import mail
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import translation

from paceline.accounts import actions as accounts
from paceline.insights import actions, words
from paceline.insights.actions.dashboards import Layout, Put, Times
from paceline.insights.asked import Question, asked
from paceline.insights.charts.catalogue import CHARTS, DEFAULTS, draw, may_read_chart
from paceline.insights.charts.frame import Frame
from paceline.insights.charts.tiles import DRAWN_FIRST
from paceline.insights.dimensions import Span, span_of
from paceline.insights.due import next_time
from paceline.insights.mails import mail_of
from paceline.insights.measures import MEASURES
from paceline.insights.models import Cadence, Dashboard, Mailing, SavedQuestion, Sharing
from paceline.insights.projection import project
from paceline.insights.queries.desk import Desk
from paceline.orders.models import OrderLine
from paceline.org import actions as org
from paceline.org.models import Person
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db


def drawn(person: Person, key: str, span: Span | None = None):
    with closing(Desk(person, TODAY, actions.bring_up_to_date(at=NOW))) as desk:
        return draw(desk, key, Frame(span=span), has_table=True)


def shown(client: Client, address: str) -> str:
    """A dashboard with the places that its page fetches."""
    page = client.get(address)
    assert page.status_code == 200
    text = page.content.decode()
    for part in re.findall(r'hx-get="([^"]+)" hx-trigger="revealed', text):
        text += client.get(unescape(part), headers={"HX-Request": "true"}).content.decode()
    return text


def test_every_chart_has_figures_a_table_or_says_why(sold: World) -> None:
    for key, kind in CHARTS.items():
        for person in (sold.dana, sold.priya, sold.erik):
            if not may_read_chart(person, kind):
                continue
            one = drawn(person, key)
            assert one.definition, key
            assert (one.chart and one.rows and one.raw) or one.why, key
    assert not may_read_chart(sold.dana, CHARTS["funnel"])
    assert not may_read_chart(sold.hana, CHARTS["sales"])
    quarter = span_of("last_quarter", TODAY)
    attained = drawn(sold.dana, "attainment", quarter)
    assert attained.headline == "40%"
    assert [row[0].text for row in attained.rows] == ["Priya Nair", "Omar Haddad"]
    paced = drawn(sold.marco, "pace", quarter)
    assert paced.headline == "40%"
    assert paced.chart is not None
    assert [series.values[-1] for series in paced.chart.series] == [400, 1000, 0]
    stay = drawn(sold.dana, "cohort", Span(date(2026, 1, 1), date(2026, 8, 1)))
    assert [str(one) for one in stay.head[2:4]] == ["+1 month", "+2 months"]
    assert [(row[0], row[1]) for row in stay.raw] == [
        ("2026-02-01", 1), ("2026-05-01", 1), ("2026-06-01", 1), ("2026-07-01", 1),
    ]  # fmt: skip
    assert stay.raw[0] == ["2026-02-01", 1, 0, 0, 1, 0, 1]


def test_a_cohort_says_what_its_customers_bought_so_far(sold: World, client_for) -> None:
    span = Span(date(2026, 1, 1), date(2026, 8, 1))

    def whole(person: Person, **frame: str):
        with closing(Desk(person, TODAY, actions.bring_up_to_date(at=NOW))) as desk:
            shown = draw(desk, "cohort", Frame(span=span, **frame), is_whole=True)
            sums: dict[str, Decimal] = {}
            firsts: dict[str, date] = {}
            for line in OrderLine.objects.order_by("ordered_on"):
                if line.kind == "sale" and line.customer:
                    firsts.setdefault(line.customer, line.ordered_on)
            for line in OrderLine.objects.filter(ordered_on__gte=span.starts_on):
                if line.customer and line.ordered_on < span.ends_before:
                    rate = desk.rate(line.currency, line.ordered_on, desk.currency())
                    assert rate is not None
                    sums[line.customer] = sums.get(line.customer, Decimal(0)) + line.amount * rate
            return shown, sums, firsts

    shown, sums, firsts = whole(sold.dana)
    assert shown.head[2] == "Sales per customer (USD)"
    for first, count, value, *_stayed in shown.raw:
        own = [name for name, day in firsts.items() if f"{day:%Y-%m}-01" == first]
        assert len(own) == count
        assert Decimal(str(value)) == sum(sums[name] for name in own) / len(own), first
    assert len(shown.raw) == 4
    # In a dashboard, and where a member is told the total of the team, there is none.
    assert "Sales per customer" not in str(drawn(sold.dana, "cohort", span).head)
    assert "Sales per customer" in str(whole(sold.priya)[0].head)


def test_a_forecast_repeats_the_weeks_and_its_range_comes_from_the_past() -> None:
    today = date(2026, 7, 15)
    steady = {today - timedelta(days=n): Decimal(10) for n in range(1, 200)}
    span = Span(date(2026, 7, 1), date(2026, 8, 1))
    found = project(steady, span, today)
    assert found is not None
    assert (found.low[-1], found.middle[-1], found.high[-1]) == (310, 310, 310)
    uneven = {day: Decimal(20 if day.isocalendar().week % 2 else 0) for day in steady}
    wide = project(uneven, span, today)
    assert wide is not None
    assert wide.low[-1] < wide.middle[-1] < wide.high[-1]
    assert project({}, span, today) is None
    assert project(steady, Span(date(2026, 6, 1), date(2026, 7, 1)), today) is None


def test_dashboards_follow_the_rights_of_the_reader(
    sold: World, client_for, django_assert_max_num_queries
) -> None:
    client = client_for(sold.marco)
    form = {
        "name": "North", "sharing": "team", "team": sold.north.pk, "only_team": "north",
        "span": "last_quarter", "tile-0": "chart:attainment", "tile-2": "chart:pay_contribution",
        "wide-2": "on",
    }  # fmt: skip
    refused = client.post(reverse("insights:dashboard_new"), {**form, "tile-0": "", "tile-2": ""})
    assert refused.status_code == 422
    assert not Dashboard.objects.exists()
    client.post(reverse("insights:dashboard_new"), form)
    kept = Dashboard.objects.get()
    assert [(tile.chart, tile.is_wide) for tile in kept.tiles.all()] == [
        ("attainment", False), ("pay_contribution", True),
    ]  # fmt: skip
    address = reverse("insights:dashboard", args=[kept.pk])
    quarter = "?from=2026-04-01&to=2026-06-30"
    theirs = client_for(sold.priya).get(address + quarter).content.decode()
    assert "40%" in theirs
    assert "Priya Nair" in theirs
    assert "Omar Haddad" not in theirs
    assert client_for(sold.omar).get(address).status_code == 404
    assert client_for(sold.priya).get(
        reverse("insights:dashboard_edit", args=[kept.pk])
    ).status_code == 403  # fmt: skip
    for person, path in ((sold.marco, address), (sold.erik, reverse("insights:home"))):
        signed_in = client_for(person)
        signed_in.get(path)
        with django_assert_max_num_queries(15):  # with the notes beside the figures
            assert signed_in.get(path).status_code == 200
    # A team that is gone, a chart that is gone, a question that was put away: said, not guessed.
    question = SavedQuestion.objects.create(
        name="Old", owner=sold.marco, asked="measure=orders", made_at=NOW, changed_at=NOW
    )
    tiles = [Put("sales"), Put("no_such_chart"), Put(question=question), Put("time_to_settle")]
    layout = Layout("North", tiles, only_team="dissolved")
    actions.keep_dashboard(layout=layout, dashboard=kept, by=sold.marco, at=NOW)
    actions.put_away_question(question=question, by=sold.marco, at=NOW)
    text = shown(client, address)
    assert "no team “dissolved” any more" in text
    assert "There is no such chart any more." in text
    assert "put away by its owner" in text
    client.post(reverse("insights:dashboard_put_away", args=[kept.pk]))
    assert client.get(address).status_code == 404


def test_what_an_owner_left_behind_is_taken_over(sold: World, client_for) -> None:
    told = {"by": sold.fred, "at": NOW}
    kept = actions.keep_dashboard(layout=Layout("Left behind", [Put("sales")], Sharing.ALL), **told)
    mailing = actions.mail_dashboard(
        dashboard=kept, recipient=sold.marco, times=Times(Cadence.WEEKLY), site="https://x/", **told
    )
    page = reverse("insights:dashboard", args=[kept.pk])
    over = reverse("insights:dashboard_take_over", args=[kept.pk])
    seen = client_for(sold.priya).get(page).content.decode()
    assert "Fred Braun works here no more" in seen
    assert "Take it over" not in seen
    assert client_for(sold.priya).post(over).status_code == 403
    erik = client_for(sold.erik)
    assert "Take it over" in erik.get(page).content.decode()
    assert erik.post(over).status_code == 303
    kept.refresh_from_db()
    assert kept.owner == sold.erik
    assert "works here no more" not in erik.get(page).content.decode()
    mails = reverse("insights:dashboard_mail", args=[kept.pk])
    assert mails in erik.get(page).content.decode()
    # To whom it is mailed only the owner reads, and may end that.
    assert "Marco Bianchi" in erik.get(mails).content.decode()
    assert "Marco Bianchi" not in client_for(sold.priya).get(mails).content.decode()
    assert erik.post(mails, {"cadence": "hourly"}).status_code == 422
    assert kept.mailings.count() == 1
    erik.post(reverse("insights:mailing_stop", args=[mailing.pk]))
    assert not kept.mailings.filter(stopped_at=None).exists()
    assert client_for(sold.marco).post(over).status_code == 403  # its owner works here
    assert Dashboard.objects.get().owner == sold.erik


def test_dashboards_and_questions_are_found_by_who_sees_them(sold: World, client_for) -> None:
    def found(person: Person, text: str) -> list[str]:
        page = client_for(person).get(reverse("web:palette"), {"q": text}).content.decode()
        return [one for one in ("Chairs abroad", "Lamp weeks") if one in page]

    layout = Layout("Chairs abroad", [Put("sales")], sharing=Sharing.TEAM, team=sold.north)
    kept = actions.keep_dashboard(layout=layout, by=sold.marco, at=NOW)
    question = actions.keep_question(
        question=Question(MEASURES["orders"], Span(date(2026, 5, 1), date(2026, 6, 1))),
        name="Lamp weeks", sharing=Sharing.OWN, by=sold.priya, at=NOW,
    )  # fmt: skip
    for person, seen in ((sold.marco, True), (sold.priya, True), (sold.omar, False)):
        assert found(person, "chairs abr") == ["Chairs abroad"] * seen, person
    assert found(sold.priya, "lamp week") == ["Lamp weeks"]
    assert found(sold.marco, "lamp week") == []
    actions.put_away_dashboard(dashboard=kept, by=sold.marco, at=NOW)
    actions.put_away_question(question=question, by=sold.priya, at=NOW)
    assert found(sold.priya, "chairs abr") == found(sold.priya, "lamp week") == []


def test_a_chart_has_a_page_and_a_file(sold: World, client_for) -> None:
    client = client_for(sold.ines)
    address = reverse("insights:chart", args=["product_mix"]) + "?from=2026-04-01&to=2026-06-30"
    text = client.get(address).content.decode()
    assert "data-png" in text
    file = client.get(f"{address}&export=csv")
    rows = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[0].endswith(",Unit")
    assert rows[1:] == ["Desk,300.00,,USD", "Chair,200.00,,USD", "Lamp,100.00,40.00,USD"]
    assert client.get(reverse("insights:chart", args=["nothing"])).status_code == 404
    assert client.get(reverse("insights:chart", args=["funnel"])).status_code == 403
    assert client.get(reverse("insights:home") + "?role=nobody").status_code == 404


def test_mails_are_in_the_language_and_with_the_rights_of_who_receives_them(
    sold: World, run_jobs
) -> None:
    assert next_time("weekly", 0, 8, "Asia/Taipei", NOW) == datetime(2026, 7, 20, 0, tzinfo=UTC)
    assert next_time("monthly", 0, 8, "Asia/Taipei", NOW) == datetime(2026, 8, 1, 0, tzinfo=UTC)
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert next_time("daily", 0, 2, "Europe/Berlin", spring) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    layout = Layout("All", [Put("attainment")], sharing=Sharing.ALL, span="last_quarter")
    kept = actions.keep_dashboard(layout=layout, by=sold.dana, at=NOW)
    assert sold.priya.user is not None
    accounts.change_preferences(
        user=sold.priya.user, language="zh-hant", time_zone="Asia/Taipei", at=NOW
    )
    for person in (sold.priya, sold.hana, sold.omar):
        actions.mail_dashboard(
            dashboard=kept, recipient=Person.objects.get(pk=person.pk),
            times=Times(Cadence.WEEKLY), site="https://example.com/", by=sold.dana, at=NOW,
        )  # fmt: skip
    monday = datetime(2026, 7, 20, 0, 5, tzinfo=UTC)
    assert actions.take_due(at=NOW) == []
    due = {one.recipient_id: one for one in actions.take_due(at=monday)}
    assert actions.take_due(at=monday) == []
    shelf = actions.bring_up_to_date(at=NOW)
    org.end_employment(
        person=sold.omar, ends_before=date(2026, 7, 18), by=sold.hana, at=NOW, reason="Resigned"
    )
    assert mail_of(due[sold.hana.pk], shelf, monday) is None
    assert mail_of(due[sold.omar.pk], shelf, monday) is None
    one = mail_of(due[sold.priya.pk], shelf, monday)
    assert one is not None
    one.send()
    (sent,) = mail.outbox
    assert sent.to == ["priya@example.com"]
    html = str(sent.alternatives[0][0])
    # The subject is the first line of the text too, parted as Chinese parts.
    assert sent.subject == str(sent.body).splitlines()[0] == "All，2026年7月20日"
    with translation.override("zh-hant"):
        assert str(CHARTS["attainment"].name) in html
    assert "Priya Nair" in html
    assert "Omar Haddad" not in html
    # Each chart is a picture in the mail, in words for whoever does not see it.
    pictures = [one for one in sent.attachments if one["Content-Type"].startswith("image/png")]
    assert pictures
    for one in pictures:
        assert one.get_payload(decode=True).startswith(b"\x89PNG")
        assert f'src="cid:{one["Content-ID"].strip("<>")}" alt="' in html
    assert sent.message().get_content_type() == "multipart/related"
    assert f'href="https://example.com{reverse("insights:dashboard", args=[kept.pk])}"' in html
    actions.put_away_dashboard(dashboard=kept, by=sold.dana, at=NOW)
    assert not Mailing.objects.filter(stopped_at__isnull=True).exists()


def test_over_no_data_everything_says_so(world: World, client_for) -> None:
    """A company without a line, deal or statement: charts, answers, files and mails say why."""
    for person in (world.dana, world.priya, world.marco, world.erik):
        for key, kind in CHARTS.items():
            if may_read_chart(person, kind):
                one = drawn(person, key)
                assert (one.chart, one.headline) == (None, ""), key
                assert one.why, key
    client = client_for(world.marco)
    for address in (
        reverse("insights:home"),
        reverse("insights:chart", args=["pace"]),
        f"{reverse('insights:explore')}?measure=win_rate&over=month&split=person&compare=year",
        f"{reverse('insights:records')}?measure=deals_won",
        f"{reverse('insights:chart', args=['funnel'])}?export=csv",
    ):
        assert client.get(address).status_code == 200, address


def test_a_change_is_told_only_of_something_above_nought() -> None:
    sales, share = MEASURES["net_sales"], MEASURES["return_rate"]
    for value, before, told in (
        ("150", "100", "+50%"), ("50", "100", "-50%"), ("100", "100", "0%"),
        ("518.84", "-3.86", ""), ("518.84", "0", ""), ("-4", "-2", ""),
    ):  # fmt: skip
        assert words.worded_change(sales, Decimal(value), Decimal(before)) == told
    assert words.worded_change(share, Decimal("0.05"), Decimal("-0.01")) == "+6 points"
    assert words.worded_change(sales, None, Decimal(1)) == ""


def test_a_link_to_the_dashboard_of_a_role_shows_the_same_charts(sold: World, client_for) -> None:
    """With what its reader may see of them: their own, and no chart that is not theirs."""
    days = "from=2026-04-01&to=2026-06-30"
    html = shown(client_for(sold.erik), f"/insights/?{days}")
    found = re.search(r'data-link="([^"]+)"', html)
    assert found
    link = found[1].replace("&amp;", "&")
    assert link == f"/insights/?{days}&role=executive"

    def numbers(text: str) -> list[str]:
        return re.findall(r'class="tile-number">([^<]+)<', text)

    assert "$600.00" in numbers(html)
    theirs = shown(client_for(sold.priya), link)
    assert "$400.00" in numbers(theirs)
    assert "$600.00" not in theirs
    assert '?role=executive" aria-current' in theirs
    assert client_for(sold.hana).get(link).status_code == 403


def test_a_long_dashboard_draws_what_a_screen_shows_and_fetches_the_rest(
    sold: World, client_for, django_assert_max_num_queries
) -> None:
    """Every chart and several kept questions, among many teams and dashboards."""
    for n in range(12):
        org.create_team(code=f"team-{n}", name=f"Team {n}", parent=sold.company, by=None, at=NOW)
        shared = Layout(f"Shared {n}", [Put("sales")], Sharing.ALL)
        actions.keep_dashboard(layout=shared, by=sold.dana, at=NOW)
    question = actions.keep_question(
        question=asked(QueryDict("measure=net_sales&split=person&span=last_quarter"), TODAY),
        name="Who sold", sharing=Sharing.ALL, by=sold.erik, at=NOW,
    )  # fmt: skip
    wide = ["pace", "attainment", "funnel", "pay_contribution", "sales", "cohort", "response_time"]
    puts = [*(Put(key, is_wide=key == "sales") for key in wide), Put(question=question)]
    layout = Layout("Everything", puts, Sharing.ALL, span="last_quarter")
    kept = actions.keep_dashboard(layout=layout, by=sold.erik, at=NOW)
    own = reverse("insights:dashboard", args=[kept.pk])
    roles = [f"{reverse('insights:home')}?role={role}" for role in DEFAULTS]
    for person in (sold.erik, sold.marco, sold.priya, sold.dana, sold.ines):
        client = client_for(person)
        client.get(own)
        for page in (own, *roles):
            with django_assert_max_num_queries(15):
                text = client.get(page).content.decode()
            parts = re.findall(r'hx-get="([^"]+)" hx-trigger="revealed', text)
            assert len(parts) == text.count('class="card tile') - DRAWN_FIRST or not parts
            for part in parts:
                with django_assert_max_num_queries(15):
                    answer = client.get(unescape(part), headers={"HX-Request": "true"})
                assert answer.content.count(b"<section") == 1, part
                assert b"<html" not in answer.content, part
    # What is fetched is what the chart's own page shows, of the same days; without scripts that
    # page is a link away.
    erik = client_for(sold.erik)
    text = erik.get(own).content.decode()
    links = [unescape(one) for one in re.findall(r'<h2><a href="([^"]+)">', text)]
    chart = next(one for one in links if "/charts/sales" in one)
    whole = erik.get(chart).content.decode()
    alone = erik.get(chart, headers={"HX-Request": "true"}).content.decode()
    numbers = re.findall(r'class="tile-number">([^<]+)<', whole + alone)
    assert len(numbers) == 2
    assert len(set(numbers)) == 1
    assert "table-scroll drawn-table" in whole
    assert "table-scroll" not in alone
    tile = reverse("insights:tile", args=[kept.pk, kept.tiles.last().pk])
    assert tile in {one.partition("?")[0] for one in links}
    led = erik.get(tile)
    assert (led.status_code, led.url.partition("?")[0]) == (302, reverse("insights:explore"))
    fetched = erik.get(tile, headers={"HX-Request": "true"}).content.decode()
    assert "Priya Nair" in fetched
    # Somebody else's dashboard has no such places for the reader.
    actions.keep_dashboard(
        layout=replace(layout, sharing=Sharing.OWN), dashboard=kept, by=sold.erik, at=NOW
    )
    mine = reverse("insights:tile", args=[kept.pk, kept.tiles.last().pk])
    assert client_for(sold.marco).get(mine).status_code == 404
