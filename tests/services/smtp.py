"""A mail server in the tests' own process: what arrives is kept, to be read by the test."""

import contextlib
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.processes import free_port, wait_until


class Mailbox:
    """Takes every mail; `answer` says what the next ones are told instead of a thank-you, such as "451 Later"."""

    def __init__(self) -> None:
        self.port = free_port()
        self.messages: list[EmailMessage] = []
        self.answer = "250 OK"

    @property
    def url(self) -> str:
        """As an EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = BytesParser(EmailMessage, policy=policy.default).parsebytes(envelope.content)
            self.messages.append(message)
        return self.answer

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.messages if address in str(message["To"])]

    def wait_for(self, number: int) -> list[EmailMessage]:
        wait_until(lambda: len(self.messages) >= number, f"{number} mails, {len(self.messages)} came")
        return self.messages


@contextlib.contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
