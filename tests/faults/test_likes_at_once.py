"""Many browsers like the same essay and comment at the same time: each is counted once, and shown immediately."""

from concurrent.futures import ThreadPoolExecutor

from tests.conftest import RUNS_ALL
from tests.faults.conftest import Forum
from tests.faults.http_client import Response

BROWSERS = 200 if RUNS_ALL else 24
AT_ONCE = 16


def test_likes_of_many_browsers_at_the_same_time_are_counted(busy_forum: Forum) -> None:
    forum = busy_forum
    (comment,) = forum.create_roots(1)
    let_guests_like(forum)
    assert "Be the first to like this." in forum.client(1).read(forum.essay).body

    def like(number: int) -> Response:
        address = f"/comments/{comment}/" if number % 2 else forum.essay
        return forum.client(number + 1).request("POST", f"{address}like/", "like=1&fragment=1")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        responses = list(pool.map(like, range(BROWSERS)))
    assert [response.status for response in responses] == [200] * BROWSERS
    assert all("commenter=" in response.headers["set-cookie"] for response in responses)
    page = forum.client(1).read(forum.essay).body
    assert f"{BROWSERS // 2} bloggers like this:" in page
    assert f'href="/comments/{comment}/like/" aria-label="{BROWSERS // 2} bloggers like this:"' in page
    assert stored_likes(forum, comment) == (BROWSERS // 2, BROWSERS // 2, BROWSERS)


def let_guests_like(forum: Forum) -> None:
    from comments.models import Rules

    with forum.blocker.unblock(), forum.server.connected():
        Rules.objects.update(guests_may_like=True)


def stored_likes(forum: Forum, comment: int) -> tuple[int, int, int]:
    """Return the likes of the essay and the comment and the number of people who like; check all counts."""
    from comments import checking
    from comments.models import Comment, Discussion, Like

    with forum.blocker.unblock(), forum.server.connected():
        assert list(checking.problems()) == []
        people = Like.objects.values("commenter").distinct().count()
        return Discussion.objects.get(essay__slug=forum.slug).likes, Comment.objects.get(pk=comment).likes, people
