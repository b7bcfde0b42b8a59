"""Killed and concurrent workers, and servers that hang up: no email is sent twice, and none is lost unnoticed."""

import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.conftest import RUNS_ALL
from tests.faults.conftest import Forum
from tests.services.process_tree import job_workers
from tests.services.processes import Process, wait_until
from tests.services.site import ROOT
from tests.services.smtp import Mailbox

if TYPE_CHECKING:
    from blog.models import Essay
    from tests.services.site import Installation

FOLLOWERS = 500 if RUNS_ALL else 20
KILLS = 5 if RUNS_ALL else 1
WORKERS = 3 if RUNS_ALL else 2
NOT_NOTIFIED = {"unproved@example.org", "paused@example.org", "refused@example.org", "unconfirmed@example.org"}


def create_subscribers(essay: "Essay") -> set[str]:
    """Subscribe readers to the essay, and others who must not be notified; return the readers."""
    from django.utils import timezone

    from comments.models import Address, Subscription

    states = timezone.now()
    readers = {f"reader{number}@example.org" for number in range(FOLLOWERS)}
    unavailable: dict[str, dict[str, Any]] = {
        "paused@example.org": {"is_paused": True},
        "refused@example.org": {"suppressed": states},
    }
    addresses = Address.objects.bulk_create(
        Address(email=email, verified=None if email.startswith("unproved") else states, **unavailable.get(email, {}))
        for email in readers | NOT_NOTIFIED
    )
    Subscription.objects.bulk_create(
        Subscription(
            address=address,
            kind="essay",
            essay=essay,
            confirmed=None if address.email.startswith("unconfirmed") else states,
        )
        for address in addresses
    )
    return readers


def notice_states(installation: "Installation", blocker: DjangoDbBlocker) -> dict[str, str]:
    """Return the state of each reader's notice."""
    from comments.models import Notice

    with blocker.unblock(), installation.connected():
        return dict(Notice.objects.values_list("email", "state"))


def worker_of(site: Forum) -> int | None:
    """Return the job worker of this site."""
    return next(iter(job_workers(site.server.process.pid)), None)


def release_claimed(site: Forum) -> None:
    """Do what the schedule does a few minutes later: release what a killed worker had claimed."""
    from django.db.models import F
    from django.utils import timezone

    from comments.models import Notice
    from comments.notifications import outbox

    with site.blocker.unblock(), site.server.connected():
        abandoned = Notice.objects.filter(state=Notice.State.CLAIMED, changed__lt=timezone.now() - timedelta(seconds=1))
        if abandoned.update(changed=F("changed") - timedelta(minutes=10)):
            outbox.send_ready.enqueue()


@pytest.mark.once
@pytest.mark.parametrize("seed", range(4 if RUNS_ALL else 1))
def test_a_worker_killed_repeatedly_sends_nothing_twice(
    forum: Callable[..., Forum], mailbox: Mailbox, seed: int
) -> None:
    from django.db import transaction

    from blog.models import Essay

    site = forum(WEB_CONCURRENCY="1", EMAIL_URL=mailbox.url)
    # In one transaction: the worker's cleanup deletes an address that has no subscription yet.
    with site.blocker.unblock(), site.server.connected(), transaction.atomic():
        readers = create_subscribers(Essay.objects.get(slug=site.slug))
    assert site.client().post(site.essay, "All of you hear of this.").is_accepted
    random_ = random.Random(seed)
    for round_ in range(1, KILLS + 1):
        mailbox.wait_for(round_ * FOLLOWERS // (KILLS + 2))
        time.sleep(random_.uniform(0, 0.03))  # any moment is as good
        worker = worker_of(site)
        assert worker
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda old=worker: worker_of(site) not in {None, old}, "the next worker")  # type: ignore[misc]
        if round_ % 3 == 0:
            site.server.restart()  # otherwise the next worker is started only after a pause
        release_claimed(site)
    final_states = {"sent", "sending"}

    def is_finished() -> bool:
        states = notice_states(site.server.installation, site.blocker)
        if readers <= states.keys() and set(states.values()) <= final_states:
            return True
        if "claimed" in states.values():
            release_claimed(site)
        return False

    wait_until(is_finished, "every notice to be settled", 120)
    site.server.stop()  # waits for the email being sent
    counts, states = mailbox.tally(), notice_states(site.server.installation, site.blocker)
    assert set(states) == readers
    assert not NOT_NOTIFIED & set(counts)
    assert [address for address, count in counts.items() if count > 1] == []
    assert [email for email, state in states.items() if state == "sent" and not counts[email]] == []
    uncertain = [email for email, state in states.items() if state == "sending"]
    assert len(uncertain) <= KILLS
    ids = [message["Message-ID"] for message in mailbox.messages]
    assert len(ids) == len(set(ids))


@contextlib.contextmanager
def workers(installation: "Installation", count: int, **environment: str) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for number in range(count):
            process = Process(
                [sys.executable, "manage.py", "worker"],
                log=installation.data_dir / f"worker{number}.log",
                environment=installation.environment(**environment),
                folder=ROOT,
            )
            stack.callback(process.stop)
        yield


def test_several_workers_send_nothing_twice(
    installation: "Installation", mailbox: Mailbox, django_db_blocker: DjangoDbBlocker
) -> None:
    from comments.notifications import outbox
    from tests import make

    with django_db_blocker.unblock(), installation.connected():
        make.rules(hold_first_comment=False)
        essay = make.essay("The Forum")
        readers = create_subscribers(essay)
        outbox.create_notices(make.comment(essay))
        for _ in range(4):
            outbox.send_ready.enqueue()
    with workers(installation, WORKERS, EMAIL_URL=mailbox.url):
        mailbox.wait_for(len(readers))
        wait_until(
            lambda: set(notice_states(installation, django_db_blocker).values()) == {"sent"}, "every notice to be sent"
        )
    assert mailbox.tally() == dict.fromkeys(readers, 1)
