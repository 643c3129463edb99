"""The pages of people, teams, roles and the trail: what they show, to whom, in how many queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from paceline.kernel.audit import AuditEntry
from paceline.kernel.waiting import worded
from paceline.org import access, actions, queries
from paceline.org.models import (
    Employment,
    Person,
    PositionHolding,
    ReportingLine,
    RoleGrant,
    TeamMembership,
)
from paceline.web.finder import find
from tests.world import TERMS, World, sign_in

ClientFor = Callable[..., Client]
MAX_QUERIES = 15


def person_page(person: Person) -> str:
    return reverse("org:person", args=[person.pk])


@pytest.mark.parametrize(
    "name",
    ["people", "teams", "roles", "access_review", "audit", "person_new", "role_new", "person"],
)
def test_pages_need_few_queries(
    world: World,
    client_for: ClientFor,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    name: str,
) -> None:
    who = world.ada if name.startswith("role") or name == "audit" else world.hana
    browser = client_for(who)
    url = person_page(world.priya) if name == "person" else reverse(f"org:{name}")
    browser.get(url)
    with django_assert_max_num_queries(MAX_QUERIES):
        assert browser.get(url).status_code == 200


def test_person_page_for_an_administrator_needs_few_queries(
    world: World,
    client_for: ClientFor,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    browser = client_for(world.ada)
    browser.get(person_page(world.marco))
    with django_assert_max_num_queries(MAX_QUERIES):
        assert browser.get(person_page(world.marco)).status_code == 200


def test_terms_are_shown_to_those_who_may(world: World, client_for: ClientFor) -> None:
    for name in ("priya", "marco", "erik", "hana", "dana", "ines"):
        shown = client_for(world.cast[name]).get(person_page(world.priya)).content.decode()
        assert "paid in USD" in shown, name
    for name in ("omar", "sofia", "ada"):
        shown = client_for(world.cast[name]).get(person_page(world.priya)).content.decode()
        assert "USD" not in shown, name


def test_a_new_person(world: World, client_for: ClientFor) -> None:
    browser = client_for(world.hana)
    sent = {
        "number": "E100",
        "name": "陳小美",
        "latin_name": "Chen Xiaomei",
        "starts_on": "2026-08-01",
        "country": "TW",
        "currency": "TWD",
        "language": "zh-hant",
        "time_zone": "Asia/Taipei",
    }
    assert browser.post(reverse("org:person_new"), sent).status_code == 303
    person = Person.objects.get(number="E100")
    terms = person.employments.get()
    assert (terms.starts_on, terms.currency) == (date(2026, 8, 1), "TWD")
    again = browser.post(reverse("org:person_new"), {**sent, "name": "Other"})
    assert again.status_code == 422
    assert "Someone else has this employee number." in again.content.decode()
    assert Person.objects.filter(number="E100").get().name == "陳小美"


def test_moving_to_a_team_on_a_day(world: World, client_for: ClientFor) -> None:
    browser = client_for(world.hana)
    url = reverse("org:person_team", args=[world.priya.pk])
    sent = {"team": world.south.pk, "starts_on": "2026-08-01", "reason": "New market"}
    assert browser.post(url, sent)["Location"] == person_page(world.priya)
    rows = TeamMembership.objects.filter(person=world.priya).order_by("starts_on")
    assert [(row.team, row.last_day) for row in rows] == [
        (world.north, date(2026, 7, 31)),
        (world.south, None),
    ]
    entry = AuditEntry.objects.filter(action="moved_to_team").latest("pk")
    assert (entry.actor_id, entry.reason) == (world.hana.pk, "New market")
    clash = browser.post(url, {"team": world.company.pk, "starts_on": "2026-07-20"})
    assert clash.status_code == 422
    assert "Something else already counts on some of these days: Team: South" in (
        clash.content.decode()
    )
    assert rows.count() == 2


def test_an_end_before_the_start_is_refused(world: World, client_for: ClientFor) -> None:
    url = reverse("org:person_position", args=[world.priya.pk])
    sent = {"position": world.lead.pk, "starts_on": "2026-08-01", "last_day": "2026-07-01"}
    answer = client_for(world.hana).post(url, sent)
    assert answer.status_code == 422
    assert "The end must come after the start." in answer.content.decode()
    assert PositionHolding.objects.filter(person=world.priya).count() == 1


def test_a_circle_is_named_on_the_page(world: World, client_for: ClientFor) -> None:
    url = reverse("org:person_manager", args=[world.erik.pk])
    answer = client_for(world.hana).post(
        url, {"manager": world.priya.pk, "starts_on": "2026-08-01"}
    )
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "Erik Lund → Priya Nair → Marco Bianchi → Erik Lund" in shown
    assert not ReportingLine.objects.filter(person=world.erik).exists()


def test_ending_an_employment_ends_all_that_hangs_on_it(
    world: World, client_for: ClientFor
) -> None:
    url = reverse("org:person_employment_end", args=[world.omar.pk])
    answer = client_for(world.hana).post(url, {"last_day": "2026-12-31", "reason": "Moves away"})
    assert answer.status_code == 303
    end = date(2027, 1, 1)
    for model in (Employment, PositionHolding, TeamMembership, ReportingLine, RoleGrant):
        assert model.objects.filter(person=world.omar).get().ends_before == end, model
    before, after = end - timedelta(days=1), end
    assert access.relation(world.sofia, world.omar, before).value == "report"
    assert access.relation(world.sofia, world.omar, after).value == "former report"


def test_new_terms_keep_the_old_ones(world: World, client_for: ClientFor) -> None:
    url = reverse("org:person_employment", args=[world.priya.pk])
    sent = {
        "starts_on": "2026-09-01",
        "country": "JP",
        "currency": "JPY",
        "language": "en",
        "time_zone": "Asia/Tokyo",
    }
    assert client_for(world.dana).post(url, sent).status_code == 303
    rows = Employment.objects.filter(person=world.priya).order_by("starts_on")
    assert [(row.currency, row.last_day) for row in rows] == [
        ("USD", date(2026, 8, 31)),
        ("JPY", None),
    ]


def test_nobody_changes_their_own_seat(world: World, client_for: ClientFor) -> None:
    url = reverse("org:person_manager", args=[world.hana.pk])
    sent = {"manager": world.dana.pk, "starts_on": "2026-08-01"}
    assert client_for(world.hana).post(url, sent).status_code == 403
    assert ReportingLine.objects.filter(person=world.hana).count() == 1


def test_incompatible_roles_are_explained(world: World, client_for: ClientFor) -> None:
    url = reverse("org:person_role", args=[world.dana.pk])
    answer = client_for(world.ada).post(url, {"role": "finance", "starts_on": "2026-07-15"})
    assert answer.status_code == 422
    assert "Whoever makes pay must not approve it" in answer.content.decode()
    assert RoleGrant.objects.filter(person=world.dana).count() == 1


def test_an_account_from_nothing_to_sign_in(world: World, client_for: ClientFor) -> None:
    nadia = actions.add_person(number="N1", name="Nadia", by=world.hana, at=world.now)
    actions.employ(
        person=nadia,
        terms=actions.Terms("TW", "TWD", "zh-hant", "Asia/Taipei"),
        starts_on=world.founded,
        by=world.hana,
        at=world.now,
    )
    admin = client_for(world.ada)
    url = reverse("org:account_new", args=[nadia.pk])
    taken = admin.post(url, {"email": "PRIYA@example.com"})
    assert "Someone already signs in with this address." in taken.content.decode()
    assert admin.post(url, {"email": "nadia@example.com"}).status_code == 303
    user = Person.objects.get(pk=nadia.pk).user
    assert user is not None
    assert (user.language, user.time_zone) == ("zh-hant", "Asia/Taipei")
    shown = admin.post(reverse("org:account_link", args=[nadia.pk])).content.decode()
    link = shown.split('<p class="source">')[1].split("</p>")[0].removeprefix("http://testserver")
    nadias = Client()
    form = nadias.get(link, follow=True)
    sent = {"password1": "ein langes Kennwort 9", "password2": "ein langes Kennwort 9"}
    nadias.post(form.redirect_chain[-1][0], sent)
    nadias.post("/account/login/", {"login": "nadia@example.com", "password": sent["password1"]})
    assert nadias.get("/account/security").status_code == 200


@override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_PORT=9)
def test_a_mail_server_that_takes_nothing_is_not_said_to_have_mailed(
    world: World, client_for: ClientFor
) -> None:
    admin = client_for(world.ada)
    shown = admin.post(reverse("org:account_link", args=[world.priya.pk])).content.decode()
    assert "The mail server did not take the mail to priya@example.com" in shown
    assert "It was also sent" not in shown
    assert '<p class="source">http://testserver/account/password/reset/' in shown
    lines = AuditEntry.objects.filter(action="password_link_made")
    assert lines.count() == 1


def test_team_circle_is_refused(world: World, client_for: ClientFor) -> None:
    url = reverse("org:team_change", args=[world.company.pk])
    answer = client_for(world.hana).post(url, {"name": "Company", "parent": world.north.pk})
    assert answer.status_code == 422
    assert "A team cannot lie below itself" in answer.content.decode()
    world.company.refresh_from_db()
    assert world.company.parent is None


def test_the_access_review_looks_back(world: World, client_for: ClientFor) -> None:
    actions.end_role(
        person=world.ines,
        role="finance",
        ends_before=date(2026, 7, 10),
        by=world.ada,
        at=world.now,
    )
    browser = client_for(world.dana)
    url = reverse("org:access_review")

    def finance(on: str) -> list[str]:
        lines = browser.get(url, {"on": on, "review-export": "csv"})
        text = b"".join(lines.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        return [line for line in text.splitlines() if "Finance approver" in line]

    assert len(finance("2026-07-09")) == 1
    assert finance("2026-07-10") == []
    assert "Fred Braun" in browser.get(url, {"on": "2026-03-31"}).content.decode()
    assert "Fred Braun" not in browser.get(url, {"on": "2026-04-01"}).content.decode()


def test_the_trail_is_narrowed_and_opened(world: World, client_for: ClientFor) -> None:
    actions.move_to_team(
        person=world.priya,
        team=world.south,
        starts_on=date(2026, 8, 1),
        by=world.hana,
        at=world.now,
        reason="New market",
    )
    browser = client_for(world.ines)
    url = reverse("org:audit")
    shown = browser.get(url, {"who": world.hana.pk}).content.decode()
    assert "Moved to a team" in shown
    assert "New market" in shown
    assert "Role given" not in shown.split("<tbody>")[1]
    assert "New market" not in browser.get(url, {"since": "2026-07-16"}).content.decode()
    assert (
        "New market"
        in browser.get(url, {"since": "2026-07-15", "until": "2026-07-15"}).content.decode()
    )
    entry = AuditEntry.objects.get(reason="New market")
    opened = browser.get(reverse("org:audit_entry", args=[entry.pk])).content.decode()
    assert "<del>North</del>" in opened
    assert "<strong>South</strong>" in opened


def test_people_whose_manager_left_are_found(world: World, client_for: ClientFor) -> None:
    actions.end_employment(
        person=world.marco, ends_before=date(2026, 7, 1), by=world.hana, at=world.now
    )
    shown = client_for(world.hana).get(reverse("org:people"), {"stranded": "1"}).content.decode()
    assert "Priya Nair" in shown
    assert "Omar Haddad" not in shown.split("<tbody>")[1]


def test_whoever_led_a_lead_who_left_reads_of_their_team(
    world: World, client_for: ClientFor
) -> None:
    actions.end_employment(
        person=world.marco, ends_before=date(2026, 7, 1), by=world.hana, at=world.now
    )
    said = "1 person reports to someone who has left"
    for reader in (world.erik, world.hana, world.dana, world.ada):
        told = [one for one in worded(queries.attention(reader, world.today)) if one.text == said]
        assert len(told) == 1, reader
        shown = client_for(reader).get(told[0].url).content.decode()
        assert "Priya Nair" in shown.split("<tbody>")[1]
        assert "1 person: Priya Nair" in shown
        assert ("Let them report to Erik Lund" in shown) == (reader in (world.hana, world.dana))
    for other in (world.sofia, world.priya):
        assert said not in [one.text for one in worded(queries.attention(other, world.today))]
        shown = client_for(other).get(reverse("org:people"), {"stranded": "1"}).content.decode()
        assert "1 person: Priya Nair" not in shown


def test_the_team_of_a_lead_who_left_is_given_to_whoever_led_them(
    world: World, client_for: ClientFor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    url = reverse("org:person_successor", args=[world.marco.pk])
    hana = client_for(world.hana)
    # Whoever still works here is not taken the team away by this.
    assert (
        "still works here"
        in hana.post(url, {"manager": world.erik.pk}, follow=True).content.decode()
    )
    assert queries.manager(world.priya, world.today) == world.marco
    actions.end_employment(
        person=world.marco, ends_before=date(2026, 7, 1), by=world.hana, at=world.now
    )
    for wrong in ("", "0", str(world.fred.pk), "x"):
        assert hana.post(url, {"manager": wrong}).status_code == 404, wrong
    assert queries.manager(world.priya, world.today) == world.marco
    shown = hana.post(url, {"manager": world.erik.pk}, follow=True).content.decode()
    assert "1 person reports to Erik Lund from today." in shown
    assert "Nobody reports to someone who has left." in shown
    assert "These people report to someone" not in shown
    old, new = ReportingLine.objects.filter(person=world.priya).order_by("starts_on")
    assert (old.manager, new.manager, new.ends_before) == (world.marco, world.erik, None)
    assert old.ends_before == new.starts_on
    entry = AuditEntry.objects.filter(action="reporting_line_set").latest("pk")
    assert (entry.actor_id, entry.reason) == (world.hana.pk, "Marco Bianchi has left")
    with django_assert_max_num_queries(MAX_QUERIES):
        hana.get(reverse("org:people"), {"stranded": "1"})


def test_an_employment_twice_is_refused(world: World) -> None:
    with pytest.raises(actions.AlreadyEmployed) as refusal:
        actions.employ(
            person=world.priya,
            terms=TERMS,
            starts_on=date(2025, 1, 1),
            ends_before=date(2025, 2, 1),
            by=world.hana,
            at=world.now,
        )
    assert refusal.value.existing == world.priya.employments.get()
    actions.employ(
        person=world.fred,
        terms=TERMS,
        starts_on=date(2026, 4, 1),
        by=world.hana,
        at=world.now,
    )
    assert world.fred.employments.count() == 2


def test_an_address_changes_and_the_old_one_no_longer_signs_in(
    world: World, client_for: ClientFor, client: Client
) -> None:
    url = reverse("org:account_address", args=[world.priya.pk])
    admin = client_for(world.ada)
    taken = admin.post(url, {"email": "Omar@example.com"})
    assert taken.status_code == 422
    assert admin.post(url, {"email": "p.nair@example.com"}).status_code == 303
    client.post("/account/login/", {"login": "priya@example.com", "password": world.password})
    assert client.get("/account/security").status_code == 302
    client.post("/account/login/", {"login": "p.nair@example.com", "password": world.password})
    assert client.get("/account/security").status_code == 200


def test_the_missing_second_step_asks_for_attention(world: World) -> None:
    assert [item.url for item in worded(queries.attention(world.dana, world.today))] == [
        reverse("accounts:security")
    ]
    sign_in(world.dana)
    assert worded(queries.attention(world.dana, world.today)) == []
    assert worded(queries.attention(world.priya, world.today)) == []


def test_the_palette_finds_people_by_any_name(world: World) -> None:
    def found(text: str) -> list[str]:
        groups = find(world.omar, text, world.today)
        return [hit.label for group in groups if group.label == "People" for hit in group.entries]

    assert found("lin wen") == ["林文心"]
    assert found("文心") == ["林文心"]
    assert found("E00") == sorted(found("E00"), key=lambda name: name)
    assert found("fred") == ["Fred Braun"]
    assert found("  ") == []


def test_a_new_person_is_offered_the_place_of_the_one_who_adds_them(
    world: World, client_for: ClientFor
) -> None:
    form = client_for(world.hana).get(reverse("org:person_new")).context["form"]
    assert (form["country"].value(), form["currency"].value()) == ("TW", "USD")
