"""What owners watch a site by: request ids, metrics, versions, error reports and security.txt."""

import json
import os
import re
import subprocess
import sys
import warnings
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import ModuleType
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import get_resolver

from comments.models import Comment, Notice, Status
from config import environment, start
from server import metrics, sentry
from server.http import error_pages
from server.http.gateway import Gateway
from server.http.proxies import Proxies
from server.logs import current, request_id
from server.metrics import Role
from server.metrics.counters import Counters
from tests import make
from tests.server.raw_http import call_application
from tests.services.site import ROOT, Serve

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TOKEN = "a-token-of-thirty-characters-or-more"


def get(url: str, **headers: str) -> tuple[str, dict[str, str]]:
    request = Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    with urlopen(request, timeout=20) as response:
        return response.read().decode(), dict(response.headers)


def scrape(url: str) -> dict[str, float]:
    text, _ = get(f"{url}/metrics", Authorization=f"Bearer {TOKEN}", Host="10.0.0.7")
    return read_metrics(text)


def read_metrics(text: str) -> dict[str, float]:
    """Return the samples of a text in Prometheus' format, and check its form."""
    lines = text.splitlines()
    names = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert len(names) == len(set(names))
    samples = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r'rejoinder_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})?', name) for name, _ in samples)
    return {name: float(value) for name, value in samples}


def answered(samples: dict[str, float]) -> float:
    return sum(value for name, value in samples.items() if name.startswith("rejoinder_requests_total"))


def test_any_process_reports_the_requests_of_all_and_each_has_an_id_and_a_line(serve: Serve) -> None:
    site = serve(
        WEB_CONCURRENCY="2", METRICS_TOKEN=TOKEN, LOG_REQUESTS="true", LOG_FORMAT="json", TRUSTED_PROXIES="127.0.0.1"
    )
    for number in range(20):
        _, headers = get(f"{site.url}/feed/?token=secret", X_Request_ID=f"mine-{number}")
        assert headers["x-request-id"] == f"mine-{number}"
    samples = [scrape(site.url) for _ in range(6)]
    assert [answered(each) for each in samples] == [20] * 6
    assert samples[0]['rejoinder_processes{role="web"}'] == 2
    assert samples[0]['rejoinder_processes{role="worker"}'] == 1
    assert samples[0]["rejoinder_database_up"] == 1
    buckets = [samples[0][f'rejoinder_request_duration_seconds_bucket{{kind="{k}",le="+Inf"}}'] for k in metrics.KINDS]
    assert sum(buckets) == 20

    site.stop()
    lines = [line for line in site.process.output().splitlines() if '"rejoinder.request"' in line]
    entries = {entry["request_id"]: entry for entry in map(json.loads, lines)}
    assert entries.keys() == {f"mine-{number}" for number in range(20)}
    assert (entries["mine-0"]["path"], entries["mine-0"]["status"]) == ("/feed/", 200)
    assert "secret" not in site.process.output()


def count_in_another_process(counters: Counters, number: int) -> None:
    with warnings.catch_warnings():  # about forking beside threads, of which the child uses none
        warnings.simplefilter("ignore")
        child = os.fork()
    if not child:
        counters.join(Role.WEB)
        for _ in range(number):
            counters.count(metrics.CACHED, 200, 0.0003)
        os._exit(counters.processes(Role.WEB))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2


def test_a_process_that_ends_leaves_its_counts_and_its_place_to_the_next() -> None:
    counters = Counters()
    counters.share()
    counters.join(Role.WEB)
    counters.count(metrics.CACHED, 404, 20.0)
    for number in (2, 3):
        count_in_another_process(counters, number)
    totals = counters.totals()
    assert sum(totals["cached", "2xx"][:-1]) == 5
    assert totals["cached", "2xx"][-1] == 5 * 300
    assert totals["cached", "4xx"][-2:] == [1, 20_000_000]
    assert counters.processes(Role.WEB) == 1


@pytest.mark.parametrize(
    ("peer", "sent", "is_used"),
    [
        ("10.0.0.1", "4f2a-b.C_7", True),
        ("203.0.113.7", "4f2a-b.C_7", False),
        ("10.0.0.1", "a" * 65, False),
        ("10.0.0.1", "a b\n", False),
    ],
)
def test_only_a_plain_id_of_a_trusted_proxy_is_used(peer: str, sent: str, is_used: bool) -> None:
    environ = {"REMOTE_ADDR": peer, "HTTP_X_REQUEST_ID": sent}
    Proxies(["10.0.0.0/8"]).set_client(environ)
    assert (request_id(environ) == sent) is is_used
    assert re.fullmatch(r"[\w.-]{1,64}", request_id(environ))


def test_both_pages_of_an_error_show_the_id_of_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current, "environ", {"rejoinder.request_id": "4f2a", "REQUEST_METHOD": "GET", "PATH_INFO": "/"})
    rendered = get_resolver().resolve_error_handler(500)(RequestFactory().get("/"))
    for response in (rendered, error_pages.server_error()):
        assert response.status_code == 500
        assert "Error reference: 4f2a" in response.content.decode()
    monkeypatch.setattr(current, "environ", None)
    assert "reference" not in error_pages.server_error().content.decode()


def scraped(authorization: str = f"Bearer {TOKEN}") -> tuple[str, str]:
    status, _, body = call_application(Gateway(_not_found), "/metrics", HTTP_AUTHORIZATION=authorization)
    return status, body.decode()


def _not_found(environ: Any, start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [])
    return []


@pytest.mark.parametrize("authorization", ["", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"])
def test_metrics_need_the_token(settings: Any, authorization: str) -> None:
    settings.METRICS_TOKEN = ""
    assert scraped(authorization) == ("404 Not Found", "")
    assert scraped("Bearer ")[0] == "404 Not Found"
    settings.METRICS_TOKEN = TOKEN
    assert scraped(authorization) == ("401 Unauthorized", "")


@pytest.mark.both
def test_metrics_have_what_waits_and_what_failed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr("server.metrics.page.close_old_connections", lambda: None)  # the test is in a transaction
    essay = make.essay()
    pending = [make.comment(essay, status=status) for status in (Status.PENDING, Status.PENDING, Status.APPROVED)]
    Notice.objects.all().delete()
    due = datetime.now(UTC) - timedelta(hours=1)
    Notice.objects.create(kind=Notice.Kind.HELD, comment=pending[0], email="a@example.org", due=due)
    Notice.objects.create(kind=Notice.Kind.HELD, comment=pending[0], email="b@example.org", state=Notice.State.FAILED)
    samples = read_metrics(scraped()[1])
    assert samples["rejoinder_pending_comments"] == Comment.objects.filter(status=Status.PENDING).count() == 2
    assert samples['rejoinder_emails{state="waiting"}'] == samples['rejoinder_emails{state="failed"}'] == 1
    assert 3600 <= samples["rejoinder_oldest_waiting_email_seconds"] < 3700
    assert samples[f'rejoinder_info{{version="{settings.VERSION}"}}'] == 1

    def fail() -> Any:
        raise OperationalError("connection refused")

    monkeypatch.setattr("server.metrics.page.sources", [fail])
    status, text = scraped()
    assert status == "200 OK"
    assert read_metrics(text)["rejoinder_database_up"] == 0


def test_security_txt_names_the_contact_and_expires_within_a_year(settings: Any) -> None:
    assert Client().get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:security@example.org"
    response = Client().get("/.well-known/security.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert fields["Contact"] == "mailto:security@example.org"
    assert fields["Canonical"] == f"{settings.SITE_URL}/.well-known/security.txt"
    assert fields["Preferred-Languages"] == "en"
    assert timedelta(days=90) < datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC) < timedelta(days=365)


@pytest.mark.parametrize(
    ("name", "value"),
    [("SECURITY_CONTACT", "security@example.org"), ("SECURITY_CONTACT", "http://example.org/"), ("TOKEN", "short")],
)
def test_an_unusable_contact_or_token_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        environment.secret(name, least=20) if name == "TOKEN" else environment.contact(name)
    assert capsys.readouterr().err.startswith(f"{name} must ")


def test_version_prints_ours_and_not_djangos() -> None:
    printed = subprocess.run([sys.executable, "manage.py", "version"], cwd=ROOT, capture_output=True, text=True).stdout
    first, *others = printed.splitlines()
    assert first == f"Rejoinder {settings.VERSION}"
    assert {line.split()[0] for line in others} >= {"Python", "Django"}
    shown = StringIO()
    with pytest.raises(SystemExit):  # there is no owner
        call_command("doctor", stdout=shown)
    assert shown.getvalue().startswith(f"Rejoinder {settings.VERSION}, ")


def test_sentry_needs_its_package(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(start, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        start.require_sentry_package()
    assert capsys.readouterr().err.endswith("Run: bin/setup --with sentry\n")


def test_a_report_to_sentry_has_the_error_and_nothing_about_people(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.SENTRY_DSN = "https://key@sentry.example/1"
    options: dict[str, Any] = {}
    package = ModuleType("sentry_sdk")
    package.init = options.update  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentry_sdk", package)
    sentry.start()
    assert (options["send_default_pii"], options["include_local_variables"]) == (False, False)
    assert options["max_request_body_size"] == "never"
    frame = {"filename": "comments/views.py", "lineno": 7, "vars": {"text": "PRIVATE"}}
    event = {
        "event_id": "7",
        "user": {"ip_address": "PRIVATE"},
        "server_name": "PRIVATE",
        "breadcrumbs": {"values": ["PRIVATE"]},
        "extra": {"sys.argv": ["PRIVATE"]},
        "logentry": {"message": "Failed for %s", "params": ["PRIVATE"], "formatted": "PRIVATE"},
        "request": {
            "method": "POST", "url": "https://essays.example/preview/PRIVATE/?q=PRIVATE", "query_string": "PRIVATE",
            "cookies": {"session": "PRIVATE"}, "headers": {"X-Real-Ip": "PRIVATE"}, "data": {"text": "PRIVATE"},
        },
        "exception": {
            "values": [{"type": "ValueError", "value": "PRIVATE@example.org", "stacktrace": {"frames": [frame]}}]
        },
    }  # fmt: skip
    sent = options["before_send"](event, {})
    assert "PRIVATE" not in json.dumps(sent)
    assert sent["exception"]["values"][0]["stacktrace"]["frames"] == [{"filename": "comments/views.py", "lineno": 7}]
    assert sent["request"] == {"method": "POST", "url": f"{settings.SITE_URL}/preview/.../"}
