"""The JSON Schema of the plan document, for editors and other programs.

It describes the shape. What a schema cannot say (references, tiers in order, types of formulas) is
checked by `load_plan`, which is the only judge.
"""

from __future__ import annotations

from typing import Any

from paceline.engine.money import DIGITS
from paceline.engine.periods import PERIOD_KINDS
from paceline.engine.plan.calendar_clauses import CALENDAR_KEYS, WEEK_CHOICES
from paceline.engine.plan.components import KINDS, UNITS
from paceline.engine.plan.imported import COUNTS, MISSING, PAYS
from paceline.engine.plan.measures import MAX_MONTHS, PRORATIONS, READINGS, WINDOW_UNITS
from paceline.engine.plan.measures import UNITS as MEASURE_UNITS
from paceline.engine.plan.model import LANGUAGE_VERSION
from paceline.engine.plan.policies import CHOICES, MEANING
from paceline.engine.plan.settlement_schema import settlement_schema
from paceline.engine.plan.tiers import CHANGES, MAX_DIMENSIONS
from paceline.engine.plan.tiers import READINGS as TABLE_READINGS

_ID: dict[str, Any] = {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,62}$"}
_AMOUNT: dict[str, Any] = {
    "type": ["number", "string"],
    "description": "An amount in plan currency: at most 13 digits, a point and 4 digits.",
}
_PERCENT: dict[str, Any] = {"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9]{1,6})?%$"}
_BOUND: dict[str, Any] = {"anyOf": [_PERCENT, _AMOUNT]}
_FORMULA: dict[str, Any] = {"type": "string", "maxLength": 2000}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}
_TEXT: dict[str, Any] = {
    "oneOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {
                language: {"type": "string"} for language in ("en", "zh-Hant", "zh-Hans")
            },
            "additionalProperties": False,
            "minProperties": 1,
        },
    ]
}
_WORDS: dict[str, Any] = {
    "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
}
_LEVEL: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 50}


def plan_schema() -> dict[str, Any]:
    """The schema of language version 1 (JSON Schema, draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Paceline plan",
        **_mapping(
            {
                "paceline": {"const": LANGUAGE_VERSION},
                "plan": _ID,
                "name": _TEXT,
                "purpose": _TEXT,
                "currency": {"enum": sorted(DIGITS)},
                "period": {"enum": list(PERIOD_KINDS)},
                "year_starts": {"type": "string", "pattern": "^(0[1-9]|1[0-2])-01$"},
                "fiscal_weeks": _fiscal_weeks(),
                "attributes": {
                    "type": "object",
                    "additionalProperties": {
                        "enum": ["money", "quantity", "percent", "date", "text", "boolean"]
                    },
                },
                "target_incentive": {
                    "oneOf": [_mapping({"amount": _AMOUNT}), _mapping({"measure": _ID})]
                },
                "policies": _policies(),
                "credits": _list(_credit()),
                "measures": _list(_measure()),
                "quotas": _list(_quota()),
                "components": _list(_component()),
                "settlement": settlement_schema(),
            },
            optional=(
                "purpose",
                "year_starts",
                "fiscal_weeks",
                "attributes",
                "target_incentive",
                "quotas",
                "settlement",
            ),
        ),
        "not": {"required": list(CALENDAR_KEYS)},
    }


def _fiscal_weeks() -> dict[str, Any]:
    words = {place.rpartition("/")[2]: list(known) for place, known in WEEK_CHOICES.items()}
    ends = ("weekday", "rule", "month")
    return _mapping(
        {
            "pattern": {"enum": words["pattern"]},
            "year_ends": _mapping({key: {"enum": words[key]} for key in ends}),
        }
    )


def _mapping(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _with(mapping: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """A mapping with further keys that have to be there."""
    return {
        **mapping,
        "properties": {**mapping["properties"], **more},
        "required": [*mapping["required"], *more],
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


def _policies() -> dict[str, Any]:
    def choice(key: str) -> dict[str, Any]:
        return {"enum": list(CHOICES[key])}

    properties: dict[str, Any] = {
        "boundary": choice("boundary"),
        "rounding": _mapping({"mode": choice("rounding/mode"), "stage": choice("rounding/stage")}),
        "accumulation": choice("accumulation"),
        "accumulation_order": _WORDS,
        "hierarchy_date": choice("hierarchy_date"),
        "exchange": _mapping({"date": choice("exchange/date"), "rate": {"type": "string"}}),
        "anchor": choice("anchor"),
        "splits": choice("splits"),
        "returns": choice("returns"),
        "retroactivity": choice("retroactivity"),
        "precedence": choice("precedence"),
    }
    return _mapping(
        {key: {**value, "description": MEANING[key]} for key, value in properties.items()},
        ("precedence",),
    )


def _credit() -> dict[str, Any]:
    levels = {
        "oneOf": [
            {"const": "all"},
            _LEVEL,
            _mapping({"from": _LEVEL, "through": _LEVEL}, ("through",)),
        ]
    }
    to = {
        "oneOf": [
            {"const": "team"},
            _mapping({"column": {"type": "string"}}),
            _mapping({"owner": {"type": "string"}}),
        ]
    }
    direct: dict[str, Any] = {"id": _ID, "kind": {"const": "direct"}, "when": _FORMULA}
    others = {"to": to, "as": {"enum": ["share", "overlay"]}, "share": _FORMULA}
    return {
        "oneOf": [
            _labelled(direct, ("when",)),
            _labelled({**direct, **others}, ("when", "share")),
            _labelled(
                {
                    "id": _ID,
                    "kind": {"const": "rollup"},
                    "of": _WORDS,
                    "levels": levels,
                    "hierarchy": {"type": "string"},
                },
                ("hierarchy",),
            ),
        ]
    }


def _measure() -> dict[str, Any]:
    window = {
        "oneOf": [
            {"enum": ["since-hire", "year-before"]},
            _mapping({"to-date": {"enum": list(WINDOW_UNITS)}}),
            _mapping({"rolling": {"type": "integer", "minimum": 1, "maximum": MAX_MONTHS}}),
            _mapping({"from": _DAY, "before": _DAY}),
        ]
    }
    shapes: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
        ("sum", {"of": _FORMULA, "credits": _WORDS, "window": window}, ("window",)),
        ("count", {"credits": _WORDS, "window": window}, ("window",)),
        *(
            (kind, {"of": _FORMULA, "credits": _WORDS, "window": window}, ("window",))
            for kind in ("distinct", "min", "max")
        ),
        ("ratio", {"of": _ID, "over": _ID}, ()),
        ("formula", {"of": _FORMULA}, ()),
        (
            "figure",
            {
                "name": {"type": "string"},
                "read": {"enum": list(READINGS)},
                "unit": {"enum": list(MEASURE_UNITS)},
            },
            (),
        ),
    ]
    return {
        "oneOf": [
            _labelled({"id": _ID, "kind": {"const": kind}, **more}, optional)
            for kind, more, optional in shapes
        ]
    }


def _quota() -> dict[str, Any]:
    more: dict[str, Any] = {
        "over": {"enum": ["period", *WINDOW_UNITS]},
        "spread": _list(_PERCENT),
        "proration": {"enum": list(PRORATIONS)},
        "ramp": _list(_PERCENT),
        "per": {"enum": ["payee", "team"]},
    }
    return _labelled({"id": _ID, "measure": _ID, "name": {"type": "string"}, **more}, tuple(more))


def _labelled(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """A clause that may say what readers call it."""
    return _mapping({**properties, "label": _TEXT}, (*optional, "label"))


def _cells(kind: dict[str, Any]) -> dict[str, Any]:
    """What a tier pays: a value, or, in a grid, lists as deep as it has dimensions."""
    deep: dict[str, Any] = kind
    for _ in range(MAX_DIMENSIONS):
        deep = {"anyOf": [kind, _list(deep)]}
    return deep


def _tiers() -> dict[str, Any]:
    common: dict[str, Any] = {"from": _BOUND, "to": _BOUND, "marginal": {"enum": ["yes", "no"]}}
    values = {"rate": _BOUND, "amount": _AMOUNT, "target_share": _PERCENT}
    return _list(
        {
            "oneOf": [
                _mapping({**common, value: _cells(kind)}, ("to", "marginal"))
                for value, kind in values.items()
            ]
        }
    )


def _rate_table() -> dict[str, Any]:
    """Tiers that come as rows of a table of rates."""
    return _mapping(
        {
            "name": _ID,
            "by": _WORDS,
            "pays": {"enum": list(PAYS)},
            "counts": {"enum": list(COUNTS)},
            "missing": {"enum": list(MISSING)},
        },
        ("counts",),
    )


def _condition() -> dict[str, Any]:
    return {
        "oneOf": [
            _FORMULA,
            _mapping({"attainment": _ID, "at_least": _PERCENT}),
            _mapping({"measure": _ID, "at_least": _BOUND}),
        ]
    }


def _component() -> dict[str, Any]:
    dimension = _mapping({"by": _ID, "from": _list(_BOUND)})
    table = _mapping(
        {
            "reading": {"enum": list(TABLE_READINGS)},
            "on": {"enum": ["attainment", "amount", "measure"]},
            "quota": _ID,
            "by": _ID,
            "across": {"anyOf": [dimension, _list(dimension)]},
            "each": _mapping({"floor": _AMOUNT, "cap": _AMOUNT}, ("floor", "cap")),
        },
        ("quota", "by", "across", "each"),
    )
    days = _mapping({"from": _DAY, "before": _DAY, "tiers": _tiers()}, ("from", "before"))
    rates = {
        "oneOf": [
            _with(table, {"tiers": _tiers()}),
            _with(
                _mapping(
                    {
                        "reading": {"enum": ["slice", "whole"]},
                        "on": {"enum": ["attainment", "amount", "measure"]},
                        "quota": _ID,
                        "by": _ID,
                    },
                    ("quota", "by"),
                ),
                {"table": _rate_table()},
            ),
            _with(table, {"change": {"enum": list(CHANGES)}, "dated": _list(days)}),
        ]
    }
    pays = {
        "oneOf": [
            _mapping({"amount": _AMOUNT}),
            _mapping({"target_share": _PERCENT}),
            _mapping({"formula": _FORMULA}),
        ]
    }
    steps = _list(_mapping({"from": _BOUND, "to": _BOUND, "rate": _PERCENT}, ("to",)))
    indicator = _labelled(
        {"id": _ID, "weight": _PERCENT, "value": _FORMULA, "steps": steps, "gate": _FORMULA},
        ("steps", "gate"),
    )
    contest = _mapping(
        {
            "score": _FORMULA,
            "prizes": _list(_AMOUNT),
            "ties": {"enum": ["each", "shared"]},
            "among": {"enum": ["plan", "team"]},
            "at_least": _BOUND,
        },
        ("at_least",),
    )
    coalition = _mapping({"of": _WORDS, "value": _AMOUNT})
    pool = {
        "oneOf": [
            _mapping({"amount": _FORMULA, "share": _FORMULA}),
            _mapping(
                {"amount": _FORMULA, "shapley": {"oneOf": [{"type": "string"}, _list(coalition)]}}
            ),
        ]
    }
    common: dict[str, Any] = {"id": _ID, "name": _TEXT, "kind": {"enum": list(KINDS)}}
    limits: dict[str, Any] = {
        "when": _condition(),
        "times": _list(_mapping({"by": _FORMULA, "when": _condition()}, ("when",))),
        "cap": _AMOUNT,
        "floor": _AMOUNT,
        "unit": {"enum": list(UNITS)},
    }
    accumulation = {"enum": list(CHOICES["accumulation"])}
    forms: list[dict[str, Any]] = [
        {"measure": _ID, "rates": rates, "accumulation": accumulation},
        {"pays": pays},
        {"scorecard": _mapping({"target": _FORMULA, "indicators": _list(indicator)})},
        {"pool": pool},
        {"contest": contest},
    ]
    optional = (*limits, "accumulation")
    return {"oneOf": [_mapping({**common, **form, **limits}, optional) for form in forms]}
