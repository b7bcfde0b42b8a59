"""The email of a new essay: HTML that email programs support, and a text that is worth reading."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from blog.models import Authorship, Image, Series
from comments import jobs
from comments.models import Address, Subscription
from tests import make
from tests.blog.email_programs import EmailReader
from tests.blog.essay_forms import long_essay
from tests.blog.strange_essay import LONG, PIXEL, strange_essay

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def send(body: str, by: User, **fields: Any) -> tuple[str, str]:
    """Publish an essay; return the HTML and the text of its email."""
    now = timezone.now()
    address = Address.objects.create(email="rosa@example.org", verified=now)
    Subscription.objects.create(address=address, kind="essays", confirmed=now - timedelta(hours=3))
    essay = make.essay("Of Letters", by=by, body=body, published=now - timedelta(hours=1), **fields)
    Authorship.objects.create(essay=essay, author=make.author("tomas", name="Tomás Vega"), position=1)
    make.announce(essay)
    jobs.send_due.call()
    (message,) = [each for each in mail.outbox if each.to == ["rosa@example.org"]]
    return str(message.alternatives[0][0]), str(message.body)  # type: ignore[attr-defined]


def test_the_html_has_only_what_email_programs_support(author: User) -> None:
    html, _ = send(strange_essay(), author, deck="With a subtitle")
    assert EmailReader(html).problems == []
    assert "Miriam Achterberg</bdi> and <bdi>Tomás Vega</bdi> · " in html
    assert " min read" in html


def test_a_picture_is_as_wide_as_itself_and_never_wider_than_the_text(author: User) -> None:
    Image.objects.create(file="images/2026/12/small.png", width=240, height=100)
    Image.objects.create(file="images/2026/12/wide.png", width=2400, height=1200)
    html, _ = send(
        f'<p><img src="{PIXEL}" alt="Wide"> <img src="/media/images/2026/12/small.png" alt="Small"></p>', author
    )
    assert re.findall(r'<img src="[^"]*/(\w+\.png)" alt="\w+" width="(\d+)"', html) == [
        ("wide.png", "600"),
        ("small.png", "240"),
    ]


def test_an_essay_that_gmail_would_clip_ends_earlier_with_its_notes_and_a_link(author: User) -> None:
    html, text = send(long_essay(30_000), author)
    assert EmailReader(html).problems == []
    assert "Continue reading online" in html
    marks = re.findall(r'href="#e\d+-(note-\d+)"', html)
    assert marks
    assert re.findall(r'<a name="e\d+-(note-\d+)"></a>', html) == marks
    assert html.index(">Unsubscribe<") > html.index("Continue reading online")
    assert "[62] Note 62" in text


def test_the_text_keeps_lists_quotations_code_links_and_notes(author: User) -> None:
    _, text = send(strange_essay(), author, series=Series.objects.create(title="Letters", slug="letters"))
    assert "heard another word.[1] See https://example.org/a-very" in text
    assert "\n- one\n  - two\n    - three\n" in text
    assert "\n    def answer(question: str) -> str:\n        return '" in text
    assert "\n> the promise" in text
    assert "\n>\n> > the promise" in text
    assert "\n7. the promise" in text
    assert "\nYear | Population | Emigration" in text
    assert "[A wide map of the coast] <http" in text
    assert f"\n\n[1] A note with {LONG}." in text


def test_links_to_headings_lead_to_them_in_the_html_and_have_no_address_in_the_text(author: User) -> None:
    html, text = send('<p>As <a href="#h-below">said there</a>.</p><h2>Below</h2><p>End.</p>', author)
    linked = re.search(r'<a href="#([^"]*)"[^>]*>said there</a>', html)
    assert linked
    assert f'name="{linked[1]}"' in html
    assert "As said there." in text


def test_an_essay_from_right_to_left_is_indented_at_its_right(author: User) -> None:
    html, _ = send("<blockquote><p>אחת</p></blockquote><ul><li>שתיים</li></ul>", author, language="he")
    assert EmailReader(html).problems == []
    assert '<div lang="he" dir="rtl">' in html
    assert re.findall(r'<(?:blockquote|ul) style="margin:0 (\w+) 18px (\w+)', html) == [("24px", "0")] * 2
