"""How often moderators are emailed: by default one digest an hour, and never more than a few emails at a time."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.models import User
from blog.models import Essay
from comments.models import Comment, Rules, Wording
from comments.notifications import outbox
from moderation import jobs
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser, Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHOICE = "/accounts/queue-mail/"


def emails_to(user: User) -> list[Any]:
    """What the jobs that are due have sent to one person so far."""
    run_ready_jobs()
    return [message for message in mail.outbox if message.recipients() == [user.email]]


def announce(comments: Iterable[Comment]) -> None:
    """Do what the job does that posting enqueues, for comments that were inserted as rows."""
    for comment in comments:
        outbox.create_notices(comment)
    outbox.send()


def an_hour_later(hours: int = 1) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False):
        jobs.send_digests.call()
        run_ready_jobs()


def test_272_pending_comments_make_at_most_two_emails_to_each_moderator(essay: Essay) -> None:
    make.rules()
    people = [make.moderator("mara", queue_mail="site"), make.owner("owner", queue_mail="site")]
    comments = make.pending_comments(essay, 272)
    announce(comments[:200])
    an_hour_later(1)
    announce(comments[200:])
    an_hour_later(2)
    an_hour_later(3)
    sent = [emails_to(person) for person in people]
    assert [len(emails) for emails in sent] == [2, 2]
    assert sent[0][0].subject == "[Rejoinder] 200 comments to moderate"
    assert "150 more comments are in the queue:" in sent[0][0].body
    assert len(mail.outbox) == 4


@pytest.mark.both
def test_immediate_emails_become_a_digest_after_five_in_ten_minutes(essay: Essay) -> None:
    make.rules()
    mara = make.moderator("mara", queue_mail="each")
    announce(make.pending_comments(essay, 8))
    assert len(emails_to(mara)) == 5
    an_hour_later()
    assert [message.subject for message in emails_to(mara)[5:]] == ["[Rejoinder] 3 comments to moderate"]
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        announce(make.pending_comments(essay, 1))
    assert len(emails_to(mara)) == 7


@pytest.mark.parametrize("code", ["spam", "akismet"])
def test_no_email_is_sent_about_a_comment_that_a_filter_marked_as_spam(essay: Essay, code: str) -> None:
    make.rules()
    mara = make.moderator("mara", queue_mail="each")
    marked = make.pending_comments(essay, 2)
    Wording.objects.filter(comment__in=marked).update(reasons=[{"code": "first"}, {"code": code}])
    spam = make.pending_comments(essay, 1)
    Comment.objects.filter(pk__in=[comment.pk for comment in spam]).update(status="spam")
    announce([*marked, *spam])
    an_hour_later()
    assert emails_to(mara) == []


def test_an_email_that_waits_is_not_sent_once_a_filter_has_marked_the_comment(essay: Essay) -> None:
    make.rules()
    mara = make.moderator("mara", queue_mail="hourly")
    comments = make.pending_comments(essay, 2)
    announce(comments)
    Wording.objects.filter(comment=comments[0]).update(reasons=[{"code": "akismet"}])
    an_hour_later()
    assert [message.subject for message in emails_to(mara)] == ["[Rejoinder] 1 comment to moderate"]


@pytest.mark.parametrize(("default", "count"), [("each", 1), ("hourly", 0), ("daily", 0), ("none", 0)])
def test_a_moderator_without_a_choice_of_their_own_is_emailed_as_the_site_says(
    essay: Essay, default: str, count: int
) -> None:
    make.rules(moderator_emails=default)
    mara = make.moderator("mara", queue_mail="site")
    announce(make.pending_comments(essay, 1))
    assert len(emails_to(mara)) == count
    an_hour_later(26)
    assert len(emails_to(mara)) == (default != "none")


def test_the_owner_sets_the_default_and_each_moderator_chooses(essay: Essay) -> None:
    make.rules()
    mara = make.moderator("mara", queue_mail="site")
    page = Browser(mara).read(CHOICE)
    assert "Site default (once an hour)" in page.text
    page = Browser(make.owner()).read("/admin/comments/rules/1/change/")
    assert page.only("*[@id='id_moderator_emails']/option[@selected]").get("value") == "hourly"
    Rules.objects.update(moderator_emails="daily")
    assert "Site default (once a day)" in Browser(mara).read(CHOICE).text
    assert "Changes saved." in Page(Browser(mara).post(CHOICE, {"queue_mail": "each"}, follow=True)).text
    announce(make.pending_comments(essay, 1))
    assert len(emails_to(mara)) == 1


def test_every_email_to_moderators_links_to_the_page_where_they_choose(essay: Essay) -> None:
    make.rules(hold_first_comment=False)
    mara = make.moderator("mara", queue_mail="each")
    comment = make.comment(essay)
    Browser().post(f"/comments/{comment.pk}/report/", {"kind": "rude"})
    run_ready_jobs()
    announce(make.pending_comments(essay, 9))
    an_hour_later()
    sent = emails_to(mara)
    assert len(sent) == 6
    for message in sent:
        html, _kind = message.alternatives[0]
        assert f"Change how often we email you: http://127.0.0.1:8000{CHOICE}" in message.body
        assert f'<a href="http://127.0.0.1:8000{CHOICE}"' in html
