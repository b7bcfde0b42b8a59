"""Comments of another site that begin with a sentence of their essay are put on it, if the owner wants that."""

from pathlib import Path

import pytest

from comments.models import Passage, Wording
from tests.transfer.exports import comment, export, import_text, imported_rows, item

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TWICE = "It is said twice, as many things are in essays."
SENTENCE = "Hardly anybody has read the “Meditations” to the end."
BODY = f"<p>{SENTENCE} {TWICE}</p><p>And more. {TWICE}</p>"
QUOTING = (
    f"<blockquote>{SENTENCE}</blockquote>\n\nI have.",
    '"Hardly anybody has read the "Meditations" to the end." – I have.',
    f"&gt; {SENTENCE}\n\nSo have I.",
    f"“{SENTENCE}”\nAnd I.",
)
OTHERS = (
    f"<blockquote>{TWICE}</blockquote>\n\nWhich one?",
    "“And more.” Too short.",
    f"I have read “{SENTENCE}”",
    "<blockquote>Nothing of this is in the essay at all.</blockquote>",
)


def test_only_a_sentence_that_the_essay_has_once_is_found_and_texts_stay_the_same(tmp_path: Path) -> None:
    comments = [comment(number, text) for number, text in enumerate((*QUOTING, *OTHERS), start=1)]
    file = export(item(1, *comments, body=BODY))
    report = import_text(tmp_path, file, "--dry-run", "--link-quotations")
    assert "4 comments were linked to the sentence that they quote" in report
    assert not Passage.objects.exists()
    import_text(tmp_path, file, "--link-quotations")
    found = Passage.objects.order_by("pk").values_list("quotation", "words", "paragraph", "revision__version")
    assert list(found) == [(SENTENCE, SENTENCE, 1, 1)] * 4
    assert list(Wording.objects.order_by("pk").values_list("text", flat=True)) == [*QUOTING, *OTHERS]
    rows = imported_rows()
    assert import_text(tmp_path, file, "--link-quotations").startswith("Nothing new")
    assert imported_rows() == rows


def test_without_the_option_no_comment_is_put_on_a_sentence(tmp_path: Path) -> None:
    import_text(tmp_path, export(item(1, comment(1, QUOTING[0]), body=BODY)))
    assert not Passage.objects.exists()


@pytest.mark.parametrize(
    "value",
    ["[1]", "{", '{"quotation": 1}', '{"quotation": "a", "words": "b", "paragraph": -1}', '{"label": "made up"}'],
)
def test_damaged_custom_fields_are_ignored(tmp_path: Path, value: str) -> None:
    fields = "".join(
        f"<wp:commentmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:commentmeta>"
        for key in ("akismet_history", "rejoinder_passage", "rejoinder_answer")
    )
    import_text(tmp_path, export(item(1, comment(1).replace("</wp:comment>", f"{fields}</wp:comment>"), body=BODY)))
    assert Wording.objects.count() == 1
    assert not Passage.objects.exists()
