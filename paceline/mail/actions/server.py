"""The mail server of the installation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from paceline.kernel import audit
from paceline.kernel.sealed import seal
from paceline.mail.models import MailServer
from paceline.mail.transport import PURPOSE
from paceline.org.models import Person

SECRETS = ("password", "box_password")


@transaction.atomic
def set_server(*, facts: Mapping[str, Any], by: Person | None, at: datetime) -> MailServer:
    """Say how mail goes out and where replies come in. An empty password keeps the one that is
    known; another mailbox is read from its beginning on."""
    known = MailServer.objects.select_for_update().filter(pk=1).first()
    server = known or MailServer(pk=1)
    box = (server.box_host, server.box_user, server.box_folder)
    for name, value in facts.items():
        if name not in SECRETS:
            setattr(server, name, value)
        elif value:
            setattr(server, name, seal(value, purpose=PURPOSE))
    if box != (server.box_host, server.box_user, server.box_folder):
        server.uid_validity = server.last_uid = 0
    server.problem = ""
    server.changed_by, server.changed_at = by, at
    server.save(force_insert=known is None)
    told = {name: value for name, value in facts.items() if name not in SECRETS}
    audit.record("mail_server_changed", subject=server, by=by, at=at, after=told)
    return server
