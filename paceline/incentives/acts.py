"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PLANS = {
    "plan_created": _("Plan created"),
    "plan_draft_started": _("Plan draft begun"),
    "plan_draft_saved": _("Plan draft saved"),
    "plan_draft_discarded": _("Plan draft thrown away"),
    "plan_submitted": _("Plan submitted"),
    "plan_withdrawn": _("Plan withdrawn"),
    "plan_approved": _("Plan approved"),
    "plan_returned": _("Plan sent back"),
    "plan_assigned": _("Plan assigned"),
    "plan_assignment_ended": _("End of a plan's assignment set"),
    "plan_assignment_removed": _("Plan's assignment taken back"),
}
