"""The studies behind findings: who, when, and what was found, in plain words.

Facts only, and no figure that its source does not give; docs/linter.md says more of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Study:
    """Who found what, and when. ``cite`` is empty for a definition or a rule of practice."""

    cite: str
    found: str | Promise


STUDIES: Mapping[str, Study] = {
    "kishore-2013": Study(
        "Kishore et al. 2013",
        _(
            "In 458 sales territories a change from a bonus at quota to an equivalent commission"
            " raised sales, most among the weakest. Under the bonus sales were shifted in time;"
            " under the commission unpaid tasks were neglected."
        ),
    ),
    "larkin-2014": Study(
        "Larkin 2014",
        _(
            "Where a higher rate awaited, salespeople closed deals in the quarter that paid them"
            " best and gave lower prices for it; that cost 6 to 8 percent of revenue."
        ),
    ),
    "oyer-1998": Study(
        "Oyer 1998",
        _(
            "At the end of companies' fiscal years sales were higher and prices lower, at the start"
            " of the next year sales were low."
        ),
    ),
    "steenburgh-2008": Study(
        "Steenburgh 2008",
        _(
            "Bonuses mainly raised effort and did not shift orders in time: a jump need not be"
            " gamed."
        ),
    ),
    "chung-2014": Study(
        "Chung et al. 2014",
        _(
            "Bonuses helped everybody, rates above quota kept the best going and quarterly bonuses"
            " paced the weak; but salespeople far from their quota gave up."
        ),
    ),
    "misra-nair-2011": Study(
        "Misra & Nair 2011",
        _(
            "A company that took away caps and quotas from 87 salespeople had 9 percent more"
            " revenue, about 12 million US dollars a year."
        ),
    ),
    "cui-raju-shi": Study(
        "Cui, Raju & Shi",
        _(
            "In a model of people who mind inequality a capped plan comes out best: a cap can be"
            " meant."
        ),
    ),
    "attainment-practice": Study(
        "",
        _(
            "Practice of quota setting: about 60 to 70 percent of people should reach their quota"
            " and about 90 percent the threshold at which pay begins."
        ),
    ),
    "lim-2009": Study(
        "Lim et al. 2009",
        _(
            "In two laboratory and two field experiments contests with several winners did better"
            " than those with one, and prizes by rank added nothing over equal ones."
        ),
    ),
    "kalra-shi-2001": Study(
        "Kalra & Shi 2001",
        _(
            "How many should win depends on how many compete, on how much chance there is in the"
            " results, and on how much people shy away from risk."
        ),
    ),
    "syam-2013": Study(
        "Syam et al. 2013",
        _("Unequal territories hurt a contest more than they hurt a plan with quotas."),
    ),
    "bandiera-2013": Study(
        "Bandiera et al. 2013",
        _(
            "Showing teams their rank lowered output by 14 percent, most at the bottom; a"
            " tournament with a prize raised it by 24 percent, most at the top: prizes widen the"
            " spread."
        ),
    ),
    "friebel-2017": Study(
        "Friebel et al. 2017",
        _(
            "In 193 shops with 1,300 people a bonus for the team raised sales by 3 percent: one"
            " dollar brought 3.80 in sales."
        ),
    ),
    "chan-2014": Study(
        "Chan, Li & Pierce 2014",
        _(
            "At the cosmetics counters of a Chinese department store the strong lifted their peers"
            " under team pay, and harmed them under individual pay."
        ),
    ),
    "chung-narayandas": Study(
        "Chung & Narayandas",
        _("Of 80 salespeople a bonus with a condition worked; one without was not reliable."),
    ),
    "marginal-cost": Study(
        "",
        _("By definition: what one more sale pays, set against what it leaves after its cost."),
    ),
}


def studies(keys: tuple[str, ...]) -> list[Study]:
    """The studies behind a finding, those that are known here."""
    return [STUDIES[key] for key in keys if key in STUDIES]
