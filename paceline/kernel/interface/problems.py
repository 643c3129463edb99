"""Refusals as problem documents (RFC 9457), in the language of whoever asks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MEDIA_TYPE = "application/problem+json"
REFERENCE = "/api/reference"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of refusal: its status, and what it is called."""

    status: int
    title: str | Promise


KINDS: dict[str, Kind] = {
    "bad_request": Kind(400, gettext_lazy("The request cannot be read.")),
    "key_missing": Kind(400, gettext_lazy("A write needs an Idempotency-Key.")),
    "not_signed_in": Kind(401, gettext_lazy("No valid token was given.")),
    "scope_missing": Kind(403, gettext_lazy("The token does not reach this far.")),
    "forbidden": Kind(403, gettext_lazy("You may not do this.")),
    "not_found": Kind(404, gettext_lazy("There is nothing here that you can see.")),
    "method_not_allowed": Kind(405, gettext_lazy("This address does not know the method.")),
    "conflict": Kind(409, gettext_lazy("Something stands in the way.")),
    "key_in_use": Kind(409, gettext_lazy("The same request is under way.")),
    "changed_since": Kind(412, gettext_lazy("Somebody changed this since you read it.")),
    "too_large": Kind(413, gettext_lazy("The request is too large.")),
    "wrong_media_type": Kind(415, gettext_lazy("The body must be JSON.")),
    "invalid": Kind(422, gettext_lazy("Some of what was sent is not valid.")),
    "key_reused": Kind(422, gettext_lazy("This Idempotency-Key belongs to another request.")),
    "cursor_invalid": Kind(422, gettext_lazy("The cursor does not belong to this list.")),
    "too_many": Kind(429, gettext_lazy("Too many calls.")),
    "failed": Kind(500, gettext_lazy("Something failed on our side.")),
    "unavailable": Kind(503, gettext_lazy("Not available at the moment.")),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was sent: where it stood, and why it is refused."""

    where: str
    field: str
    message: str


class Problem(Exception):
    """A refusal: nothing was changed. ``kind`` is a key of ``KINDS``."""

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        faults: Sequence[Fault] = (),
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind)
        self.kind, self.detail, self.faults = kind, detail, tuple(faults)
        self.more, self.headers = dict(more or {}), dict(headers or {})

    @property
    def status(self) -> int:
        return KINDS[self.kind].status

    def document(self) -> dict[str, Any]:
        """The members of RFC 9457, the kind as ``code``, and every fault."""
        found: dict[str, Any] = {
            "type": f"{REFERENCE}#{self.kind}",
            "title": str(KINDS[self.kind].title),
            "status": self.status,
            "code": self.kind,
        }
        if self.detail:
            found["detail"] = str(self.detail)
        if self.faults:
            found["errors"] = [
                {"in": one.where, "field": one.field, "message": one.message} for one in self.faults
            ]
        return found | self.more

    def answer(self) -> HttpResponse:
        answer = HttpResponse(
            json.dumps(self.document(), ensure_ascii=False).encode(),
            status=self.status,
            content_type=MEDIA_TYPE,
        )
        for name, value in self.headers.items():
            answer.headers[name] = value
        return answer


def of_status(status: int) -> Problem:
    """The problem for an answer that says no more than its status."""
    known = {one.status: key for key, one in reversed(KINDS.items())}
    return Problem(known.get(status, "failed" if status >= 500 else "bad_request"))


def invalid(field: str, message: str, *, where: str = "body") -> Problem:
    """The refusal of one value."""
    return Problem("invalid", faults=[Fault(where, field, message)])


def unseen(field: str, *, where: str = "body") -> Problem:
    """The refusal of a value that names something which the caller does not see, or nothing."""
    return invalid(field, _("There is nothing here that you can see."), where=where)


def of_validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """What the schemas found wrong, told in the reader's language."""
    faults = [_fault(error) for error in errors]
    unreadable = any(error["type"] == "json_invalid" for error in errors)
    return Problem("bad_request" if unreadable else "invalid", faults=faults)


def _fault(error: Mapping[str, Any]) -> Fault:
    where, *path = [str(part) for part in error["loc"]] or ["body"]
    # The name of the argument that takes a whole body or query says nothing to the caller.
    inner = path[1:] if where in {"body", "query"} and len(path) > 1 else path
    return Fault(where, ".".join(inner), _message(error))


def _message(error: Mapping[str, Any]) -> str:
    kind, values = str(error["type"]), dict(error.get("ctx") or {})
    if kind == "value_error":
        return str(values.get("error") or _("This value is not valid."))
    wording = _wordings().get(kind)
    if wording is None:
        return _("This value is not valid.")
    return wording % {name: _shown(value) for name, value in values.items()}


def _shown(value: object) -> str:
    return str(value).replace(" or ", ", ").replace("'", "")


def _wordings() -> dict[str, str]:
    """What each finding of the schemas is called; the names are those of pydantic."""
    number, whole = _("This must be a number."), _("This must be a whole number.")
    day, moment = _("This must be a date such as 2026-07-31."), _("This must be a point in time.")
    text, true = _("This must be text."), _("This must be true or false.")
    return {
        "missing": _("This is required."),
        "extra_forbidden": _("Nothing with this name is known here."),
        "int_parsing": whole,
        "int_type": whole,
        "int_from_float": whole,
        "int_parsing_size": whole,
        "decimal_parsing": number,
        "decimal_type": number,
        "finite_number": number,
        "decimal_max_digits": _("No more than %(max_digits)s digits are kept."),
        "decimal_max_places": _("No more than %(decimal_places)s decimal places are kept."),
        "decimal_whole_digits": _("No more than %(whole_digits)s digits before the point."),
        "date_parsing": day,
        "date_type": day,
        "date_from_datetime_parsing": day,
        "date_from_datetime_inexact": day,
        "datetime_parsing": moment,
        "datetime_type": moment,
        "datetime_from_date_parsing": moment,
        "timezone_aware": _("The point in time must name its zone."),
        "bool_parsing": true,
        "bool_type": true,
        "string_type": text,
        "string_too_short": _("At least %(min_length)s characters are needed."),
        "string_too_long": _("No more than %(max_length)s characters are taken."),
        "string_pattern_mismatch": _("This does not have the form that is expected."),
        "string_unicode": text,
        "greater_than": _("This must be more than %(gt)s."),
        "greater_than_equal": _("This must be at least %(ge)s."),
        "less_than": _("This must be less than %(lt)s."),
        "less_than_equal": _("This must be at most %(le)s."),
        "literal_error": _("Known here: %(expected)s."),
        "enum": _("Known here: %(expected)s."),
        "list_type": _("This must be a list."),
        "too_short": _("At least %(min_length)s entries are needed."),
        "too_long": _("No more than %(max_length)s entries are taken."),
        "dict_type": _("This must be an object."),
        "model_type": _("This must be an object."),
        "model_attributes_type": _("This must be an object."),
        "json_invalid": _("This is not JSON."),
    }
