"""Helpers for tests of an essay's page: query limits, pager and comments."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

from blog.models import Essay
from comments.models import Comment
from tests import make
from tests.comments.browser_client import Page, text_of

TRANSACTION = re.compile(r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE")


@contextmanager
def max_queries(count: int) -> Iterator[None]:
    """Fail if more queries are made; statements that begin and end transactions do not count."""
    with CaptureQueriesContext(connection) as captured:
        yield
    queries = [query["sql"] for query in captured.captured_queries if not TRANSACTION.match(query["sql"])]
    assert len(queries) <= count, "\n".join([f"{len(queries)} queries:", *queries])


def create_roots(essay: Essay, count: int) -> list[Comment]:
    return make.create_thread(essay, *[None] * count)


def essay_path(essay: Essay, query: str = "") -> str:
    return f"{essay.get_absolute_url()}{query}"


def pager(page: Page) -> dict[str, str]:
    return {text_of(link): str(link.get("href")) for link in page.all("nav[@class='pager']/a")}


def keys_of(comments: list[Comment]) -> list[int]:
    return [comment.pk for comment in comments]
