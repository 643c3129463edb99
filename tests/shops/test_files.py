"""Files that shops leave in a folder or on an SFTP server: taken once, whole, or not at all."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest
from django.test import Client
from django.urls import reverse

from paceline.imports.models import Import, ImportState
from paceline.orders.models import OrderLine
from paceline.orders.shops import actions
from paceline.orders.shops.actions import NewShop
from paceline.orders.shops.models import Shop, ShopFile, ShopKind
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
HEADER = "Order,Line,Order date,Payee,Amount,Currency,Sales system\n"
MINUTE = timedelta(minutes=1)


def line(world: World, order: str, amount: str = "10.00") -> str:
    return f"{order},1,2026-07-01,{world.priya.number},{amount},USD,tea\n"


@pytest.fixture
def folder(tmp_path: Path, settings: object) -> Path:
    settings.SHOP_FOLDERS = [str(tmp_path / "allowed")]  # type: ignore[attr-defined]
    found = tmp_path / "allowed" / "tea"
    found.mkdir(parents=True)
    return found


def a_shop(world: World, folder: Path | str, **options: object) -> Shop:
    new = NewShop(
        ShopKind.FILES, "Tea", "tea", "USD", "Asia/Taipei",
        options={"import_kind": "order_lines", "path": str(folder), "pattern": "*.csv", **options},
    )  # fmt: skip
    return actions.add_shop(new=new, by=world.dana, at=NOW)[0]


def leave(path: Path, text: str, second: int = 1_780_000_000) -> None:
    path.write_text(text)
    os.utime(path, (second, second))


def numbers() -> list[str]:
    return sorted(OrderLine.objects.values_list("order_number", flat=True))


def test_a_file_is_taken_once_when_it_is_whole(world: World, folder: Path) -> None:
    shop = a_shop(world, folder)
    leave(folder / "a.csv", HEADER + line(world, "A1"))
    leave(folder / "b.csv.part", HEADER + line(world, "B1"))
    leave(folder / ".hidden.csv", HEADER + line(world, "H1"))
    leave(folder / "notes.txt", "no")
    (folder / "link.csv").symlink_to(folder / "notes.txt")
    first = actions.look_for_files(shop=shop, at=NOW)
    assert (first.failure, first.orders, numbers()) == ("", 0, [])
    # Still being written: it grew since.
    leave(folder / "a.csv", HEADER + line(world, "A1") + line(world, "A2"))
    actions.look_for_files(shop=shop, at=NOW + MINUTE)
    assert numbers() == []
    actions.look_for_files(shop=shop, at=NOW + MINUTE + MINUTE / 2)
    assert numbers() == []
    taken = actions.look_for_files(shop=shop, at=NOW + 2 * MINUTE)
    assert (taken.missed, numbers()) == (1, ["A1", "A2"])
    source = Import.objects.get()
    assert (source.state, source.uploaded_by, source.name) == (
        ImportState.COMMITTED, world.dana, "a.csv",
    )  # fmt: skip
    # The same content under another name is known; a changed file is another one.
    leave(folder / "copy.csv", (folder / "a.csv").read_text())
    for minutes in (3, 4, 5):
        actions.look_for_files(shop=shop, at=NOW + minutes * MINUTE)
    assert Import.objects.count() == 1
    assert ShopFile.objects.get(name="copy.csv").code == "known"
    leave(folder / "a.csv", HEADER + line(world, "A1", "12.00"), second=1_780_000_500)
    for minutes in (6, 7):
        actions.look_for_files(shop=shop, at=NOW + minutes * MINUTE)
    assert OrderLine.objects.get(order_number="A1").amount == 12
    assert (Import.objects.count(), numbers()) == (2, ["A1", "A2"])


def test_a_file_with_a_bad_line_waits_whole_among_the_imports(
    world: World, folder: Path, client_for: Callable[..., Client]
) -> None:
    shop = a_shop(world, folder)
    leave(folder / "a.csv", HEADER + line(world, "A1") + line(world, "A2", "much"))
    leave(folder / "b.csv", "\x00\x01\x02")
    for minutes in range(4):
        actions.look_for_files(shop=shop, at=NOW + minutes * MINUTE)
    assert numbers() == []
    files = {one.name: one for one in ShopFile.objects.all()}
    assert {one.code for one in files.values()} == {"rejected"}
    assert files["a.csv"].source.state == ImportState.CHECKED
    assert files["a.csv"].source.totals["rejected"] == 1
    assert Import.objects.count() == 2
    page = client_for(world.dana).get(reverse("shops:shop", args=[shop.pk])).content.decode()
    assert reverse("imports:import", args=[files["a.csv"].source_id]) in page


@pytest.mark.parametrize(
    ("path", "code"),
    [("..", "folder_not_allowed"), ("/etc", "folder_not_allowed"), ("none", "folder_missing")],
)
def test_other_folders_are_not_read(world: World, folder: Path, path: str, code: str) -> None:
    shop = a_shop(world, folder.parent / path if path != ".." else folder.parent.parent)
    look = actions.look_for_files(shop=shop, at=NOW)
    assert look.failure == code


class _Users(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("tea", "right")


@contextmanager
def sftp(root: Path) -> Iterator[tuple[int, str]]:
    """An SFTP server on loopback that shows ``root``; its port and public key."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    started = threading.Event()
    port: list[int] = []

    def shown(channel: asyncssh.SSHServerChannel) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(root).encode())

    async def start() -> None:
        server = await asyncssh.listen(
            "127.0.0.1", 0, server_factory=_Users, server_host_keys=[key], sftp_factory=shown
        )
        port.append(server.sockets[0].getsockname()[1])
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(60)
    try:
        yield port[0], key.export_public_key().decode().strip()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_files_come_by_sftp_from_the_server_that_was_meant(world: World, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "out").mkdir(parents=True)
    leave(root / "out" / "a.csv", HEADER + line(world, "S1"))
    with sftp(root) as (port, host_key):
        shop = a_shop(world, "/out", host="127.0.0.1", port=port, user="tea", host_key=host_key)
        given = {"shop": shop, "by": world.dana, "at": NOW}
        actions.set_access(access={"password": "wrong"}, **given)
        assert actions.look_for_files(shop=shop, at=NOW).failure == "access_refused"
        actions.set_access(access={"password": "right"}, **given)
        for minutes in (0, 1):
            look = actions.look_for_files(shop=shop, at=NOW + minutes * MINUTE)
            assert look.failure == ""
        assert numbers() == ["S1"]
        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
        shop.options = {**shop.options, "host_key": other}
        assert actions.look_for_files(shop=shop, at=NOW).failure == "host_key"
        shop.options = {**shop.options, "host_key": host_key, "path": "/nowhere"}
        assert actions.look_for_files(shop=shop, at=NOW).failure == "folder_missing"
    assert actions.look_for_files(shop=shop, at=NOW).failure == "unreachable"


def test_a_shop_of_files_is_set_up_by_its_form(
    world: World, folder: Path, client_for: Callable[..., Client]
) -> None:
    dana = client_for(world.dana)
    address = f"{reverse('shops:new')}?kind=files"
    form = {
        "name": "Tea", "source": "tea", "currency": "USD", "time_zone": "Asia/Taipei", "team": "",
        "import_kind": "order_lines", "path": str(folder), "pattern": "*.csv", "port": "22",
    }  # fmt: skip
    refused = [
        {"path": "/etc"},
        {"host": "sftp.example.com"},
        {"host": "sftp.example.com", "user": "u", "password": "p", "host_key": "ssh-rsa nonsense"},
        {"import_kind": "people"},
        {"currency": "XXQ"},
    ]
    for change in refused:
        assert dana.post(address, {**form, **change}).status_code == 422, change
    assert not Shop.objects.exists()
    assert dana.post(address, form).status_code == 303
    assert Shop.objects.get().options == {
        "import_kind": "order_lines", "path": str(folder), "pattern": "*.csv",
    }  # fmt: skip
    # Files bring order lines: who may not import them sets no such shop up.
    assert client_for(world.ada).get(address).status_code == 403


def test_a_server_of_files_gets_a_new_key_or_password(
    world: World, folder: Path, client_for: Callable[..., Client]
) -> None:
    dana = client_for(world.dana)
    shop = a_shop(world, "/out", host="sftp.example.com", user="tea", host_key="-")
    address = reverse("shops:access", args=[shop.pk])
    key = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    page = dana.get(address).content.decode()
    assert "private_key" in page
    assert "every night" not in page
    for wrong in ({}, {"private_key": "rubbish"}, {"password": " "}):
        assert dana.post(address, wrong).status_code == 422, wrong
    assert actions.access_to(shop) == {}
    assert dana.post(address, {"private_key": key}).status_code == 303
    assert actions.access_to(shop) == {"private_key": key.strip()}
    assert dana.post(address, {"password": "new"}).status_code == 303
    assert actions.access_to(shop) == {"password": "new"}
    # A folder of this machine has nothing that opens it.
    near = actions.add_shop(
        new=NewShop(
            ShopKind.FILES, "Near", "near", "USD", "Asia/Taipei",
            options={"import_kind": "order_lines", "path": str(folder), "pattern": "*.csv"},
        ),
        by=world.dana, at=NOW,
    )[0]  # fmt: skip
    assert dana.get(reverse("shops:access", args=[near.pk])).status_code == 404
