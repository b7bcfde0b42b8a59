"""Mails that came back: which of ours each one is about, and what that means for the address it was sent to.

Nothing in such a mail is believed but our own Message-ID, whose mark shows that we sent that very mail to that very
address. Each mail counts once: its notice is `bounced` from then on, so a mailbox may be read again and again.
"""

import hmac
import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import parseaddr
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from comments.models import Notice, Subscription
from comments.notifications import compose, subscribing, suppression
from comments.notifications.suppression import tidy

logger = logging.getLogger("rejoinder.bounces")

MOST_BYTES = 256 * 1024  # of each mail; what is looked for stands at its head
MOST_PARTS = 20
MOST_WORDS = 64 * 1024
DAEMONS = frozenset({"mailer-daemon", "postmaster"})
STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
RETURNED_ID = re.compile(
    r"^message-id:\s*<([a-z]+-\d{1,18})\.([0-9a-f]{20})@[^<>\s]{1,255}>", re.IGNORECASE | re.MULTILINE
)

State = Notice.State
Kind = Notice.Kind


class Outcome(Enum):
    REFUSED = "refused"  # the address takes no mail any more
    COUNTED = "counted"
    STOPPED = "stopped"  # its reader complained of it
    DELAYED = "delayed"
    KNOWN = "known"  # it counted before
    FOREIGN = "foreign"  # about no mail of ours
    OTHER = "other"  # no mail that came back


@dataclass(frozen=True)
class Report:
    """What a mail says that came back: of which of ours (`thing` and its mark), and why."""

    thing: str
    mark: str
    status: str = ""
    said: str = ""
    is_delayed: bool = False
    is_complaint: bool = False


def take(raw: bytes) -> Outcome:
    """Act on one mail, whoever wrote it."""
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(raw[:MOST_BYTES])
        report = read(message)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        logger.info("An email could not be read: %r", error)  # made to be hard to read; the next one is not
        return Outcome.OTHER
    return Outcome.OTHER if report is None else act(report)


def act(report: Report) -> Outcome:
    if (notice := reported(report)) is None:
        return Outcome.FOREIGN
    if report.is_delayed:
        return Outcome.DELAYED
    return came_back(notice, report)


@transaction.atomic
def came_back(notice: Notice, report: Report) -> Outcome:
    arrived = Notice.objects.filter(pk=notice.pk, state__in=(State.SENT, State.SENDING))
    if not arrived.update(state=State.BOUNCED, error=report.said, changed=timezone.now()):
        return Outcome.KNOWN
    if report.is_complaint and notice.recipient_id is None:
        stop_what_it_rests_on(notice, report.said)
        return Outcome.STOPPED
    return Outcome.REFUSED if suppression.count(notice.email, report.status, report.said) else Outcome.COUNTED


def stop_what_it_rests_on(notice: Notice, said: str) -> None:
    """A mail that asks rests on nothing that its reader wants: no other one goes there."""
    theirs = Subscription.objects.filter(address__email=notice.email)
    match notice.kind:
        case Kind.CONFIRM:
            suppression.give_up(notice.email, said)
        case Kind.DAILY:
            subscribing.stop(theirs.filter(often=Subscription.Often.DAILY))
        case _:
            subscribing.stop(theirs.filter(notices=notice))


# Which mail of ours


def reported(report: Report) -> Notice | None:
    """The notice whose mail bears this Message-ID; None when the mark is not ours."""
    for notice in candidates(report.thing).only("pk", "kind", "email", "recipient").iterator():
        if hmac.compare_digest(compose.mark_of(report.thing, notice.email), report.mark):
            return notice
    return None


def candidates(thing: str) -> QuerySet[Notice]:
    """Every notice whose mail is about that thing, to whomever."""
    name, _, number = thing.partition("-")
    if name == "comment":
        return Notice.objects.filter(comment=int(number), kind__in=Notice.NEWS)
    if name == "essay":
        return Notice.objects.filter(essay=int(number), kind=Kind.ESSAY)
    return Notice.objects.filter(pk=int(number), kind=name)


# What a mail says


def read(message: Message) -> Report | None:
    """None: no mail that came back."""
    if message.get_content_type() == "multipart/report":
        return of_complaint(message) or of_delivery(message)
    return of_plain(message) if is_by_a_daemon(message) else None


def of_delivery(message: Message) -> Report | None:
    """RFC 3464. Each of our mails has one recipient, but a list behind it may have many."""
    status = part_of(message, "message/delivery-status", "message/global-delivery-status")
    if status is None:
        return None
    recipients = [fields for fields in blocks(status) if fields["Action"]]
    failed = [fields for fields in recipients if action(fields) == "failed"]
    delayed = [fields for fields in recipients if action(fields) == "delayed"]
    if not failed and not delayed:
        return None  # it arrived
    fields = (failed or delayed)[0]
    said = tidy(fields["Diagnostic-Code"] or fields["Status"] or "")
    return about(returned_head(message), status_in(tidy(fields["Status"] or ""), said), said, is_delayed=not failed)


def status_in(field: str, said: str) -> str:
    """Many write 5.0.0 into the field, which says nothing, and know more in their own words."""
    found = [match.group() for text in (field, said) if (match := STATUS.search(text))]
    return next((status for status in found if not status.endswith(".0.0")), next(iter(found), ""))


def of_complaint(message: Message) -> Report | None:
    """RFC 5965: somebody pressed “this is spam”."""
    feedback = part_of(message, "message/feedback-report")
    if feedback is None:
        return None
    kinds = {tidy(fields["Feedback-Type"] or "").lower() for fields in blocks(feedback)}
    if "abuse" not in kinds:
        return None
    return about(returned_head(message), "", "abuse", is_complaint=True)


def of_plain(message: Message) -> Report | None:
    """As qmail, Exim and others write them: their own words, then the mail as it was, or its head."""
    words = text_of(message)
    if not (found := RETURNED_ID.search(words)):
        words = f"{words}\n{returned_head(message)}"
        found = RETURNED_ID.search(words)
    before = words[: found.start()] if found else ""
    status = STATUS.search(before)
    line = next((line for line in before.splitlines() if status and status.group() in line), "")
    number = status.group() if status else ""
    return about(words, number, tidy(line or str(message["Subject"] or "")), is_delayed=number.startswith("4"))


def about(words: str, status: str, said: str, **more: bool) -> Report:
    found = RETURNED_ID.search(words)
    thing, mark = (found.group(1).lower(), found.group(2).lower()) if found else ("none-0", "")
    return Report(thing, mark, status, said or status, **more)


def is_by_a_daemon(message: Message) -> bool:
    """Not somebody's answer, nor what says that they are away (RFC 3834)."""
    if message["X-Failed-Recipients"]:
        return True  # Exim
    if str(message["Auto-Submitted"] or "no").strip().lower().startswith("auto-"):
        return False
    return parseaddr(str(message["From"] or ""))[1].partition("@")[0].lower() in DAEMONS


# The parts of a mail


def parts(message: Message) -> list[Any]:
    below = message.get_payload()
    return below[:MOST_PARTS] if isinstance(below, list) else []


def part_of(message: Message, *kinds: str) -> Message | None:
    return next((part for part in parts(message) if part.get_content_type() in kinds), None)


def blocks(part: Message) -> list[Message]:
    """The groups of fields that a report consists of."""
    return [below for below in parts(part) if isinstance(below, Message)]


def action(fields: Message) -> str:
    return tidy(fields["Action"] or "").lower()


def returned_head(message: Message) -> str:
    """The head of the mail that came back, as far as it bears our Message-ID."""
    for part in parts(message):
        match part.get_content_type():
            case "message/rfc822" | "message/global":
                heads = [f"Message-ID: {below['Message-ID']}" for below in parts(part) if below["Message-ID"]]
                return "\n".join(heads)
            case "text/rfc822-headers" | "message/global-headers":
                return text_of(part)
    return ""


def text_of(message: Message) -> str:
    """The first words of a mail that has no parts, or of its first part that has none."""
    for part in [message, *parts(message)]:
        if not part.is_multipart() and isinstance(raw := part.get_payload(decode=True), bytes):
            return raw[:MOST_WORDS].decode("utf-8", "replace").replace("\r\n", "\n")
    return ""


# Where they lie


def in_file(file: Path) -> Iterator[bytes]:
    """The mails of a mailbox: an mbox, a Maildir, or a file with one mail."""
    if not file.is_dir():
        with file.open("rb") as stream:
            yield from in_stream(stream)
        return
    for folder in ("new", "cur"):
        for mail in sorted((file / folder).glob("*")):
            with suppress(FileNotFoundError):  # a mail program has moved it meanwhile
                if mail.is_file():
                    with mail.open("rb") as stream:
                        yield stream.read(MOST_BYTES)


def in_stream(stream: BinaryIO) -> Iterator[bytes]:
    """One mail, or an mbox: then each begins with a line “From …” after an empty one, or at the very start."""
    lines = pieces(stream)
    first = next(lines, b"")
    is_mbox = first.startswith(b"From ")
    kept, room, is_empty = ([], MOST_BYTES, False) if is_mbox else ([first], MOST_BYTES - len(first), False)
    for line in lines:
        if is_mbox and is_empty and line.startswith(b"From "):
            yield b"".join(kept)
            kept, room = [], MOST_BYTES
        elif room > 0:
            kept.append(line)
            room -= len(line)
        is_empty = line in {b"\n", b"\r\n"}
    if kept:
        yield b"".join(kept)


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """Its lines, the longest in pieces."""
    while line := stream.readline(MOST_BYTES):
        yield line
