"""How each app writes down who may ask for which address: ``tests/<app>/permissions.py``.

    URLS = {
        "org:people": Url(allow={"GET": EVERYONE}),
        "org:person_change": Url(
            args=lambda world: {"pk": world.priya.pk},
            allow={"GET": {"dana", "wen", "hana"}, "POST": {"dana", "wen", "hana"}},
            hidden=403,
            data=lambda world: {"name": "Priya"},
        ),
    }

``tests/architecture/test_permissions.py`` walks every address × method × member of the cast, table
by table. What many addresses of a table stand on (a calculated run) is made once for all of them
where it is said apart: ``args=Grounded(calculated, lambda world, run: {"pk": run.pk})``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.world import NAMES, World

EVERYONE: frozenset[str] = frozenset(NAMES) - {"fred"}
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Grounded:
    """The parameters of addresses that stand on the same rows.

    ``ground`` makes these rows; ``args`` gets what it returned. Called like any other, it makes
    both.
    """

    ground: Callable[[World], Any]
    args: Callable[[World, Any], dict[str, Any]]

    def __call__(self, world: World) -> dict[str, Any]:
        return self.args(world, self.ground(world))


@dataclass(frozen=True)
class Url:
    """Who may use one address.

    ``args`` makes what the address names (rows, if need be) and returns its parameters.
    ``allow``: by method, the first names of those who may; a method that is missing is allowed to
    nobody. ``hidden``: what all others get, 404 for the invisible, 403 for the forbidden; a mapping
    says it by first name, with ``"*"`` for the rest. ``data``: what a POST carries; the answer of
    somebody allowed may then be anything but a refusal or a failure (422 and 409 are fine).
    ``anonymous``: ``login`` sends strangers to the sign-in page, ``open`` answers them, ``token``
    asks for a token: these addresses are asked by programs with one of everything, never by
    browsers, and what a POST carries is JSON.
    """

    allow: Mapping[str, AbstractSet[str]]
    args: Callable[[World], dict[str, Any] | None] | None = None
    hidden: int | Mapping[str, int] = 403
    data: Callable[[World], dict[str, Any]] | None = None
    anonymous: Literal["login", "open", "token"] = "login"
    demo: bool = field(default=False)

    def refusal(self, name: str) -> int:
        """The status that this member of the cast gets when not allowed."""
        if isinstance(self.hidden, int):
            return self.hidden
        return self.hidden.get(name, self.hidden.get("*", 403))
