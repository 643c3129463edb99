"""Answers that are sent part by part, as the server asks for them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

from paceline.kernel import sheets
from paceline.kernel.parts import PART_BYTES, FileInParts, InParts
from tests.loops import in_loop


def counted(lines: int, made: list[int]) -> Iterator[list[str]]:
    for number in range(lines):
        made.append(number)
        yield [f"{number:06d}", "x" * 92]


def test_rows_are_made_only_as_they_are_sent() -> None:
    made: list[int] = []
    answer = sheets.csv_response("lines", ["Number", "Text"], counted(10_000, made))

    async def first_part() -> bytes:
        async with aclosing(aiter(answer)) as parts:
            return await anext(parts)

    with warnings.catch_warnings(action="error"):
        part = in_loop(first_part())
    assert part.startswith("\ufeffNumber,Text\r\n000000,".encode())
    assert PART_BYTES <= len(part) < PART_BYTES + 200
    assert 600 < len(made) < 700, "about 64 KB of the million bytes"


def test_all_of_it_arrives_in_order() -> None:
    made: list[int] = []
    answer = sheets.csv_response("lines", ["Number", "Text"], counted(3_000, made))

    async def parts() -> list[bytes]:
        return [part async for part in answer]

    sent = in_loop(parts())
    assert len(sent) == 5
    numbers = [row[:6] for row in b"".join(sent).decode("utf-8-sig").splitlines()[1:]]
    assert numbers == [f"{number:06d}" for number in range(3_000)]


def test_an_empty_piece_is_not_the_end() -> None:
    async def parts() -> list[bytes]:
        return [part async for part in InParts([b"a", b"", b"b"])]

    assert in_loop(parts()) == [b"ab"]


def test_a_file_is_sent_whole(tmp_path: Any) -> None:
    path = tmp_path / "pay.bin"
    path.write_bytes(b"0123456789" * 20_000)
    file = path.open("rb")
    answer = FileInParts(file, as_attachment=True, filename="pay.bin")

    async def parts() -> list[bytes]:
        return [part async for part in answer]

    sent = in_loop(parts())
    assert b"".join(sent) == path.read_bytes()
    assert max(len(part) for part in sent) <= PART_BYTES + answer.block_size
