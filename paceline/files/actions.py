"""Keeping bytes: once for each content, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import transaction

from paceline.files import queries
from paceline.files.models import StoredFile
from paceline.org.models import Person

CHUNK_BYTES = 1 << 20
NAME_MAX = 200

Source = bytes | Path | IO[bytes]


class FileTooLarge(Exception):
    """The content has more bytes than the installation accepts. ``bytes_max`` says how many."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__(bytes_max)
        self.bytes_max = bytes_max


def store_file(
    source: Source, *, name: str, media_type: str, by: Person | None, at: datetime
) -> StoredFile:
    """Keep the bytes of ``source`` and return the file; the same bytes give the same file.

    The bytes are on the disk, under the name of their hash, before the row that speaks of them.
    ``name`` is only shown, never used as a path. Raises ``FileTooLarge`` and keeps nothing.
    No audit line: a file means something only to the action that stores it.
    """
    digest, size = _keep(source)
    stored, _ = StoredFile.objects.get_or_create(
        digest=digest,
        defaults={
            "size": size,
            "name": shown_name(name),
            "media_type": media_type[:100],
            "stored_by": by,
            "stored_at": at,
        },
    )
    if stored.removed_at is not None:
        stored.removed_at, stored.name = None, shown_name(name)
        stored.save(update_fields=["removed_at", "name"])
    return stored


@transaction.atomic
def remove_file(*, file: StoredFile, at: datetime) -> None:
    """Let the bytes go once this transaction is kept, and the name with them.

    Whether anything needs them is for the caller to know. No audit line: see ``store_file``.
    """
    StoredFile.objects.filter(pk=file.pk).update(removed_at=at, name="–")
    transaction.on_commit(partial(_unlink, file.digest))


def _unlink(digest: str) -> None:
    # Somebody may have brought the same bytes again meanwhile.
    if not StoredFile.objects.filter(digest=digest, removed_at=None).exists():
        queries.path_of_digest(digest).unlink(missing_ok=True)


def shown_name(name: str) -> str:
    """The last part of a file name, without control and direction characters, not too long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip()
    stem, dot, ending = plain.rpartition(".")
    if dot and stem and len(ending) <= 10:
        return f"{stem[: NAME_MAX - len(ending) - 1]}.{ending}"
    return plain[:NAME_MAX] or "file"


def _keep(source: Source) -> tuple[str, int]:
    incoming = Path(settings.MEDIA_ROOT) / "incoming"
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = incoming / secrets.token_hex(16)
    digest, size = hashlib.sha256(), 0
    try:
        with draft.open("xb") as out:
            draft.chmod(0o600)
            for chunk in _chunks(source):
                size += len(chunk)
                if size > settings.UPLOAD_BYTES_MAX:
                    raise FileTooLarge(settings.UPLOAD_BYTES_MAX)
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        place = queries.path_of_digest(digest.hexdigest())
        if not (place.exists() and place.stat().st_size == size):
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.replace(place)
            _sync_folder(place.parent)
    finally:
        draft.unlink(missing_ok=True)
    return digest.hexdigest(), size


def _chunks(source: Source) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
    elif isinstance(source, Path):
        with source.open("rb") as opened:
            yield from _chunks(opened)
    else:
        while chunk := source.read(CHUNK_BYTES):
            yield chunk


def _sync_folder(folder: Path) -> None:
    """A renamed file survives a crash only when its folder has reached the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
