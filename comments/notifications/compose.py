"""Builds a notice's email: subject, text, HTML and headers."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

from blog.models import Site
from comments.models import Notice
from comments.notifications.headers import message_id
from comments.notifications.messages import build_content


def compose_email(notice: Notice, site: Site) -> EmailMultiAlternatives | None:
    """Build the email in the site's language and time zone; return None if the notice is out of date."""
    with translation.override(site.language), timezone.override(ZoneInfo(site.time_zone)):
        if (content := build_content(notice)) is None:
            return None
        context, headers = content
        headers = {"Auto-Submitted": "auto-generated", "Message-ID": message_id(notice)} | headers
        return render_email(
            "author" if notice.kind in Notice.ANSWER_KINDS else notice.kind,
            {"site": site, "url": "", "recipient": notice.recipient} | context,
            to=[notice.recipient.email if notice.recipient else notice.email],
            from_email=settings.BOUNCE_ADDRESS or None,
            headers={"From": settings.DEFAULT_FROM_EMAIL} | headers,
        )


def render_email(kind: str, context: dict[str, Any], **options: Any) -> EmailMultiAlternatives:
    """Render the templates `mail/KIND…`; `options` are recipients and headers."""
    subject = " ".join(render_to_string(f"mail/{kind}_subject.txt", context).split())
    email = EmailMultiAlternatives(subject, render_to_string(f"mail/{kind}.txt", context), **options)
    email.attach_alternative(render_to_string(f"mail/{kind}.html", context), "text/html")
    return email
