"""What one reader brings to every question of a page: rights, currency, teams, names, files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, Subquery, Sum
from django.db.models.functions import TruncMonth

from paceline.crm.models import Pipeline, Stage
from paceline.insights import access
from paceline.insights.cubes import Lines
from paceline.insights.cubes.columns import FAR
from paceline.insights.dimensions import Span, bucket_of
from paceline.insights.models import ReportingRule
from paceline.insights.queries.shelf import Shelf, folder
from paceline.orders.models import ExchangeRate
from paceline.org.models import Employment, Person, ReportingPath, Team

RATE_STEP = Decimal("0.0000000001")
ALWAYS = (date(1, 1, 1), FAR)


@dataclass
class Desk:
    """Made once a page; close it. ``today`` is the reader's day; ``shelf`` the files that stand.

    What was found out while answering and must be said stands in ``left_out`` (lines by currency)
    and ``withheld``. ``days``: what is asked about on this page lies in them, so that rows read for
    one question serve the others.
    """

    reader: Person
    today: date
    shelf: Shelf
    left_out: Counter[str] = field(default_factory=Counter)
    withheld: bool = False
    days: Span | None = None
    kept: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def lines(self) -> Lines:
        return Lines(
            folder(), self.shelf.digests, self.members, memory=settings.INSIGHTS_MEMORY_MIB
        )

    def close(self) -> None:
        if "lines" in self.__dict__:
            self.lines.close()

    # Whose

    @cached_property
    def sees_all(self) -> bool:
        return access.may_read_all_sales(self.reader)

    @cached_property
    def reach(self) -> list[tuple[str, date, date]] | None:
        """Whose lines on which days the reader may see one by one; ``None``: everybody's."""
        if self.sees_all:
            return None
        paths = ReportingPath.objects.filter(ancestor=self.reader).values_list(
            "descendant__number", "starts_on", "ends_before"
        )
        below = [(number, first, end or FAR) for number, first, end in paths]
        return [(self.reader.number, *ALWAYS), *below]

    @cached_property
    def people_seen(self) -> frozenset[str] | None:
        return None if self.reach is None else frozenset(number for number, *_days in self.reach)

    @cached_property
    def members(self) -> list[tuple[str, str, date, date]]:
        """Who belonged to which team when: team's code, number, days."""
        return [one[:4] for one in self._memberships]

    @cached_property
    def _memberships(self) -> list[tuple[str, str, date, date, int, str]]:
        """The same with id and name of the person."""
        return [
            (team, number, first, end or FAR, pk, name)
            for pk, number, name, team, first, end in self._everyone
            if team is not None
        ]

    @cached_property
    def _everyone(self) -> list[tuple[int, str, str, str | None, date, date | None]]:
        """Everybody by name, once with each team that they belong or belonged to. One query."""
        teams = [f"team_memberships__{one}" for one in ("team__code", "starts_on", "ends_before")]
        return list(Person.objects.values_list("pk", "number", "name", *teams))

    def people_in(self, team: str) -> list[tuple[int, str]]:
        """Ids and names of those who belong to a team on the day, by name."""
        found = {
            (name, pk)
            for code, _number, first, end, pk, name in self._memberships
            if code == team and first <= self.today < end
        }
        return [(pk, name) for name, pk in sorted(found)]

    @cached_property
    def teams(self) -> dict[str, Team]:
        return {team.code: team for team in Team.objects.all()}

    @cached_property
    def teams_about(self) -> list[Team]:
        """Whose reviews and notes the reader writes: of the teams in which they or those below them
        work on the day; who oversees all sales: of all."""
        if self.sees_all:
            return list(self.teams.values())
        here = {number for number, first, end in self.reach or () if first <= self.today < end}
        codes = {team for number in here for team in self._teams_on_day(number)}
        return [one for code, one in self.teams.items() if code in codes]

    def teams_below(self, code: str) -> frozenset[str]:
        """The codes of a team and of all below it; nothing for one that is not known."""
        if code not in self.teams:
            return frozenset()
        found, parents = {code}, {self.teams[code].pk}
        while parents:
            below = [one for one in self.teams.values() if one.parent_id in parents]
            parents = {one.pk for one in below if one.code not in found}
            found |= {one.code for one in below}
        return frozenset(found)

    def team_on(self, number: str, day: date) -> str:
        """The code of the team that a person belonged to on a day; empty without one."""
        return next(
            (team for team, first, end in self._teams_of.get(number, ()) if first <= day < end),
            "",
        )

    @cached_property
    def own_teams(self) -> frozenset[str]:
        """The codes of the teams to which the reader belongs on the day."""
        return self._teams_on_day(self.reader.number)

    def _teams_on_day(self, number: str) -> frozenset[str]:
        own = self._teams_of.get(number, ())
        return frozenset(team for team, first, end in own if first <= self.today < end)

    @cached_property
    def _teams_of(self) -> dict[str, list[tuple[str, date, date]]]:
        found: dict[str, list[tuple[str, date, date]]] = {}
        for team, number, first, end in self.members:
            found.setdefault(number, []).append((team, first, end))
        return found

    def members_of(self, teams: Iterable[str], span: Span) -> frozenset[str]:
        """Who belonged to one of some teams on some of the days."""
        wanted = set(teams)
        return frozenset(
            number
            for team, number, first, end in self.members
            if team in wanted and first < span.ends_before and end > span.starts_on
        )

    @cached_property
    def names(self) -> dict[str, str]:
        """Everyone's name by number."""
        return {number: name for _pk, number, name, *_team in self._everyone}

    @cached_property
    def stages(self) -> dict[str, str]:
        """The names of stages of pipelines that the reader may see, by id; of several pipelines
        each with its own, since most name their stages alike. One query."""
        seen = Pipeline.objects.visible_to(self.reader).order_by().values("pk")
        rows = list(
            Stage.objects.filter(pipeline__in=seen)
            .order_by("pipeline__team__name", "pipeline__rank", "pipeline", "rank")
            .values_list("pk", "name", "pipeline", "pipeline__name", "pipeline__team__name")
        )
        pipelines = {(pipeline, team) for _pk, _stage, pipeline, _name, team in rows}
        of_team = Counter(team for _pipeline, team in pipelines)
        return {
            str(pk): stage
            if len(pipelines) == 1
            else f"{stage} · {team}"
            if of_team[team] == 1
            else f"{stage} · {name}, {team}"
            for pk, stage, _pipeline, name, team in rows
        }

    def read(self, what: object, asked: Span, rows: Callable[[Span], list[Any]]) -> list[Any]:
        """Rows of the days of the page where ``asked`` lies in them, read once; else of ``asked``
        alone. Whoever asks takes those of their own days."""
        days = self.days
        if days is None or asked.starts_on < days.starts_on or asked.ends_before > days.ends_before:
            return rows(asked)
        if what not in self.kept:
            self.kept[what] = rows(days)
        found: list[Any] = self.kept[what]
        return found

    # In which money

    @cached_property
    def rule(self) -> ReportingRule:
        """How the company adds up; before it said so, in the currency that most are paid in."""
        said = ReportingRule.objects.order_by("-pk")
        paid = Employment.objects.on(self.today).order_by().values("currency")
        most = paid.annotate(
            n=Count("pk"),
            said=Subquery(said.values("currency")[:1]),
            kind=Subquery(said.values("rate_type")[:1]),
        ).order_by("-n", "currency").first()  # fmt: skip
        if most is None:  # nobody works here on the day
            return said.first() or ReportingRule(currency="USD")
        if most["said"]:
            return ReportingRule(currency=most["said"], rate_type=most["kind"])
        return ReportingRule(currency=most["currency"])

    def currency(self, asked: str = "") -> str:
        return asked or self.rule.currency

    def rate(self, currency: str, month: date, target: str) -> Decimal | None:
        """What a unit is worth in a month: the mean of the month's daily rates, else that of the
        last month before which has one; ``None`` where there is none."""
        if currency == target:
            return Decimal(1)
        months = self._rates(target).get(currency, {})
        first = bucket_of(month, "month")
        known = max((one for one in months if one <= first), default=None)
        return None if known is None else months[known]

    def rates(self, target: str) -> dict[tuple[date, str], Decimal]:
        """The rates of every month that has lines, for every currency that can be told."""
        known: dict[tuple[date, str], Decimal] | None = self.kept.get(("rates", target))
        if known is None:
            rates = {
                (month, currency): self.rate(currency, month, target)
                for month in self.shelf.digests
                for currency in (target, *self._rates(target))
            }
            known = {place: rate for place, rate in rates.items() if rate is not None}
            self.kept["rates", target] = known
        return known

    def _rates(self, target: str) -> dict[str, dict[date, Decimal]]:
        """By currency and month the mean rate into the target; turned over where only the other
        way is known. One query."""
        kept: dict[str, dict[str, dict[date, Decimal]]] = self.__dict__.setdefault(
            "_kept_rates", {}
        )
        if target in kept:
            return kept[target]
        rows = (
            ExchangeRate.objects.filter(
                Q(to_currency=target) | Q(from_currency=target), rate_type=self.rule.rate_type
            )
            .annotate(month=TruncMonth("on"))
            .order_by()
            .values_list("from_currency", "to_currency", "month")
            .annotate(sum=Sum("rate"), n=Count("pk"))
        )
        found: dict[str, dict[date, Decimal]] = {}
        turned: dict[str, dict[date, Decimal]] = {}
        for source, into, month, total, count in rows:
            mean = total / count
            if into == target:
                found.setdefault(source, {})[month] = mean.quantize(RATE_STEP)
            else:
                turned.setdefault(into, {})[month] = (1 / mean).quantize(RATE_STEP)
        kept[target] = {**turned, **found}
        return kept[target]
