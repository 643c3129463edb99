from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.incentives.views.plans import (
    assignments,
    decisions,
    drafts,
    editor,
    findings,
    pages,
    ready,
)

VERSION = "plans/<slug:code>/versions/<int:number>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("plans/", pages.index, name="plans"),
    path("plans/new", ready.index, name="plan-new"),
    path("plans/new/<slug:key>", ready.begin, name="plan-begin"),
    path("plans/<slug:code>/", pages.show, name="plan"),
    path("plans/<slug:code>/versions", drafts.create, name="plan-version-create"),
    path("plans/<slug:code>/assignments", assignments.index, name="plan-assignments"),
    path(
        "plans/<slug:code>/assignments/<int:pk>/end",
        assignments.end,
        name="plan-assignment-end",
    ),
    path(
        "plans/<slug:code>/assignments/<int:pk>/removal",
        assignments.remove,
        name="plan-assignment-remove",
    ),
    path(VERSION, pages.version, name="plan-version"),
    path(f"{VERSION}source", pages.source, name="plan-source"),
    path(f"{VERSION}draft", editor.edit, name="plan-draft"),
    path(f"{VERSION}draft/preview", editor.preview, name="plan-draft-preview"),
    path(f"{VERSION}draft/removal", drafts.discard, name="plan-draft-discard"),
    path(f"{VERSION}findings/<slug:key>/acceptance", findings.accept, name="plan-finding-accept"),
    path(
        f"{VERSION}findings/<slug:key>/acceptance/removal",
        findings.reopen,
        name="plan-finding-reopen",
    ),
    path(f"{VERSION}findings/<slug:key>/mend", findings.mend, name="plan-finding-mend"),
    path(f"{VERSION}submission", decisions.submit, name="plan-submit"),
    path(f"{VERSION}submission/withdrawal", decisions.withdraw, name="plan-withdraw"),
    path(f"{VERSION}approval", decisions.approve, name="plan-approve"),
    path(f"{VERSION}return", decisions.send_back, name="plan-return"),
]
