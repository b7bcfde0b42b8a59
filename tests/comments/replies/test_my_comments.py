"""“Your comments”: a person's own comments with the status of each."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.once]
MINE = "/replies/comments/"


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})


@pytest.fixture
def essay() -> Essay:
    return make.essay("Of Forms")


def page_of(client: Client, query: str = "") -> str:
    answer = client.get(f"{MINE}{query}")
    assert answer.headers["Cache-Control"] == "private, no-store"
    return re.sub(r"\s+", " ", answer.content.decode())


def entries(page: str) -> list[tuple[str, str]]:
    """Return each comment's text and status."""
    found = re.findall(r'<p class="words" dir="auto">(.*?)</p> <p class="state"><span>(.*?)</span>', page)
    return [(words, state) for words, state in found]


def test_each_comment_shows_its_status(client: Client, essay: Essay) -> None:
    rosa = make.user("rosa", name="Rosa Castellanos")
    speaker = Commenter.objects.for_user(rosa)
    other = make.comment(essay, "Somebody else's.", by=make.guest("Tobias Fenn"))
    for words, status in (("Stands.", "approved"), ("Waits.", "pending"), ("Looks odd.", "spam"), ("Went.", "trash")):
        make.comment(essay, words, by=speaker, to=other, status=status)
    own = make.comment(essay, "Took it back.", by=speaker, status="trash")
    Comment.objects.filter(pk=own.pk).update(removed_by=Comment.Remover.AUTHOR)
    client.force_login(rosa)
    page = page_of(client)
    assert entries(page) == [
        ("Took it back.", "Removed by you."),
        ("Went.", "Removed by a moderator."),
        (
            "Looks odd.",
            "Not published: marked as spam. If this is a mistake, contact the site owner.",
        ),
        ("Waits.", "Your comment is awaiting moderation. A moderator will review it before it appears."),
        ("Stands.", "Published."),
    ]
    assert "Of Forms" in page
    assert "to <bdi>Tobias Fenn</bdi>" in page
    links = re.findall(r'href="/comments/(\d+)/"', page)
    shown = Comment.objects.filter(commenter=speaker, status__in=["approved", "pending"])
    assert set(map(int, links)) == set(shown.values_list("pk", flat=True))
    for link in links:
        assert client.get(f"/comments/{link}/").status_code == 302


def test_each_comment_can_be_edited_for_a_while_and_deleted(client: Client, essay: Essay) -> None:
    rosa = make.user("rosa")
    speaker = Commenter.objects.for_user(rosa)
    made = {
        status: make.comment(essay, by=speaker, status=status) for status in ("approved", "pending", "spam", "trash")
    }
    old = make.comment(essay, by=speaker)
    Comment.objects.filter(pk=old.pk).update(created=timezone.now() - timedelta(minutes=16))
    client.force_login(rosa)
    page = page_of(client)
    ways = {verb: set(map(int, re.findall(rf'href="/comments/(\d+)/{verb}/"', page))) for verb in ("edit", "delete")}
    assert ways["edit"] == {made["approved"].pk, made["pending"].pk}
    assert ways["delete"] == {made["approved"].pk, made["pending"].pk, made["spam"].pk, old.pk}


def test_a_pending_first_comment_shows_the_reason(client: Client, essay: Essay) -> None:
    make.rules()
    client.post(f"{essay.get_absolute_url()}respond/", make.guest_form(text="My first.", remember="on"))
    assert entries(page_of(client)) == [
        (
            "My first.",
            "Your comment is awaiting moderation. A moderator will review your first comment before it appears.",
        )
    ]


def test_a_guest_sees_only_the_comments_of_this_browser(client: Client, essay: Essay) -> None:
    make.rules()
    make.comment(essay, "By a namesake.", by=make.guest("Anna Karg"))
    client.post(f"{essay.get_absolute_url()}respond/", make.guest_form(text="From here.", remember="on"))
    page = page_of(client)
    assert [words for words, _state in entries(page)] == ["From here."]
    assert "as <bdi>Anna Karg</bdi>" in page
    assert 'href="/replies/"' in client.get("/").content.decode()


def test_an_unknown_visitor_is_asked_to_log_in(client: Client) -> None:
    page = page_of(client)
    assert "to see your comments." in page
    assert f"/accounts/login/?next={MINE}" in page


def test_the_author_of_a_removed_parent_is_not_named(client: Client, essay: Essay) -> None:
    rosa = make.user("rosa")
    root = make.comment(essay, by=make.guest("Ines Okafor"))
    make.comment(essay, by=Commenter.objects.for_user(rosa), to=root)
    Comment.objects.filter(pk=root.pk).update(status="trash")
    client.force_login(rosa)
    assert "Ines Okafor" not in page_of(client)


def test_comments_on_a_withdrawn_essay_have_no_links(client: Client, essay: Essay) -> None:
    rosa = make.user("rosa")
    said = make.comment(essay, "Stands.", by=Commenter.objects.for_user(rosa))
    Essay.objects.filter(pk=essay.pk).update(published=timezone.now() + timedelta(days=1))
    client.force_login(rosa)
    page = page_of(client)
    assert entries(page) == [("Stands.", "Published, but the essay is no longer public.")]
    assert f'href="/comments/{said.pk}/"' not in page
    assert f"/comments/{said.pk}/edit/" not in page
    assert f"/comments/{said.pk}/delete/" in page  # they may still delete it


def test_all_pages_need_equally_many_queries(client: Client, essay: Essay, django_assert_max_num_queries: Any) -> None:
    rosa = make.user("rosa")
    speaker = Commenter.objects.for_user(rosa)
    for number in range(23):
        make.comment(essay, f"Number {number}.", by=speaker)
    client.force_login(rosa)
    with django_assert_max_num_queries(8):
        page = page_of(client)
    assert [words for words, _state in entries(page)] == [f"Number {number}." for number in range(22, 2, -1)]
    assert 'href="?page=2"' in page
    assert len(entries(page_of(client, "?page=2"))) == 3
    assert len(entries(page_of(client, "?page=999"))) == 3
    assert len(entries(page_of(client, "?page=x"))) == 20
