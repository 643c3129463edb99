"""Areas of the interface: what a token may be limited to, and how an app's router asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from ninja import Router
from ninja.security import HttpBearer

from paceline.kernel.interface.problems import Problem

READS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the interface that tokens are limited to. ``writes``: it also takes changes."""

    key: str
    label: str | Promise
    writes: bool = False

    @property
    def scopes(self) -> tuple[str, ...]:
        return (f"{self.key}:read", *((f"{self.key}:write",) if self.writes else ()))

    def router(self) -> Router:
        """The router of an app: each of its operations asks for the scope of this area."""
        _areas[self.key] = self
        return Router(auth=Token(self.key), tags=[self.key])


_areas: dict[str, Area] = {}


def areas() -> Iterator[Area]:
    """Every area whose router was made, in the order of their keys."""
    return iter([_areas[key] for key in sorted(_areas)])


def scopes() -> list[str]:
    """Every scope that there is."""
    return [scope for area in areas() for scope in area.scopes]


class Token(HttpBearer):
    """Asks whether the token of the request reaches into an area; "" is open to every token.

    The token itself was looked up before any operation was found.
    """

    def __init__(self, area: str = "") -> None:
        super().__init__()
        self.area = area

    def __call__(self, request: HttpRequest) -> Any:
        granted = getattr(request, "scopes", None)
        if granted is None:
            return None
        if not self.area:
            return True
        wanted = f"{self.area}:{'read' if request.method in READS else 'write'}"
        if wanted not in granted:
            detail = _("It was made without the scope %(scope)s.") % {"scope": wanted}
            raise Problem("scope_missing", detail, more={"scope": wanted})
        return True

    def authenticate(self, request: HttpRequest, token: str) -> Any:  # pragma: no cover
        raise NotImplementedError
