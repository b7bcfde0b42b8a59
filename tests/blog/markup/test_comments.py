"""Comments as people type them, and the HTML they become."""

import pytest

from blog import markup

REL = 'rel="nofollow ugc noopener"'


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Hello *world*\nline two", "<p>Hello <em>world</em><br>line two</p>"),
        ("one\n\n\n\ntwo", "<p>one</p><p>two</p>"),
        ("- a\n- b\n\n5. c", '<ul><li>a</li><li>b</li></ul><ol start="5"><li>c</li></ol>'),
        ("> quoted\n\nanswer", "<blockquote><p>quoted</p></blockquote><p>answer</p>"),
        ("```\n<b> & </b>\n```", "<pre><code>&lt;b&gt; &amp; &lt;/b&gt;</code></pre>"),
        ("`**not strong**`", "<p><code>**not strong**</code></p>"),
        ("# A heading", "<p><strong>A heading</strong></p>"),
        ("a\n\n---\n\nb", "<p>a</p><p>* * *</p><p>b</p>"),
        ("a line\n---", "<p>a line</p><p>* * *</p>"),
        ("~~gone~~ <del>too</del>", "<p><s>gone</s> <del>too</del></p>"),
        ("    indented is no code", "<p>indented is no code</p>"),
        (
            "[a]: http://e.example\n\n[a]",
            f'<p>[a]: <a href="http://e.example" {REL}>http://e.example</a></p><p>[a]</p>',
        ),
        ("![a picture](http://e.example)", f'<p>!<a href="http://e.example" {REL}>a picture</a></p>'),
        ("1 < 2 && 3 > 2", "<p>1 &lt; 2 &amp;&amp; 3 &gt; 2</p>"),
        ("caf&eacute; &copy; &amp;lt;", "<p>café © &amp;lt;</p>"),
        ("", ""),
        ("\n \n", ""),
    ],
)
def test_a_comment_is_simple_markdown(typed: str, shown: str) -> None:
    assert markup.clean_comment(typed) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<b>a</b> <STRONG>b</STRONG>", "<p><b>a</b> <strong>b</strong></p>"),
        ("<b>bold\n\nstill</b> not", "<p><b>bold</b></p><p><b>still</b> not</p>"),
        ("<b>a <i>b</b> c</i>", "<p><b>a <i>b</i></b> <i>c</i></p>"),
        (
            "<blockquote>\n*He*\n\nsaid\n</blockquote>\nI",
            "<blockquote><p><em>He</em></p><p>said</p></blockquote><p>I</p>",
        ),
        ("<ul><li>one<li>two</ul>", "<ul><li>one</li><li>two</li></ul>"),
        ("<li>no list</li>", "<p>no list</p>"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("a<br><br><br><br>b<br>", "<p>a<br><br>b</p>"),
        ('<abbr title="so called">x</abbr>', '<p><abbr title="so called">x</abbr></p>'),
        ("a <div> is no <script>", "<p>a &lt;div&gt; is no &lt;script&gt;</p>"),
        ("</p></blockquote></div>", "<p>&lt;/div&gt;</p>"),
        ("<b></b><i> </i><p></p>", ""),
        ('<b class="x" onclick="y">a</b>', "<p><b>a</b></p>"),
    ],
)
def test_allowed_tags_work_and_others_are_shown_as_text(typed: str, shown: str) -> None:
    assert markup.clean_comment(typed) == shown


@pytest.mark.parametrize(
    ("typed", "href", "words"),
    [
        ("[x](https://e.example/a?b=1&c=2#d)", "https://e.example/a?b=1&amp;c=2#d", "x"),
        ('<a href="http://e.example" target="_blank" rel="author">x</a>', "http://e.example", "x"),
        ("<a href='http://e.example/?a=1&copy=2'>x</a>", "http://e.example/?a=1&amp;copy=2", "x"),
        ("<https://e.example>", "https://e.example", "https://e.example"),
        ("https://e.example/a_b*c", "https://e.example/a_b*c", "https://e.example/a_b*c"),
        ("HTTPS://E.example/A", "https://E.example/A", "HTTPS://E.example/A"),
        ("www.e.example", "https://www.e.example", "www.e.example"),
        ("[x](e.example/page)", "https://e.example/page", "x"),
        ("[x](mailto:me@e.example?subject=spam)", "mailto:me@e.example", "x"),
        ("[x](http:/\\e.example\\a)", "http://e.example/a", "x"),
        ("[x](http://bücher.example)", "http://bücher.example", "x"),
        ("http://аpple.example/x", "http://xn--pple-43d.example/x", "http://xn--pple-43d.example/x"),
        ("<http://аррӏе.example>", "http://xn--80ak6aa92e.example", "http://xn--80ak6aa92e.example"),
        ("[x](<http://e.example/a b>)", "http://e.example/a%20b", "x"),
        ("[x](http://%65.example)", "http://e.example", "x"),
    ],
)
def test_a_link_leads_where_it_says_with_nofollow(typed: str, href: str, words: str) -> None:
    assert markup.clean_comment(typed) == f'<p><a href="{href}" {REL}>{words}</a></p>'


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://e.example",
        "//e.example", "/\\e.example", "\\\\e.example", "/accounts/logout/", "#comment-1", "?next=x", "page/", "http://", "http:///",
        "http://user@e.example/", "http://bank.example:80@e.example/", "http://bank.example%40e.example/", "http://e.example:x/",
        "http://[e.example", "http://a b.example", "http://℀.example", "https://" + "a" * 2000, "mailto:", "mailto:a", "tel:123",
    ],
)  # fmt: skip
def test_an_address_of_another_kind_is_not_linked(address: str) -> None:
    assert markup.clean_comment_html(f'<a href="{address}">x</a>') == "<p>x</p>"


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("see http://e.example/a, and", ["http://e.example/a"]),
        ("(http://e.example/a_(b)) http://e.example/x.", ["http://e.example/a_(b)", "http://e.example/x"]),
        ("“http://e.example/” 见http://f.example/。好", ["http://e.example/", "http://f.example/"]),
        (
            "**http://e.example/__init__.py** _(http://e.example/*a*)_",
            ["http://e.example/__init__.py", "http://e.example/*a"],
        ),
        ("[about http://e.example/](http://f.example/)", ["http://f.example/"]),
        ('"http://e.example/"<b>http://f.example</b>', ["http://e.example/", "http://f.example"]),
        ("xhttp://e.example me@www.e.example e.example readme.md", []),
        ("data://example.com and ssh://example.com", []),
        ("`http://e.example` <code>www.e.example</code>", []),
        ("http://... www. www", []),
    ],
)
def test_addresses_in_the_text_become_links_without_the_punctuation_around_them(text: str, linked: list[str]) -> None:
    assert list(dict.fromkeys(markup.link_targets(markup.clean_comment(text)))) == linked


def test_at_most_a_hundred_links_are_made_and_the_rest_stay_text() -> None:
    html = markup.clean_comment("http://e.example/ " * 500 + "[x](http://e.example/)" * 500)
    assert len(markup.link_targets(html)) == 100
    assert markup.plain_text(html).count("http://e.example/") == 500


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (
            "one\ntwo\n\nthree <ul>\n<li>a\n<li>b</ul>\n<div>x</div>y<script>alert(1)</script>",
            "<p>one<br>two</p><p>three</p><ul><li>a</li><li>b</li></ul><p>x</p><p>y</p>",
        ),
        ("<p>one<br />\ntwo</p>\n<p>three</p>", "<p>one<br>two</p><p>three</p>"),
        ("<pre>a\n\n\nb</pre>", "<pre>a\n\n\nb</pre>"),
        ("*not* # Markdown > here", "<p>*not* # Markdown &gt; here</p>"),
        ("<h3>head</h3>text", "<p>head</p><p>text</p>"),
        ('<span style="color:red">red</span> <font>f</font><img src="http://e.example/x.png">', "<p>red f</p>"),
        ("a < b and <3 & c", "<p>a &lt; b and &lt;3 &amp; c</p>"),
        ("an unfinished <a href='http://e.example/ tag", "<p>an unfinished &lt;a href='LINK tag</p>"),
        ("<!-- hidden -->shown<!-- never ended", "<p>shown&lt;!-- never ended</p>"),
        ("<td>a</td><td>b</td>", "<p>a</p><p>b</p>"),
    ],
)
def test_an_imported_comment_is_html_with_significant_newlines(html: str, shown: str) -> None:
    link = f'<a href="http://e.example/" {REL}>http://e.example/</a>'
    assert markup.clean_comment_html(html) == shown.replace("LINK", link)


@pytest.mark.parametrize(
    "typed",
    [
        "&#8238;desrever &#x202E;again", "&#x200b;&#xfeff;&#173;x", "a&#0;b&#1;c&#27;[31m", "&#xe0041;&#x2066;", "\u202ex\u202c",
        "a\x00\x08\x1b\x9bb", "a\ud800b", "\ufdd0\uffff\U0001ffff",
    ],
)  # fmt: skip
def test_invisible_characters_are_removed_even_from_entities(typed: str) -> None:
    for html in (markup.clean_comment(typed), markup.clean_comment_html(typed), markup.clean_essay(f"<p>{typed}</p>")):
        assert not set(html) & set(
            "\x00\x01\x08\x1b\x9b\u200b\u202e\u202c\u2066\ufeff\ud800\ufdd0\uffff\U0001ffff\U000e0041"
        )


def test_blank_lines_cannot_make_a_comment_tall() -> None:
    assert markup.clean_comment("\n" * 10_000 + "x") == "<p>x</p>"
    assert markup.clean_comment("a\n" + "&nbsp;\n" * 1000 + "b").count("<br>") < 5
    assert markup.clean_comment("```\na" + "\n" * 1000 + "b\n```") == "<pre><code>a\n\n\nb</code></pre>"
    assert markup.clean_comment_html("<br>" * 1000 + "<p>&nbsp;</p>" * 1000 + "x") == "<p>x</p>"


@pytest.mark.parametrize(
    "text",
    [
        "> " * 500 + "the end",
        "- " * 500 + "the end",
        "<blockquote>" * 500 + "the end",
        "".join("  " * level + "- x\n" for level in range(100)) + "  " * 100 + "- the end",
        "line\n\n" * 5000 + "the end",
        "*x* " * 5000 + "the end",
        "<q>" * 500 + "the end",
        "[" * 500 + "x](http://e.example/) the end",
    ],
)
def test_no_text_is_lost_beyond_any_limit(text: str) -> None:
    assert markup.plain_text(markup.clean_comment(text)).endswith("the end")


@pytest.mark.parametrize("depth", [1, 7, 8, 9, 50])
def test_a_link_inside_brackets_is_a_link(depth: int) -> None:
    html = markup.clean_comment("[" * depth + "x](http://e.example/)" + "]" * (depth - 1))
    link = f'<a href="http://e.example/" {REL}>x</a>'
    assert html == f"<p>{'[' * (depth - 1)}{link}{']' * (depth - 1)}</p>"


def test_links_are_listed_in_order() -> None:
    html = markup.clean_comment("[a](http://e.example/?a=1&b=2) www.f.example/x mailto:no <b>http://g.example</b>")
    assert markup.link_targets(html) == ["http://e.example/?a=1&b=2", "https://www.f.example/x", "http://g.example"]
