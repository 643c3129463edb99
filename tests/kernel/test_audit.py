"""The audit trail: append-only, and every act has a name in the reader's language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

import paceline
from paceline.kernel import acts, audit
from paceline.kernel.audit import AuditEntry
from tests.world import World

PACKAGE = Path(paceline.__file__).parent


def test_an_act_is_kept_whole(world: World) -> None:
    entry = audit.record(
        "person_changed",
        subject=world.priya,
        by=world.hana,
        at=world.now,
        before={"starts_on": world.today},
        after={"starts_on": world.founded},
        reason="Mended",
    )
    entry.refresh_from_db()
    assert (entry.actor_id, entry.actor_name) == (world.hana.pk, "佐藤花")
    assert (entry.subject_kind, entry.subject_id) == ("org.person", str(world.priya.pk))
    assert (entry.before, entry.after) == ({"starts_on": "2026-07-15"}, {"starts_on": "2024-01-01"})
    assert (entry.at, entry.reason) == (world.now, "Mended")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kernel_auditentry SET reason = 'other'",
        "DELETE FROM kernel_auditentry",
        "TRUNCATE kernel_auditentry",
    ],
)
def test_nothing_in_it_changes(world: World, statement: str) -> None:
    kept = AuditEntry.objects.count()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEntry.objects.count() == kept
    assert not AuditEntry.objects.filter(reason="other").exists()


def recorded() -> Iterator[str]:
    """The first argument of every ``record("…")`` in the product."""
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) in {"audit.record", "record", "self._record"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value)


def test_every_act_has_words() -> None:
    wordless = sorted({act for act in recorded() if not acts.has_word(act)})
    assert not wordless, f"add to <app>/acts.py: {wordless}"
