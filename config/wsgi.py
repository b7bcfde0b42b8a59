"""What the server calls: the door, the page cache, the gate, then Django."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()

from pagecache.wsgi import PageCache  # noqa: E402
from server.http.concurrency import Gate  # noqa: E402
from server.http.gateway import Door  # noqa: E402

application = Door(PageCache(Gate(django_application)))

# Every module is read now, not at the first request; then the garbage collector never looks through them again.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
