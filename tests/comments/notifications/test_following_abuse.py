"""Abuse of email subscriptions and simultaneous requests: no one is flooded and no request is lost."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any
from urllib.parse import quote

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Commenter
from accounts.profiles import merging as people
from blog.models import Essay
from comments.models import Address, Notice, Subscription
from comments.notifications import outbox, signed_links, subscribing
from comments.notifications.subscribing import Subscriber, Topic
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser, Page
from tests.services.site import Installation
from tests.transfer.deletion import confirm_deletion, request_deletion

pytestmark = [pytest.mark.django_db, pytest.mark.once]

VICTIM = "victim@example.net"
numbers = count(1)


@pytest.fixture(autouse=True)
def _open() -> None:
    make.rules(hold_first_comment=False)


def mails_to(email: str) -> list[Any]:
    run_ready_jobs()
    return [message for message in mail.outbox if message.to == [email]]


def ask(email: str, *, browser: Browser | None = None, what: str = "essays", query: str = "") -> Any:
    fields = {"email": email, "what": [what], "often": "at_once"}
    return (browser or Browser()).post(f"/subscriptions/{query}", fields)


def path_to(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def confirmed(email: str = "rhea@example.org", **fields: Any) -> Subscription:
    ask(email)
    run_ready_jobs()
    row = Subscription.objects.get(address__email=email)
    browser = Browser()
    browser.post(path_to(signed_links.confirm_url(row.address)), {"subscription": [row.pk]})
    row.refresh_from_db()
    return row


class TestAnAddressThatHasProvedNothing:
    def test_deleting_ones_data_does_not_reset_the_confirmation_limit(self, essay: Essay) -> None:
        for _time in range(5):
            browser = Browser(address=f"192.0.2.{next(numbers)}")
            browser.post_comment(
                essay, text=f"Words {next(numbers)}.", email=VICTIM, remember="on", notify_replies="on"
            )
            run_ready_jobs()
            confirm_deletion(browser, request_deletion(browser, "go"))
        assert not Subscription.objects.exists()
        assert len(mails_to(VICTIM)) == 3

    def test_a_suppressed_address_stays_suppressed_when_a_stranger_is_erased(self, essay: Essay) -> None:
        Address.objects.create(email=VICTIM, suppressed=timezone.now())
        browser = Browser()
        browser.post_comment(essay, email=VICTIM, remember="on", notify_replies="on")
        run_ready_jobs()
        confirm_deletion(browser, request_deletion(browser, "go"))
        ask(VICTIM)
        assert mails_to(VICTIM) == []

    def test_one_held_comment_sends_few_confirmations(self, essay: Essay) -> None:
        make.rules(hold_first_comment=True)
        browser = Browser()
        held = browser.post_comment(essay, remember="on")
        answers = [
            browser.post(f"/comments/{held.pk}/tell/", {"email": f"somebody{number}@example.net"})
            for number in range(25)
        ]
        run_ready_jobs()
        assert Notice.objects.filter(kind="confirm").count() <= 20
        assert answers[-1].status_code == 429
        assert "somebody24@example.net" in answers[-1].content.decode()
        assert int(answers[-1].headers["Retry-After"]) > 0

    def test_the_response_needs_the_same_work_for_a_known_address(self, essay: Essay) -> None:
        confirmed("rhea@example.org")
        asked = []
        for email in ("rhea@example.org", "nobody@example.org"):
            with CaptureQueriesContext(connection) as queries:
                ask(email)
            asked.append(len(queries))
        assert asked[0] == asked[1]

    @pytest.mark.both
    def test_simultaneous_requests_send_three_confirmations(
        self, installation: Installation, django_db_blocker: DjangoDbBlocker
    ) -> None:
        together = Barrier(8)

        def follow(essay: Essay) -> None:
            with installation.connected():
                Address.objects.get()  # to be connected takes longer than what is tried here
                together.wait()
                subscribing.subscribe(Subscriber(VICTIM), [Topic(Subscription.Kind.ESSAY, essay)])

        with django_db_blocker.unblock(), ThreadPoolExecutor(8) as pool:
            with installation.connected():
                Address.objects.create(email=VICTIM)
                essays = [make.essay() for _number in range(8)]
            list(pool.map(follow, essays))
            with installation.connected():
                assert Notice.objects.filter(email=VICTIM).count() == 3
                assert Subscription.objects.count() == 8


class TestTwoAtOnce:
    def test_a_second_submit_shows_the_same_message(self, essay: Essay) -> None:
        ask("rhea@example.org")
        run_ready_jobs()
        row = Subscription.objects.get()
        link = path_to(signed_links.confirm_url(row.address))
        pages = [Page(Browser().post(link, {"subscription": [row.pk]}, follow=True)).text for _time in range(2)]
        for words in pages:
            assert "You’re subscribed." in words

    def test_merging_keeps_confirmed_subscriptions_and_sends_their_notices(self, essay: Essay) -> None:
        old, new = (Commenter.objects.create(name=name) for name in ("Rhea", "Rhea B."))
        address = Address.objects.create(email="rhea@example.org", verified=timezone.now())
        row = Subscription.objects.create(address=address, commenter=old, kind="replies", confirmed=timezone.now())
        Subscription.objects.create(address=address, commenter=new, kind="replies")  # waits
        said = make.comment(essay, by=old)
        reply = make.comment(essay, "An answer.", to=said)
        outbox.create_notices(reply)
        people.merge_commenters(old, new)
        (kept,) = Subscription.objects.all()
        assert (kept.pk, kept.commenter_id) == (row.pk, new.pk)
        outbox.send()
        assert len(mails_to("rhea@example.org")) == 1

    def test_merging_duplicate_subscriptions_keeps_their_notices(self, essay: Essay) -> None:
        old, new = (Commenter.objects.create(name=name) for name in ("Rhea", "Rhea B."))
        address = Address.objects.create(email="rhea@example.org", verified=timezone.now())
        for commenter in (new, old):
            Subscription.objects.create(address=address, commenter=commenter, kind="replies", confirmed=timezone.now())
        reply = make.comment(essay, "An answer.", to=make.comment(essay, by=old))
        outbox.create_notices(reply)
        people.merge_commenters(old, new)
        assert Subscription.objects.count() == 1
        outbox.send()
        assert len(mails_to("rhea@example.org")) == 1


def test_stop_all_affects_one_of_two_addresses(essay: Essay) -> None:
    user = make.user("rhea")
    EmailAddress.objects.create(user=user, email="rhea@example.net", verified=True)
    for email in ("rhea@example.org", "rhea@example.net"):
        address = Address.objects.create(email=email, verified=timezone.now())
        Subscription.objects.create(address=address, kind="essays", confirmed=timezone.now())
    first = Address.objects.get(email="rhea@example.org")
    Browser(user).post("/subscriptions/mine/", {"do": "stop-all", "address": first.pk})
    assert [row.address.email for row in Subscription.objects.confirmed()] == ["rhea@example.net"]


def test_deleting_an_essay_deletes_its_subscriptions(essay: Essay) -> None:
    address = Address.objects.create(email="rhea@example.org", verified=timezone.now())
    now = timezone.now()
    root = make.comment(essay)
    held = make.comment(essay, status="pending")
    for about in (
        {"kind": "essay", "essay": essay, "often": "daily"},
        {"kind": "thread", "comment": root},
        {"kind": "decision", "comment": held},
        {"kind": "replies", "commenter": root.commenter},
        {"kind": "essays"},
    ):
        Subscription.objects.create(address=address, confirmed=now, **about)
    outbox.create_notices(make.comment(essay, to=root))
    outbox.build_digests(timezone.now())
    essay.delete()
    run_ready_jobs()
    assert mails_to("rhea@example.org") == []
    assert set(Subscription.objects.values_list("kind", flat=True)) == {"essays", "replies"}


ODD = ["\0", "9" * 30, "\ud800".encode("utf-8", "surrogatepass"), "٣", "-1", "a" * 5000, "1\n2", b"\xff", ""]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_unusual_requests_cause_no_server_error(essay: Essay, odd: Any) -> None:
    row = confirmed()
    held = make.comment(essay, status="pending")
    word = quote(odd)
    links = [
        path_to(link(row.address))
        for link in (signed_links.subscriptions_url, signed_links.confirm_url, signed_links.unsubscribe_daily_url)
    ] + [path_to(signed_links.unsubscribe_url(row))]
    fields = [
        "email",
        "what",
        "often",
        "subscription",
        "address",
        "do",
        "know",
        "undo",
        "notify_replies",
        "notify_about",
        "notify_essays",
        "text",
        "name",
        "parent",
        "as",
        "key",
    ]
    body = "&".join(f"{name}={word}&{name}={word}" for name in fields)
    kind = "application/x-www-form-urlencoded"
    browser = Browser()
    browser.cookies["reader"] = "x"
    for path in (*links, "/subscriptions/", f"{essay.get_absolute_url()}respond/", f"/comments/{held.pk}/tell/"):
        for query in ("", f"?essay={word}&comment={word}&said={word}", f"?essay={essay.pk}&essay={word}"):
            assert browser.get(path + query).status_code < 500
            assert browser.post(path + query, body, content_type=kind).status_code < 500
    for do in ("stop", "at_once", "pause", "again", "stop-all"):
        for name in ("subscription", "address"):
            answer = browser.post(links[0], f"do={do}&{name}={word}", content_type=kind)
            assert answer.status_code < 500
    for query in (f"by=author&cpage={word}&order={word}", f"thread={word}&comment={word}", f"by={word}&replyto={word}"):
        assert browser.get(f"{essay.get_absolute_url()}?{query}").status_code < 500
    for path in (f"/subscriptions/{word}/", f"/subscriptions/confirm/{word}/", f"/subscriptions/stop/{word}/"):
        assert browser.get(path).status_code < 500
        assert browser.post(path).status_code < 500
