"""Whatever is sent: no failure, answers as described, and nothing of another team.

schemathesis makes calls from the published description, those that it allows and those that it
does not; what is kept is how many and how they end.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode

from paceline.api.document import document
from paceline.crm.models import (
    Company,
    Contact,
    CustomField,
    Deal,
    Lead,
    SavedView,
    Segment,
    Tag,
)
from paceline.goals.models import Figure, Quota
from paceline.incentives.models import Plan, PlanVersion, Run, Statement
from paceline.leads.models import WebForm
from paceline.mail.models import Mailing, MailTemplate
from paceline.orders.models import OrderLine
from paceline.sequences.models import Enrolment, Sequence
from tests.api.calling import Program, program_for
from tests.api.company import MARK, build_company
from tests.world import World

BOUNDED = settings(
    max_examples=3,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
OPERATIONS = [
    (path, method) for path, methods in sorted(document()["paths"].items()) for method in methods
]


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document()["components"]})


def _described(path: str, method: str, status: int) -> dict[str, Any] | None:
    answers = document()["paths"][path][method]["responses"]
    found = answers.get(str(status)) or answers.get(f"{status // 100}XX")
    assert found is not None, f"{method} {path}: {status} is not described"
    content = found.get("content", {})
    return next((one["schema"] for one in content.values()), None)


@dataclass
class Prober:
    """Calls one operation with what is generated for it, and looks at every answer."""

    program: Program
    path: str
    method: str
    seen: Counter[int]

    def send(self, case: Any, pk: int | None) -> None:
        if pk is not None:
            case.path_parameters = dict.fromkeys(case.path_parameters or {}, pk)
        with transaction.atomic():
            answer = self.program.ask(
                self.method.upper(),
                _address(self.path, case),
                None if type(case.body).__name__ == "NotSet" else case.body,
                **_headers(case),
            )
            transaction.set_rollback(True)
        status, text = answer.status_code, answer.content.decode()
        about = (self.method, self.path, case.query, case.body)
        assert status < 500, (*about, text)
        assert MARK not in text, about
        described = _described(self.path, self.method, status)
        if described is not None and text:
            problems = list(_validator(described).iter_errors(json.loads(text)))
            assert not problems, (*about, problems[0])
        self.seen[status] += 1


def test_nothing_fails_and_nothing_leaks(world: World) -> None:
    """Priya's token has every scope; the marks stand in what is Omar's and his team's."""
    build_company(world)
    assert MARK in program_for(world.omar).get("/quotas").content.decode()
    assert MARK in program_for(world.dana).get("/order-lines").content.decode()
    program = program_for(world.priya)
    schema = schemathesis.openapi.from_dict(document())
    seen: Counter[int] = Counter()
    ids = st.one_of(st.none(), st.sampled_from(_ids_of_others()))
    for path, method in OPERATIONS:
        operation = schema[path][method]
        allowed = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        other = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        probe = Prober(program, path, method, seen)
        # What only reads has little to send: two calls tell as much as three.
        bounds = settings(BOUNDED, max_examples=2) if method == "get" else BOUNDED
        bounds(given(case=st.one_of(allowed, other), pk=ids)(probe.send))()
    assert set(seen) <= {200, 400, 403, 404, 409, 412, 422}, seen
    lists = [path for path, method in OPERATIONS if method == "get" and "{" not in path]
    assert seen[200] > len(lists), seen
    assert seen[422] > len(OPERATIONS) // 2, seen


def _ids_of_others() -> list[int]:
    """Keys of what exists, so that a call meets something that it must not show."""
    models: list[Any] = [Figure, Quota, Plan, PlanVersion, Run, Statement, OrderLine]
    models += [Company, Contact, Lead, Deal, CustomField, SavedView, Segment, Tag, WebForm]
    models += [MailTemplate, Mailing, Sequence, Enrolment]
    return sorted({pk for model in models for pk in model.objects.values_list("pk", flat=True)})


def _address(path: str, case: Any) -> str:
    for name, value in (case.path_parameters or {}).items():
        path = path.replace("{" + name + "}", quote(str(value), safe=""))
    query = urlencode(dict(case.query or {}), doseq=True, errors="replace")
    return f"{path}?{query}" if query else path


def _headers(case: Any) -> dict[str, str]:
    """The key of a write, if it can be a header's value at all."""
    key = (case.headers or {}).get("Idempotency-Key")
    if key is None or not str(key).isascii() or not str(key).isprintable():
        return {}
    return {"Idempotency_Key": str(key)}
