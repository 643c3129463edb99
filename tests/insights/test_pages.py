"""The pages of figures: what they show, refuse and export, in few queries."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.urls import reverse

from paceline.insights import actions
from paceline.insights.asked import asked
from paceline.insights.models import ReportingRule, SavedQuestion, Sharing
from tests.world import World

pytestmark = pytest.mark.django_db

Q2 = "from=2026-04-01&to=2026-06-30"


def test_the_explorer_answers_draws_and_exports(
    sold: World, client_for, django_assert_max_num_queries
) -> None:
    client = client_for(sold.dana)
    address = f"{reverse('insights:explore')}?measure=net_sales&split=person&compare=previous&{Q2}"
    client.get(address)
    with django_assert_max_num_queries(20):
        answer = client.get(address)
    text = answer.content.decode()
    assert "$600.00" in text
    assert "Priya Nair" in text
    assert 'data-island="chart"' in text
    assert 'data-png="net_sales"' in text
    lines = f"{reverse('orders:lines')}?from=2026-04-01&amp;to=2026-06-30&amp;payee=E001"
    assert lines in text
    file = client.get(f"{address}&export=csv")
    rows = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[1:] == [
        "Priya Nair,400.00,,USD",
        "Omar Haddad,200.00,,USD",
        "Fred Braun,,40.00,USD",
    ]
    found = client.get(lines.replace("&amp;", "&")).content.decode()
    assert "A1" in found
    assert "A3" not in found
    assert "B1" not in found


def test_what_cannot_be_answered_is_said(sold: World, client_for) -> None:
    client = client_for(sold.priya)
    explore = reverse("insights:explore")
    for query, status, said in (
        ("split=weather", 422, "“weather” is not known here"),
        ("measure=earned&split=product", 422, "cannot be split"),
        ("only-team=gone", 422, "no team “gone” any more"),
        ("from=2020-01-01&to=2020-02-01", 200, "Nothing to show"),
    ):
        answer = client.get(f"{explore}?{query}")
        assert answer.status_code == status, query
        assert said in answer.content.decode()
    # The pay desk reads won deals, but not how many were lost.
    answer = client_for(sold.dana).get(f"{explore}?measure=win_rate")
    assert answer.status_code == 403
    assert "is not yours to read" in answer.content.decode()


def test_a_question_is_kept_shared_and_put_away(sold: World, client_for) -> None:
    client = client_for(sold.marco)
    told = {"query": f"measure=net_sales&split=person&{Q2}", "name": "Who sold", "sharing": "team"}
    refused = client.post(reverse("insights:question_keep"), told)
    assert refused.status_code == 422
    assert not SavedQuestion.objects.exists()
    client.post(reverse("insights:question_keep"), {**told, "team": sold.north.pk})
    kept = SavedQuestion.objects.get()
    theirs = client_for(sold.priya).get(reverse("insights:question", args=[kept.pk]), follow=True)
    text = theirs.content.decode()
    assert "$400.00" in text
    assert "Omar" not in text
    assert (
        client_for(sold.omar).get(reverse("insights:question", args=[kept.pk])).status_code == 404
    )
    away = reverse("insights:question_put_away", args=[kept.pk])
    assert client_for(sold.priya).post(away).status_code == 403
    client.post(away)
    assert client.get(reverse("insights:question", args=[kept.pk])).status_code == 404


def test_a_question_whose_owner_left_is_taken_over(sold: World, client_for) -> None:
    told = {"sharing": Sharing.ALL, "at": sold.now}
    question = asked(QueryDict(f"measure=orders&{Q2}"), sold.today)
    left = actions.keep_question(question=question, name="Freds", by=sold.fred, **told)
    kept = actions.keep_question(question=question, name="Marcos", by=sold.marco, **told)
    page = reverse("insights:explore")
    over = reverse("insights:question_take_over", args=[left.pk])
    seen = client_for(sold.priya).get(page).content.decode()
    assert "Fred Braun, works here no more" in seen
    assert "Marco Bianchi, works here no more" not in seen
    assert over not in seen
    assert client_for(sold.priya).post(over).status_code == 403
    erik = client_for(sold.erik)
    assert over in erik.get(page).content.decode()
    theirs = reverse("insights:question_take_over", args=[kept.pk])
    assert erik.post(theirs).status_code == 403  # its owner works here
    assert erik.post(over).status_code == 303
    left.refresh_from_db()
    assert left.owner == sold.erik
    text = erik.get(page).content.decode()
    assert over not in text
    away = reverse("insights:question_put_away", args=[left.pk])
    assert away in text
    erik.post(away)
    assert list(SavedQuestion.objects.kept()) == [kept]


def test_finance_sets_the_currency(sold: World, client_for) -> None:
    client = client_for(sold.ines)
    asked = {"currency": "EUR", "rate_type": "average"}
    client.post(reverse("insights:rule"), asked)
    assert ReportingRule.objects.get().currency == "EUR"
    text = client.get(reverse("insights:measures")).content.decode()
    assert "added up in EUR" in text
    july = f"{reverse('insights:explore')}?from=2026-07-01&to=2026-07-31"
    assert "€153.04" in client.get(july).content.decode()
