"""Who may use the addresses of people, teams, roles and the audit trail."""

from __future__ import annotations

from typing import Any

from paceline.accounts import actions as accounts
from paceline.kernel.audit import AuditEntry
from paceline.org import actions
from paceline.org.models import HierarchyLine, LeaveKind, Person
from tests.api.calling import program_for
from tests.permission_table import EVERYONE, NOBODY, Url
from tests.world import TERMS, World

KEEPERS = {"hana", "dana", "wen"}
ADMINISTRATORS = {"ada"}
REVIEWERS = {"ada", "ines", "dana", "wen", "hana"}
TRAIL = {"ada", "ines", "dana", "wen"}


# Who may know that Priya is away, but not change it; the rest know nothing.
AWAY = dict.fromkeys(("priya", "marco", "erik", "dana", "wen", "ines"), 403) | {"*": 404}


def _priya(world: World) -> dict[str, Any]:
    return {"pk": world.priya.pk}


def _newcomer(world: World) -> dict[str, Any]:
    """Somebody without an account."""
    person = actions.add_person(number="N1", name="Nadia", by=world.hana, at=world.now)
    actions.employ(person=person, terms=TERMS, starts_on=world.today, by=world.hana, at=world.now)
    return {"pk": person.pk}


def _closed(world: World) -> dict[str, Any]:
    """A newcomer whose account is closed."""
    given = _newcomer(world)
    person = Person.objects.get(pk=given["pk"])
    user = accounts.open_account(email="n@example.com", by=world.ada, at=world.now)
    actions.link_user(person=person, user=user, by=world.ada, at=world.now)
    accounts.close_account(user=user, by=world.ada, at=world.now, reason="Lost")
    return given


def _north(world: World) -> dict[str, Any]:
    return {"pk": world.north.pk}


def _placed(world: World) -> HierarchyLine:
    """Priya's place below Sofia in a hierarchy of regions."""
    return actions.place_below(
        hierarchy=actions.add_hierarchy(code="region", name="Region", by=None, at=world.now),
        person=world.priya,
        manager=world.sofia,
        starts_on=world.founded,
        by=world.hana,
        at=world.now,
    )


def _region(world: World) -> dict[str, Any]:
    return {"pk": _placed(world).hierarchy_id}


def _place(world: World) -> dict[str, Any]:
    return {"pk": _placed(world).pk}


def _leave(world: World) -> dict[str, Any]:
    """Priya's leave."""
    leave = actions.enter_leave(
        person=world.priya, kind=LeaveKind.PAID, starts_on=world.today, by=world.hana, at=world.now
    )
    return {"pk": leave.pk}


def _token(world: World) -> dict[str, Any]:
    token = program_for(world.priya).token
    assert token is not None
    return {"pk": token.pk}


def _entry(_world: World) -> dict[str, Any]:
    return {"pk": AuditEntry.objects.latest("pk").pk}


def _form(people: set[str], **data: Any) -> Url:
    """A page that shows a form and takes it, on Priya."""
    return Url(
        args=_priya, allow={"GET": people, "POST": people}, hidden=403, data=lambda _world: data
    )


URLS = {
    "org:people": Url(allow={"GET": EVERYONE}),
    "org:person": Url(args=_priya, allow={"GET": EVERYONE}),
    "org:person_new": Url(allow={"GET": KEEPERS, "POST": KEEPERS}),
    "org:person_change": _form(KEEPERS, name="Priya N."),
    "org:person_employment": _form(KEEPERS),
    "org:person_employment_end": _form(KEEPERS, last_day="2026-12-31", reason="Leaves"),
    "org:person_position": _form(KEEPERS),
    "org:person_team": _form(KEEPERS),
    "org:person_manager": _form(KEEPERS),
    "org:person_successor": Url(
        args=_priya, allow={"POST": KEEPERS}, data=lambda world: {"manager": world.erik.pk}
    ),
    "org:person_role": _form(ADMINISTRATORS, role="hr", starts_on="2026-07-15"),
    "org:person_role_end": Url(
        args=lambda world: {"pk": world.priya.pk, "role": "salesperson"},
        allow={"GET": ADMINISTRATORS, "POST": ADMINISTRATORS},
        data=lambda _world: {"last_day": "2026-07-31", "reason": "Moves"},
    ),
    "org:account_new": Url(
        args=_newcomer,
        allow={"GET": ADMINISTRATORS, "POST": ADMINISTRATORS},
        data=lambda _world: {"email": "nadia@example.com"},
    ),
    "org:account_address": _form(ADMINISTRATORS, email="priya.nair@example.com"),
    "org:account_link": Url(args=_priya, allow={"POST": ADMINISTRATORS}),
    "org:account_second_step": _form(ADMINISTRATORS, reason="Lost phone"),
    "org:account_close": _form(ADMINISTRATORS, reason="Lost laptop"),
    "org:account_reopen": Url(
        args=_closed,
        allow={"GET": ADMINISTRATORS, "POST": ADMINISTRATORS},
        data=lambda _world: {"reason": "Found"},
    ),
    "org:account_sign_out": Url(args=_priya, allow={"POST": ADMINISTRATORS}),
    "org:teams": Url(allow={"GET": EVERYONE}),
    "org:team": Url(args=_north, allow={"GET": EVERYONE}),
    "org:team_new": Url(allow={"GET": KEEPERS, "POST": KEEPERS}),
    "org:team_change": Url(args=_north, allow={"GET": KEEPERS, "POST": KEEPERS}),
    "org:hierarchies": Url(allow={"GET": EVERYONE}),
    "org:hierarchy": Url(args=_region, allow={"GET": EVERYONE}),
    "org:hierarchy_new": Url(allow={"GET": KEEPERS, "POST": KEEPERS}),
    "org:hierarchy_name": Url(args=_region, allow={"GET": KEEPERS, "POST": KEEPERS}),
    "org:hierarchy_place": Url(args=_region, allow={"GET": KEEPERS, "POST": KEEPERS}),
    "org:hierarchy_place_end": Url(args=_place, allow={"GET": KEEPERS, "POST": KEEPERS}),
    "org:leaves": Url(allow={"GET": EVERYONE}),
    "org:leave_new": _form({"hana"}, kind="paid"),
    "org:leave_change": Url(
        args=_leave,
        allow={"GET": {"hana"}, "POST": {"hana"}},
        hidden=AWAY,
        data=lambda _world: {"kind": "paid"},
    ),
    "org:leave_withdraw": Url(
        args=_leave,
        allow={"GET": {"hana"}, "POST": {"hana"}},
        hidden=AWAY,
        data=lambda _world: {"reason": "Entered twice"},
    ),
    "org:position_new": Url(allow={"GET": KEEPERS, "POST": KEEPERS}),
    "org:roles": Url(allow={"GET": REVIEWERS}),
    "org:role_new": Url(allow={"GET": ADMINISTRATORS, "POST": ADMINISTRATORS}),
    "org:access_review": Url(allow={"GET": REVIEWERS}),
    "org:tokens": Url(allow={"GET": ADMINISTRATORS}),
    "org:token_revoke": Url(
        args=_token,
        allow={"GET": ADMINISTRATORS, "POST": ADMINISTRATORS},
        data=lambda _world: {"reason": "Found in a mail"},
    ),
    "org:audit": Url(allow={"GET": TRAIL}),
    "org:audit_entry": Url(args=_entry, allow={"GET": TRAIL}),
    "org:demo_sign_in": Url(allow={"GET": NOBODY}, demo=True, anonymous="open"),
    "org:demo_session": Url(allow={"POST": NOBODY}, demo=True, anonymous="open"),
}
