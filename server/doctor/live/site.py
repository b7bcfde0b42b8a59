"""Checks of the site at its own address: DNS, connection, certificate, status, redirects, proxy headers and clock."""

import http.client
import ipaddress
import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from server.doctor.finding import Finding, error, note, ok, warning
from server.doctor.live.clock import compare_clocks
from server.http import echo, fetch, proxies

TIMEOUT = 8.0
MAX_BYTES = 100_000
MAX_REDIRECTS = 5
RENEW_DAYS = 14
FORGED = "192.0.2.77"  # an address for documentation, which no reader has


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    source: str  # this machine's address of the connection
    expires: float | None  # of the certificate, in seconds since the epoch


def check_site() -> Iterator[Finding]:
    """Request the site at SITE_URL as a reader would."""
    if not settings.SITE_URL_IS_SET:
        return
    deadline, own_time = time.monotonic() + TIMEOUT, time.time()
    try:
        reply = request("/healthz", deadline, {echo.HEADER: echo.make_token()})
    except (OSError, http.client.HTTPException, fetch.FetchError) as failure:
        yield _describe_failure(failure)
        return
    yield from _check_certificate(reply)
    if reply.headers["Date"]:
        date = parsedate_to_datetime(reply.headers["Date"]).timestamp()
        yield compare_clocks(date, own_time, _("the server at SITE_URL"))
    yield from _check_identity(reply, deadline)
    yield from _check_home_page(deadline)


def request(path: str, deadline: float, headers: dict[str, str] | None = None) -> Reply:
    """Request a page of SITE_URL without following redirects. Raises OSError, HTTPException or FetchError."""
    allowed = {settings.SITE_URL}
    target = fetch.check_url(urljoin(settings.SITE_URL, path), allowed)
    connection = fetch.GuardedConnection(target, deadline, allowed)
    try:
        connection.connect()
        plain: Any = connection.sock.sock
        certificate = plain.getpeercert() if isinstance(plain, ssl.SSLSocket) else None
        source = plain.getsockname()[0]
        with fetch.send(connection, target, "GET", headers or {}, None) as response:
            body = response.read1(MAX_BYTES)
            expires = ssl.cert_time_to_seconds(str(certificate["notAfter"])) if certificate else None
            return Reply(response.status, response.headers, body, source, expires)
    finally:
        connection.close()


def _describe_failure(failure: Exception) -> Finding:
    problem = _("This machine cannot reach the site at %(url)s: “%(error)s”.")
    text = fetch.TIMED_OUT if isinstance(failure, TimeoutError) else str(failure) or type(failure).__name__
    how = _("Check that “serve” and the proxy are running, and that no firewall blocks the port.")
    if isinstance(failure, ssl.SSLCertVerificationError):
        text = failure.verify_message
        how = _("Renew the certificate, or have the proxy send the right one with all intermediate certificates.")
    elif isinstance(failure, ssl.SSLError):
        how = _("Check that the proxy handles HTTPS on this port.")
    elif "was not found" in text:
        how = _("Check SITE_URL, and the DNS records of its host.")
    return error(_("Site address"), problem % {"url": settings.SITE_URL, "error": text}, how)


def _check_certificate(reply: Reply) -> Iterator[Finding]:
    if reply.expires is None:
        return
    days = int((reply.expires - time.time()) // 86_400)
    text = ngettext("The certificate expires in %(count)d day.", "The certificate expires in %(count)d days.", days)
    if days < RENEW_DAYS:
        how = _("Check that it is renewed automatically. With certbot, run: certbot renew --dry-run")
        yield warning(_("Certificate"), text % {"count": days}, how)
    else:
        yield ok(_("Certificate"), text % {"count": days}, "")


def _check_identity(reply: Reply, deadline: float) -> Iterator[Finding]:
    """Check that this site answers, and that it sees the client's address and scheme through its proxies."""
    try:
        seen = json.loads(reply.body)
        address, scheme = str(seen["address"]), str(seen["scheme"])
    except (ValueError, KeyError, TypeError):
        problem = _("The site at %(url)s does not know this site’s SECRET_KEY, or another program answers there.")
        how = _("Run this command with the environment of the site, and check where the proxy forwards requests.")
        yield error(_("Site address"), problem % {"url": settings.SITE_URL}, how)
        return
    if scheme != urlsplit(settings.SITE_URL).scheme:
        problem = _("The site does not see that requests use https.")
        how = _(
            "Set TRUSTED_PROXIES to the proxy’s IP address, and have the proxy send X-Forwarded-Proto. "
            "For nginx: proxy_set_header X-Forwarded-Proto $scheme;"
        )
        yield error(_("Proxies"), problem, how)
    yield _check_address(address, reply.source, deadline)


def _check_address(address: str, source: str, deadline: float) -> Finding:
    """Compare the address that the site saw with that of the connection, and try to forge another one."""
    how = _("Have the proxy set X-Forwarded-For. For nginx: proxy_set_header X-Forwarded-For $remote_addr;")
    trusted = proxies.Proxies(settings.TRUSTED_PROXIES)
    is_local_proxy = _is_trusted(trusted, source)  # whose headers are believed, so that it can forge any
    if not is_local_proxy and _address_seen(deadline, {"X-Forwarded-For": FORGED}) == FORGED:
        problem = _("The proxy passes on the X-Forwarded-For header of clients, so anyone can fake their IP address.")
        return error(_("Proxies"), problem, how)
    if address == source:
        return ok(_("Proxies"), _("The site sees the right IP address and scheme of requests."), "")
    values = {"seen": address, "source": source}
    if _is_trusted(trusted, address):
        return error(
            _("Proxies"), _("The site sees the proxy’s IP address %(seen)s instead of the reader’s.") % values, how
        )
    problem = _("The site sees requests from this machine (%(source)s) as coming from %(seen)s.") % values
    if ipaddress.ip_address(address).is_private:
        return warning(_("Proxies"), problem, _("If that is your proxy, set TRUSTED_PROXIES=%(seen)s") % values)
    return note(_("Proxies"), problem, _("That is right if it is the public address of this machine."))


def _is_trusted(trusted: proxies.Proxies, address: str) -> bool:
    parsed = proxies.parse(address)
    return parsed is not None and trusted.is_trusted(parsed)


def _address_seen(deadline: float, headers: dict[str, str]) -> str:
    """Return the address that the site sees of a request with these headers, empty if it does not say."""
    try:
        reply = request("/healthz", deadline, {echo.HEADER: echo.make_token(), **headers})
        return str(json.loads(reply.body)["address"])
    except (OSError, http.client.HTTPException, fetch.FetchError, ValueError, KeyError, TypeError):
        return ""


def _check_home_page(deadline: float) -> Iterator[Finding]:
    """Request the home page, following redirects on this host only."""
    path, visited = "/", {"/"}
    for _attempt in range(MAX_REDIRECTS):
        try:
            reply = request(path, deadline)
        except (OSError, http.client.HTTPException, fetch.FetchError) as failure:
            yield _describe_failure(failure)
            return
        if reply.status not in {301, 302, 303, 307, 308}:
            yield _describe_status(reply.status)
            return
        target = urljoin(urljoin(settings.SITE_URL, path), reply.headers.get("Location", ""))
        if fetch.origin(urlsplit(target)) != fetch.origin(urlsplit(settings.SITE_URL)):
            problem = _("%(url)s redirects to %(target)s.") % {"url": settings.SITE_URL, "target": target[:200]}
            how = _("Set SITE_URL to the address that readers end up at, or remove the redirect from the proxy.")
            yield warning(_("Site address"), problem, how)
            return
        path = target[len(settings.SITE_URL) :] or "/"
        if path in visited:
            break
        visited.add(path)
    problem = _("%(url)s redirects in a loop.") % {"url": settings.SITE_URL}
    how = _("In the proxy, redirect only http to https, and forward https requests to the site.")
    yield error(_("Site address"), problem, how)


def _describe_status(status: int) -> Finding:
    values = {"url": settings.SITE_URL, "status": status}
    if status == 200:
        return ok(_("Site address"), _("%(url)s shows the home page.") % values, "")
    problem = _("The home page at %(url)s answers with status %(status)d.") % values
    if status == 400:
        how = _("Have the proxy forward the Host header. For nginx: proxy_set_header Host $host;")
    elif status in {502, 503, 504}:
        how = _("Start the site with: manage.py serve. Then check the port that the proxy forwards to.")
    else:
        how = _("See the log of “serve”.")
    return error(_("Site address"), problem, how)
