"""A passkey, from its set-up to signing in with it, in a browser with an authenticator inside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from tests.browser.harness import check_page
from tests.world import World

pytestmark = pytest.mark.browser

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_signs_in(company: World, window: Callable[..., Page]) -> None:
    page = window(company.dana)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto("/account/2fa/webauthn/add/")
    page.fill("input[name=name]", "Laptop")
    passwordless = page.locator("input[name=passwordless]")
    if passwordless.count():
        passwordless.check()
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda url: "webauthn/add" not in url)
    kept = Authenticator.objects.get(user=company.dana.user, type=Authenticator.Type.WEBAUTHN)
    assert kept.wrap().name == "Laptop"

    page.context.clear_cookies()
    page.goto("/account/security")
    assert "/account/login/" in page.url
    page.click("#passkey_login")
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto("/account/security")
    assert "1 passkey" in page.locator("main").inner_text()


def test_a_passkey_that_is_refused_says_why(company: World, window: Callable[..., Page]) -> None:
    page = window()
    page.goto("/account/login/")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.click("#passkey_login")
    expect(page.locator("#toasts")).to_contain_text("No passkey was used")
    page.goto(page.url.replace("localhost", "127.0.0.1"))
    page.click("#passkey_login")
    expect(page.locator("#toasts")).to_contain_text("Open Paceline by its name")
    assert "/account/login/" in page.url


def test_a_passkey_alone_is_asked_for_in_place_of_a_code(
    company: World, window: Callable[..., Page]
) -> None:
    """Nobody is asked for an app that they never set up, or loses their last step unaware."""
    page = window(company.dana)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto("/account/2fa/webauthn/add/")
    page.fill("input[name=name]", "Laptop")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda url: "webauthn/add" not in url)
    user = company.dana.user
    assert user is not None
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()

    page.context.clear_cookies()
    page.goto("/account/login/")
    page.fill("input[name=login]", user.email)
    page.fill("input[name=password]", company.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/2fa/authenticate/")
    main = page.locator("main")
    expect(main).to_contain_text("Recovery code")
    expect(main).not_to_contain_text("authenticator app")
    check_page(page)
    page.click("#mfa_webauthn_authenticate")
    page.wait_for_url(lambda url: "/2fa/" not in url)

    # What is asked before something weighty is the passkey, too.
    page.goto("/account/2fa/webauthn/")
    page.get_by_role("link", name="Remove").click()
    page.wait_for_url("**/2fa/webauthn/reauthenticate/**")
    expect(main).to_contain_text("Use a recovery code")
    expect(main).not_to_contain_text("authenticator")
    check_page(page)
    page.click("#mfa_webauthn_reauthenticate")
    expect(main).to_contain_text("This is your last second step.")
    expect(main).to_contain_text("stay closed to you until you set up another")
    check_page(page)
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.locator("#toasts")).to_contain_text("You have no second step any more.")
    assert not Authenticator.objects.filter(user=user).exists()
