"""The tree: sizes, names, and that the map lists what is there."""

from __future__ import annotations

import ast
import re
import tomllib

from django.conf import settings

from tests.architecture.source import PACKAGE, ROOT, place, python_files, templates, tree

LINES_MAX = 450
DRAWERS = {"utils", "util", "helpers", "helper", "common", "services", "service", "misc", "core"}
BANNED = {
    "commission_record": "credit",
    "employee_id": "payee or person",
    "payout_amount": "earned, payable or paid",
    "sales_rep": "payee",
    "salesrep": "payee",
    "staff_member": "person",
    "comp_plan": "plan",
    "is_current": "an effective-dated row",
}


def test_no_file_is_too_long() -> None:
    lengths = {
        place(file): len(file.read_text(encoding="utf-8").splitlines())
        for file in (*python_files(), *templates())
    }
    assert {name: lines for name, lines in lengths.items() if lines > LINES_MAX} == {}


def test_no_drawers() -> None:
    drawers = [place(file) for file in python_files() if DRAWERS & set(file.with_suffix("").parts)]
    managers = [
        f"{place(file)} {node.name}"
        for file in python_files()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Manager", "Service", "Helper"))
    ]
    assert drawers + managers == []


def test_one_word_one_meaning() -> None:
    found = [
        f"{place(file)}: {word} (say {better})"
        for file in python_files()
        for word, better in BANNED.items()
        if re.search(rf"\b{word}s?\b", file.read_text(encoding="utf-8"))
    ]
    assert found == []


def _apps() -> set[str]:
    return {file.parent.name for file in PACKAGE.glob("*/apps.py")}


def test_every_app_is_placed_and_installed() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["name"].startswith("Apps"))
    placed = {name.strip(" ()") for layer in layers for name in layer.split("|")}
    assert _apps() <= placed
    installed = {name.removeprefix("paceline.") for name in settings.INSTALLED_APPS}
    assert _apps() <= installed


def test_the_map_lists_every_app() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert [app for app in sorted({*_apps(), "engine"}) if not re.search(rf"\b{app}\b", text)] == []


def test_documents_name_files_that_exist() -> None:
    """Relative links of every document lead somewhere."""
    relative = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
    missing = [
        f"{place(document)} → {link}"
        for document in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
        for link in relative.findall(document.read_text("utf-8"))
        if not (document.parent / link).exists()
    ]
    assert missing == []


def test_islands_are_small() -> None:
    folder = PACKAGE / "web" / "static" / "web" / "islands"
    lengths = {one.name: len(one.read_text("utf-8").splitlines()) for one in folder.glob("*.js")}
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines >= 80} == {}
