"""My plan on one page, laid out by typst; figures and names reach the layout as JSON."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from paceline.incentives.my_plan import MyPlan, PlannedGoal, PlannedWorth
from paceline.incentives.pdf.statement import FONTS, REGIONS
from paceline.kernel import formats
from paceline.org.models import Person

LAYOUT = Path(__file__).with_name("my_plan.typ")
GOALS_MAX, STEPS_MAX = 8, 8  # more than these is no longer one page


def my_plan_pdf(plan: MyPlan, person: Person, on: date, *, language: str) -> bytes:
    """The plan as a PDF of one page in a language of the product."""
    with translation.override(language):
        values = _values(plan, person, on, language)
    fonts = settings.NODE_MODULES / "@embedpdf"
    content = typst.compile(
        str(LAYOUT),
        root=str(LAYOUT.parent),
        font_paths=[str(fonts / "fonts-tc/fonts"), str(fonts / "fonts-sc/fonts")],
        ignore_system_fonts=True,
        sys_inputs={"plan": json.dumps(values, ensure_ascii=False)},
    )
    return bytes(content)


def _values(plan: MyPlan, person: Person, on: date, language: str) -> dict[str, Any]:
    lang, region = REGIONS.get(language, ("en", "GB"))
    rest = max(len(plan.goals) - GOALS_MAX, 0)
    return {
        "fonts": list(FONTS.get(language, FONTS["zh-hant"])),
        "lang": lang,
        "region": region,
        "title": _("My plan"),
        "person": person.name,
        "day": formats.day(on),
        "goals_label": _("Goals"),
        "goals": [_goal(one) for one in plan.goals[:GOALS_MAX]],
        "rest": _("and %(count)d more, shown in Paceline") % {"count": rest} if rest else "",
        "no_goals": _("No goals in running periods."),
        "steps_label": _("Next steps"),
        "steps": [[formats.day(one.on), one.what, one.about] for one in plan.steps[:STEPS_MAX]],
        "no_steps": _("Nothing is planned."),
        "pay": list(plan.pay[:2]) if plan.pay else [],
        "pay_label": _("Last statement"),
        "note": _(
            "Pay for a goal is what its component pays alone at that value; the statement decides."
        ),
    }


def _goal(one: PlannedGoal) -> dict[str, Any]:
    facts = [one.period, _("weight %(weight)s") % {"weight": one.weight}, str(one.state)]
    return {
        "name": one.name,
        "facts": " · ".join(facts),
        "value": one.value,
        "aim": one.aim,
        "status": " · ".join(filter(None, [str(one.status), one.progress, one.needed])),
        "worth": [_worth(worth) for worth in one.worth],
    }


def _worth(one: PlannedWorth) -> str:
    if not one.at_target:
        return f"{one.component} ({one.plan})"
    return _("%(component)s: %(at_target)s at the target, %(now)s now") % {
        "component": one.component,
        "at_target": one.at_target,
        "now": one.now or "–",
    }
