"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "webhook_added": _("Webhook added"),
    "webhook_changed": _("Webhook changed"),
    "webhook_disabled": _("Webhook switched off"),
    "webhook_enabled": _("Webhook switched on"),
    "webhook_removed": _("Webhook removed"),
    "webhook_secret_replaced": _("Secret of a webhook replaced"),
    "webhook_sent_again": _("Webhook sent again"),
}
