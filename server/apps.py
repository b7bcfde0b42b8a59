"""The ground everything stands on: how the site is served, who may write, and what runs by itself."""

from django.apps import AppConfig


class ServerConfig(AppConfig):
    name = "server"

    def ready(self) -> None:
        from server import (
            checks,  # noqa: F401
            strangers,
        )

        strangers.have_words()
