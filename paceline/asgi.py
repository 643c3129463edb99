from __future__ import annotations

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paceline.settings")
gc.disable()  # until all is loaded
_django = get_asgi_application()

# Settings are read by now; before that nothing of ours may be imported.
from django.urls import get_resolver  # noqa: E402

from paceline.kernel.uploads import UploadLimit  # noqa: E402

application = UploadLimit(_django)

# The program itself, 400,000 objects, is never garbage: looking through it at each full collection
# would hold up whoever asks for a page just then by some 200 ms.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
gc.enable()
