"""Conversion of WordPress's markup to ours, and the report of what was dropped."""

import time

import pytest

from blog import markup
from transfer.wordpress.survey import Attachment
from transfer.wordpress.text import PostText, has_blocks, pictures_as_links

LIBRARY = {
    number: Attachment(
        f"https://old.example/wp-content/uploads/{number}.jpg", f"Alt {number}", f"Caption {number}", "1"
    )
    for number in ("7", "8", "9")
}


def text() -> PostText:
    return PostText(lambda numbers: [LIBRARY[number] for number in numbers or LIBRARY if number in LIBRARY])


def read(body: str, footnotes: str = "") -> str:
    return markup.clean_essay(text().to_html(body, footnotes), newlines=not has_blocks(body))


def mark(number: int) -> str:
    return f'<sup><a id="ref-{number}" href="#note-{number}" role="doc-noteref">{number}</a></sup>'


def notes(*texts: str) -> str:
    items = "".join(f'<li id="note-{number}">{words}</li>' for number, words in enumerate(texts, 1))
    return f'<section role="doc-endnotes"><ol>{items}</ol></section>'


LINKED_NOTE = (
    'A.<sup id="fnref-1-1"><a href="#fn-1-1" class="jetpack-footnote">1</a></sup>\n'
    '<div class="footnotes"><hr /><ol><li id="fn-1-1">A note. <a href="#fnref-1-1">&#8617;</a></li></ol></div>'
)
IMG = '<img src="https://old.example/a.jpg" alt="A">'
FIGURE = f"<figure>{IMG}<figcaption>{{}}</figcaption></figure>"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("One\ntwo\n\nthree", "<p>One<br>two</p><p>three</p>"),
        ("<!-- wp:paragraph -->\n<p>One\ntwo</p>\n<!-- /wp:paragraph -->", "<p>One\ntwo</p>"),
        (f"[caption id='x' width=\"300\"]{IMG} Words[/caption]", FIGURE.format("Words")),
        (f'[caption caption="Old <em>form</em>"]{IMG}[/caption]', FIGURE.format("Old <em>form</em>")),
        (f"[wp_caption]{IMG} Words[/wp_caption]", FIGURE.format("Words")),
        (f"Before [caption]{IMG}[/caption] after", f"<p>Before</p><figure>{IMG}</figure><p>after</p>"),
        ("[caption]No picture[/caption]", "<p>No picture</p>"),
        ("[caption]Never closed", "<p>Never closed</p>"),
        (
            '[gallery ids="8, 7,99" exclude="7"]',
            '<figure><img src="https://old.example/wp-content/uploads/8.jpg" alt="Alt 8"><figcaption>Caption 8</figcaption></figure>',
        ),
        ("[[gallery]] is written so", "<p>[gallery] is written so</p>"),
        ("As he says [sic] and [...] [1]", "<p>As he says [sic] and [...] [1]</p>"),
        ("[youtube=https://youtu.be/x]", '<p><a href="https://youtu.be/x" rel="noopener">https://youtu.be/x</a></p>'),
        ("[embed]https://vimeo.com/1[/embed]", '<p><a href="https://vimeo.com/1" rel="noopener">https://vimeo.com/1</a></p>'),
        ('[audio mp3="https://x.org/a.mp3"][/audio]', '<p><a href="https://x.org/a.mp3" rel="noopener">https://x.org/a.mp3</a></p>'),
        ('[code lang="c"]\nif (a < b)\n  c[1];\n[/code]', '<pre class="language-c">if (a &lt; b)\n  c[1];</pre>'),
        ("[contact-form][contact-field label='Name'/][/contact-form]", ""),
        (
            '<iframe width="560" src="https://www.youtube.com/embed/abc?rel=0" allowfullscreen></iframe>',
            '<p><a href="https://www.youtube.com/watch?v=abc" rel="noopener">https://www.youtube.com/watch?v=abc</a></p>',
        ),
        (
            '<object data="//x.org/a.swf"><param name="movie" value="//x.org/a.swf"><embed src="//x.org/b.swf"></object>',
            '<p><a href="https://x.org/a.swf" rel="noopener">https://x.org/a.swf</a></p>',
        ),
        (
            "<video controls><source src='https://x.org/a.mp4?a=1&amp;b=2'></video>",
            '<p><a href="https://x.org/a.mp4?a=1&amp;b=2" rel="noopener">https://x.org/a.mp4?a=1&amp;b=2</a></p>',
        ),
        ("<iframe src='javascript:alert(1)'></iframe>", ""),
        ("One.[ref]First <em>note</em>.[/ref] Two.[efn_note]Second.[/efn_note]", f"<p>One.{mark(1)} Two.{mark(2)}</p>" + notes("First <em>note</em>.", "Second.")),
        ("[footnote][/footnote]Nothing", "<p>Nothing</p>"),
        (
            LINKED_NOTE,
            f"<p>A.{mark(1)}</p>" + notes("A note."),
        ),
        ('<div class="footnotes"><p>No list.</p></div>', "<p>No list.</p>"),
        ('<a href="#top">Up</a><ol class="footnotes"><li id="x">Kept</li></ol>', '<p><a href="#top">Up</a></p><ol><li>Kept</li></ol>'),
    ],
)  # fmt: skip
def test_wordpress_markup_is_converted(written: str, kept: str) -> None:
    assert read(written) == kept


def test_block_editor_notes_are_numbered_in_the_order_of_their_marks() -> None:
    body = (
        '<!-- wp:paragraph --><p>A.<sup data-fn="b" class="fn"><a href="#b" id="b-link">1</a></sup> '
        'B.<sup data-fn="a" class="fn"><a href="#a">2</a></sup> C.<sup data-fn="gone" class="fn"><a href="#gone">3</a></sup></p>'
        "<!-- /wp:paragraph --><!-- wp:footnotes /-->"
    )
    meta = '[{"id":"a","content":"Of <a href=\\"https://x.org/\\">A</a>."},{"id":"b","content":"Of B."},{"id":"c","content":"Never marked."}]'
    kept = read(body, meta)
    assert kept.startswith(f"<p>A.{mark(1)} B.{mark(2)} C.")
    assert kept.endswith(notes("Of B.", 'Of <a href="https://x.org/" rel="noopener">A</a>.'))


@pytest.mark.parametrize("meta", ["", "[", "{}", "[1]", '[{"id":1}]', "null", "[" * 100_000])
def test_unreadable_notes_leave_the_text_unchanged(meta: str) -> None:
    body = '<!-- wp:paragraph --><p>A.<sup data-fn="a" class="fn"><a href="#a">1</a></sup></p><!-- /wp:paragraph -->'
    assert read(body, meta).startswith("<p>A.")
    assert "doc-noteref" not in read(body, meta)


def test_what_cannot_be_imported_is_reported() -> None:
    on_its_way = text()
    on_its_way.to_html(
        '<!-- wp:latest-posts {"a":1} /--><!-- wp:footnotes /-->[contact-form][/contact-form]<img src="data:image/png;base64,xx">'
        '[gallery ids="99"]<iframe></iframe>[pullquote align="left"]x[/pullquote]<iframe src="https://x.org/"></iframe>'
    )
    assert on_its_way.lost == [
        ("dynamic block(s)", "latest-posts"),
        ("picture(s) embedded in the text as data", ""),
        ("shortcode(s) that (works|work) only in WordPress", "[contact-form]"),
        ("galler(y|ies) whose pictures are not in the file", ""),
        ("embedded player(s) without an address", "iframe"),
    ]
    assert on_its_way.changed == [
        ("plugin shortcode(s) (was|were) left in the text", "[pullquote]"),
        ("embedded player(s) (was|were) replaced by (a link|links)", ""),
    ]


def test_a_picture_in_a_comment_becomes_a_link() -> None:
    assert pictures_as_links('See <img class="x" src="https://x.org/a.jpg?a=1&amp;b=2" alt=""> <img src="x">') == (
        'See <a href="https://x.org/a.jpg?a=1&amp;b=2">https://x.org/a.jpg?a=1&amp;b=2</a> <img src="x">'
    )


WORST = [
    "[caption]", "[[", "[ref ", "[gallery ids=\"", "[a=", "<iframe ", "<iframe>", "<object><video>", "<sup data-fn=", '<sup data-fn="a">',
    '<div class="footnotes">', '<div class="', "<li id=\"", '<a href="#', '<a href="#x">1', "<!-- wp:a ", "<!-- wp:a /", "<img src=data:",
    "https://", "\n \n", "\nhttps://x ", "<", "[", "&", "<sup>", "[code]<", "[caption]<a ", "<embed src=", "http:[",
]  # fmt: skip


@pytest.mark.parametrize("piece", WORST)
def test_no_text_takes_long_to_convert(piece: str) -> None:
    body = (piece * 100_000)[:100_000]
    start = time.process_time()
    text().to_html(body, body)
    pictures_as_links(body)
    assert time.process_time() - start < 0.5
