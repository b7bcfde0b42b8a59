"""Publishing, undoing it and sending its emails at the same moment: an essay is published and emailed once or not."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from blog.models import Announcement, Essay
from blog.writing import revisions
from comments.models import Address, Notice, Subscription
from comments.notifications import outbox
from tests import make
from tests.blog.essay_forms import EssayForm, step_url, step_values
from tests.services.site import Installation

pytestmark = [pytest.mark.once, pytest.mark.both]
AT_ONCE = 6
ROUNDS = 4


@pytest.fixture
def site(installation: Installation, django_db_blocker: DjangoDbBlocker) -> Iterator[Installation]:
    with django_db_blocker.unblock(), installation.connected():
        address = Address.objects.create(email="rosa@example.org", verified=timezone.now())
        Subscription.objects.create(address=address, kind="essays", confirmed=timezone.now() - timedelta(days=1))
        yield installation


def run_together(site: Installation, *actions: Callable[[], Any]) -> list[Any]:
    together = Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        with site.connected():
            User.objects.first()  # to be connected takes longer than what is tried here
            together.wait()
            return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_presses_at_the_same_moment_publish_and_email_once(site: Installation) -> None:
    author = make.author()
    essay = make.essay(by=author, published=None)
    forms = [EssayForm(author, essay) for _ in range(AT_ONCE)]
    values = step_values(forms[0].client, essay)
    answers = run_together(site, *(partial(form.client.post, step_url(essay), values) for form in forms))
    assert [answer.status_code for answer in answers] == [302] * AT_ONCE
    assert [row.kind for row in essay.revisions.order_by("pk")] in (["publish"], ["save", "publish"])
    Announcement.objects.update(due=timezone.now())
    run_together(site, *[outbox.announce_essays] * AT_ONCE)
    assert Notice.objects.count() == Announcement.objects.exclude(sent=None).count() == 1


def test_undoing_wins_or_loses_against_the_emails(site: Installation) -> None:
    author = make.author()
    for _ in range(ROUNDS):
        Notice.objects.all().delete()
        essay = make.essay(by=author, published=None)
        revisions.publish(essay, revisions.latest_text(essay).text, by=author, emails=True)
        Announcement.objects.filter(sent=None).update(due=timezone.now())
        undo = partial(revisions.undo_publishing, essay, by=author)
        undone, _none = run_together(site, undo, outbox.announce_essays)
        published = Essay.objects.get(pk=essay.pk).is_published
        assert (undone, published, Notice.objects.count()) in {(True, False, 0), (False, True, 1)}
