"""A comment on words of an essay, from the form to the page."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from blog.models import Essay, Revision, Text
from blog.writing import revisions
from comments.models import Comment, Passage
from comments.passages.jobs import move_passages
from tests import caches, make
from tests.comments.browser_client import Browser, Page, text_of

pytestmark = pytest.mark.django_db

BODY = (
    "<p>Hardly anybody has read the <em>Meditations</em>. It is on every list.</p>"
    "<p>Here is how it was done. In 1640 he let two friends have the manuscript.</p>"
)
WORDS = "Here is how it was done."


@pytest.fixture
def essay() -> Essay:
    make.rules(hold_first_comment=False, flood_seconds=0)
    essay = make.essay(published=None)
    revisions.save(essay, text(BODY), by=None)
    return publish(essay, BODY)


def text(body: str) -> Text:
    return Text(title="Objections", body=body, slug="objections")


def publish(essay: Essay, body: str) -> Essay:
    essay = Essay.objects.get(pk=essay.pk)
    revisions.publish(essay, text(body), by=None)
    return Essay.objects.get(pk=essay.pk)


def shown(essay: Essay) -> Revision:
    found = Revision.objects.public(essay).first()
    assert found
    return found


def on(essay: Essay, words: str = WORDS, paragraph: int = 2, revision: int | None = None) -> str:
    """Return the value of the form's field as JavaScript sends it."""
    return json.dumps([revision or shown(essay).pk, paragraph, words, "", ""])


def line(page: Page, comment: Comment) -> str:
    found = [part for part in page.comment(comment).iter("p") if part.get("class") == "on"]
    return text_of(found[0]) if found else ""


def counts(page: Page) -> dict[str, str]:
    return {str(link.get("id")): text_of(link) for link in page.all("a[@class='on-count']")}


def post(essay: Essay, value: str, **fields: str) -> tuple[Browser, Page]:
    reader = Browser()
    return reader, reader.submit_comment(essay, **make.guest_form(on=value, **fields))


def test_a_comment_quotes_its_passage_and_the_paragraph_shows_a_count(essay: Essay) -> None:
    post(essay, on(essay))
    page = Browser().read(essay.get_absolute_url())
    assert line(page, Comment.objects.get()) == f"On: “ {WORDS} ”"
    assert counts(page) == {"on-2": "1"}
    link = page.by_id("on-2")
    assert link.get("aria-label") == "1 comment on this paragraph"
    assert link.get("href") == f"{essay.get_absolute_url()}?on=2#comments"


def test_in_an_essay_in_another_language_the_marks_say_that_they_are_in_the_pages(essay: Essay) -> None:
    post(essay, on(essay))
    assert Browser().read(essay.get_absolute_url()).by_id("on-2").get("lang") is None
    Essay.objects.filter(pk=essay.pk).update(language="ar")
    caches.clear()
    page = Browser().read(essay.get_absolute_url())
    assert page.by_id("on-2").get("lang") == "en"
    choices = Browser().read(f"{essay.get_absolute_url()}?on=choose").all("a[@class='choose']")
    assert {link.get("lang") for link in choices} == {"en"}


def test_the_page_of_a_paragraph_shows_only_its_threads_and_is_not_indexed(essay: Essay) -> None:
    post(essay, on(essay), text="On the passage.")
    post(essay, "", text="On the essay.", name="Tobias", email="tobias@example.org")
    page = Browser().read(f"{essay.get_absolute_url()}?on=2")
    assert "On the passage." in page.text
    assert "On the essay." not in page.text
    assert "1 comment on this paragraph." in page.text
    assert page.only("meta[@name='robots']").get("content") == "noindex"


@pytest.mark.parametrize("value", ["7", "choose", "x", "0", "99999999999999999999", ""])
def test_any_other_value_shows_all_comments(essay: Essay, value: str) -> None:
    post(essay, on(essay), text="On the passage.")
    page = Browser().read(f"{essay.get_absolute_url()}?on={value}")
    assert page.status == 200
    assert "On the passage." in page.text


def test_without_javascript_a_reader_chooses_a_paragraph(essay: Essay) -> None:
    reader = Browser()
    page = reader.read(essay.get_absolute_url())
    button = page.only("p[@class='to-passage']/button")
    page = reader.submit_comment(essay, **{str(button.get("name")): str(button.get("value"))}, text="Begun before.")
    choices = reader.read(page.response.headers["Location"]).all("a[@class='choose']")
    assert [text_of(link) for link in choices] == ["Reply to this paragraph"] * 2
    page = reader.read(str(choices[0].get("href")).partition("#")[0])
    assert "On: “ Hardly anybody has read the Meditations. It is on every list. ”" in page.text
    assert page.form_values["text"].strip() == "Begun before."
    posted = reader.submit_comment(essay, **make.guest_form(on=page.form_values["on"]))
    assert posted.status == 302
    assert Passage.objects.get().words == "Hardly anybody has read the Meditations. It is on every list."


def test_the_passage_can_be_removed_without_javascript_and_what_was_typed_stays(essay: Essay) -> None:
    _reader, page = post(essay, on(essay), passage="remove", text="Long thought.")
    assert page.status == 200
    assert page.form_values["on"] == ""
    assert page.form_values["text"].strip() == "Long thought."
    assert not Comment.objects.exists()


def test_another_passage_can_be_chosen_without_javascript_and_what_was_typed_stays(essay: Essay) -> None:
    reader, page = post(essay, on(essay), passage="change", text="Long thought.")
    assert page.response.headers["Location"] == f"{essay.get_absolute_url()}?on=choose"
    links = reader.read(page.response.headers["Location"]).all("a[@class='choose']")
    page = reader.read(str(links[0].get("href")).partition("#")[0])
    assert page.form_values["text"].strip() == "Long thought."
    assert "On: “ Hardly anybody" in page.text


def test_a_rejected_form_keeps_the_passage(essay: Essay) -> None:
    _reader, page = post(essay, on(essay), text="")
    assert page.status == 422
    assert json.loads(page.form_values["on"])[2] == WORDS
    assert f"On: “ {WORDS} ”" in page.text


def test_words_are_found_whatever_their_white_space_and_across_tags(essay: Essay) -> None:
    post(essay, on(essay, "read \n the   Meditations. It is", paragraph=1))
    assert Passage.objects.get().words == "read the Meditations. It is"


FORGED = {
    "words that are not there": '[{shown}, 2, "He was wrong.", "", ""]',
    "no JSON": "Here is how it was done.",
    "an object": '{{"words": "Here"}}',
    "other types": '[true, "2", 7, null, []]',
    "markup": '[{shown}, 2, "<b>Here is how it was done.</b>", "", ""]',
    "another essay's revision": '[{other}, 1, "Elsewhere it is said.", "", ""]',
    "a draft": '[{draft}, 1, "Nobody may know this yet.", "", ""]',
    "a draft's paragraph": "[{draft}, 1]",
    "a scheduled text": '[{scheduled}, 1, "Tomorrow.", "", ""]',
    "no such revision": '[999999, 1, "Here", "", ""]',
    "a negative number": '[-1, 1, "Here", "", ""]',
    "a large number": '[99999999999999999999, 1, "Here", "", ""]',
    "many brackets": "[" * 5000,
}


@pytest.mark.parametrize("value", FORGED.values(), ids=FORGED)
def test_a_passage_that_readers_cannot_see_is_left_out_and_the_comment_posted(essay: Essay, value: str) -> None:
    other = make.essay(published=None)
    revisions.publish(other, Text(title="Other", body="<p>Elsewhere it is said.</p>", slug="other"), by=None)
    draft = revisions.save(essay, text("<p>Nobody may know this yet.</p>"), by=None)
    later = make.essay(published=timezone.now() + timedelta(days=1))
    scheduled = revisions.publish(later, Text(title="Later", body="<p>Tomorrow.</p>", slug="later"), by=None)
    assert draft
    assert scheduled
    keys = {"shown": shown(essay).pk, "other": shown(other).pk, "draft": draft.pk, "scheduled": scheduled.pk}
    reader, page = post(essay, value.format(**keys) if "{" in value and "[" in value else value)
    assert page.status == 302
    assert not Passage.objects.exists()
    page = reader.read(page.response.headers["Location"].partition("#")[0])
    assert "your comment was posted without it" in page.text
    assert "Nobody may know this yet" not in page.html


def test_a_passage_that_is_far_too_long_is_refused_with_a_message(essay: Essay) -> None:
    _reader, page = post(essay, on(essay, "a" * 100_000), text="Long thought.")
    assert page.status == 422
    assert "The passage is too long. Select fewer words." in page.text
    assert page.form_values["text"].strip() == "Long thought."
    assert not Comment.objects.exists()


def test_the_same_text_may_be_posted_on_another_passage(essay: Essay) -> None:
    browser = Browser()
    quoted = [on(essay), on(essay, "In 1640 he let two friends"), on(essay), ""]
    statuses = [
        browser.submit_comment(essay, text="Source?", name="Ilse", email="i@example.org", on=each).status
        for each in quoted
    ]
    assert statuses == [302, 302, 409, 302]
    assert browser.submit_comment(essay, text="Source?", name="Ilse", email="i@example.org").status == 409


def test_after_a_change_the_passage_moves_with_its_words(essay: Essay) -> None:
    post(essay, on(essay))
    publish(essay, f"<p>A new beginning, which says what follows.</p>{BODY}")
    move_passages.call(essay.pk)
    page = Browser().read(essay.get_absolute_url())
    assert counts(page) == {"on-3": "1"}


def test_until_passages_have_moved_no_paragraph_is_marked(essay: Essay) -> None:
    post(essay, on(essay))
    publish(essay, f"<p>A new beginning, which says what follows.</p>{BODY}")
    page = Browser().read(essay.get_absolute_url())
    assert counts(page) == {}
    assert line(page, Comment.objects.get()) == f"On an earlier version: “ {WORDS} ”"


def test_removed_words_stay_quoted_and_are_found_again_when_they_return(essay: Essay) -> None:
    post(essay, on(essay))
    publish(essay, "<p>Hardly anybody has read the <em>Meditations</em>. It is on every list.</p>")
    move_passages.call(essay.pk)
    page = Browser().read(essay.get_absolute_url())
    assert counts(page) == {}
    assert line(page, Comment.objects.get()) == f"On an earlier version: “ {WORDS} ”"
    publish(essay, BODY)
    move_passages.call(essay.pk)
    assert counts(Browser().read(essay.get_absolute_url())) == {"on-2": "1"}


def test_a_reader_of_an_older_text_may_still_quote_it(essay: Essay) -> None:
    old = shown(essay).pk
    publish(essay, f"<p>A new beginning, which says what follows.</p>{BODY}")
    post(essay, on(essay, revision=old))
    move_passages.call(essay.pk)
    assert counts(Browser().read(essay.get_absolute_url())) == {"on-3": "1"}


def test_a_withdrawn_version_is_neither_quoted_nor_confirmed(essay: Essay) -> None:
    post(essay, on(essay))
    old = shown(essay)
    publish(essay, "<p>All is different here, and nothing remained.</p>")
    move_passages.call(essay.pk)
    Revision.objects.filter(pk=old.pk).update(is_withdrawn=True)
    page = Browser().read(essay.get_absolute_url())
    assert line(page, Comment.objects.get()) == "On an earlier version"
    assert WORDS not in page.html
    post(essay, on(essay, revision=old.pk), text="Again.", name="Tobias", email="tobias@example.org")
    assert Passage.objects.count() == 1


def test_an_imported_essay_gets_a_version_with_the_first_passage(essay: Essay) -> None:
    imported = make.essay(body=BODY, published=timezone.now() - timedelta(days=3))
    post(imported, json.dumps([0, 2, WORDS, "", ""]))
    assert counts(Browser().read(imported.get_absolute_url())) == {"on-2": "1"}


def test_opening_the_form_for_an_imported_essay_stores_nothing(essay: Essay) -> None:
    imported = make.essay(body=BODY, published=timezone.now() - timedelta(days=3))
    page = Browser().read(f"{imported.get_absolute_url()}?passage=0-2")
    assert "On: “ Here is how it was done." in page.text
    assert not imported.revisions.exists()


@pytest.mark.parametrize("has_published", [True, False])
def test_words_that_were_only_saved_are_not_confirmed_if_no_revision_says_when_it_was_public(
    essay: Essay, has_published: bool
) -> None:
    """As in a backup made before versions were numbered."""
    revisions.save(essay, text("<p>Nobody may know this yet.</p>"), by=None)
    essay.revisions.update(public_from=None, version=None)
    if not has_published:
        essay.revisions.filter(kind=Revision.Kind.PUBLISH).delete()
    post(essay, json.dumps([0, 1, "Nobody may know this yet.", "", ""]))
    assert not Passage.objects.exists()
    post(essay, json.dumps([0, 2, WORDS, "", ""]), name="Tobias", email="tobias@example.org")
    assert Passage.objects.get().quotation == WORDS
    assert counts(Browser().read(essay.get_absolute_url())) == ({"on-2": "1"} if has_published else {})


def test_pending_comments_are_not_counted(essay: Essay) -> None:
    make.rules(hold_everything=True)
    reader, page = post(essay, on(essay))
    assert counts(Browser().read(essay.get_absolute_url())) == {}
    page = reader.read(page.response.headers["Location"].partition("#")[0])
    assert line(page, Comment.objects.get()) == f"On: “ {WORDS} ”"
