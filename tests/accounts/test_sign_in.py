"""Signing in: who may, with what, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.conf import LazySettings
from django.contrib.sessions.backends.base import UpdateError
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from paceline.accounts import actions as accounts
from paceline.accounts.models import User
from paceline.accounts.sessions import SessionStore
from paceline.kernel.audit import AuditEntry
from paceline.org import actions
from paceline.org.models import Person
from tests.world import PASSWORD, TOTP_SECRET, World, code_of_now

ClientFor = Callable[..., Client]
LOGIN = "/account/login/"
HOME = "/account/security"


def sign_in(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post(LOGIN, {"login": email, "password": password}).status_code


def test_password_signs_in_and_is_audited(world: World, client: Client) -> None:
    assert sign_in(client, "PRIYA@example.com") == 302
    assert client.get(HOME).status_code == 200
    entry = AuditEntry.objects.filter(action="signed_in").get()
    assert (entry.actor_id, entry.after) == (world.priya.pk, {"address": "127.0.0.1"})


def test_wrong_password_does_not(world: World, client: Client) -> None:
    assert sign_in(client, "priya@example.com", "wrong") == 200
    assert client.get(HOME).status_code == 302
    assert AuditEntry.objects.filter(action="sign_in_failed").count() == 1
    assert not UserSession.objects.exists()


def test_guessing_is_slowed_down(world: World, client: Client) -> None:
    for _attempt in range(5):
        sign_in(client, "priya@example.com", "wrong")
    answer = client.post(LOGIN, {"login": "priya@example.com", "password": PASSWORD})
    assert "Too many failed login attempts. Try again in 5 minutes." in answer.content.decode()
    assert client.get(HOME).status_code == 302


def test_a_flood_is_answered_with_429(world: World, client: Client) -> None:
    statuses = {client.get("/account/login/").status_code}
    for number in range(31):
        answer = client.post(LOGIN, {"login": f"{number}@example.com", "password": "wrong"})
        statuses.add(answer.status_code)
    assert statuses == {200, 429}
    assert "Too many attempts." in answer.content.decode()
    assert "Try again in 1 minute." in answer.content.decode()


def test_limits_are_counted_in_the_database(db: None, settings: LazySettings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cache",
        }
    }
    cache.set("attempts", 3, timeout=60)
    assert cache.get("attempts") == 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache")
        assert cursor.fetchone() == (1,)


def test_a_forgotten_password(world: World, client: Client, mailoutbox: list[EmailMessage]) -> None:
    client.post("/account/password/reset/", {"email": "nobody@example.com"})
    assert mailoutbox == []
    client.post("/account/password/reset/", {"email": "priya@example.com"})
    (mail,) = mailoutbox
    assert mail.to == ["priya@example.com"]
    link = next(part for part in mail.body.split() if "/password/reset/key/" in part)
    form = client.get(link.removeprefix("http://testserver"), follow=True)
    new = "ein anderes Kennwort 5"
    chosen = {"password1": new, "password2": new}
    done = client.post(form.redirect_chain[-1][0], chosen, follow=True).content.decode()
    assert f'href="{LOGIN}"' in done
    worn_out = client.get(link.removeprefix("http://testserver")).content.decode()
    assert "This link no longer works" in worn_out
    assert f'href="{LOGIN}"' in worn_out
    assert client.get(HOME).status_code == 302, "a reset signs nobody in"
    sign_in(client, "priya@example.com")
    assert client.get(HOME).status_code == 302, "the old password is gone"
    sign_in(client, "priya@example.com", new)
    assert client.get(HOME).status_code == 200


def test_the_mail_of_a_reset_comes_from_paceline(
    world: World, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    """The library greets from its host, with the port, and signs with it twice."""
    client.post("/account/password/reset/", {"email": "priya@example.com"})
    (mail,) = mailoutbox
    text = str(mail.body)
    assert text.startswith("You're receiving this email")
    assert text.rstrip().endswith("Paceline · testserver")
    assert "Hello from" not in text
    assert "Thank you for using" not in text


def test_without_a_mail_server_the_page_says_so(
    world: World, client: Client, settings: LazySettings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = client.post("/account/password/reset/", {"email": "priya@example.com"}, follow=True)
    assert answer.status_code == 200
    assert "The mail could not be sent." in answer.content.decode()


def test_nobody_signs_themselves_up(world: World, client: Client) -> None:
    people = User.objects.count()
    answer = client.post(
        "/account/signup/",
        {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert answer.status_code == 404
    assert User.objects.count() == people


def test_the_second_step_is_asked_for(world: World, client: Client) -> None:
    TOTP.activate(world.dana.user, TOTP_SECRET)
    stored = Authenticator.objects.get(user=world.dana.user).data["secret"]
    assert TOTP_SECRET not in stored
    assert sign_in(client, "dana@example.com") == 302
    assert client.get(HOME).status_code == 302, "the password alone opens nothing"
    refused = client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert "one of your recovery codes" in refused.content.decode()
    assert client.get(HOME).status_code == 302
    assert client.post("/account/2fa/authenticate/", {"code": code_of_now()}).status_code == 302
    assert client.get(HOME).status_code == 200


def test_setting_up_a_second_step_leads_back_to_ones_own_page(
    world: World, client_for: ClientFor
) -> None:
    """The sign-in library goes to its own list of second steps after each change of one."""
    answer = client_for(world.dana).get(reverse("mfa_index"))
    assert (answer.status_code, answer["Location"]) == (302, reverse("accounts:security"))


@pytest.mark.django_db(transaction=True)
def test_a_lost_second_step_is_taken_away(
    world: World, client: Client, client_for: ClientFor, mailoutbox: list[EmailMessage]
) -> None:
    """Neither phone nor recovery codes: without an administrator nobody would ever come in."""
    user = world.dana.user
    assert user is not None
    there = Client()
    sign_in(there, "dana@example.com")
    assert there.get(HOME).status_code == 200
    TOTP.activate(user, TOTP_SECRET)
    sign_in(client, "dana@example.com")
    assert client.get(HOME).status_code == 302
    address = reverse("org:account_second_step", args=[world.dana.pk])
    administrator = client_for(world.ada)
    assert administrator.post(address, {"reason": ""}).status_code == 422
    assert Authenticator.objects.filter(user=user).exists()
    told = administrator.post(address, {"reason": "Lost her phone"}, follow=True)
    assert "signs in with the password alone" in told.content.decode()
    assert not Authenticator.objects.filter(user=user).exists()
    assert there.get(HOME).status_code == 302
    assert [mail.to for mail in mailoutbox] == [["dana@example.com"]]
    assert "second step" in mailoutbox[0].subject
    entry = AuditEntry.objects.get(action="second_step_removed")
    assert (entry.actor_id, entry.reason) == (world.ada.pk, "Lost her phone")
    again = administrator.post(address, {"reason": "Once more"})
    assert "This account has no second step." in again.content.decode()
    assert AuditEntry.objects.filter(action="second_step_removed").count() == 1
    client = Client()
    sign_in(client, "dana@example.com")
    assert client.get(HOME).status_code == 200


def test_a_second_step_that_is_set_up_is_not_said_like_an_order(
    world: World, client_for: ClientFor
) -> None:
    """In Chinese “set up”, the state, and “Set up”, the link, are different words."""
    user, reader = world.dana.user, world.ada.user
    assert user is not None
    assert reader is not None
    TOTP.activate(user, TOTP_SECRET)
    reader.language = "zh-hans"
    reader.save(update_fields=["language"])
    shown = client_for(world.ada).get(reverse("org:person", args=[world.dana.pk]))
    assert "<dd>已设置</dd>" in shown.content.decode()


def test_a_second_step_is_taken_away_by_whoever_proved_theirs(
    world: World, client_for: ClientFor
) -> None:
    user = world.dana.user
    assert user is not None
    TOTP.activate(user, TOTP_SECRET)
    address = reverse("org:account_second_step", args=[world.dana.pk])
    careless = client_for(world.ada, second_factor=False)
    assert careless.post(address, {"reason": "Lost"})["Location"].startswith(HOME)
    assert client_for(world.hana).post(address, {"reason": "Lost"}).status_code == 403
    own = reverse("org:account_second_step", args=[world.ada.pk])
    assert client_for(world.ada).post(own, {"reason": "Lost"}).status_code == 403
    assert Authenticator.objects.filter(user=user).exists()


def test_whoever_takes_a_second_step_away_hears_that_no_mail_went_out(
    world: World, client_for: ClientFor, settings: LazySettings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    TOTP.activate(world.dana.user, TOTP_SECRET)
    address = reverse("org:account_second_step", args=[world.dana.pk])
    told = client_for(world.ada).post(address, {"reason": "Lost"}, follow=True).content.decode()
    assert "The mail server did not take the mail that says so: tell them yourself." in told
    assert not Authenticator.objects.filter(user=world.dana.user).exists()


def test_a_closed_account_loses_its_sessions(world: World, client: Client) -> None:
    sign_in(client, "priya@example.com")
    assert client.get(HOME).status_code == 200
    user = world.priya.user
    assert user is not None
    accounts.close_account(user=user, by=world.ada, at=world.now, reason="Lost laptop")
    assert client.get(HOME).status_code == 302
    assert not UserSession.objects.filter(user=user).exists()
    sign_in(client, "priya@example.com")
    assert client.get(HOME).status_code == 302
    accounts.reopen_account(user=user, by=world.ada, at=world.now, reason="Found")
    sign_in(client, "priya@example.com")
    assert client.get(HOME).status_code == 200


def test_who_left_cannot_sign_in(world: World, client: Client) -> None:
    sign_in(client, "fred@example.com")
    answer = client.get(HOME)
    assert answer.status_code == 302
    assert answer["Location"] == LOGIN
    assert "You do not work here at present" in client.get(LOGIN).content.decode()


def test_employment_that_ends_ends_the_session(world: World, client_for: ClientFor) -> None:
    browser = client_for(world.omar)
    assert browser.get(HOME).status_code == 200
    today = timezone.localdate()
    actions.end_employment(
        person=world.omar, ends_before=today + timedelta(days=3), by=world.hana, at=world.now
    )
    assert browser.get(HOME).status_code == 200, "three days are left"
    actions.end_employment(
        person=world.omar, ends_before=today - timedelta(days=1), by=world.hana, at=world.now
    )
    assert browser.get(HOME).status_code == 302
    fragment = client_for(world.omar).get(HOME, headers={"HX-Request": "true"})
    assert fragment["HX-Redirect"] == LOGIN


def test_an_account_without_a_person_opens_nothing(world: World, client: Client) -> None:
    accounts.open_account(email="x@example.com", password=PASSWORD, by=world.ada, at=world.now)
    sign_in(client, "x@example.com")
    assert client.get(HOME)["Location"] == LOGIN
    assert "belongs to nobody" in client.get(LOGIN).content.decode()


def test_an_unused_session_ends(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, "priya@example.com")
    assert client.get(HOME).status_code == 200
    session = client.session
    session["seen_at"] = session["seen_at"] - 9 * 3600
    session.save()
    assert client.get(HOME).status_code == 302


def test_using_a_session_does_not_lengthen_its_life(world: World, client: Client) -> None:
    sign_in(client, "priya@example.com")
    client.get(HOME)
    ends = client.session["ends_at"]
    session = client.session
    session["seen_at"] = session["seen_at"] - 3600
    session.save()
    client.get(HOME)
    assert client.session["ends_at"] == ends
    assert abs(client.session.get_expiry_date().timestamp() - ends) < 5


def test_sessions_are_listed_and_ended(world: World) -> None:
    here, there = Client(HTTP_USER_AGENT="Mozilla Firefox/140"), Client()
    sign_in(here, "priya@example.com")
    sign_in(there, "priya@example.com")
    assert "Firefox" in here.get(HOME).content.decode()
    other = UserSession.objects.get(session_key=there.session.session_key)
    stranger = Client()
    sign_in(stranger, "omar@example.com")
    assert stranger.post(reverse("accounts:session_end", args=[other.pk])).status_code == 404
    assert there.get(HOME).status_code == 200
    assert here.post(reverse("accounts:session_end", args=[other.pk])).status_code == 303
    assert there.get(HOME).status_code == 302
    sign_in(there, "priya@example.com")
    assert here.post(reverse("accounts:other_sessions_end")).status_code == 303
    assert there.get(HOME).status_code == 302
    assert here.get(HOME).status_code == 200


def test_first_administrator(db: None, monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setattr("builtins.input", lambda: PASSWORD)
    options = {
        "email": "root@example.com",
        "name": "Ada",
        "country": "tw",
        "currency": "twd",
        "time_zone": "Asia/Taipei",
        "password_from_input": True,
    }
    call_command("first_administrator", **options)
    person = Person.objects.get()
    assert person.has_role("administrator")
    assert sign_in(client, "root@example.com") == 302
    # A new installation goes on from here by its pages alone: others are added and given roles.
    said = "Nobody can run and approve pay yet"
    assert said in client.get(reverse("web:home")).content.decode()
    on = timezone.now().date()
    for number, role in (("2", "compensation"), ("3", "finance")):
        employed = {"starts_on": on, "country": "TW", "currency": "TWD", "language": "en"}
        named = {"number": number, "name": f"Number {number}", "time_zone": "Asia/Taipei"}
        client.post(reverse("org:person_new"), {**named, **employed})
        added = Person.objects.get(number=number)
        given = {"person": added.pk, "role": role, "starts_on": on}
        client.post(reverse("org:role_new"), given)
        assert added.has_role(role)
    assert said not in client.get(reverse("web:home")).content.decode()
    client.post(reverse("org:role_new"), {"person": person.pk, "role": "lead", "starts_on": on})
    assert not Person.objects.get(number="1").has_role("lead")
    with pytest.raises(CommandError):
        call_command("first_administrator", **{**options, "email": "two@example.com"})
    assert User.objects.count() == 1


def test_first_administrator_needs_a_good_password(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda: "12345")
    with pytest.raises(CommandError):
        call_command(
            "first_administrator",
            email="root@example.com",
            name="Ada",
            country="TW",
            currency="TWD",
            password_from_input=True,
        )
    assert not User.objects.exists()
    assert not Person.objects.exists()


def test_fred_left_on_a_day(world: World) -> None:
    terms = world.fred.employments.get()
    assert (terms.ends_before, terms.last_day) == (date(2026, 4, 1), date(2026, 3, 31))


def test_a_session_that_is_there_is_kept_by_one_statement(
    db: None, django_assert_num_queries: Any
) -> None:
    session = SessionStore()
    session["tables"] = {"deals": {"sort": "title"}}
    session.save()
    key = session.session_key
    session["tables"] = {}
    with django_assert_num_queries(1):
        session.save()
    assert SessionStore(key)["tables"] == {}
    other = SessionStore(key)
    assert other["tables"] == {}
    session.delete()
    with pytest.raises(UpdateError):
        other.save()  # signed out meanwhile: nothing brings the session back
    assert not SessionStore().exists(key)
