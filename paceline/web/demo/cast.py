"""Who works at the company: about 120 people in six places, with joiners, leavers and movers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from paceline.org.models import Role
from paceline.web.demo.calendar import Calendar
from paceline.web.demo.names import Name, name_list

DOMAIN = "tideway.example"


@dataclass(frozen=True, slots=True)
class Place:
    """Where people work: their country's currency and zone, and the language they read."""

    country: str
    currency: str
    language: str
    time_zone: str


TAIPEI = Place("TW", "TWD", "zh-hant", "Asia/Taipei")
SHANGHAI = Place("CN", "CNY", "zh-hans", "Asia/Shanghai")
TOKYO = Place("JP", "JPY", "en", "Asia/Tokyo")
BERLIN = Place("DE", "EUR", "en", "Europe/Berlin")
SAO_PAULO = Place("BR", "USD", "en", "America/Sao_Paulo")


@dataclass(frozen=True, slots=True)
class TeamPlan:
    """A team: what it is called, above which it hangs below, and whom it seats."""

    code: str
    name: str
    parent: str
    place: Place
    lead: str = ""
    seat: str = ""
    seats: int = 0


TEAMS = (
    TeamPlan("tideway", "Tideway", "", TAIPEI),
    TeamPlan("head-office", "Head office", "tideway", TAIPEI),
    TeamPlan("taipei", "台北電商", "tideway", TAIPEI, lead="head-of-shop"),
    TeamPlan("taipei-chat", "線上客服組", "taipei", TAIPEI, "team-lead", "chat-seller", 16),
    TeamPlan("taipei-live", "直播組", "taipei", TAIPEI, "team-lead", "live-host", 10),
    TeamPlan("taipei-brand", "品牌通路組", "taipei", TAIPEI, "team-lead", "channel-seller", 8),
    TeamPlan("shanghai", "上海在线教育", "tideway", SHANGHAI, lead="head-of-shop"),
    TeamPlan(
        "shanghai-one", "课程顾问一组", "shanghai", SHANGHAI, "team-lead", "course-adviser", 13
    ),
    TeamPlan(
        "shanghai-two", "课程顾问二组", "shanghai", SHANGHAI, "team-lead", "course-adviser", 13
    ),
    TeamPlan(
        "shanghai-firms", "企业培训组", "shanghai", SHANGHAI, "team-lead", "course-adviser", 7
    ),
    TeamPlan("cross-border", "Cross-border", "tideway", SHANGHAI, lead="head-of-shop"),
    TeamPlan("shenzhen", "深圳跨境组", "cross-border", SHANGHAI, "team-lead", "market-seller", 12),
    TeamPlan("tokyo", "東京チーム", "cross-border", TOKYO, "team-lead", "market-seller", 6),
    TeamPlan("berlin", "Team Berlin", "cross-border", BERLIN, "team-lead", "market-seller", 7),
    TeamPlan(
        "sao-paulo", "Time São Paulo", "cross-border", SAO_PAULO, "team-lead", "market-seller", 6
    ),
)

POSITIONS = {
    "chat-seller": ("線上客服業務", "S1", "Sales"),
    "live-host": ("直播主", "S2", "Sales"),
    "channel-seller": ("通路業務", "S2", "Sales"),
    "course-adviser": ("课程顾问", "S1", "Sales"),
    "market-seller": ("Marketplace seller", "S2", "Sales"),
    "team-lead": ("Team lead", "L1", "Sales"),
    "head-of-shop": ("Head of shop", "L2", "Sales"),
    "chief-executive": ("Chief executive", "L3", "Management"),
    "pay-manager": ("Compensation manager", "P2", "Finance"),
    "controller": ("Controller", "P2", "Finance"),
    "people-partner": ("People partner", "P1", "People"),
    "systems-manager": ("Systems manager", "P1", "Systems"),
}

SELLING = frozenset(team.seat for team in TEAMS if team.seat)

OFFICE = (
    ("chief-executive", TAIPEI, Role.EXECUTIVE),
    ("pay-manager", TAIPEI, Role.COMPENSATION),
    ("pay-manager", SHANGHAI, Role.COMPENSATION),
    ("controller", TAIPEI, Role.FINANCE),
    ("controller", BERLIN, Role.FINANCE),
    ("people-partner", TAIPEI, Role.HR),
    ("people-partner", SHANGHAI, Role.HR),
    ("systems-manager", SHANGHAI, Role.ADMINISTRATOR),
)


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a person sits from a day on."""

    starts_on: date
    team: str
    position: str
    manager: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person: ``seats`` in order of time, ``skill`` how well they sell (1 is usual)."""

    number: str
    name: Name
    place: Place
    role: Role
    seats: tuple[Seat, ...]
    starts_on: date
    ends_before: date | None = None
    skill: float = 1.0
    away: tuple[date, date] | None = None

    @property
    def email(self) -> str:
        return f"{self.name.mailbox}@{DOMAIN}"

    def works_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_before is None or day < self.ends_before)

    def is_away(self, day: date) -> bool:
        """Whether the person is on leave on a day."""
        return self.away is not None and self.away[0] <= day < self.away[1]

    def seat_on(self, day: date) -> Seat:
        """The seat that counts on a day on which the person works."""
        return next(seat for seat in reversed(self.seats) if seat.starts_on <= day)


class Cast:
    """Everyone, by number. Leads sort before those they lead."""

    def __init__(self, calendar: Calendar, random: Random) -> None:
        self._random = random
        self._calendar = calendar
        self._names: dict[str, Iterator[Name]] = {
            country: iter(name_list(country, random)) for country in ("TW", "CN", "JP", "DE", "BR")
        }
        self._count = 0
        self.members: dict[str, Member] = {}
        self._sellers: dict[tuple[str, date], list[Member]] = {}
        self._hire_office()
        self._leads: dict[str, str] = {}
        for team in TEAMS:
            if team.lead:
                self._hire_team(team)
        self._let_life_happen()

    def with_role(self, role: Role) -> list[Member]:
        return [member for member in self.members.values() if member.role == role]

    def lead_of(self, team: str) -> Member:
        return self.members[self._leads[team]]

    def sellers_of(self, team: str, day: date) -> list[Member]:
        """Who sells in a team on a day, leads and those on leave aside."""
        found = self._sellers.get((team, day))
        if found is None:
            found = self._sellers[team, day] = self._seated(team, day)
        return found

    def _seated(self, team: str, day: date) -> list[Member]:
        return [
            member
            for member in self.members.values()
            if member.role == Role.SALESPERSON
            and member.works_on(day)
            and not member.is_away(day)
            and (seat := member.seat_on(day)).team == team
            and seat.position in SELLING
        ]

    def _add(self, place: Place, role: Role, seat: Seat, skill: float = 1.0) -> Member:
        self._count += 1
        number = f"{place.country}{self._count:03d}"
        member = Member(
            number=number,
            name=next(self._names[place.country]),
            place=place,
            role=role,
            seats=(seat,),
            starts_on=seat.starts_on,
            skill=skill,
        )
        self.members[number] = member
        return member

    def _hire_office(self) -> None:
        since = self._calendar.founded_on
        self._chief = ""
        for position, place, role in OFFICE:
            member = self._add(place, role, Seat(since, "head-office", position, self._chief))
            self._chief = self._chief or member.number

    def _hire_team(self, team: TeamPlan) -> None:
        since = self._calendar.founded_on
        above = self._leads.get(team.parent, self._chief)
        lead = self._add(team.place, Role.LEAD, Seat(since, team.code, team.lead, above))
        self._leads[team.code] = lead.number
        for _ in range(team.seats):
            skill = min(1.7, max(0.5, self._random.gauss(1.0, 0.22)))
            seat = Seat(since, team.code, team.seat, lead.number)
            self._add(team.place, Role.SALESPERSON, seat, round(skill, 3))

    def _let_life_happen(self) -> None:
        """Joiners, leavers, two movers, a newcomer, and a lead who hands over mid-quarter."""
        closed, first = self._calendar.last_closed, self._calendar.starts_on
        joiners = (
            "taipei-chat",
            "taipei-live",
            "shanghai-one",
            "shanghai-two",
            "shenzhen",
            "berlin",
        )
        for index, team in enumerate(joiners):
            joined = date(first.year + 1, 2 + index, 1 + 2 * index)
            self._change(self._nth(team, -1), starts_on=joined)
        leavers = ("taipei-chat", "taipei-brand", "shanghai-one", "shenzhen", "tokyo")
        for index, team in enumerate(leavers):
            month = date(first.year + 1, 4 + index, 10 + index)
            self._change(self._nth(team, 2), ends_before=month)
        newcomer = closed.starts_on.replace(month=closed.starts_on.month + 1)
        self._change(self._nth("shanghai-one", -2), starts_on=newcomer)
        before = closed.preceding.starts_on
        self._move(self._nth("taipei-chat", 4), "taipei-live", "live-host", before)
        self._move(self._nth("shanghai-one", 5), "shanghai-firms", "course-adviser", before)
        self._hand_over(
            "shanghai-two", closed.starts_on.replace(month=closed.starts_on.month + 1, day=15)
        )
        self._go_on_leave(
            "shanghai-one", closed.starts_on.replace(month=closed.starts_on.month + 1), days=98
        )

    def _go_on_leave(self, team: str, on: date, *, days: int) -> None:
        """Somebody of a team is away for so many days."""
        member = self._nth(team, 6)
        self.members[member.number] = replace(member, away=(on, on + timedelta(days=days)))

    def _nth(self, team: str, index: int) -> Member:
        seated = [
            member
            for member in self.members.values()
            if member.role == Role.SALESPERSON and member.seats[-1].team == team
        ]
        return seated[index]

    def _change(
        self, member: Member, *, starts_on: date | None = None, ends_before: date | None = None
    ) -> None:
        if starts_on is not None:
            seats = tuple(replace(seat, starts_on=starts_on) for seat in member.seats)
            member = replace(member, starts_on=starts_on, seats=seats)
        self.members[member.number] = replace(member, ends_before=ends_before)

    def _move(
        self, member: Member, team: str, position: str, on: date, *, manager: str = ""
    ) -> None:
        seat = Seat(on, team, position, manager or self._leads[team])
        self.members[member.number] = replace(member, seats=(*member.seats, seat))

    def _hand_over(self, team: str, on: date) -> None:
        """The lead leaves; the best seller of the team leads from that day on."""
        old = self.lead_of(team)
        new = max(self._seated(team, on), key=lambda member: member.skill)
        self._change(old, ends_before=on)
        self._move(new, team, "team-lead", on, manager=old.seats[-1].manager)
        for member in self._seated(team, on):
            self._move(member, team, member.seats[-1].position, on, manager=new.number)
        self.successor = self.members[new.number]
