"""Releasing, withdrawing, and who then reads what."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from paceline.incentives.actions import payroll, runs, statements
from paceline.incentives.models import Release, Statement
from paceline.kernel.models import AuditEntry
from paceline.notifications.models import Notification
from paceline.org.actions import end_employment
from paceline.org.models import Person
from tests.incentives.pay.conftest import EARNED, UNTIL, Quarter, build_quarter
from tests.incentives.pay.permissions import EXPORT
from tests.keeping import once
from tests.world import World, build_world

ClientFor = Callable[..., Client]


def readable(person: Person) -> set[str]:
    rows = Statement.objects.visible_to(person)
    return {name.split()[0] for name in rows.values_list("payee__name", flat=True)}


def test_a_release_shows_the_statement_to_its_payee_and_their_leads(quarter: Quarter) -> None:
    world, run = quarter.world, quarter.run()
    for name in ("priya", "marco", "erik", "omar", "hana", "ada"):
        assert readable(world.cast[name]) == set(), name
    quarter.release(run, "priya", "omar")
    assert readable(world.priya) == {"Priya"}
    assert readable(world.marco) == {"Priya"}
    assert readable(world.erik) == {"Priya", "Omar"}
    assert readable(world.sofia) == {"Omar"}
    for name in ("hana", "ada", "fred"):
        assert readable(world.cast[name]) == set(), name
    assert readable(world.dana) == readable(world.ines) == {"Priya", "Marco", "Omar", "Sofia"}
    told = Notification.objects.filter(kind="statement_released")
    assert {one.recipient for one in told} == {world.priya, world.omar}
    assert AuditEntry.objects.filter(action="statement_released").count() == 2


def test_releasing_twice_is_refused_and_changes_nothing(quarter: Quarter) -> None:
    run = quarter.run()
    quarter.release(run, "priya")
    with pytest.raises(statements.StatementsAlreadyReleased) as refused:
        quarter.release(run)
    assert [one.payee for one in refused.value.statements] == [quarter.world.priya]
    assert Release.objects.count() == 1
    assert Notification.objects.filter(kind="statement_released").count() == 1


def test_a_payee_is_released_once_whatever_the_run(quarter: Quarter) -> None:
    first, second = quarter.run(), quarter.run()
    quarter.release(first, "priya")
    with pytest.raises(statements.StatementsAlreadyReleased):
        quarter.release(second, "priya")
    assert Release.objects.get().statement.run == first


def test_another_runs_statements_are_not_released_after_the_close(quarter: Quarter) -> None:
    first, second = quarter.run(), quarter.run()
    runs.finalise_run(run=first, by=quarter.world.ines, at=quarter.world.now)
    with pytest.raises(runs.PeriodClosed):
        quarter.release(second, "priya")
    assert not Release.objects.exists()
    quarter.release(first, "priya")
    assert Release.objects.count() == 1


@pytest.mark.parametrize("chosen", [set(), {10**9}])
def test_nothing_to_release_is_said(quarter: Quarter, chosen: set[int]) -> None:
    run = quarter.run()
    with pytest.raises(statements.NothingToRelease):
        statements.release_statements(
            run=run, statements=chosen, by=quarter.world.dana, at=quarter.world.now
        )
    assert not Release.objects.exists()


def test_a_withdrawn_release_is_hidden_again_and_may_be_repeated(quarter: Quarter) -> None:
    world, run = quarter.world, quarter.run()
    (statement,) = quarter.release(run, "priya")
    statements.withdraw_release(
        release=statement.release, by=world.dana, at=world.now, reason="A return was missing"
    )
    assert readable(world.priya) == set()
    assert AuditEntry.objects.get(action="release_withdrawn").reason == "A return was missing"
    quarter.release(run, "priya")
    assert readable(world.priya) == {"Priya"}


def test_a_release_is_withdrawn_once(quarter: Quarter, client_for: ClientFor) -> None:
    """A second window or a second click withdraws nothing, and least of all a later release."""
    world, run = quarter.world, quarter.run()
    (statement,) = quarter.release(run, "priya")
    first = statement.release
    client = client_for(world.dana)
    address = reverse("incentives:release-destroy", args=[statement.pk])
    client.post(address, {"reason": "A return was missing"})
    again = client.post(address, {"reason": "A return was missing"}, follow=True)
    assert "This statement is not released. Nothing was withdrawn." in again.content.decode()
    (statement,) = quarter.release(run, "priya")
    with pytest.raises(statements.ReleaseWithdrawn):
        statements.withdraw_release(release=first, by=world.wen, at=world.now, reason="Late")
    assert Release.objects.get() == statement.release
    assert AuditEntry.objects.filter(action="release_withdrawn").count() == 1


def test_many_payees_are_counted_who_are_released_already(
    quarter: Quarter, client_for: ClientFor
) -> None:
    world, run = quarter.world, quarter.run()
    client = client_for(world.dana)
    chosen = [one.pk for one in quarter.release(run)]
    address = reverse("incentives:release-create", args=[run.pk])
    said = client.post(address, {"statement": chosen}, follow=True).content.decode()
    assert "already released in this period for" in said
    assert " others." not in said
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("paceline.incentives.views.releases.NAMED", 1)
        said = client.post(address, {"statement": chosen}, follow=True).content.decode()
    assert f"and {len(EARNED) - 1} others." in said


def test_whoever_left_is_not_said_to_have_been_told(
    quarter: Quarter, client_for: ClientFor
) -> None:
    world, run = quarter.world, quarter.run()
    end_employment(person=world.priya, ends_before=UNTIL, by=world.hana, at=world.now)
    client = client_for(world.dana)
    address = reverse("incentives:release-create", args=[run.pk])
    said = client.post(address, {"all": "1"}, follow=True).content.decode()
    assert f"{world.priya.name} cannot sign in. Hand them their statement as PDF." in said
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("paceline.incentives.views.releases.NAMED", 1)
        for one in Release.objects.all():
            statements.withdraw_release(release=one, by=world.wen, at=world.now, reason="Again")
        end_employment(person=world.marco, ends_before=UNTIL, by=world.hana, at=world.now)
        said = client.post(address, {"all": "1"}, follow=True).content.decode()
    assert f"{world.marco.name} and 1 other cannot sign in." in said


@pytest.mark.parametrize("sent", ["9" * 30, "9" * 5000, "\N{ARABIC-INDIC DIGIT FIVE}", "²", "-1"])
def test_a_number_that_is_no_statement_releases_nothing(
    quarter: Quarter, client_for: ClientFor, sent: str
) -> None:
    run = quarter.run()
    client = client_for(quarter.world.dana)
    address = reverse("incentives:release-create", args=[run.pk])
    assert client.post(address, {"statement": sent}).status_code == 303
    assert not Release.objects.exists()


def test_a_paid_release_is_not_withdrawn(quarter: Quarter) -> None:
    world, run = quarter.world, quarter.run()
    (statement,) = quarter.release(run, "priya")
    payroll.export_payroll(period=run.period, export_id=EXPORT, by=world.ines, at=world.now)
    with pytest.raises(statements.StatementPaid):
        statements.withdraw_release(
            release=statement.release, by=world.dana, at=world.now, reason="Too late"
        )
    assert Release.objects.count() == 1


def test_guessing_an_address_finds_nothing(quarter: Quarter, client_for: ClientFor) -> None:
    run = quarter.run()
    mine, other = quarter.release(run, "priya", "omar")
    client = client_for(quarter.world.priya)
    assert client.get(reverse("incentives:statement", args=[mine.pk])).status_code == 200
    component = other.components.get()
    hidden = quarter.statement(run, "marco")
    for address in (
        reverse("incentives:statement", args=[other.pk]),
        reverse("incentives:statement-pdf", args=[other.pk]),
        reverse("incentives:statement-lines", args=[other.pk, component.pk, 1]),
        reverse("incentives:statement-lines", args=[mine.pk, component.pk, 1]),
        reverse("incentives:thread-create", args=[mine.pk, component.pk]),
        reverse("incentives:statement", args=[hidden.pk]),
        reverse("incentives:statement", args=[10**9]),
    ):
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert "Omar" not in answer.content.decode()


def test_release_needs_a_second_factor_and_a_fresh_proof(
    quarter: Quarter, client_for: ClientFor
) -> None:
    run = quarter.run()
    address = reverse("incentives:release-create", args=[run.pk])
    for doubts in ({"second_factor": False}, {"recently": False}):
        client = client_for(quarter.world.dana, **doubts)
        if "recently" in doubts:
            session = client.session
            session["account_authentication_methods"] = [
                {**one, "at": 0} for one in session["account_authentication_methods"]
            ]
            session.save()
        assert client.post(address, {"all": "1"}).status_code == 302
        assert not Release.objects.exists()
    client = client_for(quarter.world.dana)
    assert client.post(address, {"all": "1"}).status_code == 303
    again = client.post(address, {"all": "1"}, follow=True).content.decode()
    assert "All statements of this run were released already." in again
    assert Release.objects.count() == len(EARNED)


@pytest.mark.django_db(transaction=True)
def test_two_releases_at_once_make_one() -> None:
    world: World = build_world()
    quarter = once(build_quarter, world)
    run = quarter.run()
    chosen = list(run.statements.values_list("pk", flat=True))
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def release(by: Person) -> None:
        try:
            together.wait()
            statements.release_statements(run=run, statements=chosen, by=by, at=world.now)
            outcomes.append("released")
        except statements.StatementsAlreadyReleased:
            outcomes.append("refused")
        finally:
            connection.close()

    clicks = [threading.Thread(target=release, args=[who]) for who in (world.dana, world.wen)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert sorted(outcomes) == ["refused", "released"]
    assert Release.objects.count() == len(EARNED)
    assert Notification.objects.filter(kind="statement_released").count() == len(EARNED)


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_make_one_run() -> None:
    world = build_world()
    quarter = once(build_quarter, world)
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def request(by: Person) -> None:
        try:
            together.wait()
            quarter.request(by)
            outcomes.append("requested")
        except runs.RunUnderWay:
            outcomes.append("under way")
        finally:
            connection.close()

    clicks = [threading.Thread(target=request, args=[who]) for who in (world.dana, world.wen)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert sorted(outcomes) == ["requested", "under way"]
    assert quarter.period.runs.count() == 1
