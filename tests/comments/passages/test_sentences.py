"""Where sentences end, in several languages."""

import pytest

from comments.passages.matching.sentences import split_sentences

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "sentences",
    [
        ["It rains.", "It pours!", "Does it?", "Yes."],
        ["Use tools, e.g. Python, or ask Dr. Smith.", "Then J. R. R. Tolkien wrote."],
        ["Version 1.5 is out.", "Node.js 2.0 follows."],
        ["He said: “Go.”", "She went."],
        ["“Why?” he asked.", "No answer…", "None at all."],
        ["Das war am 3. Oktober in z. B. Berlin.", "„Ja.“", "Dann kam er."],
        ["« Non ! »", "Il part."],
        ["这是第一句。", "“第二句！”", "第三句"],
        ["هل هذا صحيح؟", "نعم."],
        ["1. A numbered line"],
        ["Visit https://example.org/a.b?c=D now.", "Call run(). now"],
    ],
)
def test_sentences_end_where_they_should(sentences: list[str]) -> None:
    text = "".join(sentences) if "。" in sentences[0] else " ".join(sentences)
    assert [text[start:end] for start, end in split_sentences(text)] == sentences
