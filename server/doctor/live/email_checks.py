"""Checks of outgoing email: the mail server's login, a test email, and the sender's SPF, DKIM and DMARC records."""

import ipaddress
import ssl
from collections.abc import Iterator
from email.utils import parseaddr
from smtplib import SMTPAuthenticationError, SMTPRecipientsRefused, SMTPResponseException
from socket import gaierror
from time import monotonic

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _

from server.doctor.finding import Finding, error, note, ok, warning
from server.doctor.live import dns

TIMEOUT = 5  # seconds for each step of SMTP
DNS_TIMEOUT = 6.0
MAX_REPLY = 300


def check_mail_server(recipient: str) -> Iterator[Finding]:
    """Log in to the mail server and send a test email, unless emails are only written to files."""
    if not settings.EMAIL_URL_IS_SET:
        return
    connection = get_connection(timeout=TIMEOUT)
    try:
        connection.open()
    except (OSError, ValueError) as failure:  # SMTPException is an OSError; a wrong port is a ValueError
        problem = _("The connection or login to the mail server failed: “%(answer)s”.") % {"answer": reply(failure)}
        yield error(_("Email"), problem, remedy(failure))
        return
    try:
        yield ok(_("Email"), _("The mail server accepts the connection and login in EMAIL_URL."), "")
        if recipient:
            yield _send_test_email(recipient, connection)
        else:
            how = _("To send a test email, run: manage.py doctor --live --to name@example.org")
            yield note(_("Email"), _("No test email was sent, because no superuser has an email address."), how)
    finally:
        connection.close()


def _send_test_email(recipient: str, connection: BaseEmailBackend) -> Finding:
    text = _("This is a test email from %(url)s. Your email settings work.") % {"url": settings.SITE_URL}
    headers = {"Auto-Submitted": "auto-generated"}
    message = EmailMessage(_("Test email"), text, to=[recipient], connection=connection, headers=headers)
    try:
        message.send()
    except (OSError, ValueError) as failure:
        problem = _("The mail server rejected the test email to %(email)s: “%(answer)s”.")
        how = _("Check DEFAULT_FROM_EMAIL: many servers accept only the sender address of the account in EMAIL_URL.")
        return error(_("Email"), problem % {"email": recipient, "answer": reply(failure)}, how)
    problem = _("The mail server accepted a test email to %(email)s.") % {"email": recipient}
    return ok(_("Email"), problem, _("Check that it arrives in the inbox, not in the spam folder."))


def reply(failure: Exception) -> str:
    """Return what the mail server or the system said, as one line of limited length."""
    if isinstance(failure, SMTPRecipientsRefused):
        code, answer = next(iter(failure.recipients.values()))
        text = f"{code} {answer.decode('utf-8', 'replace')}"
    elif isinstance(failure, SMTPResponseException):
        said = failure.smtp_error
        text = f"{failure.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
    else:
        text = str(failure) or type(failure).__name__
    return " ".join(text.split())[:MAX_REPLY]


def remedy(failure: Exception) -> str:
    """Return what to do about a failed connection or login."""
    if isinstance(failure, SMTPAuthenticationError):
        return _("Check the username and password in EMAIL_URL. Write special characters percent-encoded.")
    if isinstance(failure, ssl.SSLError):
        return _(
            "Check EMAIL_URL: use smtp+tls:// with port 587 or smtp+ssl:// with port 465, and the host name that the "
            "server’s certificate is for."
        )
    if isinstance(failure, gaierror):
        return _("Check the host name in EMAIL_URL.")
    return _("Check the host and port in EMAIL_URL, and that no firewall blocks them; many providers block port 25.")


def check_sender_domain() -> Iterator[Finding]:
    """Look up SPF, DKIM and DMARC of the domain that emails come from."""
    if not settings.EMAIL_URL_IS_SET:
        return
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    envelope = parseaddr(settings.BOUNCE_ADDRESS)[1].rpartition("@")[2] or sender
    if not is_public_domain(sender):
        yield note(
            _("Email"), _("SPF, DKIM and DMARC were not checked: %(domain)s is not a domain.") % {"domain": sender}, ""
        )
        return
    deadline = monotonic() + DNS_TIMEOUT
    try:
        yield spf(envelope, deadline)
        yield dkim(sender, deadline)
        yield dmarc(sender, deadline)
    except dns.Unavailable:
        yield note(
            _("Email"), _("SPF, DKIM and DMARC were not checked: the DNS server of this machine does not respond."), ""
        )


def is_public_domain(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return "." in domain.strip(".")
    return False


def records(name: str, deadline: float, beginning: str) -> list[str]:
    """Return the TXT records of a name that begin so."""
    try:
        return [text for text in dns.txt_records(name, deadline) if text.lower().startswith(beginning)]
    except dns.NoSuchName:
        return []


def spf(domain: str, deadline: float) -> Finding:
    """Return what is wrong with the domain's SPF record, if anything."""
    found = records(domain, deadline, "v=spf1")
    if not found:
        problem = _("%(domain)s has no SPF record, so emails may end up in spam folders.")
        how = _('Add a TXT record that names your mail server: %(domain)s TXT "v=spf1 mx -all"')
        return warning(_("Email"), problem % {"domain": domain}, how % {"domain": domain})
    if len(found) > 1:
        problem = _("%(domain)s has %(count)d SPF records, so mail servers ignore all of them.")
        return warning(
            _("Email"), problem % {"domain": domain, "count": len(found)}, _("Merge them into one TXT record.")
        )
    if found[0].lower().split()[-1] in {"+all", "all"}:
        problem = _("The SPF record of %(domain)s lets every server send emails in its name.")
        return warning(_("Email"), problem % {"domain": domain}, _("End the record with -all or ~all."))
    return ok(_("Email"), _("SPF: “%(record)s”.") % {"record": found[0][:MAX_REPLY]}, "")


def dkim(domain: str, deadline: float) -> Finding:
    """Return whether there are DKIM keys: the name above them exists only if there are (RFC 8020)."""
    try:
        dns.txt_records(f"_domainkey.{domain}", deadline)
    except dns.NoSuchName:
        problem = _("%(domain)s has no DKIM key, so emails may end up in spam folders.") % {"domain": domain}
        return warning(
            _("Email"), problem, _("Turn on DKIM at your mail server, and add the TXT record that it shows.")
        )
    how = _("The headers of the test email show whether it is signed: look for “dkim=pass”.")
    return ok(_("Email"), _("%(domain)s has DKIM keys.") % {"domain": domain}, how)


def dmarc(domain: str, deadline: float) -> Finding:
    """Return whether the domain, or one above it, has a DMARC policy."""
    labels = domain.split(".")
    for start in range(max(1, min(4, len(labels) - 1))):
        if found := records(f"_dmarc.{'.'.join(labels[start:])}", deadline, "v=dmarc1"):
            return ok(_("Email"), _("DMARC: “%(record)s”.") % {"record": found[0][:MAX_REPLY]}, "")
    problem = _("%(domain)s has no DMARC policy, so emails may end up in spam folders.") % {"domain": domain}
    how = _('Add a TXT record: _dmarc.%(domain)s TXT "v=DMARC1; p=none"') % {"domain": domain}
    return warning(_("Email"), problem, how)
