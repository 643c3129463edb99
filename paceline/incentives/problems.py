"""What is wrong with a plan's text, in the reader's language, with the place to mend.

The engine gives a code and its values; here they become sentences. A code without a sentence of its
own (there is a test that finds it) is told in the engine's English.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext, pgettext_lazy

from paceline.incentives.calculation.documents import Problem
from paceline.incentives.wording.names import joined
from paceline.kernel import formats

Sentence = str | Promise


@dataclass(frozen=True, slots=True)
class PlainProblem:
    """A problem as a page shows it. ``path`` is the clause, ``line`` counts from 1 or is None."""

    text: str
    path: str = ""
    line: int | None = None
    key: str = ""

    @property
    def where(self) -> str:
        """The place in the source, in words; empty when there is none."""
        return "" if self.line is None else _("line %(line)s") % {"line": self.line}


def plain_problems(problems: Iterable[Problem]) -> list[PlainProblem]:
    """Every problem once, as a sentence, in the order of the source."""
    found = [
        PlainProblem(
            text=problem_sentence(problem),
            path=problem.path,
            line=problem.line,
            key=str(
                problem.params.get("key")
                or problem.params.get("policy")
                or BESIDE.get(problem.code, "")
            ),
        )
        for problem in problems
    ]
    return sorted(dict.fromkeys(found), key=lambda one: (one.line is None, one.line or 0))


def problem_sentence(problem: Problem) -> str:
    """One problem in the reader's language."""
    template = SENTENCES.get(problem.code)
    if template is None:
        return problem.message
    values = {key: str(value) for key, value in formats.with_counts(problem.params).items()}
    values |= _in_words(problem.code, values)
    try:
        text = str(template) % values
    except KeyError:
        return problem.message
    if values.get("nearest"):
        return joined(text, _("Did you mean %(nearest)s?") % values)
    if values.get("known"):
        return joined(text, _("There is: %(known)s.") % values)
    return text


def _in_words(code: str, values: Mapping[str, str]) -> dict[str, str]:
    """What the engine lists in English, as the reader says it; a plan's keywords stay."""
    found = {}
    if "choices" in values:
        said = values["choices"].replace(" or ", pgettext("choices", " or "))
        found["choices"] = said.replace("a rate type", _("the name of a kind of rate"))
    for key in TYPED.get(code, ()):
        any_of = (_(", ").join(map(_type, part.split(", "))) for part in values[key].split(" or "))
        found[key] = pgettext("choices", " or ").join(any_of)
    return found


def _type(word: str) -> str:
    return str(TYPES.get(word, word))


# The parameters that hold types of formulas, by code.
TYPED: Mapping[str, tuple[str, ...]] = {
    "formula_type": ("given", "wanted"),
    "types_do_not_fit": ("types",),
}
TYPES: Mapping[str, Sentence] = {
    "money": pgettext_lazy("type of a formula", "money"),
    "quantity": pgettext_lazy("type of a formula", "a quantity"),
    "percent": pgettext_lazy("type of a formula", "a percentage"),
    "date": pgettext_lazy("type of a formula", "a date"),
    "text": pgettext_lazy("type of a formula", "a text"),
    "boolean": pgettext_lazy("type of a formula", "yes or no"),
}
# The value of a clause beside which a problem of the whole clause is mended.
BESIDE: Mapping[str, str] = {
    "bounds_need_stretches": "each",
    "change_missing": "change",
    "days_missing": "within_days",
    "end_missing": "last_period",
    "floor_above_cap": "floor",
    "floor_per_year": "per",
    "grid_needs_whole": "reading",
    "interpolation_needs_amounts": "reading",
    "levels_reversed": "through",
    "periods_reversed": "last_period",
    "proration_missing": "proration",
    "score_needs_steps": "steps",
    "slices_need_rates": "reading",
    "tier_end_missing": "to",
    "tier_ends": "to",
    "tier_gap": "to",
    "tier_overlap": "to",
    "tiers_start_above_zero": "from",
    "tiers_unordered": "from",
}
SENTENCES: Mapping[str, Sentence] = {
    # Settlement
    "stated_twice": lazy("%(name)s is stated twice here."),
    "exchange_unused": lazy("Payments in the plan's currency need no exchange."),
    "floor_per_year": lazy("A floor is for a period; a year has caps only."),
    "shares_incomplete": lazy("The shares add up to %(total)s, not to 100%%."),
    "pro_rata_without_date": lazy("A part that is due on cash has no date to be pro rata to."),
    "period_malformed": lazy(
        "%(value)s is no period; periods are written like 2026, 2026H1, 2026Q2, 2026-06 or, of"
        " weeks, 2026-02-01W13."
    ),
    "periods_reversed": lazy("The last period is before the first."),
    "share_above_all": lazy("A share cannot be more than 100%%."),
    "end_missing": lazy("A draw that is forgiven at its end needs a last period."),
    "days_missing": lazy("Early churn and a share by time need a number of days."),
    # The document
    "document_malformed": lazy("The text cannot be read as YAML from here on."),
    "document_repeated": lazy("A text holds one plan only."),
    "document_too_deep": lazy(
        "The text is nested deeper than %(limit)s levels. No clause needs as many."
    ),
    "document_too_large": lazy(
        "The text has more than %(limit)s parts. Keep long lists of rates as rows of a table, or "
        "split the plan into several."
    ),
    "document_too_long": lazy(
        "The text is longer than %(limit)s characters. Keep long lists of rates as rows of a "
        "table, or split the plan into several."
    ),
    "text_too_long": lazy(
        "This single value has more than %(limit)s characters. Shorten it, and take parts of a "
        "formula out into measures of their own."
    ),
    "character_unprintable": lazy("The text contains the unprintable character %(character)s."),
    "alias_used": lazy("Anchors and aliases (& and *) are not used in plans."),
    "tag_used": lazy("Tags (!) are not used in plans."),
    "key_malformed": lazy("A key is a plain word."),
    "key_repeated": lazy("%(key)s is written twice here."),
    "key_unknown": lazy("%(key)s is not known here."),
    "key_missing": lazy("%(key)s is missing."),
    "mapping_expected": lazy("A list of “key: value” is expected here."),
    "list_expected": lazy("A list is expected here: lines that begin with a hyphen."),
    "list_empty": lazy("At least one is needed here."),
    "list_too_long": lazy(
        "There are %(length)s members; %(limit)s are allowed. Join some into one, keep rates as "
        "rows of a table, or split the plan into several."
    ),
    "text_expected": lazy("A single value is expected here."),
    "value_missing": lazy("A value is missing here."),
    # Values
    "choice_unknown": lazy("%(value)s is not a choice here. Choose %(choices)s."),
    "id_malformed": lazy(
        "%(value)s is not an id. Write small letters, digits and hyphens, a letter first."
    ),
    "id_repeated": lazy("The id %(id)s is used twice."),
    "number_malformed": lazy(
        "%(value)s is not a number. Write digits with a point, at most 13 before it and 4 after."
    ),
    "number_too_long": lazy(
        "%(value)s has too many digits; 15 before the point and 8 after it are allowed."
    ),
    "amount_negative": lazy("%(value)s is below zero."),
    "percent_malformed": lazy(
        "%(value)s is not a percentage. Write it with its sign, as in 2.5%%."
    ),
    "percent_negative": lazy("%(value)s is below zero."),
    "percent_too_large": lazy("%(value)s is too large for a percentage."),
    "currency_unknown": lazy("%(currency)s is not a currency in use (ISO 4217)."),
    "currencies_mixed": lazy("One formula cannot mix currencies: %(currencies)s."),
    "date_unknown": lazy("%(value)s is not a day of the calendar."),
    "attribute_malformed": lazy("%(key)s cannot be the name of an attribute."),
    "level_malformed": lazy("%(value)s is not a level. Write “all” or a number from 1 to 50."),
    "levels_reversed": lazy("The last level comes before the first."),
    "reference_unknown": lazy("There is no “%(name)s” to refer to."),
    "measure_not_above": lazy(
        "%(name)s does not stand above. A measure is calculated from those above it; move it up or"
        " down."
    ),
    "name_unknown": lazy("There is no column %(name)s."),
    "earned_not_above": lazy(
        "No component above earns money as %(name)s. A component sees only those above it: move one"
        " of the two, and let neither need the other."
    ),
    "function_unknown": lazy("There is no function %(name)s."),
    # Formulas
    "formula_malformed": lazy("The formula cannot be read from character %(character)s on."),
    "formula_division": lazy(
        "A formula has no “/”, at character %(character)s. Write divide(a, b, otherwise): it says"
        " what a divisor of zero gives."
    ),
    "formula_too_deep": lazy(
        "The formula is nested more than %(limit)s levels deep. Take inner parts out into measures "
        "of their own."
    ),
    "formula_too_large": lazy(
        "The formula has more than %(limit)s parts. Take some out into measures of their own."
    ),
    "formula_too_long": lazy(
        "The formula has %(length)s characters; %(limit)s are allowed. Take parts out into measures"
        " of their own."
    ),
    "formula_type": lazy("The formula gives %(given)s, but %(wanted)s is needed here."),
    "arguments_miscounted": lazy("%(function)s takes %(expected)s values, not %(given)s."),
    "types_do_not_fit": lazy("“%(operation)s” cannot be used on %(types)s."),
    # Rules of pay
    "policy_missing": lazy("The policy %(policy)s is not stated. Choose %(choices)s."),
    "order_not_total": lazy("The order must end with line_id and name each column once."),
    "pay_unclear": lazy("A component pays in one of these ways: %(choices)s. Say exactly one."),
    "pool_share_unclear": lazy(
        "A pool is shared out by weights, in “share”, or by the values of coalitions, in “shapley”."
    ),
    "coalition_repeated": lazy("The coalition %(detail)s is stated twice."),
    "coalition_too_large": lazy("At most ten players can share by value: %(detail)s."),
    "coalition_missing": lazy("The coalition %(detail)s has no value."),
    "coalition_falls": lazy(
        "The coalition %(detail)s is worth less than without one of its members."
    ),
    "pay_stated_twice": lazy(
        "It pays an amount, a share of the target incentive or a formula: say exactly one."
    ),
    "condition_unclear": lazy("A condition names either an attainment or a measure."),
    "attainment_needs_period": lazy(
        "Rates on attainment need the running total of the period; one line attains nothing."
    ),
    "quota_of_other_measure": lazy(
        "The quota %(quota)s is set on %(quota_measure)s, but this component pays on %(measure)s."
    ),
    "floor_above_cap": lazy("The floor %(floor)s is above the cap %(cap)s."),
    "tiers_start_above_zero": lazy(
        "The first tier must start at 0, with the rate 0 if nothing is paid there."
    ),
    "tiers_unordered": lazy("This tier must start above the one before it."),
    "tier_gap": lazy("Nothing is said about the values between this tier and the next."),
    "tier_overlap": lazy("This tier overlaps the next one."),
    "tier_ends": lazy("The last tier has no end: leave “to” out."),
    "tier_end_missing": lazy(
        "The last tier of an interpolated table needs an end: say in “to” where it is full."
    ),
    "tier_pays_twice": lazy("A tier pays one of these: %(choices)s."),
    "tiers_differ": lazy(
        "The tiers of one table all pay the same thing: a rate, an amount or a share of the target"
        " incentive."
    ),
    "bounds_need_one_tier": lazy("Only a table of one tier can bound what each stretch earns."),
    "bounds_need_stretches": lazy(
        "“each” bounds what every stretch earns: let the table see something shorter than the"
        " period, such as each line by itself, or use the component's “cap” and “floor”."
    ),
    "interpolation_needs_amounts": lazy(
        "An interpolated table pays amounts: give its tiers “amount” or “target_share”."
    ),
    "rate_keys_invalid": lazy(
        "A table of rates is asked by 1 to %(limit)s different columns of texts."
    ),
    "rate_table_interpolated": lazy("A table of rates is read in slices or whole."),
    "rate_table_sliced": lazy(
        "Slices of a table of rates pay rates and count each key by itself; else read it whole."
    ),
    "slices_need_rates": lazy(
        "Slices pay rates. A table of amounts is read whole or interpolated."
    ),
    "lines_needed": lazy(
        "%(measure)s is not added up from the lines of the period. Slices of another measure, and"
        " tiers that change on a day, go from line to line."
    ),
    "change_missing": lazy(
        "Say what becomes of the running total when the tiers change. Choose %(choices)s."
    ),
    "dated_starts_late": lazy(
        "The days before %(starts)s have no tiers: leave “from” out in the first table."
    ),
    "dated_unordered": lazy(
        "These tiers must start after %(before)s, the day on which the ones before them start."
    ),
    "dated_gap": lazy("The days from %(first)s up to %(last)s have no tiers."),
    "dated_overlap": lazy("The days from %(first)s up to %(last)s have two tables of tiers."),
    "dated_ends": lazy(
        "The days from %(ends)s on have no tiers: leave “before” out in the last table."
    ),
    "dated_needs_rates": lazy(
        "From line to line only rates change. Tiers that pay amounts, or shares of the target"
        " incentive, change for all that they count: choose “last-day”."
    ),
    "last_day_by_shares": lazy(
        "Slices that another measure fills go from line to line: choose “carry-on” or “anew”."
    ),
    "marginal_needs_whole": lazy(
        "Only a table of rates on its own measure that is read whole can have marginal tiers."
    ),
    "columns_unordered": lazy("The columns of a grid begin at 0 and rise."),
    "grid_incomplete": lazy("%(given)s values are given for %(wanted)s columns."),
    "grid_needs_whole": lazy("A grid is read whole."),
    "dimensions_too_many": lazy(
        "A grid has up to %(limit)s dimensions beside its rows; here are %(given)s."
    ),
    "columns_too_many": lazy("A tier of a grid has at most %(limit)s values; here are %(given)s."),
    "dimension_twice": lazy("%(measure)s chooses the columns already."),
    "measure_has_no_parts": lazy(
        "%(measure)s is not added up from the lines of the period, so the table must see the whole"
        " period."
    ),
    "quota_of_other_window": lazy(
        "The quota %(quota)s is a target for the %(over)s, but the table sees the %(window)s."
    ),
    # Measures, quotas and credits
    "day_malformed": lazy("%(value)s is not a day. Write it as 2026-11-11."),
    "dates_reversed_in_plan": lazy("%(ends)s is not after %(starts)s."),
    "whole_number_expected": lazy("%(value)s is not a whole number from %(least)s to %(most)s."),
    "year_start_malformed": lazy("%(value)s is not the first day of a month. Write it as 04-01."),
    "calendar_stated_twice": lazy(
        "A year begins with a month (year_starts) or consists of weeks (fiscal_weeks): state one of"
        " them."
    ),
    "weeks_have_no_half_months": lazy(
        "A year of weeks has no half-months. Choose day, week or month."
    ),
    "proration_missing": lazy(
        "Say what joiners, leavers and leave do to the target. Choose %(choices)s."
    ),
    "spread_malformed": lazy(
        "%(length)s weights are neither the 2 halves, the 4 quarters nor the 12 months of a year."
    ),
    "weights_incomplete": lazy("The weights add up to %(total)s, not to 100%%."),
    "receiver_unclear": lazy("A rule credits a column's payee, an owner or the team: say one."),
    "team_takes_no_share": lazy("The team is credited on top: write “as: overlay”."),
    "share_of_owner": lazy("The share of an owner stands in the table of owners; leave it out."),
    # Target incentive, formulas, scorecards, contests
    "target_incentive_missing": lazy(
        "A share of the target incentive needs “target_incentive” at the head of the plan."
    ),
    "target_incentive_unclear": lazy(
        "The target incentive is either an amount or a measure: say exactly one."
    ),
    "formula_currency": lazy("%(currency)s is not the plan's currency, %(wanted)s."),
    "score_needs_steps": lazy(
        "A value that is no percentage needs “steps” that say which score it reaches."
    ),
    "prizes_missing": lazy("A contest has one prize at least, and at most 100."),
    "prizes_unordered": lazy("A later prize cannot be higher than an earlier one."),
}
