"""The app of comments and discussions."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommentsConfig(AppConfig):
    name = "comments"
    verbose_name = _("Comments")

    def ready(self) -> None:
        from comments import indexing, metrics  # noqa: F401
        from comments.models import passage
        from comments.notifications import checks  # noqa: F401
        from search import sources

        sources.sources.append(indexing.source)
        sources.quotations.append(passage.find_quotations)
