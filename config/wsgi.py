"""The WSGI application: gateway, page cache, concurrency limiter, then Django."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()

from pagecache.wsgi import PageCache  # noqa: E402
from server.http.concurrency import ConcurrencyLimiter  # noqa: E402
from server.http.gateway import Gateway  # noqa: E402

application = Gateway(PageCache(ConcurrencyLimiter(django_application)))

# Import every module now, not at the first request, and exclude them all from garbage collection.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
