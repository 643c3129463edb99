from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.insights.views import dashboards, explorer, measures, records, reviews

app_name = "insights"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", dashboards.home, name="home"),
    path("charts/<slug:key>", dashboards.chart, name="chart"),
    path("dashboards/new", dashboards.create, name="dashboard_new"),
    path("dashboards/<int:pk>", dashboards.show, name="dashboard"),
    path("dashboards/<int:pk>/tiles/<int:tile_pk>", dashboards.tile, name="tile"),
    path("dashboards/<int:pk>/edit", dashboards.change, name="dashboard_edit"),
    path("dashboards/<int:pk>/put-away", dashboards.put_away, name="dashboard_put_away"),
    path("dashboards/<int:pk>/take-over", dashboards.take_over, name="dashboard_take_over"),
    path("dashboards/<int:pk>/mail", dashboards.mail, name="dashboard_mail"),
    path("mailings/<int:pk>/stop", dashboards.stop_mail, name="mailing_stop"),
    path("explore", explorer.show, name="explore"),
    path("records", records.show, name="records"),
    path("questions/keep", explorer.keep, name="question_keep"),
    path("questions/<int:pk>", explorer.question, name="question"),
    path("questions/<int:pk>/take-over", explorer.take_over, name="question_take_over"),
    path("questions/<int:pk>/put-away", explorer.put_away, name="question_put_away"),
    path("reviews", reviews.index, name="reviews"),
    path("reviews/<int:team_id>/<str:week>", reviews.show, name="review"),
    path("reviews/<int:team_id>/<str:week>/beside", reviews.beside, name="review_beside"),
    path("reviews/<int:team_id>/<str:week>/write", reviews.write, name="review_write"),
    path("reviews/<int:team_id>/<str:week>/tasks", reviews.take_on, name="review_task"),
    path("reviews/entries/<int:pk>/take-back", reviews.take_back, name="entry_back"),
    path("notes/new", reviews.note, name="note_new"),
    path("notes/<int:pk>/take-back", reviews.note_back, name="note_back"),
    path("measures", measures.index, name="measures"),
    path("measures/currency", measures.currency, name="rule"),
]
