"""Parts of a plan whose form changes with a choice: rates or an amount, a condition, kinds, levels.

``CHANGES`` says what a choice does to the text; ``add`` writes new members of the lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation.documents import edit
from paceline.incentives.forms.plan_fields import (
    Data,
    Path,
    PlanField,
    Text,
    at,
    ids_of,
    members_at,
    references,
    words_at,
)

# --- fields ---------------------------------------------------------------------------------------


def choice_field(
    path: Path, clause: str, label: Text, value: str, choices: Sequence[tuple[str, Text]], name: str
) -> PlanField:
    return PlanField(path, clause, label, value, "structure", choices, redraws=True, structure=name)


def pay_field(path: Path, clause: str, value: str) -> PlanField:
    return choice_field(path, f"{clause}/@pays", _("Pays"), value, PAYS, "pay")


PAYS: Sequence[tuple[str, Text]] = (
    ("rates", _("by a rate table")),
    ("amount", _("a fixed amount")),
    ("target_share", _("a share of the target incentive")),
    ("formula", _("a formula")),
    ("scorecard", _("by a scorecard")),
    ("pool", _("from a team's pool")),
    ("contest", _("prizes of a contest")),
)


def pays_by(one: Data) -> str:
    """In which way a component pays; a rate table where it says nothing."""
    if not isinstance(one, Mapping):
        return "rates"
    for form in ("scorecard", "pool", "contest"):
        if form in one:
            return form
    pays = at(one, "pays")
    if isinstance(pays, Mapping):
        return next((key for key in ("target_share", "formula") if key in pays), "amount")
    return "rates"


def rate_fields(data: Data, path: Path, clause: str) -> list[PlanField]:
    one = at(data, *path)
    on = words_at(one, "rates", "on")
    fields = [
        PlanField(
            (*path, "measure"), f"{clause}/measure", _("Measure"), words_at(one, "measure"),
            "choice", references(ids_of(data, "measures")),
        ),
        PlanField(
            (*path, "rates", "reading"), f"{clause}/rates/reading", _("A rate applies to"),
            words_at(one, "rates", "reading"), "choice",
            (
                ("slice", _("the part inside its tier")),
                ("whole", _("the whole amount")),
                ("interpolated", _("in step from tier to tier")),
            ),
        ),
        choice_field(
            (*path, "rates", "on"), f"{clause}/rates/on", _("Tiers by"), on,
            (("attainment", _("attainment of a quota")), ("amount", _("amount of the measure"))),
            "rates-on",
        ),
    ]  # fmt: skip
    if on == "attainment":
        fields.append(
            PlanField(
                (*path, "rates", "quota"), f"{clause}/rates/quota", _("Quota"),
                words_at(one, "rates", "quota"), "choice", references(ids_of(data, "quotas")),
            )
        )  # fmt: skip
    return fields


def condition_fields(data: Data, path: Path, clause: str) -> list[PlanField]:
    """Whether a component pays only from a point on, and which."""
    when = at(data, *path, "when")
    kind = ""
    if isinstance(when, Mapping):
        kind = "measure" if "measure" in when else "attainment"
    elif isinstance(when, str):
        kind = "formula"
    choices: Sequence[tuple[str, Text]] = (
        ("", _("always")),
        ("attainment", _("from an attainment on")),
        ("measure", _("from an amount of a measure on")),
        ("formula", _("when a formula holds")),
    )
    fields = [choice_field(path, f"{clause}/when", _("Pays when"), kind, choices, "when")]
    if kind == "formula":
        fields.append(
            PlanField(
                (*path, "when"), f"{clause}/when", _("Formula"), words_at(when), "formula",
                hint=_("Over figures, for example sales > 1000 USD or goal.attainment >= 80%."),
            )
        )  # fmt: skip
    elif kind:
        ids = ids_of(data, "quotas" if kind == "attainment" else "measures")
        label = _("Attainment of") if kind == "attainment" else _("Measure")
        fields.append(
            PlanField(
                (*path, "when", kind), f"{clause}/when/{kind}", label,
                words_at(when, kind), "choice", references(ids),
            )
        )  # fmt: skip
        fields.append(
            PlanField(
                (*path, "when", "at_least"), f"{clause}/when/at_least", _("At least"),
                words_at(when, "at_least"),
            )
        )  # fmt: skip
    return fields


def credit_kind_field(path: Path, clause: str, value: str) -> PlanField:
    choices: Sequence[tuple[str, Text]] = (
        ("direct", _("the payee of the line")),
        ("rollup", _("managers above the payee")),
    )
    return choice_field(path, f"{clause}/kind", _("Credits"), value, choices, "credit-kind")


def level_fields(one: Data, path: Path, clause: str) -> list[PlanField]:
    """``all``, a number of levels, or from one level through another."""
    if isinstance(at(one, "levels"), Mapping):
        return [
            PlanField(
                (*path, "levels", "from"), f"{clause}/levels/from", _("From level"),
                words_at(one, "levels", "from"),
            ),
            PlanField(
                (*path, "levels", "through"), f"{clause}/levels/through", _("Through level"),
                words_at(one, "levels", "through"), optional=True,
            ),
        ]  # fmt: skip
    hint = _("1 for the direct manager, 2 for two levels, all for everyone above.")
    return [
        PlanField(
            (*path, "levels"), f"{clause}/levels", _("Levels"), words_at(one, "levels"), hint=hint
        )
    ]


# --- what a choice does to the text ---------------------------------------------------------------


def _set_pay(source: str, path: Path, value: str) -> str:
    """From one way of paying to another: what belongs to the old one goes out."""
    data = edit.read(source)
    kept = {"rates", "measure"} if value == "rates" else set()
    for key in ("rates", "measure", "accumulation", "pays", "scorecard", "pool", "contest"):
        if key not in kept:
            source = without(source, (*path, key))
    if value == "rates":
        if at(data, *path, "measure") is None:
            source = edit.set_value(source, (*path, "measure"), first_of(ids_of(data, "measures")))
        return edit.set_value(source, (*path, "rates"), _new_rates(data))
    measure = first_of(ids_of(data, "measures")).replace("-", "_") or "sales"
    key, content = _NEW_PAY[value](measure, words_at(data, "currency"))
    return edit.set_value(source, (*path, key), content)


_NEW_PAY: Mapping[str, Callable[[str, str], tuple[str, edit.Content]]] = {
    "amount": lambda _measure, _currency: ("pays", {"amount": "0.00"}),
    "target_share": lambda _measure, _currency: ("pays", {"target_share": "100%"}),
    "formula": lambda measure, _currency: ("pays", {"formula": f"{measure} * 1%"}),
    "scorecard": lambda _measure, currency: (
        "scorecard",
        {
            "target": f"1000 {currency}",
            "indicators": [{"id": "indicator", "weight": "100%", "value": "100%"}],
        },
    ),
    "pool": lambda measure, _currency: ("pool", {"amount": f"{measure} * 1%", "share": measure}),
    "contest": lambda measure, _currency: (
        "contest",
        {"score": measure, "prizes": ["100"], "ties": "each", "among": "plan"},
    ),
}


def with_precedence(source: str) -> str:
    """Several direct rules need the policy that says which of them takes a line."""
    data = edit.read(source)
    direct = [one for one in members_at(data, "credits") if words_at(one, "kind") == "direct"]
    stated = at(data, "policies")
    if len(direct) < 2 or not isinstance(stated, Mapping) or "precedence" in stated:
        return source
    return edit.set_value(source, ("policies", "precedence"), "all")


def _set_rates_on(source: str, path: Path, value: str) -> str:
    """Between tiers by attainment and by amount. Only 0 means the same in both; other starts are
    left for the writer to say anew, and the form asks for them."""
    rates = path[:-1]
    data = edit.read(source)
    source = edit.set_value(source, path, value)
    for number, tier in enumerate(members_at(data, *rates, "tiers")):
        if words_at(tier, "from") in {"0", "0%", "0.00"}:
            start = "0%" if value == "attainment" else "0.00"
            source = edit.set_value(source, (*rates, "tiers", number, "from"), start)
    if value == "attainment":
        return edit.set_value(source, (*rates, "quota"), first_of(ids_of(data, "quotas")))
    return without(source, (*rates, "quota"))


def _set_when(source: str, path: Path, value: str) -> str:
    data = edit.read(source)
    if not value:
        return without(source, (*path, "when"))
    if value == "formula":
        measure = first_of(ids_of(data, "measures")).replace("-", "_")
        return edit.set_value(source, (*path, "when"), f"{measure} > 0")
    ids = ids_of(data, "quotas" if value == "attainment" else "measures")
    least = "100%" if value == "attainment" else "0.00"
    return edit.set_value(source, (*path, "when"), {value: first_of(ids), "at_least": least})


def _set_credit_kind(source: str, path: Path, value: str) -> str:
    data = edit.read(source)
    source = edit.set_value(source, (*path, "kind"), value)
    if value != "rollup":
        source = without(without(source, (*path, "of")), (*path, "levels"))
        return with_precedence(source)
    own = words_at(data, *path, "id")
    others = [one for one in ids_of(data, "credits") if one != own]
    source = without(source, (*path, "when"))
    source = edit.set_value(source, (*path, "of"), first_of(others))
    return edit.set_value(source, (*path, "levels"), "1")


CHANGES: Mapping[str, Callable[[str, Path, str], str]] = {
    "pay": _set_pay,
    "rates-on": _set_rates_on,
    "when": _set_when,
    "credit-kind": _set_credit_kind,
}


def by_language(source: str, path: Path) -> str:
    """A text said once becomes a text said by language, ready for the other two.

    A label that is not said yet begins with what readers see in its place: the id as words.
    """
    data = edit.read(source)
    words = words_at(data, *path)
    if not words and path[-1] == "label":
        words = words_at(data, *path[:-1], "id").replace("-", " ")
    return edit.set_value(source, path, {"en": words})


def without(source: str, path: Path) -> str:
    return source if at(edit.read(source), *path) is None else edit.remove(source, path)


def first_of(ids: Sequence[str]) -> str:
    return ids[0] if ids else ""


# --- new members ----------------------------------------------------------------------------------


def add(source: str, path: Path, what: str) -> str:
    """A new member at the end of a list, with values that can be read at once."""
    data = edit.read(source)
    if what == "tier":
        member: edit.Content = _new_tier(data, path)
    else:
        make = _NEW.get(what)
        if make is None or len(path) != 1:
            return source
        member = make(data, _new_id(data, str(path[0]), what))
    if not isinstance(at(data, *path), list):
        return edit.set_value(source, path, [member])
    return with_precedence(edit.insert(source, path, len(members_at(data, *path)), member))


def _new_id(data: Data, key: str, what: str) -> str:
    taken = set(ids_of(data, key))
    number = 1
    while (name := what if number == 1 else f"{what}-{number}") in taken:
        number += 1
    return name


def _new_rates(data: Data) -> dict[str, edit.Content]:
    tiers: list[edit.Content] = [{"from": "0%", "rate": "1%"}]
    quotas = ids_of(data, "quotas")
    if quotas:
        return {"reading": "slice", "on": "attainment", "quota": quotas[0], "tiers": tiers}
    return {"reading": "slice", "on": "amount", "tiers": [{"from": "0.00", "rate": "1%"}]}


def _new_tier(data: Data, path: Path) -> dict[str, edit.Content]:
    """The next tier: where the last starts plus 50 points of attainment, at the same rate."""
    tiers = members_at(data, *path)
    last = tiers[-1] if tiers else {}
    start, rate = words_at(last, "from"), words_at(last, "rate") or "1%"
    if not tiers:
        by_quota = words_at(data, *path[:-1], "on") == "attainment"
        return {"from": "0%" if by_quota else "0.00", "rate": rate}
    if start.endswith("%") and start[:-1].isdigit():
        return {"from": f"{int(start[:-1]) + 50}%", "rate": rate}
    whole = start.partition(".")[0]
    return {"from": f"{int(whole) + 10_000}.00" if whole.isdigit() else "", "rate": rate}


def _new_commission(data: Data, name: str) -> dict[str, edit.Content]:
    return {
        "id": name,
        "name": name,
        "kind": "commission",
        "measure": first_of(ids_of(data, "measures")),
        "rates": _new_rates(data),
    }


def _new_bonus(data: Data, name: str) -> dict[str, edit.Content]:
    member: dict[str, edit.Content] = {
        "id": name, "name": name, "kind": "bonus", "pays": {"amount": "1000.00"},
    }  # fmt: skip
    quotas = ids_of(data, "quotas")
    if quotas:
        member["when"] = {"attainment": quotas[0], "at_least": "100%"}
    return member


_NEW: Mapping[str, Callable[[Data, str], dict[str, edit.Content]]] = {
    "commission": _new_commission,
    "bonus": _new_bonus,
    "measure": lambda data, name: {
        "id": name, "kind": "sum", "of": "amount", "credits": first_of(ids_of(data, "credits")),
    },
    "quota": lambda data, name: {
        "id": name, "measure": first_of(ids_of(data, "measures")), "name": "sales",
    },
    "direct": lambda _data, name: {"id": name, "kind": "direct"},
    "rollup": lambda data, name: {
        "id": name, "kind": "rollup", "of": first_of(ids_of(data, "credits")), "levels": "1",
    },
}  # fmt: skip
