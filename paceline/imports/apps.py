from __future__ import annotations

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "paceline.imports"
    label = "imports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Only now are the models loaded that these need.
        from paceline.imports import access, acts  # noqa: PLC0415
        from paceline.imports.company import register_kinds  # noqa: PLC0415
        from paceline.imports.wording import refusal  # noqa: PLC0415
        from paceline.kernel.acts import register  # noqa: PLC0415
        from paceline.live import topics, wording  # noqa: PLC0415
        from paceline.webhooks import kinds as events  # noqa: PLC0415

        register_kinds()
        register(acts.ACTS)
        events.register(acts.EVENTS)
        topics.register("import", access.may_follow_import)
        topics.register("imports", topics.is_whole_list)
        for kind, label in acts.WORK.items():
            wording.word_work(kind, label)
            wording.word_steps(kind, acts.STEPS)
            wording.word_failures(kind, acts.FAILURES)
        wording.word_failures("import_undo", acts.UNDO_FAILURES)
        wording.tell_failures("import_undo", refusal)
