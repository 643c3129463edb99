"""Models that grow step by step become what they would have become if drawn anew each time."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.test.utils import CaptureQueriesContext

from paceline.kernel.migrating import GrowingState, migrate_if_empty

KEY = ("id", models.BigAutoField(primary_key=True))
STEPS: list[Operation] = [
    CreateModel("Shelf", [KEY, ("name", models.CharField(max_length=9))]),
    CreateModel("Book", [KEY, ("shelf", models.ForeignKey("trial.Shelf", models.CASCADE))]),
    CreateModel("Leaf", [KEY, ("book", models.ForeignKey("trial.Book", models.CASCADE))]),
    AddField("Book", "pages", models.IntegerField(default=1), preserve_default=False),
    AddField("Shelf", "best", models.ForeignKey("trial.Book", models.SET_NULL, null=True,
                                                related_name="best_of")),
    AddField("Leaf", "readers", models.ManyToManyField("trial.Shelf")),
    AddConstraint("Book", models.CheckConstraint(condition=models.Q(pages__gt=0), name="some")),
    AddIndex("Book", models.Index(fields=["pages"], name="by_pages")),
    AlterField("Shelf", "name", models.CharField(max_length=20)),
    AddConstraint("Book", models.UniqueConstraint(fields=["shelf", "pages"], name="once")),
    RemoveConstraint("Book", "some"),
    RemoveIndex("Book", "by_pages"),
    AddField("Leaf", "number", models.IntegerField(null=True)),
    RemoveField("Leaf", "readers"),
    CreateModel("Note", [KEY, ("leaf", models.OneToOneField("trial.Leaf", models.CASCADE))]),
    DeleteModel("Note"),
]  # fmt: skip


def described(state: ProjectState) -> dict[str, Any]:
    """Every model: its fields, those that point at it, their columns, constraints and indexes."""
    found = {}
    for model in state.apps.get_models(include_auto_created=True):
        meta = model._meta
        fields = [
            (one.name, type(one).__name__, getattr(one, "column", None), one.related_model)
            for one in meta.get_fields()
        ]
        found[meta.label] = (
            sorted((name, kind, column, other and other._meta.label)
                   for name, kind, column, other in fields),
            [one.deconstruct() for one in (*meta.constraints, *meta.indexes)],
        )  # fmt: skip
    return found


def test_a_state_that_grows_is_what_it_would_be_drawn_anew() -> None:
    ordinary, growing = ProjectState(), GrowingState()
    assert not ordinary.apps.get_models()
    assert not growing.apps.get_models(), "drawn, so that every step from here on shows in it"
    for step in STEPS:
        step.state_forwards("trial", ordinary)
        step.state_forwards("trial", growing)
        assert described(growing) == described(ordinary), step.describe()
        assert growing.models == ordinary.models
    shelf = growing.apps.get_model("trial", "Shelf")
    assert shelf._meta.get_field("name").max_length == 20
    assert shelf._meta.get_field("best").related_model is growing.apps.get_model("trial", "Book")


@pytest.mark.django_db
def test_a_database_with_tables_is_left_to_django() -> None:
    with CaptureQueriesContext(connection) as queries:
        migrate_if_empty()
    assert all(one["sql"].lstrip().startswith("SELECT") for one in queries)
