"""HTML of other programs becomes clean essays, with structure and notes but without styles."""

import re
from pathlib import Path

import pytest

from blog.editor import Conversion, convert_html
from blog.editor.markdown import build_parser

SHARED = Path(__file__).resolve().parents[4] / "shared/data/publishing/clipboard"

WORD_NOTE = (
    '<a style=\'mso-footnote-id:ftn{n}\' href="#_ftn{n}" name="_ftnref{n}" title=""><span class=MsoFootnoteReference>'
    "<![if !supportFootnotes]><span lang=EN-GB style='font-size:12.0pt'>[{n}]</span><![endif]></span></a>"
)
WORD_NOTES = (
    "<div style='mso-element:footnote-list'><![if !supportFootnotes]><br clear=all><hr align=left size=1 width=\"33%\">"
    "<![endif]>{notes}</div>"
)
WORD_TEXT = (
    "<div style='mso-element:footnote' id=ftn{n}><p class=MsoFootnoteText><a style='mso-footnote-id:ftn{n}'"
    ' href="#_ftnref{n}" name="_ftn{n}" title=""><span class=MsoFootnoteReference>[{n}]</span></a> {text}<o:p></o:p></p>'
    "{more}</div>"
)
ITEM = (
    "<p class=MsoListParagraphCxSpMiddle style='text-indent:-18.0pt;mso-list:l{l} level{level} lfo1'>"
    "<![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>{sign}<span>&nbsp; </span></span>"
    "</span><![endif]>{words}<o:p></o:p></p>"
)


def item(words: str, level: int = 1, sign: str = "&#183;", of: int = 0) -> str:
    return ITEM.format(l=of, level=level, sign=sign, words=words)


def squeezed(html: str) -> str:
    return re.sub(r">\s+<", "><", html)


def is_clean(brought: Conversion) -> bool:
    return not re.search(r"\bstyle=|\bclass=|mso|<o:|<span(?! lang)|<font|file:|data-", brought.html)


def test_footnotes_from_word_become_notes() -> None:
    notes = "".join(
        WORD_TEXT.format(n=n, text=f"Note <i>{n}</i>.", more="<p class=MsoFootnoteText>More.</p>" if n == 2 else "")
        for n in (1, 2)
    )
    source = f"<p class=MsoNormal>One{WORD_NOTE.format(n=1)} two{WORD_NOTE.format(n=2)}.</p>" + WORD_NOTES.format(
        notes=notes
    )
    brought = convert_html(source)
    assert brought.note_count == 2
    assert squeezed(brought.html) == squeezed(
        '<p>One<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup> two<sup><a id="ref-2" href="#note-2" '
        'role="doc-noteref">2</a></sup>.</p><section role="doc-endnotes"><ol><li id="note-1">Note <i>1</i>.</li>'
        '<li id="note-2"><p>Note <i>2</i>.</p><p>More.</p></li></ol></section>'
    )


NOTES_OF = {
    "LibreOffice": (
        '<p>A<a class="sdfootnoteanc" name="sdfootnote1anc" href="#sdfootnote1sym"><sup>1</sup></a> b<a'
        ' class="sdendnoteanc" name="sdendnote1anc" href="#sdendnote1sym"><sup>i</sup></a>.</p>'
        '<div id="sdfootnote1"><p><a class="sdfootnotesym" name="sdfootnote1sym" href="#sdfootnote1anc">1</a> Foot.</p></div>'
        '<div id="sdendnote1"><p><a class="sdendnotesym" name="sdendnote1sym" href="#sdendnote1anc">i</a>End.</p></div>'
    ),
    "Google Docs": (
        '<p><span>A</span><sup><a href="#ftnt1" id="ftnt_ref1">[1]</a></sup><span> b</span><sup><a href="#ftnt2"'
        ' id="ftnt_ref2">[2]</a></sup>.</p><hr><div><p><a href="#ftnt_ref1" id="ftnt1">[1]</a><span>&nbsp;Foot.</span>'
        '</p></div><div><p><a href="#ftnt_ref2" id="ftnt2">[2]</a><span>&nbsp;End.</span></p></div>'
    ),
    "a page of Pandoc's": (
        '<p>A<a href="#fn1" class="footnote-ref" id="fnref1"><sup>1</sup></a> b<a href="#fn2" class="footnote-ref"'
        ' id="fnref2"><sup>2</sup></a>.</p><section class="footnotes"><hr><ol><li id="fn1"><p>Foot.<a href="#fnref1"'
        ' class="footnote-back">↩︎</a></p></li><li id="fn2"><p>End.<a href="#fnref2">↩︎</a></p></li></ol></section>'
    ),
    "a wiki": (
        '<p>A<sup id="cite_ref-1"><a href="#cite_note-1">[1]</a></sup> b<sup id="cite_ref-2"><a href="#cite_note-2">[2]</a>'
        '</sup>.</p><ol class="references"><li id="cite_note-1"><span><b><a href="#cite_ref-1">^</a></b></span> <span>Foot.'
        '</span></li><li id="cite_note-2"><b><a href="#cite_ref-2">^</a></b> <span>End.</span></li></ol>'
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", NOTES_OF)
def test_links_to_and_fro_become_notes(program: str) -> None:
    brought = convert_html(NOTES_OF[program])
    assert squeezed(brought.html) == (
        '<p>A<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup> b<sup><a id="ref-2" href="#note-2" '
        'role="doc-noteref">2</a></sup>.</p><section role="doc-endnotes"><ol><li id="note-1">Foot.</li>'
        '<li id="note-2">End.</li></ol></section>'
    )
    assert brought.lost == []


MARKED = {
    "a wiki's with several ways back": (
        '<p>A<sup id="r0"><a href="#n1">[1]</a></sup> B<sup id="r1"><a href="#n1">[1]</a></sup> C<sup id="r2">'
        '<a href="#n2">[note 1]</a></sup></p><h2>References</h2><ol><li id="n1"><span>^ <a href="#r0"><sup><b>a</b></sup>'
        '</a> <a href="#r1"><sup><b>b</b></sup></a></span> <span>One.</span></li></ol><ol><li id="n2"><b><a href="#r2">^'
        "</a></b> Two.</li></ol>"
    ),
    "a page's that do not lead back": (
        '<p>A<sup><a href="#n1">1</a></sup> B<sup><a href="#n1">1</a></sup> C <a href="#n2">[2]</a></p><h2>Notes</h2>'
        '<ol><li id="n1">One.</li><li id="n2">Two.</li></ol>'
    ),
    "those that somebody typed": (
        "<p>A<sup>1</sup> B C<sup>2</sup></p><hr><p><sup>1</sup> One.</p><p><sup>2</sup> Two.</p>"
    ),
    "a typed list": "<p>A<sup>1</sup> B C<sup>2</sup></p><h3>Notes</h3><ol><li>One.</li><li>Two.</li></ol>",
}


@pytest.mark.parametrize("kind", MARKED)
def test_notes_with_no_or_several_back_links_become_notes(kind: str) -> None:
    brought = convert_html(MARKED[kind])
    assert brought.note_count == 2
    assert re.findall(r'<li id="note-(\d)">(\w+)\.</li>', brought.html) == [("1", "One"), ("2", "Two")]
    assert brought.html.count('role="doc-noteref"') == (3 if "B<sup" in MARKED[kind] else 2)
    assert not re.search("References|Notes<|<hr|[\\^\\[]", brought.html)


@pytest.mark.parametrize(
    "source",
    [
        "<p>1 m<sup>2</sup> and 2 m<sup>2</sup></p><p><sup>2</sup> not a note</p>",  # two of the number
        "<p>A<sup>1</sup></p><p><sup>2</sup> Of another</p>",
        "<p>E = mc<sup>2</sup></p><ol><li>One</li><li>Two</li></ol>",  # no line, no heading
        '<p><a href="#part">1</a></p><h2 id="part">Part</h2><p>x</p>',  # a list of contents
    ],
)
def test_other_superscript_numbers_do_not_become_notes(source: str) -> None:
    assert convert_html(source).note_count == 0


def test_the_last_heading_of_an_essay_stays_before_its_notes() -> None:
    source = NOTES_OF["a page of Pandoc's"].replace(
        '<section class="footnotes">', '<h2>After</h2><section class="footnotes">'
    )
    assert "<h2>After</h2><section" in convert_html(source).html


def test_a_note_with_only_a_picture_is_kept_and_reported() -> None:
    source = NOTES_OF["Google Docs"].replace("Foot.", '<img src="file:///C:/x.png" alt="Plan">')
    brought = convert_html(source)
    assert '<li id="note-1">…</li><li id="note-2">End.</li>' in brought.html
    assert ("empty footnote(s)", "") in brought.lost


def test_a_year_at_the_start_of_a_note_is_kept() -> None:
    source = NOTES_OF["Google Docs"].replace("Foot.", "1914 was long.")
    assert '<li id="note-1">1914 was long.</li>' in convert_html(source).html
    assert '<li id="note-1">1914.</li>' in convert_html(source.replace("1914 was long.", "1914.")).html


def test_a_mark_without_a_note_is_reported() -> None:
    brought = convert_html('<p>A<a href="#_ftn1" name="_ftnref1">[1]</a>.</p>')
    assert brought.lost == [("footnote mark(s) without a footnote", "")]
    assert brought.html == "<p>A[1].</p>"


def test_notes_and_icons_of_a_substack_page_are_not_reported_as_lost() -> None:
    brought = convert_html(
        '<h2>Head<a class="headerlink" href="#head">¶</a></h2><p>Word<a class="footnote-anchor" id="footnote-anchor-1-9" '
        'href="https://name.substack.com/p/one#footnote-1-9">1</a>.</p><button><svg></svg></button>'
        '<div class="footnote"><a id="footnote-1-9" class="footnote-number" '
        'href="https://name.substack.com/p/one#footnote-anchor-1-9">1</a><div><p>A note.</p></div></div>'
    )
    assert "<h2>Head</h2>" in brought.html
    assert (brought.note_count, brought.lost) == (1, [])
    alone = convert_html('<p>Word<a class="footnote-anchor" href="#footnote-1">1</a>.</p>')
    assert alone.lost == [("footnote mark(s) without a footnote", "")]


def test_paragraphs_that_look_like_items_become_lists() -> None:
    source = item("Boots") + item("Laces", 2, "o") + item("Coat") + "<p class=MsoNormal>Then</p>" + (
        item("Leave", of=1, sign="3.") + item("pack", 2, "a)", of=1) + item("Arrive", of=1, sign="4.")
    )  # fmt: skip
    assert squeezed(convert_html(source).html) == (
        "<ul><li>Boots<ul><li>Laces</li></ul></li><li>Coat</li></ul><p>Then</p>"
        '<ol start="3"><li>Leave<ol type="a"><li>pack</li></ol></li><li>Arrive</li></ol>'
    )


def test_lists_keep_their_numbers_and_skip_no_level() -> None:
    source = (
        item("A", sign="c)") + item("deep", 3, "i.") + item("less", 2, "1.")
        + "<p class=MsoListParagraph>more of less</p>" + item("B", sign="d)") + "<p>x</p>" + item("C", sign="IV.")
    )  # fmt: skip
    assert squeezed(convert_html(source).html) == (
        '<ol start="3" type="a"><li>A<ol type="i"><li>deep</li><li><p>less</p><p>more of less</p></li></ol></li>'
        '<li>B</li></ol><p>x</p><ol start="4" type="I"><li>C</li></ol>'
    )


def test_items_with_only_a_level_are_nested() -> None:
    """Word for the web writes a list for each item."""
    each = '<div class="ListContainerWrapper"><{list}><li data-aria-level="{level}"><p>{words}</p></li></{list}></div>'
    source = "".join(
        each.format(list=list_, level=level, words=words)
        for list_, level, words in (("ul", 1, "One"), ("ul", 2, "Two"), ("ul", 1, "Three"), ("ol", 1, "Four"))
    )
    expected = "<ul><li>One<ul><li>Two</li></ul></li><li>Three</li></ul><ol><li>Four</li></ol>"
    assert squeezed(convert_html(source).html) == expected


def test_a_list_after_an_item_belongs_to_the_item() -> None:
    source = '<ul><li aria-level="1"><p>Boots</p></li><ul><li aria-level="2"><p>Laces</p></li></ul></ul>'
    assert squeezed(convert_html(source).html) == "<ul><li>Boots<ul><li>Laces</li></ul></li></ul>"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<p><span style="font-weight:700">cold</span></p>', "<p><strong>cold</strong></p>"),
        ('<p><span style="font-style:italic">no</span></p>', "<p><em>no</em></p>"),
        ('<b style="font-weight:normal"><p>plain</p></b>', "<p>plain</p>"),
        ('<p><span style="text-decoration:line-through">no</span></p>', "<p><s>no</s></p>"),
        ('<p>m<span style="vertical-align:super">2</span></p>', "<p>m<sup>2</sup></p>"),
        ('<h2><span style="font-weight:700">Head</span></h2>', "<h2>Head</h2>"),
        ("<p class=MsoQuote>A.</p><p class=MsoQuote>B.</p>", "<blockquote><p>A.</p><p>B.</p></blockquote>"),
        ("<p>a</p><p>&nbsp;</p><p><o:p>&nbsp;</o:p></p><p>b</p>", "<p>a</p><p>b</p>"),
        ('<p role="heading" aria-level="2">Part</p>', "<h2>Part</h2>"),
        ("<h1>A</h1><h2>B</h2><h3>C</h3><h1>D</h1>", "<h2>A</h2><h3>B</h3><h4>C</h4><h2>D</h2>"),
        ("<p>an <del cite='mailto:x' datetime='2026'>old</del> <ins cite='x'>new</ins> one</p>", "<p>an  new one</p>"),
        ('<p lang="en">He said <span lang="en">then</span> <span lang="fr">oui</span>.</p>',
         '<p>He said then <span lang="fr">oui</span>.</p>'),
        ('<p>see <a href="#sec">there</a><a name="sec"></a></p>', "<p>see there</p>"),
        ("<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>",
         "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>"),
        ("<table><tr><td colspan=1 rowspan=2><p>a</p></td><td><div><p>b</p></div></td></tr><tr><td>c</td></tr></table>",
         '<table><tbody><tr><td rowspan="2">a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>'),
        ("<table><tr><td><h2>Box</h2><p>words</p></td></tr></table>", "<h2>Box</h2><p>words</p>"),
        ("<table><thead><tr><td>a</td><td>b</td></tr></thead></table>",
         '<table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead></table>'),
        ("<p>one<br><br>two<br>three</p>", "<p>one</p><p>two<br>three</p>"),
        ('<p><a href="https://www.google.com/url?q=https://a.example/%3Fb&amp;sa=D">x</a></p>',
         '<p><a href="https://a.example/?b" rel="noopener">x</a></p>'),
        ('<ul><li role="checkbox" aria-checked="true"><img src="data:x"><p>did</p></li><li><input type=checkbox>do</li></ul>',
         "<ul><li>☑ did</li><li>☐ do</li></ul>"),
        ("<div style='white-space:pre;font-family:Menlo'><div>def f():</div><div>  <b>go</b></div><br><div>f()</div></div>",
         "<pre>def f():\n  go\n\nf()</pre>"),
        ("<p style='font-family:Consolas'>a = 1</p><p style='font-family:Consolas'>b = 2</p>", "<pre>a = 1\nb = 2</pre>"),
        ('<div class="pullquote"><p>So</p></div>', '<blockquote class="pull"><p>So</p></blockquote>'),
        ('<p><img src="https://a.example/b.png"></p><p class=MsoCaption>Hill</p>',
         '<figure><img src="https://a.example/b.png" alt=""><figcaption>Hill</figcaption></figure>'),
        ("<p>See <math><mfrac><mi>a</mi><msup><mi>b</mi><mn>2</mn></msup></mfrac><mo>=</mo><mn>1</mn></math></p>",
         "<p>See a/b<sup>2</sup> = 1</p>"),
        ("<p dir=RTL><span lang=HE>שלום</span></p><p>in English, for the most part</p>",
         '<p dir="rtl"><span lang="he">שלום</span></p><p>in English, for the most part</p>'),
        ("<p><span style='text-transform:uppercase'>nato</span></p>", "<p>NATO</p>"),
    ],
)  # fmt: skip
def test_styles_become_tags(source: str, expected: str) -> None:
    assert squeezed(convert_html(source).html) == expected


def test_links_that_cannot_be_kept_are_reported() -> None:
    source = (
        '<p><a href="tel:+4930123">call</a> <a href="javascript:x()">run</a> <a href="mailto:a@a.example">write</a></p>'
        '<p><a href="file:///C:/plan.doc">plan</a></p>'
    )
    brought = convert_html(source)
    assert brought.html == '<p>call run <a href="mailto:a@a.example" rel="noopener">write</a></p><p>plan</p>'
    kinds = ["link(s) without https://, http:// or mailto:", "link(s) to local files"]
    assert sorted(brought.lost) == sorted(zip(kinds, ["tel:+4930123", "file:///C:/plan.doc"], strict=True))


def test_task_lists_in_markdown_become_checkboxes() -> None:
    source = "- [ ] *do*\n- [x] did\n- \\[ ] as typed\n\n[ ] no item\n"
    html = convert_html(build_parser().render(source)).html
    assert squeezed(html) == "<ul><li>☐ <em>do</em></li><li>☑ did</li><li>[ ] as typed</li></ul><p>[ ] no item</p>"


def test_review_comments_are_dropped_and_counted() -> None:
    source = (
        "<p>Text <a style='mso-comment-reference:A_1'>here</a><a class=msocomanchor href='#_msocom_1'>[A1]</a></p>"
        "<div style='mso-element:comment-list'><div style='mso-element:comment'><p>Do not publish</p></div></div>"
    )
    brought = convert_html(source)
    assert brought.html == "<p>Text here</p>"
    assert brought.lost == [("review comment(s)", "")]
    google = (
        "<p>Text<sup><a href='#ftnt1' id='ftnt_ref1'>[1]</a></sup><sup><a href='#cmnt1' id='cmnt_ref1'>[a]</a></sup></p>"
        "<div><p><a href='#ftnt_ref1' id='ftnt1'>[1]</a> Kept</p></div>"
        "<div><p><a href='#cmnt_ref1' id='cmnt1'>[a]</a>Do not publish</p></div>"
    )
    brought = convert_html(google)
    assert (brought.note_count, "publish" in brought.html, "Kept" in brought.html) == (1, False, True)
    assert brought.lost == [("review comment(s)", "")]


def test_word_formulas_become_text_without_their_pictures() -> None:
    picture = "<![if !msEquation]><span><![if !vml]><img src='file:///C:/eq.png'><![endif]></span><![endif]>"
    power = "<m:sSup><m:e><i><m:r>x</m:r></i></m:e><m:sup><m:r>2</m:r></m:sup></m:sSup>"
    part = "<m:f><m:fPr><m:ctrlPr></m:ctrlPr></m:fPr><m:num><m:r>a+b</m:r></m:num><m:den><m:r>2</m:r></m:den></m:f>"
    rows = "<m:m><m:mr><m:e><m:r>1</m:r></m:e></m:mr></m:m>"
    source = "".join(
        f"<p>Let <!--[if gte msEquation 12]><m:oMath>{each}</m:oMath><![endif]-->{picture} be.</p>"
        for each in (f"{power}={part}", rows)
    )
    brought = convert_html(source)
    assert brought.html == "<p>Let <i>x</i><sup>2</sup>=(a+b)/2 be.</p><p>Let  be.</p>"
    assert brought.changed == [("formula(s) (was|were) converted to text", "x2=(a+b)/2")]
    assert brought.lost == [("formula(s)", "1")]
    assert "b" in convert_html("<p>a <![if !msEquation]> never closed</p><p>b</p>").html


def test_unsupported_elements_are_reported() -> None:
    source = (
        "<p class=MsoToc1>Part ... 7</p><p>a <u>b</u> <span style='font-variant:small-caps'>c</span> <del datetime=x>d</del>"
        '<span class="TextRun FootnoteReference"><span>1</span></span> <math><mtable><mtr></mtr>e</mtable></math></p>'
    )
    brought = convert_html(source)
    assert brought.html == "<p>a b c 1</p>"
    assert {what for what, _ in brought.lost} == {
        "line(s) of a table of contents", "footnote mark(s) without a footnote", "formula(s)"
    }  # fmt: skip
    assert len(brought.changed) == 3


def test_pictures_on_a_local_disk_are_dropped_and_reported() -> None:
    brought = convert_html(
        '<p>a<img src="file:///C:/tmp/clip_image001.png" alt="Hill"></p><p><img src="https://a.example/b.png"></p>'
    )
    assert brought.lost == [("picture(s) that could not be imported", "Hill")]
    assert 'src="https://a.example/b.png"' in brought.html


def test_an_embedded_player_becomes_a_link() -> None:
    brought = convert_html('<p>See</p><iframe src="https://video.example/x?a=1&amp;b=2"></iframe>')
    assert '<a href="https://video.example/x?a=1&amp;b=2"' in brought.html
    assert brought.changed


@pytest.mark.parametrize(
    "source", ["<ul><ul><li>", "</p></div>x", "<table><li>x", "<a href='#a'>1", "<p><p><li></ul>b"]
)
def test_broken_html_loses_no_text(source: str) -> None:
    words = re.sub(r"<[^>]*>", "", source)
    assert words in convert_html(source).html


@pytest.mark.parametrize("file", sorted(SHARED.glob("*.html")), ids=lambda file: file.stem)
def test_real_clipboards_are_cleaned(file: Path) -> None:
    source = file.read_text()
    brought = convert_html(source)
    assert is_clean(brought)
    marks, notes = brought.html.count('role="doc-noteref"'), brought.html.count('<li id="note-')
    assert marks == notes == source.count("mso-element:footnote' id=")
    assert brought.html.count("<li>") >= source.count("mso-list:Ignore") or "<ul><li>" in brought.html
    again = convert_html(brought.html)
    assert convert_html(again.html).html == again.html


def test_cleaning_pasted_html_again_changes_nothing() -> None:
    from blog import markup

    for source in NOTES_OF.values():
        html = convert_html(source).html
        assert markup.clean_essay(html) == html
