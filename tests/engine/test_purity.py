"""The engine stands alone: no Django, no product, no clock, no SQL text."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "paceline" / "engine"
MODULES = sorted(ENGINE.rglob("*.py"))

BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "psycopg"} or name.startswith("paceline.kernel"):
            raise ImportError(name)
sys.meta_path.insert(0, Blocked())
import paceline.engine, paceline.engine.cli
assert not [name for name in sys.modules if name.split(".")[0] == "django"]
"""


def test_it_imports_with_django_blocked() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_it_imports_nothing_of_the_product_but_itself() -> None:
    found = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            found |= {name for name in names if name.startswith("paceline")}
    assert {name for name in found if not name.startswith("paceline.engine")} == set()


def test_it_reads_no_clock_and_uses_no_floats() -> None:
    banned = {"today", "now", "utcnow", "time", "monotonic"}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in banned, f"{path}:{node.lineno}"
            if isinstance(node, ast.Constant):
                assert not isinstance(node.value, float), f"{path}:{node.lineno}"
            if isinstance(node, ast.Name):
                assert node.id != "float", f"{path}:{node.lineno}"
            if isinstance(node, ast.BinOp):
                folder = isinstance(node.left, ast.Name) and node.left.id == "folder"
                assert folder or not isinstance(node.op, ast.Div), f"{path}:{node.lineno}"


def test_no_sql_is_written_as_text() -> None:
    words = ("SELECT ", "INSERT ", "CREATE ", "FROM ", "WHERE ")
    for path in MODULES:
        tree = ast.parse(path.read_text("utf-8"))
        docs = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in docs
            ):
                assert not node.value.startswith(words), f"{path}:{node.lineno}"
