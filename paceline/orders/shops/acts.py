"""What the acts of this app are called in the audit trail, and how it tells people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "shop_added": _("Shop added"),
    "shop_secret_renewed": _("Secret of a shop renewed"),
    "shop_access_set": _("Access to a shop set"),
    "shop_paused": _("Shop paused"),
    "shop_ended": _("Shop ended"),
    "shop_resumed": _("Shop resumed"),
    "shop_message_tried": _("Message of a shop tried again"),
    "shop_order_placed": _("Order of a shop brought to order lines"),
    "shop_order_tried": _("Order of a shop tried again"),
    "shop_difference_booked": _("Difference of a closed order booked"),
    "shop_order_assigned": _("Order assigned"),
    "shop_compared": _("Shop compared"),
    "shop_file_taken": _("File of a shop taken"),
    "attribution_rule_made": _("Rule for orders made"),
    "attribution_rule_ended": _("End of a rule for orders set"),
    "live_slot_added": _("Live stream added"),
    "live_slot_removed": _("Live stream removed"),
    "claim_made": _("Order claimed"),
    "claim_approved": _("Claim approved"),
    "claim_refused": _("Claim refused"),
}
NOTICES = {
    "claim_made": _("%(name)s claims order %(order)s."),
    "claim_approved": _("Your claim of order %(order)s was approved."),
    "claim_refused": _("Your claim of order %(order)s was refused: %(reason)s"),
}
