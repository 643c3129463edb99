"""The domain has no clock, no float and no signals."""

from __future__ import annotations

import ast

from tests.architecture.source import PACKAGE, calls, dotted, is_part, place, python_files, tree

CLOCKS = {
    "date.today",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.now",
    "datetime.utcnow",
    "timezone.localdate",
    "timezone.localtime",
    "timezone.now",
}
CLOCK_READERS = (
    "adapter",  # where the sign-in library calls us
    "backends",  # and where it asks whose session goes on
    "views",
    "tasks",
    "commands",
    "middleware",
    "cli",
)
CLOCK_EXCEPTIONS = {
    "paceline/kernel/sheets.py",  # a fixed instant and localtime(value): no clock is read
    "paceline/kernel/formats.py",  # localtime(value) converts, it does not read the clock
}
FLOAT_EXCEPTIONS: dict[str, str] = {
    "paceline/kernel/postgres": "seconds to wait",
    "paceline/live": "seconds to wait",
    "paceline/kernel/jobs.py": "seconds to wait",
    "paceline/kernel/processes.py": "seconds to wait",
    "paceline/cli.py": "seconds to wait",
    "paceline/kernel/pictures": "places on paper; figures are Decimal and become words before",
    "paceline/web/demo": "weights of seasons; amounts are Decimal",
    "paceline/web/management/commands/demo_company.py": "a share of the order lines",
}


def test_only_edges_read_the_clock() -> None:
    found = [
        f"{place(file)}:{call.lineno} {dotted(call.func)}"
        for file in python_files()
        if not is_part(file, *CLOCK_READERS) and place(file) not in CLOCK_EXCEPTIONS
        for call in calls(file)
        if dotted(call.func) in CLOCKS
        and not (dotted(call.func).endswith("localtime") and call.args)
    ]
    assert found == [], "take the time as an argument"


def test_no_float() -> None:
    found = [
        f"{place(file)}:{node.lineno}"
        for file in python_files()
        if not place(file).startswith(tuple(FLOAT_EXCEPTIONS))
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Name) and node.id == "float"
    ]
    assert found == [], "money and rates are Decimal"


def test_no_signals() -> None:
    found = [
        f"{place(file)}:{node.lineno}"
        for file in python_files()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "") in {"django.dispatch", "django.db.models.signals"}
    ]
    assert found == [], "call the action in the next line instead"


def test_the_engine_needs_no_django() -> None:
    found = [
        f"{place(file)}:{node.lineno}"
        for file in python_files()
        if file.is_relative_to(PACKAGE / "engine")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and "django" in ((getattr(node, "module", "") or "") + node.names[0].name)
    ]
    assert found == []
