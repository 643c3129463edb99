"""What happens along a measure, rule by rule: the sentences of findings about the run of pay."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from paceline.incentives.calculation.documents import Finding
from paceline.incentives.finding_words.figures import Figures, with_quota
from paceline.incentives.wording.names import joined


def _cliff(one: Finding, figures: Figures) -> str:
    if one.code == "bonus_cliff":
        text = _("At %(at)s %(jump)s is paid at once; just below it nothing is.")
    elif one.params.get("reached") == "above":
        text = _("Just above %(at)s pay jumps by %(jump)s, from %(below)s to %(above)s.")
    else:
        text = _("At %(at)s pay jumps by %(jump)s, from %(below)s to %(above)s.")
    return with_quota(text % figures, one, figures)


def _falls(one: Finding, figures: Figures) -> str:
    if one.params.get("cause") == "slope":
        return _("From %(from)s on another sale lowers pay.") % figures
    text = _("At %(at)s pay falls by %(jump)s, from %(below)s to %(above)s.")
    return with_quota(text % figures, one, figures)


def _dead(one: Finding, figures: Figures) -> str:
    text = _("Up to %(to)s nothing is earned, however much is sold.")
    return with_quota(text % figures, one, figures)


def _flat(one: Finding, figures: Figures) -> str:
    if "to" in one.amounts:
        text = _(
            "From %(from)s to %(to)s another sale earns nothing more: pay stays at %(earned)s."
        )
    else:
        text = _("From %(from)s on another sale earns nothing more: pay stays at %(earned)s.")
    return with_quota(text % figures, one, figures)


def _cap(one: Finding, figures: Figures) -> str:
    if "at" not in one.amounts:  # what the keys of a table of rates earn together
        text = _("In the periods that are known the cap of %(cap)s held back %(lost)s.")
        return text % figures
    text = with_quota(
        _("From %(at)s on the cap of %(cap)s holds pay back.") % figures, one, figures
    )
    if "lost" not in one.amounts:
        return text
    if one.amounts["lost"] == 0:
        return joined(text, _("Nobody has reached it, but somebody came within one order of it."))
    lost = _("In the periods that are known it held back %(lost)s.") % figures
    return joined(text, lost)


def _retroactive(one: Finding, figures: Figures) -> str:
    text = _(
        "The rate that is reached pays on the whole amount: %(whole)s at %(at)s, where the same"
        " tiers paid slice by slice would come to %(sliced)s."
    )
    text = with_quota(text % figures, one, figures)
    if "cost" not in one.amounts:
        return text
    cost = _("In the periods that are known it paid %(cost)s more than slices would have.")
    return joined(text, cost % figures)


SENTENCES: Mapping[str, str | Promise] = {
    "pays_nothing": lazy("However much is sold, %(component)s earns nothing."),
    "margin_exceeded": lazy(
        "From %(from)s on one more of sales pays %(rate)s and leaves %(margin)s after its cost."
        " Known from %(lines)s order lines with a cost."
    ),
    "rate_above_whole": lazy(
        "%(component)s pays %(rate)s of %(measure)s: more than what is sold itself."
    ),
    "rule_never_matches": lazy("%(credit)s takes nothing: no order line can meet %(formula)s."),
    "rule_matched_nothing": lazy(
        "%(credit)s took nothing: of the latest %(lines)s order lines none meets %(formula)s."
    ),
    "rule_shadowed": lazy(
        "%(by)s already takes every line that %(credit)s takes, and %(measure)s counts a line once."
    ),
    "round_boundary": lazy(
        "%(near)s of %(known)s people have ended within the size of one order (%(order)s) below"
        " %(at)s: an order moved, split or discounted decides on the rate."
    ),
    "quota_unreachable": lazy(
        "%(short)s of %(judged)s people are asked more than the best period that they have had, by"
        " up to %(gap)s."
    ),
    "missing_as_zero": lazy(
        "Who has no value of %(measure)s, for want of lines or because nothing was entered, is paid"
        " by %(component)s as if it were zero."
    ),
    "one_currency": lazy(
        "%(formula)s compares with amounts in %(literal)s. A calculation that meets an order line"
        " in another currency is refused."
    ),
    "quota_window": lazy(
        "%(measure)s looks at other days than the target of %(quota)s is for, so attainment holds"
        " what was sold in one stretch against what is asked in another."
    ),
    "two_retroactivities": lazy(
        "When a closed period would now be paid otherwise, the policies say “%(stated)s” and the"
        " settlement “%(acted)s”. The settlement acts; whoever reads the policies expects the"
        " other."
    ),
    "components_opposed": lazy(
        "When “%(column)s” of an order line rises, one of %(component)s and %(other)s pays more"
        " and the other less."
    ),
}
TEXTS: Mapping[str, Callable[[Finding, Figures], str]] = {
    "cliff": _cliff,
    "bonus_cliff": _cliff,
    "pay_falls": _falls,
    "dead_zone": _dead,
    "flat_zone": _flat,
    "cap_in_reach": _cap,
    "retroactive_tiers": _retroactive,
}
