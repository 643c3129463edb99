"""The cast: a small company in which every relation and every role occurs once.

Priya sells in North under Marco, Omar sells in South under Sofia; Marco and Sofia report to Erik,
the executive. Dana and Wen run compensation, Ines is finance, Hana is HR, Ada administers. Fred
reported to Marco and has left. Times are fixed, so that no test depends on the day it runs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from paceline.accounts import actions as accounts
from paceline.org import actions
from paceline.org.models import Person, Position, Role, Team
from tests.keeping import Copy, keep_cast

TODAY = date(2026, 7, 15)
NOW = datetime(2026, 7, 15, 4, 0, tzinfo=UTC)  # noon in Taipei
FOUNDED = date(2024, 1, 1)
LEFT = date(2026, 4, 1)
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "a long enough password 7"
TERMS = actions.Terms(country="TW", currency="USD", language="en", time_zone="Asia/Taipei")


@dataclass(frozen=True)
class World:
    """The cast and what they share."""

    priya: Person
    marco: Person
    omar: Person
    sofia: Person
    dana: Person
    wen: Person
    ines: Person
    hana: Person
    erik: Person
    ada: Person
    fred: Person
    north: Team
    south: Team
    company: Team
    seller: Position
    lead: Position
    today: date = TODAY
    now: datetime = NOW
    founded: date = FOUNDED
    password: str = PASSWORD
    currency: str = "USD"
    time_zone: str = "Asia/Taipei"

    @property
    def cast(self) -> dict[str, Person]:
        """Everyone by first name."""
        return {name: getattr(self, name) for name in NAMES}


NAMES = (
    "priya",
    "marco",
    "omar",
    "sofia",
    "dana",
    "wen",
    "ines",
    "hana",
    "erik",
    "ada",
    "fred",
)
FULL_NAMES = {
    "priya": "Priya Nair",
    "marco": "Marco Bianchi",
    "omar": "Omar Haddad",
    "sofia": "Sofia Costa",
    "dana": "Dana Weiss",
    "wen": "林文心",
    "ines": "Inês Duarte",
    "hana": "佐藤花",
    "erik": "Erik Lund",
    "ada": "Ada Okafor",
    "fred": "Fred Braun",
}
LATIN_NAMES = {"wen": "Lin Wenxin", "hana": "Sato Hana"}
ROLES = {
    "priya": Role.SALESPERSON,
    "omar": Role.SALESPERSON,
    "fred": Role.SALESPERSON,
    "marco": Role.LEAD,
    "sofia": Role.LEAD,
    "dana": Role.COMPENSATION,
    "wen": Role.COMPENSATION,
    "ines": Role.FINANCE,
    "hana": Role.HR,
    "erik": Role.EXECUTIVE,
    "ada": Role.ADMINISTRATOR,
}
MANAGERS = {
    "priya": "marco",
    "fred": "marco",
    "omar": "sofia",
    "marco": "erik",
    "sofia": "erik",
    "dana": "erik",
    "wen": "dana",
    "ines": "erik",
    "hana": "erik",
}


def build_world() -> World:
    """The cast in the database of this test.

    Made through the actions once, as an installation would; later tests get copies of those rows.
    Ids are never used twice, because sequences do not go back with a rolled-back transaction.
    """
    if not _copies:
        world, copy = keep_cast(_make_world)
        _copies.append(copy)
        _ids.update({name: person.pk for name, person in world.cast.items()})
        return world
    _copies[0].apply()
    found = Person.objects.in_bulk(_ids.values())
    people = {name: found[pk] for name, pk in _ids.items()}
    for person in people.values():
        person.acting_on = TODAY
    teams = {team.code: team for team in Team.objects.all()}
    positions = {position.code: position for position in Position.objects.all()}
    return World(
        **people,
        north=teams["north"],
        south=teams["south"],
        company=teams["company"],
        seller=positions["seller"],
        lead=positions["lead"],
    )


_ids: dict[str, int] = {}
_copies: list[Copy] = []


def _make_world() -> World:
    people = {name: _person(number, name) for number, name in enumerate(NAMES, start=1)}
    company = actions.create_team(code="company", name="Company", by=None, at=NOW)
    north = actions.create_team(code="north", name="North", parent=company, by=None, at=NOW)
    south = actions.create_team(code="south", name="South", parent=company, by=None, at=NOW)
    teams = {"priya": north, "marco": north, "fred": north, "omar": south, "sofia": south}
    seller = actions.add_position(
        code="seller", title="Salesperson", job_family="Sales", by=None, at=NOW
    )
    lead = actions.add_position(code="lead", title="Team lead", job_family="Sales", by=None, at=NOW)
    for name, person in people.items():
        since = {"person": person, "starts_on": FOUNDED, "by": None, "at": NOW}
        actions.move_to_team(team=teams.get(name, company), **since)
        if name in teams:
            position = lead if name in {"marco", "sofia"} else seller
            actions.hold_position(position=position, **since)
        if name in MANAGERS:
            actions.set_reporting_line(manager=people[MANAGERS[name]], **since)
        actions.grant_role(role=ROLES[name], **since)
    actions.end_employment(
        person=people["fred"], ends_before=LEFT, by=people["hana"], at=NOW, reason="Resigned"
    )
    for person in people.values():
        person.acting_on = TODAY
    return World(**people, north=north, south=south, company=company, seller=seller, lead=lead)


def _person(number: int, name: str) -> Person:
    email = f"{name}@example.com"
    person = actions.add_person(
        number=f"E{number:03}",
        name=FULL_NAMES[name],
        latin_name=LATIN_NAMES.get(name, ""),
        email=email,
        by=None,
        at=NOW,
    )
    actions.employ(person=person, terms=TERMS, starts_on=FOUNDED, by=None, at=NOW)
    user = accounts.open_account(email=email, password=PASSWORD, by=None, at=NOW)
    accounts.change_preferences(user=user, time_zone=TERMS.time_zone, at=NOW)
    return actions.link_user(person=person, user=user, by=None, at=NOW)


def code_of_now() -> str:
    """What an authenticator app shows; it counts in the half minutes beside this one, too."""
    return format_hotp_value(hotp_value(TOTP_SECRET, int(time.time()) // 30))


def sign_in(person: Person, *, second_factor: bool = True, recently: bool = True) -> Client:
    """A browser in which the person is signed in.

    With ``second_factor`` their session used one; with ``recently`` they have just proved again who
    they are.
    """
    user = person.user
    assert user is not None, f"{person} has no account"
    client = Client()
    client.force_login(user)
    now = time.time()
    records: list[dict[str, object]] = [{"method": "password", "at": now, "email": user.email}]
    if second_factor:
        Authenticator.objects.get_or_create(
            user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": TOTP_SECRET}}
        )
        records.append({"method": "mfa", "type": "totp", "at": now})
    if recently:
        records.append({"method": "password", "at": now, "reauthenticated": True})
    session = client.session
    session["account_authentication_methods"] = records
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client
