"""What a page brings at its first load, compressed: its document and every file that it fetches."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from tests.world import World

pytestmark = pytest.mark.django_db

# Asked are 300 KB of any page; companies with more figures than these have longer documents.
PAGE_MAX, HOME_MAX = 275_000, 250_000
HEADERS = 700  # of an answer, about
_FILE = re.compile(r'(?:src|href|data-library)="/static/([^"]+\.(?:css|js|svg))"')
_PLACES = re.compile(r'<script id="islands" type="application/json">(.*?)</script>', re.DOTALL)
_IMPORT = re.compile(r'from "(\./[^"]+)"')


@cache
def compressed(path: str) -> int:
    """The size of a file as it is sent; to pack the drawing library takes a second."""
    return len(brotli.compress(Path(path).read_bytes())) + HEADERS


def fetched(html: str, *islands: str) -> dict[str, int]:
    """The files that a page fetches, and islands that it may come to hold: their compressed
    sizes."""
    places = _PLACES.search(html)
    assert places
    known: dict[str, str] = json.loads(places[1])
    held = {name for found in re.findall(r'data-island="([^"]+)"', html) for name in found.split()}
    waiting = [*_FILE.findall(html), *(known[name] for name in {*held, *islands} & known.keys())]
    sizes: dict[str, int] = {}
    while waiting:
        name = waiting.pop().removeprefix("/static/")
        if name in sizes:
            continue
        path = finders.find(name)
        assert path, name
        sizes[name] = compressed(path)
        if name.endswith(".js") and "/vendor/" not in f"/{name}":
            waiting += [urljoin(name, one) for one in _IMPORT.findall(Path(path).read_text())]
    return sizes


def weight(html: str, sizes: dict[str, int]) -> int:
    return len(gzip.compress(html.encode(), 6)) + HEADERS + sum(sizes.values())


def test_dashboards_are_light(sold: World, client_for) -> None:
    addresses = [reverse("insights:home"), reverse("insights:chart", args=["pace"])]
    addresses.append(f"{reverse('insights:explore')}?measure=net_sales&over=month&split=person")
    for name, person in sold.cast.items():
        client = client_for(person)
        for address in addresses:
            answer = client.get(address)
            if answer.status_code != 200:
                continue
            html = answer.content.decode()
            sizes = fetched(html)
            assert weight(html, sizes) <= PAGE_MAX, (name, address, sizes)


def test_the_drawing_library_is_fetched_with_a_chart_only(sold: World, client_for) -> None:
    client = client_for(sold.dana)
    drawn = fetched(client.get(reverse("insights:chart", args=["sales"])).content.decode())
    assert [name for name in drawn if "echarts" in name] == ["vendor/echarts/echarts.simple.min.js"]
    assert "web/islands/chart_reading.js" in drawn
    plain = fetched(client.get(reverse("insights:measures")).content.decode())
    assert not any("chart" in name for name in plain)


def test_the_home_page_is_light_with_a_chart_too(sold: World, client_for) -> None:
    client = client_for(sold.priya)
    html = client.get("/").content.decode()
    with_chart = client.get(reverse("insights:chart", args=["sales"])).content.decode()
    library = {name: size for name, size in fetched(with_chart).items() if "echarts" in name}
    assert library
    sizes = fetched(html, "chart") | library
    assert weight(html, sizes) <= HOME_MAX, sizes
