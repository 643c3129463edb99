"""Rules, traces and times of reply in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from paceline.crm.forms.choices import language_name
from paceline.crm.models import Source
from paceline.kernel import formats
from paceline.kernel.countries import country_name
from paceline.kernel.shell import Badge
from paceline.leads.choosing import Why
from paceline.leads.models import Inquiry, Method, RoutingRule
from paceline.org.models import Person

WHYS = {
    Why.CHOSEN: pgettext_lazy("why somebody got a lead", "gets it"),
    Why.LEFT: gettext_lazy("works here no more"),
    Why.AWAY: gettext_lazy("is on leave"),
    Why.NO_SELLER: gettext_lazy("does not sell"),
    Why.OFF: gettext_lazy("is not at work now"),
    Why.HAD_IT: gettext_lazy("had it already"),
    Why.NOT_NEXT: gettext_lazy("another one’s turn"),
    Why.BUSIER: gettext_lazy("has more to do"),
    Why.AS_BUSY: gettext_lazy("has as much to do, and another waited longer"),
}
CONDITIONS = {
    "languages": gettext_lazy("another language"),
    "countries": gettext_lazy("another country"),
    "territories": gettext_lazy("another territory"),
    "sources": gettext_lazy("another channel"),
    "interests": gettext_lazy("other products"),
}
DAYS = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"), gettext_lazy("Friday"), gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)  # fmt: skip


def conditions_of(rule: RoutingRule) -> str:
    """What a rule asks of a lead."""
    sources = dict(Source.choices)
    parts = [
        formats.listed(language_name(one) for one in rule.languages),
        formats.listed(country_name(one) for one in rule.countries),
        formats.listed(rule.territories),
        formats.listed(str(sources.get(one, one)) for one in rule.sources),
        formats.listed(pgettext("quotation", "“%s”") % one for one in rule.interests),
    ]
    return " · ".join(one for one in parts if one) or _("every lead")


@dataclass(frozen=True, slots=True)
class Step:
    """One rule of a trace in words: why it does not fit, or the people that it looked at."""

    name: str
    failed: str
    method: str
    people: list[tuple[str, str, bool]]


def steps_of(trace: list[dict[str, Any]], names: dict[int, str]) -> list[Step]:
    """A trace in words."""
    methods = dict(Method.choices)
    found = []
    for one in trace:
        name = one.get("name") or _("No rule: whoever gets the rest")
        failed = str(CONDITIONS[one["failed"]]) if one.get("failed") else ""
        method = one.get("method", "")
        people = [
            (names.get(each["person"], "–"), _why(each, method), each["why"] == Why.CHOSEN)
            for each in one.get("people", ())
        ]
        found.append(Step(name, failed, str(methods.get(method, "")), people))
    return found


def _why(each: dict[str, Any], method: str) -> str:
    text = str(WHYS[Why(each["why"])])
    if method == Method.LEAST_BUSY and each["why"] in {Why.CHOSEN, Why.BUSIER, Why.AS_BUSY}:
        return _("%(why)s (work: %(load)s)") % {"why": text, "load": each["load"]}
    return text


def people_in(trace: list[dict[str, Any]]) -> set[int]:
    return {each["person"] for one in trace for each in one.get("people", ())}


def names_in(*traces: list[dict[str, Any]]) -> dict[int, str]:
    """The names of everybody in some traces. One query."""
    ids = set().union(*map(people_in, traces)) if traces else set()
    return dict(Person.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def span(seconds: int | None) -> str:
    """A time of work: ``4 min``, ``2 h 5 min``."""
    if seconds is None:
        return "–"
    minutes = seconds // 60
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    hours, rest = divmod(minutes, 60)
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


@dataclass(frozen=True, slots=True)
class Clock:
    """An inquiry's clock as a reader sees it. ``seconds`` are left until it is due, for the page
    to count down; negative when it is late, None when nothing runs."""

    badge: Badge
    seconds: int | None
    due_at: datetime | None


def clock_of(inquiry: Inquiry, at: datetime) -> Clock:
    if inquiry.answered_at is not None:
        in_time = inquiry.is_within_target
        text = _("answered after %(span)s") % {"span": span(inquiry.worked_seconds)}
        return Clock(Badge(text, "good" if in_time else "warning"), None, inquiry.due_at)
    if inquiry.closed_at is not None:
        return Clock(Badge(_("closed without a reply"), "neutral"), None, inquiry.due_at)
    if inquiry.due_at is None:
        return Clock(Badge(_("no hours of work"), "neutral"), None, None)
    left = inquiry.due_at - at
    seconds = int(left.total_seconds())
    if seconds < 0:
        return Clock(Badge(_("late by %(span)s") % {"span": around(-left)}, "bad"), seconds,
                     inquiry.due_at)  # fmt: skip
    tone: Any = "warning" if seconds < 600 else "info"
    return Clock(Badge(_("due in %(span)s") % {"span": around(left)}, tone), seconds,
                 inquiry.due_at)  # fmt: skip


def around(passed: timedelta) -> str:
    """A span of the clock on the wall, in its largest unit or two."""
    minutes = int(passed.total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    if days:
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    return span(rest * 60)


def about(inquiry: Inquiry) -> str:
    """Who waits."""
    holder = inquiry.lead or inquiry.contact
    return "" if holder is None else holder.name


def nobody() -> str:
    return pgettext("owner", "nobody yet")


SIGNS = {
    "trap": gettext_lazy("filled in a field that people do not see"),
    "no_token": gettext_lazy("was sent without opening the form"),
    "bad_token": gettext_lazy("carried a mark that is not ours"),
    "too_fast": gettext_lazy("was filled in within three seconds"),
    "stale": gettext_lazy("was opened more than a day before"),
    "no_work": gettext_lazy("did not do the work that was asked of the browser"),
    "links": gettext_lazy("contains several links or code"),
    "used_token": gettext_lazy("was sent twice with other content"),
    "origin": gettext_lazy("came from a page that is not on the form’s list"),
}


def signs_of(reasons: list[str]) -> str:
    """Why something waits in quarantine."""
    return "; ".join(str(SIGNS[one]) for one in reasons)
