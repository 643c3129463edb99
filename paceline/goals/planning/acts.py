"""What the acts of this app are called in the audit trail, and how it tells people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "quota_plan_made": _("Plan of quotas made"),
    "quota_plan_drawn": _("Plan of quotas calculated"),
    "quota_proposals_asked": _("Proposals for quotas asked for"),
    "quota_proposed": _("Quota proposed"),
    "quotas_agreed": _("Quotas agreed"),
    "quota_plan_submitted": _("Plan of quotas submitted"),
    "quota_plan_returned": _("Plan of quotas returned"),
    "quota_plan_approved": _("Plan of quotas approved"),
}
NOTICES = {
    "quota_to_propose": _("%(plan)s asks you what you believe to reach."),
    "quota_plan_to_approve": _("%(plan)s waits for approval."),
    "quota_plan_returned": _("%(plan)s was returned: %(reason)s"),
    "quota_plan_approved": _("Your quotas of %(plan)s stand."),
}
