"""Who may do with customers what programs do besides reading and changing their records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from paceline.boards.actions import link_card
from paceline.crm import actions as records
from paceline.crm.models import DuplicatePair, FieldKind
from paceline.leads import actions as leads
from paceline.leads.models import Submission, SubmissionState
from paceline.mail import actions as mail
from paceline.sequences import actions as sequences
from tests.boards.conftest import make_work
from tests.crm import permissions as crm
from tests.crm.conftest import Sales, make_sales
from tests.goals.conftest import make_aims
from tests.permission_table import EVERYONE, Grounded, Url
from tests.sequences.conftest import make_customer, make_sequence
from tests.world import NOW, World

LEAD = {"marco"}
ARRANGED = {"priya": 403, "erik": 403, "*": 404}
CHANGED = {"erik": 403, "*": 404}
Args = Callable[[World], dict[str, Any]]


def _list(writers: set[str] | frozenset[str], sent: dict[str, Any]) -> Url:
    """Everyone may ask and sees what is theirs; some add to it."""
    allow: dict[str, Any] = {"GET": EVERYONE, "POST": writers} if writers else {"GET": EVERYONE}
    return Url(allow=allow, data=lambda _world: sent, anonymous="token")


def _of(args: Args, allow: dict[str, Any], hidden: Any, sent: dict[str, Any] | None = None) -> Url:
    return Url(
        args=args, allow=allow, hidden=hidden, data=lambda _world: sent or {}, anonymous="token"
    )


# Records


def _tags(pk: Callable[[World, Sales], int]) -> Url:
    return Url(
        args=Grounded(make_sales, lambda world, sales: {"pk": pk(world, sales)}),
        allow={"PUT": crm.NORTH}, hidden=crm.HIDDEN, data=lambda _world: {"tags": ["x"]},
        anonymous="token",
    )  # fmt: skip


def _lead(world: World, _sales: Sales) -> int:
    told: dict[str, Any] = {"owner": world.priya, "by": world.priya, "at": NOW}
    return records.add_lead(team=world.north, facts={"name": "Ivy"}, **told).pk


def _pair(world: World) -> dict[str, Any]:
    first, second = sorted(make_customer(world, name).pk for name in ("Ming", "Hua"))
    made = DuplicatePair.objects.create(
        kind="contact", first=first, second=second, score=50, reasons=["name"], found_at=NOW
    )
    return {"pk": made.pk}


def _merge(world: World) -> dict[str, Any]:
    one, two = (make_customer(world, name) for name in ("Ming", "Hua"))
    made = records.merge(
        survivor=one, others=[two], choices={}, by=world.priya, at=NOW,
        seen={one.pk: one.version, two.pk: two.version},
    )  # fmt: skip
    return {"pk": made.pk}


MERGED = {
    "kind": "contact", "survivor": 1, "records": [{"id": 1, "version": 1}, {"id": 2, "version": 1}]
}  # fmt: skip


# Lists


def _field(world: World) -> dict[str, Any]:
    made = records.add_custom_field(
        team=world.north, of="company", label="Grade", kind=FieldKind.TEXT, by=world.marco, at=NOW
    )
    return {"pk": made.pk}


def _view(world: World) -> dict[str, Any]:
    made = records.save_view(
        of="company", name="Mine", choices={}, team=world.north, by=world.priya, at=NOW
    )
    return {"pk": made.pk}


FIELD = {"label": "Grade"}
NEW_FIELD = FIELD | {"team": "north", "of": "company", "kind": "text"}
VIEW = {"of": "company", "name": "Mine", "choices": {}}

# Sequences


def _sequence(world: World) -> dict[str, Any]:
    return {"pk": make_sequence(world).pk}


def _enrolment(world: World) -> dict[str, Any]:
    made = sequences.begin(
        sequence=make_sequence(world), record=make_customer(world), by=world.priya, at=NOW
    )
    return {"pk": made.pk}


def _start(world: World) -> dict[str, Any]:
    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    sequence = make_sequence(world)
    draft = sequences.draft_start(of="contact", ids=[make_customer(world).pk], **told)
    return {"pk": sequences.begin_start(start=draft, sequence=sequence, **told).pk}


SEQUENCE = {"team": "north", "of": "contact", "name": "After buying"}
STEPS = {"steps": [{"act": "call", "texts": {"en": {"subject": "Call"}}}]}
ONE_SEQUENCE = {"GET": crm.SEES, "PATCH": LEAD}

# Mail, forms and hours


def _mailing(world: World) -> dict[str, Any]:
    return {"pk": mail.draft_mailing(of="contact", ids=[1], by=world.priya, at=NOW).pk}


def _form(world: World) -> Any:
    return leads.add_form(
        team=world.north, name="Shop", languages=["en"], fields=[{"name": "email"}],
        by=world.marco, at=NOW,
    )  # fmt: skip


def _submission(world: World) -> dict[str, Any]:
    made = Submission.objects.create(
        form=_form(world), at=NOW, state=SubmissionState.HELD, language="en",
        values={"email": "a@example.com"}, content_digest="x",
    )  # fmt: skip
    return {"pk": made.pk}


FORM = {"name": "Shop", "languages": ["en"], "fields": [{"name": "email"}]}
ONE_FORM = {"GET": crm.SEES, "PUT": LEAD}
AGREED = {"texts": {}, "channel": "email"}
WEEK = {"week": [[]] * 7}
OWN_HOURS = {"GET": crm.SELLERS, "PUT": crm.SELLERS}
TEAM_HOURS = {"GET": crm.SEES, "PUT": LEAD}
NOT_THEIRS = {"omar": 404, "sofia": 404, "*": 403}

# Goals and cards

CHANGERS = {"priya", "marco", "erik"}
READERS = {"dana": 403, "wen": 403, "hana": 403, "*": 404}


def _goal(world: World) -> dict[str, Any]:
    return {"pk": make_aims(world).priya.pk}


def _link(world: World) -> dict[str, Any]:
    card, company = make_work(world).card, make_sales(world).company
    return {"pk": link_card(card=card, to=company, by=world.priya, at=NOW).pk}


LINK = {"card": 1, "kind": "goal", "to": 1}


def _form_pk(world: World) -> dict[str, Any]:
    return {"pk": _form(world).pk}


TABLE = {
    "list_duplicates": _list(set(), {}),
    "separate_duplicate": _of(_pair, {"POST": crm.NORTH}, CHANGED),
    "list_merges": _list(crm.SELLERS, MERGED),
    "merge_records": _list(crm.SELLERS, MERGED),
    "read_merge": _of(_merge, {"GET": crm.SEES}, 404),
    "undo_merge": _of(_merge, {"POST": crm.NORTH}, CHANGED),
    "list_custom_fields": _list(LEAD, NEW_FIELD),
    "add_custom_field": _list(LEAD, NEW_FIELD),
    "read_custom_field": _of(_field, {"GET": crm.SEES, "PUT": LEAD}, ARRANGED, FIELD),
    "change_custom_field": _of(_field, {"GET": crm.SEES, "PUT": LEAD}, ARRANGED, FIELD),
    "list_tags": _list(set(), {}),
    "tag_company": _tags(lambda _world, sales: sales.company.pk),
    "tag_contact": _tags(lambda _world, sales: sales.contact.pk),
    "tag_lead": _tags(_lead),
    "tag_deal": _tags(lambda _world, sales: sales.deal.pk),
    "list_saved_views": _list(crm.SELLERS | {"erik"}, VIEW),
    "save_view": _list(crm.SELLERS | {"erik"}, VIEW),
    "read_saved_view": _of(_view, {"GET": crm.NORTH}, 404),
    "delete_saved_view": _of(_view, {"POST": {"priya"}}, {"marco": 403, "*": 404}),
    "list_sequences": _list(LEAD, SEQUENCE),
    "add_sequence": _list(LEAD, SEQUENCE),
    "read_sequence": _of(_sequence, ONE_SEQUENCE, ARRANGED),
    "change_sequence": _of(_sequence, ONE_SEQUENCE, ARRANGED),
    "write_steps": _of(_sequence, {"PUT": LEAD}, ARRANGED, STEPS),
    "switch_sequence": _of(_sequence, {"PUT": LEAD}, ARRANGED, {"on": True}),
    "retire_sequence": _of(_sequence, {"POST": LEAD}, ARRANGED),
    "list_enrolments": _list(crm.SELLERS, {"sequence": 1, "record": 1}),
    "enrol": _list(crm.SELLERS, {"sequence": 1, "record": 1}),
    "read_enrolment": _of(_enrolment, {"GET": crm.SEES}, 404),
    "list_trace": _of(_enrolment, {"GET": crm.SEES}, 404),
    "end_enrolment": _of(_enrolment, {"POST": crm.NORTH}, CHANGED),
    "list_sequence_starts": _list(crm.SELLERS, {"sequence": 1, "records": [1]}),
    "start_sequence": _list(crm.SELLERS, {"sequence": 1, "records": [1]}),
    "read_sequence_start": _of(_start, {"GET": {"priya"}}, 404),
    "undo_sequence_start": _of(_start, {"POST": {"priya"}}, 404),
    "list_mailings": _list(crm.SELLERS, {"of": "contact", "records": [1]}),
    "draft_mailing": _list(crm.SELLERS, {"of": "contact", "records": [1]}),
    "read_mailing": _of(_mailing, {"GET": {"priya"}}, 404),
    "preview_mailing": _of(_mailing, {"GET": {"priya"}}, 404),
    "send_mailing": _of(_mailing, {"POST": {"priya"}}, 404, {"template": 1}),
    "cancel_mailing": _of(_mailing, {"POST": {"priya"}}, 404),
    "list_web_forms": _list(LEAD, FORM | {"team": "north"}),
    "add_web_form": _list(LEAD, FORM | {"team": "north"}),
    "read_web_form": _of(_form_pk, ONE_FORM, ARRANGED, FORM),
    "change_web_form": _of(_form_pk, ONE_FORM, ARRANGED, FORM),
    "set_form_consent": _of(_form_pk, {"PUT": LEAD}, ARRANGED, AGREED),
    "close_web_form": _of(_form_pk, {"PUT": LEAD}, ARRANGED, {"is_closed": True}),
    "list_submissions": _list(set(), {}),
    "release_submission": _of(_submission, {"POST": crm.NORTH}, 404),
    "discard_submission": _of(_submission, {"POST": crm.NORTH}, 404),
    "read_own_hours": Url(allow=OWN_HOURS, data=lambda _world: WEEK, anonymous="token"),
    "set_own_hours": Url(allow=OWN_HOURS, data=lambda _world: WEEK, anonymous="token"),
    "read_team_hours": _of(lambda world: {"pk": world.north.pk}, TEAM_HOURS, NOT_THEIRS, WEEK),
    "set_team_hours": _of(lambda world: {"pk": world.north.pk}, TEAM_HOURS, NOT_THEIRS, WEEK),
    "close_goal": _of(_goal, {"POST": CHANGERS}, READERS, {"value": "3"}),
    "move_goal": _of(_goal, {"PUT": CHANGERS}, READERS),
    "list_card_links": _list(EVERYONE, LINK),
    "link_card": _list(EVERYONE, LINK),
    "unlink_card": _of(_link, {"POST": crm.SEES}, 404),
}
URLS = {f"api:v1:{name}": url for name, url in TABLE.items()}
