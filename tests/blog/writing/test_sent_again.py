"""Forms whose answer was lost and that are sent again, and settings that are not saved yet."""

import json

import pytest

from accounts.models import User
from blog.models import Draft, Essay
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
