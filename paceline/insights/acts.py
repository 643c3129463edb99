"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "reporting_rule_set": _("Reporting currency set"),
    "dashboard_made": _("Dashboard made"),
    "dashboard_changed": _("Dashboard changed"),
    "dashboard_removed": _("Dashboard put away"),
    "dashboard_mailed": _("Mails of a dashboard asked for"),
    "dashboard_mail_stopped": _("Mails of a dashboard stopped"),
    "question_saved": _("Question kept"),
    "question_removed": _("Question put away"),
}
