"""The steps from a calculated run to a closed period: what was done by whom, and what is next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from paceline.incentives.access import pay as access
from paceline.incentives.models import RunFinalisation
from paceline.kernel import formats
from paceline.org.models import Person

State = Literal["done", "next", "open"]


@dataclass(frozen=True, slots=True)
class RunStep:
    """A step: ``said`` is what was done by whom; of the next one, who does what."""

    name: str
    state: State
    said: str = ""
    url: str = ""

    @property
    def state_name(self) -> str:
        return {
            "done": pgettext("step of a run", "done"),
            "next": pgettext("step of a run", "next"),
            "open": pgettext("step of a run", "later"),
        }[self.state]


def steps_of(
    run: Any, reader: Person, *, settles: bool, unreleased: int, closed: RunFinalisation | None
) -> list[RunStep]:
    """The steps of a run that has results, as ``queries.runs.runs_beside`` has it. Asks nothing."""
    steps = [
        RunStep(
            pgettext("step of a run", "Calculate"), "done",
            _by(run.requested_by.name, run.computed_at),
        )
    ]  # fmt: skip
    if settles:
        steps.append(_settled(run))
    steps += [_released(run, unreleased), _handed_over(run, reader), _closed(run, closed)]
    waits = next((place for place, one in enumerate(steps) if one.state != "done"), None)
    if waits is not None:
        steps[waits] = replace(steps[waits], state="next")
    return steps


def _by(who: str, when: datetime) -> str:
    return f"{who} · {formats.moment(when)}"


def _settled(run: Any) -> RunStep:
    name = pgettext("step of a run", "Settle")
    url = reverse("incentives:settlement", args=[run.pk])
    if run.settled_at is None:
        return RunStep(name, "open", _("What is payable, held, carried or taken back."), url)
    return RunStep(name, "done", _by(run.settled_by, run.settled_at), url)


def _released(run: Any, unreleased: int) -> RunStep:
    name = pgettext("step of a run", "Release")
    if run.released_at is None:
        return RunStep(name, "open", _("The pay desk lets payees read their statements."))
    said = _by(run.released_by, run.released_at)
    if unreleased:
        left = ngettext("%(count)s is not released", "%(count)s are not released", unreleased)
        said = f"{said} · {left % {'count': formats.number(unreleased)}}"
    return RunStep(name, "open" if unreleased else "done", said)


def _handed_over(run: Any, reader: Person) -> RunStep:
    name = pgettext("step of a run", "Payroll")
    url = ""
    if access.may_read_payroll(reader):
        url = reverse("incentives:payroll-preview", args=[run.period.key])
    if run.handed_over_at is None:
        return RunStep(name, "open", _("What is released is handed over in one file."), url)
    said = _by(run.handed_over_by, run.handed_over_at)
    waiting = run.not_handed_over or 0
    if waiting:
        left = ngettext("%(count)s waits", "%(count)s wait", waiting)
        said = f"{said} · {left % {'count': formats.number(waiting)}}"
    return RunStep(name, "open" if waiting else "done", said, url)


def _closed(run: Any, closed: RunFinalisation | None) -> RunStep:
    name = pgettext("step of a run", "Close")
    if closed is not None:
        return RunStep(name, "done", _by(closed.finalised_by.name, closed.finalised_at))
    said = _("Somebody other than %(name)s closes the period.")
    return RunStep(name, "open", said % {"name": run.requested_by.name})
