"""Why something was not taken in, in words that say what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.kernel import formats

REASONS = {
    # Messages that cannot be read
    "not_json": gettext_lazy("The message is no JSON object."),
    "missing": gettext_lazy("“%(field)s” is missing."),
    "too_long": gettext_lazy("“%(field)s” is too long."),
    "too_many": gettext_lazy("“%(field)s” has more than %(most)s entries."),
    "not_a_number": gettext_lazy("“%(field)s” is no number: %(value)s"),
    "too_precise": gettext_lazy("“%(field)s” has more than four decimal places: %(value)s"),
    "not_a_moment": gettext_lazy("“%(field)s” is no date with time: %(value)s"),
    "no_zone": gettext_lazy("“%(field)s” says no time zone: %(value)s"),
    "unknown_currency": gettext_lazy("“%(value)s” is no currency."),
    "edited_unevenly": gettext_lazy(
        "Pieces of position %(line)s were taken away whose part of the amount is not exact. "
        "Refund them in the shop instead."
    ),
    "refund_without_positions": gettext_lazy(
        "Refund %(refund)s names no positions, so what of it was sales is not known. "
        "Refund the positions in the shop, or import the return as a file."
    ),
    "takes_no_messages": gettext_lazy("This shop sends files, not messages."),
    # Messages with nothing to take in
    "ping": gettext_lazy("A message that only tries the address."),
    "other_topic": gettext_lazy("A topic that says nothing of orders."),
    "test_order": gettext_lazy("A test order."),
    "emptied": gettext_lazy("What it said was removed: its buyer was erased."),
    "told_elsewhere": gettext_lazy(
        "The change of order %(order)s is taken from the message that describes the whole order."
    ),
    "asked_for": gettext_lazy("The order is asked of the shop."),
    "never_known": gettext_lazy("Order %(order)s was deleted in the shop and never known here."),
    "deleted": gettext_lazy("The order was deleted in the shop and counts as cancelled."),
    # Orders that do not become lines
    "number_taken": gettext_lazy(
        "Another order of this shop has the number %(number)s. Change it in the shop."
    ),
    "line_repeated": gettext_lazy("Two positions have the same id."),
    "negative_line": gettext_lazy("Position %(line)s is negative. Returns come as refunds."),
    "not_in_currency": gettext_lazy(
        "%(amount)s has more decimal places than %(currency)s (position %(line)s)."
    ),
    "refund_of_unknown_line": gettext_lazy(
        "Refund %(refund)s names position %(line)s, which the order does not have."
    ),
    "returned_more_than_sold": gettext_lazy("Refund %(refund)s gives back more than was sold."),
    "refunds_unknown": gettext_lazy(
        "The shop says that something was refunded, but not what. Give access to the shop, "
        "so that it can be asked."
    ),
    "day_closed": gettext_lazy(
        "Lines of closed days would change (%(days)s). They stand as they were; the difference "
        "can be counted from the first open day on."
    ),
    # Messages that were turned away
    "no_signature": gettext_lazy("without signature"),
    "wrong_signature": gettext_lazy("with a wrong signature"),
    "wrong_time": gettext_lazy("too old or of the future"),
    "other_shop": gettext_lazy("of another shop"),
    "too_large": gettext_lazy("too large"),
    "ended": gettext_lazy("after the shop had ended"),
    "other_content": gettext_lazy("with an id used before for other content"),
    # Asking the shop
    "no_access": gettext_lazy("No access to the shop was given."),
    "access_refused": gettext_lazy("The shop refuses the access that was given (%(status)s)."),
    "not_found": gettext_lazy("The shop does not know this address (%(status)s)."),
    "unreachable": gettext_lazy("The shop does not answer."),
    "failed": gettext_lazy("The shop answers with an error (%(status)s)."),
    "too_busy": gettext_lazy("The shop asks to wait too long."),
    "unreadable": gettext_lazy("The shop's answer cannot be read."),
    "shop_frozen": gettext_lazy("The shop is frozen: its bill is not paid (%(status)s)."),
    "shop_locked": gettext_lazy("The shop is locked by its provider (%(status)s)."),
    "part_refused": gettext_lazy(
        "The shop does not tell “%(part)s” with the access that was given. Give the app the right "
        "to read orders and customers."
    ),
    "question_refused": gettext_lazy("The shop does not answer this question: %(said)s"),
    "too_costly": gettext_lazy("One question to the shop costs more than it allows."),
    "order_gone": gettext_lazy("The shop does not know order %(order)s."),
    "order_restless": gettext_lazy("Order %(order)s changed again and again while it was read."),
    "other_version": gettext_lazy(
        "The shop answered by version %(served)s of its interface instead of %(asked)s, which is "
        "no longer or not yet served. Update Paceline if something is missing."
    ),
    "not_public": gettext_lazy("The address of the shop does not lie on the internet."),
    "host_key": gettext_lazy("The server shows another key than the one that was given."),
    "folder_missing": gettext_lazy("The folder is not there, or may not be read."),
    "folder_not_allowed": gettext_lazy("The folder lies outside those set up for shops."),
    "too_many_files": gettext_lazy("More than %(most)s files lie there."),
    # Files
    "known": gettext_lazy("Its content was taken before."),
    "rejected": gettext_lazy("Lines were rejected; open the import to mend them."),
    "file_too_large": gettext_lazy("The file is too large."),
}


def reason(code: str, params: Mapping[str, Any]) -> str:
    """A sentence in the reader's language; nothing for no code."""
    if not code:
        return ""
    text = REASONS.get(code)
    if text is None:
        return _("It could not be taken in.")
    shown = formats.with_counts(params)
    if "days" in shown:
        shown["days"] = formats.listed(
            formats.day(date.fromisoformat(one)) for one in shown["days"]
        )
    try:
        return str(text) % shown
    except (KeyError, ValueError, TypeError):
        return str(text)
