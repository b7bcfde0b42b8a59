"""The doctor asks the real world: what it finds, what it says to type, and that nothing keeps it for long."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import InMemoryStorage
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from server import doctor
from server.doctor import Severity, live
from server.doctor.finding import Finding
from server.doctor.live import clock, dns, email_checks, places, site
from server.http import echo
from server.jobs import hosts
from server.models import Lease
from tests import make
from tests.services.nameserver import nameserver
from tests.services.processes import free_port
from tests.services.redis import Redis
from tests.services.site import Serve
from tests.services.smtp import Mailbox
from tests.services.web import Handler, Server, serving

pytestmark = [pytest.mark.django_db, pytest.mark.once]

DNS = {
    "example.org": ["another record", "v=spf1 mx -all"],
    "news._domainkey.example.org": ["v=DKIM1; p=key"],
    "_dmarc.example.org": ["v=DMARC1; p=reject"],
    "careless.example": ["v=spf1 +all"],
    "twice.example": ["v=spf1 mx -all", "v=spf1 a -all"],
    "large.example": ["x" * 300, f"v=spf1 {'ip4:192.0.2.1 ' * 40}-all"],
}


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    with nameserver(DNS) as port:
        monkeypatch.setattr(dns, "PORT", port)
        monkeypatch.setattr(dns, "RESOLV_CONF", tmp_path / "resolv.conf")
        dns.RESOLV_CONF.write_text("nameserver 127.0.0.1\n")
        yield


@pytest.fixture
def emailing(settings: Any) -> Any:
    settings.EMAIL_URL_IS_SET, settings.EMAIL_BACKEND = True, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.DEFAULT_FROM_EMAIL = "127.0.0.1", "Site <news@example.org>"
    return settings


def severities(findings: list[Finding]) -> list[Severity]:
    return [finding.severity for finding in findings]


def words(findings: Any) -> str:
    return "\n".join(map(str, findings))


# Email


def test_a_test_email_is_sent_and_the_servers_own_words_are_shown(emailing: Any, mailbox: Mailbox) -> None:
    emailing.EMAIL_PORT = mailbox.port
    found = list(email_checks.check_mail_server("owner@example.org"))
    assert severities(found) == [Severity.OK, Severity.OK]
    assert mailbox.tally() == {"owner@example.org": 1}
    mailbox.rejections["owner@example.org"] = "550 5.7.1 Sender not allowed"
    assert "“550 5.7.1 Sender not allowed”. Check DEFAULT_FROM_EMAIL" in words(
        email_checks.check_mail_server("owner@example.org")
    )
    emailing.EMAIL_HOST_USER, emailing.EMAIL_HOST_PASSWORD = "me", "wrong"  # this server offers no login
    (finding,) = email_checks.check_mail_server("owner@example.org")
    assert finding.severity is Severity.ERROR
    emailing.EMAIL_PORT, emailing.EMAIL_HOST_USER = free_port(), ""
    assert "Connection refused”. Check the host and port in EMAIL_URL" in words(email_checks.check_mail_server(""))


@pytest.mark.usefixtures("resolver")
def test_records_of_the_sender_are_looked_up(emailing: Any) -> None:
    found = list(email_checks.check_sender_domain())
    assert severities(found) == [Severity.OK, Severity.OK, Severity.OK]
    assert "v=spf1 mx -all" in words(found)
    emailing.DEFAULT_FROM_EMAIL = "news@missing.example"
    found = list(email_checks.check_sender_domain())
    assert severities(found) == [Severity.WARNING] * 3
    assert 'missing.example TXT "v=spf1 mx -all"' in words(found)
    assert '_dmarc.missing.example TXT "v=DMARC1; p=none"' in words(found)


@pytest.mark.usefixtures("resolver")
@pytest.mark.parametrize(
    ("domain", "said"),
    [("careless.example", "lets every server"), ("twice.example", "2 SPF records"), ("large.example", "ip4:192.0.2.1")],
)
def test_spf_records_are_judged(domain: str, said: str) -> None:
    assert said in str(email_checks.spf(domain, time.monotonic() + 5))


@pytest.mark.parametrize("servers", ["", "nameserver 127.0.0.1\n"])
def test_without_dns_there_is_one_note(
    emailing: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, servers: str
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:  # a nameserver that never answers
        silent.bind(("127.0.0.1", 0))
        monkeypatch.setattr(dns, "PORT", silent.getsockname()[1])
        monkeypatch.setattr(dns, "ATTEMPT", 0.05)
        monkeypatch.setattr(dns, "RESOLV_CONF", tmp_path / "resolv.conf")
        dns.RESOLV_CONF.write_text(servers)
        (finding,) = email_checks.check_sender_domain()
    assert finding.severity is Severity.NOTE
    assert "not checked" in finding.problem


@pytest.mark.parametrize("cut", range(0, 80, 7))
def test_a_broken_answer_of_a_nameserver_is_no_error(monkeypatch: pytest.MonkeyPatch, cut: int) -> None:
    monkeypatch.setattr(dns, "nameservers", lambda: ["127.0.0.1"])
    flood = b"\x81\x80\x00\x01\xff\xff\x00\x00\x00\x00"
    monkeypatch.setattr(
        dns, "ask", lambda server, query, deadline: (query[:2] + flood + query[12:] + b"\xc0" * 90)[:cut]
    )
    with pytest.raises(dns.Unavailable):
        dns.txt_records("example.org", time.monotonic() + 5)


# Redis, bucket, disk


def test_redis_is_written_and_read(settings: Any, redis: Redis) -> None:
    settings.CACHES = {"default": {"BACKEND": "server.cache.RedisOrDatabase", "LOCATION": redis.url}}
    assert severities(list(places.check_redis())) == [Severity.OK]
    redis.stop()
    assert "Start Redis" in words(places.check_redis())


def test_the_bucket_is_written_read_and_cleaned_up(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.S3_BUCKET, storage = "pictures", InMemoryStorage()
    monkeypatch.setattr(places, "default_storage", storage)
    assert severities(list(places.check_bucket())) == [Severity.OK]
    assert storage.listdir("") == ([], [])

    def refuse(name: str) -> None:
        raise PermissionError("AccessDenied")

    monkeypatch.setattr(storage, "delete", refuse)
    assert "cannot delete from the bucket pictures: “AccessDenied”" in words(places.check_bucket())


def test_space_on_the_disk_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "GB (" in words(places.check_disk())
    monkeypatch.setattr(places, "MIN_FREE_SHARE", 1.1)
    assert Severity.WARNING in severities(list(places.check_disk()))


# The site


def as_proxy(handler: Handler, **seen: str) -> None:
    """Answer as the site behind a proxy would, which saw this of the request."""
    seen = {"address": "127.0.0.1", "scheme": "http"} | seen
    is_probe = handler.path == "/healthz"
    handler.respond(body=json.dumps(seen).encode() if is_probe else b"<h1>Essays</h1>")


@pytest.fixture
def proxy(settings: Any) -> Iterator[Server]:
    with serving() as server:
        settings.SITE_URL, settings.SITE_URL_IS_SET = server.origin, True
        server.responder = as_proxy
        yield server


def test_a_site_that_is_served_well_is_found_well(serve: Serve, settings: Any) -> None:
    served = serve(TRUSTED_PROXIES="127.0.0.1")
    settings.SITE_URL, settings.SITE_URL_IS_SET, settings.TRUSTED_PROXIES = served.url, True, ["127.0.0.1"]
    found = list(site.check_site())
    assert set(severities(found)) == {Severity.OK}, words(found)
    assert "sees the right IP address" in words(found)
    settings.SECRET_KEY = "another key" * 10
    assert "does not know this site’s SECRET_KEY" in words(site.check_site())


def test_what_a_proxy_does_wrong_is_found(proxy: Server, settings: Any) -> None:
    def said() -> str:
        return words(finding for finding in site.check_site() if finding.severity > Severity.OK)

    assert said() == ""
    proxy.responder = lambda handler: as_proxy(handler, scheme="https")
    assert "X-Forwarded-Proto $scheme" in said()
    proxy.responder = lambda handler: as_proxy(handler, address=handler.headers.get("X-Forwarded-For", "127.0.0.1"))
    assert "anyone can fake their IP address" in said()
    proxy.responder = lambda handler: as_proxy(handler, address="10.0.0.7")
    assert "set TRUSTED_PROXIES=10.0.0.7" in said()
    settings.TRUSTED_PROXIES = ["10.0.0.7"]
    assert "proxy’s IP address 10.0.0.7 instead of the reader’s" in said()
    settings.TRUSTED_PROXIES = []
    for status, remedy in {400: "Host $host", 502: "manage.py serve", 500: "See the log"}.items():
        proxy.responder = lambda handler, status=status: (  # type: ignore[misc]
            as_proxy(handler) if handler.path == "/healthz" else handler.respond(status)
        )
        assert remedy in said()


def test_redirects_and_a_wrong_clock_are_found(proxy: Server) -> None:
    def redirect(handler: Handler, target: str) -> None:
        as_proxy(handler) if handler.path == "/healthz" else handler.respond(301, Location=target)

    proxy.responder = lambda handler: redirect(handler, "/")
    assert "redirects in a loop. In the proxy, redirect only http to https" in words(site.check_site())
    proxy.responder = lambda handler: redirect(handler, "https://www.example.org/")
    assert "redirects to https://www.example.org/. Set SITE_URL" in words(site.check_site())
    late = clock.compare_clocks(time.time() - 60, time.time(), "the server")
    assert "differ by 60 seconds" in str(late)
    assert "systemd-timesyncd" in late.remedy


def test_a_site_that_is_not_there_is_found(settings: Any) -> None:
    settings.SITE_URL, settings.SITE_URL_IS_SET = f"http://127.0.0.1:{free_port()}", True
    (finding,) = site.check_site()
    assert finding.severity is Severity.ERROR
    assert "Connection refused" in finding.problem


def test_only_the_sites_own_doctor_learns_what_the_site_sees() -> None:
    environ = {"REMOTE_ADDR": "203.0.113.9", "wsgi.url_scheme": "https"}
    assert echo.describe(environ) is None
    for token in ("doctor", "x" * 1000, echo.make_token()[:-1]):
        assert echo.describe({**environ, echo.ENVIRON_KEY: token}) is None
    response = echo.describe({**environ, echo.ENVIRON_KEY: echo.make_token()})
    assert response
    assert json.loads(response.content) == {"address": "203.0.113.9", "scheme": "https"}


# All hosts


@pytest.mark.both
def test_hosts_with_another_key_are_named(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts.record()
    assert "1 host runs with this SECRET_KEY." in words(live.check_records())
    own = settings.SECRET_KEY
    monkeypatch.setattr(socket, "gethostname", lambda: "second.example.org")
    settings.SECRET_KEY = "another key" * 10
    hosts.record()
    settings.SECRET_KEY = own
    assert "a different SECRET_KEY: second.example.org." in words(live.check_records())
    assert not any(own in lease.worker for lease in Lease.objects.all())
    hosts.record()  # restarted with the right key
    assert "2 hosts run with this SECRET_KEY." in words(live.check_records())
    Lease.objects.filter(worker__endswith="second.example.org").update(renewed=timezone.now() - timedelta(hours=3))
    assert "1 host runs" in words(live.check_records())


# All together


@pytest.fixture
def hanging(emailing: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Everything that the doctor asks accepts connections and never answers."""
    monkeypatch.setattr(doctor, "LIVE_SECONDS", 0.5)
    monkeypatch.setattr(doctor, "proxy_findings", lambda: iter(()))
    monkeypatch.setattr(dns, "RESOLV_CONF", tmp_path / "resolv.conf")  # there is none
    with socket.create_server(("127.0.0.1", 0)) as silent:
        emailing.EMAIL_PORT = port = silent.getsockname()[1]
        emailing.SITE_URL, emailing.SITE_URL_IS_SET = f"http://127.0.0.1:{port}", True
        yield
    for thread in threading.enumerate():
        if thread.name.startswith("check_"):
            thread.join()


@pytest.mark.usefixtures("hanging")
def test_whatever_hangs_is_reported_in_time() -> None:
    found, is_hanging = doctor.live_findings("owner@example.org")
    assert is_hanging
    late = {finding.subject for finding in found if "no result within" in finding.problem}
    assert {"Email", "Site address"} <= late  # on a busy machine others may be late too


def test_a_database_that_hangs_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "DATABASE_SECONDS", 0.1)
    monkeypatch.setattr(doctor, "findings", lambda: threading.Event().wait(60))
    found, _is_hanging = doctor.live_findings("", is_command=True)
    assert "no result within" in next(finding for finding in found if finding.subject == "Database").problem


def test_the_command_sends_the_test_email_where_it_is_told(
    emailing: Any, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns, "nameservers", list)
    emailing.EMAIL_PORT = mailbox.port
    output = StringIO()
    with pytest.raises(SystemExit):  # the tests’ installation has errors
        call_command("doctor", "--live", "--to", "test@example.org", stdout=output)
    assert "ok      Email: The mail server accepted a test email to test@example.org." in output.getvalue()
    assert mailbox.tally() == {"test@example.org": 1}
    for wrong in (["--to", "test@example.org"], ["--live", "--to", "nobody"]):
        with pytest.raises(CommandError):
            call_command("doctor", *wrong)


def test_the_owner_runs_live_checks_in_the_admin(emailing: Any, mailbox: Mailbox, monkeypatch: Any) -> None:
    monkeypatch.setattr(dns, "nameservers", list)
    emailing.EMAIL_PORT = mailbox.port
    owner, client = make.owner(), Client()
    client.force_login(make.moderator())
    assert client.post("/admin/doctor/").status_code == 403
    client.force_login(owner)
    assert "Run live checks" in client.get("/admin/doctor/").content.decode()
    assert mailbox.messages == []
    page = client.post("/admin/doctor/").content.decode()
    assert f"The mail server accepted a test email to {owner.email}." in page
    assert "SPF, DKIM and DMARC were not checked" in page
