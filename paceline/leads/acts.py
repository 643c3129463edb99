"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "hours_set": _("Working hours set"),
    "lead_routed": _("Lead given by rules"),
    "routing_decided": _("How leads are given decided"),
    "routing_rule_added": _("Routing rule added"),
    "routing_rule_changed": _("Routing rule changed"),
    "routing_rule_removed": _("Routing rule removed"),
}
