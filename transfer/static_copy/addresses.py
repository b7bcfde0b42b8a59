"""The site's addresses that a static copy contains, and the files that they become."""

import posixpath
import re
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

from blog.markup.hosts import split_words

LISTS = split_words("home archive year month day tag series all-series author")
TEXTS = frozenset({"essay", "page"})
OTHER_PAGES = split_words("cite privacy moderation-record corrections version page-corrections page-version")
FEEDS = split_words(
    "feed atom json-feed tag-feed series-feed author-feed comments-feed comments-feed-atom essay-feed essay-feed-atom"
    " page-feed page-feed-atom"
)
QUERIES = dict.fromkeys(LISTS, ("page",)) | dict.fromkeys(TEXTS, ("cpage", "thread", "after"))
QUERY_ORDER = ("cpage", "thread", "after", "page", "p", "page_id")
FIRST_PAGES = {("cpage", "1"), ("page", "1")}
OLD_QUERIES = frozenset({"p", "page_id"})  # of WordPress, which redirect
MAX_PART_BYTES = 150
SAFE_IN_FRAGMENT = "%:~!$&'()*+,;=@/?-._"
_COMMENT = re.compile(r"/comments/(?P<pk>[0-9]{1,18})/")


class Page(NamedTuple):
    """The address of one page, without what makes no difference."""

    path: str
    query: tuple[tuple[str, str], ...] = ()

    @property
    def url(self) -> str:
        """The path and the query as requested."""
        query = "&".join(f"{name}={quote(value)}" for name, value in self.query)
        return f"{quote(self.path)}?{query}" if query else quote(self.path)

    @property
    def file(self) -> str:
        """The path of its file in the copy."""
        folders = [safe_part(part) for part in self.path.split("/") if part]
        if not self.path.endswith("/"):
            return "/".join(folders)
        name = "-".join(f"{name}-{value}" for name, value in self.query) or "index"
        return "/".join([*folders, f"{safe_part(name)}.{'xml' if is_feed(self.path) else 'html'}"])


class Target(NamedTuple):
    """Where a link on the site leads."""

    page: Page | None = None
    comment: int | None = None
    file: str = ""  # of a picture or a static file: its path in the copy
    fragment: str = ""


def own_path(address: str, base: str) -> str | None:
    """Return an address on this site as a path with query and fragment, None for one on another site.

    `base` is the path and query of the page that has the link.
    """
    address = address.strip()
    if address == settings.SITE_URL or address.startswith(f"{settings.SITE_URL}/"):
        return address.removeprefix(settings.SITE_URL) or "/"
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme or parts.netloc:
        return None
    if not parts.path:
        path, _, query = base.partition("?")
        query = parts.query or ("" if address.startswith("?") else query)
        return f"{path}{f'?{query}' if query else ''}{f'#{parts.fragment}' if parts.fragment else ''}"
    path = posixpath.normpath(posixpath.join(base.partition("?")[0], parts.path))
    path = f"{path}/" if parts.path.endswith("/") and path != "/" else path
    return parts._replace(path=path).geturl()


def find_target(address: str, base: str) -> Target | None:
    """Return what a link leads to, an empty target if the copy does not have it; None for another site."""
    path = own_path(address, base)
    if path is None:
        return None
    parts = urlsplit(path)
    decoded, fragment = unquote(parts.path), parts.fragment
    for prefix in (settings.STATIC_URL, settings.MEDIA_URL):
        if decoded.startswith(prefix):
            return Target(file=decoded.lstrip("/"), fragment=fragment)
    if comment := _COMMENT.fullmatch(decoded):
        return Target(comment=int(comment["pk"]))
    return find_page(decoded, parse_qsl(parts.query, keep_blank_values=True), fragment)


def find_page(path: str, query: list[tuple[str, str]], fragment: str) -> Target:
    """Return the page with a path and query, or a target without anything."""
    try:
        match = resolve(path)
    except Resolver404:
        return Target()
    name = match.url_name or ""
    given = {key: value for key, value in query if value}
    if name in TEXTS and (pk := given.pop("comment", "")).isdigit() and not given.keys() & {"order", "by", "replies"}:
        return Target(comment=int(pk))
    is_known = name in LISTS | TEXTS | OTHER_PAGES | FEEDS or match.func.__name__ in {"redirect_moved", "category"}
    allowed = {*QUERIES.get(name, ()), *(OLD_QUERIES if name == "home" else ())}
    has_other = given.keys() - allowed or not all(value.isascii() and value.isdigit() for value in given.values())
    if not is_known or has_other:
        return Target()
    kept = ((key, given[key]) for key in QUERY_ORDER if key in given)
    return Target(Page(path, tuple(each for each in kept if each not in FIRST_PAGES)), fragment=fragment)


def is_feed(path: str) -> bool:
    """Return whether a path is a feed's."""
    try:
        return resolve(path).url_name in FEEDS
    except Resolver404:
        return False


def safe_part(part: str) -> str:
    """Return a part of a path as a name that every file system accepts."""
    name = re.sub(r'[\x00-\x1f<>:"\\|?*]', "_", part)
    name = name.strip(" .") or "_" if name != part or part in {".", ".."} else name
    if len(name.encode()) <= MAX_PART_BYTES:
        return name
    digest = blake2b(part.encode(), digest_size=8).hexdigest()
    return f"{name.encode()[: MAX_PART_BYTES - 20].decode(errors='ignore')}-{digest}"


def relative_link(target: str, source: str, fragment: str = "") -> str:
    """Return the link from one file of the copy to another."""
    end = f"#{quote(fragment, safe=SAFE_IN_FRAGMENT)}" if fragment else ""
    if target == source and fragment:
        return end
    return quote(posixpath.relpath(target, posixpath.dirname(source) or ".")) + end
