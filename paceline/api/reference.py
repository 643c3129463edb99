"""The description of the interface as a page shows it, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from paceline.api.document import document
from paceline.kernel.interface.areas import areas
from paceline.kernel.interface.problems import KINDS

METHODS = ("get", "post", "put", "patch", "delete")
DEPTH_MAX = 4


@dataclass(frozen=True, slots=True)
class Member:
    """A parameter, or a member of a record: what it is called, what it holds, what it means."""

    name: str
    kind: str
    meaning: str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that can be asked for."""

    key: str
    method: str
    path: str
    summary: str
    scope: str
    parameters: list[Member]
    body: list[Member]
    answer: list[Member]


@dataclass(frozen=True, slots=True)
class Chapter:
    """The calls of one area."""

    key: str
    title: str
    calls: list[Call]


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    status: int
    title: str


def chapters() -> list[Chapter]:
    """Every area with its calls, in the order of their addresses."""
    labels = {area.key: str(area.label) for area in areas()}
    found: dict[str, list[Call]] = {}
    for path, methods in document()["paths"].items():
        for method in METHODS:
            if method in methods:
                call = _call(path, method, methods[method])
                found.setdefault(call.scope.partition(":")[0], []).append(call)
    return [
        Chapter(key, labels.get(key, key), sorted(calls, key=lambda one: one.path))
        for key, calls in sorted(found.items())
    ]


def refusals() -> list[Refusal]:
    """Every kind of problem document."""
    return [Refusal(code, one.status, str(one.title)) for code, one in KINDS.items()]


def _call(path: str, method: str, operation: dict[str, Any]) -> Call:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    answers = [one for status, one in operation["responses"].items() if status.startswith("2")]
    answer = answers[0].get("content", {}).get("application/json", {}) if answers else {}
    return Call(
        key=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=_told(operation["summary"]),
        scope=operation.get("x-scope", ""),
        parameters=[
            Member(
                one["name"],
                _kind(one["schema"]),
                _told(one.get("description", "")),
                bool(one.get("required")),
            )
            for one in operation.get("parameters", ())
        ],
        body=list(_members(body.get("schema", {}))),
        answer=list(_members(answer.get("schema", {}))),
    )


def _told(text: str) -> str:
    return _(text) if text else ""


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    choices = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if len(choices) == 1:
        return _resolve(choices[0])
    return schema


def _members(schema: dict[str, Any], before: str = "", depth: int = 0) -> Iterator[Member]:
    """The members of a record and of the records in it, by their path (``data[].id``)."""
    schema = _resolve(schema)
    if schema.get("type") == "array":
        yield from _members(schema.get("items", {}), f"{before}[]", depth)
        return
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        path = f"{before}.{name}" if before else name
        yield Member(path, _kind(inner), _told(inner.get("description", "")), name in required)
        if depth < DEPTH_MAX:
            yield from _members(inner, path, depth + 1)


def _kind(schema: dict[str, Any]) -> str:
    schema = _resolve(schema)
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"] if one != "")
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    if "anyOf" in schema:
        return "decimal"
    return str(schema.get("format") or schema.get("type") or "object")
