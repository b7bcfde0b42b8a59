"""A check of the proxy: send a request with a forged header to the site's own address and see who rejects it."""

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from server.doctor.finding import Finding, note, warning

FORGED = "X_Forwarded_For"
TIMEOUT = 3.0


def proxy_findings() -> Iterator[Finding]:
    """Yield what happens to a request with a forged header at the site's own address."""
    if not settings.TRUSTED_PROXIES or not settings.SITE_URL_IS_SET:
        return
    try:
        status, text = send_forged_header()
    except (OSError, http.client.HTTPException) as failure:
        yield warning(
            _("Proxies"),
            _("This machine cannot reach the site at %(url)s: %(error)s.")
            % {"url": settings.SITE_URL, "error": failure},
            _("Check SITE_URL, the proxy and its certificate."),
        )
        return
    yield note(_("Proxies"), _describe_rejection(status, text) % {"name": FORGED}, "")


def _describe_rejection(status: int, text: str) -> str:
    """Return who rejected or removed the forged header, judging by the response."""
    if status == 400 and FORGED in text:
        return _("The proxy forwards forged headers such as %(name)s, but the site rejects them.")
    if status >= 400:
        return _("The proxy rejects requests with forged headers such as %(name)s.")
    return _("The proxy removes forged headers such as %(name)s.")


def send_forged_header() -> tuple[int, str]:
    """Send a request with a forged header, and return the status and text of the response."""
    parts = urlsplit(settings.SITE_URL)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT)
    try:
        connection.request("GET", "/healthz", headers={FORGED: "192.0.2.1"})
        response = connection.getresponse()
        return response.status, response.read(10_000).decode("utf-8", "replace")
    finally:
        connection.close()
