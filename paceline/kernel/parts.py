"""Answers sent part by part, so that a million rows never stand in memory at once.

Under ASGI Django reads the whole of a synchronous iterator before it sends the first byte, and
warns of it. These answers hand over one part after the other: each is made in the request's own
thread, where its database connection lives, and the next only when the last is on its way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import FileResponse, StreamingHttpResponse

PART_BYTES = 64 * 1024


def gathered(pieces: Iterator[bytes]) -> bytes:
    """The next pieces, together at least ``PART_BYTES`` unless they end; empty at the end."""
    part = bytearray()
    for piece in pieces:
        part += piece
        if len(part) >= PART_BYTES:
            break
    return bytes(part)


class InParts(StreamingHttpResponse):
    """An answer made of a synchronous iterator."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = iter(self)
        while part := await sync_to_async(gathered)(pieces):
            yield part


class FileInParts(InParts, FileResponse):
    """The same for a file; it is closed with the answer."""
