from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.imports.views import imports as views

app_name = "imports"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.index, name="list"),
    path("new", views.create, name="new"),
    path("new/<slug:kind>/template", views.template, name="template"),
    path("<int:pk>", views.show, name="import"),
    path("<int:pk>/layout", views.layout, name="layout"),
    path("<int:pk>/mapping", views.mapping, name="mapping"),
    path("<int:pk>/commit", views.commit, name="commit"),
    path("<int:pk>/discard", views.discard, name="discard"),
    path("<int:pk>/undo", views.undo, name="undo"),
    path("<int:pk>/rejected", views.rejected, name="rejected"),
]
