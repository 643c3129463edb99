"""Refusals of this app's actions, in sentences that say what is in the way and what to do."""

from __future__ import annotations

from django.utils.translation import gettext as _

from paceline.accounts.actions import (
    AccountAlreadyClosed,
    AccountAlreadyOpen,
    AddressTaken,
    NoSecondStep,
    TokenGone,
)
from paceline.kernel.countries import country_name
from paceline.kernel.formats import span_of_days
from paceline.kernel.periods import EffectiveDated
from paceline.org import actions
from paceline.org.models import (
    Employment,
    HierarchyLine,
    Leave,
    PositionHolding,
    ReportingLine,
    Role,
    RoleGrant,
    TeamMembership,
)

REFUSALS = (
    AccountAlreadyClosed,
    AccountAlreadyOpen,
    AddressTaken,
    NoSecondStep,
    TokenGone,
    actions.AccountAlreadyLinked,
    actions.AlreadyEmployed,
    actions.CodeTaken,
    actions.EndsBeforeStart,
    actions.HierarchyCircle,
    actions.HierarchyTooDeep,
    actions.IncompatibleRoles,
    actions.LastAdministrator,
    actions.NotEmployed,
    actions.NothingToEnd,
    actions.NumberTaken,
    actions.Overlaps,
    actions.OwnRole,
    actions.ReportingCircle,
    actions.ReportingTooDeep,
    actions.RoleAlreadyGranted,
    actions.RoleNotGranted,
    actions.TeamCircle,
)


def refusal(problem: Exception) -> str:
    """One refused action in the reader's language."""
    if isinstance(problem, actions.ReportingCircle | actions.HierarchyCircle):
        told = (
            _("They would report to themselves: %(chain)s. Choose someone else.")
            if isinstance(problem, actions.ReportingCircle)
            else _("They would stand below themselves: %(chain)s. Choose someone else.")
        )
        return told % {"chain": " → ".join(person.name for person in problem.people)}
    if isinstance(problem, actions.Overlaps):
        return _(
            "Something else already counts on some of these days: %(fact)s, %(days)s. "
            "Choose a last day before it begins, or change that first."
        ) % {
            "fact": fact(problem.existing),
            "days": _days(problem.existing),
        }
    if isinstance(problem, actions.AlreadyEmployed):
        return _("They are already employed: %(days)s.") % {"days": _days(problem.existing)}
    if isinstance(problem, actions.RoleAlreadyGranted):
        return _("They already have this role: %(days)s.") % {"days": _days(problem.existing)}
    if isinstance(problem, actions.IncompatibleRoles):
        return _(
            "They are %(role)s. Whoever makes pay must not approve it, and whoever gives rights "
            "must do neither; so one person cannot have both roles."
        ) % {"role": Role(problem.existing).label}
    return _plain(problem)


def _plain(problem: Exception) -> str:
    sentences: dict[type[Exception], str] = {
        AccountAlreadyClosed: _("This account is closed already."),
        AccountAlreadyOpen: _("This account is open already."),
        AddressTaken: _("Someone already signs in with this address."),
        NoSecondStep: _("This account has no second step."),
        TokenGone: _("This token opens nothing any more already."),
        actions.AccountAlreadyLinked: _("This person can sign in already."),
        actions.CodeTaken: _("This code is taken."),
        actions.EndsBeforeStart: _("The end must come after the start."),
        actions.HierarchyTooDeep: _("Too many people would stand above one another."),
        actions.LastAdministrator: _(
            "This is the last administrator. Give someone else the role first."
        ),
        actions.NotEmployed: _("They do not work here on that day."),
        actions.NothingToEnd: _("There is nothing that ends on or after that day."),
        actions.NumberTaken: _("Someone else has this employee number."),
        actions.OwnRole: _("Nobody gives or takes roles of their own. Ask another administrator."),
        actions.ReportingTooDeep: _("The chain of managers would become too long."),
        actions.RoleNotGranted: _("They do not have this role."),
        actions.TeamCircle: _("A team cannot lie below itself, nor deeper than twelve levels."),
    }
    return sentences[type(problem)]


def fact(row: EffectiveDated) -> str:
    """One effective-dated row in a few words."""
    if isinstance(row, Employment):
        values = {"country": country_name(row.country), "currency": row.currency}
        return _("Employed in %(country)s, paid in %(currency)s") % values
    if isinstance(row, HierarchyLine):
        values = {"hierarchy": row.hierarchy.name, "manager": row.manager.name}
        return _("%(hierarchy)s: below %(manager)s") % values
    return _with_one_name(row)


def _with_one_name(row: EffectiveDated) -> str:
    if isinstance(row, PositionHolding):
        return _("Position: %(title)s") % {"title": row.position.title}
    if isinstance(row, TeamMembership):
        return _("Team: %(team)s") % {"team": row.team.name}
    if isinstance(row, ReportingLine):
        return _("Reports to %(manager)s") % {"manager": row.manager.name}
    if isinstance(row, Leave):
        return _("On leave")
    if isinstance(row, RoleGrant):
        return _("Role: %(role)s") % {"role": Role(row.role).label}
    return str(row)


def _days(row: EffectiveDated) -> str:
    return span_of_days(row.starts_on, row.ends_before)
