from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from paceline.crm.kinds import KindConverter
from paceline.crm.views import care, deals, lists, pipelines, process, records, timeline

register_converter(KindConverter, "crm_kind")

app_name = "crm"
urlpatterns: list[URLPattern | URLResolver] = [
    path("companies", lists.companies, name="companies"),
    path("companies/new", records.create, {"kind": "company"}, name="company_new"),
    path("companies/<int:pk>", records.company, name="company"),
    path("contacts", lists.contacts, name="contacts"),
    path("contacts/new", records.create, {"kind": "contact"}, name="contact_new"),
    path("contacts/<int:pk>", records.contact, name="contact"),
    path("contacts/<int:pk>/consents", care.consent, name="consent_new"),
    path("contacts/<int:pk>/erase", care.erase, name="contact_erase"),
    path("consents/<int:pk>/withdraw", care.withdraw, name="consent_withdraw"),
    path("leads", lists.leads, name="leads"),
    path("leads/new", records.create, {"kind": "lead"}, name="lead_new"),
    path("leads/<int:pk>", records.lead, name="lead"),
    path("leads/<int:pk>/status", care.status, name="lead_status"),
    path("leads/<int:pk>/convert", care.convert, name="lead_convert"),
    path("deals", lists.deals, name="deals"),
    path("deals/new", records.create, {"kind": "deal"}, name="deal_new"),
    path("deals/<int:pk>", records.deal, name="deal"),
    path("deals/<int:pk>/move", deals.move, name="deal_move"),
    path("deals/<int:pk>/lose", deals.lose, name="deal_lose"),
    path("deals/<int:pk>/lines", deals.lines, name="deal_lines"),
    path("deals/<int:pk>/shares", deals.shares, name="deal_shares"),
    path("deals/<int:pk>/step", deals.step, name="deal_step"),
    path("deals/<int:pk>/checklist", deals.tick, name="deal_checklist"),
    path("deals/<int:pk>/answers", deals.answers, name="deal_answers"),
    path("deals/<int:pk>/competitors", deals.competitors, name="deal_competitors"),
    path("deals/<int:pk>/orders", deals.link_order, name="deal_order"),
    path("board", deals.boards, name="boards"),
    path("board/<int:pk>", deals.board, name="board"),
    path("pipelines", pipelines.index, name="pipelines"),
    path("pipelines/<int:pk>", pipelines.show, name="pipeline"),
    path("pipelines/<int:pk>/process", process.show, name="process"),
    path("pipelines/<int:pk>/<slug:what>", pipelines.add, name="pipeline_add"),
    path("stages/<int:pk>", pipelines.stage, name="stage"),
    path("stages/<int:pk>/place", pipelines.place, name="stage_place"),
    path("stages/<int:pk>/retire", pipelines.retire, name="stage_retire"),
    path("orders/<int:pk>/unlink", deals.unlink_order, name="order_unlink"),
    path("deals/<int:pk>/credit", deals.credit, name="deal_credit"),
    path("tasks", lists.tasks, name="tasks"),
    path("suggest/<crm_kind:kind>", lists.suggest, name="suggest"),
    path("activities/<int:pk>/done", timeline.finish_task, name="task_done"),
    path("activities/<int:pk>/remove", timeline.remove_activity, name="activity_remove"),
    path("feedback/<int:pk>/settle", timeline.settle_feedback, name="feedback_settle"),
    path("files/<int:pk>", timeline.file, name="file"),
    path("<crm_kind:kind>/<int:pk>/edit", records.change, name="edit"),
    path("<crm_kind:kind>/<int:pk>/owner", care.owner, name="owner"),
    path("<crm_kind:kind>/<int:pk>/archive", care.put_away, name="archive"),
    path("<crm_kind:kind>/<int:pk>/activities", timeline.add_activity, name="activity_new"),
    path("<crm_kind:kind>/<int:pk>/feedback", timeline.add_feedback, name="feedback_new"),
    path("<crm_kind:kind>/<int:pk>/files", timeline.add_file, name="file_new"),
    path("<crm_kind:kind>/<int:pk>/tags", timeline.tags, name="tags"),
    path("<crm_kind:kind>/<int:pk>/follow", timeline.follow, name="follow"),
]
