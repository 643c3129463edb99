"""Who may use the addresses of mail."""

from __future__ import annotations

from typing import Any

from paceline.crm import actions as crm
from paceline.files.actions import store_file
from paceline.mail import actions, queries
from paceline.mail.actions import Addressed, Words
from paceline.mail.models import MailFile
from tests.permission_table import EVERYONE, Url
from tests.world import NOW, World

NORTH = {"priya", "marco"}
SELLERS = NORTH | {"omar", "sofia"}
HIDDEN = {"*": 404, "priya": 403, "erik": 403}


def make_server(world: World, **facts: Any) -> Any:
    usual = {
        "site": "https://paceline.example.com", "host": "127.0.0.1", "port": 1, "security": "none",
        "from_address": "sales@ours.example", "reply_address": "reply@ours.example",
        "footer": "Ours, 1 Road", "per_hour": 3600,
    }  # fmt: skip
    return actions.set_server(facts=usual | facts, by=world.ada, at=NOW)


def make_contact(world: World, email: str = "ming@aurora.example", **facts: Any) -> Any:
    return crm.add_contact(
        team=world.north, facts={"name": "王小明", "languages": ["zh-Hant"], **facts},
        owner=world.priya, by=world.priya, at=NOW, points=[crm.Point("email", email)],
    )  # fmt: skip


def make_template(world: World) -> Any:
    texts = {
        "zh-Hant": {"subject": "{name}，新品", "body": "{name}您好\n\n見 https://shop.example"},
        "en": {"subject": "News", "body": "Hello {name}"},
    }
    return actions.add_template(
        team=world.north, name="News", is_offer=True, texts=texts, by=world.marco, at=NOW
    )


def make_mail(world: World) -> Any:
    make_server(world)
    contact = make_contact(world)
    return actions.write(
        addressed=Addressed.of(contact, "ming@aurora.example"), words=Words("Hi", "Hello"),
        by=world.priya, at=NOW,
    )  # fmt: skip


def _file(world: World) -> dict[str, Any]:
    mail = make_mail(world)
    stored = store_file(b"x", name="x", media_type="text/plain", by=None, at=NOW)
    made = MailFile.objects.create(mail=mail, file=stored, name="x.txt", size=1)
    return {"pk": made.pk}


def _written(world: World) -> dict[str, Any]:
    make_server(world)
    return {"kind": "contact", "pk": make_contact(world).pk}


def _mailing(world: World) -> dict[str, Any]:
    ids = [make_contact(world).pk]
    return {"pk": actions.draft_mailing(of="contact", ids=ids, by=world.priya, at=NOW).pk}


def _link(world: World) -> dict[str, Any]:
    mail = make_mail(world)
    return {"signed": queries.unsubscribe_url(queries.server(), mail.token).rpartition("/")[2]}


def _template(world: World) -> dict[str, Any]:
    return {"pk": make_template(world).pk}


URLS = {
    "mail:server": Url(allow={"GET": {"ada"}, "POST": {"ada"}}, data=lambda _world: {"host": ""}),
    "mail:server_trial": Url(allow={"POST": {"ada"}}),
    "mail:templates": Url(allow={"GET": SELLERS | {"erik"}}),
    "mail:template_new": Url(
        allow={"GET": {"marco", "sofia"}, "POST": {"marco", "sofia"}},
        data=lambda _world: {"name": ""},
    ),
    "mail:template": Url(
        args=_template, allow={"GET": {"marco"}, "POST": {"marco"}}, hidden=HIDDEN
    ),
    "mail:template_remove": Url(args=_template, allow={"POST": {"marco"}}, hidden=HIDDEN),
    "mail:write": Url(
        args=_written, allow={"GET": NORTH, "POST": NORTH}, hidden={"*": 404, "erik": 403}
    ),
    "mail:mail": Url(
        args=lambda world: {"pk": make_mail(world).pk}, allow={"GET": NORTH | {"erik"}}, hidden=404
    ),
    "mail:file": Url(args=_file, allow={"GET": NORTH | {"erik"}}, hidden=404),
    "mail:mailing": Url(args=_mailing, allow={"GET": {"priya"}, "POST": {"priya"}}, hidden=404),
    "mail:unsubscribe": Url(
        args=_link, allow={"GET": EVERYONE, "POST": EVERYONE}, anonymous="open"
    ),
}  # fmt: skip
