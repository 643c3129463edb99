"""Sequences, steps and traces in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from paceline.kernel import formats
from paceline.kernel.shell import Badge, Tone
from paceline.mail.filling import UnknownWords, fill
from paceline.sequences import actions
from paceline.sequences.models import (
    Act,
    Cause,
    Counting,
    Ended,
    Enrolment,
    Line,
    Step,
    What,
    Whom,
    Why,
)
from paceline.sequences.queries.figures import now_shown
from paceline.sequences.queries.texts import words

ICONS = {
    Act.CALL: "phone", Act.CHAT: "message-circle", Act.MEETING: "calendar-event",
    Act.TASK: "checkbox", Act.MAIL: "mail",
}  # fmt: skip
SKIPS = {
    "gone": gettext_lazy("gone, or not yours to see"),
    "not_yours": gettext_lazy("not yours to change"),
    "under_way": gettext_lazy("under way in it already"),
    "other_team": gettext_lazy("of another team"),
    "off": gettext_lazy("the sequence was switched off"),
}
REFUSALS = (
    actions.AlreadyUnderWay, actions.NothingToDo, actions.OtherTeam, actions.SequenceIsOff,
    actions.SequenceNameTaken, actions.StartBegun, actions.StartUndone, actions.TooManySequences,
    actions.TooManySteps, UnknownWords,
)  # fmt: skip


def refusal(problem: Exception) -> str:
    """One refused action in the reader's language."""
    if isinstance(problem, UnknownWords):
        names = formats.listed(f"{{{one}}}" for one in problem.words)
        return _("No placeholder is called %(words)s.") % {"words": names}
    return {
        actions.AlreadyUnderWay: _("This customer goes through the sequence already."),
        actions.NothingToDo: _("Give at least one step, and say of each what is to be done."),
        actions.OtherTeam: _("The customer is of another team, or was put away."),
        actions.SequenceIsOff: _("The sequence is off."),
        actions.SequenceNameTaken: _("Another sequence of the team is called so."),
        actions.StartBegun: _("This was begun before."),
        actions.StartUndone: _("This was taken back before, or is still under way."),
        actions.TooManySequences: _("A team has at most 60 sequences; put one away first."),
        actions.TooManySteps: _("At most 20 steps, each at most 365 days after the one before."),
    }[type(problem)]


def after(step: Step) -> str:
    """When a step comes, counted from the one before it."""
    if step.days == 0:
        return _("at once") if step.rank == 0 else _("the same day")
    if step.counting == Counting.DAYS:
        told = ngettext("after %(days)s day", "after %(days)s days", step.days)
    else:
        told = ngettext("after %(days)s working day", "after %(days)s working days", step.days)
    return told % {"days": step.days}


def title(step: Step) -> str:
    """What is to be done, in the reader's language where it is given."""
    if step.act == Act.MAIL:
        name = "" if step.template is None else step.template.name
        return _("Mail “%(name)s”") % {"name": name}
    return f"{step.get_act_display()}: {words(step.texts, get_language() or 'en')[0]}"


def script(step: Step) -> str:
    return words(step.texts, get_language() or "en")[1]


def doer(step: Step) -> str:
    if step.whom == Whom.PERSON and step.person is not None:
        return step.person.name
    return str(step.get_whom_display())


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One line of a trace as a reader sees it."""

    icon: str
    at: datetime
    title: str
    why: str
    badge: Badge | None = None


def trace_of(enrolment: Enrolment, at: datetime, values: Mapping[str, str]) -> list[TraceLine]:
    """The trace of an enrolment in order, with the names of its customer."""
    lines = [line_of(one, at) for one in enrolment.lines.all()]
    return [replace(one, title=fill(one.title, values)) for one in lines]


def line_of(line: Line, at: datetime) -> TraceLine:
    what = str(What(line.what).label)
    if line.step is not None:
        what = f"{what} · {line.step.rank + 1}. {title(line.step)}"
    icon = {
        What.STARTED: "player-play", What.ENDED: "flag", What.SKIPPED: "player-skip-forward",
        What.PUT_OFF: "clock-pause", What.GIVEN: "user-check", What.TAKEN_BACK: "arrow-back-up",
    }.get(What(line.what), "point")  # fmt: skip
    if line.what == What.MADE and line.step is not None:
        icon = ICONS[Act(line.step.act)]
    return TraceLine(icon, line.at, what, reason(line), _badge(line, at))


def _badge(line: Line, at: datetime) -> Badge | None:
    if line.what != What.MADE:
        return None
    return {
        "done": Badge(_("Done"), "good"),
        "overdue": Badge(_("Overdue"), "bad"),
        "open": Badge(_("To do"), "warning"),
    }.get(now_shown(line, at))


def reason(line: Line) -> str:
    """Why it was done, left out or put off."""
    parts = []
    if line.person is not None:
        parts.append(line.person.name)
    if line.what == What.STARTED:
        parts.append(str(Cause(line.why).label))
    elif line.what == What.ENDED:
        parts.append(str(Ended(line.why).label))
    elif line.why:
        parts.append(str(Why(line.why).label))
    facts: dict[str, Any] = line.facts
    if line.step is not None and "from" in facts:
        counted = formats.day(date.fromisoformat(facts["from"]))
        told = _("%(after)s, counted from %(day)s")
        parts.append(told % {"after": after(line.step), "day": counted})
    if "until" in facts:
        until = formats.moment(datetime.fromisoformat(facts["until"]))
        parts.append(_("until %(when)s") % {"when": until})
    if "version" in facts:
        parts.append(_("version %(number)s") % {"number": facts["version"]})
    return " · ".join(parts)


def state_of(enrolment: Enrolment) -> Badge:
    """Where an enrolment stands."""
    if enrolment.ended_at is None:
        return Badge(_("Under way"), "info")
    tone: dict[Ended, Tone] = {Ended.ORDERED: "good", Ended.REPLIED: "good", Ended.DEAL: "good"}
    return Badge(
        str(Ended(enrolment.ended_why).label), tone.get(Ended(enrolment.ended_why), "neutral")
    )


def skipped(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Why some of many did not begin, and how many each."""
    return [(str(SKIPS.get(why, why)), count) for why, count in sorted(counts.items())]
