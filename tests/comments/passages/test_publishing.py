"""What an author sees of comments on passages before a changed text is published."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from blog.models import Essay, Revision, Text
from blog.writing import revisions
from comments.models import Passage
from comments.passages.jobs import move_passages
from tests import make
from tests.comments.browser_client import Browser, Page

pytestmark = pytest.mark.django_db

FIRST = "Hardly anybody has read the book from its first page to the last one."
SECOND = "Here is how it was done, when he let two friends have the manuscript in 1640."
THIRD = "The objections take up six times the room of the meditations themselves."
OLD = f"<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"
NEW = f"<p>{FIRST}</p><p>Here is how it was done, when he let two old friends have the manuscript in 1640.</p>"


@pytest.fixture
def essay(author: User) -> Essay:
    make.rules(hold_first_comment=False, flood_seconds=0)
    essay = make.essay(published=None, by=author)
    revisions.publish(essay, text(OLD), by=author)
    for number, words in enumerate([FIRST, SECOND, THIRD], start=1):
        on = json.dumps([Revision.objects.public(essay).latest("pk").pk, number, words, "", ""])
        Browser().post_comment(essay, text=f"About {number}.", name=f"Reader {number}", on=on)
    revisions.save(essay, text(NEW), by=author)
    return Essay.objects.get(pk=essay.pk)


def text(body: str) -> Text:
    return Text(title="Objections", body=body, slug="objections")


def places() -> list[tuple[int, str, bool]]:
    newest = Revision.objects.exclude(public_from=None).latest("pk")
    rows = Passage.objects.order_by("pk")
    return [(row.paragraph, row.words, row.revision_id == newest.pk) for row in rows]


def choose(essay: Essay, author: User, **choices: str) -> Page:
    return Page(Browser(author).post(f"/admin/blog/essay/{essay.pk}/passages/", choices))


def test_the_publishing_step_says_what_becomes_of_comments_on_passages(essay: Essay, author: User) -> None:
    page = Browser(author).read(f"/admin/blog/essay/{essay.pk}/publish/")
    assert "1 comment stays, 1 was recognized, 1 is about removed words." in page.text
    page = Browser(author).read(f"/admin/blog/essay/{essay.pk}/passages/")
    assert "two old friends" in page.text
    assert THIRD in page.text
    assert FIRST not in page.text


def test_publishing_moves_the_passages(essay: Essay, author: User) -> None:
    revisions.publish(essay, text(NEW), by=author)
    move_passages.call(essay.pk)
    assert [(number, is_shown) for number, _words, is_shown in places()] == [(1, True), (2, True), (3, False)]
    assert "two old friends" in places()[1][1]


def test_an_author_corrects_what_was_found(essay: Essay, author: User) -> None:
    _first, second, third = Passage.objects.order_by("pk")
    choices = {f"choice-{second.pk}": "none", f"choice-{third.pk}": "other", f"words-{third.pk}": "read the  book"}
    assert choose(essay, author, **choices).status == 302
    page = Browser(author).read(f"/admin/blog/essay/{essay.pk}/publish/")
    assert "1 comment stays, you chose the places of 2." in page.text
    revisions.publish(essay, text(NEW), by=author)
    move_passages.call(essay.pk)
    assert places() == [(1, FIRST, True), (2, SECOND, False), (1, "read the book", True)]
    assert not Passage.objects.filter(is_chosen=True).exists()


@pytest.mark.parametrize("words", ["", "words that are nowhere", "e"])
def test_words_that_the_new_text_has_not_exactly_once_are_refused(essay: Essay, author: User, words: str) -> None:
    third = Passage.objects.latest("pk")
    page = choose(essay, author, **{f"choice-{third.pk}": "other", f"words-{third.pk}": words})
    assert page.status == 422
    assert page.find("*[@aria-invalid='true']") is not None
    assert not Passage.objects.filter(is_chosen=True).exists()


def test_only_authors_of_the_essay_see_the_page(essay: Essay) -> None:
    stranger = make.author("stranger")
    assert Browser(stranger).get(f"/admin/blog/essay/{essay.pk}/passages/").status_code == 404
    assert Browser().get(f"/admin/blog/essay/{essay.pk}/passages/").status_code == 302


def test_moving_twice_changes_nothing(essay: Essay, author: User) -> None:
    revisions.publish(essay, text(NEW), by=author)
    move_passages.call(essay.pk)
    once = places()
    move_passages.call(essay.pk)
    assert places() == once


def test_what_an_author_chooses_while_passages_are_moved_wins(essay: Essay, author: User) -> None:
    _first, second, third = Passage.objects.order_by("pk")
    revisions.publish(essay, text(NEW), by=author)
    begin, end = second.pk, third.pk
    choices = {f"choice-{begin}": "none", f"choice-{end}": "other", f"words-{end}": "read the book"}
    before = list(Passage.objects.order_by("pk"))
    fields = ["revision", "paragraph", "words", "before", "after", "is_chosen", "chosen"]
    statements = 0
    while True:
        Passage.objects.bulk_update(before, fields)
        is_chosen = move_with_choice(essay, author, choices, at=statements)
        if not is_chosen:
            break
        statements += 1
        assert places() == [(1, FIRST, True), (2, SECOND, False), (1, "read the book", True)], statements
    assert statements > 2


def move_with_choice(essay: Essay, author: User, choices: dict[str, str], *, at: int) -> bool:
    """Move the passages; post choices before the statement with a number outside the job's transaction, if it has it."""
    count, is_chosen, depth = 0, False, len(connection.savepoint_ids)

    def execute(run: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal count, is_chosen
        is_outside = len(connection.savepoint_ids) == depth and not arguments[0].startswith("RELEASE")
        if is_outside and not is_chosen:
            number, count = count, count + 1
            if number == at:
                is_chosen = True
                choose(essay, author, **choices)
        return run(*arguments)

    with connection.execute_wrapper(execute):
        move_passages.call(essay.pk)
    return is_chosen


def test_choices_for_comments_that_have_moved_are_refused(essay: Essay, author: User) -> None:
    _first, second, _third = Passage.objects.order_by("pk")
    revisions.publish(essay, text(NEW), by=author)
    move_passages.call(essay.pk)
    client = Browser(author)
    answer = client.post(f"/admin/blog/essay/{essay.pk}/passages/", {f"choice-{second.pk}": "none"}, follow=True)
    assert "The places of its comments can no longer be chosen." in Page(answer).text
    assert not Passage.objects.filter(is_chosen=True).exists()
