"""Icons as inline SVG, read once from the pinned icon package."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

NAME = re.compile(r"[a-z0-9-]{1,60}")
SHAPES = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
BACKGROUND = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


class UnknownIconError(LookupError):
    """No icon of this name is in the package."""


@lru_cache(maxsize=256)
def _shapes(name: str) -> SafeString:
    """The drawing inside an icon's SVG."""
    if not NAME.fullmatch(name):
        raise UnknownIconError(name)
    file = Path(settings.NODE_MODULES) / "@tabler/icons/icons/outline" / f"{name}.svg"
    try:
        found = SHAPES.search(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UnknownIconError(name) from error
    if found is None:
        raise UnknownIconError(name)
    inner = " ".join(found.group(1).replace(BACKGROUND, "").split())
    return mark_safe(inner)  # noqa: S308 - from our pinned package, never from a person


def icon(name: str, *, label: str = "") -> SafeString:
    """An icon; decorative unless it has a ``label``, which screen readers then speak."""
    voice = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else SafeString('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon" width="20" height="20" viewBox="0 0 24 24" fill="none"'
        ' stroke="currentColor" stroke-width="1.75" stroke-linecap="round"'
        ' stroke-linejoin="round" focusable="false" {}>{}</svg>',
        voice,
        _shapes(name),
    )
