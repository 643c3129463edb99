"""What the acts of this app are called in the audit trail, and how it tells people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "card_kept_against_trello": _("Kept against a change in Trello"),
    "trello_connected": _("Connected with Trello"),
    "trello_access_renewed": _("Access to Trello renewed"),
    "trello_board_chosen": _("Board in Trello chosen"),
    "trello_started": _("Keeping in step with Trello started"),
    "trello_disconnected": _("Disconnected from Trello"),
    "trello_tried_again": _("Trello tried again"),
    "trello_member_matched": _("Member of a Trello board matched"),
}
NOTICES = {
    "trello_stopped": _("“%(project)s” is no longer kept in step with Trello: %(board)s."),
}
