"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "goal_agreed": _("Goal agreed to"),
    "goal_changed": _("Goal changed"),
    "goal_checked_in": _("Goal checked in"),
    "goal_closed": _("Goal closed"),
    "goal_commented": _("Goal commented on"),
    "goal_dropped": _("Goal given up"),
    "goal_moved": _("Goal moved"),
    "goal_period_added": _("Period of goals added"),
    "goal_period_changed": _("Period of goals changed"),
    "goal_proposed": _("Goal proposed"),
    "strategy_added": _("Strategy page added"),
    "strategy_archived": _("Strategy page put away"),
    "strategy_commented": _("Strategy page commented on"),
    "strategy_restored": _("Strategy page brought back"),
    "strategy_written": _("Strategy page written"),
    "quota_set": _("Quota set"),
    "quotas_set": _("Quotas set"),
    "figure_entered": _("Figure entered"),
    "figure_kind_added": _("Kind of figure added"),
}

EVENTS = {
    "goal.agreed": _("A goal agreed by both sides"),
    "goal.checked_in": _("A check-in of a goal"),
}
