"""Quotas by hand, by file, and on their pages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from paceline.goals import actions
from paceline.goals.actions import PeriodFacts, Target, add_period
from paceline.goals.measures import word_of
from paceline.goals.models import Quota
from paceline.goals.queries import quotas_table
from paceline.imports import actions as imports
from paceline.imports.kinds import UndoRefused
from paceline.imports.mapping import Source
from paceline.imports.models import Import
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
Q3 = (date(2026, 7, 1), date(2026, 10, 1))


def ask(world: World, amount: str, days: tuple[date, date] = Q3) -> Quota:
    target = Target("sales", *days, Decimal(amount), "USD")
    return actions.set_quota(
        person=world.priya, target=target, reason="plan", by=world.dana, at=NOW
    )


def bring(world: World, folder: Path, text: str, **more: object) -> Import:
    path = folder / "quotas.csv"
    path.write_text(text, "utf-8")
    return imports.import_file(
        kind="quotas", path=path, name="quotas.csv", by=world.dana, at=NOW, **more
    )


def test_a_change_keeps_what_was_said_before(world: World) -> None:
    first = ask(world, "100000")
    second = ask(world, "120000")
    first.refresh_from_db()
    assert first.replaced_by == second
    assert quotas_table(*Q3)["amount"].to_pylist() == [Decimal("120000.0000")]


def test_an_overlap_is_refused(world: World) -> None:
    ask(world, "100000")
    with pytest.raises(actions.QuotaOverlaps):
        ask(world, "1", (date(2026, 9, 1), date(2026, 12, 1)))
    assert Quota.objects.count() == 1


def test_a_file_says_the_same_twice_and_changes_once(world: World, tmp_path: Path) -> None:
    text = f"Payee,Period,Quota,Currency\n{world.priya.number},2026Q3,50000,USD\n"
    assert bring(world, tmp_path, text).totals["new"] == 1
    assert bring(world, tmp_path, text).totals["same"] == 1
    changed = bring(world, tmp_path, text.replace("50000", "60000"))
    assert changed.totals["changed"] == 1
    assert Quota.objects.standing().get().amount == 60000
    imports.undo(source=changed, reason="no", by=world.dana, at=NOW)
    assert Quota.objects.standing().get().amount == 50000


def test_a_quota_replaced_by_hand_cannot_be_taken_back(world: World, tmp_path: Path) -> None:
    text = f"Payee,Period,Quota,Currency\n{world.priya.number},2026Q3,50000,USD\n"
    source = bring(world, tmp_path, text)
    ask(world, "70000")
    with pytest.raises(UndoRefused) as refused:
        imports.undo(source=source, reason="no", by=world.dana, at=NOW)
    assert refused.value.problem.code == "quota_replaced_since"
    assert Quota.objects.standing().get().amount == 70000


def test_overlapping_and_negative_quotas_of_a_file_are_refused(
    world: World, tmp_path: Path
) -> None:
    number = world.priya.number
    text = (
        "Payee,Period,Quota,Currency\n"
        f"{number},2026Q3,50000,USD\n{number},2026-08,1,USD\n{number},2027Q1,-5,USD\n"
    )
    with pytest.raises(imports.ImportRefused) as refused:
        bring(world, tmp_path, text)
    codes = {(problem.row, problem.code) for problem in refused.value.problems}
    assert codes == {(2, "quota_overlaps"), (3, "quota_overlaps"), (4, "negative_quota")}
    assert Quota.objects.count() == 0


def test_old_keys_become_periods(world: World, tmp_path: Path) -> None:
    text = f"1|{world.priya.number}|20101229|28000.0000\n"
    mapping = {
        "payee": 1,
        "period": Source(column=2, values={"20101229": "2017Q3"}),
        "amount": 3,
        "currency": Source(constant="USD"),
    }
    with pytest.raises(imports.ImportRefused):  # the first column is no employee number
        bring(world, tmp_path, text, mapping={**mapping, "payee": 0})
    bring(world, tmp_path, text, mapping=mapping)
    quota = Quota.objects.get()
    assert (quota.starts_on, quota.ends_before) == (date(2017, 7, 1), date(2017, 10, 1))


def test_people_see_their_own_and_their_reports_quotas(world: World, client_for) -> None:
    quota = ask(world, "100000")
    address = reverse("goals:quota", args=[quota.pk])
    for person in (world.priya, world.marco, world.erik, world.ines):
        assert client_for(person).get(address).status_code == 200
    assert client_for(world.omar).get(address).status_code == 404
    # The measure stands in words; whoever sets quotas reads the word of the plans beside it, and a
    # file keeps that word, so that it can be brought in again.
    for page in (address, reverse("goals:quotas") + "?quotas-columns=measure"):
        text = client_for(world.priya).get(page).content.decode()
        assert "Booked sales" in text
        assert "<code>sales</code>" not in text
    assert "<code>sales</code>" in client_for(world.dana).get(address).content.decode()
    answer = client_for(world.priya).get(reverse("goals:quotas") + "?quotas-export=csv")
    file = b"".join(answer).decode()
    assert ",sales," in file
    assert "Booked sales" not in file
    assert word_of("new_customers") == "New customers"
    assert word_of("team-sales_2027") == "team sales 2027"


def test_a_quota_is_set_by_hand(world: World, client_for, django_assert_max_num_queries) -> None:
    client = client_for(world.dana)
    data = {
        "person": world.priya.pk,
        "measure": "sales",
        "period": "2026Q3",
        "amount": "100000",
        "currency": "USD",
        "reason": "yearly planning",
    }
    assert client.post(reverse("goals:quota_new"), data).status_code == 303
    quota = Quota.objects.get()
    assert (quota.amount, quota.reason, quota.set_by) == (100000, "yearly planning", world.dana)
    assert client.post(reverse("goals:quota_new"), data).status_code == 422
    # The period is chosen: of goals by its name, of the calendar in words, this quarter at first.
    fiscal = add_period(
        facts=PeriodFacts("FY 2026/27", date(2026, 4, 1), date(2027, 4, 1)), by=world.erik, at=NOW
    )
    form = client.get(reverse("goals:quota_new")).content.decode()
    assert f'<option value="goals-{fiscal.pk}">FY 2026/27 (' in form
    today = timezone.localdate(timezone=ZoneInfo("Asia/Taipei"))
    quarter = (today.month + 2) // 3
    assert f'value="{today.year}Q{quarter}" selected>Q{quarter} {today.year}</option>' in form
    data |= {"person": world.omar.pk, "period": f"goals-{fiscal.pk}"}
    assert client.post(reverse("goals:quota_new"), data).status_code == 303
    year = Quota.objects.get(person=world.omar)
    assert (year.starts_on, year.ends_before) == (date(2026, 4, 1), date(2027, 4, 1))
    both = data | {"person": world.marco.pk, "starts_on": "2026-07-01", "last_day": "2026-07-31"}
    for wrong in (both, data | {"period": "goals-999999"}, data | {"period": "soon"}):
        assert client.post(reverse("goals:quota_new"), wrong).status_code == 422
    assert Quota.objects.count() == 2
    for address in (reverse("goals:quotas"), reverse("goals:quota", args=[quota.pk])):
        with django_assert_max_num_queries(15):
            assert client.get(address).status_code == 200


def ask_team(world: World, amount: str, days: tuple[date, date] = Q3) -> Quota:
    target = Target("team-sales", *days, Decimal(amount), "USD")
    return actions.set_quota(team=world.north, target=target, reason="plan", by=world.dana, at=NOW)


def test_a_team_is_asked_as_a_whole(
    world: World, client_for, django_assert_max_num_queries
) -> None:
    first, second = ask_team(world, "100000"), ask_team(world, "120000")
    first.refresh_from_db()
    assert first.replaced_by == second
    with pytest.raises(actions.QuotaOverlaps):
        ask_team(world, "1", (date(2026, 9, 1), date(2026, 12, 1)))
    ask(world, "50000")
    rows = quotas_table(*Q3).to_pylist()
    assert [(row["quota"], row["payee_id"], row["amount"]) for row in rows] == [
        ("sales", world.priya.number, 50000),
        ("team-sales", "north", 120000),
    ]
    for holders in ({}, {"person": world.priya, "team": world.north}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Quota.objects.create(
                **holders, measure="x", amount=1, currency="USD", starts_on=Q3[0],
                ends_before=Q3[1], set_at=NOW,
            )  # fmt: skip
    address = reverse("goals:quota", args=[second.pk])
    for name, status in {"priya": 200, "marco": 200, "erik": 200, "ines": 200, "omar": 404}.items():
        assert client_for(world.cast[name]).get(address).status_code == status, name
    client = client_for(world.dana)
    for page in (reverse("goals:quotas"), address, reverse("goals:quotas") + "?quotas-of=teams"):
        with django_assert_max_num_queries(15):
            assert "North" in client.get(page).content.decode()
    form = {
        "team": world.north.pk, "measure": "team-sales", "period": "2026Q3", "amount": "130000",
        "currency": "USD", "reason": "more",
    }  # fmt: skip
    new = reverse("goals:quota_new")
    assert client.post(new, {**form, "person": world.priya.pk}).status_code == 422
    assert client.post(new, form).status_code == 303
    assert Quota.objects.standing().get(team=world.north).amount == 130000


def test_quotas_of_teams_come_by_file_and_go_again(world: World, tmp_path: Path) -> None:
    def carry(text: str) -> Import:
        path = tmp_path / "teams.csv"
        path.write_text(text, "utf-8")
        return imports.import_file(
            kind="team_quotas", path=path, name="teams.csv", by=world.dana, at=NOW
        )

    text = "團隊,指標,期間,目標,幣別\nnorth,team-sales,2026Q3,100000,USD\n"
    text += "South,team-sales,2026Q3,80000,USD\n"
    assert carry(text).totals["new"] == 2
    changed = carry(text.replace("80000", "90000"))
    assert [changed.totals[name] for name in ("new", "changed", "same")] == [0, 1, 1]
    with pytest.raises(imports.ImportRefused) as refused:
        carry(
            text.replace("north", "nowhere").replace(
                "South,team-sales,2026Q3", "South,team-sales,2026-08"
            )
        )
    assert {(one.row, one.code) for one in refused.value.problems} == {
        (2, "team_unknown"),
        (3, "quota_overlaps"),
    }
    imports.undo(source=changed, reason="no", by=world.dana, at=NOW)
    assert Quota.objects.standing().get(team=world.south).amount == 80000
