"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "consent_text_changed": _("Consent text of a form changed"),
    "form_added": _("Form added"),
    "form_changed": _("Form changed"),
    "form_closed": _("Form closed"),
    "form_opened": _("Form opened again"),
    "hours_set": _("Working hours set"),
    "lead_routed": _("Lead given by rules"),
    "routing_decided": _("How leads are given decided"),
    "routing_rule_added": _("Routing rule added"),
    "routing_rule_changed": _("Routing rule changed"),
    "routing_rule_removed": _("Routing rule removed"),
    "submission_discarded": _("Answers of a form discarded"),
    "submission_released": _("Answers of a form released"),
}
