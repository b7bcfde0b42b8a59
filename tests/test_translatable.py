"""Every visible string goes through gettext: in a pseudo-language that brackets each translated string, no page and no
email shows a word outside brackets that people did not write themselves."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.core import mail
from django.db import models
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from blog.models import Essay
from comments.notifications import outbox
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.test_email_texts import SENDINGS, essay
from tests.test_html import Site, accounts, around_a_comment, essays, lists, problems, replies, subscriptions

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PSEUDO = "en-pseudo"
OPEN, CLOSE = "⟦", "⟧"
SHOWN_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title", "label"}
UNSHOWN = {"script", "style", "kbd", "code", "template", "pre"}
VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr", "use", "col"}
WORD = re.compile(r"[^\W\d_]{2,}")
SENTENCE = re.compile(r"(?![\[{\d])\S+\s\S")  # in a data attribute: not JSON, and not the state of a row
URL = re.compile(r"https?://\S+")
SEPARATOR = re.compile(r"[·\n|›→#]")  # between the pieces of a title or a breadcrumb
KEYS = re.compile(r"Ctrl\+\S+(, \S+)?")
NAMES = {"X (Twitter)", "Facebook", "WordPress.com", "Google", "GitHub", "Demo ID", "Rejoinder", "BibTeX", "CSL-JSON"}
MAX_ADMIN_PAGES = 150
NAMES |= {"Apple", "Microsoft", "LinkedIn", "True", "False"} | set(map(str, dict(settings.LANGUAGES).values()))
TYPED = {"> *quoted*", "Too late", "A part of a page"}  # by the tests, and not stored
OTHERS = re.compile(
    r"/admin/(?:account|auth|django_tasks_database|socialaccount)/|.*/(?:delete|password)/$|/admin/accounts/user/\d"
)
__all__ = ["essay"]  # the fixture of the emails


class Brackets(trans_real.DjangoTranslation):
    """English with every translated string in brackets."""

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]}{CLOSE}" if message else ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture(autouse=True)
def pseudo_language(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    settings.SITE_LANGUAGES = [(PSEUDO, "Pseudo")]
    brackets = Brackets(PSEUDO, domain="django")
    monkeypatch.setitem(vars(trans_real)["_translations"], PSEUDO, brackets)
    make.site(language=PSEUDO)
    with translation.override(PSEUDO):
        yield


class Visible(HTMLParser):
    """The text nodes and shown attributes of a page that are outside brackets."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.depth, self.skipped = 0, 0
        self.outside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipped += tag in UNSHOWN
        for name, value in attrs:
            if value and (name in SHOWN_ATTRIBUTES or (name.startswith("data-") and SENTENCE.match(value))):
                self.outside += outside_brackets(value)[0]

    def handle_endtag(self, tag: str) -> None:
        self.skipped -= tag in UNSHOWN

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            found, self.depth = outside_brackets(data, self.depth)
            self.outside += found


def outside_brackets(text: str, depth: int = 0) -> tuple[list[str], int]:
    """Return the pieces of a text that have a word outside brackets, and the depth of brackets at its end."""
    pieces, piece = [], ""
    for character in text:
        if character in {OPEN, CLOSE}:
            depth += 1 if character == OPEN else -1
            pieces.append(piece)
            piece = ""
        elif depth == 0:
            piece += character
    return [each.strip() for each in [*pieces, piece] if WORD.search(each)], depth


def written_by_people() -> set[str]:
    """Return all texts in the database, as people wrote them."""
    texts: set[str] = NAMES | TYPED | {essay.summary for essay in Essay.objects.all()}
    texts |= {info["name_local"] for info in LANG_INFO.values() if "name_local" in info}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField | models.TextField | models.JSONField):
                values = [value for value in model._default_manager.values_list(field.attname, flat=True) if value]
                texts |= {str(value) for value in values}
                if isinstance(field, models.JSONField):  # as the readable file about a person shows it
                    texts |= {json.dumps(value, ensure_ascii=False, indent=2) for value in values}
    return texts


def untranslated(pages: Iterable[tuple[str, str]], others: Collection[str] = ()) -> list[str]:
    """Return the visible words of pages or emails, by name, that are neither translated nor written by people.

    `others`: words that templates of other packages do not translate.
    """
    texts = {*written_by_people(), *others}
    known = "\n".join(" ".join(each.split()) for text in texts for each in (text, re.sub(r"<[^>]*>", "", text)))
    found: dict[str, str] = {}
    for name, html in pages:
        for piece in Visible(html).outside:
            for part in filter(WORD.search, SEPARATOR.split(URL.sub("", piece))):
                if " ".join(part.split()).strip("…“”:, ") not in known and not KEYS.fullmatch(part):
                    found.setdefault(part.strip(), name)
    return [f"{piece!r} in {name}" for piece, name in found.items()]


def test_every_visible_string_of_a_page_is_translatable() -> None:
    site = Site()
    for pages in (lists, essays, replies, around_a_comment, subscriptions, accounts, problems):
        pages(site)
    assert len(site.pages) > 100
    assert not (wrong := untranslated(site.pages.items())), "\n".join(wrong)


def test_every_visible_string_of_our_admin_pages_is_translatable() -> None:
    """Follow the links of the admin; the pages of other packages' models are left out."""
    Site()
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    client.force_login(make.owner())
    pages: dict[str, str] = {}
    waiting = ["/admin/"]
    while waiting and len(pages) < MAX_ADMIN_PAGES:
        path = waiting.pop(0)
        response = client.get(path)
        if response.status_code == 200 and response.headers["Content-Type"].startswith("text/html"):
            pages[path] = response.content.decode()
            found = re.findall(r'href="(/admin/[^"#?]*)', pages[path])
            waiting += [
                link for link in dict.fromkeys(found) if link not in {*pages, *waiting} and not OTHERS.match(link)
            ]
    assert len(pages) > 40
    wrong = untranslated(pages.items(), others=["Search", "Tasks Database Backend"])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("send", SENDINGS, ids=lambda send: send.__name__)
def test_every_string_of_an_email_is_translatable(send: Callable[..., None], essay: object) -> None:
    mail.outbox.clear()
    send(essay)
    run_ready_jobs()
    outbox.send()
    assert mail.outbox
    emails: list[tuple[str, str]] = []
    for message in mail.outbox:
        parts = [message.subject, message.body, *(part[0] for part in getattr(message, "alternatives", []))]
        emails += [(str(message.subject), str(part)) for part in parts]
    assert not (wrong := untranslated(emails)), "\n".join(wrong)
