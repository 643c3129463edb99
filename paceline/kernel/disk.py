"""Room on the disk: what is large is refused before it fills the database's."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

from django.conf import settings


def has_room_for_upload(size: int) -> bool:
    """Whether a request's body of so many bytes fits: the server keeps it, Django keeps the file in
    it, and both go only after the file was stored.
    """
    return _has_room((_temporary(), 2 * size), (Path(settings.MEDIA_ROOT), size))


def has_room_for_copies(size: int) -> bool:
    """Whether so many bytes may be written to temporary files."""
    return _has_room((_temporary(), size))


def _temporary() -> Path:
    return Path(tempfile.gettempdir())


def _has_room(*needs: tuple[Path, int]) -> bool:
    """Whether every disk keeps ``DISK_FREE_BYTES_MIN`` after all of ``needs``: folder and bytes."""
    folders: dict[int, Path] = {}
    bytes_on: Counter[int] = Counter()
    for wanted, size in needs:
        folder = next(one for one in (wanted, *wanted.parents) if one.exists())
        disk = folder.stat().st_dev
        folders[disk] = folder
        bytes_on[disk] += size
    return all(
        shutil.disk_usage(folder).free - bytes_on[disk] >= settings.DISK_FREE_BYTES_MIN
        for disk, folder in folders.items()
    )
