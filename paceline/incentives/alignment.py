"""What pay adds to the alignment page of goals: goals that nothing rewards, and the reverse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from paceline.goals import alignment
from paceline.goals.alignment import Item, Line, Section, is_personal
from paceline.goals.models import GoalPeriod
from paceline.incentives.access.plans import may_read_all_plans, may_say_rewards
from paceline.incentives.models.plans import in_reader_language
from paceline.incentives.queries.rewards import rewarded, versions_in_force
from paceline.org.models import Person


def register() -> None:
    """Let pay speak on the alignment page; called once at start."""
    alignment.contribute(sections)


def sections(person: Person, period: GoalPeriod, lines: Sequence[Line], on: date) -> list[Section]:
    """For those who read every plan: whom a plan pays is no business of others."""
    if not may_read_all_plans(person):
        return []
    found = rewarded(lines, period.starts_on, period.end)
    unrewarded = [line for line in lines if line.pk not in found.goals]
    say, address = may_say_rewards(person), reverse("incentives:goal-rewards")
    without = []
    for line in unrewarded:
        # Goals of people are rewarded by their measure, all alike.
        which = f"measure={line.measure}" if is_personal(line) else f"goal={line.pk}"
        without.append(
            Item(line.name, line.owner or "",
                 reverse("goals:goal", args=[line.pk]),
                 mend=(_("Say what rewards it"), f"{address}?{which}") if say else None)
        )  # fmt: skip
    idle = []
    day = min(max(on, period.starts_on), period.end)
    for version in versions_in_force(person, day):
        for component in version.outline.get("components", ()):
            if (version.plan_id, component["id"]) not in found.components:
                name = in_reader_language(component.get("name", {})) or component["id"]
                url = reverse("incentives:plan", args=[version.plan.code])
                which = f"component={version.plan_id}:{component['id']}"
                mend = (_("Say what it rewards"), f"{address}?{which}") if say else None
                idle.append(Item(name, version.name, url, mend=mend))
    return [
        Section(
            "unrewarded",
            _("Goals that nothing rewards"),
            _("No component of a pay plan that pays the owner is said to reward them."),
            without,
        ),
        Section(
            "idle_components",
            _("Components that reward no goal"),
            _("Parts of plans in force that no open goal of this period stands behind."),
            idle,
        ),
    ]
