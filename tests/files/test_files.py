"""Bytes are kept once, whole or not at all, and never under a name that somebody chose."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from paceline.files import actions, queries
from paceline.files.models import StoredFile
from paceline.kernel.downloads import attachment

AT = datetime(2026, 7, 15, 8, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: object, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    return tmp_path / "media"


def keep(source: actions.Source, name: str = "lines.csv") -> StoredFile:
    return actions.store_file(source, name=name, media_type="text/csv", by=None, at=AT)


def all_files(media: Path) -> list[Path]:
    return sorted(path for path in media.rglob("*") if path.is_file())


def test_the_same_bytes_are_kept_once(media: Path, tmp_path: Path) -> None:
    content = b"order,amount\r\n1,2.00\r\n"
    from_disk = tmp_path / "somewhere.csv"
    from_disk.write_bytes(content)
    first = keep(content)
    assert keep(io.BytesIO(content), name="other.csv") == first
    assert keep(from_disk) == first
    assert first.digest == hashlib.sha256(content).hexdigest()
    assert first.size == len(content)
    assert all_files(media) == [queries.path_of(first)]
    with queries.open_file(first) as opened:
        assert opened.read() == content


def test_a_file_that_is_too_large_leaves_nothing(media: Path, settings: object) -> None:
    settings.UPLOAD_BYTES_MAX = 10  # type: ignore[attr-defined]
    with pytest.raises(actions.FileTooLarge) as refused:
        keep(b"eleven bytes")
    assert refused.value.bytes_max == 10
    assert all_files(media) == []
    assert not StoredFile.objects.exists()


def test_a_stream_that_breaks_off_leaves_nothing(media: Path) -> None:
    class Broken(io.RawIOBase):
        def __init__(self) -> None:
            self.parts = [b"half of it"]

        def read(self, size: int = -1) -> bytes:
            if not self.parts:
                raise ConnectionError("the browser went away")
            return self.parts.pop()

    with pytest.raises(ConnectionError):
        keep(Broken())  # type: ignore[arg-type]
    assert all_files(media) == []
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Lin\\訂單.csv", "訂單.csv"),
        ("invoice\u202egpj.exe\x00", "invoicegpj.exe"),
        ("", "file"),
        ("/", "file"),
        ("長" * 300 + ".xlsx", "長" * 195 + ".xlsx"),
    ],
)
def test_names_are_only_shown(media: Path, given: str, shown: str) -> None:
    stored = keep(given.encode() or b"-", name=given)
    assert stored.name == shown
    assert queries.path_of(stored).name == stored.digest
    assert media in queries.path_of(stored).parents


def test_a_row_without_its_bytes_says_so(media: Path) -> None:
    stored = keep(b"here for a moment")
    queries.path_of(stored).unlink()
    with pytest.raises(queries.FileMissing):
        queries.path_of(stored)
    assert keep(b"here for a moment") == stored, "storing again mends it"
    assert queries.path_of(stored).read_bytes() == b"here for a moment"


@pytest.mark.parametrize("digest", ["", "../../etc", "g" * 64, "A" * 64])
def test_only_a_hash_leads_to_a_path(digest: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        queries.path_of_digest(digest)


def test_a_download_is_saved_and_never_run(media: Path) -> None:
    stored = keep(b"<script>alert(1)</script>", name="evil.html")
    response = attachment(queries.path_of(stored), name=stored.name, media_type="text/html")
    assert response["Content-Disposition"] == 'attachment; filename="evil.html"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "private, no-store"
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[arg-type]


def test_a_restore_without_its_files_is_noticed() -> None:
    whole, changed, gone = keep(b"one"), keep(b"two"), keep(b"three")
    call_command("check_files", stdout=io.StringIO())
    queries.path_of(changed).chmod(0o600)
    queries.path_of(changed).write_bytes(b"other")
    queries.path_of(gone).unlink()
    assert list(queries.damaged_files()) == [changed, gone]
    told = io.StringIO()
    with pytest.raises(CommandError, match="2 of 3"):
        call_command("check_files", stderr=told)
    assert changed.digest in told.getvalue()
    assert whole.digest not in told.getvalue()
