"""Who wants to know that order lines changed: apps above say so at start."""

from __future__ import annotations

from collections.abc import Callable

Follower = Callable[[], None]

_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Call this, inside the transaction, whenever order lines were changed.

    Which orders they were stands in ``TouchedOrder``.
    """
    _followers.append(follower)


def tell() -> None:
    for one in _followers:
        one()
