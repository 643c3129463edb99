"""One-click sign-in exists in the demonstration company and nowhere else."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest
from django.test import Client, override_settings
from django.urls import NoReverseMatch, clear_url_caches, include, path, reverse

import paceline.org.urls
from paceline.kernel.audit import AuditEntry
from tests.world import World

# As in the demonstration's own settings, which cannot be imported beside others.
LOGIN_URL = "org:demo_sign_in"


@pytest.fixture
def demo() -> Iterator[None]:
    """The addresses as they are with the demonstration's settings."""
    with override_settings(DEMO=True, LOGIN_URL=LOGIN_URL, ROOT_URLCONF=__name__):
        importlib.reload(paceline.org.urls)
        clear_url_caches()
        yield
    importlib.reload(paceline.org.urls)
    clear_url_caches()


urlpatterns = [path("org/", include("paceline.org.urls")), path("", include("paceline.urls"))]


def test_elsewhere_the_address_does_not_exist(world: World, client: Client) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("org:demo_sign_in")
    assert client.get("/org/demo").status_code == 404
    assert client.post(f"/org/demo/{world.dana.pk}").status_code == 404
    assert "_auth_user_id" not in client.session


def test_one_click_signs_in(demo: None, world: World, client: Client) -> None:
    shown = client.get("/org/demo").content.decode()
    assert "Dana Weiss" in shown
    assert "Fred Braun" not in shown
    assert client.post(f"/org/demo/{world.dana.pk}").status_code == 303
    page = client.get("/account/security").content.decode()
    assert "demonstration company" in page
    assert AuditEntry.objects.filter(action="signed_in", actor_id=world.dana.pk).exists()


def test_its_people_come_before_the_password(demo: None, world: World, client: Client) -> None:
    """Whoever opens a page is led to them, and after one click to the page."""
    led = client.get("/org/people?q=a", follow=True)
    assert led.redirect_chain[0][0] == "/org/demo?next=/org/people%3Fq%3Da"
    shown = led.content.decode()
    assert "Dana Weiss" in shown
    assert 'name="password"' not in shown
    assert '<a href="/account/login/?next=%2Forg%2Fpeople%3Fq%3Da">' in shown
    chosen = f"/org/demo/{world.dana.pk}"
    assert client.post(chosen, {"next": "/org/people?q=a"})["Location"] == "/org/people?q=a"
    for elsewhere in ("https://example.com/", "//example.com", "javascript:alert(1)"):
        assert Client().post(chosen, {"next": elsewhere})["Location"] == "/", elsewhere


def test_nobody_becomes_who_has_left(demo: None, world: World, client: Client) -> None:
    assert client.post(f"/org/demo/{world.fred.pk}").status_code == 404
    assert "_auth_user_id" not in client.session
