"""A passkey, from its set-up to signing in with it, in a browser with an authenticator inside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

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
