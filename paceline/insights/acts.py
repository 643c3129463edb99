"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "reporting_rule_set": _("Reporting currency set"),
    "question_saved": _("Question kept"),
    "question_removed": _("Question put away"),
}
