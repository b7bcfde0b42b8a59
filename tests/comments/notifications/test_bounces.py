"""Bounces and complaints: how each kind is parsed and handled, and that forged ones have no effect."""

import io
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from blog.models import Essay
from comments.models import Address, Notice, Subscription
from comments.notifications import bounces, outbox, subscribing
from comments.notifications.bounces import Outcome
from tests import make
from tests.comments.bounce_emails import READER, complaint, exchange, exim, follow, head, mailed, qmail, report
from tests.services.smtp import Mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def essay() -> Essay:
    make.rules()
    return make.essay("Whose Promise Is It?")


@pytest.fixture
def address(essay: Essay) -> Address:
    return follow(essay).address


def fresh(address: Address) -> Address:
    return Address.objects.get(pk=address.pk)


@pytest.mark.parametrize("write", [report, qmail, exim, exchange])
def test_a_nonexistent_address_gets_no_more_emails(
    essay: Essay, address: Address, write: Callable[[str], bytes]
) -> None:
    raw = write(head(mailed(essay)))
    assert bounces.process_email(raw) == Outcome.SUPPRESSED
    assert "5.1.1" in fresh(address).problem
    assert fresh(address).suppressed
    notice = Notice.objects.get(email=READER)
    assert (notice.state, notice.error) == (Notice.State.BOUNCED, fresh(address).problem)
    mail.outbox.clear()
    outbox.create_notices(make.comment(essay))
    outbox.send()
    assert mail.outbox == []


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822", "message/global"])
@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        ("5.1.2", "", Outcome.SUPPRESSED),
        ("5.4.4", "", Outcome.SUPPRESSED),
        ("5.2.1", "", Outcome.SUPPRESSED),
        ("5.0.0", "smtp; 550-5.1.1 The account does not exist.", Outcome.SUPPRESSED),
        ("5.2.2", "smtp; 552 5.2.2 mailbox full", Outcome.COUNTED),
        ("5.7.1", "smtp; 554 5.7.1 refused by policy", Outcome.COUNTED),
        ("5.1.8", "", Outcome.COUNTED),
        ("5.4.7", "", Outcome.COUNTED),
        ("4.4.1", "", Outcome.COUNTED),
        ("nonsense", "", Outcome.COUNTED),
    ],
)
def test_only_permanent_failures_suppress_an_address(
    essay: Essay, address: Address, kind: str, status: str, said: str, outcome: Outcome
) -> None:
    assert bounces.process_email(report(head(mailed(essay)), status, said=said, kind=kind)) == outcome
    assert bool(fresh(address).suppressed) == (outcome == Outcome.SUPPRESSED)


def test_the_third_bounce_in_thirty_days_suppresses_an_address(essay: Essay, address: Address) -> None:
    full = {"status": "5.2.2", "said": "smtp; 552 5.2.2 full"}
    start = datetime.now(UTC)
    for day, outcome in ((0, "counted"), (1, "counted"), (35, "counted"), (40, "counted"), (50, "refused")):
        with time_machine.travel(start + timedelta(days=day)):
            assert bounces.process_email(report(head(mailed(essay)), **full)).value == outcome, day
    subscribing.mark_verified(address)  # its reader says that it works again
    assert (fresh(address).suppressed, fresh(address).problem) == (None, "")
    with time_machine.travel(start + timedelta(days=51)):
        assert bounces.process_email(report(head(mailed(essay)), **full)) == Outcome.COUNTED


def test_each_bounce_counts_once(essay: Essay, address: Address) -> None:
    full = report(head(mailed(essay)), "5.2.2", said="full")
    assert [bounces.process_email(full).value for _ in range(4)] == ["counted", "known", "known", "known"]
    assert fresh(address).bounces == 1


def test_delays_and_deliveries_change_nothing(essay: Essay, address: Address) -> None:
    returned = head(mailed(essay))
    assert bounces.process_email(report(returned, "4.4.7", action="delayed")) == Outcome.DELAYED
    assert bounces.process_email(report(returned, "2.0.0", action="delivered")) == Outcome.OTHER
    assert Notice.objects.get(email=READER).state == Notice.State.SENT
    assert not fresh(address).bounces


def test_auto_replies_and_answers_are_no_bounces(essay: Essay, address: Address) -> None:
    returned = head(mailed(essay))
    away = f"From: Rosa <{READER}>\nAuto-Submitted: auto-replied\nSubject: Away\n\nI am away.\n\n{returned}"
    answer = f"From: Rosa <{READER}>\nSubject: Re: news\n\nStop it! 550 5.1.1\n\n{returned}"
    robot = away.replace(f"Rosa <{READER}>", "mailer-daemon@example.org")
    for raw in (away, answer, robot):
        assert bounces.process_email(raw.encode()) == Outcome.OTHER
    assert Notice.objects.get(email=READER).state == Notice.State.SENT


def test_a_forged_bounce_changes_nothing(essay: Essay, address: Address) -> None:
    follow(essay, "mallory@example.org")
    theirs = str(mailed(essay, to="mallory@example.org")["Message-ID"])
    comment = Notice.objects.get(email=READER).comment_id or 0
    forged = [
        theirs.replace(f"comment-{comment}.", f"comment-{comment + 1}."),
        f"<comment-{comment}.{'0' * 20}@127.0.0.1>",
        f"<comment-{10**17}.{'0' * 20}@127.0.0.1>",
        f"<confirm-{Notice.objects.get(email=READER).pk}.{theirs.partition('.')[2]}",
        "<other@example.net>",
        "",
    ]
    for message_id in forged:
        assert bounces.process_email(report(f"Message-ID: {message_id}\nTo: {READER}\n")) == Outcome.UNRELATED
        assert bounces.process_email(complaint(f"Message-ID: {message_id}\nTo: {READER}\n")) == Outcome.UNRELATED
    bounces.process_email(
        report(f"Message-ID: {theirs}\nTo: {READER}\n")
    )  # of their own mail they may say what they like
    assert not fresh(address).suppressed
    assert Address.objects.get(email="mallory@example.org").suppressed


def test_a_complaint_ends_its_subscription(essay: Essay, address: Address) -> None:
    other = Subscription.objects.create(address=address, kind="essays", confirmed=timezone.now())
    returned = head(mailed(essay))
    assert bounces.process_email(complaint(returned, kind="not-spam")) == Outcome.OTHER
    assert bounces.process_email(complaint(returned)) == Outcome.UNSUBSCRIBED
    assert list(Subscription.objects.filter(stopped=None)) == [other]
    subscribing.resubscribe(Subscription.objects.get(kind="essay"))
    assert bounces.process_email(complaint(returned)) == Outcome.DUPLICATE
    assert Subscription.objects.filter(stopped=None).count() == 2


def test_a_complaint_about_a_confirmation_suppresses_the_address(essay: Essay) -> None:
    from comments.notifications.subscribing import Subscriber, Topic

    wish = Topic(Subscription.Kind.ESSAY, essay=essay)
    for take in (complaint, report):
        email = f"{take.__name__}@example.org"
        mail.outbox.clear()
        subscribing.subscribe(Subscriber(email), [wish])
        outbox.send()
        bounces.process_email(take(head(mail.outbox[0].message())))
        assert Address.objects.get(email=email).suppressed
        subscribing.subscribe(Subscriber(email), [Topic(Subscription.Kind.ESSAYS)])
        outbox.send()
        assert len(mail.outbox) == 1


def test_a_complaint_about_a_digest_ends_daily_subscriptions(essay: Essay, address: Address) -> None:
    Subscription.objects.update(often="daily")
    at_once = Subscription.objects.create(address=address, kind="essays", confirmed=timezone.now())
    outbox.create_notices(make.comment(essay))
    outbox.build_digests(timezone.now() + timedelta(minutes=1))
    outbox.send()
    assert bounces.process_email(complaint(head(mail.outbox[-1].message()))) == Outcome.UNSUBSCRIBED
    assert list(Subscription.objects.filter(stopped=None)) == [at_once]


def test_a_moderators_bounce_is_only_shown(author: User, essay: Essay) -> None:
    make.moderator("mara")
    outbox.create_notices(make.comment(essay, status="pending"))
    outbox.send()
    assert bounces.process_email(report(head(mail.outbox[-1].message()))) == Outcome.COUNTED
    assert Notice.objects.get(email="mara@example.org").state == Notice.State.BOUNCED


def test_a_servers_message_is_stored_as_one_line(essay: Essay, address: Address) -> None:
    said = f"smtp; 550 5.1.1 {'no ' * 400}\n  \x00\x1b[31m\u202e caf\xe9"
    bounces.process_email(report(head(mailed(essay)), said=said))
    problem = fresh(address).problem
    assert len(problem) <= 500
    assert problem.isprintable()


def test_a_recipient_rejected_by_the_server_counts_as_a_bounce(
    essay: Essay, address: Address, mailbox: Mailbox, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
    mailbox.rejections[READER] = "550 5.7.1 not from you"
    outbox.create_notices(make.comment(essay))
    outbox.send()
    assert Notice.objects.get(email=READER).state == Notice.State.READY
    mailbox.rejections[READER] = "550 5.1.1 no such user"
    outbox.create_notices(make.comment(essay))
    outbox.send()
    assert fresh(address).problem == "550 5.1.1 no such user"
    assert fresh(address).suppressed


# Mailboxes


def lines(*arguments: str) -> list[str]:
    out = io.StringIO()
    call_command("take_bounces", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_a_mailbox_can_be_read_repeatedly(essay: Essay, address: Address, tmp_path: Path) -> None:
    gone = report(head(mailed(essay)), kind="message/rfc822")
    spam = b"From: a@b.example\nSubject: Buy\n\nBuy.\n\n>From here on.\n"
    box = tmp_path / "mbox"
    box.write_bytes(b"".join(b"From MAILER-DAEMON Thu Nov 26 00:00:00 2026\n" + raw + b"\n" for raw in (spam, gone)))
    assert lines(str(box)) == [
        "2 emails were read.",
        "1 bounced. Its address will get no more emails.",
        "1 is not a bounce or complaint.",
    ]
    assert lines(str(box))[1:] == ["1 had already been processed.", "1 is not a bounce or complaint."]
    folder = tmp_path / "Maildir"
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    (folder / "new" / "1").write_bytes(gone)
    (folder / "cur" / "2:2,S").write_bytes(spam)
    (folder / "tmp" / "3").write_bytes(spam)
    assert lines(str(folder))[0] == "2 emails were read."
    (tmp_path / "one").write_bytes(gone)
    assert lines(str(tmp_path / "one")) == ["1 email was read.", "1 had already been processed."]


def test_a_mail_server_can_pipe_one_email(essay: Essay, address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b"From MAILER-DAEMON Thu Nov 26 00:00:00 2026\n" + report(head(mailed(essay)))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    assert lines() == ["1 email was read.", "1 bounced. Its address will get no more emails."]


# Hostile input


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"From: mailer-daemon@x\n" * 20_000,
        b'Content-Type: multipart/report; boundary="B"\n\n' + b"--B\n" * 50_000,
        b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3_000)),
        b"Content-Type: message/rfc822\n\n" * 5_000,
        b"Content-Type: multipart/report; boundary=B\n\n--B\nContent-Type: message/delivery-status\n\n"
        + b"Action: failed\n\n" * 20_000,
        b"From: postmaster@x\nContent-Transfer-Encoding: base64\nContent-Type: text/plain; charset=nonsense\n\n!!!!"
        * 10,
        b"From: =?utf-8?b?////?= <mailer-daemon@x>\nX-Failed-Recipients: \xff\nSubject: \xff\n\nMessage-ID: <comment-1."
        + b"0" * 20
        + b"@h>",
        b"From: postmaster@x\n\n" + b"Message-ID: <" * 40_000,
    ],
    ids=range(10),
)
def test_hostile_emails_are_no_bounces(raw: bytes) -> None:
    assert bounces.process_email(raw) in {Outcome.OTHER, Outcome.UNRELATED}


@pytest.mark.once
@given(st.data())
def test_a_mangled_report_never_raises(data: st.DataObject) -> None:
    raw = bytearray(report("Message-ID: <comment-1.00000000000000000000@h>\n", kind="message/rfc822"))
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=12))
    assert bounces.process_email(bytes(raw)) in {Outcome.OTHER, Outcome.UNRELATED}
