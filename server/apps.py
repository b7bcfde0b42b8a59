"""The app that serves the site, checks the origin of requests and runs jobs."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps


class ServerConfig(AppConfig):
    name = "server"

    def ready(self) -> None:
        from server.doctor import system_checks  # noqa: F401
        from server.http import debug_errors

        debug_errors.install()
        if settings.SENTRY_DSN:
            from server import sentry

            sentry.start()


class AdminConfig(apps.AdminConfig):
    default = False
    default_site = "server.admin_site.AdminSite"
