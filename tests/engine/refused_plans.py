"""A plan for every refusal of the language: what is changed in one that can be used, and where the
message must point.
"""

from __future__ import annotations

from .test_plan_document import PLAN

WORDS = """\
settlement:
  pay_date: {days_after_period: 10}
  below_zero: carry-forward
  retroactivity: carry-forward
  rule_packs: none
  eligibility: {employed_on: pay-date, resignation: pays, probation: pays, leave: pays}
  payment: {currency: plan, rounding: {mode: half-up, stage: each-step}}
  limits:
    - {id: most, kind: cap, on: commission, per: year, amount: 50000.00}
  payout:
    - id: half
      component: bonus
      parts: [{share: 50%, on: booking}, {share: 50%, on: cash}]
      leaving: {good: keeps, bad: forfeits}
  draws:
    - id: start
      kind: recoverable
      amount: 1000.00
      first_period: 2026Q1
      last_period: 2026Q4
      recovery: {from: 2026Q3, share: 100%}
      limit: none
  clawbacks:
    - {id: gone, on: churn, within_days: 90, amount: full, recover_at_most: 50%}
"""
HEAD = PLAN[PLAN.index("policies:") : PLAN.index("  accumulation_order")]
RETAIL = """\
fiscal_weeks:
  pattern: 4-5-4
  year_ends: {weekday: saturday, rule: nearest, month: january}
"""
RATES = "components/commission/rates"
TIERS = "        - {from: 0%, rate: 2%}\n        - {from: 100%, rate: 4%}\n"
BONUS = "    pays: {amount: 1000.00}"
MEASURE = "  - {id: sales, kind: sum, of: amount, credits: own-sales}\n"
MORE = (
    "  - {id: orders, kind: count, credits: own-sales}\n"
    "  - {id: hours, kind: figure, name: hours, read: sum, unit: quantity}\n"
)
SETTLED = PLAN.replace(MEASURE, MEASURE + MORE) + WORDS
WHOLE = "reading: slice\n      on: attainment\n      quota: sales-quota\n      tiers:\n" + TIERS


def table(text: str) -> tuple[str, str]:
    """Another rate table for the commission."""
    return WHOLE, text + "\n"


def bonus(text: str) -> tuple[str, str]:
    """Another way in which the bonus pays."""
    return BONUS, f"    {text}"


def dated(tables: str) -> tuple[str, str]:
    return table(f"{{reading: slice, on: amount, change: anew, dated: [{tables}]}}")


FIRST = "{tiers: [{from: 0, rate: 1%}]}"
ALONE = "[{from: 0, rate: 1%}]"
KEYED = "name: prices, by: [product], pays: rate, missing: nothing"
STEPS = "steps: [{from: 0, rate: 50%}, {from: 5, rate: 100%}]"
GAME = "{of: ana, value: 1}, {of: ben, value: 1}"

# Of each code: what is replaced by what, and the clause that the message names ("": the document).
REFUSALS: dict[str, tuple[str, str, str]] = {
    # The document
    "document_malformed": ("plan: reseller", 'plan: "reseller', ""),
    "document_repeated": ("paceline: 1\n", "paceline: 1\n---\npaceline: 1\n", ""),
    "document_too_deep": ("currency: USD", f"currency: {'[' * 20}x{']' * 20}", ""),
    "document_too_large": ("policies:", "purpose: [" + "1, " * 30_000 + "1]\npolicies:", ""),
    "document_too_long": ("policies:", f"# {'x' * 300_000}\npolicies:", ""),
    "text_too_long": ("currency: USD", f"currency: {'X' * 9_000}", ""),
    "character_unprintable": ("currency: USD", "currency: U\u0007SD", ""),
    "alias_used": ("currency: USD", "currency: &usd USD", ""),
    "tag_used": ("currency: USD", "currency: !!str USD", ""),
    "key_malformed": ("currency: USD", "? [a]\n: USD", ""),
    "key_repeated": ("currency: USD", "currency: USD\ncurrency: USD", ""),
    # Clauses
    "key_unknown": ("    cap: 50000.00", "    caps: 50000.00", "components/commission"),
    "key_missing": ("currency: USD\n", "", ""),
    "mapping_expected": ("    pays: {amount: 1000.00}", "    pays: 5", "components/bonus/pays"),
    "list_expected": (TIERS, "        2%\n", f"{RATES}/tiers"),
    "list_empty": (TIERS, "        []\n", f"{RATES}/tiers"),
    "list_too_long": (MEASURE, MEASURE * 501, "measures"),
    "text_expected": ("currency: USD", "currency: [USD]", "currency"),
    "value_missing": ("currency: USD", "currency:", "currency"),
    "choice_unknown": ("period: quarter", "period: quater", "period"),
    "id_malformed": ("plan: reseller-commission", "plan: My plan", "plan"),
    "id_repeated": (MEASURE, MEASURE * 2, "measures/sales"),
    "number_malformed": ("cap: 50000.00", "cap: 50,000", "components/commission/cap"),
    "amount_negative": ("cap: 50000.00", "cap: -1", "components/commission/cap"),
    "percent_malformed": ("rate: 2%", "rate: 0.02", f"{RATES}/tiers/1/rate"),
    "percent_negative": ("rate: 2%", "rate: -2%", f"{RATES}/tiers/1/rate"),
    "percent_too_large": ("rate: 2%", "rate: 20000%", f"{RATES}/tiers/1/rate"),
    "whole_number_expected": (
        "credits: own-sales}",
        "credits: own-sales, window: {rolling: 0}}",
        "measures/sales/window/rolling",
    ),
    "day_malformed": (
        "credits: own-sales}",
        "credits: own-sales, window: {from: 2026-02-30, before: 2026-03-01}}",
        "measures/sales/window/from",
    ),
    "reference_unknown": ("credits: own-sales}", "credits: own}", "measures/sales/credits"),
    # Head and policies
    "currency_unknown": ("currency: USD", "currency: USX", "currency"),
    "year_start_malformed": (
        "period: quarter",
        "period: quarter\nyear_starts: 04-15",
        "year_starts",
    ),
    "calendar_stated_twice": (
        "period: quarter",
        f"period: quarter\nyear_starts: 02-01\n{RETAIL.rstrip()}",
        "fiscal_weeks",
    ),
    "weeks_have_no_half_months": (
        HEAD,
        HEAD.replace("accumulation: period", "accumulation: half-month").replace(
            "policies:", f"{RETAIL}policies:"
        ),
        "policies/accumulation",
    ),
    "attribute_malformed": (
        "policies:",
        "attributes: {amount: money}\npolicies:",
        "attributes/amount",
    ),
    "target_incentive_unclear": (
        "policies:",
        "target_incentive: {}\npolicies:",
        "target_incentive",
    ),
    "policy_missing": ("  boundary: upper\n", "", "policies"),
    "order_not_total": ("[ordered_on, line_id]", "[ordered_on]", "policies/accumulation_order"),
    "name_unknown": (
        "[ordered_on, line_id]",
        "[orderd_on, line_id]",
        "policies/accumulation_order",
    ),
    # Credits
    "level_malformed": ("levels: 1", "levels: 99", "credits/team-sales/levels"),
    "levels_reversed": ("levels: 1", "levels: {from: 3, through: 2}", "credits/team-sales/levels"),
    "receiver_unclear": (
        "kind: direct,",
        "kind: direct, to: {column: channel, owner: territory}, as: share,",
        "credits/own-sales/to",
    ),
    "team_takes_no_share": (
        "kind: direct,",
        "kind: direct, to: team, as: share,",
        "credits/own-sales/as",
    ),
    "share_of_owner": (
        "kind: direct,",
        "kind: direct, to: {owner: territory}, as: share, share: 10%,",
        "credits/own-sales/share",
    ),
    # Measures and quotas
    "measure_not_above": (
        MEASURE,
        "  - {id: rate, kind: ratio, of: sales, over: rate}\n" + MEASURE,
        "measures/rate/of",
    ),
    "dates_reversed_in_plan": (
        "credits: own-sales}",
        "credits: own-sales, window: {from: 2026-06-02, before: 2026-06-01}}",
        "measures/sales/window",
    ),
    "proration_missing": ("name: sales}", "name: sales, spread: [50%, 50%]}", "quotas/sales-quota"),
    "spread_malformed": (
        "name: sales}",
        "name: sales, proration: none, spread: [100%]}",
        "quotas/sales-quota/spread",
    ),
    "weights_incomplete": (
        "name: sales}",
        "name: sales, proration: none, spread: [50%, 40%]}",
        "quotas/sales-quota/spread",
    ),
    # Formulas
    "formula_malformed": ("of: amount", "of: amount +", "measures/sales/of"),
    "formula_division": ("of: amount", "of: amount / 2", "measures/sales/of"),
    "earned_not_above": (
        *bonus("pays: {formula: bonus.earned}"),
        "components/bonus/pays/formula",
    ),
    "formula_too_long": ("of: amount", f"of: '{'amount + ' * 300}amount'", "measures/sales/of"),
    "formula_too_deep": ("of: amount", f"of: '{'(' * 40}amount{')' * 40}'", "measures/sales/of"),
    "formula_too_large": ("of: amount", f"of: '{'cost+' * 180}cost'", "measures/sales/of"),
    "formula_type": ("of: amount", "of: category", "measures/sales/of"),
    "formula_currency": (*bonus("pays: {formula: 5 EUR}"), "components/bonus/pays/formula"),
    "function_unknown": ("of: amount", "of: 'mx(amount, cost)'", "measures/sales/of"),
    "arguments_miscounted": ("of: amount", "of: 'abs(amount, cost)'", "measures/sales/of"),
    "types_do_not_fit": ("of: amount", "of: amount + quantity", "measures/sales/of"),
    "currencies_mixed": (
        "of: amount",
        "of: 'if(amount > 1 USD, 1 EUR, 2 EUR)'",
        "measures/sales/of",
    ),
    "date_unknown": ('category != "Shipping"', "ordered_on > 2026-02-30", "credits/own-sales/when"),
    "number_too_long": (
        'category != "Shipping"',
        f"amount > {'9' * 30} USD",
        "credits/own-sales/when",
    ),
    # Components
    "pay_unclear": (BONUS + "\n", "", "components/bonus"),
    "pay_stated_twice": (*bonus("pays: {amount: 1, target_share: 1%}"), "components/bonus/pays"),
    "target_incentive_missing": (*bonus("pays: {target_share: 1%}"), "components/bonus/pays"),
    "condition_unclear": (
        "when: {attainment: sales-quota, at_least: 100%}",
        "when: {at_least: 1}",
        "components/bonus/when",
    ),
    "floor_above_cap": ("cap: 50000.00", "cap: 1\n    floor: 2", "components/commission"),
    "score_needs_steps": (
        *bonus("scorecard: {target: 1 USD, indicators: [{id: i, weight: 100%, value: sales}]}"),
        "components/bonus/scorecard/indicators/i",
    ),
    "pool_share_unclear": (*bonus("pool: {amount: sales * 1%}"), "components/bonus/pool"),
    "coalition_repeated": (
        *bonus(
            f"pool: {{amount: sales * 1%, shapley: [{GAME}, {{of: ana, value: 2}},"
            " {of: [ana, ben], value: 3}]}"
        ),
        "components/bonus/pool/shapley",
    ),
    "coalition_missing": (
        *bonus(f"pool: {{amount: sales * 1%, shapley: [{GAME}]}}"),
        "components/bonus/pool/shapley",
    ),
    "coalition_falls": (
        *bonus(f"pool: {{amount: sales * 1%, shapley: [{GAME}, {{of: [ana, ben], value: 0}}]}}"),
        "components/bonus/pool/shapley",
    ),
    "coalition_too_large": (
        *bonus(
            "pool: {amount: sales * 1%, shapley: [{of: [a, b, c, d, e, f, g, h, i, j, k],"
            " value: 1}]}"
        ),
        "components/bonus/pool/shapley",
    ),
    "prizes_missing": (
        *bonus("contest: {score: sales, prizes: [], ties: each, among: plan}"),
        "components/bonus/contest",
    ),
    "prizes_unordered": (
        *bonus("contest: {score: sales, prizes: [1, 2], ties: each, among: plan}"),
        "components/bonus/contest/prizes",
    ),
    # Rate tables
    "tiers_start_above_zero": ("{from: 0%, rate: 2%}", "{from: 1%, rate: 2%}", f"{RATES}/tiers/1"),
    "tiers_unordered": ("{from: 100%, rate: 4%}", "{from: 0%, rate: 4%}", f"{RATES}/tiers/2"),
    "tier_gap": ("{from: 0%, rate: 2%}", "{from: 0%, to: 99%, rate: 2%}", f"{RATES}/tiers/1"),
    "tier_overlap": ("{from: 0%, rate: 2%}", "{from: 0%, to: 101%, rate: 2%}", f"{RATES}/tiers/1"),
    "tier_ends": ("{from: 100%, rate: 4%}", "{from: 100%, to: 150%, rate: 4%}", f"{RATES}/tiers/2"),
    "tier_end_missing": (
        *table("{reading: interpolated, on: amount, tiers: [{from: 0, amount: 1}]}"),
        f"{RATES}/tiers/1",
    ),
    "tier_pays_twice": (
        "{from: 0%, rate: 2%}",
        "{from: 0%, rate: 2%, amount: 1}",
        f"{RATES}/tiers/1",
    ),
    "tiers_differ": ("{from: 0%, rate: 2%}", "{from: 0%, amount: 2}", f"{RATES}/tiers"),
    "bounds_need_one_tier": (
        *table(
            "{reading: slice, on: amount, each: {cap: 1}, tiers: [{from: 0, rate: 1%},"
            " {from: 9, rate: 2%}]}\n    accumulation: transaction"
        ),
        f"{RATES}/each",
    ),
    "bounds_need_stretches": (
        *table(f"{{reading: slice, on: amount, each: {{cap: 1}}, tiers: {ALONE}}}"),
        RATES,
    ),
    "interpolation_needs_amounts": (
        *table("{reading: interpolated, on: amount, tiers: [{from: 0, to: 9, rate: 1%}]}"),
        RATES,
    ),
    "slices_need_rates": (
        *table("{reading: slice, on: amount, tiers: [{from: 0, amount: 1}]}"),
        RATES,
    ),
    "marginal_needs_whole": (
        *table(
            "{reading: slice, on: amount, tiers: [{from: 0, rate: 1%},"
            " {from: 9, rate: 2%, marginal: yes}]}"
        ),
        RATES,
    ),
    "columns_unordered": (
        *table(
            "{reading: whole, on: amount, across: {by: sales, from: [0, 0]},"
            " tiers: [{from: 0, rate: [1%, 2%]}]}"
        ),
        f"{RATES}/across/from",
    ),
    "grid_incomplete": (
        *table(
            "{reading: whole, on: amount, across: {by: sales, from: [0, 5]},"
            " tiers: [{from: 0, rate: [1%]}]}"
        ),
        f"{RATES}/tiers/1/rate",
    ),
    "grid_needs_whole": (
        *table(
            "{reading: slice, on: amount, across: {by: sales, from: [0, 5]},"
            " tiers: [{from: 0, rate: [1%, 2%]}]}"
        ),
        RATES,
    ),
    "dimensions_too_many": (
        *table(
            "{reading: whole, on: amount, across: [{by: sales, from: [0]}, {by: orders, from: [0]},"
            " {by: hours, from: [0]}, {by: sales, from: [0]}], tiers: [{from: 0, rate: 1%}]}"
        ),
        f"{RATES}/across",
    ),
    "columns_too_many": (
        *table(
            "{reading: whole, on: amount, across: [{by: sales, from: ["
            + ", ".join(map(str, range(30)))
            + "]}, {by: orders, from: ["
            + ", ".join(map(str, range(30)))
            + "]}], tiers: [{from: 0, rate: 1%}]}"
        ),
        f"{RATES}/across",
    ),
    "dimension_twice": (
        *table(
            "{reading: whole, on: amount, across: [{by: sales, from: [0]}, {by: sales, from: [0]}],"
            " tiers: [{from: 0, rate: [[1%]]}]}"
        ),
        f"{RATES}/across/2",
    ),
    "attainment_needs_period": ("accumulation: period", "accumulation: month", RATES),
    "quota_of_other_measure": (
        "measure: sales, name: sales",
        "measure: orders, name: sales",
        f"{RATES}/quota",
    ),
    "quota_of_other_window": ("name: sales}", "name: sales, over: year}", f"{RATES}/quota"),
    "measure_has_no_parts": (
        *table(
            f"{{reading: whole, on: measure, by: hours, tiers: {ALONE}}}\n    accumulation: month"
        ),
        "components/commission",
    ),
    "lines_needed": (*table(f"{{reading: slice, on: measure, by: hours, tiers: {ALONE}}}"), RATES),
    "change_missing": (*table(f"{{reading: slice, on: amount, dated: [{FIRST}]}}"), RATES),
    "dated_starts_late": (
        *dated("{from: 2026-01-01, tiers: [{from: 0, rate: 1%}]}"),
        f"{RATES}/dated/1/from",
    ),
    "dated_unordered": (
        *dated(
            f"{FIRST}, {{from: 2026-02-01, tiers: {ALONE}}}, {{from: 2026-01-01, tiers: {ALONE}}}"
        ),
        f"{RATES}/dated/3/from",
    ),
    "dated_gap": (
        *dated(
            "{before: 2026-01-01, tiers: [{from: 0, rate: 1%}]},"
            f" {{from: 2026-02-01, tiers: {ALONE}}}"
        ),
        f"{RATES}/dated/1/before",
    ),
    "dated_overlap": (
        *dated(
            "{before: 2026-03-01, tiers: [{from: 0, rate: 1%}]},"
            f" {{from: 2026-02-01, tiers: {ALONE}}}"
        ),
        f"{RATES}/dated/1/before",
    ),
    "dated_ends": (
        *dated("{before: 2026-03-01, tiers: [{from: 0, rate: 1%}]}"),
        f"{RATES}/dated/1/before",
    ),
    "dated_needs_rates": (
        *table(
            "{reading: whole, on: amount, change: anew, dated: [{tiers: [{from: 0, amount: 1}]}]}"
        ),
        f"{RATES}/change",
    ),
    "last_day_by_shares": (
        *table(
            "{reading: slice, on: measure, by: orders, change: last-day,"
            f" dated: [{{tiers: {ALONE}}}]}}"
        ),
        f"{RATES}/change",
    ),
    "rate_keys_invalid": (
        *table(
            "{reading: slice, on: amount, table: {name: prices, by: [product, product],"
            " pays: rate, counts: each, missing: nothing}}"
        ),
        f"{RATES}/table/by",
    ),
    "rate_table_interpolated": (
        *table(f"{{reading: interpolated, on: amount, table: {{{KEYED}, counts: each}}}}"),
        f"{RATES}/table",
    ),
    "rate_table_sliced": (
        *table(f"{{reading: slice, on: amount, table: {{{KEYED}, counts: all}}}}"),
        f"{RATES}/table",
    ),
    # Settlement
    "stated_twice": (
        "  payout:\n",
        "  payout:\n    - {id: all, component: bonus, parts: [{share: 100%, on: booking}]}\n",
        "settlement/payout",
    ),
    "exchange_unused": (
        "{currency: plan, rounding",
        "{currency: plan, exchange: {rate: r, date: pay-date, quote: multiply}, rounding",
        "settlement/payment/exchange",
    ),
    "floor_per_year": (
        "kind: cap, on: commission",
        "kind: floor, on: commission",
        "settlement/limits/most",
    ),
    "shares_incomplete": (
        "{share: 50%, on: cash}",
        "{share: 40%, on: cash}",
        "settlement/payout/half/parts",
    ),
    "pro_rata_without_date": ("bad: forfeits", "bad: pro-rata", "settlement/payout/half/leaving"),
    "period_malformed": (
        "first_period: 2026Q1",
        "first_period: 2026Q7",
        "settlement/draws/start/first_period",
    ),
    "periods_reversed": ("last_period: 2026Q4", "last_period: 2025Q4", "settlement/draws/start"),
    "share_above_all": (
        "recover_at_most: 50%",
        "recover_at_most: 150%",
        "settlement/clawbacks/gone/recover_at_most",
    ),
    "end_missing": (
        (
            "kind: recoverable\n      amount: 1000.00\n      first_period: 2026Q1\n"
            "      last_period: 2026Q4"
        ),
        (
            "kind: forgiven\n      amount: 1000.00\n      first_period: 2026Q1\n"
            "      last_period: none"
        ),
        "settlement/draws/start",
    ),
    "days_missing": ("within_days: 90", "within_days: none", "settlement/clawbacks/gone"),
}
