"""Many browsers like the same essay and the same comment at once: each is counted, once, and it shows at once."""

from concurrent.futures import ThreadPoolExecutor

from tests.conftest import RUNS_ALL
from tests.faults.conftest import Forum
from tests.faults.road import Answer

BROWSERS = 200 if RUNS_ALL else 24
AT_ONCE = 16


def test_many_browsers_like_at_once(busy_forum: Forum) -> None:
    place = busy_forum
    (comment,) = place.roots(1)
    let_guests_like(place)
    assert "Be the first to like this." in place.caller(1).read(place.essay).body

    def like(number: int) -> Answer:
        address = f"/comments/{comment}/" if number % 2 else place.essay
        return place.caller(number + 1).ask("POST", f"{address}like/", "like=1&fragment=1")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(like, range(BROWSERS)))
    assert [answer.status for answer in answers] == [200] * BROWSERS
    assert all("commenter=" in answer.headers["set-cookie"] for answer in answers)
    page = place.caller(1).read(place.essay).body
    assert f"{BROWSERS // 2} bloggers like this:" in page
    assert f'href="/comments/{comment}/like/" aria-label="{BROWSERS // 2} bloggers like this:"' in page
    assert stored(place, comment) == (BROWSERS // 2, BROWSERS // 2, BROWSERS)


def let_guests_like(place: Forum) -> None:
    from comments.models import Rules

    with place.blocker.unblock(), place.server.connected():
        Rules.objects.update(guests_may_like=True)


def stored(place: Forum, comment: int) -> tuple[int, int, int]:
    """What is counted of the essay and of the comment, and how many different people like something; all is well."""
    from comments import checking
    from comments.models import Comment, Discussion, Like

    with place.blocker.unblock(), place.server.connected():
        assert list(checking.problems()) == []
        people = Like.objects.values("commenter").distinct().count()
        return Discussion.objects.get(essay__slug=place.slug).likes, Comment.objects.get(pk=comment).likes, people
