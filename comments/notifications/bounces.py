"""Bounces and spam complaints: which of our emails each is about, and what it means for the recipient's address.

Only our own Message-ID in them is trusted: its signature shows that we sent that email to that address. Each email
counts once, because its notice is `bounced` from then on, so a mailbox may be read again and again.
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
from comments.notifications import headers, subscribing, suppression
from comments.notifications.suppression import one_line

logger = logging.getLogger("rejoinder.bounces")

MAX_BYTES = 256 * 1024  # of each email; what we look for is near its beginning
MAX_PARTS = 20
MAX_TEXT = 64 * 1024
DAEMONS = frozenset({"mailer-daemon", "postmaster"})
STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
RETURNED_ID = re.compile(
    r"^message-id:\s*<([a-z]+-\d{1,18})\.([0-9a-f]{20})@[^<>\s]{1,255}>", re.IGNORECASE | re.MULTILINE
)

State = Notice.State
Kind = Notice.Kind


class Outcome(Enum):
    SUPPRESSED = "refused"  # the address no longer accepts email
    COUNTED = "counted"
    UNSUBSCRIBED = "stopped"  # its reader reported it as spam
    DELAYED = "delayed"
    DUPLICATE = "known"  # it was counted before
    UNRELATED = "foreign"  # not about one of our emails
    OTHER = "other"  # neither a bounce nor a complaint


@dataclass(frozen=True)
class BounceReport:
    """What a bounce or complaint says: which of our emails it is about (`subject` and its signature), and why."""

    subject: str
    signature: str
    status: str = ""
    reason: str = ""
    is_delayed: bool = False
    is_complaint: bool = False


def process_email(raw: bytes) -> Outcome:
    """Parse one email from an untrusted sender and act on it."""
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(raw[:MAX_BYTES])
        report = parse_report(message)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        logger.info("Skipped unreadable email: %r", error)  # probably malformed on purpose; go on with the next one
        return Outcome.OTHER
    if report is None:
        return Outcome.OTHER
    if (notice := find_notice(report)) is None:
        return Outcome.UNRELATED
    return Outcome.DELAYED if report.is_delayed else mark_bounced(notice, report)


@transaction.atomic
def mark_bounced(notice: Notice, report: BounceReport) -> Outcome:
    """Mark the notice as bounced, and suppress or unsubscribe its recipient if necessary; only the first time."""
    sent = Notice.objects.filter(pk=notice.pk, state__in=(State.SENT, State.SENDING))
    if not sent.update(state=State.BOUNCED, error=report.reason, changed=timezone.now()):
        return Outcome.DUPLICATE
    if report.is_complaint and notice.recipient_id is None:
        unsubscribe_complainer(notice, report.reason)
        return Outcome.UNSUBSCRIBED
    is_suppressed = suppression.record_bounce(notice.email, report.status, report.reason)
    return Outcome.SUPPRESSED if is_suppressed else Outcome.COUNTED


def unsubscribe_complainer(notice: Notice, reason: str) -> None:
    """Unsubscribe a reader who complained. After a complaint about a confirmation email, never email that address."""
    theirs = Subscription.objects.filter(address__email=notice.email)
    match notice.kind:
        case Kind.CONFIRM:
            suppression.suppress(notice.email, reason)
        case Kind.DAILY:
            subscribing.unsubscribe(theirs.filter(often=Subscription.Often.DAILY))
        case _:
            subscribing.unsubscribe(theirs.filter(notices=notice))


# Which of our emails it is about


def find_notice(report: BounceReport) -> Notice | None:
    """Find the notice whose email has this Message-ID; None if the signature is not ours."""
    for notice in candidate_notices(report.subject).only("pk", "kind", "email", "recipient").iterator():
        if hmac.compare_digest(headers.id_signature(report.subject, notice.email), report.signature):
            return notice
    return None


def candidate_notices(subject: str) -> QuerySet[Notice]:
    """Return every notice that the Message-ID may be about; the signature then tells the recipient."""
    name, _, number = subject.partition("-")
    if name == "comment":
        return Notice.objects.filter(comment=int(number), kind__in=Notice.COMMENT_KINDS)
    if name == "essay":
        return Notice.objects.filter(essay=int(number), kind=Kind.ESSAY)
    if name == "announcement":
        return Notice.objects.filter(announcement=int(number))
    return Notice.objects.filter(pk=int(number), kind=name)


# What the email says


def parse_report(message: Message) -> BounceReport | None:
    """Parse a bounce or complaint; return None for any other email."""
    if message.get_content_type() == "multipart/report":
        return parse_complaint(message) or parse_delivery_status(message)
    return parse_plain_bounce(message) if is_from_mail_daemon(message) else None


def parse_delivery_status(message: Message) -> BounceReport | None:
    """Parse a delivery report (RFC 3464). Our emails have one recipient, but that may be a list of many."""
    status = find_part(message, "message/delivery-status", "message/global-delivery-status")
    if status is None:
        return None
    recipients = [(one_line(fields["Action"] or "").lower(), fields) for fields in field_groups(status)]
    failed = [fields for action, fields in recipients if action == "failed"]
    delayed = [fields for action, fields in recipients if action == "delayed"]
    if not failed and not delayed:
        return None  # it arrived
    fields = (failed or delayed)[0]
    reason = one_line(fields["Diagnostic-Code"] or fields["Status"] or "")
    code = status_in(one_line(fields["Status"] or ""), reason)
    return build_report(returned_head(message), code, reason, is_delayed=not failed)


def status_in(field: str, reason: str) -> str:
    """Return the most specific status code. Many servers put 5.0.0 into the field and the real code into the text."""
    codes = [match.group() for text in (field, reason) if (match := STATUS.search(text))]
    return next((status for status in codes if not status.endswith(".0.0")), next(iter(codes), ""))


def parse_complaint(message: Message) -> BounceReport | None:
    """Parse a complaint (RFC 5965), sent when a reader presses “this is spam”."""
    feedback = find_part(message, "message/feedback-report")
    if feedback is None:
        return None
    kinds = {one_line(fields["Feedback-Type"] or "").lower() for fields in field_groups(feedback)}
    if "abuse" not in kinds:
        return None
    return build_report(returned_head(message), "", "abuse", is_complaint=True)


def parse_plain_bounce(message: Message) -> BounceReport | None:
    """Parse a bounce by qmail, Exim and others: free text, then the original email or its headers."""
    text = first_text(message)
    if not (found := RETURNED_ID.search(text)):
        text = f"{text}\n{returned_head(message)}"
        found = RETURNED_ID.search(text)
    before = text[: found.start()] if found else ""
    status = STATUS.search(before)
    line = next((line for line in before.splitlines() if status and status.group() in line), "")
    code, reason = status.group() if status else "", one_line(line or str(message["Subject"] or ""))
    return build_report(text, code, reason, is_delayed=code.startswith("4"))


def build_report(text: str, status: str, reason: str, **more: bool) -> BounceReport:
    """Build a report about the email whose Message-ID is in `text`; without one it matches no notice."""
    found = RETURNED_ID.search(text)
    subject, signature = (found.group(1).lower(), found.group(2).lower()) if found else ("none-0", "")
    return BounceReport(subject, signature, status, reason or status, **more)


def is_from_mail_daemon(message: Message) -> bool:
    """Return whether a mail server wrote it: no person's reply, and no auto-reply (RFC 3834)."""
    if message["X-Failed-Recipients"]:
        return True  # Exim
    if str(message["Auto-Submitted"] or "no").strip().lower().startswith("auto-"):
        return False
    return parseaddr(str(message["From"] or ""))[1].partition("@")[0].lower() in DAEMONS


# The parts of an email


def subparts(message: Message) -> list[Any]:
    """Return the first parts of a multipart message, otherwise none."""
    child = message.get_payload()
    return child[:MAX_PARTS] if isinstance(child, list) else []


def find_part(message: Message, *kinds: str) -> Message | None:
    """Return the first part with one of these content types."""
    return next((part for part in subparts(message) if part.get_content_type() in kinds), None)


def field_groups(part: Message) -> list[Message]:
    """Return the groups of header fields in a delivery report or complaint."""
    return [child for child in subparts(part) if isinstance(child, Message)]


def returned_head(message: Message) -> str:
    """Return the Message-ID headers of the email that bounced."""
    for part in subparts(message):
        match part.get_content_type():
            case "message/rfc822" | "message/global":
                heads = [f"Message-ID: {child['Message-ID']}" for child in subparts(part) if child["Message-ID"]]
                return "\n".join(heads)
            case "text/rfc822-headers" | "message/global-headers":
                return first_text(part)
    return ""


def first_text(message: Message) -> str:
    """Return the beginning of an email without parts, or of its first part that has no parts itself."""
    for part in [message, *subparts(message)]:
        if not part.is_multipart() and isinstance(raw := part.get_payload(decode=True), bytes):
            return raw[:MAX_TEXT].decode("utf-8", "replace").replace("\r\n", "\n")
    return ""


# Mailboxes


def read_mailbox(file: Path) -> Iterator[bytes]:
    """Read the emails of an mbox, a Maildir, or a file with one email."""
    if not file.is_dir():
        with file.open("rb") as stream:
            yield from read_stream(stream)
        return
    for folder in ("new", "cur"):
        for mail in sorted((file / folder).glob("*")):
            with suppress(FileNotFoundError):  # moved by an email program
                if mail.is_file():
                    with mail.open("rb") as stream:
                        yield stream.read(MAX_BYTES)


def read_stream(stream: BinaryIO) -> Iterator[bytes]:
    """Read one email, or an mbox, where each begins with a line “From …” at the start or after an empty line."""
    lines = iter(lambda: stream.readline(MAX_BYTES), b"")  # long lines in pieces
    first = next(lines, b"")
    is_mbox = first.startswith(b"From ")
    chunks, left, is_empty = ([], MAX_BYTES, False) if is_mbox else ([first], MAX_BYTES - len(first), False)
    for line in lines:
        if is_mbox and is_empty and line.startswith(b"From "):
            yield b"".join(chunks)
            chunks, left = [], MAX_BYTES
        elif left > 0:
            chunks.append(line)
            left -= len(line)
        is_empty = line in {b"\n", b"\r\n"}
    if chunks:
        yield b"".join(chunks)
