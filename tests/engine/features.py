"""What of the plan language a plan uses: the clauses and choices of the published schema, and the
functions of formulas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "plan.schema.json"
# Words for readers, the hundred and more currencies, and what is compared by a calculator of its
# own (`slow_settlement`).
BESIDE_EARNINGS = re.compile(
    r"(^|\.)(settlement|label|name|purpose|paceline|plan)(\.|=|$)|^currency="
)
FUNCTIONS = re.compile(
    r"\b(min|max|abs|if|divide|given)\(|\b(and|or|not in|not|in)\b|(!=|<=|>=|[<>=+*-])"
)


@cache
def language() -> frozenset[str]:
    """Every clause and every choice of the schema, such as `policies.boundary=upper`."""
    return frozenset(_stated(json.loads(SCHEMA.read_text()), ""))


def _stated(schema: dict[str, Any], path: str) -> Iterator[str]:
    if not _counts(path):
        return
    if path:
        yield path
    choices = [*schema.get("enum", []), *([schema["const"]] if "const" in schema else [])]
    yield from (one for one in (f"{path}={choice}" for choice in choices) if _counts(one))
    for one in [*schema.get("oneOf", []), *schema.get("anyOf", [])]:
        yield from _stated(one, path)
    for name, part in schema.get("properties", {}).items():
        yield from _stated(part, f"{path}.{name}" if path else name)
    if "items" in schema:
        yield from _stated(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _stated(schema["additionalProperties"], f"{path}.*")


def _counts(path: str) -> bool:
    return BESIDE_EARNINGS.search(path) is None


def features(document: dict[str, Any]) -> set[str]:
    """Which of them a plan uses, and `formula: …` for each function and sign in its formulas."""
    return {one for one in _used(document, "") if one.startswith("formula: ") or one in language()}


def _used(part: Any, path: str) -> Iterator[str]:
    yield path
    if isinstance(part, dict):
        for name, value in part.items():
            known = f"{path}.{name}" if path else name
            yield from _used(value, f"{path}.*" if path == "attributes" else known)
    elif isinstance(part, list):
        for value in part:
            yield from _used(value, f"{path}[]")
    else:
        yield f"{path}={part}"
        if f"{path}={part}" not in language():
            for found in FUNCTIONS.finditer(re.sub(r'"[^"]*"', "", str(part))):
                if any(sign in str(part) for sign in "(<>=+*") or " " in str(part):
                    yield f"formula: {found.group().rstrip('(')}"
