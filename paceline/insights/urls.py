from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.insights.views import dashboards, explorer, measures

app_name = "insights"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", dashboards.home, name="home"),
    path("charts/<slug:key>", dashboards.chart, name="chart"),
    path("dashboards/new", dashboards.create, name="dashboard_new"),
    path("dashboards/<int:pk>", dashboards.show, name="dashboard"),
    path("dashboards/<int:pk>/edit", dashboards.change, name="dashboard_edit"),
    path("dashboards/<int:pk>/put-away", dashboards.put_away, name="dashboard_put_away"),
    path("dashboards/<int:pk>/mail", dashboards.mail, name="dashboard_mail"),
    path("mailings/<int:pk>/stop", dashboards.stop_mail, name="mailing_stop"),
    path("explore", explorer.show, name="explore"),
    path("questions/keep", explorer.keep, name="question_keep"),
    path("questions/<int:pk>", explorer.question, name="question"),
    path("questions/<int:pk>/put-away", explorer.put_away, name="question_put_away"),
    path("measures", measures.index, name="measures"),
    path("measures/currency", measures.currency, name="rule"),
]
