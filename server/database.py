"""Connection options for processes that answer requests or run jobs."""

from django.conf import settings
from django.db import connection


def limit_statements() -> None:
    """Give this process pooled connections with time limits; call it before it connects.

    On PostgreSQL a request or a job that takes too long is ended. Commands such as `migrate` or `import` may take
    hours, so they have no such limit.
    """
    connection.settings_dict["OPTIONS"].update(settings.REQUEST_OPTIONS)
