"""Texts are packed for whoever can unpack them; files and what is sent part by part are not."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from whitenoise.compress import Compressor

from paceline.kernel.middleware import Packed

TEXT = "every order line and its clause, " * 100
GIVEN = {"HTTP_ACCEPT_ENCODING": "gzip, deflate, br"}


def answered(make: Callable[[], HttpResponseBase], **given: str) -> Any:
    return Packed(lambda _request: make())(RequestFactory().get("/", **given))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "text/csv"])
def test_a_text_is_packed(kind: str) -> None:
    answer = answered(lambda: HttpResponse(TEXT, content_type=kind), **GIVEN)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert len(answer.content) < len(TEXT) / 5
    assert gzip.decompress(answer.content).decode() == TEXT


@pytest.mark.parametrize(
    ("make", "given"),
    [
        (lambda: HttpResponse(TEXT), {}),
        (lambda: HttpResponse(TEXT, content_type="application/pdf"), GIVEN),
        (lambda: StreamingHttpResponse(iter([TEXT]), content_type="text/event-stream"), GIVEN),
        (lambda: HttpResponse("short"), GIVEN),
    ],
    ids=["not asked for", "a file", "live events", "short"],
)
def test_the_rest_is_not(make: Callable[[], HttpResponseBase], given: dict[str, str]) -> None:
    answer = answered(make, **given)
    assert "Content-Encoding" not in answer.headers


def test_what_is_gathered_for_browsers_is_packed_twice_over(tmp_path: Path, settings: Any) -> None:
    """For those that take Brotli, and for those that take gzip."""
    sheet = tmp_path / "a.css"
    sheet.write_text(TEXT)
    packer = Compressor(extensions=settings.WHITENOISE_SKIP_COMPRESS_EXTENSIONS, quiet=True)
    assert packer.should_compress("a.css")
    assert not packer.should_compress("a.css.map")
    packer.compress(str(sheet))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.css", "a.css.br", "a.css.gz"]
