from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paceline.settings")
_django = get_asgi_application()

# Settings are read by now; before that nothing of ours may be imported.
from paceline.kernel.uploads import UploadLimit  # noqa: E402

application = UploadLimit(_django)
