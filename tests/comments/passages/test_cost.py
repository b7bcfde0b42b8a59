"""What passages add to an essay's page: bytes and queries."""

import gzip

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Essay, Text
from blog.writing import revisions
from comments.models import Comment
from comments.passages import placing
from comments.passages.quotations import Quotation
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.once]

COMMENTS, ANCHORED = 50, 20
SENTENCE = "The objection number {0} says in a long sentence what the author did not want to hear in chapter {0}."


@pytest.fixture
def essay() -> Essay:
    essay = make.essay(published=None)
    paragraphs = "".join(f"<p>{SENTENCE.format(number)} And so on it goes.</p>" for number in range(30))
    revisions.publish(essay, Text(title="Objections", body=paragraphs, slug=essay.slug), by=None)
    essay = Essay.objects.get(pk=essay.pk)
    for number in range(COMMENTS):
        make.comment(essay, f"What I think of it, and of number {number}.", by=make.guest(f"Reader {number}"))
    return essay


def load(essay: Essay) -> tuple[int, int]:
    """Return the size of the essay's page with gzip and its queries, once what a process keeps is there."""
    Client().get(essay.get_absolute_url())
    with CaptureQueriesContext(connection) as queries:
        response = Client().get(essay.get_absolute_url())
    return len(gzip.compress(response.content)), len(queries)


def test_twenty_passages_add_a_kilobyte_and_a_query(essay: Essay) -> None:
    size, queries = load(essay)
    for number, comment in enumerate(Comment.objects.order_by("pk")[:ANCHORED]):
        passage = placing.find(essay, Quotation(0, number + 1, SENTENCE.format(number)))
        assert passage
        placing.insert(passage, comment)
    new_size, new_queries = load(essay)
    assert 0 < new_size - size <= 1024
    assert new_queries - queries <= 1
