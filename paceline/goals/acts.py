"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "quota_set": _("Quota set"),
    "quotas_set": _("Quotas set"),
    "figure_entered": _("Figure entered"),
    "figure_kind_added": _("Kind of figure added"),
}
