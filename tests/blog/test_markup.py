"""Comments and essays as people write them, and what becomes of them."""

import pytest

from blog import markup


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Hello *world*\nline two", "<p>Hello <em>world</em><br>line two</p>"),
        ("one\n\n\n\ntwo", "<p>one</p><p>two</p>"),
        ("- a\n- b\n\n5. c", '<ul><li>a</li><li>b</li></ul><ol start="5"><li>c</li></ol>'),
        ("> quoted\n\nanswer", "<blockquote><p>quoted</p></blockquote><p>answer</p>"),
        ("```\n<b> & </b>\n```", "<pre><code>&lt;b&gt; &amp; &lt;/b&gt;\n</code></pre>"),
        ("# A heading", "<p><strong>A heading</strong></p>"),
        ("a\n\n---\n\nb", "<p>a</p><p>* * *</p><p>b</p>"),
        ("~~gone~~ <del>too</del>", "<p><s>gone</s> <del>too</del></p>"),
        ("<blockquote>\nHis *words*\n\nmore\n</blockquote>\nMine", "<blockquote><p>His <em>words</em></p><p>more</p></blockquote><p>Mine</p>"),
        ("a <div> is a <script>", "<p>a &lt;div&gt; is a &lt;script&gt;</p>"),
        ("1 < 2 && 3 > 2", "<p>1 &lt; 2 &amp;&amp; 3 &gt; 2</p>"),
        ("    indented is no code", "<p>indented is no code</p>"),
        ("<b>bold\n\nstill</b> not", "<p><b>bold</b></p><p><b>still</b> not</p>"),
        ("![pic](http://e.example/x.png)", '<p>!<a href="http://e.example/x.png" rel="nofollow ugc noopener">pic</a></p>'),
    ],
)  # fmt: skip
def test_a_comment_is_markdown_in_which_some_tags_may_be_typed(typed: str, shown: str) -> None:
    assert markup.comment(typed) == shown


def test_a_comment_from_wordpress_keeps_its_bare_newlines() -> None:
    html = "one\ntwo\n\nthree <ul>\n<li>a\n<li>b</ul>\n<div>x</div>y<script>alert(1)</script>"
    assert markup.comment_html(html) == "<p>one<br>two</p><p>three</p><ul><li>a</li><li>b</li></ul><p>x</p><p>y</p>"


NOTED = (
    '<p>Foo<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup></p>'
    '<section role="doc-endnotes"><ol><li id="note-1"><p>The note.</p></li></ol></section>'
)


def test_an_essay_keeps_its_notes_and_draws_them_with_ways_back() -> None:
    assert markup.essay(NOTED) == NOTED
    assert markup.draw(NOTED, "e1-") == (
        '<p>Foo<sup><a id="e1-ref-1" href="#e1-note-1" role="doc-noteref">1</a></sup></p>'
        '<section aria-label="Notes" role="doc-endnotes"><ol><li id="e1-note-1"><p>The note.'
        '\u00a0<a href="#e1-ref-1" role="doc-backlink" aria-label="Back to the text at note 1">↑</a></p></li></ol></section>'
    )
