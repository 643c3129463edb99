"""Sessions in the database, kept by one statement where they are there already.

Django keeps a session inside a transaction of its own: a beginning and an end around one row, on
every page that remembers something, such as how a list is sorted.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as InTransaction


class SessionStore(InTransaction):
    """A session whose changes need no transaction: one row is written whole, or it is gone."""

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's own
        if must_create or self.session_key is None:
            super().save(must_create=must_create)
            return
        loaded: Any = self
        row = self.create_model_instance(loaded._get_session(no_load=False))
        rows = self.get_model_class().objects.filter(pk=self.session_key)
        if not rows.update(session_data=row.session_data, expire_date=row.expire_date):
            raise UpdateError
