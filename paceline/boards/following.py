"""Who wants to know that something of a project changed: apps that keep it in step with others.

They are told once for each transaction, after it is kept, and only of which project: whoever
follows compares for themselves, so a call that is lost is made up for by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import partial

from django.db import connection, transaction

Follower = Callable[[Iterable[int]], None]
# Whoever carries changes from elsewhere need not be told of them.
muted: ContextVar[bool] = ContextVar("followers are not told", default=False)
_followers: list[Follower] = []


def register(follower: Follower) -> None:
    """Called once at start, by an app that follows projects."""
    _followers.append(follower)


def changed(project: int) -> None:
    """Say that a list, label or card of a project is about to be something else."""
    if muted.get():
        return
    waiting = (one[1] for one in connection.run_on_commit)
    if not any(
        isinstance(one, partial) and one.func is _tell and one.args == (project,) for one in waiting
    ):
        transaction.on_commit(partial(_tell, project))


def _tell(project: int) -> None:
    for follower in _followers:
        follower([project])
