from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.goals.views import (
    alignment,
    check_ins,
    figures,
    goal_page,
    goals,
    periods,
    quotas,
    strategy,
    tree,
)

app_name = "goals"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", tree.tree, name="tree"),
    path("list", goals.index, name="goals"),
    path("mine", goals.mine, name="mine"),
    path("alignment", alignment.show, name="alignment"),
    path("new", goals.create, name="goal_new"),
    path("<int:pk>", goal_page.show, name="goal"),
    path("<int:pk>/behind", goal_page.behind, name="behind"),
    path("<int:pk>/below", tree.below, name="below"),
    path("<int:pk>/move", tree.move, name="move"),
    path("<int:pk>/edit", goals.change, name="goal_edit"),
    path("<int:pk>/agree", goals.agree, name="agree"),
    path("<int:pk>/comments", goals.comment, name="comment"),
    path("<int:pk>/check-in", check_ins.check_in, name="check_in"),
    path("<int:pk>/close", check_ins.close, name="close"),
    path("periods", periods.index, name="periods"),
    path("periods/new", periods.create, name="period_new"),
    path("periods/<int:pk>", periods.change, name="period"),
    path("strategy", strategy.index, name="strategies"),
    path("strategy/new", strategy.create, name="strategy_new"),
    path("strategy/<int:pk>", strategy.show, name="strategy"),
    path("strategy/<int:pk>/edit", strategy.write, name="strategy_edit"),
    path("strategy/<int:pk>/comments", strategy.comment, name="strategy_comment"),
    path("strategy/<int:pk>/archive", strategy.archive, name="strategy_archive"),
    path("quotas", quotas.index, name="quotas"),
    path("quotas/new", quotas.create, name="quota_new"),
    path("quotas/<int:pk>", quotas.show, name="quota"),
    path("figures", figures.index, name="figures"),
    path("figures/enter", figures.enter, name="figures_enter"),
    path("figures/kinds", figures.kinds, name="figure_kinds"),
    path("figures/<int:pk>", figures.show, name="figure"),
]
