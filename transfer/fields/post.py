"""One Markdown file of another site: what its front matter, its name and its folder say about it."""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cached_property
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.text import slugify

from blog.markup.hosts import split_words
from blog.models import Essay
from transfer.fields.front_matter import Head
from transfer.fields.yaml import Value

OWN, JEKYLL, HUGO, PELICAN = "rejoinder", "jekyll", "hugo", "pelican"  # what wrote a folder of files
YEARS = range(1000, 9998)
KNOWN_FIELDS = split_words(
    "alias aliases author authors canonical canonical_url canonicalurl categories category comments cover"
    " cover_alt cover_image created date deck description draft excerpt expirydate feature_image featured_image"
    " featured_image_alt header headless id image image_alt kind lang language last_modified_at lastmod layout"
    " locale menu_order modified original_url permalink pinned publishdate published redirect_from save_as"
    " series series_index series_order series_part series_position slug status subtitle summary tags template"
    " thumbnail title translation_of type update_note format updated url usernames weight"
)
_DATED = re.compile(r"(?P<day>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})[-_](?P<rest>.+)")
_DAY = re.compile(r"(?P<year>[0-9]{4})[-/](?P<month>[0-9]{1,2})[-/](?P<day>[0-9]{1,2})")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}[-+][0-9]{2}:[0-9]{2}")
_IN_ADDRESS = re.compile(r"/(?P<year>[0-9]{4})/(?P<month>[0-9]{2})/(?P<day>[0-9]{2})/")
_NUMBERED = re.compile(r"/\?(?:p|page_id)=[0-9]{1,18}")  # WordPress's, which our own export may list
_PLACEHOLDER = re.compile(r":([a-z_]+)")  # in a permalink of Jekyll
_CONTROLS = dict.fromkeys({*range(32), 127} - {*map(ord, "\t\n\r")})  # PostgreSQL stores no NUL
_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_LANGUAGES = {code.lower(): code for code, _name in settings.LANGUAGES}


class Post:
    def __init__(self, path: str, kind: str, head: Head, body: str) -> None:
        self.path = path
        self.site_kind = kind
        self.head = head
        self.fields = head.fields
        self.body = body
        *self.folders, name = path.split("/")
        stem = PurePosixPath(name).stem
        stem, dot, suffix = stem.rpartition(".") if stem.rpartition(".")[2].lower() in _LANGUAGES else (stem, "", "")
        self.file_language = suffix if dot else ""
        self.is_bundle = stem in {"index", "_index"}
        self.stem = (self.folders[-1] if self.folders else stem) if self.is_bundle else stem

    def text(self, *names: str) -> str:
        """Return the first of these fields that has a text, in one line."""
        found = (as_text(self.fields.get(name, "")) for name in names)
        return next((" ".join(each.split()) for each in found if each.strip()), "")

    def words(self, *names: str, by_space: bool = False) -> list[str]:
        """Return the texts in these fields: lists, or texts divided by commas or, if wanted, by spaces.

        Pelican divides them by semicolons where there is one.
        """
        found: list[str] = []
        for name in names:
            value = self.fields.get(name, "")
            if isinstance(value, list):
                found += map(as_text, value)
            else:
                text = as_text(value)
                sign = ";" if ";" in text and self.site_kind == PELICAN and name != "category" else ","
                found += text.split(sign) if sign in text else text.split() if by_space else [text]
        return list(dict.fromkeys(" ".join(each.split()) for each in found if each.strip()))

    @property
    def is_own(self) -> bool:
        return self.site_kind == OWN

    @property
    def title(self) -> str:
        return self.text("title")

    @property
    def name(self) -> str:
        """Its title, or else its path, for the report."""
        return self.title or self.path

    @property
    def kind(self) -> Essay.Kind:
        """Whether it is an essay or a page: as it says, or by its folder and its date."""
        given = {self.text("kind").lower(), self.text("type").lower(), self.text("layout").lower()}
        if "page" in given or {"pages", "page"} & {*self.folders}:
            return Essay.Kind.PAGE
        if given & {"essay", "post", "posts"} or {"_posts", "_drafts"} & {*self.folders} or self.is_own:
            return Essay.Kind.ESSAY
        is_inside = len(self.folders) > (2 if self.is_bundle else 1)  # in a folder of content/
        has_date = bool(self.text("date", "publishdate") or _DATED.fullmatch(self.stem))
        return Essay.Kind.ESSAY if has_date or is_inside or self.site_kind == PELICAN else Essay.Kind.PAGE

    @property
    def slug(self) -> str:
        """The slug it names, or else that in its file's name; with Pelican, which does the same, that of its title."""
        dated = _DATED.fullmatch(self.stem)
        of_title = slugify(self.title) if self.site_kind == PELICAN else ""
        return self.text("slug") or of_title or (dated["rest"] if dated else self.stem)

    @property
    def is_draft(self) -> bool:
        status = self.text("status").lower()
        is_off = self.text("draft").lower() in _TRUE or self.text("published").lower() in _FALSE
        is_off = is_off or self.text("headless").lower() in _TRUE or self.has_expired
        return is_off or status in {"draft", "hidden", "private", "skip"} or "_drafts" in self.folders

    @property
    def has_expired(self) -> bool:
        """Whether its site stopped showing it at a time that it names."""
        end = None if self.is_own else parse_time(self.text("expirydate"))
        return end is not None and end <= timezone.now()

    @cached_property
    def published(self) -> datetime | None:
        """The date it names, or else that in its file's name; a later time at which its site would show it."""
        start = None if self.is_own else parse_time(self.text("publishdate"))
        if start is not None and start > timezone.now():
            return start
        named = parse_time(self.text("date", "publishdate")) or parse_time(self.text("published"))
        dated = _DATED.fullmatch(self.stem)
        return named or (parse_time(dated["day"]) if dated else None)

    @property
    def address_day(self) -> date | None:
        """The day in its old address, or else of its date in that date's own time zone."""
        if found := _IN_ADDRESS.match(self.text("permalink")):
            return parse_day(found)
        dated = _DATED.fullmatch(self.stem)
        found = _DAY.match(dated["day"] if dated else self.text("date", "publishdate"))
        return parse_day(found) if found else None

    @property
    def tags(self) -> list[str]:
        is_spaced = self.site_kind == JEKYLL
        return list(dict.fromkeys([*self.words("tags", "categories", by_space=is_spaced), *self.words("category")]))

    @property
    def series_position(self) -> int | None:
        return whole_number(self.text("series_position", "series_order", "series_index", "series_part"))

    @property
    def language(self) -> str:
        """The language it names, or that in its file's name, if the site knows it."""
        found = self.text("language", "lang", "locale").replace("_", "-").lower() or self.file_language.lower()
        return _LANGUAGES.get(found) or _LANGUAGES.get(found.partition("-")[0], "")

    @property
    def cover(self) -> tuple[str, str]:
        """The cover picture's address and alternative text."""
        for name in ("cover", "image", "cover_image", "featured_image", "feature_image", "thumbnail", "header"):
            value = self.fields.get(name)
            if isinstance(value, list):
                value = value[0] if value else ""
            if isinstance(value, dict):
                inside = Post(self.path, self.site_kind, Head(value), "")
                if found := inside.text("image", "path", "src", "url", "file", "relative", "teaser"):
                    return found, inside.text("alt", "caption")
            elif isinstance(value, str) and value:
                return value.strip(), self.text("cover_alt", "image_alt", "featured_image_alt")
        return "", ""

    @property
    def description(self) -> str:
        """Its description as plain text."""
        if self.is_own:
            return as_text(self.fields.get("description", ""))
        return re.sub(r"<[^<>]{1,500}>", "", self.text("description", "summary", "excerpt"))

    @property
    def canonical(self) -> str:
        found = self.text("canonical", "canonical_url", "canonicalurl", "original_url")
        return found if is_web_address(found) and not re.search(r"[\s\"<>]", found) else ""

    @property
    def has_closed_comments(self) -> bool:
        return self.text("comments").lower() in _FALSE

    @property
    def unknown_fields(self) -> list[str]:
        return sorted(name for name, value in self.fields.items() if name not in KNOWN_FIELDS and value)

    def old_paths(self, permalink: str = "", base: str = "", language: str = "en") -> list[str]:
        """Return its old addresses on its site as paths: those it names, and the one that its site gives it.

        `permalink` is Jekyll's pattern, `language` that of Hugo's addresses that name none. The paths are given below
        `base`, where the old site was, and also without it, in case the new site is not at the same domain.
        """
        named = self.words("aliases", "alias", "redirect_from") + self.words("permalink", "url", "save_as")
        found = named if self.is_own else [*named, self.default_path(permalink, language)]
        paths = [path for each in found if (path := clean_path(each))]
        below = [f"{base}{path}" for path in paths if base and not path.startswith(f"{base}/")]
        return list(dict.fromkeys([*paths, *map(clean_path, below)]))

    @property
    def unreadable_date(self) -> str:
        """The date it names, if that cannot be read."""
        given = self.text("date", "publishdate")
        return given if given and not parse_time(given) else ""

    @property
    def is_empty_page(self) -> bool:
        """Whether it has no text of its own: a list or a search page, which a template of the old site filled."""
        return self.kind == Essay.Kind.PAGE and not self.is_own and not self.body.strip()

    def default_path(self, permalink: str, language: str) -> str:
        """Return the path that the site gives the text if it names none."""
        folders = [each for each in self.folders if each not in {"content", "_posts", "_drafts"}]
        folders = folders[:-1] if self.is_bundle else folders
        if self.site_kind == PELICAN:
            return f"/pages/{self.slug}.html" if self.kind == Essay.Kind.PAGE else f"/{self.slug}.html"
        if self.site_kind != JEKYLL:
            is_other = self.file_language.lower() not in {"", language.lower()}
            return "/" + "/".join([*([self.file_language.lower()] if is_other else []), *folders, self.slug])
        if self.kind == Essay.Kind.PAGE:
            return "/" + "/".join([*folders, f"{self.slug}.html"])
        pattern = JEKYLL_PERMALINKS.get(permalink, permalink) or JEKYLL_PERMALINKS["date"]
        day = self.address_day
        categories = self.words("category", "categories", by_space=True) or folders
        parts = {
            "categories": "/".join(each.lower() for each in categories),
            "title": self.slug, "slug": self.slug, "output_ext": ".html",
        }  # fmt: skip
        if day:
            parts |= {"year": f"{day:%Y}", "month": f"{day:%m}", "day": f"{day:%d}", "y_day": f"{day:%j}"}
            parts |= {"short_year": f"{day:%y}", "i_month": str(day.month), "i_day": str(day.day)}
        if any(name not in parts for name in _PLACEHOLDER.findall(pattern)):
            return ""
        path = _PLACEHOLDER.sub(lambda name: parts[name[1]], pattern)
        return re.sub("//+", "/", path)  # without categories it began with two slashes, like a host


JEKYLL_PERMALINKS = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "none": "/:categories/:title:output_ext",
}


def is_web_address(text: str) -> bool:
    """Return whether a text is the address of a site on the web."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and len(text) < 150


def as_text(value: Value) -> str:
    """Return a value as a text: of a mapping its name or title, of a list its first value."""
    if isinstance(value, dict):
        return as_text(value.get("name") or value.get("title") or "")
    if isinstance(value, list):
        return as_text(value[0]) if value else ""
    return value.translate(_CONTROLS)


def whole_number(text: str) -> int | None:
    """Return a small whole number, or None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


def parse_day(found: re.Match[str]) -> date | None:
    """Return the day in a match, or None if it does not exist."""
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    return day if day.year in YEARS else None


def parse_time(text: str) -> datetime | None:
    """Return a time in one of the usual forms; without an offset it is in the site's time zone."""
    if not text:
        return None
    if _ISO.fullmatch(text):  # as our own export writes it, for each comment
        return read_time(text, datetime.fromisoformat)
    text = re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", " ".join(text.split()))
    text = re.sub(r"(?<=[0-9])\s+(?=[-+][0-9]{2}:?[0-9]{2}$)", "", text)
    text = _DAY.sub(lambda day: f"{day['year']}-{day['month']:0>2}-{day['day']:0>2}", text, count=1)
    text = re.sub(r"(?<=[0-9][T ])(?=[0-9]:)", "0", text)
    return next((found for read in _FORMS if (found := read_time(text, read))), None)


def read_time(text: str, read: Callable[[str], datetime]) -> datetime | None:
    """Return the time that a function reads in a text, or None."""
    try:
        found = read(text)
        found = found if found.tzinfo else timezone.make_aware(found)
    except (ValueError, OverflowError):
        return None
    return found if found.year in YEARS else None


_FORMS = (
    datetime.fromisoformat,
    lambda text: datetime.strptime(text, "%B %d, %Y"),  # noqa: DTZ007 – made aware above
    lambda text: datetime.strptime(text, "%b %d, %Y"),  # noqa: DTZ007
    lambda text: datetime.strptime(text, "%d %B %Y"),  # noqa: DTZ007
    lambda text: datetime.strptime(text, "%d %b %Y"),  # noqa: DTZ007
    lambda text: datetime.strptime(text, "%a, %d %b %Y %H:%M:%S%z"),
)


def clean_path(address: str) -> str:
    """Return an address's path with a final slash, as redirects are stored, or nothing for the site's root."""
    if _NUMBERED.fullmatch(address):
        return address
    try:
        path = urlsplit(address.strip()).path
    except ValueError:
        return ""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if parts and parts[-1] in {"index.html", "index.htm"}:
        parts.pop()
    found = f"/{'/'.join(parts)}/" if parts else ""
    return found if len(found) <= 500 and found.isprintable() and ":" not in found and "{" not in found else ""
