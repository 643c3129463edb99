"""What findings, mends and checks are called, and what to do about a finding."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as lazy

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
    "grid_cliff": lazy("A cliff between two cells"),
    "grid_falls": lazy("A cell that pays less than the one before"),
    "score_jump": lazy("A score that jumps"),
    "score_turns": lazy("A score that turns"),
    "gate_closed": lazy("A gate that nobody can pass"),
    "gate_unreached": lazy("A gate that nobody has passed"),
    "pool_fixed": lazy("A pool that follows no result"),
    "pool_free_ride": lazy("A share that rewards nothing one does"),
    "pool_alone": lazy("A pool of one"),
    "pool_idle": lazy("Members who add nothing"),
    "contest_few_winners": lazy("A contest with too few winners"),
    "contest_ranked": lazy("Prizes by rank"),
    "contest_no_floor": lazy("A prize for nothing"),
    "contest_ties_cost": lazy("Ties that cost"),
    "contest_luck": lazy("A prize for luck"),
    "contest_no_handicap": lazy("A contest without a handicap"),
}
ADVICE = {
    "grid_cliff": lazy("More rows or columns with smaller steps between them make it gentler."),
    "grid_falls": lazy("Let every cell pay at least as much as the ones before it."),
    "score_jump": lazy("More steps with smaller differences let every bit of progress count."),
    "score_turns": lazy("Decide whether more or less is better, and let the steps go that way."),
    "gate_closed": lazy("Change the gate, or take it out."),
    "gate_unreached": lazy("Begin with a gate that some reach already, and raise it later."),
    "pool_fixed": lazy("Let the pool grow with what the team achieves together."),
    "pool_free_ride": lazy("Weigh members by what they add, such as their sales or their hours."),
    "pool_alone": lazy("Put single people into a team, or pay them a bonus of their own."),
    "pool_idle": lazy("Check the values, or leave these members out of the coalitions."),
    "contest_no_floor": lazy("State from which score on anybody can win."),
    "contest_luck": lazy("Let the contest run longer, or rank by a sum of many orders."),
    "contest_no_handicap": lazy("Rank by attainment of one's own quota."),
    "contest_few_winners": lazy("Let about one in three win, with equal prizes."),
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
    "by_contribution": lazy("Share the pool out by what each adds to it"),
    "more_winners": lazy("The same sum as equal prizes for one in three"),
    "equal_prizes": lazy("The same sum as equal prizes"),
    "shared_ties": lazy("Let equal scores share their prizes"),
    "by_attainment": lazy("Rank by attainment of one's own quota"),
}
CHECKS = {
    "pay_curve": lazy("The run of pay"),
    "people": lazy("Who stood near a boundary or a cap"),
    "margin": lazy("Pay against contribution margin"),
    "overlaps": lazy("Whether rules leave others nothing"),
    "rules": lazy("Whether the credit rules match order lines"),
    "quotas": lazy("Whether the quota can be reached"),
    "gates": lazy("Whether anybody passes the gates"),
    "teams": lazy("How many share a pool"),
    "scores": lazy("How many compete, and how close they were"),
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
    "teams": lazy("nobody is known to be in a team"),
    "periods": lazy("fewer than two past periods are known of anybody"),
}
