"""What the server calls: the door, the page cache, the gate, then Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()

from pagecache.wsgi import PageCache  # noqa: E402
from server.door import Door  # noqa: E402
from server.gate import Gate  # noqa: E402

application = Door(PageCache(Gate(django_application)))
