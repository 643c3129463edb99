"""Answers: one record, or a page of a list that stays in place while rows are added."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Schema
from ninja.responses import NinjaJSONEncoder
from pydantic import ConfigDict, Field

from paceline.kernel import sheets
from paceline.kernel.interface.problems import Fault, Problem, invalid
from paceline.kernel.interface.versions import matches, tag_of

LIMIT, LIMIT_MAX = 50, 200
SALT = "paceline.api.cursor"


def _only_id_is_certain(schema: dict[str, Any]) -> None:
    """``fields`` leaves out what was not asked for, so no other member is always there."""
    if "id" in schema.get("properties", {}):
        schema["required"] = ["id"]


class Record(Schema):
    """One thing as callers get it; made from a row's attributes."""

    model_config = ConfigDict(json_schema_extra=_only_id_is_certain)


Row = TypeVar("Row", bound=Record)


class Page(Schema, Generic[Row]):
    """Some rows of a list; ``next`` is the cursor of those that follow, if any do."""

    data: list[Row]
    next: str | None = None


class Picked(Schema):
    """Which members of the records are wanted."""

    model_config = ConfigDict(extra="forbid")

    fields: str = Field(
        "",
        max_length=1000,
        description=noop("Members to answer with, divided by commas; all without."),
    )


class Turned(Picked):
    """From where on a list is wanted."""

    cursor: str = Field("", max_length=2000, description=noop("`next` of the answer before."))


class Asked(Turned):
    """How much of a list is wanted, from where on."""

    limit: int = Field(LIMIT, ge=1, le=LIMIT_MAX, description=noop("Rows in one answer."))


def answer_one(
    request: HttpRequest,
    row: object,
    record: type[Record],
    picked: Picked | None = None,
    *,
    version: str = "",
) -> HttpResponse:
    """One record with its ETag, or 304 if the caller has it already.

    ``version`` is the ETag of a thing whose changes are numbered; without it, that of the content.
    """
    if picked is None:
        return _answer(request, _dump(record, row, None), version)
    _refuse_unknown(request, picked)
    return _answer(request, _dump(record, row, _wanted(record, picked)), version)


def refuse_other(request: HttpRequest, row: object, record: type[Record]) -> None:
    """Refuse a write whose ``If-Match`` is not the ETag of the whole record as it stands.

    For things whose changes bear no numbers; call it once the thing is held.
    """
    tag = tag_of(_content(_dump(record, row, None)))
    if "If-Match" in request.headers and not matches(request, "If-Match", tag):
        raise Problem("changed_since", _("Nothing was changed. Read it again, then decide."))


def answer_page(
    request: HttpRequest,
    rows: QuerySet[Any],
    asked: Asked,
    record: type[Record],
    *,
    sort: Mapping[str, str] | None = None,
    spread: Callable[[], Mapping[str, Sequence[str]]] | None = None,
) -> HttpResponse:
    """A page of ``rows`` by ``asked.sort`` and id, as JSON or, asked for ``text/csv``, as a file.

    ``sort`` maps the names that a caller may sort by (``-`` before them: downwards) to fields of
    the row that are never empty and stand in an index; without it the order is that of the ids.
    The cursor is signed, and holds only for the list and the filters that it was made for.
    ``spread`` gives the keys of members that hold values by key: each is a column of the file.
    """
    _refuse_unknown(request, asked)
    wanted = _wanted(record, asked)
    name = str(getattr(asked, "sort", "") or "id")
    down, field = name.startswith("-"), (sort or {}).get(name.removeprefix("-"), "pk")
    keys = ["pk"] if field in {"pk", "id"} else [field, "pk"]
    ordered = rows.order_by(*(f"-{key}" if down else key for key in keys))
    stamp = _stamp(request)
    if asked.cursor:
        ordered = ordered.filter(_after(keys, _read_cursor(asked.cursor, stamp), down=down))
    found = list(ordered[: asked.limit + 1])
    more = len(found) > asked.limit
    found = found[: asked.limit]
    following = _cursor([_value(found[-1], key) for key in keys], stamp) if more else None
    data = [_dump(record, row, wanted) for row in found]
    return _paged(request, record, wanted, data, following, spread)


def answer_numbered(
    request: HttpRequest,
    turned: Turned,
    record: type[Record],
    fetch: Callable[[int], tuple[Sequence[object], bool]],
) -> HttpResponse:
    """A page of what never changes again and is kept in numbered pages (from 1), or the file.

    ``fetch`` gives the rows of a page, and whether there is one behind it.
    """
    _refuse_unknown(request, turned)
    wanted, stamp = _wanted(record, turned), _stamp(request)
    number = 1
    if turned.cursor:
        values = _read_cursor(turned.cursor, stamp)
        number = int(values[0]) if len(values) == 1 and values[0].isdigit() else 1
    rows, more = fetch(number)
    following = _cursor([str(number + 1)], stamp) if more else None
    data = [_dump(record, row, wanted) for row in rows]
    return _paged(request, record, wanted, data, following)


def _paged(
    request: HttpRequest,
    record: type[Record],
    wanted: set[str] | None,
    data: list[dict[str, Any]],
    following: str | None,
    spread: Callable[[], Mapping[str, Sequence[str]]] | None = None,
) -> HttpResponse:
    """A page as it was asked for, with where the next one stands."""
    if _wants_file(request):
        names = [name for name in record.model_fields if wanted is None or name in wanted]
        answer = _file(request, names, data, spread() if spread is not None else {})
    else:
        answer = _answer(request, {"data": data, "next": following})
    patch_vary_headers(answer, ["Accept"])
    if following:
        query = request.GET.dict() | {"cursor": following}
        url = request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
        answer.headers["Link"] = f'<{url}>; rel="next"'
    return answer


def _refuse_unknown(request: HttpRequest, picked: Picked) -> None:
    """A mistyped filter must not answer with everything."""
    unknown = sorted(set(request.GET) - set(type(picked).model_fields))
    if unknown:
        message = _("Nothing with this name is known here.")
        raise Problem("invalid", faults=[Fault("query", one, message) for one in unknown])


def _wanted(record: type[Record], picked: Picked) -> set[str] | None:
    if not picked.fields.strip():
        return None
    names = {name.strip() for name in picked.fields.split(",")} - {""}
    unknown = sorted(names - set(record.model_fields))
    if unknown:
        known = ", ".join(record.model_fields)
        message = _("Unknown: %(unknown)s. Known here: %(known)s.")
        raise invalid(
            "fields", message % {"unknown": ", ".join(unknown), "known": known}, where="query"
        )
    return names | {"id"} & set(record.model_fields)


def _dump(record: type[Record], row: object, wanted: Iterable[str] | None) -> dict[str, Any]:
    made = row if isinstance(row, record) else record.model_validate(row)
    return made.model_dump(include=None if wanted is None else set(wanted))


def _content(payload: object) -> bytes:
    return json.dumps(payload, cls=NinjaJSONEncoder, ensure_ascii=False).encode()


def _answer(request: HttpRequest, payload: object, version: str = "") -> HttpResponse:
    content = _content(payload)
    tag = version or tag_of(content)
    if request.method in {"GET", "HEAD"} and matches(request, "If-None-Match", tag):
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(content, content_type="application/json")
    answer.headers["ETag"] = tag
    return answer


def _wants_file(request: HttpRequest) -> bool:
    return request.get_preferred_type(["application/json", "text/csv"]) == "text/csv"


def _file(
    request: HttpRequest,
    names: Sequence[str],
    data: Iterable[Mapping[str, Any]],
    spread: Mapping[str, Sequence[str]],
) -> HttpResponse:
    """The rows as CSV: a column for each member, lists and objects as JSON."""
    columns = [(name, key) for name in names for key in spread.get(name, ("",))]
    header = [f"{name}.{key}" if key else name for name, key in columns]
    rows = [[_cell(row[name], key) for name, key in columns] for row in data]
    content = b"".join(sheets.csv_parts(header, rows))
    tag = tag_of(content)
    if matches(request, "If-None-Match", tag):
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(content, content_type=sheets.CSV)
    answer.headers["ETag"] = tag
    return answer


def _cell(value: Any, key: str) -> Any:
    if key:
        value = value.get(key)
    if value is None or isinstance(value, str | Decimal):
        return value
    if isinstance(value, datetime):
        return json.loads(_content(value))
    return _content(value).decode() if isinstance(value, bool | list | dict) else value


def _stamp(request: HttpRequest) -> str:
    """What a cursor is bound to: the list and everything that chooses or orders its rows."""
    asked = sorted(
        (key, value)
        for key, values in request.GET.lists()
        if key not in {"cursor", "limit", "fields"}
        for value in values
    )
    return hashlib.sha256(json.dumps([request.path, asked]).encode()).hexdigest()[:16]


def _cursor(values: list[str], stamp: str) -> str:
    return Signer(salt=SALT, sep=".").sign_object([stamp, *values])


def _read_cursor(cursor: str, stamp: str) -> list[str]:
    try:
        made_for, *values = Signer(salt=SALT, sep=".").unsign_object(cursor)
    except (BadSignature, ValueError, TypeError):
        raise Problem("cursor_invalid") from None
    if made_for != stamp:
        raise Problem("cursor_invalid")
    return [str(value) for value in values]


def _value(row: Model, key: str) -> str:
    value: Any = row
    for part in key.split("__"):
        value = getattr(value, part)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _after(keys: list[str], values: list[str], *, down: bool) -> Q:
    """Rows behind these values. The first condition alone is what an index can use."""
    if len(keys) != len(values):
        raise Problem("cursor_invalid")
    past = "lt" if down else "gt"
    if len(keys) == 1:
        return Q(**{f"{keys[0]}__{past}": values[0]})
    (first, second), (one, two) = keys, values
    return Q(**{f"{first}__{past}e": one}) & (
        Q(**{f"{first}__{past}": one}) | Q(**{f"{second}__{past}": two})
    )
