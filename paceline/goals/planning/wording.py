"""Plans of quotas in words and worded figures."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.goals import actions as goals
from paceline.goals.planning import actions, queries
from paceline.goals.planning.models import (
    Basis,
    QuotaPlan,
    QuotaPlanVersion,
    Season,
    StepKind,
)
from paceline.goals.planning.queries import Part, Sum
from paceline.goals.planning.spread import ONE, months_of
from paceline.kernel import formats
from paceline.kernel.shell import Badge

TONES: dict[str, Any] = {
    StepKind.SUBMITTED: "warning",
    StepKind.RETURNED: "bad",
    StepKind.APPROVED: "good",
}


def state_badge(plan: QuotaPlan | str) -> Badge:
    """Where a plan stands, by its annotated state or by the word itself."""
    kind = plan if isinstance(plan, str) else (plan.state or "")  # type: ignore[attr-defined]
    if not kind:
        return Badge(_("In work"), "neutral")
    return Badge(str(StepKind(kind).label), TONES[kind])


def refusal(error: Exception) -> str:
    """What stood in the way, and what to do."""
    if isinstance(error, queries.RateMissing):
        text = _("Sales in %(currency)s cannot be compared: there is no exchange rate. Import one.")
        return text % {"currency": error.currency}
    if isinstance(error, goals.QuotaOverlaps):
        text = _("%(name)s has a quota of other days already: %(days)s. End or change it first.")
        days = formats.span_of_days(error.existing.starts_on, error.existing.ends_before)
        return text % {"name": error.existing.holder.name, "days": days}
    if isinstance(error, goals.QuotaDaysClosed):
        text = _("A final pay run has used the quota of %(name)s from %(day)s. It cannot change.")
        return text % {"name": error.person.name, "day": formats.day(error.starts_on)}
    return {
        actions.NobodyAsked: _("No salesperson of these teams works here in these months."),
        actions.PotentialUnknown: _("Nobody has a figure of this kind before the first month."),
        actions.VersionClosed: _("The plan waits for approval or was approved already."),
        actions.NotAsked: _("The newest version has no part for this person any more."),
        actions.NothingToSubmit: _("The plan waits for approval already, or was approved."),
        actions.NotSubmitted: _("The plan does not wait for approval any more."),
        actions.OwnWork: _("Somebody else has to approve what you made."),
    }[type(error)]


@dataclass(frozen=True, slots=True)
class Stat:
    """A figure with its name and what it means beside it."""

    label: str
    value: str
    detail: str = ""


def _money(amount: Decimal, plan: QuotaPlan) -> str:
    return formats.money(amount, plan.currency)


def stats(plan: QuotaPlan, version: QuotaPlanVersion, total: Sum) -> list[Stat]:
    """What stands, against the target; then by which steps it came down to it."""
    ratio = formats.percent(total.stands * (ONE / version.target))
    relief = total.full - total.amount
    assigned = _("assigned: %(amount)s") % {"amount": _money(total.full, plan)}
    return [
        Stat(
            _("What stands"),
            _money(total.stands, plan),
            _("%(share)s of the target") % {"share": ratio},
        ),
        Stat(_("Target"), _money(version.target, plan), assigned),
        Stat(
            _("After ramp and relief"),
            _money(total.amount, plan),
            _("%(amount)s less") % {"amount": _money(relief, plan)} if relief else "",
        ),
        Stat(
            _("From below"),
            _money(total.proposed, plan),
            _said(total),
        ),
    ]


def own_stats(plan: QuotaPlan, total: Sum) -> list[Stat]:
    """What stands for the parts that a reader may see."""
    return [
        Stat(_("What stands"), _money(total.stands, plan)),
        Stat(_("From above"), _money(total.amount, plan)),
        Stat(_("From below"), _money(total.proposed, plan), _said(total)),
    ]


def _said(total: Sum) -> str:
    text = ngettext(
        "%(said)d of %(people)d person said it",
        "%(said)d of %(people)d people said it",
        total.people,
    )
    return text % {"said": total.proposals, "people": total.people}


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team's sums as its row shows them."""

    name: str
    people: str
    before: str
    amount: str
    proposed: str
    difference: str
    is_less: bool
    stands: str


def team_row(plan: QuotaPlan, one: Sum) -> TeamRow:
    difference = one.difference
    return TeamRow(
        name=one.name,
        people=formats.number(one.people),
        before=_money(one.before, plan),
        amount=_money(one.amount, plan),
        proposed=_money(one.proposed, plan) if one.proposals else "—",
        difference="—" if difference is None else _money(difference, plan),
        is_less=difference is not None and difference < 0,
        stands=_money(one.stands, plan),
    )


def rules(version: QuotaPlanVersion) -> list[str]:
    """By what the target was spread, sentence by sentence."""
    found = []
    basis = {
        Basis.HISTORY: _("Over people by what each sold in the year before."),
        Basis.EQUAL: _("Over people equally."),
        Basis.POTENTIAL: _("Over people by the figure “%(figure)s”.")
        % {"figure": version.potential.label if version.potential else ""},
    }
    found.append(basis[Basis(version.basis)])
    if version.evenness and version.basis != Basis.EQUAL:
        text = _("%(share)s of this equally, so that the past does not decide alone.")
        found.append(text % {"share": formats.percent(version.evenness)})
    found.append(
        {
            Season.HISTORY: _("Over months as the year before went."),
            Season.TYPED: _("Over months by weights that were typed."),
            Season.EVEN: _("Every month alike."),
        }[Season(version.season)]
    )
    if version.ramp:
        steps = _(", ").join(formats.percent(one) for one in version.ramp)
        found.append(_("The newly hired start with %(steps)s of a full quota.") % {"steps": steps})
    if version.relief_from_days:
        text = ngettext(
            "A month with %(days)d day of leave or more asks for its other days only.",
            "A month with %(days)d days of leave or more asks for its other days only.",
            version.relief_from_days,
        )
        found.append(text % {"days": version.relief_from_days})
    found.append(_("What ramp and relief take off is asked of nobody else."))
    return found


def part_stats(plan: QuotaPlan, part: Part) -> list[Stat]:
    """One person's amounts, what stands first."""
    found = [
        Stat(
            _("What stands"),
            _money(part.stands, plan),
            _("agreed") if part.agreed else _("by the rules, not agreed yet"),
        ),
        Stat(_("From above"), _money(part.share.amount, plan)),
    ]
    if part.proposed is not None and part.difference is not None:
        detail = _("%(amount)s more") if part.difference > 0 else _("%(amount)s less")
        difference = _money(abs(part.difference), plan)
        found.append(
            Stat(
                _("From below"),
                _money(part.proposed.amount, plan),
                detail % {"amount": difference} if part.difference else _("the same"),
            )
        )
    found.append(Stat(_("Year before"), _money(part.share.before, plan)))
    return found


def why(version: QuotaPlanVersion, part: Part) -> list[str]:
    """How the rules came to a person's amount."""
    share = part.share
    found = []
    text = _("%(share)s of what was assigned by weight: %(amount)s.")
    found.append(
        text
        % {
            "share": formats.percent(share.weight),
            "amount": _money(share.full, version.plan),
        }
    )
    if share.is_assumed:
        found.append(_("Nothing is known of a whole year, so the average of the others counts."))
    off = share.full - share.amount
    if off:
        found.append(
            _("Ramp and relief take off %(amount)s.") % {"amount": _money(off, version.plan)}
        )
    return found


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month of a person: by the rules before and after relief, and what stands."""

    month: str
    full: str
    amount: str
    is_relieved: bool
    stands: str


def months(plan: QuotaPlan, part: Part) -> list[MonthRow]:
    rows = zip(
        months_of(plan.starts_on, plan.ends_before),
        part.share.full_months,
        part.share.months,
        queries.months_that_stand(plan, part),
        strict=True,
    )
    return [
        MonthRow(
            month=formats.month(month.starts_on),
            full=_money(full, plan),
            amount=_money(amount, plan),
            is_relieved=amount != full,
            stands=_money(stands, plan),
        )
        for month, full, amount, stands in rows
    ]


def slices(plan: QuotaPlan, part: Part) -> list[tuple[str, str]]:
    """The quotas that the plan comes to: days and amount."""
    return [
        (formats.span_of_days(one.starts_on, one.ends_before), _money(one.amount, plan))
        for one in queries.slices_of(plan, part)
    ]
