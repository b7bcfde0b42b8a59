"""The feed of replies to a person, of decisions about their comments and of answers by authors."""

from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.translation import gettext as _

from blog.feeds import absolute_url
from blog.middleware import get_site
from comments.feeds import ThreadedRss, quote_passage
from comments.models import ReplyInbox
from comments.replies.entries import ANSWER, DECISION, REPLY
from comments.replies.page import Entry, find_page

NEWEST = 20


class RepliesFeed(Feed[Entry, Any]):
    feed_type = ThreadedRss

    def __init__(self, request: HttpRequest, inbox: ReplyInbox) -> None:
        self.site, self.path, self.inbox = get_site(request), request.path, inbox

    def title(self) -> str:
        return _("Replies to you on %(site)s") % {"site": self.site.name}

    description = title

    def link(self) -> str:
        return absolute_url(reverse("replies"))

    def feed_url(self) -> str:
        return absolute_url(self.path)

    def items(self) -> list[Entry]:
        return find_page(self.inbox.commenter, self.inbox, kinds=(REPLY, DECISION, ANSWER), size=NEWEST).entries

    def item_title(self, item: Entry) -> str:
        if item.kind == REPLY:
            values = {"name": item.commenter["name"], "essay": item.essay}
            return _("%(name)s replied to your comment on “%(essay)s”") % values
        return str(item.sentence)  # plain text

    def item_description(self, item: Entry) -> str:
        if item.kind == REPLY:
            return quote_passage(item.comment.quotation) + item.html
        return conditional_escape(item.sentence)

    def item_link(self, item: Entry) -> str:
        return absolute_url(item.url or reverse("replies"))

    def item_guid(self, item: Entry) -> str:
        """Return the permalink of a reply; a comment's other entries are told apart by their times."""
        if item.kind == REPLY:
            return absolute_url(item.url)
        return absolute_url(f"{reverse('replies')}#{item.kind}-{item.comment.pk}-{int(item.at.timestamp())}")

    def item_guid_is_permalink(self, item: Entry) -> bool:
        return item.kind == REPLY

    def item_author_name(self, item: Entry) -> str:
        return item.commenter["name"] if item.kind == REPLY else self.site.name

    def item_pubdate(self, item: Entry) -> Any:
        return item.at

    item_updateddate = item_pubdate

    def item_extra_kwargs(self, item: Entry) -> dict[str, Any]:
        """Add the full text, and what the reply answers or the decision is about."""
        about = item.comment.parent_id if item.kind == REPLY else item.comment.pk
        return {
            "content": self.item_description(item),
            "answers": absolute_url(reverse("comment", args=[about])),
        }
