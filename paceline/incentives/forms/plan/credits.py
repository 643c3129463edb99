"""Credits in the form: which lines a rule takes, and for whom."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation.documents import edit
from paceline.incentives.forms.plan.choices import Choice, Shape
from paceline.incentives.forms.plan.fields import at, members_at, words_at
from paceline.incentives.forms.plan.parts import Addition, Part, Place, Rows, Value, Words
from paceline.incentives.forms.plan.references import columns, direct_credits, text_columns

ID = Value("id", _("Id"))
LABEL = Words(
    "label", _("Name on the statement"), hint=_("Empty: the id, read as words."), optional=True
)


def with_precedence(source: str, *_changed: object) -> str:
    """Several direct rules need the policy that says which of them takes a line."""
    data = edit.read(source)
    rules = members_at(data, "credits")
    direct = sum(words_at(one, "kind") == "direct" for one in rules)
    stated = at(data, "policies")
    if direct < 2 or not isinstance(stated, dict) or "precedence" in stated:
        return source
    return edit.set_value(source, ("policies", "precedence"), "all")


def _others(place: Place) -> str:
    own = place.says("id")
    return next((one for one, _label in direct_credits(place) if one != own), "")


SHARE = Value(
    "share", _("Share of the line"), "formula", optional=True, names=columns,
    hint=_("A percentage or a formula, for example if(channel = \"live\", 30%, 10%); empty: all."),
)  # fmt: skip
AS = Value(
    "as", _("That share"), "choice",
    (
        ("share", _("is taken from the payee of the line")),
        ("overlay", _("comes on top")),
    ),
)  # fmt: skip
RECEIVER = Choice(
    "to", _("Credited is"),
    (
        Shape("", _("the payee of the line")),
        Shape(
            "column", _("whom a column of the line names"), mark="column",
            inside=(Value("column", _("Column"), "choice", text_columns),), beside=(AS, SHARE),
            starts={
                "to": lambda place: {"column": text_columns(place)[-1][0]},
                "as": "share", "share": "10%",
            },
        ),
        Shape(
            "owner", _("the owner of a customer, product or territory"), mark="owner",
            inside=(Value("owner", _("Owner of"), "choice", text_columns),), beside=(AS,),
            starts={"to": {"owner": "territory"}, "as": "share"},
        ),
        Shape(
            "team", _("everyone in the payee's team"),
            beside=(AS, SHARE), starts={"as": "overlay"},
        ),
    ),
    key="to",
)  # fmt: skip
WHEN = Value(
    "when", _("Only lines where"), "formula", optional=True, names=columns,
    hint=_("A condition, for example category != \"Shipping\"; empty for all lines."),
)  # fmt: skip
LEVELS = Choice(
    "levels", _("How far up"),
    (
        Shape("all", _("everyone above")),
        Shape(
            "number", _("a number of levels"), mark="text", starts={"levels": "1"},
            beside=(
                Value(
                    "levels", _("Levels"), unit="whole",
                    hint=_("1 for the direct manager, 2 for two levels."),
                ),
            ),
        ),
        Shape(
            "between", _("from one level through another"), mark="from",
            starts={"levels": {"from": "2", "through": "3"}},
            inside=(
                Value("from", _("From level"), unit="whole"),
                Value(
                    "through", _("Through level"), unit="whole", optional=True,
                    hint=_("Empty: to the top."),
                ),
            ),
        ),
    ),
    key="levels",
)  # fmt: skip
CREDIT: tuple[Part, ...] = (
    ID,
    LABEL,
    Choice(
        "kind", _("Credits"),
        (
            Shape("direct", _("lines, to a payee"), beside=(RECEIVER, WHEN)),
            Shape(
                "rollup", _("managers above the payee"),
                beside=(
                    Value("of", _("Lines of"), "words", direct_credits),
                    LEVELS,
                    Value(
                        "hierarchy", _("Through the hierarchy called"), optional=True,
                        hint=_("As in the imported hierarchies, for example region; empty: the"
                               " reporting line."),
                    ),
                ),
                starts={"of": _others, "levels": "1"},
            ),
        ),
        key="kind",
        after=with_precedence,
    ),
)  # fmt: skip
CREDITS = Rows(
    "credits", _("Credits"), CREDIT,
    additions=(
        Addition(
            "direct", _("Add a direct credit"), lambda _place, name: {"id": name, "kind": "direct"}
        ),
        Addition(
            "rollup", _("Add a roll-up to managers"),
            lambda place, name: {
                "id": name, "kind": "rollup", "of": _others(place), "levels": "1",
            },
        ),
    ),
    after_add=with_precedence,
)  # fmt: skip
