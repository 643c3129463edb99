"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "mail_bounced": _("Mail came back"),
    "mail_logged": _("Mail logged"),
    "mail_queued": _("Mail written"),
    "mail_server_changed": _("Mail server changed"),
    "mail_template_added": _("Mail template added"),
    "mail_template_changed": _("Mail template changed"),
    "mail_template_removed": _("Mail template removed"),
    "mailing_begun": _("Mail to many begun"),
    "resubscribed": _("Subscribed again"),
    "unsubscribed": _("Unsubscribed"),
}
