"""ETag, If-None-Match and If-Match: reading again for nothing, and not writing over others."""

from __future__ import annotations

import hashlib
import re

from django.http import HttpRequest
from django.utils.translation import gettext as _

from paceline.kernel.interface.problems import Fault, Problem

NUMBERED = re.compile(r'(?:W/)?"v(\d{1,9})"')


def tag_of(content: bytes) -> str:
    """The ETag of an answer with this content."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def tag_of_version(version: object) -> str:
    """The ETag of a thing whose changes are numbered."""
    return f'"v{version}"'


def seen_version(request: HttpRequest) -> int | None:
    """The number of the version that the caller read, as ``If-Match`` names it; ``None`` without
    the header. Raises ``Problem`` where it names no such version.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return None
    found = NUMBERED.fullmatch(header.strip())
    if found is None:
        message = _("Send the ETag of the record as you read it.")
        raise Problem("invalid", faults=[Fault("header", "If-Match", message)])
    return int(found[1])


def matches(request: HttpRequest, header: str, tag: str) -> bool:
    """Whether a header of the request names this ETag, or any."""
    given = [one.strip().removeprefix("W/") for one in request.headers.get(header, "").split(",")]
    return "*" in given or tag in given


def refuse_stale(request: HttpRequest, version: object, *, exists: bool = True) -> None:
    """Refuse a write whose ``If-Match`` names another version than the one that stands now.

    Call it in the transaction of the write, after the thing is locked. Without the header the
    writer takes what there is. ``If-None-Match: *`` asks that there be nothing yet.
    """
    wanted = request.headers.get("If-Match")
    if wanted is not None and not (
        exists and matches(request, "If-Match", tag_of_version(version))
    ):
        raise Problem("changed_since", _("Nothing was changed. Read it again, then decide."))
    if exists and request.headers.get("If-None-Match", "").strip() == "*":
        raise Problem("changed_since", _("It is there already. Nothing was changed."))
