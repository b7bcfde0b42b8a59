"""Full-text feeds of the newest essays in RSS, Atom and JSON: of the site, a tag, a series or an author."""

import json
from typing import IO, Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed

import pagecache
from accounts.models import User
from blog import markup
from blog.images import renditions
from blog.middleware import get_site
from blog.models import Essay, EssayQuerySet, Series, Tag, prefetch_bylines

ITEM_LIMIT = 10


class FullTextRssFeed(Rss201rev2Feed):
    """RSS with the whole essay and its summary."""

    content_type = "application/rss+xml; charset=utf-8"

    def rss_attributes(self) -> dict[str, str]:
        """Declare the namespace of the full text."""
        return {**super().rss_attributes(), "xmlns:content": "http://purl.org/rss/1.0/modules/content/"}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add the language and the full text to an entry."""
        super().add_item_elements(handler, item)
        if language := item.get("language"):
            handler.addQuickElement("dc:language", language, {"xmlns:dc": "http://purl.org/dc/elements/1.1/"})
        handler.addQuickElement("content:encoded", item["content"])


class FullTextAtomFeed(Atom1Feed):
    content_type = "application/atom+xml; charset=utf-8"

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        """Add the language to the attributes of an entry."""
        language = {"xml:lang": item["language"]} if item.get("language") else {}
        return super().item_attributes(item) | language

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add the full text to an entry."""
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


class FullTextJsonFeed(SyndicationFeed):
    """JSON Feed 1.1."""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile: IO[Any], encoding: str) -> None:
        """Write the feed as JSON, without empty values."""
        about = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.feed["title"],
            "home_page_url": self.feed["link"],
            "feed_url": self.feed["feed_url"],
            "description": self.feed["description"],
            "language": self.feed["language"],
            "items": [self.json_item(item) for item in self.items],
        }
        outfile.write(json.dumps({name: value for name, value in about.items() if value}, ensure_ascii=False))

    def json_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return an entry with the names of the JSON Feed format, without empty values."""
        entry = {
            "id": item["unique_id"],
            "url": item["link"],
            "title": item["title"],
            "content_html": item["content"],
            "summary": item["description"],
            "date_published": item["pubdate"].isoformat(),
            "date_modified": item["updateddate"].isoformat(),
            "authors": [{"name": name} for name in item["authors"]],
            "tags": item["categories"],
            "language": item["language"],
        }
        return {name: value for name, value in entry.items() if value} | {"content_html": item["content"]}


def absolute_url(path: str) -> str:
    """Return the full URL of a path, made from SITE_URL rather than from the request's host."""
    return settings.SITE_URL + path


class EssaysFeed(Feed[Essay, Any]):
    feed_type: type[SyndicationFeed] = FullTextRssFeed

    def __init__(self, request: HttpRequest) -> None:
        self.site, self.path = get_site(request), request.path

    @classmethod
    def view(cls, request: HttpRequest, **address: Any) -> HttpResponse:
        """View that serves the feed by a new instance for each request, as it stores the request's site and path."""
        response = cls(request)(request, **address)
        return pagecache.mark_cacheable(response, "site", expires=Essay.objects.next_change())

    def essays(self, obj: Any) -> EssayQuerySet:
        """Return all published essays; subclasses return those of `obj`, such as a tag."""
        return Essay.objects.essays().published()

    def title(self, obj: Any) -> str:
        return f"{self.site.name}: {obj}" if obj else self.site.name

    def link(self, obj: Any) -> str:
        return absolute_url(obj.get_absolute_url() if obj else "/")

    def feed_url(self, obj: Any) -> str:
        return absolute_url(self.path)

    def item_link(self, item: Essay) -> str:
        return absolute_url(item.get_absolute_url())

    item_guid = item_link  # comment feeds refer to it in thr:in-reply-to

    def description(self, obj: Any) -> str:
        return self.site.tagline or self.site.name

    def items(self, obj: Any) -> list[Essay]:
        newest = self.essays(obj).newest().fetch_slice(0, ITEM_LIMIT)
        prefetch_bylines(newest)
        prefetch_related_objects(newest, "tags")
        return renditions.prefetch_pictures(newest)

    def item_title(self, item: Essay) -> str:
        return str(item)

    def item_description(self, item: Essay) -> str:
        return item.excerpt or markup.excerpt(item.body)

    def item_author_name(self, item: Essay) -> str:
        return ", ".join(author.get_full_name() for author in item.bylines)

    def item_pubdate(self, item: Essay) -> Any:
        return item.published

    def item_updateddate(self, item: Essay) -> Any:
        return max(filter(None, (item.changed, item.published)))

    def item_categories(self, item: Essay) -> list[str]:
        return [tag.name for tag in item.tags.all()]

    def item_extra_kwargs(self, item: Essay) -> dict[str, Any]:
        """Return what our feed types add: full text, authors and language."""
        body = markup.render(item.body, item.id_prefix, item.pictures)
        content = markup.absolutize(body, settings.SITE_URL, absolute_url(item.get_absolute_url()))
        return {
            "content": f"<div{item.lang}>{content}</div>" if item.lang else content,
            "authors": [author.get_full_name() for author in item.bylines],
            "language": item.language,
        }


class EssaysAtomFeed(EssaysFeed):
    feed_type = FullTextAtomFeed
    subtitle = EssaysFeed.description


class EssaysJsonFeed(EssaysFeed):
    feed_type = FullTextJsonFeed


class TagFeed(EssaysFeed):
    def get_object(self, request: HttpRequest, slug: str) -> Tag:
        return get_object_or_404(Tag, slug=slug)

    def essays(self, obj: Tag) -> EssayQuerySet:
        return super().essays(obj).tagged(obj)


class SeriesFeed(EssaysFeed):
    def get_object(self, request: HttpRequest, slug: str) -> Series:
        return get_object_or_404(Series, slug=slug)

    def essays(self, obj: Series) -> EssayQuerySet:
        return super().essays(obj).filter(series=obj)


class AuthorFeed(EssaysFeed):
    def get_object(self, request: HttpRequest, username: str) -> User:
        return get_object_or_404(User, username=username)

    def essays(self, obj: User) -> EssayQuerySet:
        return super().essays(obj).by_author(obj)
