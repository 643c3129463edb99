from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.boards.views import boards, cards, intake, parts, projects, talk

app_name = "boards"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", boards.index, name="list_of_projects"),
    path("new", projects.create, name="new"),
    path("intakes/new", intake.create, name="intake_new"),
    path("intakes/<int:pk>", intake.show, name="intake"),
    path("<int:pk>", boards.board, name="board"),
    path("<int:pk>/cards", boards.add_cards, name="cards_new"),
    path("<int:pk>/edit", projects.change, name="edit"),
    path("<int:pk>/arrange", projects.arrange, name="arrange"),
    path("<int:pk>/members", projects.members, name="members"),
    path("<int:pk>/archive", projects.archive, name="archive"),
    path("<int:pk>/archived", projects.archived, name="archived"),
    path("<int:pk>/lists", projects.add_list, name="list_new"),
    path("lists/<int:pk>", projects.change_list, name="list_edit"),
    path("lists/<int:pk>/place", projects.place_list, name="list_place"),
    path("lists/<int:pk>/archive", projects.archive_list, name="list_archive"),
    path("cards/<int:pk>", cards.show, name="card"),
    path("cards/<int:pk>/edit", cards.change, name="card_edit"),
    path("cards/<int:pk>/move", boards.move, name="card_move"),
    path("cards/<int:pk>/done", cards.finish, name="card_done"),
    path("cards/<int:pk>/archive", cards.archive, name="card_archive"),
    path("cards/<int:pk>/labels", parts.labels, name="card_labels"),
    path("cards/<int:pk>/people", parts.people, name="card_people"),
    path("cards/<int:pk>/parts", parts.add_part, name="part_new"),
    path("cards/<int:pk>/checklists", parts.add_checklist, name="checklist_new"),
    path("cards/<int:pk>/dependencies", parts.add_dependency, name="dependency_new"),
    path("cards/<int:pk>/comments", talk.add_comment, name="comment_new"),
    path("cards/<int:pk>/files", talk.add_file, name="file_new"),
    path("cards/<int:pk>/links", talk.link, name="link_new"),
    path("cards/<int:pk>/times", talk.add_time, name="time_new"),
    path("checklists/<int:pk>", parts.checklist, name="checklist"),
    path("items/<int:pk>", parts.item, name="item"),
    path("dependencies/<int:pk>/remove", parts.remove_dependency, name="dependency_remove"),
    path("comments/<int:pk>", talk.comment, name="comment"),
    path("files/<int:pk>", talk.file, name="file"),
    path("files/<int:pk>/remove", talk.remove_file, name="file_remove"),
    path("links/<int:pk>/remove", talk.unlink, name="link_remove"),
    path("times/<int:pk>/remove", talk.remove_time, name="time_remove"),
    path("changes/<int:pk>/undo", cards.undo, name="undo"),
]
