"""Essays from the editor or an import: stored, rendered and converted to text."""

from pathlib import Path

import pytest
from django.utils import translation

from blog import markup
from tests.blog import reading

REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "publishing"


@pytest.mark.parametrize(
    ("html", "stored"),
    [
        ("<h1>A</h1><h2>B</h2><h5>C</h5><h6>D</h6>", "<h2>A</h2><h2>B</h2><h4>C</h4><h4>D</h4>"),
        ("bare words", "<p>bare words</p>"),
        ("<div><div>a</div>b</div>", "<p>a</p><p>b</p>"),
        ("<p>a\nb</p>\n\n<p>c</p>", "<p>a\nb</p><p>c</p>"),
        ("<p>&nbsp;</p><p></p><p><b> </b></p>", ""),
        ("<p>one<br>&nbsp;&nbsp;indented</p>", "<p>one<br>\u00a0\u00a0indented</p>"),
        ("<p><b><p>a</b>b</p>", "<p><b>a</b>b</p>"),
        ("<table><tr><td>1<td>2</table>", "<table><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"),
        (
            "<table><caption><p>c</p></caption><thead><th scope=col colspan=2 style=x>h</thead></table>",
            '<table><caption>c</caption><thead><tr><th colspan="2" scope="col">h</th></tr></thead></table>',
        ),
        ("<td>stray</td><li>item</li><dd>x</dd>", "<p>stray</p><p>item</p><p>x</p>"),
        ("<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"),
        ("<ul>words<li>a<ul><li>b</ul></ul>", "<ul><li>words</li><li>a<ul><li>b</li></ul></li></ul>"),
        (
            "<ol start=3 reversed type=i><li value=7>a</ol>",
            '<ol start="3" reversed="" type="i"><li value="7">a</li></ol>',
        ),
        ("<details open><summary>s</summary>w</details>", "<details><summary>s</summary>w</details>"),
        ('<blockquote class="pull big">x</blockquote>', '<blockquote class="pull"><p>x</p></blockquote>'),
        ('<p class="pull" id="x" role="alert" style="y" data-z="1">x</p>', "<p>x</p>"),
        ('<p lang="fr" dir="ltr">x</p>', '<p lang="fr" dir="ltr">x</p>'),
        ('<span lang="fr">x</span><span class="y">z</span>', '<p><span lang="fr">x</span>z</p>'),
        ("x<sub>i<sub>j</sub></sub><sup>2</sup>", "<p>x<sub>i<sub>j</sub></sub><sup>2</sup></p>"),
        (
            "<strike>a</strike><tt>b</tt><acronym title=t>c</acronym>",
            '<p><s>a</s><code>b</code><abbr title="t">c</abbr></p>',
        ),
        ('<time datetime="2026-11-24">x</time>', '<p><time datetime="2026-11-24">x</time></p>'),
        ("<pre>a\n\n<b>\n\nb</b>\n<br>\n</pre>", "<pre>a<b>\n\n\nb</b></pre>"),
        ("<pre>\n\n  a\n   b</pre>", "<pre>  a\n   b</pre>"),
        ("<!-- wp:paragraph --><p>x</p><!-- /wp:paragraph -->", "<p>x</p>"),
    ],
)
def test_an_essay_keeps_the_allowed_markup(html: str, stored: str) -> None:
    assert markup.clean_essay(html) == stored


@pytest.mark.parametrize(
    ("html", "stored"),
    [
        ('<figure class="wide"><img src="/media/a.png"><figcaption>c</figcaption></figure>',) * 2,
        ('<figure class="alignwide x">w</figure>', '<figure class="wide">w</figure>'),
        ("<img src='data:image/png;base64,x'><img src='javascript:x'><img src='//e.example/x.png'><img>", "//e"),
        (
            "<img src='http://e.example/a b.png' alt='a \"b\" <c>' width=10 height=x onerror=y srcset=z loading=lazy>",
            "%20",
        ),
    ],
)
def test_a_picture_keeps_its_position_and_alternative_text(html: str, stored: str) -> None:
    expected = {
        html: stored.replace('.png">', '.png" alt="">'),
        "//e": '<p><img src="https://e.example/x.png" alt=""></p>',
        "%20": '<p><img src="http://e.example/a%20b.png" alt="a &quot;b&quot; &lt;c&gt;" width="10"></p>',
    }
    assert markup.clean_essay(html) == expected.get(stored, expected[html])


@pytest.mark.parametrize(
    ("address", "href"),
    [
        ("https://e.example/", 'href="https://e.example/" rel="noopener"'),
        ("//e.example/x", 'href="https://e.example/x" rel="noopener"'),
        ("mailto:a@e.example", 'href="mailto:a@e.example" rel="noopener"'),
        ("/2026/11/24/other/", 'href="/2026/11/24/other/"'),
        ("#h-part", 'href="#h-part"'),
        ("?p=123", 'href="?p=123"'),
        ("other/", 'href="other/"'),
    ],
)
def test_an_essay_can_link_within_the_site_and_without_nofollow(address: str, href: str) -> None:
    assert markup.clean_essay(f'<a href="{address}" target=_blank class=x>x</a>') == f"<p><a {href}>x</a></p>"


@pytest.mark.parametrize(
    ("typed", "href"),
    [
        ("example.org/x", "https://example.org/x"),
        ("www.example.org", "https://www.example.org"),
        ("Example.ORG?x=1", "https://Example.ORG?x=1"),
        ("example.org:8080/x", "https://example.org:8080/x"),
        ("//example.org/x", "https://example.org/x"),
        ("me@example.org", "mailto:me@example.org"),
        ("me@example.org?subject=Hello", "mailto:me@example.org"),
        ("müller.de/x", "https://müller.de/x"),
        ("例え.jp", "https://例え.jp"),
        ("пример.рф/x", "https://пример.рф/x"),
        ("उदाहरण.भारत/x", "https://उदाहरण.भारत/x"),
        ("xn--e1afmkfd.xn--p1ai", "https://xn--e1afmkfd.xn--p1ai"),
        ("192.0.2.1/x", "https://192.0.2.1/x"),
        ("notes.md/about", "https://notes.md/about"),
    ],
)
def test_a_link_typed_without_its_scheme_gets_one(typed: str, href: str) -> None:
    assert markup.link_targets(markup.clean_essay(f'<a href="{typed}">x</a>')) == [href]
    assert markup.unclear_links(markup.clean_essay(f'<a href="{typed}">x</a>')) == []


@pytest.mark.parametrize(
    "path", ["/about/", "#note", "../x", "./notes.md", "chapter-2.html", "a.b.pdf", "v1.2", "?p=1"]
)
def test_a_relative_link_stays_as_it_is(path: str) -> None:
    assert markup.link_targets(markup.clean_essay(f'<a href="{path}">x</a>')) == [path]
    assert markup.unclear_links(markup.clean_essay(f'<a href="{path}">x</a>')) == []


@pytest.mark.parametrize("typed", ["notes.md", "notes.md#part", "readme.io", "example.unheardof/x", "me@example.org/x"])
def test_a_link_that_may_be_a_site_or_a_file_is_unclear(typed: str) -> None:
    assert markup.unclear_links(markup.clean_essay(f'<a href="{typed}">x</a>')) == [typed]


def test_wordpress_newlines_count_on_request() -> None:
    html = "one\ntwo\n\n<h2>x</h2>\nthree\n\n<pre>a\n\nb</pre>"
    assert markup.clean_essay(html, newlines=True) == "<p>one<br>two</p><h2>x</h2><p>three</p><pre>a\n\nb</pre>"


def test_wordpress_embeds_become_links() -> None:
    html = "<figure><div>\nhttps://video.example/x\n</div><figcaption>c</figcaption></figure>"
    link = '<a href="https://video.example/x" rel="noopener">https://video.example/x</a>'
    assert markup.clean_essay(html, newlines=True) == f"<figure>{link}<figcaption>c</figcaption></figure>"
    assert "<a " not in markup.clean_essay(html)


# Notes

NOTED = (
    '<h2>The start</h2><p>Foo<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup> bar'
    '<sup><a id="ref-2" href="#note-2" role="doc-noteref">2</a></sup></p>'
    '<section role="doc-endnotes"><ol><li id="note-1"><p>The note.</p></li><li id="note-2">Other</li></ol></section>'
)


def test_an_essay_keeps_its_notes_and_renders_them_with_backlinks() -> None:
    assert markup.clean_essay(NOTED) == NOTED
    assert markup.render(NOTED, "e1-") == (
        '<h2 id="e1-h-the-start">The start</h2>'
        '<p>Foo<sup><a id="e1-ref-1" href="#e1-note-1" role="doc-noteref" aria-label="Note 1">1</a></sup> bar'
        '<sup><a id="e1-ref-2" href="#e1-note-2" role="doc-noteref" aria-label="Note 2">2</a></sup></p>'
        '<section aria-label="Notes" role="doc-endnotes"><ol><li id="e1-note-1"><p>The note.'
        '\u00a0<a href="#e1-ref-1" role="doc-backlink" aria-label="Back to reference 1">↑</a></p></li>'
        '<li id="e1-note-2">Other'
        '\u00a0<a href="#e1-ref-2" role="doc-backlink" aria-label="Back to reference 2">↑</a></li></ol></section>'
    )


@pytest.mark.parametrize(
    "html",
    [
        '<p id="note-1">x</p>',
        '<ul><li id="note-1">x</li></ul>',
        '<p><a id="ref-1" href="https://e.example/" role="doc-noteref">x</a></p>',
        '<p><a id="respond" href="#note-1">x</a></p>',
        '<section role="main"><p>x</p></section>',
        '<h2 id="comments" role="doc-endnotes">x</h2>',
    ],
)
def test_other_ids_and_roles_are_dropped(html: str) -> None:
    stored = markup.clean_essay(html)
    assert " id=" not in stored
    assert " role=" not in stored


def test_a_note_to_be_written_later_keeps_its_number() -> None:
    mark = '<sup><a id="ref-{0}" href="#note-{0}" role="doc-noteref">{0}</a></sup>'
    source = (
        f"<p>One{mark.format(1)} two{mark.format(2)}</p>"
        '<section role="doc-endnotes"><ol><li id="note-1"></li><li id="note-2">Written.</li></ol></section>'
    )
    assert markup.clean_essay(source) == source
    assert markup.clean_comment('<ol><li id="note-1"></li><li>a</li></ol>') == "<ol><li>a</li></ol>"


def test_an_id_is_used_once() -> None:
    twice = markup.clean_essay(NOTED + NOTED)
    assert twice.count('id="note-1"') == twice.count('id="ref-1"') == 1


# Rendering


def test_an_essay_without_notes_is_rendered_unchanged() -> None:
    assert markup.render("<p>x</p>", "e1-") == "<p>x</p>"


def test_headings_get_ids_and_the_second_level_is_listed() -> None:
    essay = '<h2>What <em>is</em> it?</h2><h3>Why</h3><h2>What is it?</h2><h2>…</h2><h2 lang="ru">Кто</h2>'
    listed = markup.table_of_contents(essay, "e1-")
    assert listed == [
        ("e1-h-what-is-it", "What is it?"),
        ("e1-h-what-is-it-2", "What is it?"),
        ("e1-h-section", "…"),
        ("e1-h-кто", "Кто"),
    ]
    drawn = markup.render(essay, "e1-")
    assert [drawn.count(f'id="{id_}"') for id_, _ in listed] == [1, 1, 1, 1]
    assert '<h3 id="e1-h-why">' in drawn


def test_paragraphs_have_ids_on_request_but_not_those_of_notes() -> None:
    essay = '<p>a</p><pre>b</pre><blockquote><p lang="fr">c</p></blockquote><ul><li><p>d</p></li></ul>'
    notes = '<section role="doc-endnotes"><ol><li id="note-1"><p>e</p></li></ol></section>'
    assert " id=" not in markup.render(essay, "e1-")
    drawn = markup.render(essay + notes, "e1-", paragraphs_have_ids=True)
    ids = [element.get("id") for element in reading.elements(drawn) if element.tag == "p"]
    assert ids == ["e1-p-1", "e1-p-2", "e1-p-3", None]
    assert '<p id="e1-p-2" lang="fr">c</p>' in drawn
    assert markup.render(essay + notes, "e1-", paragraphs_have_ids=True) == drawn


def test_pictures_are_loaded_lazily() -> None:
    assert '<img loading="lazy" decoding="async" src="/a.png" alt="">' in markup.render(
        '<p><img src="/a.png" alt=""></p>', ""
    )


def test_the_labels_of_notes_and_backlinks_are_translated() -> None:
    with translation.override("de"):
        assert "aria-label" in markup.render(NOTED, "e1-")


# Plain text


def test_plain_text_omits_marks_and_tags() -> None:
    essay = (
        NOTED
        + "<ul><li>a</li><li>b<ul><li>b &lt; c</li></ul></li></ul><table><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    )
    assert markup.plain_text(essay).split("\n") == [
        "The start",
        "Foo bar",
        "The note.",
        "Other",
        "a",
        "b",
        "b < c",
        "1 2",
    ]
    assert markup.plain_text("<p>soft\u00adhyphen one<br>two</p>") == "softhyphen one\ntwo"


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>One two, three.</p>", 3),
        ("<p>don’t well-being</p>", 2),
        (NOTED, 4),
        ("<p>日本語です</p>", 5),
        ("", 0),
        ("<p>—</p>", 0),
    ],
)
def test_words_are_counted_without_notes(html: str, words: int) -> None:
    assert markup.count_words(html) == words


def test_an_excerpt_is_the_beginning_in_one_line() -> None:
    assert markup.excerpt(NOTED, 2) == "Foo bar"
    assert markup.excerpt(NOTED, 1) == "Foo…"
    assert markup.excerpt("<p>One, two; three.</p><p>Four</p>", 2) == "One, two…"
    assert markup.excerpt("<h2>A head</h2><p>One.</p><table><tr><td>2</td></tr></table><p>Three.</p>") == "One. Three."
    assert markup.excerpt("<h2>A head</h2><pre>and code</pre>") == "A head and code"
    assert (
        markup.excerpt("<figure><figcaption>Hill</figcaption></figure>" + "<p>One two.</p>" * 80, 3) == "One two. One…"
    )
    assert markup.excerpt("") == ""


@pytest.mark.parametrize("path", sorted(REAL.glob("essays/*.xhtml")), ids=lambda path: path.stem)
def test_a_real_essay_keeps_its_words(path: Path) -> None:
    essay = markup.clean_essay(path.read_text(encoding="utf-8"))
    assert markup.clean_essay(essay) == essay
    assert reading.faults(essay, reading.ESSAY) == []
    assert markup.count_words(essay) > 300
