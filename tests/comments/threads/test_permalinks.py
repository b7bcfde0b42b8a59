"""A permalink leads to a page with its comment, in every order, while comments are posted and removed."""

from itertools import count
from random import Random

import pytest

from comments.models import Comment, Status
from moderation.decisions import actions as deciding
from tests import make
from tests.bench import corpus
from tests.comments.browser_client import Browser, redirect_path
from tests.conftest import RUNS_ALL

COMMENTS = 2_000 if RUNS_ALL else 240
# A test is one transaction, in which every change of a thread adds row versions that cannot be cleaned up yet.
VISITS_A_CHANGE = 8 if RUNS_ALL else 1
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("order", ["oldest", "newest", "liked"])
@pytest.mark.parametrize("depth", [6, 2_000], ids=["many threads", "few and deep"])
def test_each_permalink_leads_to_its_comment(stranger: Browser, order: str, depth: int) -> None:
    make.rules(threads_a_page=20)
    essay = corpus.essay(COMMENTS, roots=0.28 if depth == 6 else 0.002, depth=depth, seed=depth)
    random, moderator = Random(depth), make.moderator()
    keys = list(Comment.objects.on_essay(essay).values_list("pk", flat=True))
    turn = count()

    def something_changes() -> None:
        chosen = Comment.objects.on_essay(essay).approved().order_by("pk")[random.randrange(COMMENTS // 2)]
        match next(turn) % 4:
            case 0:
                make.comment(essay)
            case 1:
                make.comment(essay, to=chosen)
            case 2:
                deciding.trash(chosen, by=moderator)
            case 3:
                Comment.objects.filter(pk=chosen.pk).update(likes=random.randrange(50))

    for number, pk in enumerate(keys if RUNS_ALL else random.sample(keys, 12)):
        answer = stranger.get(f"/comments/{pk}/?order={order}")
        if number % VISITS_A_CHANGE == 0:
            something_changes()
        comment = Comment.objects.get(pk=pk)
        if answer.status_code == 404 or (comment.status != Status.APPROVED and not comment.has_readable_replies()):
            assert comment.status == Status.TRASH
            continue
        assert f'id="comment-{pk}"' in stranger.get(redirect_path(answer)).content.decode(), redirect_path(answer)
