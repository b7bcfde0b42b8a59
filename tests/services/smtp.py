"""A mail server in the tests' own process that stores what arrives."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.processes import free_port, wait_until


class Mailbox:
    """Accepts every email; `answer` replaces the response to the next ones, such as "451 Later"."""

    def __init__(self) -> None:
        self.port = free_port()
        self.messages: list[EmailMessage] = []
        self.response = "250 OK"
        self.disconnects_at = ""  # "RCPT" or "DATA", after the message was received
        self.messages_per_connection = 1_000
        self.connections = 0
        self.rejections: dict[str, str] = {}  # responses by recipient
        self.senders: list[str] = []  # senders of the envelopes

    @property
    def url(self) -> str:
        """The server as an EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name, session.taken = hostname, 0  # type: ignore[attr-defined]
        self.connections += 1
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if session.taken >= self.messages_per_connection:  # type: ignore[attr-defined]
            return "421 Enough for one call"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: object
    ) -> str:
        if self.disconnects_at == "RCPT":
            disconnect(server)
        if refusal := self.rejections.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.response.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = BytesParser(EmailMessage, policy=policy.default).parsebytes(envelope.content)
            self.messages.append(message)
            self.senders.append(envelope.mail_from or "")
            session.taken += 1  # type: ignore[attr-defined]
        if self.disconnects_at == "DATA":
            disconnect(server)
        return self.response

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.messages if address in str(message["To"])]

    def tally(self) -> Counter[str]:
        """Return how many emails arrived for each address."""
        return Counter(str(message["To"]) for message in self.messages)

    def wait_for(self, number: int) -> list[EmailMessage]:
        wait_until(lambda: len(self.messages) >= number, f"{number} emails; {len(self.messages)} arrived")
        return self.messages


def disconnect(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


@contextlib.contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
