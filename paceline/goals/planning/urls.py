from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.goals.planning.views import parts, plans, steps

app_name = "planning"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", plans.index, name="plans"),
    path("new", plans.create, name="new"),
    path("<int:pk>", plans.show, name="plan"),
    path("<int:pk>/versions/new", plans.redraw, name="version_new"),
    path("<int:pk>/people/<int:person_pk>", parts.part, name="part"),
    path("<int:pk>/people/<int:person_pk>/proposal", parts.propose, name="propose"),
    path("<int:pk>/people/<int:person_pk>/agreement", parts.agree, name="agree"),
    path("<int:pk>/questions", steps.ask, name="ask"),
    path("<int:pk>/agreement", steps.agree_rest, name="agree_rest"),
    path("<int:pk>/submission", steps.submit, name="submit"),
    path("<int:pk>/return", steps.give_back, name="return"),
    path("<int:pk>/approval", steps.approve, name="approve"),
]
