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
            "%(count)d mail is uncertain: nobody knows whether it arrived.",
            "%(count)d mails are uncertain: nobody knows whether they arrived.",
            count,
        )
        yield words % {"count": count}, f"{place}?stuck=uncertain"
    if count := Notice.objects.failed().count():
        words = ngettext("%(count)d mail could not be sent.", "%(count)d mails could not be sent.", count)
        yield words % {"count": count}, f"{place}?stuck=failed"


@looks_round
def about_mails() -> Iterator[Finding]:
    for words, place in stuck():
        yield Finding(
            Gravity.WARNING, _("Mail"), words, _("Send them again or delete them: %(place)s") % {"place": place}
        )


@looks_round
def about_service() -> Iterator[Finding]:
    """Of the service that is asked about spam, if one is."""
    if not akismet.is_on():
        return
    match akismet.verify():
        case akismet.INVALID:
            words = _("The service at %(host)s does not take the key, so it is asked in vain.")
            remedy = _("Set AKISMET_KEY to the key that the service gave you, or take it out.")
        case akismet.AWAY:
            words = _("The service at %(host)s does not answer, so comments are judged by this site alone.")
            remedy = _("If that lasts, look at AKISMET_URL and at the service’s own news.")
        case _valid:
            return
    yield Finding(Gravity.WARNING, _("Spam service"), words % {"host": akismet.host()}, remedy)
