"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "account_linked": _("Account linked to a person"),
    "employment_ended": _("Employment ended"),
    "hierarchy_added": _("Hierarchy added"),
    "hierarchy_place_ended": _("Place in a hierarchy ended"),
    "hierarchy_renamed": _("Hierarchy renamed"),
    "leave_changed": _("Leave changed"),
    "leave_entered": _("Leave entered"),
    "leave_withdrawn": _("Leave withdrawn"),
    "moved_to_team": _("Moved to a team"),
    "person_added": _("Person added"),
    "person_changed": _("Person changed"),
    "person_employed": _("Person employed"),
    "placed_in_hierarchy": _("Place in a hierarchy given"),
    "position_added": _("Position added"),
    "position_held": _("Position given"),
    "position_left": _("Position ended"),
    "reporting_line_ended": _("Reporting line ended"),
    "reporting_line_set": _("Reporting line set"),
    "role_ended": _("Role ended"),
    "role_granted": _("Role given"),
    "team_changed": _("Team changed"),
    "team_created": _("Team created"),
    "team_left": _("Team left"),
    "terms_changed": _("Terms of employment changed"),
}
