"""Notification emails as they arrive: headers, threading, parts, the daily digest, and new essays."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.utils import timezone

from accounts.models import User
from blog import actions as writing
from blog.models import Essay
from comments import jobs
from comments.models import Address, Comment, Notice, Subscription
from comments.notifications import compose, outbox, signed_links, subscribing
from comments.notifications.subscribing import Subscriber, Topic
from moderation.decisions import actions as deciding
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.blog.essay_forms import long_essay

pytestmark = [pytest.mark.django_db, pytest.mark.once]
BERLIN = ZoneInfo("Europe/Berlin")
MORNING = datetime(2031, 3, 4, 7, 0, tzinfo=BERLIN)


def follow(kind: str, *, email: str = "rosa@example.org", **fields: Any) -> Subscription:
    now = timezone.now()
    address, _ = Address.objects.get_or_create(email=email, defaults={"verified": now})
    return Subscription.objects.create(address=address, kind=kind, **{"confirmed": now} | fields)


def send_due_emails() -> list[mail.EmailMultiAlternatives]:
    """Return the emails to readers that are sent now."""
    mail.outbox.clear()
    jobs.send_due.call()
    return [message for message in mail.outbox if message.to != ["miriam@example.org"]]  # type: ignore[misc]


def notify(comment: Comment) -> list[mail.EmailMultiAlternatives]:
    outbox.create_notices(comment)
    return send_due_emails()


def html_part(message: mail.EmailMultiAlternatives) -> str:
    return str(message.alternatives[0][0])


# Headers


@pytest.mark.parametrize("kind", ["reply", "followed", "decided", "essay", "daily"])
def test_subscription_emails_have_one_click_unsubscribe_headers(essay: Essay, kind: str) -> None:
    with time_machine.travel(timezone.now(), tick=False):  # a signed link contains the second of its signing
        message, subscription = one_of(essay, kind)
        stop = signed_links.unsubscribe_url(subscription)
        if kind == "daily":
            stop = signed_links.unsubscribe_daily_url(subscription.address)
        to_all = signed_links.subscriptions_url(subscription.address)
    assert message.extra_headers["List-Unsubscribe"] == f"<{stop}>"
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.extra_headers["List-Id"].endswith(".127.0.0.1>")
    for part in (message.body, html_part(message)):
        assert stop in part
        assert to_all in part


def one_of(essay: Essay, kind: str) -> tuple[mail.EmailMultiAlternatives, Subscription]:
    above = make.comment(essay)
    match kind:
        case "reply":
            subscription = follow("replies", commenter=above.commenter)
            (message,) = notify(make.comment(essay, to=above))
        case "followed":
            subscription = follow("thread", comment=above)
            (message,) = notify(make.comment(essay, to=above))
        case "decided":
            subscription = follow("decision", comment=above)
            (message,) = notify(above)
        case "essay":
            subscription = follow("essays", confirmed=timezone.now() - timedelta(minutes=1))
            make.announce(make.essay("News", published=timezone.now()))
            (message,) = send_due_emails()
        case _:
            subscription = follow("essay", essay=essay, often="daily")
            notify(make.comment(essay))
            outbox.build_digests(timezone.now() + timedelta(minutes=1))
            (message,) = send_due_emails()
    return message, subscription


@pytest.mark.parametrize("kind", ["held", "published", "confirm"])
def test_other_emails_have_no_unsubscribe_headers(essay: Essay, author: User, kind: str) -> None:
    make.moderator("mara")
    comment = make.comment(essay, status="pending" if kind == "held" else "approved")
    if kind == "confirm":
        subscribing.subscribe(Subscriber("rosa@example.org"), [Topic(Subscription.Kind.ESSAYS)])
    else:
        outbox.create_notices(comment)
    outbox.send()
    (notice,) = Notice.objects.filter(kind=kind)
    (message,) = [message for message in mail.outbox if message.to == [notice.email]]
    assert not [name for name in message.extra_headers if name.startswith("List-")]
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_every_attempt_has_the_same_message_id(essay: Essay) -> None:
    follow("essay", essay=essay)
    outbox.create_notices(make.comment(essay))
    notice, site = Notice.objects.get(email="rosa@example.org"), make.site()
    first, second = compose.compose_email(notice, site), compose.compose_email(notice, site)
    assert first is not None
    assert second is not None
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert first.from_email == first.extra_headers["From"] == settings.DEFAULT_FROM_EMAIL


def test_threading_headers_match_the_thread_on_the_page(essay: Essay) -> None:
    for email in ("rosa@example.org", "ines@example.org"):
        follow("essay", essay=essay, email=email)
    chain: list[Comment] = []
    ids: dict[str, list[str]] = {"rosa@example.org": [], "ines@example.org": []}
    for _ in range(24):
        chain.append(make.comment(essay, to=chain[-1] if chain else None))
        for message in notify(chain[-1]):
            before, headers = ids[message.to[0]], message.extra_headers
            if before:
                assert headers["In-Reply-To"] == before[-1]
                assert headers["References"].split()[1:] == before[-20:]
            before.append(headers["Message-ID"])
    assert len({*ids["rosa@example.org"], *ids["ines@example.org"]}) == 48
    assert len(headers["References"]) < 2_000


def test_a_reply_notification_has_text_and_html(essay: Essay) -> None:
    above = make.comment(essay)
    follow("replies", commenter=above.commenter)
    name = "<b>Eve</b>\r\nBcc: x@example.com"
    text = "> Quoted.\n> Twice.\n\nSee *this* <script>alert(1)</script>"
    comment = make.comment(essay, text, to=above, by=make.guest(name))
    (message,) = notify(comment)
    assert message.subject.endswith("replied to your comment on “Whose Promise Is It?”")
    assert message.message()["Bcc"] is None
    assert "\n> Quoted.\n> Twice.\n\nSee _this_ <script>" in message.body
    assert "<em>this</em>" in html_part(message)
    assert "&lt;b&gt;Eve" in html_part(message)
    assert "<script" not in html_part(message)
    assert f"{settings.SITE_URL}/comments/{comment.pk}/" in message.body
    types = [part.get_content_type() for part in message.message().walk()]
    assert types == ["multipart/alternative", "text/plain", "text/html"]


def test_a_confirmation_email_quotes_nothing_from_the_requester(essay: Essay, settings: Any) -> None:
    settings.SITE_LANGUAGES = [("en", "English"), ("de", "German")]
    make.site(language="de")
    asked = make.comment(essay, "Buy at evil.example", by=make.guest("Evil Eve"))
    wishes = [Topic(Subscription.Kind.THREAD, comment=asked), Topic(Subscription.Kind.ESSAY, essay=essay)]
    subscribing.subscribe(Subscriber("stranger@example.org", asked.commenter), wishes)
    (message,) = send_due_emails()
    whole = f"{message.subject}\n{message.body}\n{html_part(message)}"
    for words in ("Evil", "evil.example", "Whose Promise"):
        assert words not in whole
    assert signed_links.read_confirm_token(message.body.split("/confirm/")[1].split("/")[0])
    assert '<html lang="de" dir="ltr">' in whole


def test_no_confirmation_is_sent_to_an_address_suppressed_since() -> None:
    subscribing.subscribe(Subscriber("nobody@example.org"), [Topic(Subscription.Kind.ESSAYS)])
    Address.objects.update(suppressed=timezone.now())
    assert send_due_emails() == []


@pytest.mark.both
@pytest.mark.parametrize("change", ["stop", "pause", "refuse", "unprove", "trash", "unpublish", "delete"])
def test_changes_after_the_notice_was_created_are_respected(essay: Essay, change: str) -> None:
    subscription = follow("essay", essay=essay)
    comment = make.comment(essay)
    outbox.create_notices(comment)
    match change:
        case "stop":
            subscribing.unsubscribe(Subscription.objects.all())
        case "pause":
            subscribing.set_paused(subscription.address, is_paused=True)
        case "refuse":
            Address.objects.update(suppressed=timezone.now())
        case "unprove":
            Address.objects.update(verified=None)
        case "trash":
            deciding.trash(comment, by=make.moderator())
        case "unpublish":
            Essay.objects.update(published=None)
        case _:
            subscription.delete()
    assert send_due_emails() == []
    assert Notice.objects.get(email="rosa@example.org").state == Notice.State.DROPPED


# Once a day


@pytest.fixture
def day(essay: Essay) -> Subscription:
    make.site(time_zone="Europe/Berlin")
    return follow("essay", essay=essay, often="daily")


def at(moment: datetime) -> list[mail.EmailMultiAlternatives]:
    """Return the emails that the periodic jobs send at this time."""
    with time_machine.travel(moment):
        mail.outbox.clear()
        jobs.send_due.call()
        jobs.send_daily.call()
        jobs.send_daily.call()
        return [message for message in mail.outbox if message.to != ["miriam@example.org"]]  # type: ignore[misc]


def said(essay: Essay, moment: datetime, text: str) -> Comment:
    with time_machine.travel(moment):
        comment = make.comment(essay, text)
        outbox.create_notices(comment)
    return comment


@pytest.mark.both
def test_the_daily_digest_is_one_email_at_seven_in_the_sites_time_zone(essay: Essay, day: Subscription) -> None:
    hour = timedelta(hours=1)
    with time_machine.travel(MORNING - 20 * hour):
        follow("essays", often="daily")
        published = timezone.now() + hour
        make.announce(make.essay("A New One", published=published), due=published)
    for number in range(3):
        said(essay, MORNING - (10 - number) * hour, f"Words {number}.")
    assert at(MORNING - timedelta(minutes=1)) == []
    said(essay, MORNING + timedelta(minutes=1), "Too late.")
    (message,) = at(MORNING + timedelta(minutes=2))
    assert message.subject == "[Rejoinder] Daily digest"
    for words in ("Words 0.", "Words 1.", "Words 2.", "A New One"):
        assert message.body.count(words) == html_part(message).count(words) == 1
    assert "Too late." not in message.body
    assert at(MORNING + hour) == at(MORNING + 23 * hour) == []
    (message,) = at(MORNING + 25 * hour)
    assert "Too late." in message.body
    assert set(Notice.objects.filter(email="rosa@example.org").values_list("state", flat=True)) == {"sent"}


@pytest.mark.both
def test_the_daily_digest_omits_what_has_ended_or_was_removed(essay: Essay, day: Subscription, author: User) -> None:
    other = make.essay("The Other", by=author)
    follow("essay", essay=other, often="daily")
    spam = said(essay, MORNING - timedelta(hours=3), "Gone by then.")
    said(essay, MORNING - timedelta(hours=2), "Stopped by then.")
    said(other, MORNING - timedelta(hours=1), "Still wanted.")
    moderator = make.moderator()
    deciding.mark_spam(spam, by=moderator)
    subscribing.unsubscribe(Subscription.objects.filter(essay=essay))
    (message,) = at(MORNING)
    assert "Still wanted." in message.body
    assert "by then" not in message.body
    subscribing.resubscribe(day)
    with time_machine.travel(MORNING + timedelta(hours=1)):
        deciding.approve(spam, by=moderator)
        outbox.create_notices(spam)
    (message,) = at(MORNING + timedelta(days=1))  # it was approved after all
    assert "Gone by then." in message.body
    assert "Still wanted." not in message.body


def test_the_daily_digest_has_the_link_to_appeal(essay: Essay) -> None:
    make.site(time_zone="Europe/Berlin")
    comment = make.comment(essay, "Rejected.", status="pending")
    follow("decision", comment=comment, often="daily")
    with time_machine.travel(MORNING - timedelta(hours=1)):
        deciding.trash(comment, by=make.moderator(), message="Off topic.")
        run_ready_jobs()
    (message,) = at(MORNING)
    for text in (message.body, html_part(message)):
        assert "Off topic." in text
        assert "you can appeal once" in text
        assert f"/comments/{comment.pk}/appeal/?by=" in text


def test_an_empty_daily_digest_is_not_sent(essay: Essay, day: Subscription) -> None:
    said(essay, MORNING - timedelta(hours=1), "Words.")
    subscribing.unsubscribe(Subscription.objects.all())
    assert at(MORNING) == []
    assert at(MORNING + timedelta(days=1)) == []


@pytest.mark.both
def test_a_digest_of_a_dead_worker_is_sent_once(essay: Essay, day: Subscription) -> None:
    said(essay, MORNING - timedelta(hours=1), "Words.")
    follow("thread", comment=said(essay, MORNING - timedelta(hours=1), "More."), often="daily")
    with time_machine.travel(MORNING):
        outbox.build_digests(MORNING)
        outbox.build_digests(MORNING)
        Notice.objects.filter(kind="daily").update(subscription=None)  # deleted since; another one remains
    assert len(at(MORNING + timedelta(minutes=5))) == 1
    Notice.objects.filter(kind="daily").delete()  # as the owner may
    assert at(MORNING + timedelta(days=1)) == []


# New essays


@pytest.mark.both
def test_earlier_subscribers_are_notified_of_an_essay_once(author: User) -> None:
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False):
        follow("essays", email="before@example.org")
        essay = make.essay("At Its Time", by=author, published=now + timedelta(hours=3), deck="On waiting.")
        make.announce(essay, due=now + timedelta(hours=3))
        assert send_due_emails() == []
    with time_machine.travel(now + timedelta(hours=4)):
        late = follow("essays", email="late@example.org")
        (message,) = send_due_emails()
        assert (message.to, message.subject) == (["before@example.org"], "[Rejoinder] At Its Time")
        assert f"{settings.SITE_URL}{essay.get_absolute_url()}" in message.body
        assert "On waiting." in message.body
        assert send_due_emails() == []
        late.delete()
        follow("essays", email="after@example.org")
        essay.published = None
        writing.save(essay)
    with time_machine.travel(now + timedelta(hours=5)):
        essay.published = timezone.now()
        writing.save(essay)
        assert send_due_emails() == []


def test_only_announced_essays_are_emailed_and_not_after_days(author: User) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(days=30)):
        follow("essays")
    make.essay("Imported", by=author)
    make.announce(make.essay("A Draft", by=author, published=None))
    late = make.announce(make.essay("Old", by=author), due=timezone.now() - timedelta(days=3))
    assert send_due_emails() == []
    late.refresh_from_db()
    assert late.sent


# What is deleted


@pytest.mark.both
def test_an_address_without_subscriptions_is_deleted(essay: Essay) -> None:
    stays = follow("essay", essay=essay, email="stays@example.org")
    stops = follow("essay", essay=essay, email="stops@example.org")
    notify(make.comment(essay))
    subscribing.unsubscribe(Subscription.objects.filter(pk=stops.pk))
    subscribing.subscribe(Subscriber("never@example.org"), [Topic(Subscription.Kind.ESSAYS)])
    for days, left in ((6, {"stays", "stops", "never"}), (8, {"stays", "stops"}), (31, {"stays"})):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
            jobs.delete_expired_subscriptions.call()
        assert {address.email.partition("@")[0] for address in Address.objects.all()} == left
        assert {notice.email.partition("@")[0] for notice in Notice.objects.filter(recipient=None)} <= left
    assert list(Subscription.objects.all()) == [stays]


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("en", "ltr")])
def test_an_email_has_the_direction_of_its_language(essay: Essay, language: str, direction: str, settings: Any) -> None:
    settings.SITE_LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    make.site(language=language)
    subscribing.subscribe(Subscriber("stranger@example.org"), [Topic(Subscription.Kind.ESSAY, essay=essay)])
    (message,) = send_due_emails()
    assert f'<html lang="{language}" dir="{direction}">' in html_part(message)
    # many email programs drop everything outside it
    assert f'<div lang="{language}" dir="{direction}"' in html_part(message)


def test_a_new_essay_is_emailed_in_full_with_its_footnotes(author: User) -> None:
    follow("essays", confirmed=timezone.now() - timedelta(hours=3))
    essay = make.essay("Long", by=author, body=long_essay(), published=timezone.now() - timedelta(hours=1))
    make.announce(essay)
    (message,) = send_due_emails()
    page, words = html_part(message), str(message.body)
    for note in range(1, 63):
        assert (
            page.count(f'href="#{essay.id_prefix}note-{note}"')
            == page.count(f'<a name="{essay.id_prefix}note-{note}"></a>')
            == 1
        )
        assert words.count(f"[{note}]") == 2
        assert f"\n\n[{note}] Note {note}, _with its source_.\n\n" in words
    assert not re.search(r' (?:src|href)="/', page)
