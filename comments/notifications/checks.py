"""What the owner is told of mails that need a decision, at the doctor's and on the admin's first page."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.models import Notice
from comments.spam import akismet
from server.doctor import Finding, Gravity, looks_round


def stuck() -> Iterator[tuple[str, str]]:
    """What is to be decided, in words, and where."""
    place = reverse("admin:comments_notice_changelist")
    if count := Notice.objects.uncertain().count():
        words = ngettext(
            "%(count)d email may not have arrived.",
            "%(count)d emails may not have arrived.",
            count,
        )
        yield words % {"count": count}, f"{place}?stuck=uncertain"
    if count := Notice.objects.failed().count():
        words = ngettext("%(count)d email could not be sent.", "%(count)d emails could not be sent.", count)
        yield words % {"count": count}, f"{place}?stuck=failed"


@looks_round
def about_mails() -> Iterator[Finding]:
    for words, place in stuck():
        yield Finding(Gravity.WARNING, _("Email"), words, _("Resend or delete them: %(place)s") % {"place": place})


@looks_round
def about_service() -> Iterator[Finding]:
    """Of the service that is asked about spam, if one is."""
    if not akismet.is_on():
        return
    match akismet.verify():
        case akismet.INVALID:
            words = _("The spam service at %(host)s rejects the API key, so it checks no comments.")
            remedy = _("Set AKISMET_KEY to the key you got from the service, or remove it.")
        case akismet.AWAY:
            words = _("The spam service at %(host)s does not respond, so it checks no comments.")
            remedy = _("If this continues, check AKISMET_URL and the service’s status page.")
        case _valid:
            return
    yield Finding(Gravity.WARNING, _("Spam service"), words % {"host": akismet.host()}, remedy)
