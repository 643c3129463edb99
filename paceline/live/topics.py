"""What an open page may follow: topics by kind, each with the right to hear of it.

A topic is ``kind:ref`` (``run:4``) or a kind alone (``runs``). An app registers the kinds it
publishes when it starts; a kind nobody registered is followed by nobody. Events carry no content,
so this list keeps the existence of things private, and the views keep the things themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from paceline.org.models import Person

Right = Callable[[Person, str], bool]

TOPICS_MAX = 20

_rights: dict[str, Right] = {}


def register(kind: str, may_follow: Right) -> None:
    """Let those follow ``kind`` for whom ``may_follow(person, ref)`` is true."""
    _rights[kind] = may_follow


def may_follow(person: Person, topic: str) -> bool:
    kind, _, ref = topic.partition(":")
    right = _rights.get(kind)
    return right is not None and right(person, ref)


def followed_by(person: Person, topics: Iterable[str]) -> list[str]:
    """Those of the wished topics that the person may follow, each once, at most ``TOPICS_MAX``."""
    wished = [topic for topic in dict.fromkeys(topics) if topic][:TOPICS_MAX]
    return [topic for topic in wished if may_follow(person, topic)]


def is_whole_list(_person: Person, ref: str) -> bool:
    """The right behind a topic without an id: that something changed somewhere tells nothing, and
    each list is fetched again through its reader's own rights."""
    return not ref


def is_own(person: Person, ref: str) -> bool:
    """The right behind ``person:<id>``: what concerns one person alone."""
    return ref == str(person.pk)
