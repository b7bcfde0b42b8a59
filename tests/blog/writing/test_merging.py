"""Merging two edits of one text: single changes are merged, and conflicting ones are both kept."""

import pytest

from blog.models import Text
from blog.writing import merging
from tests.blog.essay_forms import long_essay

MARK = '<sup><a id="ref-{0}" href="#note-{0}" role="doc-noteref">{0}</a></sup>'


def body(*paragraphs: str) -> str:
    """Return paragraphs in which `[words]` are a note."""
    notes: list[str] = []
    made = []
    for paragraph in paragraphs:
        while "[" in paragraph:
            before, _sign, rest = paragraph.partition("[")
            words, _sign, after = rest.partition("]")
            notes.append(words)
            paragraph = before + MARK.format(len(notes)) + after
        made.append(f"<p>{paragraph}</p>")
    items = "".join(f'<li id="note-{number}">{words}</li>' for number, words in enumerate(notes, 1))
    return "".join(made) + (f'<section role="doc-endnotes"><ol>{items}</ol></section>' if items else "")


def both(base: str, stored: str, mine: str) -> merging.MergeResult | None:
    return merging.merge_texts(*(Text(body=body(*each.split("|"))) for each in (base, stored, mine)))


A, B, C = "The first one has words", "The second says another thing", "And the third ends it"


@pytest.mark.parametrize(
    ("stored", "mine", "merged"),
    [
        (f"{A} more|{B}|{C}", f"{A}|{B}|{C} too", f"{A} more|{B}|{C} too"),
        (f"{A} more|{B}|{C}", f"{A}|{B} more|{C}", f"{A} more|{B} more|{C}"),  # neighbors
        (f"{A}|{C}", f"{A}|{B}|{C}|New", f"{A}|{C}|New"),
        (f"New|{A}|{B}|{C}", f"{A}|{B} of mine|{C}", f"New|{A}|{B} of mine|{C}"),
        (f"{A} more|{B}|{C}", f"{A} more|{B}|{C}|New", None),  # mine contains all of it
        (f"{A}[Ibid.]|{B}|{C}", f"{A}|{B}|{C}[Ibid.] x[Mine]", f"{A}[Ibid.]|{B}|{C}[Ibid.] x[Mine]"),
        ("Entirely rewritten words here", f"{A}|{B}|{C}|New", "Entirely rewritten words here|New"),
    ],
)
def test_a_change_in_only_one_version_is_merged(stored: str, mine: str, merged: str | None) -> None:
    found = both(f"{A}|{B}|{C}", stored, mine)
    assert (found and found.text.body) == (merged and body(*merged.split("|")))
    assert not (found and found.conflict_count)


@pytest.mark.parametrize(
    ("stored", "mine", "merged"),
    [
        (f"{A}|{B} hers|{C}", f"{A} mine|{B} mine|{C}", f"{A} mine|{B} hers|{B} mine|{C}"),
        (f"{A}|{B}|Hers|{C}|x", f"{A}|{B}|Mine|{C}", f"{A}|{B}|Hers|Mine|{C}|x"),
        (f"{A}|{C}|x", f"{A}|{B} kept|{C}", f"{A}|{B} kept|{C}|x"),  # one deleted what the other changed
    ],
)
def test_conflicting_changes_are_both_kept_and_reported(stored: str, mine: str, merged: str) -> None:
    found = both(f"{A}|{B}|{C}", stored, mine)
    assert found
    assert found.text.body == body(*merged.split("|"))
    assert len(found.conflicts) == 1


def test_title_and_tags_are_merged_too() -> None:
    base = Text(title="Old", deck="Deck", slug="old", body=body(A, B), tags=("both", "gone"))
    stored = Text(title="Hers", deck="Deck", slug="old", body=body(A, B), tags=("both", "gone", "hers"))
    mine = Text(title="Old", deck="Mine", slug="", body=body(A, B), tags=("both",))
    found = merging.merge_texts(base, stored, mine)
    assert found
    assert found.text == Text(title="Hers", deck="Mine", slug="old", body=body(A, B), tags=("both", "hers"))
    again = merging.merge_texts(base, stored, Text(title="Mine", body=body(A, B, C)))
    assert again
    assert (again.text.title, [theirs for _label, theirs in again.lines]) == ("Mine", ["Hers"])


def test_a_body_with_foreign_structure_is_not_merged() -> None:
    orphan = f'{body(A)}<section role="doc-endnotes"><ol><li id="note-1">No mark</li></ol></section>'
    assert merging.merge_texts(Text(body=orphan), Text(body=orphan + "<p>x</p>"), Text(body=body(A, B))) is None


def test_a_long_essay_keeps_every_note_of_both() -> None:
    base = long_essay()
    stored = base.replace("<p>", "<p>Hers. ", 40).replace("Hers. ", "", 39)
    mine = base.replace("n100.", "n100 mine.")
    found = merging.merge_texts(*(Text(body=each) for each in (base, stored, mine)))
    assert found
    assert not found.conflict_count
    assert "Hers. " in found.text.body
    assert "n100 mine." in found.text.body
    assert found.text.body.replace("Hers. ", "").replace("n100 mine.", "n100.") == base
