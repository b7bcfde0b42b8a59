"""What a notice says, as a mail: text and HTML, where in the thread a mail program shows it, how it is stopped."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

from blog.models import Site
from comments.models import Notice
from comments.notifications.headers import mark_of, own_id
from comments.notifications.messages import DIGEST_SHOWS, WAYS, of_part, told_by

__all__ = ["DIGEST_SHOWS", "WAYS", "mark_of", "of_part", "written"]


def written(notice: Notice, site: Site) -> EmailMultiAlternatives | None:
    """The mail, in the site's language and time; None when it is no longer owed: decided otherwise, or stopped."""
    with translation.override(site.language), timezone.override(ZoneInfo(site.time_zone)):
        told = told_by(notice)
        return None if told is None else message(notice, site, *told)


def message(
    notice: Notice, site: Site, context: dict[str, Any], headers: dict[str, str] | None = None
) -> EmailMultiAlternatives:
    """From the templates `mail/KIND….`; `context` and `headers` are what the notice's own kind has to say."""
    context = {"site": site, "address": "", "recipient": notice.recipient} | context
    subject = " ".join(render_to_string(f"mail/{notice.kind}_subject.txt", context).split())
    made = EmailMultiAlternatives(
        subject,
        render_to_string(f"mail/{notice.kind}.txt", context),
        to=[notice.recipient.email if notice.recipient else notice.email],
        from_email=settings.BOUNCE_ADDRESS or None,
        headers={"From": settings.DEFAULT_FROM_EMAIL, "Auto-Submitted": "auto-generated", "Message-ID": own_id(notice)}
        | (headers or {}),
    )
    made.attach_alternative(render_to_string(f"mail/{notice.kind}.html", context), "text/html")
    return made
