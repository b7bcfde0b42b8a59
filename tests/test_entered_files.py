"""How many of our own files a request runs through: what a maintainer may have to read to follow one."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Essay
from comments.models import Comment
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ROOT = Path(__file__).resolve().parents[1]
FORM = {"Sec-Fetch-Site": "same-origin"}


def entered(request: Callable[[], Any]) -> tuple[Any, set[str], int]:
    """Return the response, the files in which a function ran, and the number of queries."""
    files = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
            files.add(frame.f_code.co_filename)

    with CaptureQueriesContext(connection) as queries:
        sys.setprofile(note)
        try:
            response = request()
        finally:
            sys.setprofile(None)
    ours = {str(Path(file).relative_to(ROOT)) for file in files if file.startswith(f"{ROOT}/")}
    return response, {file for file in ours if not file.startswith((".venv", "tests/"))}, len(queries)


@pytest.fixture
def essay() -> Essay:
    make.rules(hold_first_comment=True)
    essay = make.essay()
    make.comment(essay)
    return essay


def test_an_essay_page_with_comments_enters_at_most_22_files(essay: Essay, client: Client) -> None:
    client.get(essay.get_absolute_url())  # what is loaded once per process
    response, files, queries = entered(lambda: client.get(essay.get_absolute_url()))
    assert response.status_code == 200
    assert len(files) <= 22, sorted(files)
    assert queries <= 8


def test_a_guest_comment_enters_at_most_25_files(essay: Essay, client: Client) -> None:
    address = f"{essay.get_absolute_url()}respond/"
    client.post(address, make.guest_form(text="Once"), headers=FORM)
    response, files, queries = entered(lambda: Client().post(address, make.guest_form(text="Words"), headers=FORM))
    assert response.status_code == 302
    assert len(files) <= 25, sorted(files)
    assert queries <= 13


def test_an_approval_enters_at_most_18_files(essay: Essay, client: Client) -> None:
    client.post(f"{essay.get_absolute_url()}respond/", make.guest_form(text="Words"), headers=FORM)
    pending = Comment.objects.get(status="pending")
    client = Client()
    client.force_login(make.moderator("mara"))
    client.get("/admin/comments/queue/")
    approval = {"comment": pending.pk, "action": "approve"}
    response, files, queries = entered(lambda: client.post("/admin/comments/queue/", approval, headers=FORM))
    assert response.status_code == 302
    assert len(files) <= 18, sorted(files)
    assert queries <= 18
