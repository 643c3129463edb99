"""Two texts of a plan: which clauses differ, and the earlier text at the later rates.

Everything here works on the document, not on the model of a plan. A clause that a newer language
knows is compared like any other, and a mixed text is read as strictly as a written one.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from paceline.engine.plan.document import plain, read_document
from paceline.engine.plan.model import Plan
from paceline.engine.plan.parse import load_plan

RATE_KEYS = ("cap", "floor", "pays")  # what a component pays, beside the tiers of its rates
_BASIS = ("kind", "measure")
_READING = ("reading", "on", "quota", "by", "across", "change")
_TIERS = ("tiers", "dated", "each")
_SILENT = frozenset({"name", "purpose", "label", "paceline"})  # words that pay nothing

Leaves = dict[str, str]


def document_of(plan: Plan) -> dict[str, Any]:
    """The plan's text as dicts, lists and text; empty for a plan that was not read from a text."""
    return copy.deepcopy(_document(plan.text)) if plan.text else {}


@lru_cache(maxsize=64)
def _document(text: str) -> dict[str, Any]:
    found = plain(read_document(text))
    return found if isinstance(found, dict) else {}


def clause_changes(earlier: Plan, later: Plan) -> list[tuple[str, str | None, str | None]]:
    """Every clause that differs: its path, its earlier and its later text (None: not there)."""
    old, new = _leaves(document_of(earlier)), _leaves(document_of(later))
    paths = [*old, *(path for path in new if path not in old)]
    return [
        (path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)
    ]


def is_rate(path: str, earlier: Plan, later: Plan) -> bool:
    """Whether a clause belongs to the rates that `at_later_rates` replaces."""
    parts = path.split("/")
    if len(parts) < 3 or parts[0] != "components":
        return False
    pair = _pair(_by_id(document_of(earlier)), _by_id(document_of(later)), parts[1])
    if pair is None:
        return False
    if parts[2] in RATE_KEYS:
        return True
    return len(parts) > 3 and parts[2] == "rates" and parts[3] in _TIERS and _same_reading(*pair)


def at_later_rates(earlier: Plan, later: Plan) -> Plan:
    """The earlier plan with the later tiers, caps, floors and amounts of its components.

    Only where both texts pay on the same footing; raises PlanInvalid when the mixture is no plan.
    """
    mixed = document_of(earlier)
    old, new = _by_id(mixed), _by_id(document_of(later))
    for name in old:
        pair = _pair(old, new, name)
        if pair is None:
            continue
        mine, theirs = pair
        for key in RATE_KEYS:
            mine.pop(key, None)
            if key in theirs:
                mine[key] = theirs[key]
        if _same_reading(mine, theirs):
            for key in _TIERS:
                mine["rates"].pop(key, None)
                if key in theirs["rates"]:
                    mine["rates"][key] = theirs["rates"][key]
    return load_plan(json.dumps(mixed, ensure_ascii=False), name="mixed")


def _by_id(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    listed = document.get("components", [])
    return {
        one["id"]: one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)
    }


def _pair(
    old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]], name: str
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """A component of both texts that pays on the same footing."""
    mine, theirs = old.get(name), new.get(name)
    if mine is None or theirs is None or any(mine.get(key) != theirs.get(key) for key in _BASIS):
        return None
    return (mine, theirs) if ("rates" in mine) == ("rates" in theirs) else None


def _same_reading(mine: dict[str, Any], theirs: dict[str, Any]) -> bool:
    ours, others = mine.get("rates"), theirs.get("rates")
    if not isinstance(ours, dict) or not isinstance(others, dict):
        return False
    return all(ours.get(key) == others.get(key) for key in _READING)


def _leaves(node: object, path: str = "") -> Leaves:
    return dict(_walk(node, path))


def _walk(node: object, path: str) -> Iterator[tuple[str, str]]:
    """Each text of the document by its path; a member with an id is addressed by it."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in _SILENT:
                yield from _walk(value, f"{path}/{key}" if path else key)
    elif isinstance(node, list):
        if all(isinstance(item, str) for item in node):
            yield path, ", ".join(node)
            return
        for place, item in enumerate(node, start=1):
            name = item.get("id") if isinstance(item, dict) else None
            yield from _walk(item, f"{path}/{name if isinstance(name, str) else place}")
    else:
        yield path, str(node)
