"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PLANS = {
    "goal_reward_said": _("Reward of goals said"),
    "goal_reward_taken_back": _("Reward of goals taken back"),
    "plan_created": _("Plan created"),
    "plan_draft_started": _("Plan draft begun"),
    "plan_draft_saved": _("Plan draft saved"),
    "plan_draft_discarded": _("Plan draft thrown away"),
    "plan_submitted": _("Plan submitted"),
    "plan_withdrawn": _("Plan withdrawn"),
    "plan_approved": _("Plan approved"),
    "plan_returned": _("Plan sent back"),
    "plan_finding_accepted": _("Finding about a plan accepted"),
    "plan_finding_reopened": _("Acceptance of a finding taken back"),
    "plan_assigned": _("Plan assigned"),
    "plan_assignment_ended": _("End of a plan's assignment set"),
    "plan_assignment_removed": _("Plan's assignment taken back"),
}
PAY = {
    "run_requested": _("Run asked for"),
    "run_calculated": _("Run calculated"),
    "run_refused": _("Run refused because of its data"),
    "run_broken": _("Run stopped by an error"),
    "run_cancelled": _("Run cancelled"),
    "run_finalised": _("Run made final, period closed"),
    "quota_effect_requested": _("Effect of planned quotas asked for"),
    "quota_effect_calculated": _("Effect of planned quotas calculated"),
    "settlement_requested": _("Settlement asked for"),
    "run_settled": _("Run settled"),
    "settlement_refused": _("Settlement refused because of its data"),
    "settlement_broken": _("Settlement stopped by an error"),
    "settlement_cancelled": _("Settlement cancelled"),
    "hold_placed": _("Hold placed"),
    "hold_released": _("Hold released"),
    "statement_released": _("Statement released"),
    "release_withdrawn": _("Release withdrawn"),
    "question_asked": _("Question asked"),
    "question_resolved": _("Question answered"),
    "question_reopened": _("Question opened again"),
    "comment_written": _("Comment written"),
    "term_set": _("Pay term set"),
    "shortfall_decided": _("Pay below zero decided"),
    "shortfall_closed": _("Pay below zero ended"),
    "payroll_exported": _("Payroll file made"),
}
