"""What the acts and the long work of this app are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "import_checked": _("Import checked"),
    "import_committed": _("File imported"),
    "import_discarded": _("Import discarded"),
    "import_layout_set": _("Layout of an import set"),
    "import_mapping_set": _("Columns of an import chosen"),
    "import_undone": _("Import undone"),
    "import_uploaded": _("File uploaded"),
}
WORK = {
    "import_check": _("Checking the file"),
    "import_commit": _("Importing"),
    "import_undo": _("Undoing the import"),
}
STEPS = {
    "reading": _("reading the file"),
    "comparing": _("comparing with what is known"),
    "changing": _("changing lines"),
    "writing": _("writing lines"),
    "asking": _("asking what stands on its lines"),
    "restoring": _("giving changed lines back what they said"),
    "removing": _("removing new lines"),
    "finishing": _("checking what the lines refer to"),
}
FAILURES = {
    "unexpected": _("Something unexpected happened. Nothing was imported; try again."),
    "changed_since_preview": _(
        "People, closed days or lines changed after the check. Nothing was imported; "
        "look at the new result and import again."
    ),
}

UNDO_FAILURES = {
    "unexpected": _("Something unexpected happened. The import stands as before; try again."),
}

# What webhooks can tell.
EVENTS = {
    "import.committed": _("An import written"),
    "import.undone": _("An import taken back"),
}
