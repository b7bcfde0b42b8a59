"""Forms whose answer was lost and that are sent again, and settings that are not saved yet."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from blog.models import Draft, Essay, Text
from blog.writing import revisions
from tests import make
from tests.blog.essay_forms import EssayForm
from tests.comments.browser_client import Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LANGUAGE = {"language": ["", "de", "German"]}


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def essay(author: User) -> Essay:
    return make.essay("Whose Promise", by=author, body="<p>Stored words.</p>")


def test_a_new_essay_that_is_sent_again_is_created_once(author: User) -> None:
    first, again = EssayForm(author), EssayForm(author)
    for form in (first, again):
        form.open()
    typed = {"title": "One", "body": "<p>One.</p>", "tab": "abc", "language": "de"}
    first.send("_publish", **typed)
    assert again.autosave(**typed, number="5").json()["state"] == "same"
    answer = again.send("_publish", **typed)
    essay = Essay.objects.get()
    assert f"/essay/{essay.pk}/" in answer.headers["Location"]
    again.essay = None
    again.send("_draft", **typed | {"body": "<p>One, and more.</p>", "language": "fr"})  # typed after going back
    essay = Essay.objects.get()
    assert (essay.body, essay.language) == ("<p>One, and more.</p>", "fr")
    assert essay.revisions.count() == 2
    assert not Draft.objects.exists()
    another = EssayForm(make.author())
    another.open()
    another.save(**typed)  # a tab's key is its author's
    assert Essay.objects.count() == 2


def test_a_form_meets_no_conflict_with_what_it_saved_itself(author: User, essay: Essay) -> None:
    first, again = EssayForm(author, essay), EssayForm(author, essay)
    for form in (first, again):
        form.open()
    first.save(body="<p>Sent.</p>", tab="abc")
    assert "behind" not in again.autosave(body="<p>Sent, and more.</p>", tab="abc", number="5").json()
    assert again.save(body="<p>Sent, and more.</p>", tab="abc").status_code == 302
    colleague = make.owner("ruth", name="Ruth")
    essay.refresh_from_db()
    revisions.save(essay, revisions.latest_text(essay).text.__class__(title="One", body="<p>Hers.</p>"), by=colleague)
    assert again.save(body="<p>Sent, and more still.</p>", tab="abc").status_code == 409


def test_a_saved_text_that_waited_in_the_browser_is_not_offered_as_unsaved(author: User, essay: Essay) -> None:
    form = EssayForm(author, essay)
    form.open()
    typed = {"body": "<p>Sent.</p>", "tab": "abc"}
    form.send("_publish", **typed)
    form.take_step(excerpt="Another text now.")
    assert form.autosave(**typed, number="5", age="60").json()["state"] == "same"
    assert not Draft.objects.exists()
    typed["body"] = "<p>Sent, and more.</p>"
    assert form.autosave(**typed, number="6", age="60").json()["state"] == "kept"


def test_a_saved_text_is_not_offered_as_unsaved_whatever_form_saved_it(author: User, essay: Essay) -> None:
    """A copy of it waited in the browser, from a page that the saved form continued."""
    first, second = EssayForm(author, essay), EssayForm(author, essay)
    for form in (first, second):
        form.open()
    typed = {"body": "<p>Sent.</p>", "slug": ""}
    second.publish({"excerpt": "Another text now."}, **typed, tab="second", language="de")
    for settings, state in ((LANGUAGE, "same"), ({"language": ["", "fr", "French"]}, "kept")):
        answer = first.autosave(**typed, tab="first", number="5", age="60", settings=json.dumps(settings))
        assert answer.json()["state"] == state
    other = EssayForm(make.owner("ruth", name="Ruth"), essay)
    other.open()
    assert other.autosave(**typed, tab="other", number="5", age="60").json()["state"] == "kept"


def test_a_text_typed_again_after_it_was_saved_is_unsaved(author: User, essay: Essay) -> None:
    form = EssayForm(author, essay)
    form.open()
    revisions.save(essay, Text(title="One", body="<p>Once.</p>"), by=author)
    essay.revisions.update(created=timezone.now() - timedelta(hours=2))
    revisions.save(essay, Text(title="One", body="<p>Later.</p>"), by=author)
    typed = {"title": "One", "body": "<p>Once.</p>", "slug": "", "tab": "abc"}
    assert form.autosave(**typed, number="5", age="3600").json()["state"] == "kept"


def test_settings_that_arrive_after_their_form_was_saved_are_not_unsaved(author: User, essay: Essay) -> None:
    """Autosave may send them while the browser waits for the answer to the form."""
    form, ada = EssayForm(author, essay), make.author("ada", name="Ada Byron")
    form.open()
    row = {"authorships-TOTAL_FORMS": "2", "authorships-1-author": str(ada.pk), "authorships-1-position": "2"}
    typed = {"body": "<p>Sent.</p>", "tab": "abc"}
    changed = {"language": "de", "series": "Of Promises", **row}
    sent = {name: ["", value, ""] for name, value in changed.items()}
    settings = json.dumps(sent | {"discussion-0-is_open": ["true", "false", ""]})
    assert form.autosave(**typed, number="5", settings=settings).json()["state"] == "kept"
    form.values.pop("discussion-0-is_open")
    form.save(**typed, **changed)
    assert form.autosave(**typed, number="6", settings=settings).json()["state"] == "same"
    assert not Draft.objects.exists()
    later = json.dumps({**json.loads(settings), "language": ["", "fr", "French"]})
    assert form.autosave(**typed, number="7", settings=later).json()["state"] == "kept"
    assert [*Draft.objects.get().settings] == ["language"]


def test_drafts_with_the_saved_text_and_settings_are_deleted_with_the_form_s_own(author: User, essay: Essay) -> None:
    first, second = EssayForm(author, essay), EssayForm(author, essay)
    for form in (first, second):
        form.open()
    for tab, settings in (("one", LANGUAGE), ("two", {"language": ["", "fr", "French"]})):
        first.autosave(body="<p>Sent.</p>", tab=tab, number="5", settings=json.dumps(settings))
    second.save(body="<p>Sent.</p>", tab="second", language="de")
    assert Draft.objects.get().tab == "two"


@pytest.mark.parametrize("is_new", [False, True])
def test_settings_of_a_draft_stay_unsaved_if_its_form_is_sent_before_the_script_runs(
    author: User, essay: Essay, is_new: bool
) -> None:
    form = EssayForm(author, None if is_new else essay)
    form.open()
    form.autosave(title="One", body="<p>Typed.</p>", tab="abc", number="5", settings=json.dumps(LANGUAGE))
    form.open(f"?draft={Draft.objects.get().pk}")
    form.save(tab="")
    assert form.essay
    saved = Essay.objects.get(pk=form.essay.pk)
    assert (revisions.latest_text(saved).text.body, saved.language) == ("<p>Typed.</p>", "")
    left = Draft.objects.get()
    assert (left.essay, left.settings) == (saved, LANGUAGE)


def test_the_page_after_saving_names_what_was_saved(author: User, essay: Essay) -> None:
    """What is typed while the browser waits for it has a higher number, and is not deleted from the browser."""
    form = EssayForm(author, essay)
    form.open()
    assert form.save(body="<p>Sent.</p>", tab="abc", number="7").headers["Location"].endswith("/change/#saved-abc-7")
    assert form.save(body="<p>Sent.</p>", tab="abc", number="x").headers["Location"].endswith("/change/#saved-abc")


def test_changed_settings_are_part_of_a_draft(author: User, essay: Essay) -> None:
    form = EssayForm(author, essay)
    form.open()
    assert form.autosave(tab="abc", number="1", settings=json.dumps(LANGUAGE)).json()["state"] == "kept"
    assert Draft.objects.get().settings == LANGUAGE
    page = Page(form.client.get(form.address))
    assert json.loads(page.only("essay-autosave").get("data-settings") or "") == LANGUAGE
    assert "The settings have unsaved changes" in form.client.get(form.url_of("draft")).content.decode()
    assert form.save(canonical="nonsense", tab="abc", language="de").status_code == 422
    assert Draft.objects.get().settings == LANGUAGE
    form.save(tab="abc", language="de")
    assert not Draft.objects.exists()
    assert Essay.objects.get().language == "de"


@pytest.mark.parametrize("sent", ["[", "[]", '{"a": 1}', '{"a": ["b", "c"]}', '{"a": ["", "b", {}]}', "[" * 60_000])
def test_settings_of_another_form_are_ignored(author: User, essay: Essay, sent: str) -> None:
    form = EssayForm(author, essay)
    form.open()
    assert form.autosave(tab="abc", number="1", settings=sent).json()["state"] == "same"
