"""Findings in plain English, for the command line. The product words them in three languages."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

MESSAGES: Mapping[str, str] = {
    "cliff": "at {at} pay jumps by {jump}, from {below} to {above}",
    "bonus_cliff": "at {at} a bonus of {jump} is paid at once; just below it there is none",
    "pay_falls": "pay falls by {jump} at {at}, from {below} to {above}",
    "pays_nothing": "no value of the measure earns anything",
    "dead_zone": "nothing is earned up to {to}",
    "flat_zone": "from {from} on another sale earns nothing more; pay stays at {earned}",
    "cap_in_reach": "the cap of {cap} holds pay back from {at} on",
    "retroactive_tiers": "the rate reached pays on the whole amount: at {at} that is {whole},"
    " slice by slice it would be {sliced}",
    "margin_exceeded": "from {from} on one more of sales pays {rate}, and leaves {margin} after its"
    " cost ({lines} order lines with a known cost)",
    "rule_never_matches": "no order line can meet {formula}",
    "rule_matched_nothing": "none of {lines} known order lines meets {formula}",
    "rule_shadowed": "{by} already takes every line that {credit} takes; {measure} counts it once",
    "round_boundary": "{near} of {known} people have ended within one order ({order}) below {at}",
    "quota_unreachable": "{short} of {judged} people are asked more than the best period they had,"
    " by up to {gap}",
    "components_opposed": "{component} and {other} pull in opposite directions on {column}",
    "missing_as_zero": "who has no value of {measure} is paid by {component} as if it were zero",
    "one_currency": "{formula} compares with amounts in {literal}: a run with order lines in"
    " another currency is refused",
    "not_looked_at": "{check} was not looked at: {reason}",
}
MENDS: Mapping[str, str] = {
    "into_slices": "read the tiers slice by slice",
    "without_cap": "take the cap out",
    "pay_from_the_start": "pay the second tier's rate from the first sale on",
    "without_tier": "take the tier that pays nothing out",
    "without_rule": "take the rule out",
}
STUDIES: Mapping[str, str] = {
    "kishore-2013": "Kishore et al. 2013",
    "larkin-2014": "Larkin 2014",
    "oyer-1998": "Oyer 1998",
    "steenburgh-2008": "Steenburgh 2008",
    "chung-2014": "Chung et al. 2014",
    "misra-nair-2011": "Misra & Nair 2011",
    "cui-raju-shi": "Cui, Raju & Shi",
    "attainment-practice": "practice of quota setting",
    "marginal-cost": "definition of marginal cost",
}
SLOPE_FALLS = "from {from} on another sale lowers pay"
_SHARES = frozenset({"rate", "margin"})


def message(code: str, amounts: Mapping[str, Decimal], params: Mapping[str, str | int]) -> str:
    """One finding as a clause of English, its figures with the plan's currency where it has one."""
    words: dict[str, str] = {key: str(value) for key, value in params.items()}
    currency = str(params.get("currency", ""))
    for name, value in amounts.items():
        words[name] = f"{value * 100:f}%" if name in _SHARES else f"{plain(value)} {currency}"
    for name in ("at", "from", "to"):
        share = amounts.get(f"{name}_share")
        if share is not None:
            words[name] = f"{plain(share * 100)}% of quota ({words[name].strip()})"
    if params.get("is_money") == 0:
        for name in ("at", "from", "to", "order", "gap"):
            if name in words:
                words[name] = words[name].replace(f" {currency}", "")
    if code == "pay_falls" and params.get("cause") == "slope":
        return SLOPE_FALLS.format(**words)
    if code == "flat_zone" and "from" not in words:
        words["from"] = "0"
    return MESSAGES[code].format(**words)


def plain(value: Decimal) -> str:
    """Digits with separators, at least the two of most money, no needless zeros behind."""
    text = f"{value:,.12f}".rstrip("0")
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest.ljust(2, '0')}" if rest else whole
