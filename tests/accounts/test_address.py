"""A person changes the address that they sign in with: proven twice, told to the old one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client

from paceline.accounts import address_links
from paceline.accounts.models import User
from paceline.kernel.audit import AuditEntry
from tests.world import PASSWORD, World

ClientFor = Callable[..., Client]
ADDRESS, SECURITY, LOGIN = "/account/address", "/account/security", "/account/login/"
OLD, NEW = "priya@example.com", "priya.nair@example.com"


def ask(browser: Client, outbox: list[EmailMessage], email: str = NEW) -> str:
    """Ask for the change; the path of the link that was sent."""
    answer = browser.post(ADDRESS, {"email": email})
    assert (answer.status_code, answer["Location"]) == (303, SECURITY)
    mail = outbox[-1]
    assert mail.to == [email.lower()]
    link = next(part for part in mail.body.split() if "/account/address/" in part)
    return link.removeprefix("http://testserver")


def assert_unchanged(world: World) -> None:
    user = User.objects.get(pk=world.priya.user_id)
    assert user.email == OLD
    assert [one.email for one in EmailAddress.objects.filter(user=user)] in ([], [OLD])
    assert not AuditEntry.objects.filter(action="address_changed").exists()


def test_the_address_changes_once_its_link_is_opened(
    world: World, client_for: ClientFor, mailoutbox: list[EmailMessage]
) -> None:
    browser = client_for(world.priya, second_factor=False)
    assert OLD in browser.get(SECURITY).content.decode()
    link = ask(browser, mailoutbox, "Priya.Nair@example.com")
    assert_unchanged(world)
    shown = browser.get(link).content.decode()
    assert OLD in shown
    assert NEW in shown
    assert_unchanged(world)

    answer = browser.post(link)
    assert (answer.status_code, answer["Location"]) == (303, SECURITY)
    entry = AuditEntry.objects.get(action="address_changed")
    assert (entry.actor_id, entry.before, entry.after) == (
        world.priya.pk,
        {"email": OLD},
        {"email": NEW},
    )
    told = mailoutbox[-1]
    assert (told.to, len(mailoutbox)) == ([OLD], 2)
    assert NEW in told.body
    assert "127.0.0.1" in told.body
    assert "<" not in told.body, "a mail is plain text"
    assert browser.get(SECURITY).status_code == 200, "the browser stays signed in"

    other = Client()
    assert other.post(LOGIN, {"login": OLD, "password": PASSWORD}).status_code == 200
    assert other.get(SECURITY).status_code == 302
    assert other.post(LOGIN, {"login": NEW, "password": PASSWORD}).status_code == 302
    assert other.get(SECURITY).status_code == 200
    assert browser.post(link).status_code == 410, "it works once"


def test_a_fresh_proof_is_asked_for_both_times(
    world: World, client_for: ClientFor, mailoutbox: list[EmailMessage]
) -> None:
    link = ask(client_for(world.priya), mailoutbox)
    late = client_for(world.priya, recently=False)
    for path in (ADDRESS, link):
        answer = late.get(path)
        assert answer["Location"].startswith("/account/reauthenticate/")
    assert late.post(link).status_code == 302
    assert_unchanged(world)
    asked = late.get(link)["Location"]
    answer = late.post(asked, {"password": PASSWORD, "next": link}, follow=True)
    assert NEW in answer.content.decode()


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("PRIYA@example.com", "You sign in with this address already."),
        ("marco@example.com", "Someone already signs in with this address."),
        ("nowhere", "Enter a valid email address."),
    ],
)
def test_other_addresses_are_refused(
    world: World,
    client_for: ClientFor,
    mailoutbox: list[EmailMessage],
    email: str,
    words: str,
) -> None:
    answer = client_for(world.priya).post(ADDRESS, {"email": email})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert mailoutbox == []
    assert_unchanged(world)


def test_an_address_that_was_taken_meanwhile_is_not_given_twice(
    world: World, client_for: ClientFor, mailoutbox: list[EmailMessage]
) -> None:
    browser = client_for(world.priya)
    link = ask(browser, mailoutbox)
    User.objects.filter(pk=world.marco.user_id).update(email=NEW)
    assert browser.post(link).status_code == 409
    assert_unchanged(world)
    assert len(mailoutbox) == 1


def test_an_old_a_broken_and_somebody_elses_link_change_nothing(
    world: World,
    client_for: ClientFor,
    mailoutbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = client_for(world.priya)
    link = ask(browser, mailoutbox)
    assert client_for(world.marco).post(link).status_code == 410
    assert browser.post(link[:-2]).status_code == 410
    assert Client().post(link).status_code == 401, "signed in only"
    monkeypatch.setattr(address_links, "HOURS", -1)
    assert browser.post(link).status_code == 410
    assert_unchanged(world)


def test_an_unproven_address_opens_nothing(
    world: World, client_for: ClientFor, mailoutbox: list[EmailMessage]
) -> None:
    """Whoever reads a mistyped address must not be sent a way in."""
    ask(client_for(world.priya), mailoutbox, "stranger@example.com")
    Client().post("/account/password/reset/", {"email": "stranger@example.com"})
    assert len(mailoutbox) == 1
    assert (
        Client().post(LOGIN, {"login": "stranger@example.com", "password": PASSWORD}).status_code
        == 200
    )


def test_it_is_not_said_to_be_sent_when_it_was_not(
    world: World, client_for: ClientFor, settings: object
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # type: ignore[attr-defined]
    shown = client_for(world.priya).post(ADDRESS, {"email": NEW}, follow=True).content.decode()
    assert "The mail could not be sent." in shown
    assert "on its way" not in shown
