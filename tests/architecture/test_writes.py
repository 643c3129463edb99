"""Only actions write."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import calls, is_part, place, python_files

WRITES = {
    "abulk_create",
    "acreate",
    "adelete",
    "asave",
    "bulk_create",
    "bulk_update",
    "create",
    "delete",
    "get_or_create",
    "save",
    "update",
    "update_or_create",
}
EXCEPTIONS = {
    "paceline/accounts/sessions.py": "keeps a session, which Django asks of its engine",
    "paceline/kernel/audit.py": "writes the audit line, called by actions only",
    "paceline/accounts/models.py": "create_user, which Django asks of a user model's manager",
}
POSITIONAL = {"paceline/live/actions.py"}  # progress is reported many times a second by jobs


def writes_in(file: Path) -> Iterator[str]:
    for call in calls(file):
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITES:
            continue
        before = ast.unparse(call.func.value)
        is_row = call.func.attr in {"save", "delete", "asave", "adelete"}
        if is_row and ("session" in before or "form" in before):
            continue
        if is_row or ".objects" in before or "_set" in before:
            yield f"{place(file)}:{call.lineno} {ast.unparse(call.func)}"


def test_only_actions_write() -> None:
    found = [
        write
        for file in python_files()
        if not is_part(file, "actions") and place(file) not in EXCEPTIONS
        for write in writes_in(file)
    ]
    assert found == [], "move these into an action"


def test_actions_name_who_and_when() -> None:
    """Public functions of ``actions`` that write take keyword-only arguments."""
    found = []
    for file in python_files():
        if not is_part(file, "actions"):
            continue
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            if place(file) in POSITIONAL:
                continue
            if any("atomic" in ast.unparse(one) for one in node.decorator_list) and node.args.args:
                found.append(f"{place(file)}:{node.lineno} {node.name}")
    assert found == [], "an action's arguments are keyword-only"
