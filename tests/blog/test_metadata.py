"""Preview cards, structured data and citation tags, checked against their specifications."""

import io
import json
import re
from collections.abc import Callable
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from PIL import Image as Pillow
from pytest_django import Settings

from accounts.models import User
from blog import actions
from blog.images import uploads
from blog.images.card_drawing import CardText, draw
from blog.models import Authorship, Essay, Image, Profile, Series, Tag
from blog.writing import preview
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SITE = django_settings.SITE_URL
LONG = "On the several occasions on which I saw a grown person change her mind, with remarks on each"
ODD = "</script><script>alert(1)</script> & \u2028 “quoted” \"quoted\" 'quoted' \\"
ARABIC = "على مَن تقع تبعة الوعد؟"

Rule = Callable[[str], Any]
Pairs = list[tuple[str, str]]


def is_address(text: str) -> bool:
    return re.fullmatch(r"https?://[^\s<>\"]+", text) is not None


def is_moment(text: str) -> bool:
    return datetime.fromisoformat(text).tzinfo is not None


def matches(pattern: str) -> Rule:
    return re.compile(pattern).fullmatch


# https://ogp.me: the four basic properties, the structured properties of an image, and those of an article.
OPEN_GRAPH_REQUIRED = {"og:title", "og:type", "og:image", "og:url"}
OPEN_GRAPH: dict[str, Rule] = {
    "og:title": str.strip,
    "og:type": {"website", "article"}.__contains__,
    "og:url": is_address,
    "og:site_name": str.strip,
    "og:description": lambda text: 0 < len(text) <= 200,
    "og:locale": matches("[a-z]{2,3}_[A-Z]{2}"),
    "og:image": is_address,
    "og:image:type": matches("image/(jpeg|png|gif|webp)"),
    "og:image:width": matches("[1-9][0-9]*"),
    "og:image:height": matches("[1-9][0-9]*"),
    "og:image:alt": str.strip,
    "article:published_time": is_moment,
    "article:modified_time": is_moment,
    "article:author": is_address,  # of a profile
    "article:section": str.strip,
    "article:tag": str.strip,
}
OPEN_GRAPH_ARRAYS = {"article:author", "article:tag"}

# https://developer.x.com/en/docs/x-for-websites/cards/overview/markup: without these, X reads those of Open Graph.
X: dict[str, Rule] = {
    "twitter:card": {"summary", "summary_large_image"}.__contains__,
    "twitter:title": lambda text: 0 < len(text) <= 70,
}
X_ALT = 420

# https://developers.facebook.com/docs/sharing/webmasters/images: at least this large to be shown large.
# https://developer.x.com/en/docs/x-for-websites/cards/overview/summary-card-with-large-image: at most this large.
SMALLEST, LARGEST = (600, 315), (4096, 4096)

# https://schema.org/Article and its parents CreativeWork and Thing; for dates and authors also
# https://developers.google.com/search/docs/appearance/structured-data/article
SCHEMA: dict[str, Callable[[Any], Any]] = {
    "@context": "https://schema.org".__eq__,
    "@type": {"Article", "WebPage"}.__contains__,
    "headline": str.strip,
    "description": str.strip,
    "url": is_address,
    "mainEntityOfPage": is_address,
    "inLanguage": matches("[a-z]{2,3}(-[a-z]+)?"),
    "datePublished": is_moment,
    "dateModified": is_moment,
    "commentCount": lambda count: type(count) is int,
    "image": lambda image: (
        image["@type"] == "ImageObject" and is_address(image["url"]) and image["width"] >= SMALLEST[0]
    ),
    "author": lambda people: all(
        each["@type"] == "Person" and each["name"] and is_address(each["url"]) for each in people
    ),
    "keywords": lambda words: all(isinstance(each, str) for each in words),
    "isPartOf": lambda series: series["@type"] == "CreativeWorkSeries" and series["name"] and is_address(series["url"]),
    "publisher": lambda site: site["@type"] == "Organization" and site["name"] and is_address(site["url"]),
}

# https://scholar.google.com/intl/en/scholar/inclusion.html: title, authors one by one, and the date of publication.
CITATION: dict[str, Rule] = {
    "citation_title": str.strip,
    "citation_author": str.strip,
    "citation_publication_date": matches("[0-9]{4}/[01][0-9]/[0-3][0-9]"),
    "citation_language": matches("[a-z]{2,3}(-[a-z]+)?"),
    "citation_public_url": is_address,
}


class Head(HTMLParser):
    """The metadata in a page's head."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.properties: Pairs = []
        self.names: Pairs = []
        self.links: Pairs = []
        self.scripts: list[str] = []
        self.is_data = False
        self.feed(html.partition("</head>")[0])

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "meta" and "property" in given:
            self.properties.append((given["property"], given["content"]))
        elif tag == "meta" and "name" in given:
            self.names.append((given["name"], given["content"]))
        elif tag == "link":
            self.links.append((given["rel"], given["href"]))
        self.is_data = given.get("type") == "application/ld+json"

    def handle_data(self, data: str) -> None:
        if self.is_data:
            self.scripts.append(data)
        self.is_data = False

    @property
    def open_graph(self) -> dict[str, str]:
        return dict(self.properties)

    @property
    def data(self) -> dict[str, Any]:
        [script] = self.scripts
        found: dict[str, Any] = json.loads(script)
        return found

    def named(self, prefix: str) -> Pairs:
        return [pair for pair in self.names if pair[0].startswith(prefix)]


def read_head(path: str) -> Head:
    response = Client().get(path)
    assert response.status_code == 200, path
    return Head(response.content.decode())


def problems(head: Head) -> list[str]:
    """Return the rules that a page's metadata breaks."""
    found = head.open_graph
    wrong = [f"{name} is missing" for name in OPEN_GRAPH_REQUIRED - found.keys()]
    names = [name for name, _ in head.properties if name not in OPEN_GRAPH_ARRAYS]
    wrong += [f"{name} is repeated" for name in set(names) if names.count(name) > 1]
    wrong += [f"{name}={value}" for name, value in head.properties if not OPEN_GRAPH[name](value)]
    wrong += [f"{name}={value}" for name, value in head.named("twitter:") if not X[name](value)]
    wrong += [f"{name}={value}" for name, value in head.named("citation_") if not CITATION[name](value)]
    if len(dict(head.named("twitter:")).get("twitter:title", found["og:title"])) > 70:
        wrong.append("X cuts the title")
    if len(found.get("og:image:alt", "")) > X_ALT:
        wrong.append("X cuts the alternative text")
    size = int(found["og:image:width"]), int(found["og:image:height"])
    if not all(low <= side <= high for low, side, high in zip(SMALLEST, size, LARGEST, strict=True)):
        wrong.append(f"the picture is {size}")
    for script in head.scripts:
        wrong += [f"{name}={value}" for name, value in json.loads(script).items() if not SCHEMA[name](value)]
        wrong += ["< or > in a script"] * (re.search(r"[<>&\u2028\u2029]", script) is not None)
    return wrong


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def author() -> User:
    found = make.author("miriam", name="Miriam Achterberg")
    Profile.objects.create(user=found, fediverse="@miriam@social.example")
    return found


def picture(width: int, height: int, alt: str = "") -> Image:
    out = io.BytesIO()
    Pillow.new("L", (width, height)).save(out, "JPEG")
    return uploads.store(out.getvalue(), alt=alt)


def figure(image: Image, alt: str) -> str:
    return f'<figure><img src="{image.file.url}" alt="{alt}"></figure>'


def test_metadata_follows_the_specifications(author: User) -> None:
    small, large = picture(300, 200), picture(1200, 800, "A hill")
    series = Series.objects.create(title="Of “Words” & more", slug="words")
    essays = {
        "cover": make.essay("With a cover", by=author, cover=large, deck="A deck", series=series),
        "figure": make.essay(
            "With a figure", by=author, body=figure(small, "Small") + figure(large, "The hill, again")
        ),
        "neither": make.essay(LONG, by=author, body=figure(small, "Small") + "<p>Words.</p>" * 400),
        "no author": make.essay("By no one", body=""),
        "two authors": make.essay("By two", by=author),
        "elsewhere": make.essay("Elsewhere", by=author, canonical="https://old.example/?a=1&b='2'"),
        "page": make.essay("About", kind="page"),
        "Arabic": make.essay(ARABIC, by=author, language="ar"),
        "odd": make.essay(ODD, by=author, deck=ODD, excerpt=ODD),
    }
    Authorship.objects.create(essay=essays["two authors"], author=make.author("joris", name=ODD[:100]), position=1)
    essays["cover"].tags.set([Tag.objects.ensure("Promises"), Tag.objects.ensure(ODD[:90])])
    make.comment(essays["cover"])
    heads = {name: read_head(essay.get_absolute_url()) for name, essay in essays.items()}
    lists = ("/", "/archive/", "/series/", "/series/words/", "/tag/promises/", "/author/miriam/")
    heads |= {path: read_head(path) for path in lists}

    assert {name: problems(head) for name, head in heads.items()} == {name: [] for name in heads}
    shown = {name: (head.open_graph["og:image"], head.open_graph.get("og:image:alt")) for name, head in heads.items()}
    assert shown["cover"] == (f"{SITE}{large.file.url}", "A hill")
    assert shown["figure"] == (f"{SITE}{large.file.url}", "The hill, again")
    assert shown["two authors"][1] == f"By two · Miriam Achterberg · {ODD[:100]} · Rejoinder"
    assert shown["page"][1] == "About · Rejoinder"
    for address, _alt in shown.values():
        served = Client().get(address.removeprefix(SITE))
        assert (served.status_code, served.headers["Content-Type"].partition("/")[0]) == (200, "image")
    assert heads["odd"].data["headline"] == heads["odd"].open_graph["og:title"] == str(essays["odd"])
    assert heads["elsewhere"].data["url"] == heads["elsewhere"].open_graph["og:url"] == essays["elsewhere"].canonical
    assert heads["Arabic"].open_graph["og:locale"] == "ar_AR"
    cover = heads["cover"]
    assert (cover.data["commentCount"], cover.data["isPartOf"]["name"]) == (1, series.title)
    assert {value for name, value in cover.properties if name == "article:tag"} == {*cover.data["keywords"]}
    assert dict(cover.names)["fediverse:creator"] == "@miriam@social.example"
    assert ("author", "/author/miriam/") in cover.links
    authors = [value for name, value in heads["two authors"].named("citation_author")]
    assert authors == [person["name"] for person in heads["two authors"].data["author"]]
    assert len(authors) == 2
    assert (heads["page"].data["@type"], heads["page"].named("citation_")) == ("WebPage", [])


def test_a_preview_by_secret_link_has_no_metadata(author: User) -> None:
    link = preview.create_link(make.essay("Secret", by=author, published=None), by=author)
    head = read_head(f"/preview/{link.token}/")
    assert (head.properties, head.scripts, head.named("twitter:"), head.named("citation_")) == ([], [], [], [])


class TestCards:
    def address(self, essay: Essay) -> str:
        return read_head(essay.get_absolute_url()).open_graph["og:image"].removeprefix(SITE)

    def files(self, tmp_path: Path) -> list[str]:
        return [file.name for file in tmp_path.rglob("*.png")]

    def test_a_card_is_drawn_once(self, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
        address = self.address(make.essay("Once", by=author))
        first = Client().get(address)
        assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert Pillow.open(io.BytesIO(first.content)).size == (1200, 630)
        monkeypatch.setattr(Pillow, "new", None)
        assert Client().get(address).content == first.content
        assert Client().get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304

    def test_a_new_title_gets_a_new_address_and_the_old_one_redirects(self, author: User, tmp_path: Path) -> None:
        essay = make.essay("Before", by=author)
        old = self.address(essay)
        Client().get(old)
        essay.title = "After"
        actions.save(essay)
        new = self.address(essay)
        assert new != old
        moved = Client().get(old, follow=True)
        assert moved.redirect_chain == [(new, 302)]
        assert self.files(tmp_path) == [new.rpartition("-")[2]]

    def test_an_invented_address_draws_nothing(self, tmp_path: Path) -> None:
        essay = make.essay("Mine")
        for path in (f"/cards/{essay.pk}-0123456789ab.png", "/cards/site-0123456789ab.png"):
            assert Client().get(path).status_code == 302
        assert self.files(tmp_path) == []

    def test_only_published_essays_have_a_card(self, author: User) -> None:
        essay = make.essay("Not yet", by=author)
        address = self.address(essay)
        assert Client().get(address).status_code == 200
        Essay.objects.update(published=None)
        file = address.replace("-", "/")
        for path in (address, f"/media{file}", f"/media/x/..{file}"):
            assert Client().get(path).status_code == 404

    def test_a_card_is_deleted_with_its_essay(
        self, tmp_path: Path, django_capture_on_commit_callbacks: Callable[..., Any]
    ) -> None:
        essay = make.essay("Gone")
        Client().get(self.address(essay))
        with django_capture_on_commit_callbacks(execute=True):
            actions.delete(essay)
        assert self.files(tmp_path) == []

    def test_a_line_with_letters_that_our_fonts_lack_is_left_out(self) -> None:
        without = draw(CardText("Rejoinder", authors=("Miriam Achterberg",)))
        assert draw(CardText("Rejoinder", ARABIC, ("Miriam Achterberg", "魯迅"))) == without
        assert draw(CardText("Rejoinder", "Wiśniewska’s Œuvre", ("Łucja",))) != draw(
            CardText("Rejoinder", "", ("Łucja",))
        )
        assert draw(CardText("論語", "學而", ("魯迅",)))

    def test_invisible_letters_of_a_title_do_not_matter(self) -> None:
        assert draw(CardText("R", "\u202eProm\u00adises\u200b 1\ufe0f\u2069")) == draw(CardText("R", "Promises 1"))

    @pytest.mark.parametrize(
        "title", ["a" * 300, "word " * 60, "— " * 100, "\u00a0 \u2028", "A\n\tB", "e\u0301" * 20, "a\u034fb\u180b"]
    )
    def test_any_title_can_be_drawn(self, title: str) -> None:
        assert draw(CardText(title[:100], title, (title, title)))
