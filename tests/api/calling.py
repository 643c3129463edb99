"""A program that calls the interface with a token."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from paceline.accounts import actions
from paceline.accounts.models import ApiToken, User
from paceline.api.mount import interface
from paceline.kernel.interface.areas import scopes as every_scope
from paceline.org.models import Person

PREFIX = "/api/v1"


@dataclass
class Program:
    """Calls below ``/api/v1`` with one token; answers are Django's own."""

    secret: str
    token: ApiToken | None = None
    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=Client)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        told = {"Authorization": f"Bearer {self.secret}", **self.headers}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        if method not in {"GET", "HEAD", "OPTIONS"}:
            told.setdefault("Idempotency-Key", uuid.uuid4().hex)
        content = b"" if body is None else body
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        self.client.cookies.clear()  # a program keeps none
        return self.client.generic(  # type: ignore[return-value]
            method,
            path if path.startswith("/api") else PREFIX + path,
            content,
            content_type="application/json",
            headers=told,
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.ask("GET", path, **headers)

    def rows(self, path: str) -> list[dict[str, Any]]:
        """All rows of a list, page after page."""
        found: list[dict[str, Any]] = []
        more = path
        while True:
            answer = self.get(more)
            assert answer.status_code == 200, answer.content
            page = json.loads(answer.content)
            found += page["data"]
            if page["next"] is None:
                return found
            more = f"{path}{'&' if '?' in path else '?'}cursor={page['next']}"


def program_for(person: Person, scopes: Iterable[str] | None = None) -> Program:
    """A program with a token of this person, for everything unless ``scopes`` says less."""
    user = person.user
    assert isinstance(user, User)
    interface()  # the areas are known once it is mounted
    now = timezone.now()
    token, secret = actions.make_token(
        user=user,
        name="Spreadsheet",
        scopes=every_scope() if scopes is None else scopes,
        expires_at=now + timedelta(days=30),
        by=person,
        at=now,
    )
    return Program(secret, token)
