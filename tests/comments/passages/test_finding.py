"""Passages found again in a revised text: where they went, and when they count as gone."""

import random
from collections.abc import Callable

import pytest

from comments.passages.matching import Passage, Text, find_again, locate, parse_text, quote

pytestmark = pytest.mark.once
SENTENCES = [
    "The committee met on a cold morning in the old library.",
    "Nobody had expected the treasurer to resign so quickly.",
    "His letter, which was read aloud, blamed the weather.",
    "A long discussion about the budget followed after lunch.",
    "In the end the members voted to postpone the decision.",
    "Outside, the river had already begun to freeze over.",
]
OLD = f"<p>{' '.join(SENTENCES[:3])}</p><p>{' '.join(SENTENCES[3:])}</p>"


def found(old: str, new: str, words: str, paragraph: int = 1) -> tuple[str, str | None]:
    """Return how words of one text are found in another, and the words there."""
    before, after = parse_text(old), parse_text(new)
    place = locate(before, Passage(paragraph, words))
    assert place is not None
    [match] = find_again(before, after, [quote(before, place)])
    return match.how, match.place.words if match.place else None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<p>Some <b>bold</b> words are here.</p>", "<p>New.</p><p>Some <i>bold</i> words are here.</p>", "bold words"),
        ('<p>A <a href="/a">link</a> and more.</p>', '<p>A <a href="/b">link</a> and more.</p>', "link and"),
        ("<p>One end here.</p><p>Two starts now.</p>", "<p>One end here. Two starts now.</p>", "end here. Two starts"),
        ("<ul><li>First item</li><li>Second item</li></ul>", "<ul><li>Zero</li><li>First item</li><li>Second item</li></ul>", "Second item"),
        ("<table><tr><td>One cell</td><td>Other cell</td></tr></table>", "<table><tr><td>Other cell</td></tr></table>", "Other cell"),
        ("<figure><img src='/a'><figcaption>A caption of a picture</figcaption></figure><p>Text.</p>", "<figure><img src='/b'><figcaption>A caption of a picture</figcaption></figure><p>Text.</p>", "caption of a"),
        ("<pre>x = call(1)\ny = 2</pre>", "<p>Code:</p><pre>x = call(1)\ny = 2</pre>", "call(1) y = 2"),
        ("<p>هذه جملة عربية. وهذه جملة أخرى.</p>", "<p>مقدمة.</p><p>هذه جملة عربية. وهذه جملة أخرى.</p>", "جملة أخرى"),
        ("<p>第一句话在这里。第二句话在那里。</p>", "<p>第一句话在这里。</p><p>第二句话在那里。</p>", "在这里。第二句"),
        ("<p>A smile 🙂 is here. More.</p>", "<p>Before.</p><p>A smile 🙂 is here. More.</p>", "🙂 is"),
        (OLD, f"<p>New words at the start.</p>{OLD}", "the treasurer to resign"),
        (OLD, "".join(f"<p>{sentence}</p>" for sentence in SENTENCES), " ".join(SENTENCES[1:3])),
        (OLD, f"<p>{' '.join(SENTENCES)}</p>", "the weather. A long discussion"),
        (OLD, f"<p>{' '.join(reversed(SENTENCES))}</p>", SENTENCES[1]),
    ],
)  # fmt: skip
def test_unchanged_words_are_found_wherever_they_are(old: str, new: str, words: str) -> None:
    paragraph = next(each.number for each in parse_text(old).paragraphs if words.split(" ")[0][:3] in each.words)
    assert found(old, new, words, paragraph) == ("exact", words)


def test_a_notes_mark_is_no_change() -> None:
    mark = '<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup>'
    notes = '<section role="doc-endnotes"><ol><li id="note-1">N.</li></ol></section>'
    assert found("<p>A claim is made.</p>", f"<p>A claim{mark} is made.</p>{notes}", "claim is")[0] == "exact"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SENTENCES[1], "Hardly anybody had expected that the treasurer would resign so quickly."),
        (SENTENCES[1], "Nobody had not expected the treasurer to resign so quickly."),
        (SENTENCES[2], "His letter was read aloud. It blamed the weather."),
        (SENTENCES[4], "After much talk, the members voted in the end to postpone the decision until spring."),
        (SENTENCES[3], "After lunch a long discussion about the budget followed."),
    ],
)
def test_a_reworded_sentence_is_found_between_its_neighbors(old: str, new: str) -> None:
    assert found(OLD, OLD.replace(old, new), old, 1) == ("reworded", new)


def test_merged_sentences_keep_their_own_parts() -> None:
    new = OLD.replace(
        f"{SENTENCES[1]} {SENTENCES[2]}",
        "Nobody had expected the treasurer to resign so quickly, but his letter, which was read aloud, blamed the weather.",
    )
    before = parse_text(OLD)
    places = [before.place(before.sentences[index]) for index in (1, 2)]
    first, second = find_again(before, parse_text(new), [quote(before, place) for place in places])
    assert first.place is not None
    assert second.place is not None
    assert first.place.words.startswith("Nobody had expected")
    assert second.place.words.endswith("blamed the weather.")
    assert first.place.end <= second.place.start


@pytest.mark.parametrize(
    ("words", "new"),
    [
        ("expected the treasurer to resign", "expected that the treasurer would resign"),
        (f"quickly. {SENTENCES[2]}", f"quickly. {SENTENCES[2]}"),
    ],
)
def test_a_part_of_a_reworded_sentence_is_found_in_it(words: str, new: str) -> None:
    revised = OLD.replace(SENTENCES[1], "Nobody had expected that the treasurer would resign so quickly.")
    assert found(OLD, revised, words)[1] == new


def test_a_removed_sentence_is_gone_and_comes_back_with_an_older_text() -> None:
    without = OLD.replace(f" {SENTENCES[1]}", "")
    assert found(OLD, without, SENTENCES[1]) == ("gone", None)
    assert found(OLD, f"<p>Anew.</p>{OLD}", SENTENCES[1]) == ("exact", SENTENCES[1])


def test_repeated_words_are_told_apart_by_their_sentences() -> None:
    old = "<p>One thing. See the notes for more. Two things. See the notes for more. Three.</p>"
    new = "<p>None. See the notes for more. Two things. See the notes for more. One thing. See the notes for more.</p>"
    before, after = parse_text(old), parse_text(new)
    places = [before.place(before.sentences[index]) for index in (1, 3)]
    first, second = find_again(before, after, [quote(before, place) for place in places])
    assert first.how == "gone"  # one neighbor is beside one place, the other beside another
    assert second.place is not None
    assert second.how == "context"
    assert second.place.start == new.index("things. See") - 3 + 8


TRAPS = [
    # A sentence like another one that was added while it was removed.
    ("This new feature was defined in RFC 1270.", "This new API was defined in RFC 1236."),
    (
        "Rust 1.5 is the newest stable version of the language.",
        "Rust 1.6 is the newest stable version of the language.",
    ),
    ("See Smith 1990 for a longer proof of this theorem.", "See Jones 2004 for a longer proof of this theorem."),
]


@pytest.mark.parametrize(("old", "new"), TRAPS)
def test_another_sentence_of_the_same_form_elsewhere_is_not_taken(old: str, new: str) -> None:
    before = f"<p>{SENTENCES[0]} {old} {SENTENCES[1]}</p><p>{SENTENCES[2]}</p><p>{SENTENCES[3]} {SENTENCES[4]}</p>"
    after = f"<p>{SENTENCES[0]} {SENTENCES[1]}</p><p>{SENTENCES[2]}</p><p>{SENTENCES[3]} {new} {SENTENCES[4]}</p>"
    assert found(before, after, old) == ("gone", None)
    both = before.replace(SENTENCES[3], f"{SENTENCES[3]} {new}")
    assert found(both, after, old) == ("gone", None)


def test_passages_keep_apart_and_overlapping_ones_overlap() -> None:
    text = parse_text(OLD)
    new = parse_text(OLD.replace("treasurer", "old treasurer").replace("letter", "short letter"))
    passages = [Passage(1, words) for words in ("treasurer to resign", "to resign so", "letter, which", "so quickly.")]
    spans = [match.place and (match.place.start, match.place.end) for match in find_again(text, new, passages)]
    first, second, third, fourth = spans
    assert first
    assert second
    assert third
    assert fourth
    assert first[0] < second[0] < first[1] < fourth[1] <= third[0]


WORDS = [
    "stone",
    "river",
    "garden",
    "window",
    "letter",
    "morning",
    "council",
    "engine",
    "winter",
    "harbor",
    "mirror",
    "thunder",
    "village",
    "candle",
    "ladder",
]


def sentence(rng: random.Random, index: int) -> str:
    """Return a sentence whose words are its own but for the common ones."""
    own = [f"{rng.choice(WORDS)}{rng.choice('abcdefgh')}{index}x" for _ in range(4)]
    common = rng.choices(WORDS, k=4)
    mixed = [word for pair in zip(own, common, strict=True) for word in pair]
    return f"The {' '.join(mixed)}."


def reword(rng: random.Random, text: str) -> str:
    words = text.rstrip(".").split(" ")
    words[rng.randrange(1, len(words))] = rng.choice(WORDS)
    return " ".join(words) + "."


def paragraphs(rng: random.Random, sentences: list[str]) -> str:
    parts, rest = [], sentences
    while rest:
        size = rng.randint(1, 5)
        parts.append(f"<p>{' '.join(rest[:size])}</p>")
        rest = rest[size:]
    return "".join(parts)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize(
    "make", [sentence, lambda rng, index: f"The value of item {index} is {rng.choice(WORDS)} today."]
)
def test_a_passage_is_never_found_at_a_wrong_place(seed: int, make: Callable[[random.Random, int], str]) -> None:
    rng = random.Random(seed)
    old = [(index, make(rng, index)) for index in range(40)]
    new = list(old)
    for step in range(rng.randint(1, 30)):
        at = rng.randrange(len(new))
        match rng.choice(["insert", "delete", "move", "reword"]):
            case "insert":
                new.insert(at, (1000 + step, make(rng, 1000 + step)))
            case "delete" if len(new) > 1:
                del new[at]
            case "move":
                new.insert(rng.randrange(len(new)), new.pop(at))
            case "reword":
                new[at] = new[at][0], reword(rng, new[at][1])
    before, after = (parse_text(paragraphs(rng, [words for _, words in side])) for side in (old, new))
    where = {index: after.sentences[at] for at, (index, _) in enumerate(new)}
    passages = [quote(before, before.place(span)) for span in before.sentences]
    known = {words for _, words in new}
    for (index, words), match in zip(old, find_again(before, after, passages), strict=True):
        assert match.place is None or after.span(match.place) == where.get(index), (words, match)
        assert match.place is not None or words not in known


def test_a_few_words_in_another_place_are_not_what_a_long_sentence_became() -> None:
    words = "如果安装了新的邮件服务器，附件的最大长度可以在设置文件的第三部分里面修改，修改之后需要重新启动。"
    removed = "".join(f"<p>{first}里的{second}已经讲完了。</p>" for first in "东西南北" for second in "山水花鸟")
    added = "".join(f"<p>这里介绍{first}的{second}做法。</p>" for first in "甲乙丙丁" for second in "煎炒蒸煮")
    old = f"<p>{SENTENCES[0]}</p>{removed}<p>{words}</p>{removed.replace('讲', '写')}<p>{SENTENCES[1]}</p>"
    new = f"<p>{SENTENCES[0]}</p>{added}<p>附件的最大长度</p>{added.replace('做', '吃')}<p>{SENTENCES[1]}</p>"
    paragraph = [each.words for each in parse_text(old).paragraphs].index(words) + 1
    assert found(old, new, words, paragraph) == ("gone", None)


def test_sentences_like_each_other_that_seem_to_be_swapped_are_gone() -> None:
    """One of them may have been removed, and a new one like it added behind the other."""
    solar = "One letter could be dated by a solar eclipse, which she mentions in its last line."
    flood = "Another letter could be dated by a flood, which all newspapers of the city described."
    other = "One of them could be dated by a flood, which all newspapers of the city described."
    lunar = "Yet another letter could be dated by a lunar eclipse, which she mentions in its first line."
    old = f"<p>{SENTENCES[0]} {solar} {flood} {SENTENCES[1]}</p>"
    new = f"<p>{SENTENCES[0]} {other} {lunar} {SENTENCES[1]}</p>"
    assert found(old, new, solar) == ("gone", None)
    swapped = f"<p>{SENTENCES[0]} {SENTENCES[2].replace('read', 'then read')} {SENTENCES[1]} {SENTENCES[3]}</p>"
    assert found(f"<p>{' '.join(SENTENCES)}</p>", swapped, SENTENCES[2])[0] == "reworded"


@pytest.mark.parametrize(
    "html",
    [
        "<p>" + "Ab. " * 20_000,
        "<p>" + "." * 300_000,
        "<p>" + "a" * 300_000,
        "<p>x" * 11_000,
        "<p>" + "。“" * 30_000,
    ],
)
def test_hostile_texts_only_fall_back_to_exact_words(html: str) -> None:
    old, new = parse_text(f"<p>{SENTENCES[0]}</p>{html}"), parse_text(f"{html}</p><p>{SENTENCES[0]}</p>")
    [match] = find_again(old, new, [Passage(1, SENTENCES[0])])
    assert match.how == "exact"


def test_texts_may_be_empty() -> None:
    text = parse_text(OLD)
    assert [match.how for match in find_again(text, Text([]), [Passage(1, SENTENCES[0]), Passage(1, "none")])] == [
        "gone"
    ] * 2
    assert find_again(Text([]), text, [Passage(1, SENTENCES[0])])[0].how == "gone"
