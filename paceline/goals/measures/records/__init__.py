"""The things behind the facts of sources, as a reader may see them."""

from __future__ import annotations

from django.urls import reverse

_parts: dict[str, tuple[str, str]] = {}


def address_of(name: str, pk: int) -> str:
    """The page of one of many records; its pattern is looked up once."""
    if name not in _parts:
        head, _zero, tail = reverse(name, args=[0]).rpartition("0")
        _parts[name] = head, tail
    head, tail = _parts[name]
    return f"{head}{pk}{tail}"
