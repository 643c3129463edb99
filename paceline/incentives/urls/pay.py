from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.incentives.views import (
    explanations,
    holds,
    payroll,
    periods,
    releases,
    runs,
    settlements,
    statements,
    threads,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("pay/", periods.index, name="periods"),
    path("pay/runs", runs.create, name="run-create"),
    path("pay/runs/<int:pk>/", runs.show, name="run"),
    path("pay/runs/<int:pk>/inputs", runs.inputs, name="run-inputs"),
    path("pay/runs/<int:pk>/finalisation", runs.finalise, name="run-finalise"),
    path("pay/runs/<int:pk>/releases", releases.create, name="release-create"),
    path("pay/runs/<int:pk>/settlement/", settlements.of_run, name="settlement"),
    path("pay/runs/<int:pk>/settlement/short/", settlements.in_short, name="settlement-short"),
    path("holds/", holds.index, name="holds"),
    path("holds/new", holds.create, name="hold-create"),
    path("holds/<int:pk>/", holds.show, name="hold"),
    path("holds/<int:pk>/release", holds.release, name="hold-release"),
    path("balances/", holds.balances, name="balances"),
    path("statements/", statements.index, name="statements"),
    path("statements/<int:pk>/", statements.show, name="statement"),
    path("statements/<int:pk>/traces", statements.traces, name="statement-traces"),
    path("statements/<int:pk>/pdf", statements.pdf, name="statement-pdf"),
    path("statements/<int:pk>/changes", explanations.changes, name="statement-changes"),
    path("statements/<int:pk>/what-if", explanations.what_if, name="statement-what-if"),
    path("statements/<int:pk>/release/withdrawal", releases.destroy, name="release-destroy"),
    path(
        "statements/<int:pk>/components/<int:component_pk>/tiers/<int:tier>/",
        statements.lines,
        name="statement-lines",
    ),
    path(
        "statements/<int:pk>/components/<int:component_pk>/questions",
        threads.create,
        name="thread-create",
    ),
    path("questions/", threads.index, name="threads"),
    path("questions/<int:pk>/", threads.show, name="thread"),
    path("questions/<int:pk>/comments", threads.comment, name="thread-comment"),
    path("questions/<int:pk>/resolution", threads.resolve, name="thread-resolve"),
    path("questions/<int:pk>/reopening", threads.reopen, name="thread-reopen"),
    path("payroll/", payroll.index, name="payroll"),
    path("payroll/periods/<str:key>/", payroll.preview, name="payroll-preview"),
    path("payroll/periods/<str:key>/exports", payroll.create, name="payroll-create"),
    path("payroll/<uuid:export_id>/", payroll.show, name="payroll-file"),
    path("payroll/<uuid:export_id>/<str:kind>", payroll.download, name="payroll-download"),
]
