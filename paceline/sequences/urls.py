from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from paceline.sequences.views import enrolments, sequences

app_name = "sequences"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", sequences.index, name="list"),
    path("new", sequences.create, name="new"),
    path("<int:pk>", sequences.show, name="sequence"),
    path("<int:pk>/change", sequences.change, name="change"),
    path("<int:pk>/steps", sequences.steps, name="steps"),
    path("<int:pk>/switch", sequences.switch, name="switch"),
    path("<int:pk>/retire", sequences.retire, name="retire"),
    path("<int:pk>/customers", sequences.customers, name="customers"),
    path("starts/<int:pk>", enrolments.start, name="start"),
    path("starts/<int:pk>/undo", enrolments.undo, name="start_undo"),
    path("with/<int:pk>/stop", enrolments.stop, name="stop"),
    re_path(
        r"^begin/(?P<kind>company|contact|lead)/(?P<pk>[0-9]{1,18})$",
        enrolments.begin,
        name="begin",
    ),
]
