"""The languages of the site and of its essays, marked by `lang` attributes."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Commenter
from blog.models import Essay, Site
from comments.models import Address, Subscription
from config.languages import languages_with_catalogs
from tests import make
from tests.blog.writing.test_admin import client_of
from tests.comments.browser_client import Browser, text_of
from tests.comments.notifications.test_emails import html_part, notify

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SITE = "/admin/blog/site/1/change/"
FORM = {"name": "Replies", "tagline": "", "time_zone": "UTC", "essays_per_page": "10"}
XML = "{http://www.w3.org/XML/1998/namespace}lang"
TITLE = "הבטחה"


@pytest.fixture
def essay() -> Essay:
    author = make.author("miriam", name="Miriam Achterberg")
    body = "<h2>אחת</h2><p>מילים.</p><h2>שתיים</h2><p>מילים.</p>"
    return make.essay(TITLE, by=author, language="he", slug="promise", deck="על הבטחות", body=body)


def test_only_languages_with_a_catalog_are_offered(tmp_path: Path) -> None:
    for code in ("pt_BR", "de", "xx", "fr"):
        (tmp_path / code / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / code / "LC_MESSAGES" / ("django.po" if code == "fr" else "django.mo")).touch()
    assert languages_with_catalogs([tmp_path]) == [
        ("de", "German"), ("en", "English"), ("pt-br", "Brazilian Portuguese"),
    ]  # fmt: skip


def test_the_language_of_the_site_is_hidden_while_there_is_only_one() -> None:
    make.site()
    owner = client_of(make.owner())
    assert b'name="language"' not in owner.get(SITE, follow=True).content
    assert owner.post(SITE, {**FORM, "language": "de"}).status_code == 302
    assert Site.objects.get().language == "en"


def test_with_two_languages_the_owner_can_choose_one_of_them(settings: Any) -> None:
    settings.SITE_LANGUAGES = [("en", "English"), ("de", "German")]
    owner = client_of(make.owner())
    make.site()
    choices = Browser(make.owner()).read(SITE).all("select[@name='language']/option")
    assert [choice.get("value") for choice in choices] == ["en", "de"]
    assert "Select a valid choice" in owner.post(SITE, {**FORM, "language": "fr"}).content.decode()
    assert owner.post(SITE, {**FORM, "language": "de"}).status_code == 302
    assert Browser().read("/").tree.get("lang") == "de"


def test_a_site_in_a_language_without_a_catalog_is_in_english(client: Client) -> None:
    make.site(language="ar")
    answer = client.get("/")
    assert '<html lang="en" dir="ltr">' in answer.content.decode()
    assert answer.headers["Content-Language"] == "en"


def test_every_language_is_offered_for_an_essay(essay: Essay) -> None:
    page = Browser(make.owner()).read(f"/admin/blog/essay/{essay.pk}/change/")
    assert len(page.all("select[@name='language']/option")) > 90


def test_an_essays_page_marks_text_in_the_essays_language(essay: Essay) -> None:
    make.comment(essay, "תשובה")
    page = Browser().read(essay)
    assert page.tree.get("lang") == "en"
    assert page.only("title").get("lang") == "he"
    assert page.only("meta[@name='description']").get("lang") == "he"
    article = page.only("article[@lang]")
    assert (article.get("lang"), article.get("dir")) == ("he", "rtl")
    for part in ("p[@class='byline']", "summary[@id='contents-title']", "section[@id='likes']"):
        assert page.only(part).get("lang") == "en"
    title = page.only("h2[@id='comments-title']/span/span")
    assert (text_of(title), title.get("lang"), title.get("dir")) == (TITLE, "he", "rtl")
    assert page.only("div[@class='comment-body']").get("lang") == "he"


def test_a_page_and_its_menu_entry_are_marked() -> None:
    page = make.essay("Über uns", kind="page", slug="uns", language="de", is_in_menu=True)
    shown = Browser().read(page)
    assert shown.only("article[@lang]").get("lang") == "de"
    assert shown.only("header[@class='masthead']//a[@lang]").get("lang") == "de"


def test_an_essay_in_the_sites_language_is_not_marked() -> None:
    essay = make.essay("Promise", language="en")
    make.comment(essay)
    assert Browser().read(essay).html.count("lang=") == 2  # <html> and the likes


@pytest.mark.parametrize("address", ["/", "/archive/", "/author/miriam/", "/series/words/", "/subscriptions/?essay={}"])
def test_titles_and_excerpts_in_lists_are_marked(essay: Essay, address: str) -> None:
    from blog.models import Series

    essay.series = Series.objects.create(title="Words", slug="words")
    essay.save()
    page = Browser().read(address.format(essay.pk))
    marked = [text_of(part) for part in page.all("*[@lang='he']")]
    assert any(TITLE in part for part in marked)
    assert all(part.get("dir") == "rtl" for part in page.all("*[@lang='he']"))
    assert page.text.count(TITLE) == sum(part.count(TITLE) for part in marked)


def test_the_titles_of_a_persons_own_comments_are_marked(essay: Essay) -> None:
    user = make.user()
    make.comment(essay, by=Commenter.objects.for_user(user))
    assert text_of(Browser(user).read("/replies/comments/").only("span[@lang='he']")) == TITLE


def test_feeds_name_the_language_of_each_essay(essay: Essay, client: Client) -> None:
    make.essay("Promise")
    items = ElementTree.fromstring(client.get("/feed/").content).findall("channel/item")
    by_title = {str(item.findtext("title")): item for item in items}
    assert by_title[TITLE].findtext("{http://purl.org/dc/elements/1.1/}language") == "he"
    assert by_title["Promise"].find("{http://purl.org/dc/elements/1.1/}language") is None
    content = str(by_title[TITLE].findtext("{http://purl.org/rss/1.0/modules/content/}encoded"))
    assert content.startswith('<div lang="he" dir="rtl">')
    entries = ElementTree.fromstring(client.get("/feed/atom/").content).findall("{http://www.w3.org/2005/Atom}entry")
    assert {entry.findtext("{http://www.w3.org/2005/Atom}title"): entry.get(XML) for entry in entries} == {
        TITLE: "he", "Promise": None,
    }  # fmt: skip
    told = client.get("/feed.json").json()
    assert {item["title"]: item.get("language") for item in told["items"]} == {TITLE: "he", "Promise": None}


def test_emails_mark_text_of_an_essay() -> None:
    make.site(language="ar")  # it has no catalog
    address = Address.objects.create(email="rosa@example.org", verified=timezone.now())
    for kind in ("essays", "essay"):
        about = {"essay": make.essay("Earlier", language="de")} if kind == "essay" else {}
        hours = timezone.now() - timedelta(hours=3)
        Subscription.objects.create(address=address, kind=kind, confirmed=hours, **about)
    make.announce(make.essay(TITLE, language="he", by=make.author(), published=timezone.now() - timedelta(hours=1)))
    comment = make.comment(Essay.objects.get(title="Earlier"))
    new, followed = sorted((html_part(message) for message in notify(comment)), key=lambda page: "Earlier" in page)
    assert '<html lang="en" dir="ltr">' in new
    assert '<div lang="he" dir="rtl">\n<h1' in new
    assert '“<span lang="de" dir="ltr">Earlier</span>”' in followed
