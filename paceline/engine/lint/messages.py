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
    "cap_of_keys": "the cap of {cap} held back {lost} of what the keys earned together",
    "cap_in_reach": "the cap of {cap} holds pay back from {at} on",
    "retroactive_tiers": "the rate reached pays on the whole amount: at {at} that is {whole},"
    " slice by slice it would be {sliced}",
    "margin_exceeded": "from {from} on one more of sales pays {rate}, and leaves {margin} after its"
    " cost ({lines} order lines with a known cost)",
    "rate_above_whole": "{component} pays {rate}, more than the whole of {measure}",
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
    "two_retroactivities": "for closed periods the policies say {stated}, the settlement {acted};"
    " the settlement acts",
    "quota_window": "{measure} looks at other days than the target of {quota} is for",
    "grid_cliff": "at the bound {bound} of {measure} pay jumps by {jump}, from {below} to {above}"
    " ({cells} of {among} cells along it)",
    "grid_falls": "above the bound {bound} of {measure} pay falls by {jump}, from {below} to"
    " {above} ({cells} of {among} cells along it)",
    "score_jump": "{indicator} is worth {jump} more or less at once at {bound} ({rate} of {of})",
    "score_turns": "the score of {indicator} turns at {bound}, from {below} to {above}: better and"
    " worse cannot be told apart",
    "gate_closed": "nobody can pass the gate of {indicator}: {formula}",
    "gate_unreached": "in {known} known periods of payees nobody passed the gate of {indicator}:"
    " {formula}",
    "pool_fixed": "the pool is {pool} whatever the team achieves",
    "pool_free_ride": "everybody has the same part of the pool whatever they do: in a team of"
    " {members} that is {part} of what one adds",
    "pool_alone": "{teams} of {known} pools have one member only",
    "pool_idle": "by the stated values {names} add nothing and get nothing",
    "contest_few_winners": "{winners} prize(s) for those who compete; one in three, {enough}, of"
    " {each} each would cost the same {prizes}",
    "contest_ranked": "prizes fall from {first} to {last}; ranks add nothing over equal prizes",
    "contest_no_floor": "a score of zero may win {last}",
    "contest_ties_cost": "equal scores each get {first}: {competing} who compete may cost {most}"
    " instead of {prizes}",
    "contest_luck": "one order may decide who wins",
    "contest_no_handicap": "quotas lie between {least} and {most}, but the score does not look at"
    " them",
    "rates_refused": "no run would take {rows} rows of the table of rates: {code}, {subject}"
    " ({detail})",
    "rates_cliff": "where row {row} ({key}) begins, at {at}, pay jumps by {jump}, from {below} to"
    " {above}; so do {count} of {rows} rows, of {keys} keys",
    "rates_fall": "where row {row} ({key}) begins, at {at}, pay falls by {jump}, from {below} to"
    " {above}; so do {count} of {rows} rows, of {keys} keys",
    "rates_negative": "in row {row} ({key}) another sale lowers pay; so do {count} of {rows} rows",
    "rates_nothing": "{count} keys never earn anything, such as row {row} ({key})",
    "rates_dead_zone": "up to {to} row {row} ({key}) earns nothing; so begin {count} keys",
    "rates_flat_zone": "from {from} on row {row} ({key}) earns nothing more; so do {count} of"
    " {rows} rows",
    "rates_gate": "where the condition begins to hold, at {at}, row {row} ({key}) pays {jump} at"
    " once; so do {count} keys",
    "rates_capped": "from {at} on row {row} ({key}) earns the cap of {cap} and nothing more; so do"
    " {count} keys",
    "rates_floored": "up to {to} row {row} ({key}) earns the floor of {floor}, whatever is sold;"
    " so do {count} keys",
    "rates_above_margin": "from {from} on one more of sales pays {rate} by row {row} ({key}), and"
    " leaves {margin} after its cost; so do {count} of {rows} rows",
    "rates_above_whole": "from {from} on row {row} ({key}) pays {rate}, more than what is sold; so"
    " do {count} of {rows} rows",
    "rates_unreached": "row {row} ({key}) begins at {at}, and the most known there is {best};"
    " {count} of {rows} rows begin beyond it",
    "rates_no_row": "{lines} of {known} known order lines, of {sold} in all, have no row, such as"
    " {key}",
    "not_looked_at": "{check} was not looked at: {reason}",
}
MENDS: Mapping[str, str] = {
    "into_slices": "read the tiers slice by slice",
    "without_cap": "take the cap out",
    "without_condition": "take the condition out",
    "without_floor": "take the floor out",
    "pay_from_the_start": "pay the second tier's rate from the first sale on",
    "without_tier": "take the tier that pays nothing out",
    "without_rule": "take the rule out",
    "by_contribution": "share the pool out by what each adds to it",
    "more_winners": "the same sum as equal prizes for one in three",
    "equal_prizes": "the same sum as equal prizes",
    "shared_ties": "let equal scores share their prizes",
    "by_attainment": "rank by attainment of one's own quota",
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
    "lim-2009": "Lim et al. 2009",
    "kalra-shi-2001": "Kalra & Shi 2001",
    "syam-2013": "Syam et al. 2013",
    "bandiera-2013": "Bandiera et al. 2013",
    "friebel-2017": "Friebel et al. 2017",
    "chan-2014": "Chan, Li & Pierce 2014",
    "chung-narayandas": "Chung & Narayandas",
}
SLOPE_FALLS = "from {from} on another sale lowers pay"
_PLACES = frozenset({"at", "from", "to", "best"})
_COUNTED = _PLACES | {"order", "gap", "least", "most"}
_SHARES = frozenset({"rate", "margin", "part"})
# What a finding came to in the known periods, where there are some: the figure, and its words.
_KNOWN = {
    "cap_in_reach": ("lost", "; in the known periods it held back {lost}"),
    "retroactive_tiers": ("cost", "; in the known periods it paid {cost} more than slices"),
}


def message(code: str, amounts: Mapping[str, Decimal], params: Mapping[str, str | int]) -> str:
    """One finding as a clause of English, its figures with the plan's currency where it has one."""
    words: dict[str, str] = {key: str(value) for key, value in params.items()}
    currency = str(params.get("currency", ""))
    for name, value in amounts.items():
        words[name] = f"{plain(value * 100)}%" if name in _SHARES else f"{plain(value)} {currency}"
    for name in _PLACES:
        share = amounts.get(f"{name}_share")
        if share is not None:
            words[name] = f"{plain(share * 100)}% of quota ({words[name].strip()})"
    words |= _without_currency(amounts, params, words)
    if code == "pay_falls" and params.get("cause") == "slope":
        return SLOPE_FALLS.format(**words)
    if code == "flat_zone" and "from" not in words:
        words["from"] = "0"
    more = "; the next are {others}" if words.get("others") else ""
    figure, known = _KNOWN.get(code, ("", ""))
    return f"{MESSAGES[code]}{known if amounts.get(figure) else ''}{more}".format(**words)


def _without_currency(
    amounts: Mapping[str, Decimal], params: Mapping[str, str | int], words: Mapping[str, str]
) -> dict[str, str]:
    """Places along a measure that is no money: a count, or a share."""
    found: dict[str, str] = {}
    if params.get("is_money") == 0:
        currency = str(params.get("currency", ""))
        found = {name: words[name].replace(f" {currency}", "") for name in _COUNTED & words.keys()}
    if params.get("by_share") == 1:
        found |= {name: f"{plain(amounts[name] * 100)}%" for name in _PLACES & amounts.keys()}
        if "bound" in words:
            found["bound"] = f"{plain(Decimal(words['bound']) * 100)}%"
    return found


def plain(value: Decimal) -> str:
    """Digits with separators, at least the two of most money, no needless zeros behind."""
    text = f"{value:,.12f}".rstrip("0")
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest.ljust(2, '0')}" if rest else whole
