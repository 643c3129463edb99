"""HTML from outside made harmless: nothing runs, nothing is fetched, nothing hides. Pure.

``nh3`` (ammonia) parses as a browser does and keeps only what is on the list. Pictures go: each
would tell its sender that the mail was opened, and from where.
"""

from __future__ import annotations

from html.parser import HTMLParser

import nh3

TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "li",
    "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead",
    "tr", "u", "ul",
}  # fmt: skip
BLOCKS = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "hr", "pre"}
GONE = {"script", "style", "head", "title", "template", "noscript"}


def clean(html: str) -> str:
    """Harmless HTML: no scripts, styles, forms, frames or pictures; links open by a click only and
    say nothing of where they were clicked."""
    if not html.strip():
        return ""
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=GONE,
        attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - given signature
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(" ".join(data.split()) and data.replace("\n", " "))


def to_text(html: str) -> str:
    """What a reader of plain text sees of HTML."""
    reader = _Text()
    reader.feed(clean(html))
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()
