"""Companies, contacts and leads: who they are, whose, how they are reached, how they are tagged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from paceline.crm.models import Reach
from paceline.crm.names import name_keys
from paceline.web.demo.crowd import copying
from paceline.web.demo.crowd.desks import Desk
from paceline.web.demo.crowd.names import CHATS, LANGUAGES, Country

# Of ten customers three are firms; a quarter of the people work for one of them.
FIRMS_PERCENT, EMPLOYED_PERCENT, LEADS_PERCENT = 30, 25, 5
# So many of a hundred are nobody's yet, tagged, and were changed since they came.
UNOWNED, TAGGED, CHANGED, TWINS = 3, 40, 10, 1
SOURCES = ("shop", "chat", "live_stream", "social", "search", "referral", "marketplace", "event")
LIFECYCLES = ("prospect", "customer", "customer", "customer", "regular", "regular", "lapsed")
INDUSTRIES = ("Retail", "Catering", "Education", "Logistics", "Care", "Crafts", "Media")
_RECORD = (
    "id", "team_id", "owner_id", "reach", "source", "source_detail", "custom", "version",
    "created_by_id", "created_at", "changed_at",
)  # fmt: skip
_COMPANY = (
    *_RECORD, "name", "latin_name", "number", "registration", "industry", "people_count", "website",
    "address", "country", "territory", "language", "currency", "lifecycle", "rating", "name_keys",
)  # fmt: skip
_CONTACT = (
    *_RECORD, "company_id", "name", "latin_name", "number", "title", "department", "languages",
    "country", "territory", "address", "time_zone", "lifecycle", "rating", "name_keys",
)  # fmt: skip
_LEAD = (
    *_RECORD, "name", "company_name", "title", "status", "why_not", "message", "interest",
    "languages", "country", "territory", "rating", "name_keys",
)  # fmt: skip


@dataclass(slots=True)
class Buyer:
    """A customer as deals, orders and talk need it: of which kind, whose, and where."""

    kind: str
    pk: int
    desk: Desk
    owner: int | None
    number: str
    name: str
    came_at: datetime
    place: int
    company: int | None = None

    @property
    def holder(self) -> tuple[int | None, int | None]:
        """The company and the contact, one of which it is."""
        return (self.pk, None) if self.kind == "company" else (self.company, self.pk)


@dataclass(slots=True)
class Crowd:
    """Writes everybody, desk by desk in turn."""

    desks: list[Desk]
    until: datetime
    random: Random

    def bring_in(self, count: int) -> list[Buyer]:
        firms = count * FIRMS_PERCENT // 100
        buyers = self._companies(firms)
        buyers += self._contacts(count - firms, buyers)
        self._points(buyers)
        self._taggings(buyers)
        self._changes(buyers)
        self._leads(count * LEADS_PERCENT // 100)
        copying.take_stock(
            "crm_company", "crm_contact", "crm_lead", "crm_contactpoint", "crm_tagging"
        )
        return buyers

    def _buyer(self, kind: str, pk: int, place: int) -> Buyer:
        desk = self.desks[place % len(self.desks)]
        owner = None if self.random.random() * 100 < UNOWNED else desk.seller(place)
        came = self.until - timedelta(minutes=int(self.random.random() * 720 * 1440))
        letter = "F" if kind == "company" else "K"
        return Buyer(kind, pk, desk, owner, f"{letter}{place:07}", "", came, place)

    def _record(self, one: Buyer) -> tuple[Any, ...]:
        chance, desk = self.random.random(), one.desk
        reach = Reach.TEAM if chance < 0.8 else Reach.OWN if chance < 0.95 else Reach.ALL
        version = 2 if one.place * 37 % 100 < CHANGED else 1
        since = int((self.until - one.came_at).total_seconds() * self.random.random())
        changed = one.came_at + timedelta(seconds=since * (version - 1))
        return (
            one.pk, desk.team_id, one.owner, reach.value, SOURCES[one.place * 11 % len(SOURCES)],
            "", copying.document(desk.custom(one.kind, one.place)), version, desk.lead.pk,
            one.came_at, changed,
        )  # fmt: skip

    def _companies(self, count: int) -> list[Buyer]:
        first = copying.draw("crm_company", count)
        found = [self._buyer("company", first + place, place) for place in range(count)]
        copying.write("crm_company", _COMPANY, (self._company(one) for one in found))
        return found

    def _company(self, one: Buyer) -> tuple[Any, ...]:
        random, desk = self.random, one.desk
        one.name = desk.country.firm(random)
        return (
            *self._record(one), one.name, "", one.number, f"{one.place * 7919 % 10**8:08}",
            INDUSTRIES[one.place % len(INDUSTRIES)], 1 + one.place % 300,
            f"https://shop{one.place}.example", "", desk.country.code, desk.territory(one.place),
            LANGUAGES[desk.country.code], desk.currency, LIFECYCLES[one.place * 3 % 7],
            1 + one.place % 5 if one.place % 3 else None, name_keys((one.name,)),
        )  # fmt: skip

    def _contacts(self, count: int, companies: list[Buyer]) -> list[Buyer]:
        first = copying.draw("crm_contact", count)
        found = [self._buyer("contact", first + place, place) for place in range(count)]
        for one in found:
            if companies and one.place * 13 % 100 < EMPLOYED_PERCENT:
                # A colleague's firm of the same desk, so that whoever sees one sees both.
                step = one.place * 17 // len(self.desks) * len(self.desks)
                firm = companies[(step + one.place % len(self.desks)) % len(companies)]
                one.company = firm.pk if firm.desk is one.desk else None
        copying.write("crm_contact", _CONTACT, (self._contact(one) for one in found))
        return found

    def _contact(self, one: Buyer) -> tuple[Any, ...]:
        desk = one.desk
        name = desk.country.person(self.random)
        one.name = name.own
        latin = name.latin if name.latin != name.own else ""
        return (
            *self._record(one), one.company, name.own, latin, one.number, "", "",
            [LANGUAGES[desk.country.code]], desk.country.code, desk.territory(one.place), "", "",
            LIFECYCLES[one.place * 3 % 7], 1 + one.place % 5 if one.place % 3 else None,
            name_keys((name.own, latin), is_person=True),
        )  # fmt: skip

    def _points(self, buyers: list[Buyer]) -> None:
        columns = ("company_id", "contact_id", "kind", "value", "normalised", "label", "rank")
        copying.write(
            "crm_contactpoint",
            columns,
            ((*_own(one), *point, "", rank) for one in buyers
             for rank, point in enumerate(_points_of(one))),
        )  # fmt: skip

    def _taggings(self, buyers: list[Buyer]) -> None:
        def rows() -> Iterator[tuple[Any, ...]]:
            for one in buyers:
                if one.place * 29 % 100 < TAGGED:
                    for tag in one.desk.tags_of(one.place):
                        yield (tag, *_own(one), one.desk.lead.pk, one.came_at)

        columns = ("tag_id", "company_id", "contact_id", "by_id", "at")
        copying.write("crm_tagging", columns, rows())

    def _changes(self, buyers: list[Buyer]) -> None:
        """What those in their second version said before."""
        columns = ("company_id", "contact_id", "version", "at", "by_id", "before", "after")
        copying.write(
            "crm_recordchange",
            columns,
            ((*_own(one), 2, one.came_at + timedelta(days=1), one.owner or one.desk.lead.pk,
              '{"rating": null}', '{"rating": 3}')
             for one in buyers if one.place * 37 % 100 < CHANGED),
        )  # fmt: skip

    def _leads(self, count: int) -> None:
        first = copying.draw("crm_lead", count)
        statuses = ("new", "working", "working", "nurturing", "unqualified")
        found = [self._buyer("lead", first + place, place) for place in range(count)]

        def row(one: Buyer) -> tuple[Any, ...]:
            name = one.desk.country.person(self.random)
            return (
                *self._record(one), name.own, "", "", statuses[one.place % len(statuses)], "",
                one.desk.asks(one.place), "", [LANGUAGES[one.desk.country.code]],
                one.desk.country.code, one.desk.territory(one.place), None,
                name_keys((name.own,), is_person=True),
            )  # fmt: skip

        copying.write("crm_lead", _LEAD, (row(one) for one in found))
        columns = ("lead_id", "version", "at", "by_id", "before", "after")
        changed = (one for one in found if one.place * 37 % 100 < CHANGED)
        copying.write(
            "crm_recordchange",
            columns,
            ((one.pk, 2, one.came_at, one.desk.lead.pk, '{"title": "-"}', '{"title": ""}')
             for one in changed),
        )  # fmt: skip


def _own(one: Buyer) -> tuple[int | None, int | None]:
    return (one.pk, None) if one.kind == "company" else (None, one.pk)


def _points_of(one: Buyer) -> Iterator[tuple[str, str, str]]:
    """A phone, mostly a mail, sometimes a chat; one in a hundred bears the phone of another."""
    country: Country = one.desk.country
    offset = 40_000_000 if one.kind == "company" else 0
    is_twin = one.place % 100 < TWINS and one.place >= one.desk.turn
    number = one.place - one.desk.turn if is_twin else one.place
    value, normalised = country.phone(offset + number)
    yield ("phone" if one.kind == "company" else "mobile", value, normalised)
    if one.place % 10 < 7:
        mail = f"{'buy' if one.kind == 'company' else 'me'}{one.place}@customer.example"
        yield ("email", mail, mail)
    if one.kind == "contact" and one.place % 3 == 0:
        yield (CHATS[country.code], f"id{one.place}", f"id{one.place}")
