"""A second step for those who run pay, and a fresh proof before money moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from paceline.accounts.verification import needs_mfa, needs_reauthentication
from tests.world import PASSWORD, TOTP_SECRET, World

ClientFor = Callable[..., Client]
DONE = "done"


@needs_mfa
def run(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(DONE)


@needs_mfa
@needs_reauthentication
def release(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(DONE)


urlpatterns = [
    path("run", run),
    path("release", release),
    path("", include("paceline.urls")),
]


@pytest.fixture(autouse=True)
def _with_guarded_pages() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


def test_a_session_with_a_second_step_runs_pay(world: World, client_for: ClientFor) -> None:
    assert client_for(world.dana).post("/run").content.decode() == DONE


def test_without_a_second_step_one_is_set_up_first(world: World, client_for: ClientFor) -> None:
    answer = client_for(world.dana, second_factor=False).post("/run")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/security")
    fragment = client_for(world.dana, second_factor=False).post(
        "/run", headers={"HX-Request": "true"}
    )
    assert fragment["HX-Redirect"].startswith("/account/security")
    assert fragment.content == b""


def test_a_second_step_that_was_taken_away_proves_nothing_more(
    world: World, client_for: ClientFor
) -> None:
    browser = client_for(world.dana)
    Authenticator.objects.filter(user=world.dana.user).delete()
    assert browser.post("/run")["Location"].startswith("/account/security")


def test_a_second_step_that_was_not_used_is_asked_for(world: World, client_for: ClientFor) -> None:
    TOTP.activate(world.dana.user, TOTP_SECRET)
    answer = client_for(world.dana, second_factor=False).post("/run")
    assert answer["Location"].startswith("/account/2fa/reauthenticate/")


def test_release_asks_again_and_then_goes_on(world: World, client_for: ClientFor) -> None:
    browser = client_for(world.dana, recently=False)
    asked = browser.post("/release", {"which": "all"})
    assert asked.status_code == 302
    assert asked["Location"].startswith("/account/reauthenticate/")
    wrong = browser.post(asked["Location"], {"password": "wrong", "next": "/release"})
    assert DONE not in wrong.content.decode()
    done = browser.post(asked["Location"], {"password": PASSWORD, "next": "/release"}, follow=True)
    assert done.content.decode() == DONE
    assert browser.post("/release").content.decode() == DONE, "for half an hour"


def test_a_proof_grows_old(world: World, client_for: ClientFor) -> None:
    browser = client_for(world.dana)
    assert browser.post("/release").content.decode() == DONE
    session = browser.session
    records = session["account_authentication_methods"]
    for record in records:
        record["at"] -= 1801
    session["account_authentication_methods"] = records
    session.save()
    assert browser.post("/release").status_code == 302
    assert browser.post("/run").content.decode() == DONE


def test_one_click_counts_only_in_the_demonstration(world: World, client_for: ClientFor) -> None:
    browser = client_for(world.dana, second_factor=False, recently=False)
    session = browser.session
    session["account_authentication_methods"] = [{"method": "demo", "at": 0}]
    session.save()
    assert browser.post("/release").status_code == 302
    with override_settings(DEMO=True):
        assert browser.post("/release").content.decode() == DONE
