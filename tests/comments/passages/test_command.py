"""`manage.py passages`: where each sentence of a file is in a revision of it."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.once
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "revisions"
FIRST_REVISED_SENTENCE = "A *second* sentence with [a link](https://example.org/a) in it."


def run(old: Path, new: Path) -> list[dict[str, str | None]]:
    output = StringIO()
    call_command("passages", old, new, "--json", stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def write(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_each_sentence_is_listed_with_what_became_of_it(tmp_path: Path) -> None:
    body = "\n\n```\nA line of code. It is no sentence at all, but it is long.\n```\n\n[x]: https://example.org/definition\n"
    first = "The first sentence stays exactly as it is."
    old = f"---\ntitle: A title that is no sentence of the text\n---\n{first} {FIRST_REVISED_SENTENCE} Short one.\n\nThis one will be removed from the text.{body}"
    new = f"{first} A *second* sentence with [a link](https://example.org/b) inside it. Short one.{body}"
    assert run(write(tmp_path, "old.md", old), write(tmp_path, "new.md", new)) == [
        {"old": first, "new": first, "how": "exact"},
        {"old": "A second sentence with a link in it.", "new": "A second sentence with a link inside it.", "how": "reworded"},
        {"old": "This one will be removed from the text.", "new": None, "how": "gone"},
    ]  # fmt: skip


def test_html_is_read_too_and_a_table_is_printed_without_json(tmp_path: Path) -> None:
    file = write(tmp_path, "old.html", "<p>A sentence of an HTML file is here.</p>")
    output = StringIO()
    call_command("passages", file, file, stdout=output)
    assert output.getvalue() == "exact     A sentence of an HTML file is here.\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe\x00", "is not a text file in UTF-8"),
        (b"a\0b", "is not a text file in UTF-8"),
        (b"x" * 2_000_001, "is larger than 2 MB"),
        (b"*" * 20_001, "formatting characters"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(write(tmp_path, "old.md", data), tmp_path / "new.md")


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"missing\.md: No such file"):
        run(tmp_path / "missing.md", tmp_path / "missing.md")


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_most_sentences_of_revised_essays_are_found_and_the_traps_are_not() -> None:
    found = total = 0
    for old in sorted(SHARED.glob("*.old.md"))[::6]:
        for line in run(old, old.with_name(old.name.replace(".old.", ".new."))):
            total += 1
            found += line["new"] is not None
            if "RFC 1270" in str(line["old"]):
                assert "RFC 1236" not in str(line["new"])
    assert found >= 0.87 * total


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_no_essay_with_a_trap_leads_into_it() -> None:
    traps = [old for old in SHARED.glob("*.old.md") if "RFC 1270" in old.read_text() or "1236" in old.read_text()]
    assert traps
    for old in traps:
        for line in run(old, old.with_name(old.name.replace(".old.", ".new."))):
            assert not ("1270" in str(line["old"]) and "1236" in str(line["new"])), line
            assert "]: http" not in str(line["new"]), line
