"""The product's own source, as files and syntax trees, for the tests of this folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "paceline"


@cache
def python_files() -> tuple[Path, ...]:
    return tuple(sorted(file for file in PACKAGE.rglob("*.py") if "migrations" not in file.parts))


@cache
def templates() -> tuple[Path, ...]:
    return tuple(sorted(PACKAGE.rglob("templates/**/*.html")))


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def place(file: Path) -> str:
    """A file's path from the root, as the lists of exceptions name it."""
    return file.relative_to(ROOT).as_posix()


def calls(file: Path) -> Iterator[ast.Call]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call):
            yield node


def dotted(node: ast.AST) -> str:
    """``timezone.now`` for such an expression; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def is_part(file: Path, *names: str) -> bool:
    """Whether the file is one of the modules named, or lies in a folder of that name."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return any(name in parts for name in names)
