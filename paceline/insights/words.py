"""Questions and answers in words: names of keys, values in their unit, and why one is refused."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from paceline.crm.models import FeedbackKind, Severity
from paceline.crm.models import Source as Origin
from paceline.insights.asked import NotAsked, Question
from paceline.insights.dimensions import BUCKETS, COMPARISONS, DIMENSIONS
from paceline.insights.measures import Measure
from paceline.insights.queries.desk import Desk
from paceline.kernel import formats
from paceline.kernel.money import CURRENCIES, written_amount

HOUR_STEP = Decimal("0.1")
PLAIN_STEP = Decimal("0.00000001")
_CHOICES: dict[str, dict[str, object]] = {
    "origin": dict(Origin.choices),
    "kind": dict(FeedbackKind.choices),
    "severity": dict(Severity.choices),
}


def key_name(desk: Desk, dimension: str, key: str | None) -> str:
    """What a key is called: a person, a team, a channel …"""
    if not key:
        return pgettext("key of a figure", "(none)")
    if dimension == "person":
        return desk.names.get(key, key)
    if dimension == "team":
        return desk.teams[key].name if key in desk.teams else key
    if dimension == "stage":
        return desk.stages.get(key, key)
    return str(_CHOICES.get(dimension, {}).get(key, key))


def others(count: int) -> str:
    """What all keys go by that are not told one by one."""
    return _("%(count)d others") % {"count": count}


def worded(measure: Measure, value: Decimal | None, currency: str) -> str:
    """A value in the measure's unit."""
    if value is None:
        return formats.NOTHING
    if measure.unit == "money":
        return formats.money(value, currency)
    if measure.unit == "percent":
        return formats.percent(value)
    if measure.unit == "hours":
        return _("%(hours)s h") % {"hours": formats.number(value.quantize(HOUR_STEP))}
    return formats.number(value.normalize())


def worded_change(measure: Measure, value: Decimal | None, before: Decimal | None) -> str:
    """How a value stands to another: percentage points for shares, else in per cent of it.

    Nothing where the other is not above nought: of a month in which more came back than was sold,
    a per cent says neither how much nor which way.
    """
    if value is None or before is None:
        return ""
    if measure.unit == "percent":
        points = ((value - before) * 100).quantize(HOUR_STEP)
        return _("%(points)s points") % {"points": _signed(formats.number(points), points)}
    if before <= 0:
        return ""
    share = (value - before) / before
    return _signed(formats.percent(share.quantize(Decimal("0.001"))), share)


def _signed(text: str, value: Decimal) -> str:
    return f"+{text}" if value > 0 else text


def plain(value: Decimal | None, unit: str) -> Decimal | str:
    """A value as a file takes it, of a ``plain_unit``. What was converted or averaged keeps more
    digits than its currency has: files are read on."""
    if value is None:
        return ""
    rounded = value.quantize(PLAIN_STEP)
    if unit in CURRENCIES:
        return written_amount(rounded, unit)
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral() else rounded.normalize()


def plain_unit(measure: Measure, currency: str) -> str:
    """What the plain values of a measure in a file are in."""
    return currency if measure.unit == "money" else measure.unit


def direction(measure: Measure, value: Decimal | None, before: Decimal | None) -> str:
    """``up`` where it became better, ``down`` where worse, nothing where neither is so."""
    if value is None or before is None or value == before or not measure.good:
        return ""
    return "up" if (value > before) == (measure.good == "up") else "down"


def title(desk: Desk, question: Question) -> str:
    """The question as a heading: what, by what, of which days."""
    parts = [str(question.measure.name)]
    by = [str(BUCKETS[question.over])] if question.over else []
    by += [str(DIMENSIONS[question.split])] if question.split else []
    if by:
        parts.append(_("by %(what)s") % {"what": " × ".join(by).lower()})
    parts.append(question.span.worded)
    parts += narrowings(desk, question)
    return " · ".join(parts)


def narrowings(desk: Desk, question: Question) -> list[str]:
    return [
        f"{DIMENSIONS[name]}: {key_name(desk, name, value)}"
        for name, value in question.only.items()
    ]


def compared_with(question: Question) -> str:
    """What the second series or column says."""
    other = question.compared
    return "" if other is None else f"{COMPARISONS[question.compare]} ({other.span.worded})"


def refusal(error: NotAsked) -> str:
    """Why a question could not be asked; nothing was calculated."""
    values = {"value": error.value, "part": error.part}
    if error.code == "split_unfit":
        name = DIMENSIONS[error.value]
        return _("This measure cannot be split by “%(name)s”.") % {"name": name}
    if error.code == "only_unfit":
        name = DIMENSIONS[error.value]
        return _("This measure cannot be narrowed by “%(name)s”.") % {"name": name}
    said = {
        "unknown": _("“%(value)s” is not known here (%(part)s)."),
        "too_fine": _("That makes more points than a chart can show; choose longer steps."),
        "no_day": _("Give the first and the last day as dates."),
        "backwards": _("The last day lies before the first."),
        "too_long": _("Ask for at most ten years."),
        "team_gone": _("There is no team “%(value)s” any more. Choose another."),
        "pay_too_fine": _("Pay is known by pay period; choose months or longer steps."),
    }
    return said[error.code] % values
