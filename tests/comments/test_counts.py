"""Comment counts in lists of essays."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import make
from tests.comments.browser_client import Browser, text_of
from tests.comments.essay_pages import max_queries

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.both
def test_lists_count_approved_comments(guest: Browser) -> None:
    make.rules()
    none, one, three = make.essay("None"), make.essay("One"), make.essay("Three")
    make.comment(one)
    make.comment(one, status="pending")
    root = make.comment(three)
    make.comment(three, to=root)
    make.comment(three, to=root, status="spam")
    make.comment(three)
    counted = {
        text_of(title): re.findall(r"\d+ comments?", text_of(entry))
        for entry in guest.read("/").all("article")
        for title in entry.iter("h2")
    }
    assert counted == {none.title: [], one.title: ["1 comment"], three.title: ["3 comments"]}


def test_a_list_needs_the_same_queries_for_one_essay_and_for_ten(guest: Browser) -> None:
    make.rules()
    author = make.author()
    make.comment(make.essay(by=author))
    guest.read("/")
    with CaptureQueriesContext(connection) as few:
        guest.read("/")
    for _ in range(9):
        make.comment(make.essay(by=author))
    with max_queries(len(few)):
        assert guest.read("/").html.count("1 comment") == 10
