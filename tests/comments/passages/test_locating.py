"""The words of a passage in the text they were marked in: what a selection gives, and where it is."""

import pytest

from comments.passages.matching import BLOCKS, Passage, locate, parse_text, quote, tidy_words

pytestmark = pytest.mark.once
MARK = '<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup>'
NOTE = '<section role="doc-endnotes"><ol><li id="note-1"><p>A note.</p></li></ol></section>'


@pytest.mark.parametrize(
    ("html", "words", "paragraph"),
    [
        ("<p>Some <b>bold</b> words.</p>", "Some bold words.", 1),
        ('<p>A <a href="https://example.org/">link</a> here.</p>', "link here", 1),
        (f"<p>A claim{MARK} with a note.</p>{NOTE}", "claim with a note", 1),
        (f"<p>A claim{MARK}.</p>{NOTE}", "A note.", 3),
        ("<p>The first ends.</p><p>The second starts.</p>", "ends.\n\nThe second", 1),
        ("<ul><li>One</li><li>Two items</li></ul>", "Two items", 2),
        ("<ul><li>One<ul><li>Inner</li></ul></li></ul>", "Inner", 2),
        ("<table><tr><th>Head</th></tr><tr><td>A cell</td></tr></table>", "A cell", 2),
        ('<figure><img src="/a.png" alt="no words"><figcaption>A caption</figcaption></figure>', "A caption", 2),
        ("<pre>if x:\n    return  y</pre>", "if x: return y", 1),
        ("<p>Line one<br>line two</p>", "one line", 1),
        ("<p>هذه جملة عربية طويلة.</p>", "جملة عربية", 1),
        ("<p>第一句。</p><p>第二句。</p>", "句。\n第二", 1),
        ("<p>A smile 🙂 here and a family 👩‍👩‍👧.</p>", "🙂 here", 1),
        ("<p>Cafe\u0301 in two signs</p>", "Café in", 1),
        ("<p>soft\u00adhyphen</p>", "softhyphen", 1),
        (r"<p>The sum \(a^2 + b\) is</p>", r"sum \(a^2 + b\) is", 1),
    ],
)
def test_words_are_found_as_a_selection_gives_them(html: str, words: str, paragraph: int) -> None:
    text = parse_text(html)
    place = locate(text, Passage(paragraph, words))
    assert place is not None
    assert (place.paragraph, place.words) == (paragraph, tidy_words(words))
    assert locate(text, quote(text, place)) == place


def test_words_that_are_not_there_are_not_found() -> None:
    text = parse_text("<p>Some words.</p>")
    for words in ("other words", "", " ", "<p>Some words.</p>", "x" * 1_000_000):
        assert locate(text, Passage(1, words)) is None


def test_of_several_places_the_paragraph_and_then_the_context_decide() -> None:
    text = parse_text("<p>One word here.</p><p>Two word there. Three word where.</p>")
    places = [
        locate(text, Passage(paragraph, "word", before, after))
        for paragraph, before, after in ((1, "", ""), (2, "", "there"), (2, "Three", ""), (9, "One", ""), (9, "", ""))
    ]
    assert [place and (place.paragraph, place.start) for place in places] == [(1, 4), (2, 4), (2, 22), (1, 4), None]


def test_whole_words_go_before_parts_of_words() -> None:
    place = locate(parse_text("<p>Start with art.</p>"), Passage(1, "art"))
    assert place is not None
    assert place.start == 11


def test_a_number_counts_the_start_tags_of_all_blocks() -> None:
    html = (
        "<h2>A</h2><blockquote><p>B</p></blockquote><ul><li><p>C</p></li></ul><figure><img src='/x'></figure><p>D</p>"
    )
    assert [paragraph.number for paragraph in parse_text(html).paragraphs] == [1, 3, 5, 7]
    assert {"blockquote", "figure", "li"} <= set(BLOCKS)


@pytest.mark.parametrize("text", ["  a \n b\u00a0c ", "第 一 句 a b", "e\u0301\u00ad"])
def test_tidying_twice_changes_nothing(text: str) -> None:
    assert tidy_words(tidy_words(text)) == tidy_words(text)
