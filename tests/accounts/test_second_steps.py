"""Taking a second step away, and being asked for those that an account has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse

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
