"""Links without https:// or mailto: are completed, listed or reported, wherever an essay comes from."""

from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.models import User
from blog import editor
from blog.models import Draft, Essay, Text
from blog.writing import revisions
from pagecache.models import Generation
from tests import make
from tests.blog.essay_forms import EssayForm, public_page

pytestmark = [pytest.mark.django_db, pytest.mark.once]
WRONG = '<p><a href="example.org/x">x</a> <a href="me@example.org">y</a> <a href="/about/">z</a></p>'
RIGHT = (
    '<p><a href="https://example.org/x" rel="noopener">x</a> <a href="mailto:me@example.org" rel="noopener">y</a> '
    '<a href="/about/">z</a></p>'
)
UNCLEAR = '<p>Read <a href="notes.md">the notes</a>.</p>'


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


def test_typed_links_are_completed_when_saved(author: User) -> None:
    essay_form = EssayForm(author)
    essay_form.open()
    essay_form.publish(title="Of Links", body=WRONG)
    assert Essay.objects.get().body == RIGHT


def test_pasted_links_are_completed_and_unclear_ones_kept() -> None:
    brought = editor.convert_html(
        '<p><a href="example.org/x">x</a> <a href="notes.md">n</a> <a href="page.html">p</a></p>'
    )
    assert brought.html == ('<p><a href="https://example.org/x" rel="noopener">x</a> <a href="notes.md">n</a> p</p>')


def test_links_of_an_imported_document_are_completed(author: User, tmp_path: Path) -> None:
    file = tmp_path / "essay.md"
    file.write_text("# Of Links\n\nSee [there](example.org/x) and write to [me](me@example.org).")
    call_command("import_essay", str(file), author="miriam")
    body = Essay.objects.get().body
    assert 'href="https://example.org/x"' in body
    assert 'href="mailto:me@example.org"' in body


def test_an_unclear_link_prevents_publishing(author: User) -> None:
    essay_form = EssayForm(author)
    essay_form.open()
    answer = essay_form.publish(title="Of Links", body=UNCLEAR)
    assert answer.status_code == 422
    words = "Start these links with https:// (another website) or ./ (this site): notes.md"
    assert words in answer.context_data["form"].non_field_errors()
    assert revisions.latest_text(Essay.objects.get()).text.body == UNCLEAR
    essay_form.open()
    assert essay_form.publish(title="Of Links", body=UNCLEAR.replace("notes.md", "./notes.md")).status_code == 302


def test_an_unclear_link_prevents_publishing_from_the_list(author: User) -> None:
    essay = make.essay("Of Links", by=author, published=None, body=UNCLEAR)
    with pytest.raises(revisions.NotReady):
        revisions.publish_latest(essay, by=author)


def run(capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    call_command("check_links", *options)
    return capsys.readouterr().out.splitlines()


def test_the_command_lists_wrong_links_and_changes_nothing(author: User, capsys: pytest.CaptureFixture[str]) -> None:
    essay = make.essay("Of Links", by=author)
    Essay.objects.filter(pk=essay.pk).update(body=WRONG + UNCLEAR)
    assert run(capsys) == [
        f"{essay.pk} Of Links: example.org/x → https://example.org/x",
        f"{essay.pk} Of Links: me@example.org → mailto:me@example.org",
        f"{essay.pk} Of Links: notes.md is unclear. Edit the link in the admin.",
        "2 links in 1 essay to correct (use --fix). 1 unclear link.",
    ]
    essay.refresh_from_db()
    assert essay.body == WRONG + UNCLEAR


def test_the_command_fixes_essays_revisions_and_drafts(author: User, capsys: pytest.CaptureFixture[str]) -> None:
    essay = make.essay("Of Links", by=author, body="<p>First.</p>")
    revisions.save(essay, Text(title="Of Links", body="<p>Second.</p>"), by=author)
    Draft.objects.create(essay=essay, author=author, tab="a", fields={"body": WRONG})
    Essay.objects.filter(pk=essay.pk).update(body=WRONG)
    essay.revisions.update(body=WRONG, essay_fingerprint=Text.from_essay(Essay.objects.get()).fingerprint)
    mark = revisions.latest_text(Essay.objects.get()).version
    before = Generation.objects.get(key=essay.cache_key).number
    assert run(capsys, "--fix")[-1] == "2 links in 1 essay corrected. 0 unclear links."
    essay.refresh_from_db()
    assert {essay.body, *essay.revisions.values_list("body", flat=True)} == {RIGHT}
    assert Draft.objects.get().fields["body"] == RIGHT
    assert revisions.latest_text(essay).version == mark
    assert Generation.objects.get(key=essay.cache_key).number > before
    assert "https://example.org/x" in public_page(essay)
    assert run(capsys) == ["0 links in 0 essays to correct. 0 unclear links."]
