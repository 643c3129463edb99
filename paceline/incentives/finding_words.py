"""What the linter found, in the reader's language: a heading, what happens, why it matters.

The engine gives codes and exact figures; here they become sentences. Names of people appear only
where the reader may see their statements, else only how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext

from paceline.incentives import wording
from paceline.incentives.calculation.documents import Finding, Plan
from paceline.incentives.evidence import Study, studies
from paceline.incentives.models import FindingAcceptance
from paceline.kernel import formats
from paceline.kernel.shell import Badge

Figures = Mapping[str, str]
NAMES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class PlainFinding:
    """A finding as a page shows it. ``accepted`` says who let it be and why."""

    key: str
    code: str
    badge: Badge
    title: str
    text: str
    where: str
    advice: str
    people: str
    names: str
    more_names: int
    studies: tuple[Study, ...]
    mend: str
    accepted: FindingAcceptance | None
    alike: int
    is_open: bool

    @property
    def anchor(self) -> str:
        return f"finding-{self.key}"


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found about a text, and what could not be looked at."""

    found: tuple[PlainFinding, ...]
    unseen: tuple[str, ...]

    @property
    def open_serious(self) -> int:
        """Serious findings that are neither mended nor accepted: they keep it from submission."""
        return sum(one.is_open for one in self.found)


def plain_findings(
    plan: Plan,
    findings: Iterable[Finding],
    accepted: Iterable[FindingAcceptance] = (),
    names: Mapping[str, str] | None = None,
) -> Findings:
    """Every finding in words; ``names`` are those of the people whom the reader may see."""
    findings = list(findings)
    taken = {row.key: row for row in accepted}
    seen = [one for one in findings if one.severity != "unseen"]
    return Findings(
        tuple(_plain(plan, one, seen, taken, names or {}) for one in seen),
        tuple(dict.fromkeys(_unseen(plan, one) for one in findings if one.severity == "unseen")),
    )


def title_of(code: str) -> str:
    """What findings of a kind are called."""
    return str(TITLES.get(code, code))


def _plain(
    plan: Plan,
    one: Finding,
    among: list[Finding],
    taken: Mapping[str, FindingAcceptance],
    names: Mapping[str, str],
) -> PlainFinding:
    figures = _figures(plan, one)
    shown = sorted(names[payee] for payee in one.people if payee in names)
    alike = [
        other
        for other in among
        if other.key != one.key
        and other.key not in taken
        and (other.code, other.params.get("component")) == (one.code, one.params.get("component"))
    ]
    row = taken.get(one.key)
    return PlainFinding(
        key=one.key,
        code=one.code,
        badge=_badge(one, row),
        title=title_of(one.code),
        text=_sentence(one, figures),
        where=wording.sentence(plan, one.clause),
        advice=str(ADVICE.get(one.code, "")) if one.mend is None else "",
        people=_people(one),
        names=pgettext("list separator", ", ").join(shown[:NAMES_SHOWN]),
        more_names=max(0, len(shown) - NAMES_SHOWN),
        studies=tuple(studies(one.evidence)),
        mend=str(MENDS.get(one.mend.code, "")) if one.mend is not None else "",
        accepted=row,
        alike=len(alike),
        is_open=one.severity == "serious" and row is None,
    )


def _badge(one: Finding, row: FindingAcceptance | None) -> Badge:
    if row is not None:
        return Badge(_("Accepted"), "good")
    return {
        "serious": Badge(_("Serious"), "bad"),
        "warning": Badge(_("Worth a thought"), "warning"),
    }.get(one.severity, Badge(_("Note"), "info"))


# --- figures --------------------------------------------------------------------------------------

_SHARES = frozenset({"rate", "margin"})
_PLACES = ("at", "from", "to")
_OF_MEASURE = frozenset({"at", "from", "to", "order", "gap", "asked", "quota"})


def _figures(plan: Plan, one: Finding) -> dict[str, str]:
    """Every amount as readers write it; places on attainment as shares of quota."""
    is_money = bool(one.params.get("is_money", 1))

    def written(name: str, value: Decimal) -> str:
        if name in _SHARES:
            return formats.rate(value)
        if name in _OF_MEASURE and not is_money:
            return formats.number(value)
        return formats.money(value, plan.currency)

    values = {key: str(value) for key, value in one.params.items()}
    values |= {name: written(name, value) for name, value in one.amounts.items()}
    values["quota_amount"] = values["quota"] if "quota" in one.amounts else ""
    for name in _PLACES:
        share = one.amounts.get(f"{name}_share")
        if share is not None:
            text = _("%(share)s of quota (%(amount)s)")
            values[name] = text % {"share": formats.percent(share), "amount": values[name]}
    for name, of in (("credit", plan.credits), ("by", plan.credits), ("measure", plan.measures)):
        clause = next((each for each in of if each.id == one.params.get(name)), None)
        if clause is not None:
            values[name] = wording.named(clause)
    for name in ("component", "other"):
        if name in one.params:
            values[name] = wording.component_name(plan, str(one.params[name]))
    return values


def _joined(*sentences: str) -> str:
    """Sentences one after the other; Chinese has no space between them."""
    return " ".join(sentences).replace("。 ", "。")


def _with_quota(text: str, one: Finding, figures: Figures) -> str:
    """The sentence, and which quota its amounts assume."""
    if "quota" not in one.amounts:
        return text
    if one.params.get("quota") == "assumed":
        said = _("The amounts assume a quota of %(quota_amount)s.")
    else:
        said = _("The amounts are those of a quota of %(quota_amount)s, the one in the middle.")
    return _joined(text, said % figures)


# --- what happens ---------------------------------------------------------------------------------


def _cliff(one: Finding, figures: Figures) -> str:
    if one.code == "bonus_cliff":
        text = _("At %(at)s %(jump)s is paid at once; just below it nothing is.")
    elif one.params.get("reached") == "above":
        text = _("Just above %(at)s pay jumps by %(jump)s, from %(below)s to %(above)s.")
    else:
        text = _("At %(at)s pay jumps by %(jump)s, from %(below)s to %(above)s.")
    return _with_quota(text % figures, one, figures)


def _falls(one: Finding, figures: Figures) -> str:
    if one.params.get("cause") == "slope":
        return _("From %(from)s on another sale lowers pay.") % figures
    text = _("At %(at)s pay falls by %(jump)s, from %(below)s to %(above)s.")
    return _with_quota(text % figures, one, figures)


def _dead(one: Finding, figures: Figures) -> str:
    text = _("Up to %(to)s nothing is earned, however much is sold.")
    return _with_quota(text % figures, one, figures)


def _flat(one: Finding, figures: Figures) -> str:
    if "to" in one.amounts:
        text = _(
            "From %(from)s to %(to)s another sale earns nothing more: pay stays at %(earned)s."
        )
    else:
        text = _("From %(from)s on another sale earns nothing more: pay stays at %(earned)s.")
    return _with_quota(text % figures, one, figures)


def _cap(one: Finding, figures: Figures) -> str:
    text = _with_quota(
        _("From %(at)s on the cap of %(cap)s holds pay back.") % figures, one, figures
    )
    if "lost" not in one.amounts:
        return text
    if one.amounts["lost"] == 0:
        return _joined(text, _("Nobody has reached it, but somebody came within one order of it."))
    lost = _("In the periods that are known it held back %(lost)s.") % figures
    return _joined(text, lost)


def _retroactive(one: Finding, figures: Figures) -> str:
    text = _(
        "The rate that is reached pays on the whole amount: %(whole)s at %(at)s, where the same"
        " tiers paid slice by slice would come to %(sliced)s."
    )
    text = _with_quota(text % figures, one, figures)
    if "cost" not in one.amounts:
        return text
    cost = _("In the periods that are known it paid %(cost)s more than slices would have.")
    return _joined(text, cost % figures)


SENTENCES: Mapping[str, str | Promise] = {
    "pays_nothing": lazy("However much is sold, %(component)s earns nothing."),
    "margin_exceeded": lazy(
        "From %(from)s on one more of sales pays %(rate)s and leaves %(margin)s after its cost."
        " Known from %(lines)s order lines with a cost."
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


def _sentence(one: Finding, figures: Figures) -> str:
    """What happens; a kind without words of its own is told in the engine's English."""
    if one.code in TEXTS:
        return TEXTS[one.code](one, figures)
    return str(SENTENCES[one.code]) % figures if one.code in SENTENCES else one.message


TITLES = {
    "cliff": lazy("A cliff in pay"),
    "bonus_cliff": lazy("A bonus that is all or nothing"),
    "pay_falls": lazy("More sales, less pay"),
    "pays_nothing": lazy("A component that pays nothing"),
    "dead_zone": lazy("A dead zone at the start"),
    "flat_zone": lazy("A stretch without reward"),
    "cap_in_reach": lazy("A cap within reach"),
    "retroactive_tiers": lazy("Tiers that pay on the whole amount"),
    "margin_exceeded": lazy("A rate above the margin"),
    "rule_never_matches": lazy("A rule that can never match"),
    "rule_matched_nothing": lazy("A rule that matched nothing"),
    "rule_shadowed": lazy("A rule that adds nothing"),
    "round_boundary": lazy("A crowd below a round boundary"),
    "quota_unreachable": lazy("A quota out of reach"),
    "components_opposed": lazy("Components that pull apart"),
    "missing_as_zero": lazy("A missing value that reads as zero"),
    "one_currency": lazy("A formula tied to one currency"),
}
ADVICE = {
    "cliff": lazy("Let pay rise step by step towards the boundary instead of all at once."),
    "bonus_cliff": lazy(
        "If people could time their orders, spread the bonus over a slope below the quota."
    ),
    "margin_exceeded": lazy("Lower the rate, or let it begin where the margin allows it."),
    "rule_matched_nothing": lazy("Compare the words of the rule with those of the order lines."),
    "round_boundary": lazy("A gentler change of rate makes a single order matter less."),
    "quota_unreachable": lazy("Look at the quotas of these people before the period begins."),
    "components_opposed": lazy("Decide which of the two matters more, and pay for that one."),
    "missing_as_zero": lazy(
        "If zero is not meant, let a formula give the value for those who have none, such as"
        " given(margin, 10%%)."
    ),
    "one_currency": lazy(
        "If other currencies may come, compare quantities or percentages instead."
    ),
    "dead_zone": lazy("Let pay begin earlier, with a low rate."),
}
MENDS = {
    "into_slices": lazy("Pay the tiers slice by slice"),
    "without_cap": lazy("Take the cap out"),
    "pay_from_the_start": lazy("Pay the second tier's rate from the start"),
    "without_tier": lazy("Take the tier without a rate out"),
    "without_rule": lazy("Take the rule out"),
}


# --- who, and what could not be seen --------------------------------------------------------------


def _people(one: Finding) -> str:
    count = len(one.people)
    if not count:
        return ""
    if one.code in {"cliff", "bonus_cliff", "pay_falls", "round_boundary"}:
        text = ngettext(
            "%(count)s person has ended within one order below it:",
            "%(count)s people have ended within one order below it:",
            count,
        )
    elif one.code == "cap_in_reach":
        text = ngettext("It held %(count)s person back:", "It held %(count)s people back:", count)
    else:
        text = ngettext("It concerns %(count)s person:", "It concerns %(count)s people:", count)
    return text % {"count": count}


def _unseen(plan: Plan, one: Finding) -> str:
    check = CHECKS.get(str(one.params.get("check")), lazy("One check"))
    reason = REASONS.get(str(one.params.get("reason")), lazy("this cannot be known here"))
    of = ""
    if "component" in one.params:
        of = wording.component_name(plan, str(one.params["component"]))
    elif "quota" in one.params:
        of = wording.named(plan.quota(str(one.params["quota"])))
    values = {"check": str(check), "reason": str(reason), "of": of}
    if of:
        return pgettext("not looked at", "%(check)s (%(of)s): %(reason)s.") % values
    return pgettext("not looked at", "%(check)s: %(reason)s.") % values


CHECKS = {
    "pay_curve": lazy("The run of pay"),
    "people": lazy("Who stood near a boundary or a cap"),
    "margin": lazy("Pay against contribution margin"),
    "overlaps": lazy("Whether rules leave others nothing"),
    "rules": lazy("Whether the credit rules match order lines"),
    "quotas": lazy("Whether the quota can be reached"),
}
REASONS = {
    "kind": lazy("this kind of component cannot be looked at yet"),
    "rates": lazy("this kind of rate table cannot be looked at yet"),
    "condition": lazy("its condition looks at another measure than its rates"),
    "measure": lazy("no past period has a measure of the same meaning"),
    "many": lazy("there are more components and tiers than are looked at"),
    "rules": lazy("the rules are too many or too long to compare"),
    "history": lazy("nothing is known of past periods"),
    "cost": lazy("no order line in the plan's currency has a cost"),
    "lines": lazy("no order lines are known"),
    "periods": lazy("fewer than two past periods are known of anybody"),
}
