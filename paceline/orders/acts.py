"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {"days_closed": _("Days closed"), "owner_set": _("Owner set")}
