from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.insights.views import explorer, measures

app_name = "insights"
urlpatterns: list[URLPattern | URLResolver] = [
    path("explore", explorer.show, name="explore"),
    path("questions/keep", explorer.keep, name="question_keep"),
    path("questions/<int:pk>", explorer.question, name="question"),
    path("questions/<int:pk>/put-away", explorer.put_away, name="question_put_away"),
    path("measures", measures.index, name="measures"),
    path("measures/currency", measures.currency, name="rule"),
]
