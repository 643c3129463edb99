"""What stands beside every chart: a new one without a part of it fails here.

Table, definition in words, filters, way down to the records, picture, file, and a link that shows
each reader no more than is theirs.
"""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from paceline.incentives.actions import runs, statements
from paceline.insights import actions
from paceline.insights.charts.catalogue import CHARTS, draw, may_read_chart
from paceline.insights.charts.frame import Drawn, Frame
from paceline.insights.dimensions import Span
from paceline.insights.queries.desk import Desk
from paceline.insights.views import explorer
from paceline.org.models import Person
from tests.incentives.pay.conftest import PERIOD, SELLER, approve, fresh
from tests.insights.test_records import make_work
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db
SPAN = Span(date(2026, 4, 1), date(2026, 8, 1))
DAYS = "span=days&from=2026-04-01&to=2026-07-31"
# What only a reader of South may be shown, beside the amounts that Omar sold and earned for.
CANARIES = ("Omar Haddad", "Gamma", "Chair", "Canary", "Lead of Omar", "$200.00", "$315.00")


@pytest.fixture
def full(sold: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Everything that a chart may be about: sales, quotas, deals, replies, feedback, pay; and pages
    that are read on the day of the cast."""
    monkeypatch.setattr(explorer, "Desk", lambda reader, _today, shelf: Desk(reader, TODAY, shelf))
    make_work(sold)
    approve(SELLER, sold, to=sold.seller)
    run = runs.request_run(period_key=PERIOD, by=sold.dana, at=NOW, on=TODAY)
    runs.calculate_run(run=run, at=NOW)
    run = fresh(run)
    chosen = list(run.statements.values_list("pk", flat=True))
    statements.release_statements(run=run, statements=chosen, by=sold.dana, at=NOW)
    return sold


def drawn(reader: Person, key: str, **frame: str) -> Drawn:
    with closing(Desk(reader, TODAY, actions.bring_up_to_date(at=NOW))) as desk:
        return draw(desk, key, Frame(span=SPAN, span_name="days", **frame), has_table=True)


def missing(client: Client, reader: Person, world: World, key: str) -> list[str]:
    """Which parts of the list a chart lacks."""
    one, lacks = drawn(reader, key), []
    text = unescape(client.get(f"{reverse('insights:chart', args=[key])}?{DAYS}").content.decode())
    if not (one.chart and one.rows and one.raw and len(one.head) == len(one.rows[0])):
        lacks.append("a table beside the drawing")
    if not one.definition or str(one.definition) not in text:
        lacks.append("a definition in words")
    if not drawn(reader, key, person=world.hana.number).why:
        lacks.append("a filter by person: somebody without figures is shown some")
    links = {cell.url for row in one.rows for cell in row if cell.url}
    records = [url for url in links if not url.startswith(reverse("insights:explore"))]
    if not records:
        lacks.append("a way from its rows down to records")
    tried = [*sorted(links)[:3], *sorted(records)[:3], *(url for _name, url in one.leads)]
    lacks += [
        f"a link that its reader may open: {url}"
        for url in tried
        if client.get(url).status_code != 200
    ]
    if "data-png" not in text:
        lacks.append("a picture to take along")
    file = client.get(f"{reverse('insights:chart', args=[key])}?{DAYS}&export=csv")
    lines = b"".join(file).decode("utf-8-sig").splitlines()
    if len(lines) != len(one.raw) + 1:
        lacks.append("a file of all its rows")
    if not re.search(rf'data-link="[^"]*{key}\?[^"]*from=2026-04-01', text):
        lacks.append("a link with what was chosen")
    return lacks


def leaks(client: Client, address: str) -> list[str]:
    """What a chart or its file tells a salesperson of others; choices of the filters aside."""
    found = []
    for asked in (address, f"{address}&export=csv"):
        answer = client.get(asked)
        whole = b"".join(answer).decode("utf-8-sig")
        text = re.sub(r"<(select|form)\b.*?</\1>", "", whole, flags=re.DOTALL)
        if answer.status_code not in {200, 403}:
            found.append(f"a link that opens: {asked}")
        found += [f"a link that keeps to its reader: {one}" for one in CANARIES if one in text]
    return found


def test_every_chart_has_all_that_belongs_beside_it(full: World, client_for) -> None:
    lacking = {}
    clients = {one.pk: client_for(one) for one in (full.marco, full.dana, full.priya)}
    for key, kind in CHARTS.items():
        readers = [one for one in (full.marco, full.dana) if may_read_chart(one, kind)]
        reader = next((one for one in readers if drawn(one, key).chart), readers[0])
        lacks = missing(clients[reader.pk], reader, full, key)
        # A link made by somebody who sees more: whoever opens it sees their own part or nothing.
        for chosen in ("", f"&person={full.omar.number}", "&team=south"):
            address = f"{reverse('insights:chart', args=[key])}?{DAYS}{chosen}"
            lacks += leaks(clients[full.priya.pk], address)
        if lacks:
            lacking[key] = lacks
    assert lacking == {}


def test_a_funnel_and_a_cohort_open_down_to_who_is_counted(full: World, client_for) -> None:
    client = client_for(full.marco)
    funnel = drawn(full.marco, "funnel")
    stages = {row[0].text: row for row in funnel.rows}
    assert stages["New"][1].text == "1"
    text = client.get(stages["New"][3].url).content.decode()
    assert "Spring order" in text
    assert "Canary of South" not in text
    # The same by the explorer, which knows it as any other measure.
    asked = f"{reverse('insights:explore')}?measure=stage_entries&split=stage&{DAYS}"
    assert "Deals into stages" in client.get(asked).content.decode()
    stay = drawn(full.dana, "cohort")
    assert [(row[0], row[1]) for row in stay.raw] == [
        ("2026-05-01", 1), ("2026-06-01", 1), ("2026-07-01", 1),
    ]  # fmt: skip
    first, later = stay.rows[0][1], stay.rows[0][3]
    client = client_for(full.dana)
    text = client.get(first.url).content.decode()
    assert "Gamma" in text
    assert "Acme" not in text  # its first order was in February
    assert "Gamma" in client.get(later.url).content.decode()
    # A product opens to its customers, of the most sales first, and they to their lines.
    asked = f"{reverse('insights:explore')}?measure=net_sales&split=customer&only-product=Lamp"
    text = client.get(f"{asked}&{DAYS}").content.decode()
    assert text.index("$101.00") < text.index("$50.00") < text.index("$10.00")
    past = SPAN.ends_before - timedelta(days=1)
    whole = f"{reverse('insights:records')}?measure=customers&span=days&from=2026-01-01&to={past}"
    listed = b"".join(client.get(f"{whole}&behind-customers-export=csv")).decode("utf-8-sig")
    assert [line.split(",")[:3] for line in listed.splitlines()[1:]] == [
        ["Acme", "2026-02-03", "3"], ["Beta", "2026-06-10", "1"], ["Delta", "2026-07-03", "1"],
        ["Gamma", "2026-05-20", "2"],
    ]  # fmt: skip
