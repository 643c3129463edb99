"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "reporting_rule_set": _("Reporting currency set"),
    "dashboard_made": _("Dashboard made"),
    "dashboard_changed": _("Dashboard changed"),
    "dashboard_taken_over": _("Dashboard taken over"),
    "dashboard_removed": _("Dashboard put away"),
    "dashboard_mailed": _("Mails of a dashboard asked for"),
    "dashboard_mail_stopped": _("Mails of a dashboard stopped"),
    "market_note_written": _("Note beside figures written"),
    "market_note_removed": _("Note beside figures taken back"),
    "review_entry_written": _("Gap or decision of a team written down"),
    "review_entry_removed": _("Gap or decision of a team taken back"),
    "review_task_made": _("Task made in a team review"),
    "question_saved": _("Question kept"),
    "question_taken_over": _("Question taken over"),
    "question_removed": _("Question put away"),
}
