"""The writing page lists the comments that were answered with “Corrected” before the change."""

import json
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from blog.models import Essay, Revision, Text
from blog.writing import revisions
from comments.answers.actions import Choice, save
from comments.answers.jobs import complete_corrections
from comments.models import Comment
from tests import make
from tests.comments.answers.publishing import publish
from tests.comments.browser_client import Browser, text_of

pytestmark = pytest.mark.django_db
FIRST = "The book is long."
SECOND = "They were lost until the nineteenth century, as far as anyone knows."
BODY = f"<p>{FIRST}</p><p>{SECOND}</p>"


@pytest.fixture
def essay(author: User) -> Essay:
    make.rules(hold_first_comment=False, flood_seconds=0)
    return publish(make.essay(published=None, by=author), BODY)


def comment_on(essay: Essay, words: str, name: str) -> Comment:
    on = json.dumps([Revision.objects.public(essay).latest("pk").pk, 1, words, "", ""])
    return Browser().post_comment(essay, text=f"{name} objects.", name=name, on=on)


def open_corrections(essay: Essay, author: User) -> list[str]:
    page = Browser(author).read(f"/admin/blog/essay/{essay.pk}/change/")
    return [text_of(item) for item in page.all("section[@class='open-corrections']/ul/li")]


def test_they_are_listed_in_the_order_of_the_text_until_the_change_is_published(essay: Essay, author: User) -> None:
    second, first = comment_on(essay, "nineteenth century", "Tunde"), comment_on(essay, FIRST, "Ilse")
    whole = make.comment(essay, "It is wrong as a whole.", by=make.guest("Bram"))
    assert open_corrections(essay, author) == []
    for comment in (whole, second, first):
        save(comment.pk, Choice("corrected"), by=author)
    expected = [
        f"Ilse to correct {FIRST}",
        "Tunde to correct nineteenth century",
        "Bram to correct It is wrong as a whole.",
    ]
    assert open_corrections(essay, author) == expected
    links = Browser(author).read(f"/admin/blog/essay/{essay.pk}/change/").all("section[@class='open-corrections']//a")
    assert [link.get("href") for link in links] == [each.get_absolute_url() for each in (first, second, whole)]
    publish(essay, BODY.replace("the nineteenth century", "1879"))
    complete_corrections.call(essay.pk)
    assert open_corrections(essay, author) == []


def test_words_that_the_saved_text_no_longer_has_are_quoted_below_the_others(essay: Essay, author: User) -> None:
    for words, name in ((FIRST, "Ilse"), ("nineteenth century", "Tunde")):
        save(comment_on(essay, words, name).pk, Choice("corrected"), by=author)
    revisions.save(essay, replace(Text.from_essay(essay), body=f"<p>{SECOND}</p>"), by=author)
    assert open_corrections(essay, author) == [
        "Tunde to correct nineteenth century",
        f"Ilse to correct {FIRST} These words are no longer in the text.",
    ]


@pytest.mark.parametrize("choice", [Choice("stands"), Choice(is_picked=True), None])
def test_other_answers_and_hidden_comments_are_not_listed(essay: Essay, author: User, choice: Choice | None) -> None:
    comment = comment_on(essay, FIRST, "Ilse")
    save(comment.pk, choice or Choice("corrected"), by=author)
    if choice is None:
        Comment.objects.filter(pk=comment.pk).update(status="trash")
    assert open_corrections(essay, author) == []


def test_an_essay_without_passages_needs_no_query_for_them(essay: Essay, author: User) -> None:
    browser = Browser(author)
    for each, rows in ((essay, 0), (make.essay("Of Letters", by=author), 1)):
        if rows:
            make.comment(each, "Is it?")
        with CaptureQueriesContext(connection) as queries:
            browser.read(f"/admin/blog/essay/{each.pk}/change/")
        asked = [query["sql"] for query in queries if "comments_" in query["sql"]]
        assert len([sql for sql in asked if 'FROM "comments_discussion"' in sql]) == 1, asked  # the form's own
        assert not [sql for sql in asked if "authoranswer" in sql or "passage" in sql.partition("FROM")[2]]
    assert browser.get("/admin/blog/essay/add/").status_code == 200
