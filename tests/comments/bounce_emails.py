"""Bounces and complaints as mail servers send them, about the emails that were sent here."""

from email.message import EmailMessage, Message
from typing import Any

from django.core import mail
from django.utils import timezone

from blog.models import Essay
from comments.models import Address, Subscription
from comments.notifications import outbox
from tests import make

READER = "rosa@example.org"


def follow(essay: Essay, email: str = READER, **fields: Any) -> Subscription:
    now = timezone.now()
    address = Address.objects.create(email=email, verified=now)
    return Subscription.objects.create(address=address, kind="essay", essay=essay, confirmed=now, **fields)


def mailed(essay: Essay, to: str = READER) -> Message:
    """Publish a comment and return the email about it as sent."""
    mail.outbox.clear()
    outbox.create_notices(make.comment(essay))
    outbox.send()
    (message,) = [message for message in mail.outbox if message.to == [to]]
    return message.message()


def head(sent: Message) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in sent.items())


def report(
    returned: str,
    status: str = "5.1.1",
    *,
    action: str = "failed",
    said: str = "smtp; 550 5.1.1 <rosa@example.org>: no such user",
    kind: str = "text/rfc822-headers",
) -> bytes:
    """A report as in RFC 3464, as Postfix writes it."""
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; rosa@example.org
Action: {action}
Status: {status}
Diagnostic-Code: {said}

--B
Content-Type: {kind}

{returned}
--B--
""".encode()


def complaint(returned: str, kind: str = "abuse") -> bytes:
    return f"""From: complaints@big.example
Subject: FW: mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Feedback/1.0
Version: 1

--B
Content-Type: message/rfc822

{returned}
A mail.
--B--
""".encode()


def qmail(
    returned: str, said: str = "192.0.2.4 does not like recipient.\nRemote host said: 550 5.1.1 unknown"
) -> bytes:
    return f"""Return-Path: <>
From: MAILER-DAEMON@q.example
Subject: failure notice

Hi. This is the qmail-send program at q.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<rosa@example.org>:
{said}

--- Below this line is a copy of the message.

{returned}
A mail.
""".encode()


def exim(returned: str) -> bytes:
    return f"""X-Failed-Recipients: rosa@example.org
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@x.example>
Subject: Mail delivery failed: returning message to sender

A message that you sent could not be delivered to one or more of its recipients.

  rosa@example.org
    host mx.example.org [192.0.2.7]
    SMTP error from remote mail server after RCPT TO:<rosa@example.org>:
    550 5.1.1 Unknown user

------ This is a copy of the message, including all the headers. ------

{returned}
A mail.
""".encode()


def exchange(returned: str) -> bytes:
    """A bounce that contains the returned email but no report."""
    message = EmailMessage()
    message["From"] = "postmaster@corp.example"
    message["Subject"] = "Undeliverable: news"
    message.set_content(
        "Delivery has failed to these recipients:\nrosa@example.org\n#550 5.1.10 RESOLVER.ADR.NotFound#\n"
    )
    original = EmailMessage()
    for line in returned.replace("\r\n ", " ").splitlines():
        name, _, value = line.partition(": ")
        if name == "Message-ID":
            original[name] = value
    original.set_content("A mail.")
    message.add_attachment(original)
    return message.as_bytes()
