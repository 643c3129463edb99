"""The published description of the interface: OpenAPI 3.1, the same on every installation."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.utils.translation import gettext_noop

from paceline.api.mount import interface
from paceline.kernel.interface.problems import MEDIA_TYPE

PREFIX = "/api/v1/"
WRITES = {"post", "put", "patch", "delete"}
PROBLEM = {
    "title": "Problem",
    "description": "Why nothing was done, as RFC 9457 describes it.",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "field", "message"],
                "properties": {
                    "in": {"type": "string"},
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": gettext_noop("New for every new request, the same for every retry of it."),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}

FILE = gettext_noop("A column for each member; where the next page stands is told by Link.")


@cache
def document() -> dict[str, Any]:
    """The description, with what the library cannot know: problems, keys of writes, scopes."""
    made: dict[str, Any] = json.loads(
        json.dumps(interface().get_openapi_schema(path_prefix=PREFIX), default=str)
    )
    made["components"]["schemas"]["Problem"] = PROBLEM
    made["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token of your own."}
    }
    for path in made["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return made


def _complete(method: str, operation: dict[str, Any]) -> None:
    operation["security"] = [{"token": []}]
    area = next(iter(operation.get("tags", ())), "")
    if area:
        scope = f"{area}:{'write' if method in WRITES else 'read'}"
        operation["x-scope"] = scope
        operation["description"] = "\n\n".join(
            filter(None, (operation.get("description"), f"Scope: `{scope}`."))
        )
    if method in WRITES:
        operation.setdefault("parameters", []).append(dict(KEY))
    if method == "get":
        _complete_list(operation["responses"].get(200) or operation["responses"].get("200", {}))
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"]["4XX"] = {"description": "Nothing was done.", "content": content}
    operation["responses"]["5XX"] = {"description": "It failed.", "content": content}
    if method == "get":
        operation["responses"]["304"] = {"description": "As the caller has it already."}


def _complete_list(answer: dict[str, Any]) -> None:
    """Every page of a list is a file too, for callers that prefer one."""
    content = answer.get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if "/Page_" in schema.get("$ref", ""):
        content["text/csv"] = {"schema": {"type": "string", "description": FILE}}


@cache
def as_json() -> str:
    """The description as it is served and kept in ``docs/openapi.json``."""
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
