"""The app of essays."""

from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "blog"

    def ready(self) -> None:
        from blog import indexing
        from search import sources

        sources.sources.append(indexing.source)
