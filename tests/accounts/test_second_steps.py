"""Taking a second step away, and being asked for those that an account has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from paceline.accounts import queries
from paceline.accounts.models import User
from tests.world import TOTP_SECRET, World

ClientFor = Callable[..., Client]
LAST = "This is your last second step."


@pytest.fixture
def user(world: World) -> User:
    found = world.dana.user
    assert found is not None
    Authenticator.objects.filter(user=found).delete()
    return found


def passkey(user: User, name: str = "Laptop") -> Authenticator:
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": name, "credential": {}}
    )


def removal(one: Authenticator) -> str:
    return reverse("accounts:passkey_remove", args=[one.pk])


def test_only_the_last_is_said_to_be_the_last(
    world: World, user: User, client_for: ClientFor
) -> None:
    browser = client_for(world.dana)
    Authenticator.objects.filter(user=user).delete()
    first, second = passkey(user), passkey(user, "Phone")
    said = browser.get(removal(first)).content.decode()
    assert "Laptop" in said
    assert LAST not in said
    assert browser.post(removal(first)).status_code == 302
    assert LAST in browser.get(removal(second)).content.decode()
    TOTP.activate(user, TOTP_SECRET)
    assert LAST not in browser.get(removal(second)).content.decode()
    browser.post(removal(second))
    assert LAST in browser.get(reverse("accounts:app_remove")).content.decode()
    told = browser.post(reverse("accounts:app_remove"), follow=True).content.decode()
    assert "You have no second step any more." in told
    assert not Authenticator.objects.filter(user=user).exists()


def test_the_only_way_in_is_not_removed(world: World, user: User, client_for: ClientFor) -> None:
    browser = client_for(world.dana)
    Authenticator.objects.filter(user=user).delete()
    only = passkey(user)
    session = browser.session
    User.objects.filter(pk=user.pk).update(password="!")
    user.refresh_from_db()
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    said = browser.get(removal(only)).content.decode()
    assert "Nothing else lets you in" in said
    assert "Remove the passkey" not in said
    answer = browser.post(removal(only))
    assert (answer.status_code, answer["Location"]) == (303, "/account/password/set/")
    assert Authenticator.objects.filter(pk=only.pk).exists()


def test_what_is_asked_for_is_what_the_account_has(
    world: World, user: User, client_for: ClientFor
) -> None:
    browser = client_for(world.dana, second_factor=False, recently=False)
    passkey(user)
    asked = browser.post(reverse("incentives:run-create"), {})
    assert asked["Location"].startswith("/account/2fa/webauthn/reauthenticate/")
    removing = browser.get(reverse("mfa_add_webauthn"))
    assert removing["Location"].startswith("/account/2fa/webauthn/reauthenticate/")
    by_code = "/account/2fa/reauthenticate/"
    TOTP.activate(user, TOTP_SECRET)
    assert "Code of your authenticator app" in browser.get(by_code).content.decode()


def test_an_app_without_recovery_codes_leads_to_them(
    world: World, user: User, client_for: ClientFor
) -> None:
    browser = client_for(world.dana)
    Authenticator.objects.filter(user=user).delete()
    security, make = reverse("accounts:security"), reverse("mfa_generate_recovery_codes")
    assert make not in browser.get(security).content.decode()
    TOTP.activate(user, TOTP_SECRET)
    assert make in browser.get(security).content.decode()


def test_pages_of_second_steps_call_things_by_one_name(
    world: World, user: User, client_for: ClientFor
) -> None:
    """A passkey was a “security key” on the page that makes one."""
    browser = client_for(world.dana)
    Authenticator.objects.filter(user=user).delete()
    said_of = {
        title: browser.get(reverse(name)).content.decode()
        for title, name in (
            ("Add a passkey", "mfa_add_webauthn"),
            ("Set up an authenticator app", "mfa_activate_totp"),
            ("New recovery codes", "mfa_generate_recovery_codes"),
        )
    }
    only = passkey(user)
    renaming = reverse("mfa_edit_webauthn", args=[only.pk])
    said_of["Rename a passkey"] = browser.get(renaming).content.decode()
    for title, said in said_of.items():
        assert f"<h1>{title}</h1>" in said
        assert "Security Key" not in said
        assert 'placeholder="Code"' not in said
    browser.post(renaming, {"name": "Phone"})
    only.refresh_from_db()
    assert only.data["name"] == "Phone"


def test_the_key_and_the_codes_are_text_that_no_narrow_page_cuts(
    world: World, user: User, client_for: ClientFor
) -> None:
    """The key stood in a field of one line, of which a phone shows the first half."""
    browser = client_for(world.dana)
    Authenticator.objects.filter(user=user).delete()
    page = browser.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    said = page.content.decode()
    fours = [secret[place : place + 4] for place in range(0, len(secret), 4)]
    assert "".join(f"<span>{part}</span><wbr>" for part in fours) in said
    assert f'value="{secret}"' not in said
    TOTP.activate(user, TOTP_SECRET)
    browser.post(reverse("mfa_generate_recovery_codes"))
    page = browser.get(reverse("mfa_view_recovery_codes"))
    said = page.content.decode()
    codes = page.context["unused_codes"]
    assert len(codes) == 10
    assert all(f"<li><code>{code}</code></li>" in said for code in codes)
    assert "10 of 10 codes are left" in said


@pytest.mark.parametrize(
    "name", ["account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"]
)
def test_an_account_without_any_proof_is_told_so(
    world: World, user: User, client_for: ClientFor, name: str
) -> None:
    """The role was blamed, which allows what everybody may do."""
    browser = client_for(world.dana)
    User.objects.filter(pk=user.pk).update(password="!")
    user.refresh_from_db()
    session = browser.session
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    Authenticator.objects.filter(user=user).delete()
    answer = browser.get(reverse(name))
    said = answer.content.decode()
    assert answer.status_code == 409
    assert "There is nothing to ask you for." in said
    assert "role" not in said.partition("<main")[2].partition("</main>")[0].replace("role=", "")
    assert reverse("accounts:security") in said


def test_of_many_signed_in_browsers_the_latest_are_shown(
    world: World, user: User, client_for: ClientFor, django_assert_num_queries: Callable[..., Any]
) -> None:
    browser = client_for(world.dana)
    here = browser.session.session_key
    ends = timezone.now() + timedelta(hours=1)
    stored = [Session(session_key=f"k{place}", expire_date=ends) for place in range(30)]
    Session.objects.bulk_create([*stored, Session(session_key="old", expire_date=world.now)])
    UserSession.objects.filter(user=user).delete()
    for key in [here, *(one.session_key for one in stored), "old"]:
        UserSession.objects.create(
            user=user, ip="127.0.0.1", session_key=key, user_agent="Firefox/"
        )
    with django_assert_num_queries(1):
        found = queries.sessions(user, here or "", timezone.now())
    assert [found.shown[0].is_here, found.shown[1].is_here] == [True, False]
    assert (len(found.shown), found.earlier) == (20, 11)
    said = browser.get(reverse("accounts:security")).content.decode()
    assert "11 more signed in earlier." in said
    browser.post(reverse("accounts:other_sessions_end"))
    assert queries.sessions(user, here or "", timezone.now()).earlier == 0
