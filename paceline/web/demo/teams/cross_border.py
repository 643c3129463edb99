"""Cross-border: margin and champions, specialists who own territories, leads of two levels and
of regions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from paceline.org import actions as org
from paceline.org.models import Role
from paceline.web.demo import papers
from paceline.web.demo.cast import Member
from paceline.web.demo.papers import Paper
from paceline.web.demo.stage import BEGAN, Stage
from paceline.web.demo.teams.plans import PayPlan, Target, leads, positions


def _specialists(stage: Stage) -> list[Member]:
    """Two of Shenzhen's people look after its territories besides their own sales."""
    return stage.cast.sellers_of("shenzhen", stage.calendar.as_of)[:2]


def _people(stage: Stage) -> list[Target]:
    return [stage.person(member) for member in _specialists(stage)]


def _middle_of_the_last_quarter(stage: Stage) -> date:
    """A statement of that quarter shows both rates."""
    first = stage.calendar.last_closed.starts_on
    return first.replace(month=first.month + 1, day=16)


PLANS = (
    PayPlan("cross-border", positions("market-seller")),
    PayPlan("cross-border-margin", positions("market-seller")),
    PayPlan("cross-border-specialists", _people, change=_middle_of_the_last_quarter),
    PayPlan(
        "cross-border-leads", leads("cross-border", "shenzhen", "tokyo", "berlin", "sao-paulo")
    ),
    PayPlan("cross-border-regions", leads("tokyo", "berlin")),
)
# Whose lead answers for a region besides their own team: the other team of its half of the world.
REGIONS = {"tokyo": "shenzhen", "berlin": "sao-paulo"}
# The first specialist's part of each of Shenzhen's territories; the second has the rest.
TERRITORIES = {"US West": 100, "US East": 0, "Canada": 60, "Mexico": 30}


def bring_in_regions(stage: Stage) -> None:
    """Tokyo's lead answers for the East and Berlin's for the West, whoever they report to."""
    by = stage.acting(Role.HR)
    org.add_hierarchy(code="region", name="Regions", by=by, at=stage.at(BEGAN, 11))
    rows = (
        ("region", member.number, stage.cast.lead_of(lead).number, member.starts_on)
        for lead, other in REGIONS.items()
        for team in (lead, other)
        for member in stage.cast.sellers_of(team, stage.calendar.as_of)
    )
    header = ("hierarchy", "person", "stands below", "start date")
    path = papers.write(Paper(), stage.folder / "regions", header, rows)
    stage.bring_in("hierarchies", path, by=by, at=stage.at(BEGAN, 11, 20))


def bring_in_guarantee(stage: Stage) -> None:
    """São Paulo is a new market: its lead was promised a minimum a quarter."""
    lead = stage.cast.lead_of("sao-paulo")
    rows = [("cross-border-leads", "new-market", lead.number, "1500.00", lead.starts_on)]
    header = ("plan", "clause", "payee", "amount", "start date")
    path = papers.write(Paper(), stage.folder / "agreed-amounts", header, rows)
    by = stage.acting(Role.COMPENSATION)
    stage.bring_in("agreed_amounts", path, by=by, at=stage.at(BEGAN - 2, 11))


def bring_in_owners(stage: Stage) -> None:
    header = ("column", "key", "owner", "share", "start date")
    path = papers.write(Paper(), stage.folder / "territory-owners", header, _rows(stage))
    by = stage.acting(Role.COMPENSATION)
    stage.bring_in("owners", path, by=by, at=stage.at(BEGAN - 1, 14, 40))


def _rows(stage: Stage) -> Iterator[tuple[object, ...]]:
    first, second = _specialists(stage)
    for territory, part in TERRITORIES.items():
        for member, share in ((first, part), (second, 100 - part)):
            if share:
                yield "territory", territory, member.number, f"{share}%", member.starts_on
