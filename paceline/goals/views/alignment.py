"""The misalignment view: what hangs from nothing, who has no goal, what pulls against what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from paceline.goals import access, alignment, measures, wording
from paceline.goals.alignment import Group, Item, Line, Section
from paceline.goals.measures import Source
from paceline.goals.measures.reading import converter
from paceline.goals.models import GoalPeriod
from paceline.goals.queries import alignment as queries
from paceline.goals.queries.goals import period_of_day, periods
from paceline.goals.views.goals import tabs
from paceline.kernel import formats
from paceline.kernel.pages import page
from paceline.org.models import Person
from paceline.org.requests import PersonRequest

SHOWN_MAX = 40
NAMED_MAX = 8  # more people without goals are shown by team


@require_GET
def show(request: PersonRequest) -> HttpResponse:
    known = periods()
    asked = request.GET.get("period", "")
    period = next((one for one in known if str(one.pk) == asked), None)
    period = period or period_of_day(known, request.today)
    url = reverse("goals:alignment")
    sections = [] if period is None else _sections(request.person, period, request.today)
    context = {
        "period": period,
        "chips": [(one.name, f"{url}?period={one.pk}", one == period) for one in known[:12]],
        "sections": sections,
        "clear": [one.title for one in sections if not one.count],
        "tabs": tabs("alignment", request),
    }
    return page(request, "goals/alignment.html", context)


def _address(line: Line) -> str:
    return reverse("goals:goal", args=[line.pk])


def _mend(person: Person, line: Line, words: str, *, below: bool = False) -> tuple[str, str] | None:
    """Where the reader mends it: the goal's own form, or a new goal below it."""
    if below:
        return words, f"{reverse('goals:goal_new')}?parent={line.pk}"
    if not access.may_propose(person, line.level, line.team_id, line.owner_id):
        return None
    return words, reverse("goals:goal_edit", args=[line.pk])


def _sections(person: Person, period: GoalPeriod, today: date) -> list[Section]:
    lines = queries.lines_for(person, period, today)
    sources = measures.known({one.measure for one in lines})
    names = {one.owner_id: one.owner for one in lines if one.owner_id and one.owner}
    found = [
        _hanging(person, lines, names),
        _without_owner(person, lines),
        _without_goals(person, lines, today),
        _weights(lines, names),
        _pulls(lines, sources, names),
        _shortfalls(person, lines, names, sources, today),
        *alignment.contributed(person, period, lines, today),
    ]
    for section in found:
        section.count = section.count or len(section.items)
        section.items = section.items[:SHOWN_MAX]
    return found


def _hanging(person: Person, lines: Sequence[Line], names: Mapping[int, str]) -> Section:
    items = [
        Item(one.name, names.get(one.owner_id or 0, ""), _address(one),
             mend=_mend(person, one, _("Say what it serves")))
        for one in alignment.hanging(lines)
    ]  # fmt: skip
    rule = _("Goals that serve no other goal and no strategy page.")
    return Section("hanging", _("Hanging from nothing"), rule, items)


def _without_owner(person: Person, lines: Sequence[Line]) -> Section:
    items = [
        Item(one.name, one.owner or "", _address(one),
             mend=_mend(person, one, _("Give it to somebody")))
        for one in sorted(lines, key=lambda line: line.pk)
        if one.owner_left
    ]  # fmt: skip
    rule = _("Open goals whose owner has left; nothing of them is lost until somebody takes over.")
    return Section("without_owner", _("Without owner"), rule, items)


def _without_goals(person: Person, lines: Sequence[Line], today: date) -> Section:
    expected = queries.expected_owners(person, today)
    url = reverse("goals:goal_new")
    without = [expected[pk] for pk in alignment.without_goals(expected, lines)]
    rule = _(
        "People who sell or lead and own no goal in this period. Choose somebody to propose one."
    )
    found = Section("without_goals", _("People without goals"), rule, count=len(without))
    if len(without) <= NAMED_MAX:
        found.items = [Item(one.name, one.team, f"{url}?owner={one.pk}") for one in without]
        return found
    # Whether a team has no goals at all or one person was forgotten shows team by team.
    teams: dict[str, list[Item]] = {}
    for one in without:
        teams.setdefault(one.team, []).append(Item(one.name, "", f"{url}?owner={one.pk}"))
    everyone = Counter(one.team for one in expected.values())
    for team, items in sorted(teams.items(), key=lambda row: (-len(row[1]), row[0])):
        told = _("%(count)s of %(all)s without goals") % {
            "count": formats.number(len(items)), "all": formats.number(everyone[team])
        }  # fmt: skip
        found.groups.append(Group(team or _("Without a team"), told, items[:SHOWN_MAX]))
    return found


def _weights(lines: Sequence[Line], names: Mapping[int, str]) -> Section:
    url = reverse("goals:goals")
    items = [
        Item(
            names.get(owner, "–"),
            _("together %(total)s") % {"total": formats.percent(total.scaleb(-2))},
            f"{url}?goals-q={names.get(owner, '')}",
        )
        for owner, total in sorted(
            alignment.crooked_weights(lines).items(), key=lambda one: names.get(one[0], "")
        )
    ]
    rule = _("Owners whose weights in this period are not 100% together.")
    return Section("weights", _("Weights that do not add up"), rule, items)


def _pulls(
    lines: Sequence[Line], sources: Mapping[str, Source], names: Mapping[int, str]
) -> Section:
    items = []
    for pull in alignment.pulls(lines, sources):
        detail = (
            _("the same measure is to rise and to fall")
            if pull.is_opposite
            else _("more %(one)s is apt to worsen %(other)s")
            % {"one": sources[pull.one.measure].label, "other": sources[pull.other.measure].label}
        )
        whose = names.get(pull.one.owner_id or 0, "")
        items.append(
            Item(pull.one.name, " · ".join(filter(None, [whose, detail])), _address(pull.one),
                 other=(pull.other.name, _address(pull.other)))
        )  # fmt: skip
    rule = _(
        "Goals of one owner, or one serving the other: the same measure up and down at once, or a"
        " measure whose rise alone is known to hurt the other (orders: order value, return rate;"
        " sales: return rate; deals won: win rate). Keep both where the one guards the other."
    )
    return Section("pulls", _("Pulling against each other"), rule, items)


def _shortfalls(
    person: Person,
    lines: Sequence[Line],
    names: Mapping[int, str],
    sources: Mapping[str, Source],
    today: date,
) -> Section:
    items = []
    for one in alignment.shortfalls(lines, sources, converter(today)):
        above = one.above
        told = ngettext(
            "%(count)s goal below makes %(total)s of %(target)s",
            "%(count)s goals below make %(total)s of %(target)s",
            one.count,
        ) % {
            "count": one.count,
            "total": wording.in_unit(one.total, above.unit, above.currency),
            "target": wording.in_unit(above.target, above.unit, above.currency),
        }
        detail = " · ".join(filter(None, [names.get(above.owner_id or 0, ""), told]))
        mend = _mend(person, above, _("Propose one below it"), below=True)
        items.append(Item(above.name, detail, _address(above), mend=mend))
    rule = _(
        "Goals whose goals below, measured alike, make less than their target; other currencies at"
        " the last known rate."
    )
    return Section("shortfalls", _("Not covered from below"), rule, items)
