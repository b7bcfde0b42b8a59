"""The app: what is answered."""

from django.apps import AppConfig


class CommentsConfig(AppConfig):
    name = "comments"

    def ready(self) -> None:
        from comments.notifications import checks  # noqa: F401
