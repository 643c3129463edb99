"""The written matrix: it is current, it separates duties, and the product follows it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from paceline.kernel.audit import AuditEntry
from paceline.kernel.rights import Act, Relation, Rule, Section, all_sections, both_made_and_checked
from paceline.org import access, actions
from paceline.org.models import Role, RoleGrant
from tests.world import World

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "rights.md"


def test_the_document_is_current() -> None:
    written = StringIO()
    call_command("rights_document", stdout=written)
    assert DOCUMENT.read_text(encoding="utf-8") == written.getvalue(), (
        "python manage.py rights_document > docs/rights.md"
    )


def test_every_app_with_rights_writes_them_down() -> None:
    objects = {str(section.of) for section in all_sections()}
    assert {"person", "team", "role", "audit trail", "run", "statement"} <= objects


def test_no_role_both_makes_and_checks_one_object() -> None:
    assert list(both_made_and_checked(all_sections())) == []


def test_the_test_above_would_notice() -> None:
    both = Section(
        "cheque",
        (
            Rule("*", "write", Act.MAKE, roles=frozenset({"clerk"})),
            Rule("*", "sign", Act.CHECK, roles=frozenset({"clerk", "chief"})),
        ),
    )
    assert list(both_made_and_checked([both])) == [("clerk", "cheque")]


def test_administrators_neither_see_nor_approve_pay() -> None:
    pay = {"run", "statement", "payroll file", "quota", "plan", "question on a line"}
    assert pay <= {str(section.of) for section in all_sections()}
    for section in all_sections():
        if str(section.of) in pay:
            for rule in section.rules:
                assert Role.ADMINISTRATOR not in rule.roles, (section.of, rule.right)


def test_a_right_that_is_not_written_down_does_not_exist() -> None:
    with pytest.raises(KeyError):
        access.PERSON.rule("dismiss")


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("priya", True),
        ("marco", True),
        ("erik", True),
        ("sofia", False),
        ("omar", False),
        ("dana", True),
        ("ines", True),
        ("hana", True),
        ("ada", False),
    ],
)
def test_who_reads_priyas_terms(world: World, name: str, *, may: bool) -> None:
    assert access.may_read_terms(world.cast[name], world.priya, world.today) is may


def test_who_may_change_whom(world: World) -> None:
    may = {name for name, person in world.cast.items() if access.may_change(person, world.priya)}
    assert may == {"dana", "wen", "hana"}
    assert not access.may_change(world.hana, world.hana), "nobody changes their own seat"
    assert not access.may_grant_roles(world.ada, world.ada)


def test_roles_that_check_each_other_stay_apart(world: World) -> None:
    entries = AuditEntry.objects.count()
    for name, role in (
        ("dana", Role.FINANCE),
        ("ines", Role.COMPENSATION),
        ("dana", Role.ADMINISTRATOR),
        ("ines", Role.ADMINISTRATOR),
    ):
        with pytest.raises(actions.IncompatibleRoles):
            actions.grant_role(
                person=world.cast[name],
                role=role,
                starts_on=world.today,
                by=world.ada,
                at=world.now,
            )
    assert RoleGrant.objects.count() == len(world.cast)
    assert AuditEntry.objects.count() == entries


def test_a_role_may_follow_after_the_other_ended(world: World) -> None:
    actions.end_role(
        person=world.dana,
        role=Role.COMPENSATION,
        ends_before=world.today,
        by=world.ada,
        at=world.now,
    )
    actions.grant_role(
        person=world.dana, role=Role.FINANCE, starts_on=world.today, by=world.ada, at=world.now
    )
    held = RoleGrant.objects.filter(person=world.dana).on(world.today)
    assert [grant.role for grant in held] == [Role.FINANCE]


def test_nobody_gives_themselves_a_role(world: World) -> None:
    with pytest.raises(actions.OwnRole):
        actions.grant_role(
            person=world.ada, role=Role.HR, starts_on=world.today, by=world.ada, at=world.now
        )
    assert not RoleGrant.objects.filter(person=world.ada, role=Role.HR).exists()


def test_the_last_administrator_stays(world: World) -> None:
    with pytest.raises(actions.LastAdministrator):
        actions.end_role(
            person=world.ada,
            role=Role.ADMINISTRATOR,
            ends_before=world.today,
            by=world.hana,
            at=world.now,
        )
    with pytest.raises(actions.LastAdministrator):
        actions.end_employment(
            person=world.ada, ends_before=world.today, by=world.hana, at=world.now
        )
    assert RoleGrant.objects.filter(person=world.ada, ends_before__isnull=True).exists()
    assert world.ada.employments.get().ends_before is None


def test_the_database_refuses_a_role_twice(world: World) -> None:
    with pytest.raises(IntegrityError, match="grant_once_per_role"), transaction.atomic():
        RoleGrant.objects.create(
            person=world.dana,
            role=Role.COMPENSATION,
            starts_on=world.today,
            ends_before=world.today + timedelta(days=1),
        )
    RoleGrant.objects.create(person=world.dana, role=Role.EXECUTIVE, starts_on=world.today)
    assert RoleGrant.objects.filter(person=world.dana).count() == 2


def test_relations_are_ordered_by_strength() -> None:
    assert list(Relation) == [
        Relation.SELF,
        Relation.REPORT,
        Relation.INDIRECT_REPORT,
        Relation.FORMER_REPORT,
        Relation.PEER,
        Relation.OTHER,
    ]
