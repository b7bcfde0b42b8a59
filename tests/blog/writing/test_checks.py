"""Checks of an essay while it is written, which never prevent publishing."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Essay, Image, Redirect, Tag
from blog.writing import checks
from tests import make
from tests.blog.writing.test_admin import ESSAYS, client_of, fields
from tests.comments.browser_client import Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NOTED = (
    '<p>So<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup>.</p>'
    '<section role="doc-endnotes"><ol><li id="note-1"><p>It is.</p></li></ol></section>'
)


def test_a_formula_that_cannot_be_converted_is_found_where_formulas_are_on() -> None:
    body = r"<p>So \(a^2\), but \(\frac{a}{\) and<br>\(\frac{a}{\).</p><pre><code>\(\frac{\)</code></pre>"
    found = checks.check(title="Title", excerpt="About it.", body=body, has_formulas=True)
    assert [(each.kind, each.where) for each in found] == [("formula", r"\frac{a}{")]
    assert checks.check(title="Title", excerpt="About it.", body=body) == []


def check(body: str = "<p>Words.</p>", title: str = "Title", excerpt: str = "About it.") -> list[tuple[str, str]]:
    return [(found.kind, found.where) for found in checks.check(title=title, excerpt=excerpt, body=body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>Words.</p>", []),
        ("<h2>A</h2><h3>B</h3><h4>C</h4><h2>D</h2><h3>E</h3>", []),
        ("<h3>B</h3>", [("heading", "B")]),
        ("<h2>A</h2><h4>C <em>c</em></h4>", [("heading", "C c")]),
        ('<p><img src="/media/a/hill.jpg" alt="A hill"></p>', []),
        ('<figure><img src="/media/a/hill.jpg" alt=" "></figure>', [("alt", "hill.jpg")]),
        ('<p>As <a href="https://a.example">Kant said</a>.</p>', []),
        ('<p>See <a href="https://a.example">Here.</a></p>', [("link", "Here.")]),
        ('<p>See <a href="https://a.example"> </a></p>', [("link", "https://a.example")]),
        ('<p><a href="https://a.example"><img src="x.png" alt="The map"></a></p>', []),
        (NOTED, []),
        (NOTED.replace("It is.", ""), [("note", "1")]),
        (NOTED.partition("<section")[0], [("note", "1")]),
        (NOTED.partition("</p>")[2], [("mark", "It is.")]),
        (f"<p>{'word ' * 250}</p>", []),
        (f"<p>{'word ' * 251}</p>", [("paragraph", "word word word word word word word word word word word word…")]),
    ],
)
def test_each_problem_is_found_at_its_place(body: str, expected: list[tuple[str, str]]) -> None:
    found = check(body)
    assert [kind for kind, _ in found] == [kind for kind, _ in expected]
    if expected and expected[0][0] != "paragraph":
        assert found == expected


def test_title_and_excerpt_are_checked() -> None:
    assert check(title="x" * 60) == []
    assert check(title="x" * 61, excerpt=" ") == [("title", ""), ("excerpt", "")]


def post_check(client: Client, **sent: Any) -> Any:
    return client.post(f"{ESSAYS}check/", {"title": "T", "excerpt": "E", "body": "", **sent})


def test_dead_links_within_the_site_are_found() -> None:
    out, waits = make.essay("Out"), make.essay("Waits", published=timezone.now() + timedelta(days=9))
    make.essay("About", kind="page")
    Redirect.objects.create(old_path="/2011/03/05/old/", essay=out)
    tag = Tag.objects.ensure("Vows")
    fine = [
        out.get_absolute_url(), f"{out.get_absolute_url()}?order=newest#comments", waits.get_absolute_url(), "/about/", "/",
        "/2011/03/05/old/", tag.get_absolute_url(), "http://127.0.0.1:8000/about/", "https://a.example/none/", "mailto:a@b.example",
        "/archive/", "/feed/", "#part",
    ]  # fmt: skip
    dead = [
        "/none/",
        "/2026/01/01/none/",
        "/tag/none/",
        "/author/nobody/",
        "/media/none.jpg",
        "http://127.0.0.1:8000/no/",
    ]
    body = "".join(f'<p><a href="{href}">What it is</a></p>' for href in [*fine, *dead])
    found = post_check(client_of(make.author()), body=body).json()["findings"]
    assert [(finding["kind"], finding["where"]) for finding in found] == [("dead", href) for href in dead]


def test_only_authors_can_run_the_checks() -> None:
    assert post_check(client_of(make.moderator())).status_code == 403


def test_the_form_shows_findings_and_still_saves() -> None:
    author = make.author()
    desk = client_of(author)
    Image.objects.create(file="x.png", width=4, height=3)
    sent = fields(title="x" * 70, body='<h4>C</h4><p><img src="/media/x.png"></p>')
    assert desk.post(f"{ESSAYS}add/", sent).status_code == 302
    essay = Essay.objects.get()
    words = Page(desk.get(f"{ESSAYS}{essay.pk}/change/")).text
    for part in ("70 characters", "Don’t skip a level", "no alternative text", "There is no excerpt"):
        assert part in words
