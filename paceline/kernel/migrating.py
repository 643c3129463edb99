"""The first migration of an empty database.

Django draws every related model anew after every step, so that steps which change a model find
it as it is then. With two hundred tables that all lead to a person this takes a minute of processor
time, and the work in the database a second. In an empty database nearly every step only adds: a
table, a column, an index, a constraint. What is added to a model can be added to the model that was
drawn before, and an index or a constraint can be taken from it; whatever else changes draws anew
as ever.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import NOT_PROVIDED, Field


def migrate_if_empty() -> None:
    """Make all tables in an empty database, so that ``migrate`` has nothing left to do but to say
    so to the apps. Where there are tables already this does nothing.
    """
    if MigrationRecorder(connection).applied_migrations():
        return
    executor = FirstExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


class GrowingState(ProjectState):
    """Adds to the models that were drawn already instead of drawing their relations anew."""

    def add_model(self, model_state: ModelState) -> None:
        if "apps" not in self.__dict__:
            super().add_model(model_state)
            return
        key = model_state.app_label, model_state.name_lower
        self.models[key] = model_state
        if self._relations is not None:  # type: ignore[attr-defined]
            self.resolve_model_relations(key)
        self.apps.render_multiple([model_state])

    def add_field(
        self,
        app_label: str,
        model_name: str,
        name: str,
        field: Field[Any, Any],
        preserve_default: bool,  # noqa: FBT001 - Django's own
    ) -> None:
        if "apps" not in self.__dict__:
            super().add_field(app_label, model_name, name, field, preserve_default)
            return
        if not preserve_default:
            field = field.clone()
            field.default = NOT_PROVIDED
        key = app_label, model_name
        self.models[key].fields[name] = field
        if self._relations is not None:  # type: ignore[attr-defined]
            self.resolve_model_field_relations(key, name, field)
        with self.apps.bulk_update():
            self.apps.get_model(app_label, model_name).add_to_class(name, field.clone())

    def _append_option(self, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
        if "apps" not in self.__dict__:
            super()._append_option(app_label, model_name, option_name, obj)  # type: ignore[misc]
            return
        options = self.models[app_label, model_name].options
        options[option_name] = [*options[option_name], obj]
        meta = self.apps.get_model(app_label, model_name)._meta
        setattr(meta, option_name, list(options[option_name]))

    def _remove_option(
        self, app_label: str, model_name: str, option_name: str, obj_name: str
    ) -> None:
        if "apps" not in self.__dict__:
            super()._remove_option(app_label, model_name, option_name, obj_name)  # type: ignore[misc]
            return
        options = self.models[app_label, model_name].options
        options[option_name] = [one for one in options[option_name] if one.name != obj_name]
        meta = self.apps.get_model(app_label, model_name)._meta
        setattr(meta, option_name, list(options[option_name]))


class FirstExecutor(MigrationExecutor):
    """Applies migrations to a state that grows."""

    def _create_project_state(
        self,
        with_applied_migrations: bool = False,  # noqa: ARG002, FBT001, FBT002 - Django's own
    ) -> ProjectState:
        # Nothing is applied: this is asked of an empty database only.
        return GrowingState(real_apps=self.loader.unmigrated_apps)
