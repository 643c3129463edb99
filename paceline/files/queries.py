"""Where the bytes of a file are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

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
    for file in StoredFile.objects.order_by("pk").iterator():
        try:
            with path_of(file).open("rb") as content:
                is_whole = hashlib.file_digest(content, "sha256").hexdigest() == file.digest
        except FileMissing:
            is_whole = False
        if not is_whole:
            yield file


def path_of_digest(digest: str) -> Path:
    """Where the content with this SHA-256 (64 hex digits) lies below ``MEDIA_ROOT``."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("not a SHA-256 in hex")
    return Path(settings.MEDIA_ROOT) / "content" / digest[:2] / digest
