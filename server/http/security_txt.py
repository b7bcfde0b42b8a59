"""security.txt (RFC 9116): tells people who found a vulnerability whom to contact."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language

VALID = timedelta(days=180)


def security_txt(request: HttpRequest) -> HttpResponse:
    """Return the contact in SECURITY_CONTACT, or 404 if there is none."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    languages = dict.fromkeys([get_language() or settings.LANGUAGE_CODE, "en"])
    fields = {
        "Contact": settings.SECURITY_CONTACT,
        "Expires": (midnight + VALID).isoformat().replace("+00:00", "Z"),
        "Canonical": f"{settings.SITE_URL}{request.path}",
        "Preferred-Languages": ", ".join(languages),
    }
    text = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
