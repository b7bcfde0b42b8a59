"""Doctor checks of the outbox and the spam service; the stuck emails are also listed on the admin's index page."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.models import Notice
from comments.spam import akismet
from server.doctor import Finding, Severity, register_check


def stuck_emails() -> Iterator[tuple[str, str]]:
    """Describe the emails that need the owner's decision, each with the address of its list."""
    url = reverse("admin:comments_notice_changelist")
    if text := describe_delay():
        yield text, f"{url}?stuck=delayed"
    if count := Notice.objects.uncertain().count():
        text = ngettext("%(count)d email may not have arrived.", "%(count)d emails may not have arrived.", count)
        yield text % {"count": count}, f"{url}?stuck=uncertain"
    if count := Notice.objects.failed().count():
        text = ngettext("%(count)d email could not be sent.", "%(count)d emails could not be sent.", count)
        yield text % {"count": count}, f"{url}?stuck=failed"


def describe_delay() -> str:
    """Describe the emails that are overdue, with the mail server's last error, or return an empty string."""
    delayed = Notice.objects.delayed()
    if not (count := delayed.count()):
        return ""
    oldest = delayed.order_by("created").values_list("created", flat=True)[0]
    text = ngettext(
        "%(count)d email is delayed by %(time)s.", "%(count)d emails are delayed, the oldest by %(time)s.", count
    )
    text %= {"count": count, "time": timesince(oldest)}
    error = delayed.exclude(error="").order_by("-changed").values_list("error", flat=True).first()
    return f"{text} {_('The mail server answered: “%(answer)s”.') % {'answer': error}}" if error else text


@register_check
def check_outbox() -> Iterator[Finding]:
    """Warn about emails that are delayed, may not have arrived or could not be sent."""
    for text, url in stuck_emails():
        if url.endswith("delayed"):
            remedy = _(
                "To find the cause, run: manage.py doctor --live. The emails are sent once the mail server works again."
            )
        else:
            remedy = _("To resend or delete emails, open %(place)s") % {"place": url}
        yield Finding(Severity.WARNING, _("Email"), text, remedy)


@register_check
def check_spam_service() -> Iterator[Finding]:
    """Check the API key of the spam service, if one is set up."""
    if not akismet.is_on():
        return
    match akismet.verify_key():
        case akismet.INVALID:
            text = _("The spam service at %(host)s rejected the API key, so it isn’t checking comments.")
            remedy = _("Set AKISMET_KEY to the service’s API key, or remove AKISMET_KEY to stop using the service.")
        case akismet.AWAY:
            text = _("The spam service at %(host)s isn’t responding, so it can’t check comments.")
            remedy = _("If this continues, check AKISMET_URL and the service’s status page.")
        case _valid:
            return
    yield Finding(Severity.WARNING, _("Spam service"), text % {"host": akismet.host()}, remedy)
