"""A browser without scripts: it reads pages, fills in their own forms and sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.http import HttpResponse
from django.test import Client

SENDS = {"submit", "image"}


@dataclass
class Form:
    """A form as the page shows it: where it goes, and what it carries when nothing is touched."""

    action: str
    method: str
    id: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str | None, value: str) -> None:
        if name:
            self.values.setdefault(name, []).append(value)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self._open: Form | None = None
        self._select: tuple[str | None, list[tuple[str, bool]]] | None = None
        self._area: tuple[str | None, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        elif tag == "form":
            self._open = Form(
                has.get("action", ""), has.get("method", "get").lower(), has.get("id", "")
            )
            self.forms.append(self._open)
        elif tag == "input":
            self._input(has)
        elif tag == "button" and self._open and has.get("type", "submit") in SENDS:
            self._open.buttons.append((has.get("name", ""), has.get("value", "")))
        elif tag == "select":
            self._select = (has.get("name"), [])
        elif tag == "option" and self._select:
            self._select[1].append((has.get("value", ""), "selected" in has))
        elif tag == "textarea":
            self._area = (has.get("name"), [])

    def _input(self, has: Mapping[str, str]) -> None:
        owner = self._open
        if "form" in has:
            owner = next((form for form in self.forms if form.id == has["form"]), None)
        if owner is None or has.get("type") in {"submit", "file", "button", "image"}:
            return
        is_box = has.get("type") in {"checkbox", "radio"}
        if is_box and "checked" not in has:
            return
        owner.add(has.get("name"), has.get("value", "on" if is_box else ""))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)
        if data.strip():
            self.texts.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select" and self._select:
            name, options = self._select
            chosen = [value for value, is_chosen in options if is_chosen] or [
                value for value, _ in options[:1]
            ]
            if self._open:
                for value in chosen:
                    self._open.add(name, value)
            self._select = None
        elif tag == "textarea" and self._area:
            if self._open:
                self._open.add(self._area[0], "".join(self._area[1]).removeprefix("\n"))
            self._area = None


class Browser:
    """One person at the product. ``see`` asserts what the page says."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.url = "/"
        self.status = 0
        self.html = ""
        self._page = _Reader()

    def go(self, url: str) -> Browser:
        return self._take(self.client.get(urljoin(self.url, url), follow=True), url)

    def follow(self, part: str) -> Browser:
        """Click the first link whose address contains ``part``."""
        for link in self._page.links:
            if part in link:
                return self.go(link)
        raise AssertionError(
            f"no link with {part!r} on {self.url}: {sorted(set(self._page.links))}"
        )

    def send(self, part: str, *, press: str = "", **changes: Any) -> Browser:
        """Send the form whose address contains ``part``, with some fields filled in.

        ``press`` names the button by its value. Names with ``__`` stand for ``-``.
        """
        form = self.form(part)
        values: dict[str, Any] = dict(form.values)
        for name, value in changes.items():
            values[name.replace("__", "-")] = value
        pressed = [
            button
            for button in form.buttons
            if button[0] and (button[1] == press or (not press and len(form.buttons) == 1))
        ]
        values.update(pressed)
        target = urljoin(self.url, form.action or self.url)
        ask = self.client.post if form.method == "post" else self.client.get
        self._take(ask(target, values, follow=True), target)
        assert self.status < 400, f"{target} answered {self.status} to {values}: {self.text}"
        return self

    def form(self, part: str) -> Form:
        for form in self._page.forms:
            if part in (form.action or self.url):
                return form
        known = [form.action for form in self._page.forms]
        raise AssertionError(f"no form to {part!r} on {self.url}: {known}")

    def see(self, *texts: str) -> Browser:
        said = self.text
        for text in texts:
            assert text in said, f"{text!r} is not on {self.url} ({self.status}): {said}"
        return self

    @property
    def text(self) -> str:
        """The page's words, without its shell's navigation."""
        return " ".join(" ".join(self._page.texts).split())

    def see_nothing_of(self, *texts: str) -> Browser:
        for text in texts:
            assert text not in self.html, f"{text!r} is on {self.url}"
        return self

    def _take(self, response: HttpResponse, url: str) -> Browser:
        chain = getattr(response, "redirect_chain", [])
        self.url = urljoin(self.url, chain[-1][0] if chain else url)
        self.status = response.status_code
        is_text = response["Content-Type"].startswith("text/html") if response.content else False
        self.html = response.content.decode() if is_text else ""
        self._page = _Reader()
        self._page.feed(self.html)
        return self
