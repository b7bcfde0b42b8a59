"""Feeds of the newest approved comments: of the site, an essay or a thread."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import SyndicationFeed, rfc3339_date
from django.utils.translation import gettext as _

import pagecache
from blog.feeds import FullTextAtomFeed, FullTextRssFeed, absolute_url
from blog.middleware import get_site
from blog.models import Essay
from comments.models import Comment, CommentQuerySet, Discussion, Status
from comments.models.passage import quotation_of

NEWEST = 10
THREADING = {"xmlns:thr": "http://purl.org/syndication/thread/1.0"}


def quote_passage(quotation: str | None) -> str:
    """Return the line above a comment's text in a feed, which quotes its passage; "" for one without."""
    return render_to_string("comments/_quotation.html", {"quotation": quotation}) if quotation is not None else ""


class Threaded(SyndicationFeed):
    """A feed whose entries link to what they reply to (RFC 4685)."""

    def root_attributes(self) -> dict[str, str]:
        return {**super().root_attributes(), **THREADING}

    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), **THREADING}  # type: ignore[misc]

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        parent = {"ref": item["answers"], "href": item["answers"], "type": "text/html"}
        handler.addQuickElement("thr:in-reply-to", attrs=parent)


class ThreadedRss(Threaded, FullTextRssFeed):
    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add the time of the last change, for which RSS has no element of its own."""
        super().add_item_elements(handler, item)
        if item["updateddate"] != item["pubdate"]:
            handler.addQuickElement("atom:updated", rfc3339_date(item["updateddate"]))


class ThreadedAtom(Threaded, FullTextAtomFeed): ...


class CommentsFeed(Feed[Comment, Any]):
    def __init__(self, request: HttpRequest, feed_type: type[SyndicationFeed]) -> None:
        self.site, self.path, self.feed_type = get_site(request), request.path, feed_type

    @classmethod
    def view(cls, request: HttpRequest, form: str = "rss", **address: Any) -> HttpResponse:
        """Serve the feed by a new instance for each request, because it stores the site and path."""
        response = cls(request, ThreadedAtom if form == "atom" else ThreadedRss)(request, **address)
        return pagecache.mark_cacheable(response, "comments", "site", expires=Essay.objects.next_change())

    def title(self, obj: Any) -> str:
        return _("Comments on %(where)s") % {"where": obj or self.site.name}

    def link(self, obj: Any) -> str:
        return absolute_url(obj.get_absolute_url() if obj else "/")

    def feed_url(self, obj: Any) -> str:
        return absolute_url(self.path)

    def item_link(self, item: Comment) -> str:
        return absolute_url(item.get_absolute_url())

    item_guid = item_link

    def description(self, obj: Any) -> str:
        return self.site.tagline or self.site.name

    subtitle = description

    def comments(self, obj: Any) -> CommentQuerySet:
        """Select the approved comments that the feed is about: of the site, an essay or a branch."""
        comments: CommentQuerySet = Comment.objects.approved()
        return comments

    def items(self, obj: Any) -> list[Comment]:
        """Return the newest comments, selected before joining: planners otherwise join and sort all of them.

        Comments on withdrawn essays are skipped; each such essay costs one more round.
        """
        withdrawn: set[int] = set()
        while True:
            newest = self.comments(obj).exclude(essay__in=withdrawn).order_by("-created", "-pk").values("pk")[:NEWEST]
            rows = Comment.objects.filter(pk__in=newest).select_related("commenter", "wording", "essay")
            found = list(rows.annotate(quotation=quotation_of()).order_by("-created", "-pk"))
            hidden = {comment.essay_id for comment in found if not comment.essay.is_published}
            if not hidden:
                return found
            withdrawn |= hidden

    def item_title(self, item: Comment) -> str:
        return _("%(name)s on %(essay)s") % {"name": item.commenter.name, "essay": item.essay}

    def item_description(self, item: Comment) -> str:
        html = item.wording.html if item.wording else ""
        return quote_passage(item.quotation) + html

    def item_author_name(self, item: Comment) -> str:
        return item.commenter.name

    def item_pubdate(self, item: Comment) -> Any:
        return item.created

    def item_updateddate(self, item: Comment) -> Any:
        return item.edited or item.created

    def item_extra_kwargs(self, item: Comment) -> dict[str, Any]:
        """Add the full text, and the URL of the parent comment or essay for Threaded."""
        parent = reverse("comment", args=[item.parent_id]) if item.parent_id else item.essay.get_absolute_url()
        return {"content": self.item_description(item), "answers": absolute_url(parent)}


class EssayCommentsFeed(CommentsFeed):
    def get_object(self, request: HttpRequest, **address: Any) -> Essay:
        essay: Essay = Discussion.objects.get_essay_or_404(AnonymousUser(), **address)
        return essay

    def comments(self, obj: Essay) -> CommentQuerySet:
        return super().comments(obj).on_essay(obj)


class ThreadFeed(CommentsFeed):
    """The feed of a comment and all replies under it."""

    def get_object(self, request: HttpRequest, pk: int) -> Comment:
        """Return the comment at the top of the feed; 404 if no approved comment is in it."""
        public = Comment.objects.filter(essay__published__lte=timezone.now())
        top: Comment = get_object_or_404(public.select_related("commenter", "essay"), pk=pk)
        if not self.comments(top).exists():
            raise Http404
        return top

    def title(self, obj: Comment) -> str:
        if not obj.is_approved:
            return super().title(obj.essay)
        return _("%(name)s on %(essay)s, with replies") % {"name": obj.commenter.name, "essay": obj.essay}

    def comments(self, obj: Comment) -> CommentQuerySet:
        """Select the branch without `status = `, by which a planner may read all approved comments."""
        inside = Comment.objects.filter(tree_id=obj.tree_id, lft__gte=obj.lft, rght__lte=obj.rght)
        comments: CommentQuerySet = inside.exclude(status__in=set(Status.values) - {Status.APPROVED})
        return comments
