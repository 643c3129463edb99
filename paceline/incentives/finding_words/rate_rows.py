"""The sentences of findings in the rows of tables of rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from paceline.incentives.calculation.documents import Finding
from paceline.incentives.finding_words.figures import Figures, with_quota
from paceline.incentives.pay_words import problem_text
from paceline.incentives.wording.names import joined


def _counted(one: Finding, figures: Figures) -> str:
    """How many rows are like the one that was told, and which come next."""
    count = int(one.params["count"])
    if count == 1:
        return ""
    text = (
        ngettext(
            "It is so in %(count)s of %(rows)s rows.",
            "It is so in %(count)s of %(rows)s rows, of %(keys)s keys.",
            int(one.params["keys"]),
        )
        % figures
    )
    return joined(text, _("The next are %(others)s.") % figures)


def _jump(one: Finding, figures: Figures) -> str:
    if one.code == "rates_cliff":
        text = _(
            "Where row %(row)s (%(key)s) begins, at %(at)s, pay jumps by %(jump)s, from %(below)s"
            " to %(above)s."
        )
    else:
        text = _(
            "Where row %(row)s (%(key)s) begins, at %(at)s, pay falls by %(jump)s, from %(below)s"
            " to %(above)s."
        )
    parts = [with_quota(text % figures, one, figures)]
    if "base" in one.amounts:
        parts.append(_("It is paid here on %(base)s.") % figures)
    parts.append(_counted(one, figures))
    if one.amounts.get("cost"):
        cost = _("In the periods that are known it paid %(cost)s more than slices would have.")
        parts.append(cost % figures)
    return joined(*(part for part in parts if part))


def _limited(text: Promise) -> Callable[[Finding, Figures], str]:
    """What a limit does to the worst row, and to how many keys it does so."""

    def said(one: Finding, figures: Figures) -> str:
        parts = [with_quota(str(text) % figures, one, figures)]
        if int(one.params["count"]) > 1:
            parts.append(_("It is so of %(count)s keys.") % figures)
        if one.params["others"]:
            parts.append(_("The next are %(others)s.") % figures)
        return joined(*parts)

    return said


def _nothing(one: Finding, figures: Figures) -> str:
    return (
        ngettext(
            "%(count)s key never earns anything: row %(row)s (%(key)s).",
            "%(count)s keys never earn anything, such as row %(row)s (%(key)s).",
            int(one.params["count"]),
        )
        % figures
    )


def _no_row(one: Finding, figures: Figures) -> str:
    text = (
        ngettext(
            "%(lines)s of %(known)s known order lines has no row, with %(sold)s: %(key)s.",
            "%(lines)s of %(known)s known order lines have no row, with %(sold)s in all, such as"
            " %(key)s.",
            int(one.params["lines"]),
        )
        % figures
    )
    if one.params.get("refuses"):
        return joined(text, _("A calculation that meets such a line is refused."))
    return joined(text, _("Such a line earns nothing."))


def _refused(one: Finding, figures: Figures) -> str:
    said = problem_text(str(one.params["code"]), {**figures, "count": figures["rows"]})
    return _("No calculation takes these rows: %(said)s.") % {"said": said.rstrip(".。")}


_ABOVE_MARGIN = lazy(
    "From %(from)s on row %(row)s (%(key)s) pays %(rate)s of one more of sales, which leaves"
    " %(margin)s after its cost."
)
_ABOVE_WHOLE = lazy(
    "From %(from)s on row %(row)s (%(key)s) pays %(rate)s: more than what is sold itself."
)
_NEGATIVE = lazy("By row %(row)s (%(key)s) another sale lowers pay.")
_DEAD = lazy("Up to %(to)s row %(row)s (%(key)s) earns nothing, though it pays from there on.")
_FLAT = lazy("From %(from)s on row %(row)s (%(key)s) earns nothing more.")
_GATE = lazy(
    "Where the condition begins to hold, at %(at)s, row %(row)s (%(key)s) pays %(jump)s at once."
)
_CAPPED = lazy("From %(at)s on row %(row)s (%(key)s) earns the cap of %(cap)s and nothing more.")
_FLOORED = lazy(
    "Up to %(to)s row %(row)s (%(key)s) earns the floor of %(floor)s, whatever is sold."
)
_UNREACHED = lazy(
    "Row %(row)s (%(key)s) begins at %(at)s; the most that anybody is known to have come to there"
    " is %(best)s."
)


def _with_count(text: Promise) -> Callable[[Finding, Figures], str]:
    def said(one: Finding, figures: Figures) -> str:
        more = _counted(one, figures)
        first = with_quota(str(text) % figures, one, figures)
        return joined(first, more) if more else first

    return said


TEXTS: Mapping[str, Callable[[Finding, Figures], str]] = {
    "rates_refused": _refused,
    "rates_cliff": _jump,
    "rates_fall": _jump,
    "rates_nothing": _nothing,
    "rates_no_row": _no_row,
    "rates_negative": _with_count(_NEGATIVE),
    "rates_dead_zone": _with_count(_DEAD),
    "rates_flat_zone": _with_count(_FLAT),
    "rates_gate": _limited(_GATE),
    "rates_capped": _limited(_CAPPED),
    "rates_floored": _limited(_FLOORED),
    "rates_above_whole": _with_count(_ABOVE_WHOLE),
    "rates_above_margin": _with_count(_ABOVE_MARGIN),
    "rates_unreached": _with_count(_UNREACHED),
}
