from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.goals import views

app_name = "goals"
urlpatterns: list[URLPattern | URLResolver] = [
    path("quotas", views.index, name="quotas"),
    path("quotas/new", views.create, name="quota_new"),
    path("quotas/<int:pk>", views.show, name="quota"),
]
