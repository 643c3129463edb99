"""Templates show. That they ask the database nothing, whoever reads, test_permissions.py sees."""

from __future__ import annotations

import re

from tests.architecture.source import place, templates

ARITHMETIC = re.compile(r"\|\s*(?:add|divisibleby|widthratio)\b|{%\s*widthratio\b")
ASKING = re.compile(r"\.(?:all|exists|filter|objects|order_by|visible_to|\w+_set)\b")
RIGHTS = re.compile(r"\bmay_\w+\s*\(|\bhas_role\b|user\.is_(?:staff|superuser)")
INLINE = re.compile(
    r"<script(?![^>]*\b(?:src|type=\"application/json\"))|\son(?:click|change|load|submit)="
)


def _found(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for template in templates():
        for number, line in enumerate(template.read_text("utf-8").splitlines(), start=1):
            inside = " ".join(re.findall(r"{[{%].*?[%}]}", line))
            if pattern.search(line if pattern is INLINE else inside):
                found.append(f"{place(template)}:{number} {line.strip()[:100]}")
    return found


def test_no_arithmetic_in_templates() -> None:
    assert _found(ARITHMETIC) == []


def test_no_query_in_templates() -> None:
    assert _found(ASKING) == [], "ask in the view or in a query"


def test_no_right_in_templates() -> None:
    assert _found(RIGHTS) == []


def test_no_inline_script() -> None:
    assert _found(INLINE) == [], "the content security policy refuses inline scripts"
