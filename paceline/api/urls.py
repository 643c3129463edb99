from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.api import views
from paceline.api.mount import interface

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("reference", views.reference, name="reference"),
    path("v1/openapi.json", views.schema, name="schema"),
    path("v1/", interface().urls),
    # Whatever else is asked for there is answered as the interface answers.
    path("v1/<path:rest>", views.nothing, name="nothing"),
]
