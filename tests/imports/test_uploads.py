"""Ten gigabytes are refused before a byte is kept; a half-finished upload leaves nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from paceline.imports import actions
from paceline.imports.models import Import
from paceline.kernel.uploads import LOOK_EVERY_BYTES, UploadLimit, bytes_max
from tests.loops import in_loop
from tests.world import NOW, World, build_world

TEN_GIGABYTES = 10 * 1024**3


async def ask(scope: dict[str, Any], chunks: list[bytes]) -> tuple[list[bytes], int]:
    """What an application reads of a body behind the limit, and how often the server was asked."""
    read: list[bytes] = []
    asked = 0
    scopes: list[Any] = []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        scopes.append(_scope)
        if len(scopes) > 1:
            read.append(b"told")
            return
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                read.append(b"disconnected")
                return
            read.append(message["body"])
            if not message["more_body"]:
                return

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return {
            "type": "http.request",
            "body": chunks[asked - 1],
            "more_body": asked < len(chunks),
        }

    async def send(_message: Any) -> None:
        raise AssertionError("nothing is answered here")

    await UploadLimit(app)(scope, receive, send)
    return read, asked


def scope_of(length: int | None) -> dict[str, Any]:
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return {"type": "http", "headers": headers}


def test_an_announced_body_that_is_too_large_is_not_read() -> None:
    assert in_loop(ask(scope_of(TEN_GIGABYTES), [b"x"])) == ([b""], 0)


def test_a_refused_reader_does_not_seem_to_go_on_sending() -> None:
    """Django asks a second time whether the reader has left; another message was its error 500."""

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        await receive()
        leaving = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        assert not leaving.done()
        leaving.cancel()

    in_loop(UploadLimit(app)(scope_of(TEN_GIGABYTES), None, None))  # type: ignore[arg-type]


@override_settings(UPLOAD_BYTES_MAX=0)
def test_a_body_without_length_is_cut_when_it_grows_too_large() -> None:
    chunk = b"x" * 40_000
    read, asked = in_loop(ask(scope_of(None), [chunk, chunk, chunk]))
    assert (read, asked) == ([chunk, b"disconnected", b"told"], 2)


def test_other_bodies_pass() -> None:
    assert in_loop(ask(scope_of(2), [b"a", b"b"])) == ([b"a", b"b"], 2)


@pytest.mark.django_db
def test_the_refusal_is_told_in_the_readers_language(world: World, client_for) -> None:
    client = client_for(world.dana)
    answer = client.post(
        reverse("imports:new"), {"kind": "people"}, CONTENT_LENGTH=str(TEN_GIGABYTES)
    )
    assert answer.status_code == 413
    assert "The file is too large." in answer.content.decode()
    assert not Import.objects.exists()


@override_settings(UPLOAD_BYTES_MAX=0)
def test_who_announces_no_length_is_told_as_well() -> None:
    """Cut off, Django answers nothing at all; the server made an error 500 of it."""
    told: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 40_000, "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            told.append(message["status"])

    scope = {
        "type": "http", "method": "POST", "path": "/imports/new", "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"transfer-encoding", b"chunked")],
        "root_path": "", "scheme": "http", "http_version": "1.1", "server": ("testserver", 80),
    }  # fmt: skip

    async def application(scope: Any, receive: Any, send: Any) -> None:
        length = dict(scope["headers"]).get(b"content-length")
        if length is None:
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        assert int(length) > bytes_max()
        await send({"type": "http.response.start", "status": 413, "headers": []})

    in_loop(UploadLimit(application)(scope, receive, send))
    assert told == [413]


@pytest.mark.django_db
def test_the_page_knows_the_limit_before_anything_is_sent(world: World, client_for) -> None:
    page = client_for(world.dana).get(reverse("imports:new")).content.decode()
    assert 'data-bytes-max="2147483648"' in page
    assert "Files up to 2 GB are accepted." in page


@pytest.mark.django_db
def test_half_an_upload_leaves_nothing(world: World, client_for) -> None:
    body = (
        b'--cut\r\nContent-Disposition: form-data; name="kind"\r\n\r\norder_lines\r\n'
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        b"Order,Amount\r\nA,"
    )
    kind = "multipart/form-data; boundary=cut"
    answer = client_for(world.dana).post(reverse("imports:new"), body, content_type=kind)
    assert answer.status_code in {303, 400, 422}
    source = Import.objects.first()
    assert source is None or source.totals == {}


@pytest.mark.django_db
def test_a_name_from_outside_is_never_a_path(world: World, client_for, tmp_path: Path) -> None:

    source = actions.upload(
        kind="teams", content=b"code,name\na,A\n", name="../../etc/passwd", by=world.dana, at=NOW
    )
    assert source.name == "passwd"


@override_settings(UPLOAD_BYTES_MAX_SIGNED_OUT=0)
@pytest.mark.parametrize("is_announced", [True, False])
def test_only_who_is_signed_in_may_send_much(
    transactional_db: None, client_for: Any, *, is_announced: bool
) -> None:
    """Anybody at all could fill the disk: the server keeps a body before it knows who sends it."""
    chunk = b"x" * 40_000
    length = 3 * len(chunk) if is_announced else None
    stranger, liar, known = scope_of(length), scope_of(length), scope_of(length)
    name = settings.SESSION_COOKIE_NAME
    liar["headers"].append((b"cookie", f"{name}=abcdefghijklmnopqrstuvwxyz012345".encode()))
    key = client_for(build_world().dana).cookies[name].value
    known["headers"].append((b"cookie", f"a=b; {name}={key}".encode()))
    refused = ([b""], 0) if is_announced else ([chunk, b"disconnected", b"told"], 2)
    assert in_loop(ask(stranger, [chunk] * 3)) == refused
    assert in_loop(ask(liar, [chunk] * 3)) == refused
    assert in_loop(ask(known, [chunk] * 3)) == ([chunk] * 3, 3)


@pytest.mark.django_db
def test_who_is_not_signed_in_is_told_to(client: Client) -> None:
    answer = client.post(reverse("imports:new"), {"kind": "people"}, CONTENT_LENGTH=str(2**30))
    assert answer.status_code == 413
    assert "Sign in to send more than 32 MB." in answer.content.decode()


@override_settings(DISK_FREE_BYTES_MIN=10**18)
@pytest.mark.parametrize("is_announced", [True, False])
def test_nothing_is_read_for_which_the_disk_has_no_room(*, is_announced: bool) -> None:
    chunk = b"x" * LOOK_EVERY_BYTES
    small = b"x" * 40_000
    read, asked = in_loop(ask(scope_of(len(small)), [small]))
    assert (read, asked) == ([small], 1)
    with override_settings(UPLOAD_BYTES_MAX_SIGNED_OUT=2 * LOOK_EVERY_BYTES):
        length = 3_000_000 if is_announced else None
        told = in_loop(ask(scope_of(length), [chunk]))
    assert told == (([b""], 0) if is_announced else ([b"disconnected", b"told"], 1))


@override_settings(DISK_FREE_BYTES_MIN=10**18)
@pytest.mark.django_db
def test_the_reader_is_told_that_there_is_no_room(world: World, client_for: Any) -> None:
    answer = client_for(world.dana).post(
        reverse("imports:new"), {"kind": "people"}, CONTENT_LENGTH="3000000"
    )
    assert answer.status_code == 507
    assert "The server&#x27;s disk has no room for this file." in answer.content.decode()
    assert not Import.objects.exists()
