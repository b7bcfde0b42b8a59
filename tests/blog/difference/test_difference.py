"""Comparison of two texts word by word within each block, bounded in time."""

import time

import pytest

from blog.difference import Fold, Row, compare
from blog.models import Text
from tests.blog.essay_forms import long_essay


def rows(old: str, new: str) -> list[Row]:
    found = compare(Text(body=old), Text(body=new)).body
    return [row for part in found for row in (part.rows if isinstance(part, Fold) else [part])]


def described(old: str, new: str) -> list[str]:
    """Return each block as `state kind: text`, with [-removed-] and {+added+}."""
    lines = []
    for row in rows(old, new):
        words = str(row.html)
        for hush in ("removed:", "added:", "end of removal", "end of addition"):
            words = words.replace(f'<span class="visually-hidden"> {hush} </span>', "")
        for tag, sign in {"<del>": "[-", "</del>": "-]", "<ins>": "{+", "</ins>": "+}"}.items():
            words = words.replace(tag, sign)
        lines.append(f"{row.state} {row.kind}: {words}")
    return lines


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("<p>In the spring.</p>", "<p>In the autumn.</p>", ["changed p: In the [-spring-]{+autumn+}."]),
        ("<p>a b c d e f g</p>", "<p>a b x y e f g</p>", ["changed p: a b [-c d-]{+x y+} e f g"]),
        ("<p>One.</p>", "<p>One.</p><h2>Two</h2>", ["same p: One.", "added h2: {+Two+}"]),
        ("<p>One.</p><p>Two.</p>", "<p>Two.</p>", ["removed p: [-One.-]", "same p: Two."]),
        (
            "<p>a <em>b</em> c d</p>",
            "<p>a <strong>b</strong> c d</p>",
            ["changed p: a [-<em>b</em>-]{+<strong>b</strong>+} c d"],
        ),
        (
            '<p>to <a href="https://a.example/">it</a> we went</p>',
            '<p>to <a href="https://b.example/">it</a> we went</p>',
            [
                'changed p: to it[-<span class="address"> (https://a.example/)</span>-]{+<span class="address"> (https://b.example/)</span>+} we went'
            ],
        ),
        ("<ul><li>x</li></ul>", "<ol><li>x</li></ol>", ["changed ol li: x"]),
        ("<p>a &lt;b&gt; c d</p>", "<p>a &lt;i&gt; c d</p>", ["changed p: a &lt;[-b-]{+i+}&gt; c d"]),
        ("", "<p>x</p>", ["added p: {+x+}"]),
        ("<p>x</p>", "<p>x</p>", ["same p: x"]),
    ],
)  # fmt: skip
def test_changes_are_shown_word_by_word(old: str, new: str, lines: list[str]) -> None:
    assert described(old, new) == lines


def note(number: int) -> str:
    return f'<sup><a id="ref-{number}" href="#note-{number}" role="doc-noteref">{number}</a></sup>'


def section(*notes: str) -> str:
    items = "".join(f'<li id="note-{number}"><p>{words}</p></li>' for number, words in enumerate(notes, 1))
    return f'<section role="doc-endnotes"><ol>{items}</ol></section>'


def test_renumbering_notes_is_not_a_change() -> None:
    old = f"<p>One two three{note(1)} four.</p>{section('Said so.')}"
    new = f"<p>One{note(1)} two three{note(2)} four.</p>{section('Quite other.', 'Said so.')}"
    states = [(row.state, row.is_note) for row in rows(old, new)]
    assert states == [("changed", False), ("added", True), ("same", True)]
    assert str(rows(old, new)[0].html).count("<ins>") == 1


def test_changes_of_title_and_tags_are_shown() -> None:
    old = Text(title="Old title", tags=("A",), excerpt="x")
    found = compare(old, Text(title="New title", tags=("A", "B"), excerpt="x"))
    assert [str(label) for label, _ in found.lines] == ["Title", "Tags"]
    assert compare(old, old).is_empty


def test_a_long_essay_is_compared_word_by_word() -> None:
    old = long_essay()
    new = old.replace(" n7.", " changed.").replace("reader who", "listener who").replace("Note 31,", "Note 31 (new),")
    states = [row.state for row in rows(old, new)]
    assert states.count("changed") > 30
    assert "added" not in states


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<p>a</p>" * 40_000, "<p>b</p><p>a</p>" * 20_000),
        (f"<p>{'a b ' * 40_000}</p>", f"<p>{'b a c ' * 32_000}</p>"),
        (("<p>" + "a b c a " * 30 + "z</p>") * 150, ("<p>" + "c b a b " * 30 + "y</p>") * 150),
        ("<blockquote>" * 20_000 + "x", "<ul><li>" * 20_000 + "x"),
    ],
    ids=["blocks", "words", "both", "depth"],
)
def test_comparing_any_texts_ends_in_time(old: str, new: str) -> None:
    began = time.process_time()
    rows(old, new)
    assert time.process_time() - began < 10
