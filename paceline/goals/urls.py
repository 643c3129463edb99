from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.goals.views import figures, quotas

app_name = "goals"
urlpatterns: list[URLPattern | URLResolver] = [
    path("quotas", quotas.index, name="quotas"),
    path("quotas/new", quotas.create, name="quota_new"),
    path("quotas/<int:pk>", quotas.show, name="quota"),
    path("figures", figures.index, name="figures"),
    path("figures/enter", figures.enter, name="figures_enter"),
    path("figures/kinds", figures.kinds, name="figure_kinds"),
    path("figures/<int:pk>", figures.show, name="figure"),
]
