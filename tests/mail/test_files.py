"""Files of incoming mail: kept within limits, refused by kind, shown, and forgotten."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest
from django.utils import timezone

from paceline.crm.actions import erase_contact
from paceline.files.models import StoredFile
from paceline.files.queries import path_of_digest
from paceline.mail import actions, enclosed, parsing, queries
from paceline.mail.models import Mail, MailFile
from tests.api.calling import program_for
from tests.mail.permissions import make_contact, make_server
from tests.world import World

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 offer"


def with_files(*files: tuple[str, bytes]) -> bytes:
    made = EmailMessage()
    made["From"], made["To"] = "Ming <ming@aurora.example>", "sales@ours.example"
    made["Subject"], made["Message-ID"] = "Our order", "<one@aurora.example>"
    made.set_content("See the files.")
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def take(content: bytes) -> str:
    server = queries.server()
    assert server is not None
    return actions.take_message(raw=content, server=server, at=timezone.now())


def test_files_are_kept_shown_and_forgotten(
    world: World, client_for: Any, django_capture_on_commit_callbacks: Any
) -> None:
    make_server(world)
    contact = make_contact(world)
    files = (
        ("offer.pdf", PDF), ("報價單.xlsx", b"PK"), ("invoice.pdf.exe", b"x"),
        ("holiday.jpg", b"MZ\x90"), ("../../etc/passwd", b"root"),
    )  # fmt: skip
    assert take(with_files(*files)) == "mail"
    mail = Mail.objects.get()
    kept = {
        one.name: (one.refused, one.file is not None) for one in MailFile.objects.filter(mail=mail)
    }
    assert kept == {
        "offer.pdf": ("", True), "報價單.xlsx": ("", True), "invoice.pdf.exe": ("type", False),
        "holiday.jpg": ("type", False), "passwd": ("", True),
    }  # fmt: skip
    page = client_for(world.priya).get(f"/mail/{mail.pk}").content.decode()
    offer = MailFile.objects.get(name="offer.pdf")
    assert f'href="/mail/files/{offer.pk}"' in page
    assert "files of this kind can do harm" in page
    answer = client_for(world.priya).get(f"/mail/files/{offer.pk}")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="offer.pdf"'
    assert answer["Content-Type"] == "application/octet-stream"
    exe = MailFile.objects.get(name="invoice.pdf.exe")
    assert client_for(world.priya).get(f"/mail/files/{exe.pk}").status_code == 404
    for person in (world.omar, world.dana, world.ada):
        assert client_for(person).get(f"/mail/files/{offer.pk}").status_code == 404
    (told,) = program_for(world.priya).rows("/mails")
    assert [one["name"] for one in told["files"]] == list(kept)
    digest = StoredFile.objects.get(pk=offer.file_id).digest
    assert path_of_digest(digest).exists()
    with django_capture_on_commit_callbacks(execute=True):
        erased = erase_contact(contact=contact, reason="asked", by=world.marco, at=world.now)
    assert erased.removed["mail_files"] == 5
    assert not MailFile.objects.exists()
    assert not path_of_digest(digest).exists()


def test_there_are_limits() -> None:
    def why(name: str, content: bytes = b"x") -> str:
        (found,) = enclosed.judge([parsing.Enclosed(name, "", content)])
        return found.why

    assert why("report.docx") == ""
    refused = ("a.exe", "a.EXE", "a.pdf.scr", "a.js ", "a.xlsm", "a.iso", "a.e\u200bxe", "run.sh")
    assert [name for name in refused if why(name) != "type"] == []
    assert why("page", b"#!/bin/sh") == "type"
    assert why("film.mp4", bytes(enclosed.BYTES_MAX + 1)) == "size"
    many = [parsing.Enclosed(f"{n}.txt", "", b"x") for n in range(enclosed.FILES_MAX + 1)]
    assert [one.why for one in enclosed.judge(many)][-2:] == ["", "count"]
    # A mail within a mail is one file, and a picture within the words is a file as well.
    inner = EmailMessage()
    inner.set_content("inside")
    outer = EmailMessage()
    outer.set_content("outside")
    outer.add_attachment(inner)
    found = parsing.read(outer.as_bytes())
    assert ([one.name for one in found.files], found.text) == (["message.eml"], "outside")
