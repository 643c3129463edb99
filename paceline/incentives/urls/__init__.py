from __future__ import annotations

from paceline.incentives.urls import pay, plans

app_name = "incentives"
urlpatterns = [*plans.urlpatterns, *pay.urlpatterns]
