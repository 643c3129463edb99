"""Every refusal of the plan language has a plan that is refused so, and says where: file, line,
column and clause.
"""

from __future__ import annotations

import ast
from pathlib import Path

import paceline.engine
from paceline import engine
from paceline.engine.plan.games import FAULTS

from .refused_plans import REFUSALS, SETTLED

CALLS = {"refuse", "_refuse", "_invalid", "_unknown", "FormulaInvalid", "Problem"}


def codes_of_the_language() -> set[str]:
    """The first words in calls that refuse, wherever a plan or a formula is read; of two that are
    chosen between, both.
    """
    found = set(FAULTS) - {"coalition_stranger"}  # who is in the team is told by inputs
    folder = Path(paceline.engine.__file__).parent
    for file in [*folder.glob("plan/*.py"), *folder.glob("formula/*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
                words = [one for one in node.args if isinstance(one, ast.Constant)]
                found |= {str(one.value) for one in words[:1] if name in CALLS}
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
                found |= {one.value for one in ast.walk(node.value) if _is_word(one)}
    return {one for one in found if "_" in one and one.replace("_", "").isalpha()}


def _is_word(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_every_code_of_the_language_has_a_plan_that_it_refuses() -> None:
    assert codes_of_the_language() - REFUSALS.keys() == set()
    assert REFUSALS.keys() - codes_of_the_language() == set()


def test_every_refusal_names_file_line_and_clause() -> None:
    assert engine.check_plan(SETTLED) == ()
    wrong: list[str] = []
    for code, (old, new, path) in REFUSALS.items():
        assert SETTLED.count(old), code
        text = SETTLED.replace(old, new, 1)
        problems = engine.check_plan(text, name="plan.yaml")
        told = [one for one in problems if one.code == code]
        places = [(one.path, f"plan.yaml:{one.line}:{one.column}: ") for one in told]
        if not any(
            where == path and one.line and one.column and str(one).startswith(place)
            for one, (where, place) in zip(told, places, strict=True)
        ):
            wrong.append(f"{code}: {[(one.code, str(one)) for one in problems][:3]}")
        # Nothing is ever told without its place.
        wrong += [f"{code}: {one}" for one in problems if not (one.line and one.message)]
        # And one mistake is not told again by those that refer to the clause.
        again = [one for one in problems if one.code == "reference_unknown" != code]
        wrong += [f"{code}: {one}" for one in again]
    assert wrong == []
