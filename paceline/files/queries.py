"""Where the bytes of a file are."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from paceline.files.models import StoredFile


class FileMissing(Exception):
    """The row is there and its bytes are not: a restore without its files, or a broken disk."""


def path_of(file: StoredFile) -> Path:
    """The file on the disk, to read; raises ``FileMissing``. Never hand it to anyone to write."""
    path = path_of_digest(file.digest)
    if not path.is_file():
        raise FileMissing(file)
    return path


def open_file(file: StoredFile) -> IO[bytes]:
    return path_of(file).open("rb")


def damaged_files() -> Iterator[StoredFile]:
    """Files whose bytes are gone or are no longer those whose hash was kept. Reads all of them."""
    for file in StoredFile.objects.filter(removed_at=None).order_by("pk").iterator():
        try:
            with path_of(file).open("rb") as content:
                is_whole = hashlib.file_digest(content, "sha256").hexdigest() == file.digest
        except FileMissing:
            is_whole = False
        if not is_whole:
            yield file


def is_held(file: StoredFile, but: tuple[Any, Collection[int]] | None = None) -> bool:
    """Whether a row of any app speaks of this file; ``but`` leaves out some rows of one model."""
    for relation in StoredFile._meta.get_fields(include_hidden=True):
        field: Any = getattr(relation, "field", None)
        if not relation.auto_created or field is None:
            continue
        model: Any = relation.related_model
        rows = model._base_manager.filter(**{field.name: file})
        if but is not None and model is but[0]:
            rows = rows.exclude(pk__in=but[1])
        if rows.exists():
            return True
    return False


def path_of_digest(digest: str) -> Path:
    """Where the content with this SHA-256 (64 hex digits) lies below ``MEDIA_ROOT``."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("not a SHA-256 in hex")
    return Path(settings.MEDIA_ROOT) / "content" / digest[:2] / digest
