"""The app of comments and discussions."""

from django.apps import AppConfig


class CommentsConfig(AppConfig):
    name = "comments"

    def ready(self) -> None:
        from comments import indexing
        from comments.notifications import checks  # noqa: F401
        from search import sources

        sources.sources.append(indexing.source)
