"""Which date it is for what somebody may: that of the place where they are employed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.shortcuts import resolve_url
from django.test import Client
from django.utils import timezone

from paceline.accounts.models import User
from paceline.kernel.periods import zone_named
from paceline.org import actions
from paceline.org.backends import AccountAtWork
from paceline.org.models import Person, Role, RoleGrant
from paceline.org.queries import at_work
from tests.world import World

pytestmark = pytest.mark.django_db
LAST = date(2026, 7, 31)
BEFORE_MIDNIGHT = datetime(2026, 7, 31, 15, 59, tzinfo=UTC)  # 23:59 in Taipei
MIDNIGHT = datetime(2026, 7, 31, 16, 0, tzinfo=UTC)


def test_the_last_day_ends_at_midnight_where_one_is_employed(world: World) -> None:
    omar = Person.objects.filter(number=world.omar.number)
    actions.end_employment(
        person=world.omar, ends_before=LAST + timedelta(days=1), by=world.hana, at=world.now
    )
    for zone in ("America/Sao_Paulo", "Asia/Tokyo"):
        User.objects.filter(person=world.omar).update(time_zone=zone)
        assert at_work(omar, BEFORE_MIDNIGHT) == (world.omar, LAST)
        assert at_work(omar, MIDNIGHT) is None


def test_a_move_to_another_zone_leaves_no_gap(
    world: World, django_assert_num_queries: Callable[..., Any]
) -> None:
    """From Taipei to São Paulo on 1 August: there that day begins eleven hours later."""
    first = LAST + timedelta(days=1)
    there = actions.Terms(
        country="BR", currency="USD", language="en", time_zone="America/Sao_Paulo"
    )
    actions.change_terms(
        person=world.omar, terms=there, starts_on=first, by=world.hana, at=world.now
    )
    omar = Person.objects.filter(number=world.omar.number)
    assert at_work(omar, BEFORE_MIDNIGHT) == (world.omar, LAST)
    roles = set(world.omar.roles)
    with django_assert_num_queries(1):
        found = at_work(omar, MIDNIGHT)
        assert found == (world.omar, first)
        assert found is not None
        assert set(found[0].roles) == roles
    assert at_work(omar, MIDNIGHT + timedelta(days=1)) == (world.omar, first)


def test_another_zone_to_read_in_gives_no_day_more(
    world: World, client_for: Callable[..., Client]
) -> None:
    today = timezone.now().astimezone(zone_named("Asia/Taipei")).date()
    browser = client_for(world.omar)
    User.objects.filter(person=world.omar).update(time_zone="Etc/GMT+12")
    assert browser.get("/account/security").status_code == 200
    actions.end_employment(person=world.omar, ends_before=today, by=world.hana, at=world.now)
    assert browser.get("/account/security").status_code == 302


def test_roles_count_on_the_days_they_were_given_for(
    world: World, django_assert_num_queries: Callable[..., Any]
) -> None:
    """One that ended that morning and one that begins the next day, beside one that counts."""
    days = {
        Role.LEAD: (LAST, None),
        Role.EXECUTIVE: (LAST - timedelta(days=9), LAST),
        Role.HR: (LAST + timedelta(days=1), None),
    }
    for role, (starts_on, ends_before) in days.items():
        RoleGrant.objects.create(
            person=world.omar, role=role, starts_on=starts_on, ends_before=ends_before
        )
    always = {grant.role for grant in world.omar.role_grants.filter(starts_on=world.founded)}
    with django_assert_num_queries(1):
        found = at_work(Person.objects.filter(pk=world.omar.pk), BEFORE_MIDNIGHT)
        assert found is not None
        assert found[0].roles == always | {Role.LEAD}


def test_without_any_role_one_works_here_too(world: World) -> None:
    RoleGrant.objects.filter(person=world.omar).delete()
    found = at_work(Person.objects.filter(pk=world.omar.pk), BEFORE_MIDNIGHT)
    assert found == (world.omar, LAST)
    assert found[0].roles == frozenset()


def test_an_account_comes_with_the_person_who_acts(
    world: World, django_assert_num_queries: Callable[..., Any]
) -> None:
    """Every page asks once for both; that the account was closed is seen by the same row."""
    account = world.omar.user
    assert account is not None
    always = {grant.role for grant in world.omar.role_grants.all()}
    with django_assert_num_queries(1):
        found = AccountAtWork().get_user(account.pk)
        assert found == account
        assert found is not None
        assert (found.person, found.person.roles) == (world.omar, always)
        assert found.person.acting_on is not None
    User.objects.filter(pk=account.pk).update(is_active=False)
    assert AccountAtWork().get_user(account.pk) is None


def test_the_account_of_somebody_who_left_comes_alone(
    world: World, client_for: Callable[..., Client]
) -> None:
    browser = client_for(world.omar)
    account = world.omar.user
    assert account is not None
    today = timezone.localdate()
    actions.end_employment(
        person=world.omar, ends_before=today - timedelta(days=2), by=world.hana, at=world.now
    )
    found = AccountAtWork().get_user(account.pk)
    assert found == account
    assert found is not None
    assert found.person.acting_on is None
    assert browser.get("/").headers["Location"].startswith(resolve_url("account_login"))
    assert AccountAtWork().get_user(0) is None
