"""The newest comments as feeds: everywhere, or under one essay. Approved ones alone."""

from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

import pagecache
from blog.feeds import FullTextRss, ours
from blog.middleware import site_of
from blog.models import Essay
from comments.models import Comment, CommentQuerySet

NEWEST = 10


class CommentsFeed(Feed[Comment, Any]):
    feed_type = FullTextRss

    def __init__(self, request: HttpRequest) -> None:
        self.site, self.path = site_of(request), request.path

    @classmethod
    def view(cls, request: HttpRequest, **address: Any) -> HttpResponse:
        """A feed of its own for each request: what it is about stands on it."""
        response = cls(request)(request, **address)
        return pagecache.made_from(response, "comments", "site", ends=Essay.objects.next_change())

    def title(self, obj: Essay | None) -> str:
        where = str(obj) if obj else self.site.name
        return _("Comments on %(where)s") % {"where": where}

    def link(self, obj: Essay | None) -> str:
        return ours(obj.get_absolute_url() if obj else "/")

    def feed_url(self, obj: Essay | None) -> str:
        return ours(self.path)

    def item_link(self, item: Comment) -> str:
        return ours(item.get_absolute_url())

    def description(self, obj: Essay | None) -> str:
        return self.site.tagline or self.site.name

    def items(self, obj: Essay | None) -> CommentQuerySet:
        comments: CommentQuerySet = Comment.objects.approved().filter(essay__in=Essay.objects.published())
        if obj:
            comments = comments.under(obj)
        comments = comments.select_related("commenter", "wording", "essay").order_by("-created", "-pk")
        return comments[:NEWEST]

    def item_title(self, item: Comment) -> str:
        return _("%(name)s on %(essay)s") % {"name": item.commenter.name, "essay": item.essay}

    def item_description(self, item: Comment) -> str:
        return item.wording.html if item.wording else ""

    def item_author_name(self, item: Comment) -> str:
        return item.commenter.name

    def item_pubdate(self, item: Comment) -> Any:
        return item.created

    def item_extra_kwargs(self, item: Comment) -> dict[str, Any]:
        return {"content": self.item_description(item)}


class EssayCommentsFeed(CommentsFeed):
    def get_object(self, request: HttpRequest, **address: Any) -> Essay:
        day = {f"dated__{part}": address[part] for part in ("year", "month", "day")}
        return get_object_or_404(Essay.objects.essays().published(), slug=address["slug"], **day)
