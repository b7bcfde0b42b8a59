"""The spam filter's page at /admin/comments/queue/filter/: spam scores and thresholds."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from comments.models import Comment, Rules
from comments.models.comment import UNSCORED
from comments.spam import training
from moderation.decisions import actions
from moderation.insights import spam_scores
from tests import make

pytestmark = pytest.mark.django_db
PLACE = "/admin/comments/queue/filter/"


@pytest.fixture
def owner(client: Client) -> User:
    make.rules()
    owner = make.owner("owner")
    client.force_login(owner)
    return owner


def said(owner: User, good: list[float], spam: list[float]) -> None:
    """Create comments with these spam scores, decided as good and spam."""
    essay = make.essay()
    for scores, verb in ((good, None), (spam, actions.mark_spam)):
        for score in scores:
            comment = make.comment(essay)
            Comment.objects.filter(pk=comment.pk).update(spam_score=score)
            if verb:
                verb(comment, by=owner)


def test_it_shows_what_a_threshold_would_have_done(client: Client, owner: User) -> None:
    said(owner, good=[0.1, 0.2, 0.3, 0.7], spam=[0.6, 0.8, 0.9, 0.95])
    make.rules(spam_hold_at=50, spam_mark_at=90)
    page = " ".join(client.get(PLACE).content.decode().split())
    assert "Comments with a spam score of 0.50 or more are held. Among the comments below, that’s 25%" in page
    assert "of the good ones and 100% of the spam." in page
    assert (
        "Comments with a score of 0.90 or more go straight to Spam. That’s 0% of the good ones and 50% of the spam."
        in page
    )
    assert "8 comments were scored when they were posted." in page
    rates = spam_scores.ScoreHistory.load(Rules.objects.current()).rates_at(0.8)
    assert (rates.good, rates.spam) == ((0, 4), (3, 4))


def test_comments_that_only_the_filter_marked_as_spam_are_not_counted(owner: User) -> None:
    said(owner, good=[0.1], spam=[0.9])
    unseen = make.comment(make.essay(), status="pending")
    Comment.objects.filter(pk=unseen.pk).update(status="spam", removed_by="", spam_score=0.99)
    past = spam_scores.ScoreHistory.load(Rules.objects.current())
    assert (past.good, past.spam) == ([0.1], [0.9])


def test_comments_without_a_score_are_scored_now_and_counted_separately(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Known:
        threshold = 0.6

        def score(self, words: Any) -> float:
            return 0.42

    essay = make.essay()
    comments = [make.comment(essay) for _each in range(3)]
    Comment.objects.filter(pk__in=[comment.pk for comment in comments]).update(spam_score=UNSCORED)
    monkeypatch.setattr(training, "current_filter", lambda rules: Known())
    monkeypatch.setattr(spam_scores, "MAX_RESCORED", 4)  # two of each kind
    past = spam_scores.ScoreHistory.load(Rules.objects.current())
    assert (past.good, past.rescored, past.on_arrival) == ([0.42, 0.42], 2, 0)
    assert "2 comments were scored just now. The filter may have learned from them" in " ".join(
        client.get(PLACE).content.decode().split()
    )


def test_the_owner_changes_the_thresholds(client: Client, owner: User) -> None:
    response = client.post(PLACE, {"spam_hold_at": "70", "spam_mark_at": "95"}, follow=True)
    assert "Thresholds saved." in response.content.decode()
    rules = Rules.objects.current()
    assert (rules.spam_hold_at, rules.spam_mark_at) == (70, 95)


@pytest.mark.once
@pytest.mark.parametrize("data", [("90", "50"), ("100", "0"), ("x", "0"), ("-1", "0"), ("", "")])
def test_invalid_thresholds_are_rejected_with_an_error(client: Client, owner: User, data: tuple[str, str]) -> None:
    response = client.post(PLACE, {"spam_hold_at": data[0], "spam_mark_at": data[1]})
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert Rules.objects.current().spam_hold_at == 0


@pytest.mark.once
def test_a_moderator_cannot_change_the_thresholds(client: Client, owner: User) -> None:
    client.force_login(make.moderator())
    assert "Save thresholds" not in client.get(PLACE).content.decode()
    assert client.post(PLACE, {"spam_hold_at": "70", "spam_mark_at": "95"}).status_code == 403
    assert Rules.objects.current().spam_hold_at == 0


def test_the_page_needs_few_queries_and_no_inline_styles(client: Client, owner: User) -> None:
    said(owner, good=[0.1, 0.2], spam=[0.9])
    make.rules(spam_hold_at=50)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(reverse("queue-filter")).content.decode()
    assert len(asked) <= 15
    assert "style=" not in page
    assert 'role="img"' in page
    assert 'class="band"' in page


@pytest.mark.once
def test_a_new_site_says_that_it_has_no_scores_yet(client: Client, owner: User) -> None:
    page = client.get(PLACE).content.decode()
    assert "No data yet." in page
