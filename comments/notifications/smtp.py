"""The connection to the mail server while mails go out one after another, and whether a mail may have been taken."""

from contextlib import suppress
from smtplib import SMTP, SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected
from types import TracebackType
from typing import Any, Self

from django.core.mail import EmailMessage, get_connection

from comments.notifications import suppression


class Trouble(Exception):
    """What the mail server said, as one line; `status`: RFC 3463's, when it was the recipient that it refused."""

    def __init__(self, error: Exception) -> None:
        said, self.status = str(error), ""
        if isinstance(error, SMTPRecipientsRefused):
            code, words = next(iter(error.recipients.values()))
            said = f"{code} {words.decode('utf-8', 'replace')}"
            self.status = next(iter(words.decode("utf-8", "replace").split()), "") if code >= 500 else ""
        super().__init__(suppression.tidy(said))


class Away(Trouble):
    """No mail server answers."""


class NotTaken(Trouble):
    """The mail did not go out."""


class Uncertain(Trouble):
    """The mail may have gone out or not."""


class MailServer:
    """Opened with the first mail; `with MailServer() as server:` closes it after the last."""

    def __init__(self) -> None:
        self.connection: Any = get_connection()
        self.is_open = self.is_used = self.has_begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Raises Away. Does nothing while it is open."""
        if self.is_open:
            return
        try:
            self.connection.open()
        except OSError as error:
            raise Away(error) from error
        self.is_open, self.is_used = True, False
        if isinstance(server := getattr(self.connection, "connection", None), SMTP):
            self.watch(server)

    def watch(self, server: SMTP) -> None:
        """Until the words themselves begin to be handed over, nothing can have been taken."""
        begin = server.data

        def data(words: Any) -> Any:
            self.has_begun = True
            return begin(words)

        server.data = data  # type: ignore[assignment, method-assign]

    def send(self, message: EmailMessage) -> None:
        """Once. Raises Away, NotTaken or Uncertain."""
        self.open()
        was_used = self.is_used
        try:
            self.hand_over(message)
        except NotTaken as error:
            self.close()
            if not was_used or not is_lost(error):
                raise
            self.open()  # many a server takes only so many mails from one caller, or waits only so long
            self.hand_over(message)
        except Uncertain:
            self.close()
            raise

    def hand_over(self, message: EmailMessage) -> None:
        self.has_begun = not isinstance(getattr(self.connection, "connection", None), SMTP)
        self.is_used = True
        message.connection = self.connection
        try:
            message.send()
        except Exception as error:  # each kind of backend has its own
            said_no = isinstance(error, SMTPException) and not isinstance(error, SMTPServerDisconnected)
            raise (NotTaken if said_no or not self.has_begun else Uncertain)(error) from error

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            with suppress(OSError):  # what was sent is sent, whatever becomes of the goodbye
                self.connection.close()


def is_lost(error: NotTaken) -> bool:
    """Whether it was the connection that failed, not this mail."""
    why = error.__cause__
    if isinstance(why, SMTPResponseException):
        return why.smtp_code == 421
    return isinstance(why, OSError) and (isinstance(why, SMTPServerDisconnected) or not isinstance(why, SMTPException))
