"""Which comments are on which page, in which order, and where permalinks lead."""

import pytest

from blog.models import Essay
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser, redirect_path, text_of
from tests.comments.essay_pages import create_roots, essay_path, keys_of, pager

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# Pages


@pytest.mark.both
def test_a_page_has_fifty_threads_however_many_replies_they_have(essay: Essay, guest: Browser) -> None:
    said = create_roots(essay, 51)
    replies = [make.comment(essay, to=said[0]) for _ in range(3)]
    first = guest.read(essay)
    assert first.comment_keys == [said[0].pk, *keys_of(replies), *keys_of(said[1:50])]
    assert list(pager(first)) == ["Newer Comments"]
    second = guest.read(pager(first)["Newer Comments"])
    assert second.comment_keys == [said[50].pk]
    assert list(pager(second)) == ["Older Comments"]
    assert place_of(pager(second)["Older Comments"]) == essay.get_absolute_url()
    assert "54 comments" in first.text
    assert "54 comments" in second.text


def place_of(link: str) -> str:
    return link.partition("#")[0]


def test_one_page_of_threads_has_no_pager(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=3)
    create_roots(essay, 3)
    assert guest.read(essay).find("nav[@class='pager']") is None


@pytest.mark.both
@pytest.mark.parametrize(
    ("order", "onwards", "sign"), [("oldest", "Newer Comments", 1), ("newest", "Older Comments", -1)]
)
def test_the_pager_reaches_every_thread_once(essay: Essay, guest: Browser, order: str, onwards: str, sign: int) -> None:
    make.rules(threads_a_page=3)
    said = create_roots(essay, 7)
    shown, link = [], essay_path(essay, f"?order={order}")
    for _ in range(3):
        page = guest.read(link)
        shown += page.comment_keys
        link = pager(page).get(onwards, "")
    assert link == ""
    assert shown == keys_of(said)[::sign]


def test_replies_are_sorted_by_time_when_the_newest_thread_comes_first(essay: Essay, guest: Browser) -> None:
    first, second = create_roots(essay, 2)
    replies = [make.comment(essay, to=first) for _ in range(3)]
    assert guest.read(essay_path(essay, "?order=newest")).comment_keys == [second.pk, first.pk, *keys_of(replies)]


def test_the_owner_sets_the_default_order_and_a_reader_can_change_it(essay: Essay, guest: Browser) -> None:
    said = keys_of(create_roots(essay, 3))
    make.rules(order="newest")
    page = guest.read(essay)
    assert page.comment_keys == said[::-1]
    tools = {text_of(link): link for link in page.all("nav[@class='tools']//a")}
    assert tools["Newest"].get("aria-current") == "true"
    other = guest.read(str(tools["Oldest"].get("href")))
    assert other.comment_keys == said


def test_the_remembered_order_applies_if_the_address_has_none(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=2, hold_first_comment=False)
    said = create_roots(essay, 5)
    guest.cookies["order"] = "newest"
    assert guest.read(essay).comment_keys == keys_of(said[:2:-1])
    for comment in said:
        assert comment.pk in guest.read(comment.get_absolute_url()).comment_keys
    named = guest.read(essay_path(essay, "?order=oldest"))
    assert named.comment_keys == keys_of(said[:2])
    assert guest.read(pager(named)["Newer Comments"]).comment_keys == keys_of(said[2:4])
    answer = guest.post_comment(essay, text="Where will it stand?", parent=str(said[0].pk))
    assert answer.pk in guest.read(answer.get_absolute_url()).comment_keys
    guest.cookies["order"] = "newest'--"
    assert guest.read(essay).comment_keys == keys_of([said[0], answer, said[1]])


@pytest.mark.parametrize("query", ["order=", "order=liked-a-lot", "order=%00", "order=newest'--"])
def test_an_invalid_order_means_the_default_order(essay: Essay, guest: Browser, query: str) -> None:
    said = keys_of(create_roots(essay, 2))
    assert guest.read(essay_path(essay, f"?{query}")).comment_keys == said


@pytest.mark.parametrize(
    "number",
    [
        *["0", "-1", "3", "1e9", "abc", "", "1.5", "١", "９", "+1", " 1"],
        *(pytest.param(number, marks=pytest.mark.both) for number in ("999999", "%00", "9" * 20, "9" * 5000)),
    ],
)
def test_an_invalid_page_number_is_not_found(essay: Essay, guest: Browser, number: str) -> None:
    make.rules(threads_a_page=1)
    create_roots(essay, 2)
    assert guest.get(essay_path(essay, f"?cpage={number}")).status_code == 404


def test_the_first_page_exists_without_comments(essay: Essay, guest: Browser) -> None:
    page = guest.read(essay_path(essay, "?cpage=1"))
    assert page.status == 200
    assert "No comments yet" in page.text
    assert "Leave a Reply" in page.text


# Permalinks


@pytest.mark.both
@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_every_permalink_finds_its_comment(essay: Essay, guest: Browser, order: str) -> None:
    make.rules(threads_a_page=2)
    said = create_roots(essay, 5)
    said += [make.comment(essay, to=said[number]) for number in (0, 1, 4)]
    said += [make.comment(essay, to=said[-1])]
    for comment in said:
        on = guest.get(f"/comments/{comment.pk}/?order={order}")
        assert on.status_code == 302
        assert on.headers["Location"].endswith(f"#comment-{comment.pk}")
        assert ("order=newest" in on.headers["Location"]) == (order == "newest")
        assert comment.pk in guest.read(redirect_path(on)).comment_keys


def test_a_permalink_follows_its_comment_when_pages_shift(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=1)
    first, second = create_roots(essay, 2)
    onward = redirect_path(guest.get(f"/comments/{second.pk}/"))
    assert guest.read(onward).comment_keys == [second.pk]
    deciding.trash(first, by=make.moderator())
    assert guest.read(onward).comment_keys == [second.pk]
    deciding.restore(first, by=make.moderator())
    make.rules(order="newest")
    assert guest.read(onward).comment_keys == [second.pk]


@pytest.mark.parametrize("status", ["pending", "spam", "trash"])
def test_the_permalink_of_a_hidden_comment_is_not_found(essay: Essay, guest: Browser, status: str) -> None:
    comment = make.comment(essay, status=status)
    assert guest.get(f"/comments/{comment.pk}/").status_code == 404


def test_the_permalink_of_a_tombstone_leads_to_it(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay)
    make.comment(essay, to=root)
    deciding.trash(root, by=make.moderator())
    assert guest.get(f"/comments/{root.pk}/").status_code == 302


@pytest.mark.both
@pytest.mark.parametrize("number", ["0", "987654321", "9" * 30])
def test_the_permalink_of_a_missing_comment_is_not_found(guest: Browser, number: str) -> None:
    assert guest.get(f"/comments/{number}/").status_code == 404


def test_a_comment_on_a_withdrawn_essay_is_not_found(essay: Essay, guest: Browser) -> None:
    comment = make.comment(essay)
    Essay.objects.update(published=None)
    assert guest.get(f"/comments/{comment.pk}/").status_code == 404
