"""The sentences of findings about grids, scorecards, pools and contests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from paceline.incentives.calculation.documents import Finding
from paceline.incentives.finding_words.figures import Figures, with_quota
from paceline.incentives.wording.names import joined


def _grid(one: Finding, figures: Figures) -> str:
    by_row = one.params.get("side") == "row"
    of_quota = by_row and "quota" in one.amounts
    values = {**figures, "measure": _("attainment of quota") if of_quota else figures["measure"]}
    if one.code == "grid_cliff":
        text = _(
            "Where %(measure)s reaches %(bound)s pay jumps by up to %(jump)s, from %(below)s to"
            " %(above)s; so in %(cells)s of %(among)s cells along this line."
        )
    else:
        text = _(
            "Where %(measure)s reaches %(bound)s pay falls by up to %(jump)s, from %(below)s to"
            " %(above)s; so in %(cells)s of %(among)s cells along this line."
        )
    text = with_quota(text % values, one, figures)
    if "base" not in one.amounts or "quota" in one.amounts or not one.params.get("assumed"):
        return text
    return joined(text, _("It is paid here on an assumed %(base)s.") % figures)


def _of_target(text: str, one: Finding, figures: Figures) -> str:
    """The sentence, and which target amount of the scorecard it assumes."""
    if one.params.get("target") == "stated":
        return text
    if one.params.get("target") == "known":
        said = _("The amounts are those of a target of %(of)s, the one in the middle.")
    else:
        said = _("The amounts assume a target of %(of)s.")
    return joined(text, said % figures)


def _score(one: Finding, figures: Figures) -> str:
    if one.code == "score_jump":
        text = _(
            "At %(bound)s of “%(indicator)s” pay jumps by %(jump)s at once, %(rate)s of the target:"
            " from %(below)s to %(above)s."
        )
    else:
        text = _(
            "The score of “%(indicator)s” turns at %(bound)s: it is worth %(below)s below and"
            " %(above)s from there on, though elsewhere it goes the other way."
        )
    return _of_target(text % figures, one, figures)


def _free_ride(one: Finding, figures: Figures) -> str:
    if one.params.get("team") == "known":
        text = _(
            "Everybody gets the same part, whatever they do: in a team of %(members)s, the one in"
            " the middle, %(part)s of what one adds comes back to them."
        )
    else:
        text = _(
            "Everybody gets the same part, whatever they do: in a team of %(members)s, say,"
            " %(part)s of what one adds comes back to them."
        )
    text %= figures
    if "own" not in one.amounts:
        return text
    more = _("Of %(more)s more the pool takes %(pool)s, and who sold it gets %(own)s of that.")
    return joined(text, more % figures)


def _few_winners(one: Finding, figures: Figures) -> str:
    winners = int(one.params["winners"])
    if not one.params.get("competing"):
        text = _("One alone wins %(prizes)s, however many compete.") % figures
    else:
        text = (
            ngettext(
                "%(winners)s of %(competing)s who compete wins.",
                "%(winners)s of %(competing)s who compete win.",
                winners,
            )
            % figures
        )
    other = _("Shared among %(enough)s equal prizes the same %(prizes)s would be %(each)s each.")
    return joined(text, other % figures)


def _luck(one: Finding, figures: Figures) -> str:
    if one.params.get("cause") == "single":
        text = _("The score is %(measure)s: a single order decides who wins.")
    else:
        text = _(
            "In %(close)s of %(periods)s known periods the last prize was won by less than the size"
            " of one order (%(order)s): chance decided, not effort."
        )
    return text % figures


SENTENCES: Mapping[str, str | Promise] = {
    "gate_closed": lazy(
        "Nobody can pass the gate of “%(indicator)s”, %(formula)s, so the scorecard never pays."
    ),
    "gate_unreached": lazy(
        "In %(known)s known periods of payees nobody passed the gate of “%(indicator)s”,"
        " %(formula)s. Without it the whole scorecard pays nothing."
    ),
    "pool_fixed": lazy("The pool is %(pool)s, whatever the team achieves."),
    "pool_alone": lazy(
        "%(teams)s of %(known)s pools have one member only, who gets all of it: what reads as a"
        " team's reward is one person's bonus."
    ),
    "pool_idle": lazy("By the stated values %(idle)s of %(known)s add nothing and get nothing."),
    "contest_ranked": lazy(
        "Prizes fall from %(first)s to %(last)s. In experiments ranks added nothing over equal"
        " prizes of the same sum, %(prizes)s."
    ),
    "contest_no_floor": lazy(
        "Whoever has a score takes part, even one of zero: when few compete, somebody who sold"
        " nothing may win %(last)s."
    ),
    "contest_ties_cost": lazy(
        "Equal scores each get the full prize. If all %(competing)s who compete are equal, the"
        " contest costs %(most)s instead of %(prizes)s."
    ),
    "contest_no_handicap": lazy(
        "Quotas lie between %(least)s and %(most)s, but the score does not look at them: who has"
        " the easier territory wins."
    ),
}
TEXTS: Mapping[str, Callable[[Finding, Figures], str]] = {
    "grid_cliff": _grid,
    "grid_falls": _grid,
    "score_jump": _score,
    "score_turns": _score,
    "pool_free_ride": _free_ride,
    "contest_few_winners": _few_winners,
    "contest_luck": _luck,
}
