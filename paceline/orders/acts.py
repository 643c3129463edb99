"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "days_closed": _("Days closed"),
    "line_attribute_added": _("Attribute of order lines added"),
    "line_attribute_renamed": _("Attribute of order lines renamed"),
    "lines_shared": _("Order lines shared"),
    "owner_set": _("Owner set"),
}

# What webhooks can tell.
EVENTS = {"order_lines.changed": _("Order lines written or taken back")}
