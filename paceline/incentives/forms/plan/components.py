"""Components in the form: each way of paying with its parts, its condition and its limits."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation.documents import edit
from paceline.incentives.forms.plan.choices import Choice, Shape
from paceline.incentives.forms.plan.credits import ID, LABEL
from paceline.incentives.forms.plan.fields import Choices, Text, ids_of, words_at
from paceline.incentives.forms.plan.head import STRETCHES
from paceline.incentives.forms.plan.parts import (
    Addition,
    Group,
    Part,
    Place,
    Rows,
    Start,
    Value,
    Words,
)
from paceline.incentives.forms.plan.rates import RATES, TIER, new_rates, new_tier
from paceline.incentives.forms.plan.references import figures, first, first_figure, ids

KINDS: Choices = (
    ("commission", _("Commission")),
    ("bonus", _("Bonus")),
    ("override", _("Manager override")),
    ("spiff", _("Sprint bonus")),
    ("scorecard", _("Scorecard")),
    ("pool", _("Bonus pool")),
    ("contest", _("Sales contest")),
    ("award", _("Award")),
    ("retention", _("Retention reward")),
)


def condition(label: Text) -> Choice:
    """The clause ``when``: a quota attained, an amount reached, or a formula."""
    at_least = Value("at_least", _("At least"), unit="bound")
    return Choice(
        "when", label,
        (
            Shape("", _("always")),
            Shape(
                "attainment", _("from an attainment on"), mark="attainment",
                inside=(Value("attainment", _("Attainment of"), "choice", ids("quotas")), at_least),
                starts={
                    "when": lambda place: {"attainment": first("quotas")(place), "at_least": "100%"}
                },
            ),
            Shape(
                "measure", _("from an amount of a measure on"), mark="measure",
                inside=(Value("measure", _("Measure"), "choice", ids("measures")), at_least),
                starts={
                    "when": lambda place: {"measure": first("measures")(place), "at_least": "0.00"}
                },
            ),
            Shape(
                "formula", _("when a formula holds"), mark="text",
                beside=(
                    Value(
                        "when", _("Formula"), "formula", names=figures,
                        hint=_("Over figures, for example sales > 1000 USD or goal.attainment"
                               " >= 80%."),
                    ),
                ),
                starts={"when": lambda place: f"{first_figure(place)} > 0"},
            ),
        ),
        key="when",
    )  # fmt: skip


# --- ways of paying -------------------------------------------------------------------------------


def pays_by(place: Place) -> str:
    """In which way a component pays; a rate table where it says nothing."""
    for form in ("scorecard", "pool", "contest"):
        if place.has(form):
            return form
    pays = place.inside("pays").here
    if isinstance(pays, Mapping):
        return next((key for key in ("target_share", "formula") if key in pays), "amount")
    return "rates"


def _flat(form: str, label: Text, value: Value, start: Start) -> Shape:
    return Shape(form, label, beside=(Group((value,), key="pays"),), starts={"pays": start})


def _currency(place: Place) -> str:
    return words_at(place.data, "currency")


STEPS = Rows(
    "steps", _("Steps to a score"),
    (
        TIER[0],
        TIER[1],
        Value("rate", _("Score")),
    ),
    additions=(
        Addition(
            "step", _("Add a step"),
            lambda place, name: new_tier(place, name)
            if isinstance(place.here, list) and place.here
            else {"from": "0%", "rate": "0%"},
        ),
    ),
    hint=_("Without steps the value itself, a percentage, is the score."),
    is_table=True, optional=True,
)  # fmt: skip
SCORECARD = Group(
    (
        Value(
            "target", _("Pays at a score of 100%"), "formula", names=figures,
            hint=_("For example 6000 USD, or a formula over figures."),
        ),
        Rows(
            "indicators", _("Indicators"),
            (
                ID,
                LABEL,
                Value("weight", _("Weight"), unit="percent"),
                Value("value", _("Value"), "formula", names=figures),
                Value(
                    "gate", _("Gate: pays only when"), "formula", optional=True, names=figures,
                    hint=_(
                        "A condition; where it does not hold, the whole scorecard pays nothing."
                    ),
                ),
                STEPS,
            ),
            additions=(
                Addition(
                    "indicator", _("Add an indicator"),
                    lambda _place, name: {"id": name, "weight": "0%", "value": "100%"},
                ),
            ),
            hint=_("The weights add up to 100%."),
        ),
    ),
    key="scorecard",
    title=_("Scorecard"),
)  # fmt: skip


def _shared_by(pool: Place) -> str:
    if not pool.has("shapley"):
        return "weights"
    return "stated" if isinstance(pool.inside("shapley").here, list) else "table"


SHARES = Choice(
    "shares", _("It is shared out"),
    (
        Shape(
            "weights", _("by weights"),
            beside=(
                Value(
                    "share", _("Weight of each member"), "formula", names=figures,
                    hint=_("For example hours: the pool is shared in proportion."),
                ),
            ),
            starts={"share": first_figure},
        ),
        Shape(
            "table", _("by what each adds, from the table of coalitions"),
            beside=(Value("shapley", _("Rows of the table called")),),
            starts={"shapley": "pool"},
        ),
        Shape(
            "stated", _("by what each adds, as stated here"),
            beside=(
                Rows(
                    "shapley", _("Values of coalitions"),
                    (
                        Value("of", _("Members"), "words"),
                        Value("value", _("Worth together"), unit="amount"),
                    ),
                    additions=(
                        Addition(
                            "coalition", _("Add a coalition"),
                            lambda _place, name: {"of": name, "value": "100.00"},
                        ),
                    ),
                    is_table=True,
                ),
            ),
            starts={"shapley": lambda _place: [{"of": "payee", "value": "100.00"}]},
        ),
    ),
    read=_shared_by,
)  # fmt: skip
POOL = Group(
    (
        Value(
            "amount", _("The team gets"), "formula", names=figures,
            hint=_("A formula over the totals of the team, for example sales * 1%."),
        ),
        SHARES,
    ),
    key="pool",
    title=_("Bonus pool"),
)  # fmt: skip


def _prize_label(place: Place) -> Text:
    number = place.path[-1]
    return _("Prize %(number)s") % {"number": number + 1 if isinstance(number, int) else ""}


def _new_prize(place: Place, _name: str) -> str:
    prizes = place.here
    return words_at(prizes, len(prizes) - 1) if isinstance(prizes, list) and prizes else "100"


CONTEST = Group(
    (
        Value(
            "score", _("Ranked by"), "formula", names=figures,
            hint=_("The highest wins, for example sales or target.attainment."),
        ),
        Value(
            "among", _("Among"), "choice",
            (("plan", _("everyone in the plan")), ("team", _("the members of each team"))),
        ),
        Value(
            "ties", _("At equal scores"), "choice",
            (("each", _("each gets the full prize")), ("shared", _("the prizes are shared"))),
        ),
        Value(
            "at_least", _("Only from a score of"), optional=True, unit="bound",
            hint=_("A percentage or an amount, as the score is."),
        ),
        Rows(
            "prizes", _("Prizes"), (Value("", _prize_label, unit="amount"),),
            additions=(Addition("prize", _("Add a prize"), _new_prize),),
            is_table=True, can_move=False,
        ),
    ),
    key="contest",
    title=_("Sales contest"),
)  # fmt: skip
WAYS = (
    Shape(
        "rates", _("by a rate table"),
        beside=(
            Value("measure", _("Measure"), "choice", ids("measures")),
            RATES,
            Value(
                "accumulation", _("Its rate table sees"), "choice",
                [("", _("as the plan says")), *STRETCHES], optional=True, redraws=True,
            ),
        ),
        starts={"measure": first("measures"), "rates": new_rates},
    ),
    _flat(
        "amount", _("a fixed amount"), Value("amount", _("Amount"), unit="amount"),
        {"amount": "0.00"},
    ),
    _flat(
        "target_share", _("a share of the target incentive"),
        Value("target_share", _("Share"), unit="percent"), {"target_share": "100%"},
    ),
    _flat(
        "formula", _("a formula"), Value("formula", _("Formula"), "formula", names=figures),
        lambda place: {"formula": f"{first_figure(place)} * 1%"},
    ),
    Shape(
        "scorecard", _("by a scorecard"), beside=(SCORECARD,),
        starts={
            "scorecard": lambda place: {
                "target": f"1000 {_currency(place)}",
                "indicators": [{"id": "indicator", "weight": "100%", "value": "100%"}],
            }
        },
    ),
    Shape(
        "pool", _("from a team's pool"), beside=(POOL,),
        starts={
            "pool": lambda place: {
                "amount": f"{first_figure(place)} * 1%", "share": first_figure(place),
            }
        },
    ),
    Shape(
        "contest", _("prizes of a contest"), beside=(CONTEST,),
        starts={
            "contest": lambda place: {
                "score": first_figure(place), "prizes": ["100"], "ties": "each", "among": "plan",
            }
        },
    ),
)  # fmt: skip

# --- the whole component --------------------------------------------------------------------------

LIMITS = Group(
    (
        Value("cap", _("Pays at most"), optional=True, unit="amount"),
        Value("floor", _("Pays at least"), optional=True, unit="amount"),
        Value(
            "unit", _("Paid in"), "choice",
            (
                ("money", _("money")),
                ("points", _("points")),
                ("leave-days", _("days of leave")),
                ("certificate", _("certificates")),
            ),
            optional=True, default="money",
        ),
        Rows(
            "times", _("Multipliers"),
            (
                Value(
                    "by", _("Times"), "formula", names=figures,
                    hint=_("A percentage or a formula, for example 120%."),
                ),
                condition(_("Applies")),
            ),
            additions=(
                Addition("multiplier", _("Add a multiplier"), lambda _place, _name: {"by": "100%"}),
            ),
            optional=True,
        ),
    ),
    title=_("Limits, unit and multipliers"),
    folded=True,
)  # fmt: skip
COMPONENT: tuple[Part, ...] = (
    ID,
    Words("name", _("Name on the statement")),
    Value("kind", _("Kind"), "choice", KINDS),
    Choice("pay", _("Pays"), WAYS, read=pays_by, anew=("pays",)),
    condition(_("Pays when")),
    LIMITS,
)


def _new_commission(place: Place, name: str) -> edit.Content:
    return {
        "id": name,
        "name": name,
        "kind": "commission",
        "measure": first("measures")(place),
        "rates": new_rates(place),
    }


def _new_bonus(place: Place, name: str) -> edit.Content:
    member: dict[str, edit.Content] = {
        "id": name, "name": name, "kind": "bonus", "pays": {"amount": "1000.00"},
    }  # fmt: skip
    quotas = ids_of(place.data, "quotas")
    if quotas:
        member["when"] = {"attainment": quotas[0], "at_least": "100%"}
    return member


def _new_way(place: Place, name: str) -> edit.Content:
    """A scorecard, a pool or a contest, with what choosing it writes."""
    way = next(shape for shape in WAYS if name.startswith(shape.value))
    start = way.starts[way.value]
    content = start(place) if callable(start) else start
    return {"id": name, "name": name, "kind": way.value, way.value: content}


COMPONENTS = Rows(
    "components", _("Components"), COMPONENT,
    additions=(
        Addition("commission", _("Add a commission"), _new_commission),
        Addition("bonus", _("Add a bonus"), _new_bonus),
        Addition("scorecard", _("Add a scorecard"), _new_way),
        Addition("pool", _("Add a pool"), _new_way),
        Addition("contest", _("Add a contest"), _new_way),
    ),
)  # fmt: skip
