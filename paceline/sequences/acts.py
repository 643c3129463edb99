"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "enrolment_started": _("Customer begun with a sequence"),
    "enrolment_stopped": _("Sequence of a customer stopped"),
    "sequence_added": _("Sequence added"),
    "sequence_changed": _("Sequence changed"),
    "sequence_entered": _("Customers entered a sequence"),
    "sequence_retired": _("Sequence put away"),
    "sequence_start_begun": _("Sequence begun with many"),
    "sequence_start_undone": _("Sequence begun with many undone"),
    "sequence_switched": _("Sequence switched on or off"),
}

EVENTS = {
    "sequence.begun": _("Customers began a sequence"),
    "sequence.ended": _("A sequence over with customers"),
}
