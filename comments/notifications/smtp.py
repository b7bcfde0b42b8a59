"""The connection to the SMTP server, and whether an email may have been accepted when it fails."""

from contextlib import suppress
from smtplib import SMTP, SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected
from typing import Any, Self

from django.core.mail import EmailMessage, get_connection

from comments.notifications import suppression


class MailServerError(Exception):
    """The mail server's message, as one line; `status`: its RFC 3463 code if it rejected the recipient."""

    def __init__(self, error: Exception) -> None:
        text, self.status = str(error), ""
        if isinstance(error, SMTPRecipientsRefused):
            code, reply = next(iter(error.recipients.values()))
            text = f"{code} {reply.decode('utf-8', 'replace')}"
            self.status = next(iter(reply.decode("utf-8", "replace").split()), "") if code >= 500 else ""
        super().__init__(suppression.one_line(text))


class ServerUnavailable(MailServerError):
    """The mail server does not respond."""


class NotSent(MailServerError):
    """The email was not sent."""


class Uncertain(MailServerError):
    """The email may or may not have been sent."""


class MailServer:
    """A connection that opens for the first email; leaving the `with` block closes it."""

    def __init__(self) -> None:
        self.connection: Any = get_connection()
        self.is_open = self.is_used = self.has_begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def open(self) -> None:
        """Connect, unless connected. Raises ServerUnavailable."""
        if self.is_open:
            return
        try:
            self.connection.open()
        except OSError as error:
            raise ServerUnavailable(error) from error
        self.is_open, self.is_used = True, False
        if isinstance(server := getattr(self.connection, "connection", None), SMTP):
            self.track_data(server)

    def track_data(self, server: SMTP) -> None:
        """Record when the DATA command begins: before it, the server cannot have accepted anything."""
        begin = server.data

        def data(content: Any) -> Any:
            self.has_begun = True
            return begin(content)

        server.data = data  # type: ignore[assignment, method-assign]

    def send(self, message: EmailMessage) -> None:
        """Send an email at most once. Raises ServerUnavailable, NotSent or Uncertain."""
        self.open()
        was_used = self.is_used
        try:
            self.transmit(message)
        except NotSent as error:
            self.close()
            if not was_used or not is_connection_lost(error):
                raise
            self.open()  # servers limit the emails and the time of a connection
            self.transmit(message)
        except Uncertain:
            self.close()
            raise

    def transmit(self, message: EmailMessage) -> None:
        """Send an email once over the open connection. Raises NotSent or Uncertain."""
        self.has_begun = not isinstance(getattr(self.connection, "connection", None), SMTP)
        self.is_used = True
        message.connection = self.connection
        try:
            message.send()
        except Exception as error:  # every email backend has its own
            is_rejected = isinstance(error, SMTPException) and not isinstance(error, SMTPServerDisconnected)
            raise (NotSent if is_rejected or not self.has_begun else Uncertain)(error) from error

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            with suppress(OSError):  # the emails are sent even if QUIT fails
                self.connection.close()


def is_connection_lost(error: NotSent) -> bool:
    """Return whether the connection failed, not this email."""
    why = error.__cause__
    if isinstance(why, SMTPResponseException):
        return why.smtp_code == 421
    return isinstance(why, OSError) and (isinstance(why, SMTPServerDisconnected) or not isinstance(why, SMTPException))
